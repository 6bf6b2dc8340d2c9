"""The potential model: location, spread and residual quantiles, fitted on one set of known customers."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import sparse

from scoring.baselines import size_band
from scoring.config import PotentialConfig
from scoring.customers import Bools, Floats, Ints, Stock, deal_folds
from scoring.errors import LeakError
from scoring.features import FEATURES, LINE, Explained, Facts, Neighbourhood, neighbour_features, read_signals
from scoring.potential.conformal import ResidualQuantiles, Sizes, SizeShifts
from scoring.potential.factors import Factors, joined, split_factors
from scoring.potential.firmographics import Firmographics
from scoring.potential.local import fact_columns
from scoring.potential.location import FACT_COLUMNS, Inputs, Location, Tick, fit_stack
from scoring.potential.regions import Regions
from scoring.potential.spread import Spread, spread_out_of_fold

#: All columns that the location model sees; the leak guard reads these names.
COLUMNS: Final = (*FACT_COLUMNS, "has_text", *FEATURES)
#: Equal steps of probability that stand for the whole distribution of comparable customers' revenue.
STEPS: Final = 40


@dataclass(frozen=True)
class Data:
    """All that a model may look at: the stock, the facts and the text neighbourhood of its customers.

    `words` (n x t) are TF-IDF vectors of length 1 (`scoring.potential.words`), None without texts.
    """

    stock: Stock
    facts: Facts
    near: Neighbourhood
    words: sparse.csr_matrix | None = None

    def words_of(self, rows: Ints) -> sparse.csr_matrix:
        """Give the words of m customers (m x t); t is 0 without texts."""
        return sparse.csr_matrix((len(rows), 0)) if self.words is None else self.words[rows]


@dataclass(frozen=True)
class Prediction:
    """What comparable customers buy, for n customers.

    `quantiles` (n x g) in log10 EUR per year over the ascending grid `grid` (g); `factors` on the expectation.
    """

    grid: Floats
    quantiles: Floats
    factors: Factors

    def at(self, quantile: float) -> Floats:
        """Give one quantile of the grid (n), in log10 EUR per year."""
        column: Floats = self.quantiles[:, int(np.argmin(np.abs(self.grid - quantile)))]
        return column


def quantile_grid(config: PotentialConfig) -> Floats:
    """All quantiles that are needed: the middles of STEPS equal steps, the median and the configured ones."""
    steps = (np.arange(STEPS) + 0.5) / STEPS
    grid: Floats = np.unique(np.append(steps, [0.5, config.quantile, *config.interval]))
    return grid


class Model:
    """Everything fitted on the customers in `rows`; of other customers no revenue is read."""

    def __init__(self, data: Data, rows: Ints, config: PotentialConfig, tick: Tick) -> None:
        """Fit on known customers (row numbers in the stock, at least two companies among them)."""
        self._data, self._config, self._rows = data, config, rows
        revenue = data.stock.log_revenue[rows]
        folds = deal_folds(data.stock.group[rows], config.folds, config.seed + 1)
        self.text_mean_ = np.zeros(len(FEATURES) + 1)
        inputs = self._inputs_out_of_fold(folds)
        self._columns_from = self._source(rows)
        self.location_ = Location(inputs, revenue, folds, config.seed, tick)
        self.stack_ = fit_stack(self.location_.parts_, revenue)
        residuals = revenue - self.stack_.combine(self.location_.parts_)
        paths, regions = data.stock.regions[rows], int(data.stock.regions.max(initial=-1)) + 1
        self.regions_ = Regions(paths, residuals, folds, regions)
        self._calibrate(inputs, residuals - self.regions_.out_of_fold_, folds)
        tick()

    def _calibrate(self, inputs: Inputs, residuals: Floats, folds: Ints) -> None:
        """Fit spread, residual quantiles and size shifts on out-of-fold residuals (n)."""
        facts, grid = self._data.facts.at(self._rows), quantile_grid(self._config)
        self.spread_ = Spread(inputs, residuals)
        self.usual_ = _TO_SD * float(np.median(np.abs(residuals))) + _TINY
        scale = self._widened(spread_out_of_fold(inputs, residuals, folds), facts)
        self.residuals_ = ResidualQuantiles(residuals / scale, facts.levels, grid)
        beyond = residuals[:, None] - scale[:, None] * self.residuals_.at(facts.levels)
        self.sizes_ = SizeShifts(beyond, self._sizes(facts), grid)

    def _widened(self, scale: Floats, facts: Facts) -> Floats:
        """Add the variance that a missing headcount or industry brings (n)."""
        widened: Floats = np.hypot(scale, self.firmographics_.doubt(facts) / self.usual_)
        return widened

    def _sizes(self, facts: Facts) -> Sizes:
        return Sizes(facts.log_headcount, size_band(facts), self._rise, self.firmographics_.knots_)

    def _rise(self, log_headcount: Floats) -> Floats:
        """How much the location rises at least up to some headcounts (m), whatever the industry and the text."""
        base = self.firmographics_
        inside = np.clip(log_headcount[:, None], base.knots_[:-1], base.knots_[1:]) - base.knots_[:-1]
        # All parts but the local line and the trees contain the firmographics.
        weight = float(np.delete(self.stack_.weights, [1, -1]).sum())
        rise: Floats = weight * inside @ base.least_slopes_
        return rise

    def _inputs_out_of_fold(self, folds: Ints) -> Inputs:
        columns = np.zeros((len(self._rows), len(COLUMNS)))
        for fold in np.unique(folds):
            source = self._source(self._rows[folds != fold])
            columns[folds == fold] = source.columns(self._rows[folds == fold])
        text = columns[:, len(FACT_COLUMNS) :]
        has_text = text[:, 0] > 0
        if has_text.any():
            self.text_mean_ = text[has_text].mean(axis=0)
            self.text_mean_[0] = has_text.mean()
            self.text_mean_[-len(LINE) :] = 0.0
        return self._filled(columns, self._rows)

    def _filled(self, columns: Floats, rows: Ints) -> Inputs:
        """Without text a customer counts as surrounded like the mean of those with text."""
        without = ~self._data.near.has_text[rows]
        columns[without, len(FACT_COLUMNS) + 1 :] = self.text_mean_[1:]
        return Inputs(columns, self._data.near.vectors[rows], self._data.words_of(rows))

    def _source(self, pool: Ints) -> "_Source":
        return _Source(self._data, pool, self._config)

    def inputs(self, rows: Ints) -> Inputs:
        """Give the inputs of customers that the model was not fitted on (m)."""
        return self._filled(self._columns_from.columns(rows), rows)

    def locate(self, inputs: Inputs) -> Floats:
        """Expected log10 of EUR per year (m), before what the region adds."""
        return self.stack_.within(self.stack_.combine(self.location_.predict_parts(inputs)))

    def predict(self, rows: Ints) -> Prediction:
        """Predict customers that the model was not fitted on (m), in batches that bound memory."""
        parts = [self._predict(rows[start : start + _BATCH]) for start in range(0, max(len(rows), 1), _BATCH)]
        return Prediction(
            grid=self.residuals_.grid_,
            quantiles=np.concatenate([part.quantiles for part in parts]),
            factors=joined([part.factors for part in parts]),
        )

    def _predict(self, rows: Ints) -> Prediction:
        inputs, facts = self.inputs(rows), self._data.facts.at(rows)
        region = self.regions_.predict(self._data.stock.regions[rows])
        centre = self.stack_.combine(self.location_.predict_parts(inputs)) + region
        scale = self._widened(self.spread_.predict(inputs), facts)
        shifted = self.stack_.within(centre[:, None] + self.sizes_.at(self._sizes(facts)))
        quantiles = shifted + scale[:, None] * self.residuals_.at(facts.levels)
        ascending = np.maximum.accumulate(quantiles, axis=1)
        return Prediction(self.residuals_.grid_, ascending, split_factors(self, inputs, facts, region))

    @property
    def firmographics_(self) -> Firmographics:
        """The regression on headcount and industry, fitted on all known customers."""
        return self._columns_from.base


#: Customers predicted at once.
_BATCH: Final = 32_768
#: Median absolute deviation to standard deviation, for a normal distribution.
_TO_SD: Final = 1.4826
_TINY: Final = 1e-9


class _Source:
    """The columns as far as one set of known customers determines them."""

    def __init__(self, data: Data, pool: Ints, config: PotentialConfig) -> None:
        self._data, self._config = data, config
        known = data.facts.at(pool)
        self.base = Firmographics(known, data.stock.log_revenue[pool])
        explained = Explained(self.base.predict(known), self.base.predict(known.without_industry()), self.base.centre_)
        self._signals = read_signals(data.near, data.stock, pool, explained, config.top_share)

    def columns(self, rows: Ints) -> Floats:
        data = self._data
        if self._signals.pool[rows].any():
            raise LeakError("A customer's own revenue would reach its own features. This is a fault of the program.")
        facts = data.facts.at(rows)
        near = neighbour_features(
            data.near, data.stock, data.facts.log_headcount, self._signals, rows, self._config.neighbours
        )
        has_text = data.near.has_text[rows].astype(np.float64)
        return np.column_stack([fact_columns(self.base, facts, near[:, -len(LINE) :]), has_text, near])


def known_parts(data: Data) -> dict[str, Bools]:
    """Which of text, industry and headcount is known of each customer (n each), in the order of `basis`."""
    return {
        "text": data.near.has_text,
        "industry": data.stock.industries.known,
        "headcount": ~np.isnan(data.stock.log_headcount),
    }
