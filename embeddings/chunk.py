"""Documents to passages of whole sentences, the most telling ones of each company first."""

import hashlib
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import polars as pl

from embeddings.config import EmbeddingConfig
from embeddings.schema import CHUNKS, DOCUMENTS

#: Characters one token of an XLM-R vocabulary stands for in German and English company texts: 4.3 on average, below
#: 3.7 in one passage of twenty. Estimating keeps chunking free of the model and equal for all models; a chunk that
#: holds more tokens than estimated is cut by the encoder.
CHARACTERS_PER_TOKEN: Final = 3.7
#: Tokens that are no text: the prompt "query: " and the two marks around it.
_OVERHEAD: Final = 5
#: How much a page kind tells about what a company needs; kinds without weight are read only if nothing else is there.
KIND_WEIGHTS: Final = {
    "own": 1.5,
    "services": 1.0,
    "products": 1.0,
    "home": 0.8,
    "about": 0.7,
    "other": 0.4,
    "contact": 0.0,
}
#: Never read, not even alone: a legal notice names persons and says nothing of the trade.
_NEVER: Final = "impressum"
_WEIGHT_ALONE: Final = 0.4
#: A shorter passage says too little to be worth a vector, unless the company has no other.
_LEAST_CHARACTERS: Final = 25
#: A line on this many pages of a site, and on more than half of them, is navigation or footer.
_REPEATS: Final = 3

_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”“»)]*\s+(?=[\"'„“»(]*[A-ZÄÖÜ0-9])")
#: Words whose full stop ends no sentence in German and English company texts.
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:\w|\d+|ca|bzw|bspw|inkl|exkl|zzgl|Nr|Str|Tel|Dr|Prof|Dipl|Ing|Mio|Mrd|max|min|usw|evtl|ggf|vgl|Co|No"
    r"|Inc|Ltd|approx|incl|z\.\s?B|d\.\s?h|u\.\s?a|e\.\s?g|i\.\s?e)\.$"
)
_LEGAL = re.compile(
    r"datenschutz|privacy|\bagb\b|geschäftsbedingung|cookie|\bterms\b|nutzungsbedingung|barrierefreiheit|sitemap|widerruf",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"@|\b(?:Tel|Fax|Telefon|Telefax|Mobil|Phone|Mobile|E-?Mail|Ansprechpartner|Ansprechpartnerin|Geschäftsführ|Inhaber"
    r"|Herrn?|Frau|Mr|Mrs|Ms|Dr|Dipl)\b|\+?\d[\d /()-]{6,}",
    re.IGNORECASE,
)


class _Passage(NamedTuple):
    """A candidate chunk; `order` is smaller the more telling it is."""

    order: float
    page: int
    kind: str
    url: str | None
    text: str
    weight: float


class _Page(NamedTuple):
    kind: str
    url: str | None
    title: str
    lines: list[str]


def chunk_documents(documents: pl.DataFrame, config: EmbeddingConfig) -> pl.DataFrame:
    """Cut documents (DOCUMENTS) into chunks (CHUNKS) of whole sentences, within each company's budget.

    Sorted by customer, the most telling chunk first. A company with nothing but a legal notice has no chunk.
    """
    pages = documents.match_to_schema(DOCUMENTS).drop_nulls(["customer_id", "text"])
    pages = pages.sort("customer_id", "kind", "url", "text", nulls_last=True)
    limit = int((config.chunk_tokens - _OVERHEAD) * CHARACTERS_PER_TOKEN)
    columns: dict[str, list[object]] = {name: [] for name in CHUNKS}
    for customer, own in _companies(pages):
        for passage in _chosen(own, limit, config.chunks_per_company):
            row = (customer, chunk_hash(passage.text), passage.kind, passage.url, passage.text, passage.weight)
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
    return pl.DataFrame(columns, schema=CHUNKS)


def chunk_hash(text: str) -> str:
    """Name a text by its content: 32 hexadecimal digits of the SHA-256 of its normal form (NFKC, single spaces)."""
    return hashlib.sha256(normalised(text).encode("utf-8", "replace")).hexdigest()[:32]


def normalised(text: str) -> str:
    """Give a text in Unicode's NFKC with single spaces."""
    return " ".join(text.split() if text.isascii() else unicodedata.normalize("NFKC", text).split())


