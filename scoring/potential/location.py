"""Expected log revenue of a customer: ridges and boosted trees over out-of-fold features, stacked.

All of them sit on top of `Firmographics`: one ridge explains with company vectors and neighbours what headcount and
industry leave open, one does with words, the trees find interactions. Non-negative stacking weights come from
out-of-fold predictions (Breiman 1996, "Stacked regressions", doi 10.1007/BF00117832). Each part rises with headcount,
hence so does the sum.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import sparse
from scipy.optimize import nnls

from scoring.customers import Floats, Ints
from scoring.features import BATCH, Vectors
from scoring.potential.moments import moments_of, ridges, size

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingRegressor

Tick = Callable[[], None]

#: Columns in front of the neighbour features.
FACT_COLUMNS: Final = ("firmographics", "local_line", "log_headcount", "headcount_imputed", "industry_effect")
#: Those that rise with headcount; trees must keep that direction.
_RISING: Final = 3
#: The first columns are parts of the stack themselves.
_LINES: Final = 2
#: The ridge that no fold was left out of.
_ALL: Final = -1
#: Scale of a text vector beside standardised features: its squared length stands for nine of them.
_TEXT_SCALE: Final = 3.0
_RIDGE_PENALTY: Final = 100.0
#: TF-IDF vectors have length 1.
_WORDS_PENALTY: Final = 1.0
_ROUNDS: Final = 150
_LEARNING_RATE: Final = 0.06
#: Trees of more rows hardly differ.
_MOST_ROWS: Final = 20_000
_MANY_ROWS: Final = 10_000


@dataclass(frozen=True)
class Inputs:
    """Model inputs of n customers.

    `columns` (n x p, FACT_COLUMNS first, then those of texts), `vectors` (n x d), `words` (n x t, TF-IDF; t may be 0).
    """

    columns: Floats
    vectors: Vectors
    words: sparse.csr_matrix

    def at(self, rows: Ints) -> "Inputs":
        """Give the inputs of some rows."""
        return Inputs(self.columns[rows], self.vectors[rows], self.words[rows])


class TextRidges:
    """Ridge regressions of what firmographics leave open: on vectors and neighbour features, and on words.

    Fitted once on all known customers and once without each fold, from sums that each fold adds to.
    """

    def __init__(self, inputs: Inputs, log_revenue: Floats, folds: Ints) -> None:
        """Fit on known customers (log10 EUR per year, n) dealt into folds (n)."""
        self.mean_, self.scale_ = standardiser(inputs.columns[:, len(FACT_COLUMNS) :])
        rest = log_revenue - inputs.columns[:, 0]
        parts = [(inputs.at(rows), rest[rows]) for rows in _by_fold(folds)]
        texts = [moments_of(self._designs(part), target) for part, target in parts]
        self.texts_ = ridges(texts, _RIDGE_PENALTY)
        words = [moments_of([part.words], target) for part, target in parts] if size(inputs.words)[1] else []
        self.words_ = ridges(words, _WORDS_PENALTY) if words else []

    def _designs(self, inputs: Inputs) -> "list[Floats]":
        starts = range(0, max(len(inputs.columns), 1), BATCH)
        return [self._design(inputs.columns[s : s + BATCH], inputs.vectors[s : s + BATCH]) for s in starts]

    def _design(self, columns: Floats, vectors: Vectors) -> Floats:
        features = (columns[:, len(FACT_COLUMNS) :] - self.mean_) / self.scale_
        return np.column_stack([features, _TEXT_SCALE * vectors.astype(np.float64)])

    def predict_parts(self, inputs: Inputs, without: int) -> Floats:
        """Expected log10 of EUR per year by either ridge (n x 1 or 2), fitted without one fold, -1 for none."""
        found = [self.texts_[without].predict(self._designs(inputs))]
        if self.words_:
            found.append(self.words_[without].predict([inputs.words]))
        return inputs.columns[:, :1] + np.column_stack(found)


def _by_fold(folds: Ints) -> list[Ints]:
    return [np.flatnonzero(folds == fold) for fold in np.unique(folds)]


class Trees:
    """Gradient boosted trees on all columns, rising with headcount (Ke et al. 2017, as implemented in scikit-learn)."""

    def __init__(self, inputs: Inputs, log_revenue: Floats, seed: int) -> None:
        """Fit on known customers (log10 EUR per year, n)."""
        # Evenly spaced, so that the same rows are taken in every run.
        taken = np.unique(np.linspace(0, len(log_revenue) - 1, min(len(log_revenue), _MOST_ROWS)).astype(np.int64))
        with _threads(len(taken)):
            self.model_ = _boosting(inputs.columns.shape[1], seed).fit(inputs.columns[taken], log_revenue[taken])

    def predict(self, inputs: Inputs) -> Floats:
        """Expected log10 of EUR per year (n)."""
        with _threads(len(inputs.columns)):
            found: Floats = self.model_.predict(inputs.columns)
        return found


def _threads(rows: int) -> AbstractContextManager[object]:
    """Keep the trees of few rows to one thread: short parallel sections wait for each other wherever a core is busy.

    Measured on two busy cores: 1,700 customers 20 s with two threads, 0.6 s with one; 35,000 customers 6 s and 10 s.
    """
    # It comes with scikit-learn, ships no types and is needed only for fitting.
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # see above

    limits: AbstractContextManager[object] = threadpool_limits(
        limits=1 if rows < _MANY_ROWS else None, user_api="openmp"
    )
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
    """The parts of the location model, fitted on all known customers and out of fold."""

    def __init__(self, inputs: Inputs, log_revenue: Floats, folds: Ints, seed: int, tick: Tick) -> None:
        """Fit on known customers (log10 EUR per year, n) dealt into folds (n); `parts_` (n x p) is out of fold."""
        self.ridges_ = TextRidges(inputs, log_revenue, folds)
        self.parts_ = np.zeros((len(folds), _LINES + 1 + (size(inputs.words)[1] > 0) + 1))
        for place, own in enumerate(_by_fold(folds)):
            others = np.setdiff1d(np.arange(len(folds)), own, assume_unique=True)
            trees = Trees(inputs.at(others), log_revenue[others], seed)
            self.parts_[own] = self._parts(inputs.at(own), trees, place)
            tick()
        self.trees_ = Trees(inputs, log_revenue, seed)

    def _parts(self, inputs: Inputs, trees: Trees, without: int) -> Floats:
        rising = [inputs.columns[:, :_LINES], self.ridges_.predict_parts(inputs, without)]
        return np.column_stack([*rising, trees.predict(inputs)])

    def predict_parts(self, inputs: Inputs) -> Floats:
        """Expected log10 of EUR per year by firmographics, local line, ridges and, last, trees (n x 4 or 5)."""
        return self._parts(inputs, self.trees_, _ALL)


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
        """Combine the parts (n x p) into one expectation (n)."""
        combined: Floats = self.centre + (parts - self.centre) @ self.weights
        return combined

    def within(self, log_revenue: Floats) -> Floats:
        """Cut to what known customers make believable."""
        return np.clip(log_revenue, self.lowest, self.highest)


def fit_stack(parts: Floats, log_revenue: Floats) -> Stack:
    """Weigh the parts (n x p, out of fold) so that they explain log10 revenue (n) best.

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
