"""Sentences that several customers share word for word and that give away what a customer of theirs buys.

A text may carry a sentence that says more than its company does: the source of a revenue figure, a ranking by size, a
data provider's note that stands with one trade only. A model that reads such a sentence looks good on the customers at
hand and fails on those without it. So every sentence that several active companies share is tested: do their
out-of-fold residuals of log revenue, beside headcount and industry, differ from those of all others by more than chance
(Welch's t-test at 1 %, Bonferroni over all shared sentences)? A finding is a leak where the sentence speaks of revenue;
else it is only named, since a trade's own words may well tell what its companies buy.
"""

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from scoring.customers import Floats

_LEVEL: Final = 0.01
#: Smaller shifts of log10 revenue do no harm: a factor of 1.26.
_LEAST_SHIFT: Final = 0.1
_LEAST_COMPANIES: Final = 5
_SHORTEST, _LONGEST = 20, 400
#: Findings that are told, the clearest first.
_TOLD: Final = 3
_SPEAKS: Final = re.compile(
    r"\b(jahres)?ums(a|ä)tz|\berl(ö|oe)se?\b|\brevenues?\b|\bturnover\b|\bannual sales\b|\bsales (volume|figures|rank)"
    r"|\brank(ed|ing|s)?\b|\brangliste\b|\bbilanzsumme\b"
    r"|#\s*(mio|million|mrd|billion|milliard)\w*\.?\s*(€|eur|\$|usd|dollar|chf)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Telltale:
    """A shared sentence, how many companies carry it, and what they buy compared with others of their kind (factor)."""

    sentence: str
    companies: int
    factor: float
    speaks_of_revenue: bool


def find_telltales(texts: pl.DataFrame, residual: Floats) -> list[Telltale]:
    """Find the sentences that tell revenue, those that speak of it first, then the clearest.

    Args:
        texts: columns `row` (number of the company, 0 to m - 1) and `text`, several rows a company.
        residual: log10 revenue of m active companies less what headcount and industry explain, out of fold.

    Returns:
        At most three findings; of sentences carried by the same companies one.
    """
    carriers = _carriers(texts, len(residual))
    found: dict[tuple[int, ...], tuple[float, Telltale]] = {}
    for sentence, rows in carriers.iter_rows():
        shift, chance = _tested(residual, np.array(rows))
        if chance * carriers.height >= _LEVEL or abs(shift) < _LEAST_SHIFT:
            continue
        tale = Telltale(sentence, len(rows), 10.0**shift, _SPEAKS.search(_key_of(sentence)) is not None)
        found.setdefault(tuple(rows), (chance, tale))
    ranked = sorted(found.values(), key=lambda one: (not one[1].speaks_of_revenue, one[0], one[1].sentence))
    return [tale for _, tale in ranked[:_TOLD]]


def _carriers(texts: pl.DataFrame, companies: int) -> pl.DataFrame:
    """Sentences as first written and the sorted rows of their companies, for those that several but not most share."""
    split = pl.col("text").str.replace_all(r"([.!?;])\s+|\s*\n+\s*", "$1\n").str.split("\n")
    sentences = texts.select("row", sentence=split).explode("sentence").drop_nulls()
    tidy = sentences.with_columns(pl.col("sentence").str.replace_all(r"\s+", " ").str.strip_chars())
    fitting = tidy.filter(pl.col("sentence").str.len_chars().is_between(_SHORTEST, _LONGEST))
    keyed = fitting.with_columns(key=pl.col("sentence").str.to_lowercase().str.replace_all(r"\d[\d.,]*", "#"))
    shared = keyed.group_by("key").agg(pl.col("sentence").min(), pl.col("row").unique().sort())
    several = pl.col("row").list.len().is_between(_LEAST_COMPANIES, max(companies // 2, _LEAST_COMPANIES))
    return shared.filter(several).sort("key").select("sentence", "row")


def _key_of(sentence: str) -> str:
    return re.sub(r"\d[\d.,]*", "#", sentence.casefold())


def _tested(residual: Floats, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> tuple[float, float]:
    """Difference of the mean residuals with and without the sentence, and how often chance gives a larger one."""
    from scipy.stats import ttest_ind

    inside = np.zeros(len(residual), dtype=np.bool_)
    inside[rows] = True
    with_it, without = residual[inside], residual[~inside]
    shift = float(with_it.mean() - without.mean())
    if with_it.std() == 0 and without.std() == 0:
        return shift, float(shift == 0)
    test = ttest_ind(with_it, without, equal_var=False)
    return shift, float(test.pvalue)  # pyright: ignore[reportAttributeAccessIssue]  # not in the stubs' named tuple
