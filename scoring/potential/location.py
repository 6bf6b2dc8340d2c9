"""Expected log revenue of a customer: ridge and boosted trees over out-of-fold features, stacked.

Both models sit on top of `Firmographics`: the ridge explains with texts what headcount and industry leave open, the
trees find interactions. Non-negative stacking weights come from out-of-fold predictions (Breiman 1996, "Stacked
regressions", doi 10.1007/BF00117832). Each part rises with headcount, hence so does the sum.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import nnls

from scoring.customers import Bools, Floats
from scoring.features import BATCH, Vectors

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingRegressor

#: Columns in front of the neighbour features.
FACT_COLUMNS: Final = ("firmographics", "log_headcount", "headcount_imputed", "industry_effect")
#: Those that rise with headcount; trees must keep that direction.
_RISING: Final = 2
#: Scale of a text vector beside standardised features: its squared length stands for nine of them.
_TEXT_SCALE: Final = 3.0
_RIDGE_PENALTY: Final = 100.0
_ROUNDS: Final = 150
_LEARNING_RATE: Final = 0.06


@dataclass(frozen=True)
class Inputs:
    """Model inputs of n customers: `columns` (n x p, FACT_COLUMNS first, then those of texts), `vectors` (n x d)."""

    columns: Floats
    vectors: Vectors

    def at(self, rows: Bools) -> "Inputs":
        """Give the inputs of some rows."""
        return Inputs(self.columns[rows], self.vectors[rows])


class TextRidge:
    """Ridge regression on text vectors and neighbour features of what firmographics leave open."""

    def __init__(self, inputs: Inputs, log_revenue: Floats) -> None:
        """Fit on known customers (log10 EUR per year, n)."""
        self.mean_, self.scale_ = standardiser(inputs.columns[:, len(FACT_COLUMNS) :])
        rest = log_revenue - inputs.columns[:, 0]
        targets = np.split(rest, range(BATCH, len(rest), BATCH))
        designs = ((self._design(part), target) for part, target in zip(_parts(inputs), targets, strict=True))
        self.coefficients_, self.intercept_ = fit_ridge(designs, _RIDGE_PENALTY)

    def _design(self, inputs: Inputs) -> Floats:
        features = (inputs.columns[:, len(FACT_COLUMNS) :] - self.mean_) / self.scale_
        return np.column_stack([features, _TEXT_SCALE * inputs.vectors.astype(np.float64)])

    def predict(self, inputs: Inputs) -> Floats:
        """Expected log10 of EUR per year (n)."""
        rest = [self._design(part) @ self.coefficients_ for part in _parts(inputs)]
        found: Floats = inputs.columns[:, 0] + self.intercept_ + np.concatenate(rest)
        return found


class Trees:
    """Gradient boosted trees on all columns, rising with headcount (Ke et al. 2017, as implemented in scikit-learn)."""

    def __init__(self, inputs: Inputs, log_revenue: Floats, seed: int) -> None:
        """Fit on known customers (log10 EUR per year, n)."""
        with _one_thread():
            self.model_ = _boosting(inputs.columns.shape[1], seed).fit(inputs.columns, log_revenue)

    def predict(self, inputs: Inputs) -> Floats:
        """Expected log10 of EUR per year (n)."""
        with _one_thread():
            found: Floats = self.model_.predict(inputs.columns)
        return found


def _one_thread() -> AbstractContextManager[object]:
    """Keep the trees to one thread: thousands of short parallel sections wait for each other wherever a core is busy.

    Measured on two busy cores with 1,700 customers: 20 s with two threads, 0.6 s with one.
    """
    # It comes with scikit-learn, ships no types and is needed only for fitting.
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # see above

    limits: AbstractContextManager[object] = threadpool_limits(limits=1, user_api="openmp")
    return limits


def _boosting(columns: int, seed: int) -> "HistGradientBoostingRegressor":
    # Importing scikit-learn takes a second that only fitting needs.
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        max_iter=_ROUNDS,
        learning_rate=_LEARNING_RATE,
        max_leaf_nodes=10,
        min_samples_leaf=15,
        l2_regularization=5.0,
        max_features=0.4,
        monotonic_cst=[int(column < _RISING) for column in range(columns)],
        early_stopping=False,  # pyright: ignore[reportArgumentType]  # guessed from the default "auto"; may be a bool
        random_state=seed,
    )


class Location:
    """The parts of the location model, fitted on the same customers; `predict_parts` gives one column each."""

    def __init__(self, inputs: Inputs, log_revenue: Floats, seed: int) -> None:
        """Fit on known customers (log10 EUR per year, n)."""
        self.models_ = (TextRidge(inputs, log_revenue), Trees(inputs, log_revenue, seed))

    def predict_parts(self, inputs: Inputs) -> Floats:
        """Expected log10 of EUR per year by firmographics, ridge and trees (n x 3)."""
        return np.column_stack([inputs.columns[:, 0], *(model.predict(inputs) for model in self.models_)])


@dataclass(frozen=True)
class Stack:
    """Weights of the parts around a common centre (log10 EUR per year); weights below 1 in sum shrink towards it.

    What comes out stays between `lowest` and `highest`: nothing is foretold that lies far off all known customers.
    """

    centre: float
    weights: Floats
    lowest: float
    highest: float

    def combine(self, parts: Floats) -> Floats:
        """Combine the parts (n x 3) into one expectation (n)."""
        combined: Floats = self.centre + (parts - self.centre) @ self.weights
        return np.clip(combined, self.lowest, self.highest)


def fit_stack(parts: Floats, log_revenue: Floats) -> Stack:
    """Weigh the parts (n x 3, out of fold) so that they explain log10 revenue (n) best.

    No weight is negative and their sum is at most 1: a part that hardly varies out of fold, as trees do that found too
    few customers to split, would else get a huge weight and blow up what it says once it is fitted on all customers.
    """
    centre = float(log_revenue.mean())
    weights, _ = nnls(parts - centre, log_revenue - centre)
    if weights.sum() > 1:
        weights = _convex(parts - centre, log_revenue - centre)
    return Stack(centre, weights, float(log_revenue.min()) - _BEYOND, float(log_revenue.max()) + _BEYOND)


def _convex(parts: Floats, target: Floats) -> Floats:
    """Non-negative weights with sum 1: a row that outweighs all others holds the sum."""
    heavy = _HOLD * (1.0 + float(np.abs(parts).max()) * len(parts))
    weights, _ = nnls(np.vstack([parts, np.full((1, parts.shape[1]), heavy)]), np.append(target, heavy))
    return np.asarray(weights / weights.sum(), dtype=np.float64)


def standardiser(columns: Floats) -> tuple[Floats, Floats]:
    """Mean and scale of each column (p each); a constant column gets scale 1."""
    scale = columns.std(axis=0)
    return columns.mean(axis=0), np.where(scale > _CONSTANT, scale, 1.0)


_CONSTANT: Final = 1e-9
#: How far beyond the known customers an expectation may lie, in log10: ten times the largest, a tenth of the smallest.
_BEYOND: Final = 1.0
_HOLD: Final = 1e3


def fit_ridge(parts: Iterable[tuple[Floats, Floats]], penalty: float) -> tuple[Floats, float]:
    """Fit a ridge regression with intercept on design and target given in parts of rows (m_i x p and m_i each).

    One pass over the parts adds up their moments, so that the whole design never lies in memory.
    """
    moments: Floats = np.sum([_moments(design, target) for design, target in parts], axis=0)
    rows, mean, middle = moments[0, 0], moments[0, 1:-1] / moments[0, 0], float(moments[0, -1] / moments[0, 0])
    gram = moments[1:-1, 1:-1] - rows * np.outer(mean, mean) + penalty * np.eye(len(mean))
    coefficients: Floats = np.linalg.solve(gram, moments[1:-1, -1] - rows * middle * mean)
    return coefficients, middle - float(mean @ coefficients)


def _moments(design: Floats, target: Floats) -> Floats:
    """Sums, squares and products of all columns: of ones, of the design and of the target."""
    columns = np.column_stack([np.ones(len(target)), design, target])
    moments: Floats = columns.T @ columns
    return moments


def _parts(inputs: Inputs) -> list[Inputs]:
    starts = range(0, max(len(inputs.columns), 1), BATCH)
    return [Inputs(inputs.columns[s : s + BATCH], inputs.vectors[s : s + BATCH]) for s in starts]
