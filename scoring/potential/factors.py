"""Which part of the expectation comes from industry, headcount, text and region.

Shapley values over the three groups of inputs with one reference, the stock's typical customer (Shapley 1953; Lundberg
and Lee 2017, arXiv 1705.07874). The region adds the same whatever the others are, so its own effect is its Shapley
value. In log10 all four add up to the difference from the reference, so in EUR the factors times the revenue of the
typical customer give the expected revenue.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import factorial
from typing import Final, Protocol

import numpy as np
from scipy import sparse

from scoring.customers import Floats
from scoring.features import LINE, Facts
from scoring.potential.firmographics import Firmographics
from scoring.potential.local import fact_columns
from scoring.potential.location import FACT_COLUMNS, Inputs
from scoring.schema import FACTORS

#: Groups of inputs that act together in the location model.
GROUPS: Final = ("industry", "headcount", "text")


@dataclass(frozen=True)
class Factors:
    """Factors on the typical customer's EUR per year (n each), in the order of FACTORS: 2.0 means twice as much."""

    industry: Floats
    headcount: Floats
    text: Floats
    region: Floats

    @property
    def rows(self) -> Floats:
        """All factors (FACTORS x n)."""
        return np.array([getattr(self, name) for name in FACTORS])


class Locator(Protocol):
    """What is needed of a fitted model."""

    text_mean_: Floats

    @property
    def firmographics_(self) -> Firmographics:
        """The regression behind the columns of facts."""
        ...

    def locate(self, inputs: Inputs) -> Floats:
        """Expected log10 of EUR per year (n)."""
        ...


def split_factors(model: Locator, inputs: Inputs, facts: Facts, region: Floats) -> Factors:
    """Split the expectation of n customers into factors; `region` (n) is what the region adds in log10."""
    worth = {present: model.locate(_keep(model, inputs, facts, present)) for present in _subsets()}
    industry, headcount, text = (10.0 ** _shapley(worth, group) for group in GROUPS)
    return Factors(industry, headcount, text, 10.0**region)


def joined(parts: Sequence[Factors]) -> Factors:
    """Put factors of several batches of customers one after the other."""
    return Factors(*np.concatenate([part.rows for part in parts], axis=1))


def _subsets() -> list[frozenset[str]]:
    return [frozenset(chosen) for size in range(len(GROUPS) + 1) for chosen in combinations(GROUPS, size)]


def _shapley(worth: dict[frozenset[str], Floats], group: str) -> Floats:
    """Mean gain from knowing the group, over all orders in which the groups can become known."""
    n = len(GROUPS)
    gains = [
        (worth[present | {group}] - value) * (factorial(len(present)) * factorial(n - len(present) - 1) / factorial(n))
        for present, value in worth.items()
        if group not in present
    ]
    gain: Floats = np.sum(gains, axis=0)
    return gain


def _keep(model: Locator, inputs: Inputs, facts: Facts, present: frozenset[str]) -> Inputs:
    """Replace the groups that are not present by those of the typical customer."""
    base = model.firmographics_
    if "industry" not in present:
        facts = facts.without_industry()
    if "headcount" not in present:
        facts = facts.without_headcount(base.centre_)
    columns, vectors, words = inputs.columns.copy(), inputs.vectors, inputs.words
    if "text" not in present:
        columns[:, len(FACT_COLUMNS) :] = model.text_mean_
        vectors, words = np.zeros_like(vectors), sparse.csr_matrix(words.shape)
    columns[:, : len(FACT_COLUMNS)] = fact_columns(base, facts, columns[:, -len(LINE) :])
    return Inputs(columns, vectors, words)
