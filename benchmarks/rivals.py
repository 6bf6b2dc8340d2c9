"""What the model is compared with: each predicts one quantile of log10 EUR from known customers."""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from scoring.baselines import BASELINES
from scoring.customers import Floats
from scoring.features import Facts, Vectors
from scoring.quantile import rank_quantile

_COMPONENTS = 50
_NEIGHBOURS = 60


@dataclass(frozen=True)
class Known:
    """Facts, log10 revenue and text vectors of n customers."""

    facts: Facts
    log_revenue: Floats
    vectors: Vectors


def _columns(known: Known) -> Floats:
    return np.column_stack([known.facts.log_headcount, known.facts.levels[:, 0]])


def _dummies(known: Known, sections: int) -> Floats:
    return np.column_stack([known.facts.log_headcount, known.facts.levels[:, :1] == np.arange(sections)])


def _components(known: Known, wanted: Known) -> tuple[Floats, Floats]:
    from sklearn.decomposition import PCA

    fitted = PCA(_COMPONENTS, random_state=1).fit(known.vectors)
    return fitted.transform(known.vectors), fitted.transform(wanted.vectors)


def _boosted(columns: Floats, log_revenue: Floats, wanted: Floats, quantile: float) -> Floats:
    import lightgbm

    model = lightgbm.LGBMRegressor(
        objective="quantile", alpha=quantile, n_estimators=200, learning_rate=0.05, num_leaves=15,
        min_child_samples=20, random_state=1, n_jobs=1, verbose=-1,
    )  # fmt: skip
    model.fit(columns, log_revenue, categorical_feature=[1])
    return np.asarray(model.predict(wanted), dtype=np.float64)


def boosted(known: Known, wanted: Known, quantile: float) -> Floats:
    """LightGBM with quantile loss on headcount and industry."""
    return _boosted(_columns(known), known.log_revenue, _columns(wanted), quantile)


def boosted_with_text(known: Known, wanted: Known, quantile: float) -> Floats:
    """LightGBM with quantile loss and 50 principal components of the vectors."""
    own, other = _components(known, wanted)
    train, test = np.column_stack([_columns(known), own]), np.column_stack([_columns(wanted), other])
    return _boosted(train, known.log_revenue, test, quantile)


def forest(known: Known, wanted: Known, quantile: float) -> Floats:
    """Quantile forest on headcount, industry and components (Meinshausen 2006)."""
    from quantile_forest import RandomForestQuantileRegressor

    own, other = _components(known, wanted)
    sections = int(known.facts.levels[:, 0].max()) + 1
    train, test = (np.column_stack([_dummies(side, sections), part]) for side, part in ((known, own), (wanted, other)))
    model = RandomForestQuantileRegressor(300, min_samples_leaf=5, max_features=0.33, random_state=1, n_jobs=1)
    return np.asarray(model.fit(train, known.log_revenue).predict(test, quantiles=[quantile]), np.float64).ravel()


def neighbours(known: Known, wanted: Known, quantile: float) -> Floats:
    """Quantile of the 60 nearest by headcount, industry and text; scales as chosen on the training data's variances."""
    from sklearn.neighbors import NearestNeighbors

    sections = int(known.facts.levels[:, 0].max()) + 1
    scale = np.append(3.0, np.ones(sections))
    train, test = (np.column_stack([_dummies(side, sections) * scale, side.vectors]) for side in (known, wanted))
    found = NearestNeighbors(n_neighbors=_NEIGHBOURS).fit(train).kneighbors(test, return_distance=False)
    return np.array([rank_quantile(known.log_revenue[rows], quantile) for rows in found])


def gaussian(known: Known, wanted: Known, quantile: float) -> Floats:
    """Least squares on headcount and industry plus a normal quantile of its residuals."""
    from scipy.stats import norm
    from sklearn.linear_model import Ridge

    sections = int(known.facts.levels[:, 0].max()) + 1
    model = Ridge(1.0).fit(_dummies(known, sections), known.log_revenue)
    off = known.log_revenue - model.predict(_dummies(known, sections))
    return np.asarray(model.predict(_dummies(wanted, sections)) + norm.ppf(quantile) * off.std(), dtype=np.float64)


def _plain(name: str) -> Callable[[Known, Known, float], Floats]:
    def predict(known: Known, wanted: Known, quantile: float) -> Floats:
        return BASELINES[name](known.facts, known.log_revenue, wanted.facts, quantile)

    return predict


def per_head(known: Known, wanted: Known, quantile: float) -> Floats:
    """Quantile of revenue per employee times headcount."""
    each = rank_quantile(known.log_revenue - known.facts.log_headcount, quantile)
    return wanted.facts.log_headcount + each


RIVALS = MappingProxyType(
    {
        "constant": _plain("constant"),
        "$ per employee": per_head,
        "industry x size": _plain("industry x size"),
        "linear QR": _plain("linear quantile regression"),
        "LightGBM": boosted,
        "LightGBM + text": boosted_with_text,
        "kNN": neighbours,
        "quantile forest": forest,
        "mean + Gaussian": gaussian,
    }
)
