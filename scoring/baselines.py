"""Plain rivals of the model: what a controller does with a spreadsheet, and a linear quantile regression.

Each is fitted on the known customers of a training set and predicts one quantile of log10 EUR per year.
"""

import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from scoring.customers import Floats, Ints
from scoring.features import Facts
from scoring.quantile import rank_quantile

#: Predicts `quantile` for `wanted` from the facts and log10 revenue (EUR per year) of known customers.
Baseline = Callable[[Facts, Floats, Facts, float], Floats]

#: Lower ends of the size bands in employees; those of official statistics.
BANDS: Final = (5, 10, 20, 50, 100, 250, 500, 1000)
#: A cell of the lookup with fewer customers says nothing about a high quantile.
_MIN_CELL: Final = 10
#: Level of the hierarchy at which a controller would group codes: the division. Free text has one level only.
_LEVEL: Final = 1
#: Rows of the linear program and dummies in it: its time grows with their product.
_MAX_ROWS: Final = 2000
_MAX_DUMMIES: Final = 40
_PENALTY: Final = 1e-4


def constant(known: Facts, log_revenue: Floats, wanted: Facts, quantile: float) -> Floats:
    """Give everybody the quantile of all known customers."""
    del known
    return np.full(len(wanted.imputed), rank_quantile(log_revenue, quantile))


def industry(known: Facts, log_revenue: Floats, wanted: Facts, quantile: float) -> Floats:
    """Look up the quantile of the industry; with fewer than ten customers in it, that of all."""
    keys = [(_industry(facts),) for facts in (known, wanted)]
    return _lookup([keys[0]], log_revenue, [keys[1]], quantile)


def industry_by_size(known: Facts, log_revenue: Floats, wanted: Facts, quantile: float) -> Floats:
    """Look up the quantile of the cell of industry and size band, as a controller does.

    A cell with fewer than ten customers falls back on the size band over all industries, then the industry, then all;
    that order is the strongest of those tried.
    """

    def keys(facts: Facts) -> list[tuple[Ints, ...]]:
        return [(_industry(facts), size_band(facts)), (size_band(facts),), (_industry(facts),)]

    return _lookup(keys(known), log_revenue, keys(wanted), quantile)


def linear(known: Facts, log_revenue: Floats, wanted: Facts, quantile: float) -> Floats:
    """Linear quantile regression on log headcount and industry dummies (Koenker and Bassett 1978, doi 10.2307/1913643).

    At most 2,000 customers, evenly spaced in the order of ids, enter the linear program.
    """
    # Importing scikit-learn takes a second that only fitting needs.
    from sklearn.linear_model import QuantileRegressor

    rows = np.unique(np.linspace(0, len(log_revenue) - 1, min(len(log_revenue), _MAX_ROWS)).astype(np.int64))
    common = _common(_industry(known)[rows])
    model = QuantileRegressor(quantile=quantile, alpha=_PENALTY, solver="highs")
    with warnings.catch_warnings():
        # A constant revenue leaves the linear program with many equal solutions, which it warns of.
        warnings.simplefilter("ignore")
        model.fit(_dummies(known.at(rows), common), log_revenue[rows])
    predicted: Floats = model.predict(_dummies(wanted, common))
    return predicted


#: Names as in the table FIGURES.
BASELINES: Final[Mapping[str, Baseline]] = MappingProxyType(
    {
        "constant": constant,
        "industry": industry,
        "industry x size": industry_by_size,
        "linear quantile regression": linear,
    }
)


def _industry(facts: Facts) -> Ints:
    division, section = facts.levels[:, _LEVEL], facts.levels[:, 0]
    level: Ints = np.where(division >= 0, division, section)
    return level


def size_band(facts: Facts) -> Ints:
    """Size band of each customer, -1 where the headcount is not known."""
    band = np.digitize(10.0**facts.log_headcount + _ROUNDING, BANDS)
    bands: Ints = np.where(facts.imputed, -1, band).astype(np.int64)
    return bands


#: 10 ** log10(50) may come out a little below 50.
_ROUNDING: Final = 1e-6


def _lookup(
    known: list[tuple[Ints, ...]], log_revenue: Floats, wanted: list[tuple[Ints, ...]], quantile: float
) -> Floats:
    """Look up by the first key whose cell is large enough."""
    found = np.full(len(wanted[0][0]), np.nan)
    for known_key, wanted_key in zip(known, wanted, strict=True):
        cells = _cells(known_key, log_revenue, quantile)
        values = np.array([cells.get(cell, np.nan) for cell in zip(*wanted_key, strict=True)])
        found = np.where(np.isnan(found), values, found)
    return np.where(np.isnan(found), rank_quantile(log_revenue, quantile), found)


def _cells(key: tuple[Ints, ...], log_revenue: Floats, quantile: float) -> dict[tuple[int, ...], float]:
    members: dict[tuple[int, ...], list[int]] = {}
    for row, cell in enumerate(zip(*key, strict=True)):
        members.setdefault(cell, []).append(row)
    return {
        cell: rank_quantile(log_revenue[rows], quantile) for cell, rows in members.items() if len(rows) >= _MIN_CELL
    }


def _common(industries: Ints) -> Ints:
    numbers, counts = np.unique(industries[industries >= 0], return_counts=True)
    common: Ints = numbers[np.argsort(-counts, kind="stable")[:_MAX_DUMMIES]]
    return common


def _dummies(facts: Facts, common: Ints) -> Floats:
    dummies = _industry(facts)[:, None] == common
    return np.column_stack([facts.log_headcount, facts.imputed, dummies]).astype(np.float64)
