"""Distinctive phrases of each company, as they stand in its own text.

Weights are tf-idf (Spärck Jones 1972, doi 10.1108/eb026526) over the stock. Terms are counted by hash and not in a
vocabulary, so that memory does not grow with the stock. German writes nouns with a capital, and needs and services are
nouns: a word that the stock writes mostly small neither stands alone nor ends a phrase in a German text.
"""

import itertools
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.schema import CHUNKS, KEYWORDS
from embeddings.stopwords import ENGLISH, GERMAN, GIVEN_NAMES, PLACES, STOP_WORDS

#: Phrases kept of one company.
TOP: Final = 12
#: A phrase in more than this share of companies distinguishes none; in a stock smaller than `_SMALL` any may stay.
_MOST: Final = 0.2
_SMALL: Final = 10
#: In a stock of at least this many companies a phrase must stand at two of them; else it is somebody's name.
_LARGE: Final = 200
#: Below this share of companies all phrases count as equally rare: the rarest are misspellings and brands.
_RARE: Final = 0.004
#: Places in a table of counts; terms that meet in one place pass for more frequent than they are, which is harmless.
_TABLE: Final = 2**23
_LEAST_LETTERS: Final = 4
#: A word that so many firms at most, or this share of them, have in their names is a surname or a brand.
_FEW_FIRMS: Final = 5
_FEW_SHARE: Final = 0.005
#: Words of notes on customers and of measures, which name neither a need nor a service.
_NO_TRADE: Final = frozenset(
    [
        "möchte",
        "möchten",
        "wünscht",
        "frühjahr",
        "frühling",
        "sommer",
        "herbst",
        "winter",
        "saison",
        "papierform",
        "quadratmeter",
        "quadratmetern",
        "macher",
        "sohn",
        "söhne",
        "gebrüder",
        "rückruf",
        "spring",
        "summer",
        "autumn",
        "season",
        "callback",
    ]
)
#: A line of so few words is a heading or a list item: where companies name what they do, so it counts twice.
_ITEM_WORDS: Final = 5
_NEVER: Final = ("impressum", "contact")

_FIRM = r"(?:GmbH|gGmbH|AG|KG|OHG|UG|GbR|SE|e\.\s?K\.|e\.\s?V\.|Ltd\.?|Inc\.?|LLC|N\.V\.|Holding)"
_NAME = r"[A-ZÄÖÜ][\w'-]+"
_FIRM_NAME = re.compile(rf"(?:{_NAME}\s+(?:&\s+|und\s+)?){{1,4}}{_FIRM}(?!\w)")
#: What is no phrase: addresses of the web, post codes with their place, firms with their legal form, titled persons.
_MASKED = re.compile(
    rf"(?:https?://|www\.)\S+|\S+@\S+|\b\d{{4,5}}\s+{_NAME}|{_FIRM_NAME.pattern}"
    rf"|\b(?:Herrn?|Frau|Familie|Dr\.|Prof\.|Dipl\.|Ing\.|Geschäftsführer(?:in)?:?|Inhaber(?:in)?:?|Mr\.?|Mrs\.?|Ms\.?)"
    rf"\s+(?:{_NAME}\s*){{1,2}}"
)
#: "Dreh- und Frästeile" is one phrase; else a word with letters, perhaps joined by hyphens: "CNC-Fräsen", "3D-Druck".
_WORD = re.compile(r"[A-ZÄÖÜ]\w+- (?:und|oder|&) \w+|\w+(?:[-&]\w+)*\b(?!-)")
#: What a sentence, a heading or a list item may follow; there every word has a capital.
_BEFORE_INITIAL: Final = frozenset('.!?:;•|„“"»–—*·\n')
#: A German attribute in the nominative, as a phrase is quoted: "spanende Fertigung", not "spanenden Fertigung".
_ATTRIBUTE = re.compile(r"\w{3,}(?:e|er|es)$")
#: Endings of German adjectives and participles, which a heading writes with a capital like any first word.
_ADJECTIVE = re.compile(r"(?:ge\w{2,}t|iert|ig|lich|isch|bar|los|end|haft|sam|schneidert)(?:e[rnsm]?)?$")

