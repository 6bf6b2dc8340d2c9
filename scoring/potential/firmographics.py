"""Log revenue from headcount and industry: a ridge regression whose industry effects are partially pooled.

Every level of the industry hierarchy has its own effect with a ridge penalty, so that a class with few customers falls
back on its group, division and section (the shrinkage of a mixed model with that ratio of variances). Log revenue rises
piecewise linearly with log headcount, with a slope of its own per industry, and never falls.
"""

from typing import Final

import numpy as np
from scipy import sparse

from scoring.customers import Floats, Ints
from scoring.features import Facts

#: Ratio of the variance within an industry to the variance between industries that the shrinkage assumes.
_POOLING: Final = 3.0
_POOLING_OF_SLOPES: Final = 6.0
_PENALTY_OF_RAMPS: Final = 0.1
_KNOTS: Final = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
#: Share of the common slope that every industry keeps.
_LEAST_SLOPE: Final = 0.2
_MIN_CUSTOMERS: Final = 3
_MAX_INDUSTRIES: Final = 1500


class Firmographics:
    """Ridge regression of log10 revenue on headcount and industry; deterministic, monotone in headcount."""

    def __init__(self, facts: Facts, log_revenue: Floats) -> None:
        """Fit on known customers (facts and log10 EUR per year, n)."""
        self.centre_ = float(facts.log_headcount.mean())
        self.knots_ = np.unique(np.quantile(facts.log_headcount, _KNOTS))
        self.industries_ = _common(facts.levels)
        design = self._design(facts)
        self.mean_ = np.asarray(design.mean(axis=0)).ravel()
        self.intercept_ = float(log_revenue.mean())
        self._fit(design, log_revenue)
        known = facts.levels[:, 0] >= 0
        #: How much industries differ (log10 EUR), 0 if none is known.
        self.effect_sd_ = float(self.industry_effect(facts)[known].std()) if known.any() else 0.0

    def _fit(self, design: sparse.csr_matrix, log_revenue: Floats) -> None:
        rows, ramps, groups = len(log_revenue), self._ramps, len(self.industries_)
        penalty = np.repeat([_PENALTY_OF_RAMPS, 1.0, _POOLING, _POOLING_OF_SLOPES], [ramps, 1, groups, groups])
        gram = (design.T @ design).toarray() - rows * np.outer(self.mean_, self.mean_)
        target = design.T @ (log_revenue - self.intercept_)
        coefficients: Floats = np.linalg.solve(gram + np.diag(penalty), target)
        self.slopes_ = coefficients[:ramps]
        self.imputed_ = float(coefficients[ramps])
        self.effects_ = np.append(coefficients[ramps + 1 : ramps + 1 + groups], 0.0)
        self.industry_slopes_ = np.append(coefficients[ramps + 1 + groups :], 0.0)
        self.offset_ = self.intercept_ - float(self.mean_ @ coefficients)

    @property
    def _ramps(self) -> int:
        return len(self.knots_) - 1

    def _design(self, facts: Facts) -> sparse.csr_matrix:
        member = self._membership(facts.levels)
        distance = sparse.diags(facts.log_headcount - self.centre_)
        dense = np.column_stack([self._rise(facts.log_headcount), facts.imputed])
        return sparse.csr_matrix(sparse.hstack([sparse.csr_matrix(dense), member, distance @ member]))

    def _membership(self, levels: Ints) -> sparse.csr_matrix:
        places = self._places(levels)
        rows, columns = np.nonzero(places < len(self.industries_))
        shape = (len(levels), len(self.industries_))
        return sparse.csr_matrix((np.ones(len(rows)), (rows, places[rows, columns])), shape=shape)

    def _places(self, levels: Ints) -> Ints:
        """Columns of the industries of each customer; one past the last stands for an unknown industry."""
        place = np.searchsorted(self.industries_, levels)
        known = np.isin(levels, self.industries_)
        places: Ints = np.where(known, place, len(self.industries_))
        return places

    def _rise(self, log_headcount: Floats) -> Floats:
        """How far each customer has come within each interval between two knots (n x intervals)."""
        inside = np.clip(log_headcount[:, None], self.knots_[:-1], self.knots_[1:])
        rise: Floats = inside - self.knots_[:-1]
        return rise

    def predict(self, facts: Facts) -> Floats:
        """Expected log10 of EUR per year (n)."""
        places, own_slope = self._places(facts.levels), self._own_slope(facts)
        slopes = self._all_slopes(own_slope)
        start = own_slope * (self.knots_[0] - self.centre_)
        rise = (self._rise(facts.log_headcount) * slopes).sum(axis=1)
        level = self.offset_ + self.effects_[places].sum(axis=1) + self.imputed_ * facts.imputed
        expected: Floats = level + start + rise
        return expected

    def _own_slope(self, facts: Facts) -> Floats:
        own: Floats = self.industry_slopes_[self._places(facts.levels)].sum(axis=1)
        return own

    def _all_slopes(self, own_slope: Floats) -> Floats:
        """Slopes between the knots (n x intervals).

        A negative slope comes from chance; what is left of the common one keeps the curve rising at every headcount.
        """
        slopes: Floats = np.maximum(self.slopes_ + own_slope[:, None], self.least_slopes_)
        return slopes

    @property
    def least_slopes_(self) -> Floats:
        """Slope that no industry falls below, between the knots (intervals)."""
        least: Floats = _LEAST_SLOPE * np.maximum(self.slopes_, 0.0)
        return least

    def least_slope(self, facts: Facts) -> Floats:
        """Least slope over all headcounts, in log10 EUR per log10 headcount (n)."""
        if not self._ramps:
            return np.zeros(len(facts.log_headcount))
        least: Floats = self._all_slopes(self._own_slope(facts)).min(axis=1)
        return least

    def doubt(self, facts: Facts) -> Floats:
        """Standard deviation in log10 EUR that a missing headcount or industry adds (n), 0 where both are known."""
        size = (self.predict(facts.moved(1.0)) - self.predict(facts.moved(-1.0))) / 2
        industry = np.where(facts.levels[:, 0] < 0, self.effect_sd_, 0.0)
        doubt: Floats = np.hypot(size, industry)
        return doubt

    def industry_effect(self, facts: Facts) -> Floats:
        """Part of the expected log10 revenue that the industry adds at a middling headcount (n)."""
        at_centre = facts.without_headcount(self.centre_)
        effect: Floats = self.predict(at_centre) - self.predict(at_centre.without_industry())
        return effect


def _common(levels: Ints) -> Ints:
    """Industries with enough customers for an effect of their own, the largest ones first if there are too many."""
    numbers, counts = np.unique(levels[levels >= 0], return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_MAX_INDUSTRIES]
    kept: Ints = np.sort(numbers[order][counts[order] >= _MIN_CUSTOMERS])
    return kept
