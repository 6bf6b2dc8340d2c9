"""How widely the revenue of comparable customers scatters around the expected one, relative to the stock."""

from typing import Final

import numpy as np

from scoring.customers import Floats, Ints
from scoring.potential.location import FACT_COLUMNS, Inputs, standardiser
from scoring.potential.moments import Ridge, moments_of

_RIDGE_PENALTY: Final = 300.0
#: Share of the typical residual that is added before taking logs: a residual near zero is no sign of certainty.
_OFFSET: Final = 0.2
#: A scatter of less than a third or more than three times the stock's is not believed.
_WIDEST: Final = 3.0
_LEAST: Final = 1e-9


class Spread:
    """Ridge regression of the log absolute residual on industry and text.

    Headcount is left out on purpose: location rises with headcount, and only a scale without headcount keeps every
    quantile rising too. The result is a factor around 1 by which residuals are divided before they are compared.
    """

    def __init__(self, inputs: Inputs, residuals: Floats) -> None:
        """Fit on inputs and out-of-fold residuals in log10 EUR of n known customers."""
        columns = _columns(inputs)
        self.mean_, self.scale_ = standardiser(columns)
        absolute = np.abs(residuals)
        logs = np.log(absolute + _OFFSET * float(np.median(absolute)) + _LEAST)
        self.ridge_ = Ridge(moments_of([(columns - self.mean_) / self.scale_], logs), _RIDGE_PENALTY)

    def predict(self, inputs: Inputs) -> Floats:
        """Scale of the residuals (n), 1 for the middling customer."""
        logs = (_columns(inputs) - self.mean_) / self.scale_ @ self.ridge_.coefficients_
        scale: Floats = np.clip(np.exp(logs), 1.0 / _WIDEST, _WIDEST)
        return scale


def _columns(inputs: Inputs) -> Floats:
    return inputs.columns[:, len(FACT_COLUMNS) - 1 :]


def spread_out_of_fold(inputs: Inputs, residuals: Floats, folds: Ints) -> Floats:
    """Scale of each known customer's residual (n) as seen from the other folds."""
    scale = np.ones(len(residuals))
    for fold in np.unique(folds):
        others, own = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        scale[own] = Spread(inputs.at(others), residuals[others]).predict(inputs.at(own))
    return scale
