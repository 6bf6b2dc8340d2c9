"""One contestant run on the stock: its neighbours, what they give away, and its potential out of fold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

import msgspec
import numpy as np
import polars as pl

from embeddings.neighbours import nearest
from scoring.config import PotentialConfig
from scoring.customers import Bools, Floats, Ints, Stock, deal_folds, read_stock
from scoring.errors import NoCustomersError
from scoring.features import Neighbourhood, find_neighbourhood, gather_facts
from scoring.industry import LEVELS
from scoring.potential.factors import Factors
from scoring.potential.model import Data, Model, Prediction, quantile_grid
from scoring.potential.table import rated_table
from scoring.schema import FACTORS

Tick = Callable[[], None]
#: Finds the nearest companies (NEIGHBOURS) of some company vectors among them, so many of each.
Closest = Callable[[pl.DataFrame, int], pl.DataFrame]

#: Neighbours looked up so that ten of other companies with a given industry are among them.
_LOOKED_UP: Final = 60
_NEAREST: Final = 10
#: Level of WZ codes at which two companies are of one industry: the division.
_DIVISION: Final = 1
#: Neighbours beyond those needed, because those in the own fold do not count.
_RESERVE: Final = 1.3
#: Active companies that a potential model needs.
_LEAST_COMPANIES: Final = 10


def by_mean(companies: pl.DataFrame, k: int) -> pl.DataFrame:
    """Find the nearest companies by their vectors; NEIGHBOURS."""
    return nearest(companies, companies, k)


@dataclass(frozen=True)
class Trial:
    """What one contestant gives for n customers, sorted by id.

    `nearest` (n x 10) are row numbers of the nearest other companies, -1 where there is none; `precision` (n) is the
    share of the nearest with a given industry that have the customer's; `recovery` (n) the share of top customers among
    the nearest active ones; `quantiles` (seeds x n) the potential out of fold in log10 EUR per year; `rated` is RATED
    of the first seed.
    """

    name: str
    nearest: Ints
    precision: Floats
    recovery: Floats
    quantiles: Floats
    rated: pl.DataFrame


@dataclass(frozen=True)
class Bench:
    """What all contestants share: the stock, who the top customers are (n), and the settings of the figures."""

    stock: Stock
    top: Bools
    potential: PotentialConfig
    seeds: int


@dataclass(frozen=True)
class Likeness:
    """What a contestant makes of the texts: company vectors (schema company_vectors), and who is nearest by them."""

    companies: pl.DataFrame
    closest: Closest = by_mean


def bench(customers: pl.DataFrame, potential: PotentialConfig, seeds: int) -> Bench:
    """Prepare customers (CUSTOMERS, with the sites that tell which are one company).

    Raises:
        NoCustomersError: fewer than ten companies are active, so no potential can be tested.
    """
    stock = read_stock(customers)
    if len(np.unique(stock.group[stock.active])) < _LEAST_COMPANIES:
        raise NoCustomersError(
            f"Only {int(stock.active.sum())} customers have revenue in the last 12 months: too few to compare "
            f"configurations. At least {_LEAST_COMPANIES} different companies are needed."
        )
    border = np.quantile(stock.log_revenue[stock.active], 1.0 - potential.top_share)
    top = np.nan_to_num(stock.log_revenue, nan=-np.inf) >= border
    return Bench(stock, top, potential, seeds)


def run_trial(name: str, texts: Likeness, config: PotentialConfig, shared: Bench, tick: Tick) -> Trial:
    """Run one contestant: what it makes of the texts, and its table `[potential]`.

    Folds, seeds, quantiles and the number of neighbours that give top customers away are the bench's, whatever the
    contestant says; `neighbours` and `top_share` of the model are its own.
    """
    stock = shared.stock
    found = _foreign(stock, texts)
    wide = max(_reach(config, shared.potential.folds), shared.potential.neighbours)
    near = find_neighbourhood(stock, texts.companies, wide, tick)
    predictions = _predictions(near, config, shared, tick)
    first = _settings(config, shared, 0)
    return Trial(
        name,
        found[:, :_NEAREST],
        _precision(found, stock),
        _recovery(near, shared),
        np.array([prediction.at(first.quantile) for prediction in predictions]),
        rated_table(_data(stock, near), predictions[0], first),
    )


def _foreign(stock: Stock, texts: Likeness) -> Ints:
    """Row numbers of the nearest customers of other companies (n x 60), best first, -1 where there is none."""
    rows = pl.DataFrame({"customer_id": stock.customer_id, "row": np.arange(len(stock)), "group": stock.group})
    own = texts.companies.join(rows.select("customer_id"), on="customer_id", how="semi")
    pairs = texts.closest(own, _LOOKED_UP).join(rows, on="customer_id")
    other = rows.rename({"customer_id": "neighbour_id", "row": "other", "group": "other_group"})
    kept = pairs.join(other, on="neighbour_id").filter(pl.col("group") != pl.col("other_group")).sort("row", "rank")
    kept = kept.with_columns(place=pl.int_range(pl.len()).over("row"))
    found = np.full((len(stock), _LOOKED_UP), -1, dtype=np.int64)
    found[kept["row"].to_numpy(), kept["place"].to_numpy()] = kept["other"].to_numpy()
    return found


def _precision(found: Ints, stock: Stock) -> Floats:
    """Share of the first ten with an industry that have the customer's (n); NaN without industry or neighbours."""
    industry = _industry(stock)
    theirs = np.where(found >= 0, industry[found], -1)
    counted = (theirs >= 0) & (np.cumsum(theirs >= 0, axis=1) <= _NEAREST)
    hits = (counted & (theirs == industry[:, None])).sum(axis=1)
    number = counted.sum(axis=1)
    known = (number > 0) & (industry >= 0)
    share: Floats = np.divide(hits, number, out=np.full(len(stock), np.nan), where=known)
    return share


