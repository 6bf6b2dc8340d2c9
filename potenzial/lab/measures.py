"""What is measured of every contestant: the figures of the leaderboard, and which way is better."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np

from potenzial.lab.resample import Auc, Lift, Mean, Statistic
from potenzial.lab.trial import Trial
from scoring.customers import Floats, Ints
from scoring.quantile import pinball

Better = Literal["high", "low", "neither"]

#: Hidden top customers are looked for among this share of the customers.
FIRST_LOOK: Final = 0.05


@dataclass(frozen=True)
class Known:
    """What does not depend on the contestant: of n customers of the stock, sorted by id.

    `log_revenue` is log10 EUR per year, NaN where not active; `top` marks the top customers among the active;
    `quantile` and `interval` are those of the published potential; `capacity` is the share of customers that can be
    contacted.
    """

    log_revenue: Floats
    top: Floats
    group: Ints
    quantile: float
    interval: tuple[float, float]
    capacity: float


@dataclass(frozen=True)
class Measure:
    """One column of the leaderboard: which way is better, decimal places, and how it is computed for a contestant.

    `build` takes what is known, the contestant and the one that all are compared with.
    """

    better: Better
    places: int
    build: Callable[[Known, Trial, Trial], Statistic]

    @property
    def sign(self) -> int:
        """1 where more is better, -1 where less is, 0 where neither."""
        return {"high": 1, "low": -1, "neither": 0}[self.better]


def _precision(_known: Known, trial: Trial, _reference: Trial) -> Statistic:
    return Mean(trial.precision)


def _recovery(known: Known, trial: Trial, _reference: Trial) -> Statistic:
    return Auc(_of_active(known, trial.recovery), known.top == 1)


def _first_look(known: Known, trial: Trial, _reference: Trial) -> Statistic:
    return Lift(_of_active(known, trial.recovery), known.top, FIRST_LOOK)


def _of_active(known: Known, scores: Floats) -> Floats:
    kept: Floats = np.where(np.isfinite(known.log_revenue), scores, np.nan)
    return kept


def _pinball(known: Known, trial: Trial, _reference: Trial) -> Statistic:
    losses = [pinball(known.log_revenue, at_seed, known.quantile) for at_seed in trial.quantiles]
    return Mean(np.mean(losses, axis=0))


def _coverage(known: Known, trial: Trial, _reference: Trial) -> Statistic:
    covered = (known.log_revenue <= trial.quantiles + _TIE).mean(axis=0)
    return Mean(np.where(np.isfinite(known.log_revenue), covered, np.nan))


#: A prediction equal to the revenue covers it; sums of logs miss equality by rounding.
_TIE: Final = 1e-9


def _capacity(known: Known, trial: Trial, _reference: Trial) -> Statistic:
    scores = _of_active(known, trial.quantiles.mean(axis=0))
    return Lift(scores, 10.0 ** np.nan_to_num(known.log_revenue), known.capacity)


def _overlap(_known: Known, trial: Trial, reference: Trial) -> Statistic:
    return Mean(jaccard(trial.nearest, reference.nearest))


def jaccard(ours: Ints, theirs: Ints) -> Floats:
    """Common share of two sets of neighbours for each customer (n x k row numbers, -1 for none); NaN without any."""
    both = np.array([len((set(a) & set(b)) - {-1}) for a, b in zip(ours.tolist(), theirs.tolist(), strict=True)], float)
    either = (ours >= 0).sum(axis=1) + (theirs >= 0).sum(axis=1) - both
    shared: Floats = np.divide(both, either, out=np.full(len(both), np.nan), where=either > 0)
    return shared


#: The columns that have an interval, by the names that `--by` takes; the catalogue names and explains them.
MEASURES: Final[Mapping[str, Measure]] = MappingProxyType(
    {
        "pinball": Measure("low", 4, _pinball),
        "coverage": Measure("neither", 3, _coverage),
        "lift": Measure("high", 2, _capacity),
        "precision": Measure("high", 3, _precision),
        "recovery": Measure("high", 3, _recovery),
        "top5": Measure("high", 2, _first_look),
        "overlap": Measure("neither", 3, _overlap),
    }
)


def stability(trial: Trial) -> float:
    """Mean rank correlation (Spearman) of the potential between any two seeds; NaN with one seed."""
    from scipy.stats import rankdata

    seen = np.isfinite(trial.quantiles).all(axis=0)
    if len(trial.quantiles) < 2 or seen.sum() < 2:  # noqa: PLR2004 - two are needed to compare
        return float("nan")
    ranks = np.array([rankdata(row[seen]) for row in trial.quantiles])
    correlations = np.corrcoef(ranks)
    return float(correlations[np.triu_indices(len(ranks), 1)].mean())