#: English adverbs, by endings that hardly a noun has: "approximately", "globally", "currently".
_ADVERB = re.compile(r"\w{2,}(?:ately|etely|ally|ntly|vely|edly|ously|arily)$")


class _Token(NamedTuple):
    """A word as it stands and in small letters; does it begin a sentence, touch the next word, stand in a list item?"""

    surface: str
    word: str
    initial: bool
    joined: bool
    listed: bool


class _Phrase(NamedTuple):
    """A candidate: its score, the term in small letters, as it stands, and the first chunk that holds it."""

    score: float
    term: str
    surface: str
    chunk: int


@dataclass(frozen=True, slots=True)
class _Stock:
    """Counts over all companies by hash: companies with a term, and words within sentences with capital and small."""

    companies: int
    terms: NDArray[np.int32]
    capital: NDArray[np.int32]
    small: NDArray[np.int32]

    def is_distinctive(self, term: str) -> bool:
        """Say whether a term is neither everybody's nor, in a large stock, a single company's."""
        count = int(self.terms[_place(term)])
        least = 1 if self.companies < _LARGE else 2
        return least <= count and (self.companies < _SMALL or count <= _MOST * self.companies)

    def rarity(self, term: str) -> float:
        """Give the inverse document frequency of a term, above 1."""
        count = max(float(self.terms[_place(term)]), _RARE * self.companies, 1.0)
        return 1.0 + float(np.log((1 + self.companies) / (1 + count)))

    def is_noun(self, word: str) -> bool:
        """Say whether the stock writes this word, in small letters here, mostly with a capital within sentences.

        A word that only ever begins a line is a noun unless it ends like an adjective.
        """
        capital, small = self.capital[_place(word)], self.small[_place(word)]
        return bool(capital >= small) if capital or small else _ADJECTIVE.search(word) is None


def keywords(
    chunks: pl.DataFrame, never: Collection[str] = (), firms: Mapping[str, str] = MappingProxyType({})
) -> pl.DataFrame:
    """Give up to 12 phrases (KEYWORDS) per company from its chunks (CHUNKS), sorted by customer, best first.

    `kind` and `url` name the page with the most telling passage that holds the phrase. Legal notices and contact pages
    are not read, so that no person's name gets in from there. `never` are names, of the stock's places for example,
    that may stand in no phrase, in no form: "Ansbach", "Ansbachs", "Ansbacher". `firms` are the customers' own names:
    of those the words that few other firms bear too, surnames and brands, stand in no phrase of the customer itself.
    """
    places, own_names = _words(never), {customer: _words([name]) for customer, name in firms.items()}
    rare = _rare(own_names.values())
    names = {customer: places | (words & rare) for customer, words in own_names.items()}
    readable = chunks.match_to_schema(CHUNKS).filter(~pl.col("kind").is_in(_NEVER))
    readable = readable.sort("customer_id", "weight", "chunk", descending=[False, True, False])
    stock = _counted(readable)
    rows = (
        row
        for customer, own in _companies(readable)
        for row in _rows(customer, own, _Known(stock, names.get(customer, places)))
    )
    return pl.DataFrame(list(rows), schema=KEYWORDS, orient="row")


class _Chunk(NamedTuple):
    kind: str
    url: str | None
    text: str
    weight: float


def _companies(chunks: pl.DataFrame) -> Iterator[tuple[str, list[_Chunk]]]:
    """Give each customer's chunks; the frame is sorted by customer."""
    for (customer,), own in chunks.group_by("customer_id", maintain_order=True):
        yield str(customer), [_Chunk(*row) for row in own.select("kind", "url", "text", "weight").iter_rows()]


def _place(term: str) -> int:
    return zlib.crc32(term.encode("utf-8", "replace")) % _TABLE