def _industry(stock: Stock) -> Ints:
    """The industry at the level of the division (n), of free text at the first; -1 without one."""
    levels = stock.industries.levels[:, : min(_DIVISION + 1, LEVELS)]
    finest: Ints = np.where(levels[:, _DIVISION] >= 0, levels[:, _DIVISION], levels[:, 0])
    return finest


def _recovery(near: Neighbourhood, shared: Bench) -> Floats:
    """Share of top customers among the nearest active ones of other companies, weighted by likeness (n)."""
    rows, likeness = near.rows[:, : shared.potential.neighbours], near.similarity[:, : shared.potential.neighbours]
    weight = np.where(rows >= 0, np.maximum(likeness, 0.0), 0.0).astype(np.float64)
    total = weight.sum(axis=1)
    base = float(shared.top[shared.stock.active].mean())
    tops = (weight * shared.top[rows]).sum(axis=1)
    # Without text a customer is as likely a top customer as any.
    share: Floats = np.divide(tops, total, out=np.full(len(total), base), where=total > 0)
    return share


def _reach(config: PotentialConfig, folds: int) -> int:
    """Neighbours to look up so that twice the configured number remain after two layers of folds."""
    return ceil(_RESERVE * 2 * config.neighbours / (1.0 - 1.0 / folds) ** 2)


def _settings(config: PotentialConfig, shared: Bench, seed: int) -> PotentialConfig:
    common = shared.potential
    return msgspec.structs.replace(
        config, quantile=common.quantile, interval=common.interval, folds=common.folds, seed=common.seed + 100 * seed
    )


def _data(stock: Stock, near: Neighbourhood) -> Data:
    return Data(stock, gather_facts(stock), near)


def _predictions(near: Neighbourhood, config: PotentialConfig, shared: Bench, tick: Tick) -> Sequence[Prediction]:
    data = _data(shared.stock, near)
    return [_cross_fitted(data, _settings(config, shared, seed), tick) for seed in range(shared.seeds)]


def _cross_fitted(data: Data, config: PotentialConfig, tick: Tick) -> Prediction:
    """Predict active customers from the other folds, the others from all active ones, as `scoring.potential` does."""
    stock, grid = data.stock, quantile_grid(config)
    quantiles, factors = np.zeros((len(stock), len(grid))), np.ones((len(FACTORS), len(stock)))
    for known, wanted in _splits(stock, config):
        predicted = Model(data, known, config, tick).predict(wanted)
        quantiles[wanted] = predicted.quantiles
        factors[:, wanted] = predicted.factors.rows
    return Prediction(grid, quantiles, Factors(*factors))


def _splits(stock: Stock, config: PotentialConfig) -> Sequence[tuple[Ints, Ints]]:
    active, others = np.flatnonzero(stock.active), np.flatnonzero(~stock.active)
    folds = deal_folds(stock.group[active], config.folds, config.seed)
    within = [(active[folds != fold], active[folds == fold]) for fold in np.unique(folds)]
    return [*within, (active, others)] if len(others) else within


def ticks(shared: Bench) -> int:
    """About how often a trial calls `tick`."""
    return 1 + shared.seeds * (shared.potential.folds + 1) * (shared.potential.folds + 1)
