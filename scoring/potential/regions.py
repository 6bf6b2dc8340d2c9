"""What the region adds to log revenue beyond industry, headcount and text: partially pooled, and nothing without proof.

Random effects of country, first and first two digits of the postcode, each nested in the one before: a region with n
customers keeps n / (n + within / between) of its mean residual, the rest comes from its parent. Both variances are
estimated by analysis of variance (Searle, Casella, McCulloch 1992, "Variance Components", ch. 3); where regions differ
by no more than chance, `between` and with it every effect is 0. On top of that, effects count only as far as they
foretell the residuals of customers that they were not estimated from.
"""

import math
from typing import Final

import numpy as np

from scoring.customers import Bools, Floats, Ints

#: Fewer known customers than this have no effect of their own.
_LEAST_CUSTOMERS: Final = 3
#: One-sided 5 % level of the paired test that the effects have to pass.
_PROOF: Final = 1.645
_TINY: Final = 1e-12


class Regions:
    """Regional effects on log10 EUR per year; `trust_` (0 to 1) multiplies all of them."""

    def __init__(self, paths: Ints, residuals: Floats, folds: Ints, regions: int) -> None:
        """Fit on out-of-fold residuals of known customers (n) in folds (n).

        `paths` (n x levels) numbers the region at each level from 0 to `regions` - 1, -1 where it is not known.
        """
        found = np.zeros(len(residuals))
        for fold in np.unique(folds):
            others, own = folds != fold, folds == fold
            found[own] = _at(_effects(paths[others], residuals[others], regions), paths[own])
        self.gain_, self.trust_ = _proven(residuals, found)
        self.out_of_fold_ = self.trust_ * found
        self.effects_ = self.trust_ * _effects(paths, residuals, regions)

    def predict(self, paths: Ints) -> Floats:
        """What the region adds to log10 EUR per year (n), 0 where it is not known."""
        return _at(self.effects_, paths)


def _effects(paths: Ints, residuals: Floats, regions: int) -> Floats:
    """Effects by number of the region; the last one, of no region, is 0."""
    effects, rest = np.zeros(regions + 1), residuals - residuals.mean() if len(residuals) else residuals
    for level in range(paths.shape[1]):
        own = _level_effects(paths[:, level], rest, regions)
        effects += own
        rest = rest - own[paths[:, level]]
    return effects


def _level_effects(region: Ints, rest: Floats, regions: int) -> Floats:
    """Shrunken means of what the levels above leave open."""
    count = np.bincount(region[region >= 0], minlength=regions).astype(np.float64)
    large = count >= _LEAST_CUSTOMERS
    effects = np.zeros(regions + 1)
    if large.sum() > 1:
        members = (region >= 0) & large[region]
        effects[:-1][large] = _shrunken(region[members], rest[members], count, large)
    return effects


def _shrunken(region: Ints, rest: Floats, count: Floats, large: Bools) -> Floats:
    """Shrunken means of the regions with enough customers, in the order of their numbers."""
    sizes, customers = count[large], float(count[large].sum())
    means = np.bincount(region, rest, minlength=len(count))[large] / sizes
    middle = float(rest.mean())
    between_squares = float((sizes * (means - middle) ** 2).sum())
    freedom = len(sizes) - 1
    within = (float(((rest - middle) ** 2).sum()) - between_squares) / max(customers - len(sizes), 1.0)
    typical_size = (customers - float((sizes**2).sum()) / customers) / freedom
    between = max(between_squares / freedom - within, 0.0) / max(typical_size, _TINY)
    shrunken: Floats = (means - middle) * sizes * between / np.maximum(sizes * between + within, _TINY)
    return shrunken


def _at(effects: Floats, paths: Ints) -> Floats:
    added: Floats = effects[paths].sum(axis=1)
    return added


def _proven(residuals: Floats, found: Floats) -> tuple[float, float]:
    """Share of the squared residuals that the effects explain out of fold, and how far they are believed.

    With a mean gain t standard errors above 0 they count by 1 - (1.645 / t) ** 2, and not at all up to t = 1.645: like
    the positive-part James-Stein estimator, without a jump.
    """
    before = (residuals - residuals.mean()) ** 2 if len(residuals) else residuals
    gain = before - (residuals - residuals.mean() - found) ** 2 if len(residuals) else residuals
    if not found.any() or gain.mean() <= 0:
        return 0.0, 0.0
    strength = float(gain.mean()) * math.sqrt(len(gain)) / max(float(gain.std()), _TINY)
    return float(gain.mean() / before.mean()), max(1.0 - (_PROOF / strength) ** 2, 0.0)