def _counted(chunks: pl.DataFrame) -> _Stock:
    """Count terms and capitals over the stock."""
    tables = [np.zeros(_TABLE, np.int32) for _ in range(3)]
    companies = 0
    for _, own in _companies(chunks):
        companies += 1
        tokens = [token for chunk in own for token in _tokens(chunk.text)]
        within = [token for token in tokens if not token.initial]
        tables[0][[_place(term) for term in {term for term, _, _ in _terms(tokens)}]] += 1
        np.add.at(tables[1], [_place(t.word) for t in within if t.surface[0].isupper()], 1)
        np.add.at(tables[2], [_place(t.word) for t in within if t.surface[0].islower()], 1)
    return _Stock(max(companies, 1), *tables)


def _tokens(text: str) -> list[_Token]:
    """Split a text into words, with names, firms and addresses taken out."""
    return [token for line in _MASKED.sub(" | ", text).splitlines() for token in _line_tokens(line)]


def _line_tokens(line: str) -> Iterator[_Token]:
    found = list(_WORD.finditer(line))
    listed = len(found) <= _ITEM_WORDS and not line.rstrip().endswith((".", "!", "?", ":", ","))
    for match, after in itertools.zip_longest(found, found[1:]):
        joined = after is not None and line[match.end() : after.start()] == " "
        yield _Token(match[0], match[0].lower(), _is_initial(line, match.start()), joined, listed)


def _is_initial(text: str, start: int) -> bool:
    while start and text[start - 1] == " ":
        start -= 1
    return start == 0 or text[start - 1] in _BEFORE_INITIAL


def _terms(tokens: Iterable[_Token]) -> Iterator[tuple[str, str, float]]:
    """Give words and pairs that could be phrases: in small letters, as they stand, and how much they count."""
    listed = list(tokens)
    before = [None, *listed][: len(listed)]
    allowed = [_is_telling(token) and not _is_surname(token, last) for token, last in zip(listed, before, strict=True)]
    for number, token in enumerate(listed):
        if allowed[number]:
            share = 2.0 if token.listed else 1.0
            yield token.word, token.surface, share
            if token.joined and allowed[number + 1]:
                after = listed[number + 1]
                yield f"{token.word} {after.word}", f"{token.surface} {after.surface}", share


def _is_telling(token: _Token) -> bool:
    """Say whether a word could stand for a need or a service: letters enough, no stop word, no name, no place."""
    word = token.word
    letters = sum(map(str.isalpha, word))
    return (
        (letters >= _LEAST_LETTERS or (letters >= _LEAST_LETTERS - 1 and token.surface.isupper()))
        and STOP_WORDS.isdisjoint({word, word.removesuffix("n"), word.removesuffix("s"), word.removesuffix("en")})
        and word not in GIVEN_NAMES
        and word not in PLACES
        and word not in _NO_TRADE
    )


def _is_surname(token: _Token, last: _Token | None) -> bool:
    return last is not None and last.joined and last.word in GIVEN_NAMES and token.surface[0].isupper()


class _Known(NamedTuple):
    """What the phrases of a company are chosen by: the counts of its stock, and names in small letters."""

    stock: _Stock
    names: frozenset[str]

    def is_name(self, word: str) -> bool:
        """Say whether a word in small letters is a name, its genitive, or who and what comes from there."""
        parts = ({part, part.removesuffix("s"), part.removesuffix("er")} for part in word.split("-"))
        return all(not self.names.isdisjoint(forms) for forms in parts)


def _words(names: Iterable[str]) -> frozenset[str]:
    """Give the words of names in small letters, those joined by hyphens one by one."""
    return frozenset(word.lower() for name in names for word in re.findall(r"\w+", name))


def _rare(firms: Collection[frozenset[str]]) -> frozenset[str]:
    """Give the words that few firms have in their names: not the trade, which many name, but who they are."""
    counts = Counter(itertools.chain.from_iterable(firms))
    most = max(_FEW_FIRMS, _FEW_SHARE * len(firms))
    return frozenset(word for word, count in counts.items() if count <= most)


