"""What a company shares with the examples, and what sets it apart: quoted phrases and facts."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from potenzial.errors import ArtifactError
from potenzial.lookalikes.stock import LookalikeStock
from scoring.evidence import tidy_phrases

#: A phrase that both sides use: where it stands at the company found, and where at the example (null: in no page).
SHARED: Final = pl.Struct({"phrase": pl.String(), "url": pl.String(), "example_url": pl.String()})
#: A phrase of the company found only, and where it stands.
OWN: Final = pl.Struct({"phrase": pl.String(), "url": pl.String()})
#: Headcounts that differ by less than this factor are of one size.
_FACTOR: Final = 2.0
#: Endings by which forms of one German or English word differ; what is left has to be long enough to be that word.
_ENDINGS: Final = "ungen|ung|ern|en|er|em|es|ing|e|n|s"
_ENDING: Final = re.compile(rf"(?:{_ENDINGS})$")
_REST: Final = re.compile(rf"(?:{_ENDINGS})?(?!\w)")
_LEAST_STEM: Final = 5


@dataclass(frozen=True, slots=True)
class Passage:
    """A text of the examples in small letters, with the page it stands on (None: the user's own text)."""

    url: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Example:
    """What the companies found are held against: texts, industries by both names, and the usual headcount."""

    passages: tuple[Passage, ...]
    industries: frozenset[str]
    headcount: float | None


def example_of(stock: LookalikeStock, rows: NDArray[np.int64]) -> Example:
    """Gather the texts and facts of the examples (rows of the stock).

    Raises:
        ArtifactError: the file of passages is damaged.
    """
    facts = stock.facts[rows]
    labels = facts["industry_label"].drop_nulls().to_list()
    known = stock.headcount[rows][~np.isnan(stock.headcount[rows])]
    typical = float(np.exp(np.log(known).mean())) if len(known) else None
    return Example(_passages(stock, facts["customer_id"]), frozenset(labels), typical)


def example_of_text(passages: Sequence[tuple[str | None, str]]) -> Example:
    """Hold companies against passages (URL or None, text) of which nothing else is known."""
    return Example(tuple(Passage(url, text.lower()) for url, text in passages), frozenset(), None)


def _passages(stock: LookalikeStock, ids: pl.Series) -> tuple[Passage, ...]:
    """Read only the rows of the examples, so that the texts of a large stock need not be held in memory."""
    wanted = pl.col("customer_id").is_in(ids.to_list())
    try:
        # Without glob: a project may lie in a folder such as "Stock [2026]".
        columns = pl.scan_parquet(stock.chunks_file, glob=False).select("customer_id", "url", "text")
        found = columns.filter(wanted).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ArtifactError(
            f"{stock.chunks_file}: cannot be read ({error}). `potenzial run` makes it again."
        ) from error
    return tuple(Passage(url, text.lower()) for _, url, text in found.iter_rows())


def phrases_of(keywords: pl.DataFrame, facts: pl.DataFrame) -> Mapping[str, list[tuple[str, str | None]]]:
    """Give the phrases of some companies (FACTS) that are fit for quoting, best first, each with its page.

    `keywords` (KEYWORDS) is sorted by company. A phrase that is part of the company's own name is left out.
    """
    known = pl.concat_str("name", "city", separator=" ", ignore_nulls=True).str.to_lowercase()
    names = facts.lazy().select("customer_id", own_name=known)
    tidy = tidy_phrases(_rows_of(keywords, facts["customer_id"])).lazy()
    told = pl.col("own_name").str.contains(pl.col("key"), literal=True)
    kept = tidy.join(names, on="customer_id", how="left", maintain_order="left").filter(~told.fill_null(value=False))
    first = kept.unique(["customer_id", "key"], keep="first", maintain_order=True)
    found: dict[str, list[tuple[str, str | None]]] = {name: [] for name in facts["customer_id"]}
    for name, phrase, url in first.select("customer_id", "phrase", "url").collect().iter_rows():
        found[name].append((phrase, url))
    return found


def _rows_of(keywords: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    """Give the rows of some companies from a table sorted by company, by binary search: it has a dozen for each."""
    names = keywords["customer_id"]
    ends = zip(names.search_sorted(ids, "left"), names.search_sorted(ids, "right"), strict=True)
    rows = [np.arange(first, last) for first, last in ends]
    return keywords[np.concatenate(rows)] if rows else keywords.clear()


def compared(
    phrases: Sequence[tuple[str, str | None]], example: Example
) -> tuple[list[dict[str, str | None]], list[dict[str, str | None]]]:
    """Part the phrases of a company into those that the examples use too (SHARED) and its own (OWN), best first.

    What the examples say in another form, "Kernbohrungen" for "Kernbohren", is neither quoted as shared nor told apart.
    """
    shared: list[dict[str, str | None]] = []
    own: list[dict[str, str | None]] = []
    for phrase, url in phrases:
        small = phrase.lower()
        passage = next((one for one in example.passages if holds(one.text, small)), None)
        if passage is not None:
            shared.append({"phrase": phrase, "url": url, "example_url": passage.url})
        elif not any(holds_form(one.text, small) for one in example.passages):
            own.append({"phrase": phrase, "url": url})
    return shared, own


def holds_form(text: str, phrase: str) -> bool:
    """Say whether a text holds a phrase with another ending, both in small letters."""
    stem = _ENDING.sub("", phrase)
    at = text.find(stem) if len(stem) >= _LEAST_STEM else -1
    while at >= 0:
        if not text[at - 1 : at].isalnum() and _REST.match(text, at + len(stem)):
            return True
        at = text.find(stem, at + 1)
    return False


def holds(text: str, phrase: str) -> bool:
    """Say whether a text holds a phrase as whole words."""
    at = text.find(phrase) if phrase else -1
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(phrase) : at + len(phrase) + 1]
        if not before.isalnum() and not after.isalnum():
            return True
        at = text.find(phrase, at + 1)
    return False


@dataclass(frozen=True, slots=True)
class Contrast:
    """Facts in which a company differs from the examples; None where it does not, or nothing is known."""

    industry: str | None
    industry_en: str | None
    headcount: float | None
    usual: float | None


def contrast(row: Mapping[str, object], example: Example) -> Contrast:
    """Hold the facts of a company (a row of FACTS) against the examples'."""
    industry, english = row["industry_label"], row["industry_label_en"]
    other = isinstance(industry, str) and bool(example.industries) and industry not in example.industries
    headcount = _apart(row["headcount"], example.headcount)
    return Contrast(
        industry=str(industry) if other else None,
        industry_en=str(english or industry) if other else None,
        headcount=headcount,
        usual=example.headcount if headcount is not None else None,
    )


def _apart(headcount: object, usual: float | None) -> float | None:
    """Give a headcount that is of another size than usual."""
    if not isinstance(headcount, float) or usual is None or headcount <= 0:
        return None
    return headcount if max(headcount / usual, usual / headcount) >= _FACTOR else None
