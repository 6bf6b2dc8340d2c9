"""The orders in which addresses can be called: the model's and those of its plain rivals. Higher comes first."""

import numpy as np
import polars as pl

from scoring.backtest.customers import Then
from scoring.backtest.result import ABC, LOOKUP, MODEL, RFM
from scoring.baselines import industry_by_size
from scoring.config import PotentialConfig
from scoring.customers import Floats, Stock, deal_folds
from scoring.features import gather_facts

#: Bands of each part of RFM.
_FIFTHS = 5


def orders(then: Then, stock: Stock, potential: Floats, config: PotentialConfig) -> dict[str, Floats]:
    """Give a score a customer (n each) by name; `potential` is EUR per year, NaN where nothing is known."""
    return {
        MODEL: headroom(potential, then.base),
        ABC: then.base,
        RFM: rfm(then),
        LOOKUP: headroom(_lookup(then, stock, config), then.base),
    }


def headroom(potential: Floats, base: Floats) -> Floats:
    """EUR that a potential exceeds revenue by (n); who has no potential comes last, as in the lists."""
    room: Floats = np.where(np.isfinite(potential), np.maximum(potential - base, 0.0), -1.0)
    return room


def rfm(then: Then) -> Floats:
    """Recency, frequency and monetary value in fifths, added up (Hughes 1994); equal sums go by revenue.

    Frequency is days with a purchase in the year, or years, where only those are known.
    """
    parts = (-then.recency.astype(np.float64), then.orders.astype(np.float64), then.base)
    total = np.sum([_fifth(part) for part in parts], axis=0)
    scores: Floats = total + _rank(then.base) / (len(then.base) + 1)
    return scores


def _fifth(values: Floats) -> Floats:
    fifths: Floats = np.ceil(_FIFTHS * _rank(values) / len(values))
    return fifths


def _rank(values: Floats) -> Floats:
    ranks: Floats = pl.Series(values).rank("average").cast(pl.Float64).to_numpy()
    return ranks


def _lookup(then: Then, stock: Stock, config: PotentialConfig) -> Floats:
    """The controller's table, for customers that train it without their own company."""
    facts, known = gather_facts(stock), np.flatnonzero(then.trains)
    others = np.flatnonzero(~then.trains)
    revenue = np.log10(np.where(then.trains, then.revenue, 1.0))
    folds = deal_folds(stock.group[known], config.folds, config.seed)
    parts = [(known[folds != fold], known[folds == fold]) for fold in np.unique(folds)]
    found = np.zeros(len(then.base))
    for train, wanted in [*parts, (known, others)]:
        if len(train) and len(wanted):
            found[wanted] = 10.0 ** industry_by_size(facts.at(train), revenue[train], facts.at(wanted), config.quantile)
    return found
