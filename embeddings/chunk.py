"""Documents to passages of whole sentences, the most telling ones of each company first."""

import hashlib
import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import polars as pl

from embeddings.config import EmbeddingConfig, Field
from embeddings.rarity import Rarity, count_words
from embeddings.schema import CHUNKS, DOCUMENTS

#: Characters one token of an XLM-R vocabulary stands for in German and English company texts: 4.3 on average, below
#: 3.7 in one passage of twenty. Estimating keeps chunking free of the model and equal for all models; a chunk that
#: holds more tokens than estimated is cut by the encoder.
CHARACTERS_PER_TOKEN: Final = 3.7
#: Tokens that are no text: the prompt "query: " and the two marks around it.
_OVERHEAD: Final = 5
#: How much a page kind tells about what a company needs; kinds without weight are read only if nothing else is there.
#: The configuration may name others.
KIND_WEIGHTS: Final[Mapping[str, float]] = {
    "own": 1.5,
    "services": 1.0,
    "products": 1.0,
    "home": 0.8,
    "about": 0.7,
    "structured": 0.4,
    "other": 0.4,
    "contact": 0.0,
}
#: Never read, not even alone: a legal notice names persons and says nothing of the trade.
_NEVER: Final = "impressum"
_WEIGHT_ALONE: Final = 0.4
#: A shorter passage says too little to be worth a vector, unless the company has no other.
_LEAST_CHARACTERS: Final = 25
#: Passages cut from a page for each one in the budget: some turn out double, or less specific than later ones.
_CUT_BY_PAGE: Final = 2
_CUT_BY_RARITY: Final = 8
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


class _Rules(NamedTuple):
    """How pages are cut: fields, characters a passage, passages a company, sentences said twice, kinds' weights."""

    fields: Sequence[Field]
    limit: int
    budget: int
    overlap: int
    weights: Mapping[str, float]
    #: Passages are chosen by the rarity of their words; by their place on the page if this is None.
    rarity: Rarity | None

    def weight(self, kind: str) -> float:
        """Give the weight of a page kind; a kind that is not known counts as "other"."""
        return self.weights.get(kind, self.weights["other"])

    def order(self, place: int, weight: float, text: str) -> float:
        """Give a passage's order from its place on the page, from 1; the smaller the more telling."""
        return place / weight if self.rarity is None else -weight * self.rarity.of_text(text)

    @property
    def passages_per_page(self) -> int:
        """Passages that are cut from a page at most."""
        return self.budget * (_CUT_BY_PAGE if self.rarity is None else _CUT_BY_RARITY)


def chunk_documents(documents: pl.DataFrame, config: EmbeddingConfig, rarity: Rarity | None = None) -> pl.DataFrame:
    """Cut documents (DOCUMENTS) into chunks (CHUNKS) of whole sentences, within each company's budget.

    Sorted by customer, the most telling chunk first. A company with nothing but a legal notice has no chunk. With the
    choice "specific" the rarity of words is counted over these documents, or given, as for a query to a known stock.
    """
    pages = documents.match_to_schema(DOCUMENTS).drop_nulls(["customer_id", "text"])
    pages = pages.sort("customer_id", "kind", "url", "text", nulls_last=True)
    rules = _rules(config, pages, rarity)
    columns: dict[str, list[object]] = {name: [] for name in CHUNKS}
    for customer, own in _companies(pages):
        for passage in _chosen(own, rules):
            row = (customer, chunk_hash(passage.text), passage.kind, passage.url, passage.text, passage.weight)
            for column, value in zip(columns.values(), row, strict=True):
                column.append(value)
    return pl.DataFrame(columns, schema=CHUNKS)


def _rules(config: EmbeddingConfig, pages: pl.DataFrame, rarity: Rarity | None) -> _Rules:
    if config.chunk_choice == "page":
        rarity = None
    elif rarity is None:
        rarity = count_words(pages.select("customer_id", "text").iter_rows())
    return _Rules(
        fields=config.fields,
        limit=int((config.chunk_tokens - _OVERHEAD) * CHARACTERS_PER_TOKEN),
        budget=config.chunks_per_company,
        overlap=config.chunk_overlap,
        weights={**KIND_WEIGHTS, **{str(kind): weight for kind, weight in config.page_weights.items()}},
        rarity=rarity,
    )


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


def _chosen(pages: Sequence[_Page], rules: _Rules) -> list[_Passage]:
    """Choose a company's passages, the telling kinds first or more often, no text twice."""
    readable = [page for page in pages if not _is_legal(page)]
    telling = [_impersonal(page) for page in readable if rules.weight(page.kind) > 0]
    passages = sorted(_passages(telling or [_without_persons(page) for page in readable], rules))
    unique = list({passage.text: passage for passage in reversed(passages)}.values())[::-1]
    return [p for p in unique if len(p.text) >= _LEAST_CHARACTERS][: rules.budget] or unique[:1]


def _is_legal(page: _Page) -> bool:
    """Say whether a page is a legal text, which every company has and which tells nothing of its trade."""
    return page.kind == _NEVER or (page.kind == "other" and _LEGAL.search(f"{page.title} {page.url or ''}") is not None)


def _passages(pages: Sequence[_Page], rules: _Rules) -> Iterator[_Passage]:
    """Cut pages into passages, the weightiest kinds first; what a page before had is left out."""
    repeated = _repeated_lines(pages)
    seen: set[str] = set()
    for number, page in sorted(enumerate(pages), key=lambda item: (-rules.weight(item[1].kind), item[0])):
        weight = rules.weight(page.kind) or _WEIGHT_ALONE
        lines = [page.title, *page.lines] if "title" in rules.fields else page.lines
        texts = _packed(_new_lines(lines, repeated, seen), rules)
        for place, text in enumerate(itertools.islice(texts, rules.passages_per_page), 1):
            yield _Passage(rules.order(place, weight, text), number, page.kind, page.url, text, weight)


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


def _impersonal(page: _Page) -> _Page:
    """Keep persons out where the configuration has contact pages read."""
    return _without_persons(page) if page.kind == "contact" else page


def _without_persons(page: _Page) -> _Page:
    """Drop the lines of a contact page that hold names, numbers and addresses of persons."""
    return page._replace(lines=[line for line in page.lines if not _CONTACT.search(line)])


def _packed(lines: Iterable[str], rules: _Rules) -> Iterator[str]:
    """Fill passages up to the limit with whole sentences; lines stay lines, so that phrases end there."""
    held: list[tuple[str, str]] = []
    size = 0
    for line in lines:
        for number, sentence in enumerate(_sentences(line, rules.limit)):
            if held and size + len(sentence) > rules.limit:
                yield _joined(held)
                held = _carried(held, rules.limit - len(sentence), rules.overlap)
                size = _length(held)
            held.append((" " if number else "\n", sentence))
            size += 1 + len(sentence)
    if held:
        yield _joined(held)


def _carried(held: Sequence[tuple[str, str]], room: int, overlap: int) -> list[tuple[str, str]]:
    """Give the last sentences of a full passage that the next one begins with, as many as fit, never all of them."""
    carried = list(held[max(1, len(held) - overlap) :])
    while carried and _length(carried) > room:
        del carried[0]
    return carried


def _joined(held: Sequence[tuple[str, str]]) -> str:
    """Write sentences after one another, each with what stands before it unless it is the first."""
    return "".join(f"{joint}{sentence}" for joint, sentence in held)[1:]


def _length(held: Sequence[tuple[str, str]]) -> int:
    """Give the characters of sentences with one joint each."""
    return sum(len(joint) + len(sentence) for joint, sentence in held)


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