def _companies(pages: pl.DataFrame) -> Iterator[tuple[str, list[_Page]]]:
    """Give each customer's pages; `pages` is sorted by customer."""
    current, own = None, list[_Page]()
    for customer, kind, url, title, text in pages.select(DOCUMENTS.names()).iter_rows():
        if customer != current and own:
            yield str(current), own
            own = []
        current = customer
        own.append(
            _Page(kind or "other", url, normalised(title or ""), [normalised(line) for line in text.splitlines()])
        )
    if own:
        yield str(current), own


def _chosen(pages: Sequence[_Page], limit: int, budget: int) -> list[_Passage]:
    """Choose a company's passages: each page in turn, the telling kinds more often, no text twice."""
    readable = [page for page in pages if not _is_legal(page)]
    telling = [page for page in readable if _weight(page.kind) > 0]
    passages = sorted(_passages(telling or [_without_persons(page) for page in readable], limit, budget))
    unique = list({passage.text: passage for passage in reversed(passages)}.values())[::-1]
    return [p for p in unique if len(p.text) >= _LEAST_CHARACTERS][:budget] or unique[:1]


def _weight(kind: str) -> float:
    return KIND_WEIGHTS.get(kind, KIND_WEIGHTS["other"])


def _is_legal(page: _Page) -> bool:
    """Say whether a page is a legal text, which every company has and which tells nothing of its trade."""
    return page.kind == _NEVER or (page.kind == "other" and _LEGAL.search(f"{page.title} {page.url or ''}") is not None)


def _passages(pages: Sequence[_Page], limit: int, budget: int) -> Iterator[_Passage]:
    """Cut pages into passages; of each page no more than the whole budget, twice for texts that turn out double."""
    repeated = _repeated_lines(pages)
    seen: set[str] = set()
    for number, page in sorted(enumerate(pages), key=lambda item: (-_weight(item[1].kind), item[0])):
        weight = _weight(page.kind) or _WEIGHT_ALONE
        lines = _new_lines([page.title, *page.lines], repeated, seen)
        for position, text in enumerate(itertools.islice(_packed(lines, limit), 2 * budget), 1):
            yield _Passage(position / weight, number, page.kind, page.url, text, weight)


def _repeated_lines(pages: Sequence[_Page]) -> frozenset[str]:
    """Find the lines that stand on so many pages of a site that they belong to its frame."""
    counts = Counter(line for page in pages for line in set(page.lines))
    return frozenset(line for line, count in counts.items() if count >= _REPEATS and 2 * count > len(pages))


def _new_lines(lines: Iterable[str], repeated: frozenset[str], seen: set[str]) -> Iterator[str]:
    """Give the lines that no page before had, and that are no frame."""
    for line in lines:
        if line and line not in repeated and line not in seen:
            seen.add(line)
            yield line


def _without_persons(page: _Page) -> _Page:
    """Drop the lines of a contact page that hold names, numbers and addresses of persons."""
    return page._replace(lines=[line for line in page.lines if not _CONTACT.search(line)])


def _packed(lines: Iterable[str], limit: int) -> Iterator[str]:
    """Fill passages of up to `limit` characters with whole sentences; lines stay lines, so that phrases end there."""
    held, size = "", 0
    for line in lines:
        for number, sentence in enumerate(_sentences(line, limit)):
            if held and size + len(sentence) > limit:
                yield held
                held, size = "", 0
            held += f"{_joint(held, number)}{sentence}"
            size = len(held) + 1
    if held:
        yield held


def _joint(held: str, number: int) -> str:
    """Give what stands between the text so far and the sentence with this number in its line."""
    if not held:
        return ""
    return " " if number else "\n"


def _sentences(line: str, limit: int) -> Iterator[str]:
    """Split a line into sentences; one that is longer than `limit` is cut at spaces."""
    held = ""
    for part in _SENTENCE_END.split(line):
        held = f"{held} {part}" if held else part
        if not _ABBREVIATION.search(held[-12:]):
            yield from _cut(held, limit)
            held = ""
    yield from _cut(held, limit)


def _cut(sentence: str, limit: int) -> Iterator[str]:
    while len(sentence) > limit:
        at = sentence.rfind(" ", 1, limit + 1)
        at = at if at > 0 else limit
        yield sentence[:at]
        sentence = sentence[at:].lstrip()
    if sentence:
        yield sentence