def _rows(customer: str, own: Sequence[_Chunk], known: _Known) -> Iterator[tuple[str, str, float, str, str | None]]:
    """Give a company's rows of KEYWORDS."""
    chosen = _chosen(sorted(_phrases(own, known), key=lambda phrase: (-phrase.score, phrase.term)))
    for phrase in chosen:
        chunk = own[phrase.chunk]
        yield customer, phrase.surface, phrase.score / chosen[0].score, chunk.kind, chunk.url


def _phrases(own: Sequence[_Chunk], known: _Known) -> Iterator[_Phrase]:
    """Score the terms of a company that may stand as phrases; each is judged in the language of its first chunk."""
    tokens = [_tokens(chunk.text) for chunk in own]
    suits = [_suits_german if _is_german(words) else _suits_english for words in tokens]
    weights: defaultdict[str, float] = defaultdict(float)
    surfaces: defaultdict[str, Counter[str]] = defaultdict(Counter)
    places: dict[str, int] = {}
    for number, chunk in enumerate(own):
        for term, surface, share in _terms(tokens[number]):
            weights[term] += share * chunk.weight
            surfaces[term][surface] += 1
            places.setdefault(term, number)
    stock, own_name = known.stock, _own_name(own)
    for term, weight in weights.items():
        surface, place = _commonest(surfaces[term]), places[term]
        named = any(word in own_name or known.is_name(word) for word in term.split())
        if stock.is_distinctive(term) and suits[place](surface, stock) and not named:
            yield _Phrase(np.log1p(weight) * stock.rarity(term) * _fullness(term), term, surface, place)


def _own_name(own: Sequence[_Chunk]) -> set[str]:
    """Give the words of the firms named with their legal form: whoever reads the phrases reads the name beside them."""
    firms = (firm[0] for chunk in own for firm in _FIRM_NAME.finditer(chunk.text))
    return {word.lower() for firm in firms for word in _WORD.findall(firm)}


def _commonest(surfaces: Counter[str]) -> str:
    return min(surfaces, key=lambda surface: (-surfaces[surface], surface))


def _is_german(tokens: Sequence[_Token]) -> bool:
    return sum(token.word in GERMAN for token in tokens) >= sum(token.word in ENGLISH for token in tokens)


def _suits_german(surface: str, stock: _Stock) -> bool:
    """Say whether a phrase is a noun, two nouns, or an attribute and a noun."""
    *first, last = surface.split() if "- " not in surface else [surface]
    return _is_noun(last, stock) and all(_is_noun(word, stock) or _is_attribute(word) for word in first)


def _is_noun(word: str, stock: _Stock) -> bool:
    return not word[0].islower() and stock.is_noun(word.lower())


def _is_attribute(word: str) -> bool:
    return word.islower() and _ATTRIBUTE.fullmatch(word) is not None


def _suits_english(surface: str, _stock: _Stock) -> bool:
    """Say whether a phrase is two words, or one that is long enough to say something alone; adverbs say nothing."""
    if any(_ADVERB.search(word) for word in surface.split()):
        return False
    return " " in surface or len(surface) > _LEAST_LETTERS or surface.isupper()


def _fullness(term: str) -> float:
    """Prefer phrases that say more: pairs, and long German compounds."""
    return 1.3 if " " in term or "-" in term else 0.8 + min(len(term), 16) / 32


def _chosen(ranked: Iterable[_Phrase]) -> list[_Phrase]:
    """Take the best phrases whose words no better one has said."""
    chosen: list[_Phrase] = []
    said: set[str] = set()
    for phrase in ranked:
        stems = {_stem(word) for word in phrase.term.split()}
        if len(chosen) < TOP and not stems & said:
            chosen.append(phrase)
            said |= stems
    return chosen


def _stem(word: str) -> str:
    """Cut the ending of plural and case, roughly: only to see that two phrases say the same."""
    return re.sub(r"(?:en|er|es|em|n|e|s)$", "", word) if len(word) > _LEAST_LETTERS + 1 else word
