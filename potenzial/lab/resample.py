"""Figures of weighted customers, and how far they vary when companies are drawn anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol, Self

import numpy as np

from scoring.customers import Bools, Floats, Ints

#: Chance that a stated interval misses the figure on either side.
TAIL: Final = 0.025


class Statistic(Protocol):
    """A figure of n customers, each counted as often as its weight says."""

    def at(self, weights: Floats) -> float:
        """Give the figure for weights (n); NaN where nothing is left to measure."""
        ...


@dataclass(frozen=True)
class Mean:
    """Mean of one value a customer (n); NaN where a customer says nothing."""

    values: Floats

    def at(self, weights: Floats) -> float:
        """Weighted mean of the values that are there."""
        there = np.isfinite(self.values)
        total = float(weights[there].sum())
        return float(weights[there] @ self.values[there]) / total if total else float("nan")


@dataclass(frozen=True)
class _Levels:
    """Distinct scores in ascending order: `number` (n) is each customer's level, -1 without a score."""

    number: Ints
    count: int

    @classmethod
    def of(cls, scores: Floats) -> Self:
        there = np.isfinite(scores)
        number = np.full(len(scores), -1, dtype=np.int64)
        distinct, number[there] = np.unique(scores[there], return_inverse=True)
        return cls(number, len(distinct))

    def sums(self, values: Floats) -> Floats:
        """Sum of a value (n) at each level."""
        there = self.number >= 0
        summed = np.bincount(self.number[there], weights=values[there], minlength=self.count)
        return summed.astype(np.float64)


class Auc:
    """Chance that a customer that is wanted has the higher score of two; equal scores count half."""

    def __init__(self, scores: Floats, wanted: Bools) -> None:
        self._levels, self._wanted = _Levels.of(scores), wanted.astype(np.float64)

    def at(self, weights: Floats) -> float:
        """Area under the ROC curve, from 0 to 1; .5 is chance (Hanley and McNeil 1982)."""
        positive = self._levels.sums(weights * self._wanted)
        negative = self._levels.sums(weights * (1.0 - self._wanted))
        pairs = float(positive.sum() * negative.sum())
        below = np.cumsum(negative) - negative / 2
        return float(positive @ below) / pairs if pairs else float("nan")


class Lift:
    """How many times more the best `share` of customers by score holds than the same number drawn by chance."""

    def __init__(self, scores: Floats, worth: Floats, share: float) -> None:
        self._levels, self._worth, self._share = _Levels.of(scores), worth, share

    def at(self, weights: Floats) -> float:
        """Lift, 1 is chance; of customers with equal scores at the border the same part of each counts."""
        customers = self._levels.sums(weights)[::-1]
        worth = self._levels.sums(weights * np.nan_to_num(self._worth))[::-1]
        room = self._share * customers.sum()
        taken = np.clip(room - (np.cumsum(customers) - customers), 0.0, customers)
        part = np.divide(taken, customers, out=np.zeros_like(taken), where=customers > 0)
        all_worth = float(worth.sum()) * self._share
        return float(part @ worth) / all_worth if all_worth else float("nan")


def draws(groups: Ints, rounds: int, seed: int) -> Iterator[Floats]:
    """Give weights (n) of `rounds` bootstrap samples; customers of one company (`groups`, n) stay together.

    Efron 1979, doi 10.1214/aos/1176344552, with whole companies as the units.
    """
    random = np.random.default_rng(seed)
    _, company = np.unique(groups, return_inverse=True)
    companies = int(company.max(initial=-1)) + 1
    for _ in range(rounds):
        counts = np.bincount(random.integers(companies, size=companies), minlength=companies)
        yield counts[company].astype(np.float64)


@dataclass(frozen=True)
class Interval:
    """A figure and the range that holds it in 95 of 100 samples like this one; NaN where nothing is to be measured."""

    value: float
    low: float
    high: float

    @property
    def sign(self) -> int:
        """-1 or 1 where the whole range lies on one side of zero, else 0."""
        return int(self.low > 0) - int(self.high < 0)


def interval(value: float, resampled: Floats) -> Interval:
    """Put the percentile interval of resampled figures around a figure."""
    there = resampled[np.isfinite(resampled)]
    if not len(there):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.quantile(there, [TAIL, 1.0 - TAIL])
    return Interval(value, float(low), float(high))
