"""How far a figure varies when companies are drawn anew."""

from collections.abc import Iterator

import msgspec
import numpy as np

from scoring.customers import Floats, Ints

#: Chance that a stated interval misses the figure on either side.
_TAIL = 0.025


class Estimate(msgspec.Struct, frozen=True):
    """A figure and the range that holds it in 95 of 100 samples like this one; None where nothing can be measured."""

    value: float | None
    low: float | None
    high: float | None

    @property
    def sign(self) -> int:
        """-1 or 1 where the whole range lies on one side of zero, else 0."""
        if self.low is None or self.high is None:
            return 0
        return int(self.low > 0) - int(self.high < 0)


def company_draws(groups: Ints, rounds: int, seed: int) -> Iterator[Floats]:
    """Give weights (n) of bootstrap samples in which customers of one company (`groups`, n) stay together.

    Efron 1979, doi 10.1214/aos/1176344552, with whole companies as the units.
    """
    random = np.random.default_rng(seed)
    _, company = np.unique(groups, return_inverse=True)
    companies = int(company.max(initial=-1)) + 1
    for _ in range(rounds):
        drawn = np.bincount(random.integers(companies, size=companies), minlength=companies)
        weights: Floats = drawn[company].astype(np.float64)
        yield weights


def estimate(value: float, resampled: Floats) -> Estimate:
    """Put the percentile interval of resampled figures around a figure; what is not finite does not count."""
    there = resampled[np.isfinite(resampled)]
    shown = float(value) if np.isfinite(value) else None
    if shown is None or not len(there):
        return Estimate(shown, None, None)
    low, high = np.quantile(there, [_TAIL, 1.0 - _TAIL])
    return Estimate(shown, float(low), float(high))
