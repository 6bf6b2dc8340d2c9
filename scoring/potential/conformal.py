"""Residual quantiles per industry, calibrated by split-conformal ranks and pooled towards the parent industry.

Of n residuals of customers that the model did not see, the ceil((n + 1) q)-th smallest is at least as large as the next
residual with probability q or more (Vovk et al. 2005; Romano, Patterson, Candes 2019, arXiv 1905.03222). A group whose
rank exceeds n has no finite bound of its own and takes its parent's.
"""

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
