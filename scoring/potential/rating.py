"""Rate every customer of a stock by its realistic revenue potential."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final

import numpy as np
import polars as pl

from scoring.config import PotentialConfig
from scoring.customers import Floats, Ints, Stock, deal_folds
from scoring.features import BATCH, find_neighbourhood, gather_facts
from scoring.potential.evaluation import (
    MODEL,
    Judgement,
    Verdict,
    baseline_quantiles,
    figure,
    figures_table,
    judge,
    nothing_known,
    published_quantiles,
    too_few,
)
from scoring.potential.factors import Factors
from scoring.potential.families import allocated, read_families
from scoring.potential.law import interpolated
from scoring.potential.location import Tick
from scoring.potential.model import Data, Model, Prediction, known_parts, quantile_grid
from scoring.potential.pooled import pooled_quantiles
from scoring.potential.table import rated_table
from scoring.potential.words import read_words
from scoring.schema import FACTORS

Progress = Callable[[int, int], None]

#: A model needs that many companies, whatever the configuration says.
_LEAST_COMPANIES: Final = 10
#: Neighbours looked up beyond those needed, because those in the own folds do not count.
_RESERVE: Final = 1.3


@dataclass(frozen=True)
class Rating:
    """The rated customers (RATED), the figures beside the baselines (FIGURES) and the gate before their use.

    `industry_version` is "WZ 2008", "WZ 2025" or "" for free text.
    """

    rated: pl.DataFrame
    figures: pl.DataFrame
    verdict: Verdict
    reason_de: str
    reason_en: str
    industry_version: str


def rate(
    customers: pl.DataFrame,
    companies: pl.DataFrame | None,
    config: PotentialConfig,
    *,
    progress: Progress,
    texts: pl.DataFrame | None = None,
) -> Rating:
    """Estimate for each customer (CUSTOMERS) what comparable active customers buy at most, in EUR per year.

    Realistic potential is a high conditional quantile of the revenue of comparable customers (Rosset, Perlich, Zadrozny
    et al. 2007, doi 10.1145/1281192.1281297), never less than the customer's own best year. Active customers are
    estimated by a model that has not seen their company, the others by a model of all active ones. Branches of one
    company are estimated as one and its potential is allocated over them (`scoring.potential.families`). `companies`
    has the schema `company_vectors` or is None; of `texts` (customer_id, text; any number of rows each) the words count
    beside the vectors. Raises NoCustomersError.
    """
    families = read_families(customers, companies)
    stock = families.merged
    steps = _Steps(stock, companies, config, progress)
    near = find_neighbourhood(stock, companies, _reach(config), steps.tick)
    words = None if texts is None else read_words(texts, stock.customer_id)
    data = Data(stock, gather_facts(stock), near, words)
    active = np.flatnonzero(stock.active)
    needed = max(config.min_active, _LEAST_COMPANIES)
    companies_known = len(np.unique(stock.group[active]))
    if companies_known < needed:
        prediction = _pooled(stock, config)
        judgement = too_few(companies_known, needed)
        figures = figures_table(_pooled_figures(stock, prediction, config))
    else:
        prediction = _cross_fitted(data, config, steps.tick)
        figures, judgement = _evaluated(data, prediction, config)
    if companies_known and not any(known.any() for known in known_parts(data).values()):
        judgement = nothing_known()
    rated = allocated(rated_table(data, prediction, config), families)
    steps.finish()
    return _rating(rated, figures, judgement, stock.industries.version)


def _rating(rated: pl.DataFrame, figures: pl.DataFrame, judgement: Judgement, version: str) -> Rating:
    return Rating(rated, figures, judgement.verdict, judgement.reason_de, judgement.reason_en, version)


def _reach(config: PotentialConfig) -> int:
    """Neighbours to look up so that twice the configured number remain after two layers of folds."""
    left = (1.0 - 1.0 / config.folds) ** 2
    return ceil(_RESERVE * 2 * config.neighbours / left)


def _cross_fitted(data: Data, config: PotentialConfig, tick: Tick) -> Prediction:
    """Predict active customers from the other folds, all others from every active customer."""
    stock = data.stock
    grid = quantile_grid(config)
    quantiles = np.zeros((len(stock), len(grid)))
    factors = np.ones((len(FACTORS), len(stock)))
    for known, wanted in _splits(stock, config):
        if len(wanted):
            prediction = Model(data, known, config, tick).predict(wanted)
            quantiles[wanted] = prediction.quantiles
            factors[:, wanted] = prediction.factors.rows
        tick()
    return Prediction(grid, quantiles, Factors(*factors))


def _splits(stock: Stock, config: PotentialConfig) -> list[tuple[Ints, Ints]]:
    active, others = np.flatnonzero(stock.active), np.flatnonzero(~stock.active)
    folds = deal_folds(stock.group[active], config.folds, config.seed)
    within = [(active[folds != fold], active[folds == fold]) for fold in np.unique(folds)]
    return [*within, (active, others)]


def _pooled(stock: Stock, config: PotentialConfig) -> Prediction:
    grid = quantile_grid(config)
    unknown = np.full((len(FACTORS), len(stock)), np.nan)
    return Prediction(grid, pooled_quantiles(stock, grid), Factors(*unknown))


def _pooled_figures(stock: Stock, prediction: Prediction, config: PotentialConfig) -> list[dict[str, object]]:
    active = stock.active & np.isfinite(prediction.quantiles).all(axis=1)
    if not active.any():
        return []
    revenue = stock.log_revenue[active]
    return [figure(MODEL, q, revenue, _at(prediction, q)[active]) for q in published_quantiles(config)]


def _at(prediction: Prediction, quantile: float) -> Floats:
    return interpolated(prediction.grid, prediction.quantiles, quantile)


def _evaluated(data: Data, prediction: Prediction, config: PotentialConfig) -> tuple[pl.DataFrame, Judgement]:
    active = np.flatnonzero(data.stock.active)
    revenue, facts = data.stock.log_revenue[active], data.facts.at(active)
    folds = deal_folds(data.stock.group[active], config.folds, config.seed)
    predicted = {
        q: {MODEL: _at(prediction, q)[active], **baseline_quantiles(facts, revenue, folds, q)}
        for q in published_quantiles(config)
    }
    rows = [figure(name, q, revenue, values) for q, by_name in predicted.items() for name, values in by_name.items()]
    return figures_table(rows), judge(revenue, predicted[config.quantile], config.quantile)


class _Steps:
    """Counts the steps of `rate` for the progress display."""

    def __init__(
        self, stock: Stock, companies: pl.DataFrame | None, config: PotentialConfig, progress: Progress
    ) -> None:
        batches = ceil(len(stock) / BATCH) if companies is not None else 0
        self._total = batches + (config.folds + 1) * (config.folds + 2) + 1
        self._done, self._progress = 0, progress
        progress(0, self._total)

    def tick(self) -> None:
        self._done = min(self._done + 1, self._total - 1)
        self._progress(self._done, self._total)

    def finish(self) -> None:
        self._progress(self._total, self._total)
