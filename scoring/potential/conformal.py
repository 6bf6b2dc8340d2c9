"""Residual quantiles per industry, calibrated by split-conformal ranks and pooled towards the parent industry.

Of n residuals of customers that the model did not see, the ceil((n + 1) q)-th smallest is at least as large as the next
residual with probability q or more (Vovk et al. 2005; Romano, Patterson, Candes 2019, arXiv 1905.03222). A group whose
rank exceeds n has no finite bound of its own and takes its parent's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.customers import Floats, Ints
from scoring.quantile import has_own_bound, rank_quantile

#: Customers at which an industry's own residual quantile counts as much as its parent's.
_POOLING: Final = 60.0


class ResidualQuantiles:
    """Quantiles of out-of-fold residuals at every level of the industry hierarchy; they never cross."""

    def __init__(self, residuals: Floats, levels: Ints, grid: Floats) -> None:
        """Take the residuals of n known customers, their industries (n x levels) and the ascending quantiles (g)."""
        self.grid_ = grid
        self.all_ = np.array([rank_quantile(residuals, q) for q in grid])
        self.industries_: dict[int, Floats] = {}
        for level in range(levels.shape[1]):
            self._fit_level(residuals, levels, level)
        # The ranks of many small industries, each rounded up, cover too much in sum: one shift puts the total right.
        beyond = residuals[:, None] - self._pooled_at(levels)
        self.shift_ = np.array([rank_quantile(beyond[:, place], q) for place, q in enumerate(grid)])

    def _fit_level(self, residuals: Floats, levels: Ints, level: int) -> None:
        order = np.argsort(levels[:, level], kind="stable")
        numbers, starts = np.unique(levels[order, level], return_index=True)
        for number, members in zip(numbers, np.split(order, starts[1:]), strict=True):
            if number >= 0:
                parent = self._of_path(levels[members[0], :level])
                self.industries_[int(number)] = self._pooled(residuals[members], parent)

    def _pooled(self, residuals: Floats, parent: Floats) -> Floats:
        customers = len(residuals)
        weight = customers / (customers + _POOLING)
        own = [
            weight * rank_quantile(residuals, q) + (1.0 - weight) * above if has_own_bound(customers, q) else above
            for q, above in zip(self.grid_, parent, strict=True)
        ]
        # Where the own bound ends, the parent's may lie lower.
        ascending: Floats = np.maximum.accumulate(np.array(own))
        return ascending

    def _of_path(self, path: Ints) -> Floats:
        """Quantiles of the finest industry on the path that was seen (g)."""
        seen = [self.industries_[int(number)] for number in path[::-1] if int(number) in self.industries_]
        return seen[0] if seen else self.all_

    def _pooled_at(self, levels: Ints) -> Floats:
        paths, rows = np.unique(levels, axis=0, return_inverse=True)
        found: Floats = np.array([self._of_path(path) for path in paths])[rows.ravel()]
        return found

    def at(self, levels: Ints) -> Floats:
        """Residual quantiles of n customers by their industries (n x g), ascending in each row."""
        ascending: Floats = np.maximum.accumulate(self._pooled_at(levels) + self.shift_, axis=1)
        return ascending


class SizeShifts:
    """What the residual quantiles miss by headcount: a shift per size band, joined by straight lines in log headcount.

    A band's shift is the split-conformal quantile of what lies beyond the industry's quantile, pooled towards none in
    the same ratio; customers without a headcount are a band of their own. The lines fall no faster than the location
    rises, hence quantiles still rise with headcount.
    """

    def __init__(self, beyond: Floats, sizes: "Sizes", grid: Floats) -> None:
        """Take log10 revenue less its quantile (n x g) of n known customers, their sizes, and the quantiles (g)."""
        bands = [sizes.band == band for band in np.unique(sizes.band[sizes.band >= 0])]
        means = np.array([sizes.log_headcount[band].mean() for band in bands])
        shifts = np.array([_shift(beyond[band], grid) for band in bands]).reshape(len(bands), len(grid))
        # Location bends at the knots, so the lines may have to bend there too.
        inside = sizes.knots[(sizes.knots > means[0]) & (sizes.knots < means[-1])] if len(means) else means
        self.nodes_ = np.union1d(means, inside)
        bent = np.array([np.interp(self.nodes_, means, shift) for shift in shifts.T]) if len(means) else shifts.T
        self.shifts_ = _no_faster(bent.T, sizes.rise(self.nodes_))
        self.unknown_ = _shift(beyond[sizes.band < 0], grid)
        self.all_ = np.zeros(len(grid))
        left = beyond - self.at(sizes)
        self.all_ = np.array([rank_quantile(left[:, place], q) for place, q in enumerate(grid)])

    def at(self, sizes: "Sizes") -> Floats:
        """Shifts of n customers (n x g), in log10."""
        found = np.broadcast_to(self.unknown_, (len(sizes.band), len(self.unknown_))).copy()
        known = sizes.band >= 0
        if len(self.nodes_):
            columns = [np.interp(sizes.log_headcount[known], self.nodes_, shift) for shift in self.shifts_.T]
            found[known] = np.column_stack(columns)
        return found + self.all_


@dataclass(frozen=True)
class Sizes:
    """Log10 headcount and size band (-1 if not known) of n customers.

    `rise` gives the least that location rises up to some headcounts; it is straight between `knots`.
    """

    log_headcount: Floats
    band: Ints
    rise: Callable[[Floats], Floats]
    knots: Floats


def _shift(beyond: Floats, grid: Floats) -> Floats:
    """Pooled quantiles of what lies beyond (m x g); none where the band is too small for a bound."""
    members = len(beyond)
    weight = members / (members + _POOLING)
    own = [
        weight * rank_quantile(beyond[:, place], q) if has_own_bound(members, q) else 0.0
        for place, q in enumerate(grid)
    ]
    return np.array(own)


def _no_faster(shifts: Floats, rise: Floats) -> Floats:
    """Raise shifts (bands x g) that fall faster from band to band than location rises (bands)."""
    least: Floats = np.maximum.accumulate(shifts + rise[:, None], axis=0) - rise[:, None]
    return least
