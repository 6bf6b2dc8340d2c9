"""C and inactive customers that the model called A or B, beside customers like them that it did not.

Coarsened exact matching (Iacus, King and Porro 2012, doi 10.1093/pan/mpr013): customers are alike when they agree in
activity, tenure, revenue band (half powers of ten; of the best year, where nothing was bought) and industry. Who finds
nobody in the same industry is compared with those alike in all else. Where the model calls nearly all or nearly nobody,
the upper half by potential stands for the called. Others count for their cell as often as it holds called ones, so the
difference is that for the called (the average effect on the treated).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from scoring.backtest.customers import Then
from scoring.backtest.lift import Resampling, segments
from scoring.backtest.result import BY_CLASS, BY_HALF, OUTCOMES, Compared, Matched
from scoring.classes import Thresholds
from scoring.customers import Floats, Ints
from scoring.resampling import company_draws, estimate

_BANDS_A_POWER = 2
#: With fewer customers on one side of the border there is nobody to compare with.
_LEAST_SHARE = 0.05


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells of called and other customers: `called` and `others` are row numbers.

    `cell` (of each called) is its cell, -1 without a match; `fine` and `coarse` (of each other) are its two cells;
    cells from `first_coarse` on ignore the industry.
    """

    called: Ints
    others: Ints
    cell: Ints
    fine: Ints
    coarse: Ints
    first_coarse: int
    count: int

    def means(self, values: Floats, weights: Floats) -> tuple[float, float]:
        """Mean of a value (n) of the matched called ones and of their matches, customers counted by weights (n)."""
        total, number = self._others(values * weights), self._others(weights)
        average = np.divide(total, number, out=np.full(self.count, np.nan), where=number > 0)
        there = np.flatnonzero(self.cell >= 0)
        expected = average[self.cell[there]]
        counted = np.where(np.isfinite(expected), weights[self.called[there]], 0.0)
        if counted.sum() <= 0:
            return float("nan"), float("nan")
        ours = float(counted @ values[self.called[there]]) / float(counted.sum())
        return ours, float(counted @ np.nan_to_num(expected)) / float(counted.sum())

    def _others(self, values: Floats) -> Floats:
        """Sum of a value (n) over the others of each cell."""
        fine = np.bincount(self.fine, weights=values[self.others], minlength=self.count)
        coarse = np.bincount(self.coarse, weights=values[self.others], minlength=self.count)
        return (fine + coarse).astype(np.float64)


def matched(
    then: Then, groups: Ints, industry: Ints, potential: Floats, limits: Thresholds, resampling: Resampling
) -> Iterator[Matched]:
    """Compare in every segment; `industry` (n) is -1 where it is not known, `potential` (n) NaN."""
    small = (then.base < limits.b) & np.isfinite(potential)
    border, rule = _border(potential[small], limits)
    values: dict[str, Floats] = dict(zip(OUTCOMES, _outcomes(then, limits), strict=True))
    for segment, members in segments(then).items():
        called, others = small & members & (potential >= border), small & members & (potential < border)
        cells = _cells(then, industry, np.flatnonzero(called), np.flatnonzero(others))
        yield _compared(segment, rule, cells, values, groups, resampling)


def _border(potential: Floats, limits: Thresholds) -> tuple[float, str]:
    """From which potential on a customer is called: that of class B, or the median where it calls nearly everybody."""
    left = float((potential < limits.b).mean()) if len(potential) else 0.0
    if not len(potential) or min(left, 1 - left) >= _LEAST_SHARE:
        return limits.b, BY_CLASS
    return float(np.median(potential)), BY_HALF


def _outcomes(then: Then, limits: Thresholds) -> tuple[Floats, ...]:
    return then.grew(GREW).astype(np.float64), (then.after >= limits.b).astype(np.float64), then.growth


#: Who bought a tenth more grew; less is a matter of when the last order fell.
GREW = 0.1


def _cells(then: Then, industry: Ints, called: Ints, others: Ints) -> Cells:
    _, coarse = np.unique(_alike(then), axis=0, return_inverse=True)
    _, fine = np.unique(np.column_stack([coarse, industry]), axis=0, return_inverse=True)
    first_coarse = int(fine.max(initial=-1)) + 1
    coarse = coarse.astype(np.int64) + first_coarse
    # Whose industry is not known is like nobody in it.
    known = industry >= 0
    in_industry = np.isin(fine, fine[others]) & known
    alike = np.isin(coarse, coarse[others])
    cell = np.where(in_industry, fine, np.where(alike, coarse, -1))[called]
    count = int(coarse.max(initial=-1)) + 1
    return Cells(called, others, cell, fine[others], coarse[others], first_coarse, count)


def _alike(then: Then) -> Ints:
    money = np.where(then.active, then.base, then.best)
    bands = np.floor(_BANDS_A_POWER * np.log10(np.maximum(money, 1.0)))
    columns: Ints = np.column_stack([then.active, then.new, bands]).astype(np.int64)
    return columns


def _compared(
    segment: str, rule: str, cells: Cells, values: dict[str, Floats], groups: Ints, resampling: Resampling
) -> Matched:
    found = cells.cell[cells.cell >= 0]
    once = np.ones(len(groups))
    drawn = list(company_draws(groups, resampling.rounds, resampling.seed)) if len(found) else []
    return Matched(
        segment=segment,
        rule=rule,
        called=len(cells.called),
        matched=len(found),
        same_industry=int((found < cells.first_coarse).sum()),
        others=int((np.isin(cells.fine, found) | np.isin(cells.coarse, found)).sum()),
        outcomes=tuple(_outcome(name, cells, value, once, drawn) for name, value in values.items()),
    )


def _outcome(name: str, cells: Cells, values: Floats, once: Floats, drawn: list[Floats]) -> Compared:
    ours, theirs = cells.means(values, once)
    again = [cells.means(values, weights) for weights in drawn]
    differences = np.array([one - other for one, other in again])
    shown = [value if np.isfinite(value) else None for value in (ours, theirs)]
    return Compared(outcome=name, called=shown[0], others=shown[1], difference=estimate(ours - theirs, differences))
