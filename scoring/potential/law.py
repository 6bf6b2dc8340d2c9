"""The conditional distribution of one customer's wallet, from its row of calibrated quantiles.

The wallet is what is realistic *with us*: a high quantile of the annual revenue of comparable active customers stands
for it (Rosset, Perlich, Zadrozny et al. 2007, doi 10.1145/1281192.1281297), so its law is made from the law of that
revenue by two stated assumptions (`wallets`). Both are piecewise linear in log10 EUR between quantiles. Each outer
tail spreads its probability evenly over three quarters of the log10 that the tenth of all customers before it takes up
(which is right for a normal tail), a factor of three at most: the support is bounded.

A customer that buys `own` EUR has a wallet of at least that, so everything published of it is conditional on W >= own:

    P(W >= a | W >= own) = S(max(a, own)) / S(own),        S(x) = P(W >= x)
    headroom = E[W | W >= own] - own = (1 / S(own)) * integral of 10 ** Q(u) over u > 1 - S(own)  -  own

An inactive customer has own = 0, for which nothing is cut off. Where own lies beyond the bounded support, the wallet is
`own`: the headroom falls to 0 continuously and never explodes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from scoring.customers import Bools, Floats

#: Levels at which the distribution is kept, in probability: the middles of 40 equal steps.
LEVELS: Final = tuple((step + 0.5) / 40 for step in range(40))
#: How far a tail reaches beyond the outermost quantile at most, in log10: a factor of three.
_LONGEST_TAIL: Final = float(np.log10(3.0))
#: The tail is this share of the way that the tenth before it takes up.
_TAIL_SHARE: Final = 0.75
_TENTH: Final = 0.1
#: The upper quantiles lie this many times as far beyond the 0.9 quantile as that lies beyond the median, at most. A
#: normal law has .75, one with Student's t of three degrees of freedom 1.4: what is farther off is one odd customer.
_FARTHEST_TAIL: Final = 2.0
_TINY: Final = 1e-12
#: The 0.9 quantile of the standard normal distribution.
_NINETY: Final = 1.2816
#: How uncertain the two assumptions about wallets are taken to be, as standard deviations.
_SHARE_SD: Final = 0.17
_LIFT_SD: Final = 0.3
#: Own residuals beyond so many standard deviations widen the law no further.
_FARTHEST: Final = 3.0


@dataclass(frozen=True)
class Law:
    """Wallets of n customers: log10 EUR per year `logs` (n x g + 2) at ascending probabilities `levels` (0 to 1)."""

    levels: Floats
    logs: Floats

    def __len__(self) -> int:
        """Give the number of customers."""
        return len(self.logs)

    def at(self, rows: Bools) -> "Law":
        """Give the laws of some customers."""
        return Law(self.levels, self.logs[rows])

    def moved(self, shift: Floats) -> "Law":
        """Give the laws moved by log10 amounts (n)."""
        return Law(self.levels, self.logs + shift[:, None])

    def survival(self, log_value: Floats) -> Floats:
        """Give P(W >= value) of values in log10 EUR (n); -inf gives 1."""
        total: Floats = self._above(log_value).sum(axis=1)
        return total

    def quantile(self, level: Floats) -> Floats:
        """Give the quantile at a probability of each customer (n), in log10 EUR per year."""
        place = np.clip(np.searchsorted(self.levels, level, side="right") - 1, 0, len(self.levels) - 2)
        rows, step = np.arange(len(self)), np.diff(self.levels)[place]
        share = (level - self.levels[place]) / step
        found: Floats = self.logs[rows, place] * (1 - share) + self.logs[rows, place + 1] * share
        return found

    def mean_beyond(self, log_value: Floats) -> Floats:
        """Give E[W | W >= value] in EUR per year (n), never less than the value, which it is beyond the support."""
        weight, cut = self._above(log_value), log_value[:, None]
        low, high = np.maximum(self.logs[:, :-1], cut), np.maximum(self.logs[:, 1:], cut)
        total = weight.sum(axis=1)
        mean = (weight * _mean_power(low, high)).sum(axis=1) / np.where(total > _TINY, total, 1.0)
        value = 10.0**log_value
        found: Floats = np.maximum(np.where(total > _TINY, mean, value), value)
        return found

    def _above(self, log_value: Floats) -> Floats:
        """Probability of each piece (n x g + 1) that lies at or above a value."""
        low, high, cut = self.logs[:, :-1], self.logs[:, 1:], log_value[:, None]
        width = high - low
        part = np.where(width > _TINY, (high - cut) / np.where(width > _TINY, width, 1.0), high >= cut)
        above: Floats = np.diff(self.levels) * np.clip(part, 0.0, 1.0)
        return above


def _mean_power(low: Floats, high: Floats) -> Floats:
    """Mean of 10 ** x over x evenly between two ends: their logarithmic mean."""
    bottom = np.where(np.isfinite(low), low, 0.0)
    gap = np.log(10.0) * np.maximum(high - bottom, 0.0)
    grown: Floats = np.where(gap > _SMALL_GAP, np.expm1(gap) / np.where(gap > _SMALL_GAP, gap, 1.0), 1.0 + gap / 2)
    return 10.0**bottom * grown


_SMALL_GAP: Final = 1e-6


def law_of(grid: Floats, quantiles: Floats) -> Law:
    """Make the laws of n customers from quantiles in log10 EUR (n x g) at an ascending grid (g), brought to LEVELS.

    Levels outside the grid take its outermost quantiles. The tail beyond the 0.9 quantile is bounded: with few
    customers a single one that buys a hundred times what it should would else be part of what each of the others is
    expected to buy.
    """
    ascending = np.maximum.accumulate(quantiles, axis=1)
    middle, high = (interpolated(grid, ascending, level) for level in (0.5, 0.9))
    farthest = high + _FARTHEST_TAIL * (high - middle)
    return with_tails(np.minimum(_resampled(grid, ascending), farthest[:, None]))


def wallets(law: Law, own: Floats, share: float, lift: float) -> Law:
    """Give the law of wallets (n) from that of comparable customers' revenue and the own revenue (n, EUR per year).

    Revenue is wallet times share of wallet. Of the scatter of log revenue around what is expected, `share` (b) is taken
    for the wallet's: an own residual e says b e of the wallet and leaves b (1 - b) of the variance (Bayes' rule for
    normal variables); nothing is known of an inactive customer, who keeps b of the variance. The median wallet lies
    `lift` (c) of the way from the median of revenue to its 0.9 quantile. One year of revenue can tell neither b nor c,
    so that the law is widened as if they were uncertain by a standard deviation of .17 and .3 (s: that of the scatter):

        log W(u) = Q(.5) + c (Q(.9) - Q(.5)) + b e + k (Q(u) - Q(.5)),    s = (Q(.9) - Q(.5)) / 1.28
        k ** 2   = b (1 - b) or, without e, b    + (.17 e / s) ** 2 + (.3 * 1.28) ** 2
    """
    middle, high = _level(law, 0.5), _level(law, 0.9)
    bought = log_own(own)
    active = np.isfinite(bought)
    residual = np.where(active, bought, middle) - middle
    beyond = residual / np.maximum((high - middle) / _NINETY, _TINY)
    unsure = (_SHARE_SD * np.clip(beyond, -_FARTHEST, _FARTHEST)) ** 2 + (_NINETY * _LIFT_SD) ** 2
    kept = np.sqrt(share * (1.0 - share * active) + unsure)
    centre = middle + lift * (high - middle) + share * residual
    return Law(law.levels, centre[:, None] + kept[:, None] * (law.logs - middle[:, None]))


def _level(law: Law, level: float) -> Floats:
    return law.quantile(np.full(len(law), level))


def _resampled(grid: Floats, quantiles: Floats) -> Floats:
    return np.column_stack([interpolated(grid, quantiles, level) for level in LEVELS])


def interpolated(grid: Floats, quantiles: Floats, level: float) -> Floats:
    """Give one quantile (n) at an ascending grid (n x g, g), linear between levels, flat beyond."""
    wanted = min(max(level, float(grid[0])), float(grid[-1]))
    after = min(int(np.searchsorted(grid, wanted)), len(grid) - 1)
    before = max(after - 1, 0)
    share = (wanted - grid[before]) / max(grid[after] - grid[before], _TINY) if after > before else 0.0
    found: Floats = quantiles[:, before] + share * (quantiles[:, after] - quantiles[:, before])
    return found


def with_tails(logs: Floats) -> Law:
    """Put the bounded tails around quantiles at LEVELS (n x 40), in log10 EUR per year."""
    steps = round(_TENTH * len(LEVELS))
    below = np.minimum(_TAIL_SHARE * (logs[:, steps] - logs[:, 0]), _LONGEST_TAIL)
    above = np.minimum(_TAIL_SHARE * (logs[:, -1] - logs[:, -1 - steps]), _LONGEST_TAIL)
    whole = np.column_stack([logs[:, 0] - below, logs, logs[:, -1] + above])
    return Law(np.array([0.0, *LEVELS, 1.0]), whole)


def read_laws(laws: pl.Series) -> Law:
    """Read laws (n) as the column `law` of RATED holds them; none of them null."""
    rows = laws.cast(pl.List(pl.Float64)).list.to_array(len(LEVELS)).to_numpy()
    return with_tails(np.maximum.accumulate(rows, axis=1) if len(rows) else np.zeros((0, len(LEVELS))))


def log_own(revenue: Floats) -> Floats:
    """Give log10 of EUR per year (n); -inf where a customer buys nothing (zero, negative or NaN)."""
    bought = np.nan_to_num(revenue) > 0
    return np.where(bought, np.log10(np.where(bought, revenue, 1.0)), -np.inf)


def expected_headroom(law: Law, own: Floats) -> Floats:
    """Give E[W | W >= own] - own in EUR per year (n), `own` being EUR per year of the last 12 months (0: inactive)."""
    return np.maximum(law.mean_beyond(log_own(own)) - np.maximum(np.nan_to_num(own), 0.0), 0.0)


def given_own(law: Law, own: Floats, level: float | Floats) -> Floats:
    """Give the quantile of W given W >= own, in EUR per year (n), at one probability or one for each customer."""
    cut = log_own(own)
    below = 1.0 - law.survival(cut)
    found: Floats = 10.0 ** np.maximum(law.quantile(below + level * (1.0 - below)), cut)
    return found


def class_chances(law: Law, own: Floats, a: float, b: float) -> Floats:
    """Give P(A), P(B) and P(C) of each customer's wallet given W >= own (n x 3); thresholds a >= b in EUR per year.

    Each row sums to 1. A customer whose own revenue lies beyond the support has the class of that revenue.
    """
    cut = log_own(own)
    total = law.survival(cut)
    at_least_a, at_least_b = (_chance(law, total, cut, np.log10(max(limit, _TINY))) for limit in (a, b))
    return np.column_stack([at_least_a, at_least_b - at_least_a, 1.0 - at_least_b])


def _chance(law: Law, total: Floats, cut: Floats, limit: float) -> Floats:
    """P(W >= limit | W >= cut) for log10 values."""
    beyond = law.survival(np.maximum(cut, limit)) / np.where(total > _TINY, total, 1.0)
    found: Floats = np.where(total > _TINY, np.minimum(beyond, 1.0), cut >= limit)
    return np.where(cut >= limit, 1.0, found)
