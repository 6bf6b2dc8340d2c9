"""The ways of ranking addresses that the benchmark compares, from chance to whoever knows the true law."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import polars as pl

from scoring.baselines import industry_by_size
from scoring.config import PotentialConfig
from scoring.customers import Floats, read_stock
from scoring.features import gather_facts
from scoring.potential import rate
from scoring.simulate.oracle import PROBABILITIES
from scoring.simulate.stock import Simulated

Progress = Callable[[int, int], None]

MODEL: Final = "model"
MODEL_BY_POTENTIAL: Final = "model, potential - revenue"
WITHOUT_TEXT: Final = "model without text"
LOOKUP: Final = "industry x size"
ORACLE: Final = "oracle"


@dataclass(frozen=True)
class Ranking:
    """What a method says of n addresses sorted by id: `potential` in EUR per year, and `score`, the highest first.

    Both are NaN where the method says nothing; such addresses are contacted last. `quantile` is the conditional
    quantile that `potential` stands for, None where it stands for none. `headroom` (EUR per year, n) and the ends of
    the `interval` of the wallet (EUR per year, n each) are None where the method states none.
    """

    method: str
    potential: Floats
    score: Floats
    quantile: float | None
    headroom: Floats | None = None
    interval: tuple[Floats, Floats] | None = None


Method = Callable[[Simulated, PotentialConfig, Progress], tuple[Ranking, ...]]


def by_model(stock: Simulated, config: PotentialConfig, progress: Progress) -> tuple[Ranking, ...]:
    """Rank by the model's expected headroom, and again by its potential minus revenue."""
    rated = rate(stock.customers, stock.companies, config, progress=progress).rated.sort("customer_id")
    potential, headroom = _floats(rated["potential"]), _floats(rated["headroom_expected"])
    interval = _floats(rated["potential_low"]), _floats(rated["potential_high"])
    return (
        Ranking(MODEL, potential, headroom, config.quantile, headroom, interval),
        Ranking(MODEL_BY_POTENTIAL, potential, potential - _revenue(stock), config.quantile),
    )


def by_model_without_text(stock: Simulated, config: PotentialConfig, progress: Progress) -> tuple[Ranking, ...]:
    """Rank by the expected headroom of the same model without company vectors."""
    rated = rate(stock.customers, None, config, progress=progress).rated.sort("customer_id")
    potential, headroom = _floats(rated["potential"]), _floats(rated["headroom_expected"])
    return (Ranking(WITHOUT_TEXT, potential, headroom, config.quantile),)


def by_lookup(stock: Simulated, config: PotentialConfig, progress: Progress) -> tuple[Ranking, ...]:
    """Rank by the controller's table of industry and size band, minus revenue; own revenue is in its cells."""
    known = read_stock(stock.customers)
    facts, active = gather_facts(known), np.flatnonzero(known.active)
    log_potential = industry_by_size(facts.at(active), known.log_revenue[active], facts, config.quantile)
    # As in RATED, nobody's potential is below what it buys already.
    potential = np.maximum(10.0**log_potential, _revenue(stock))
    progress(1, 1)
    return (Ranking(LOOKUP, potential, potential - _revenue(stock), config.quantile),)


def by_revenue(stock: Simulated, config: PotentialConfig, progress: Progress) -> tuple[Ranking, ...]:
    """Rank by revenue, as an ABC analysis does."""
    del config
    progress(1, 1)
    revenue = _revenue(stock)
    return (Ranking("ABC by revenue", revenue, revenue, None),)


def at_random(stock: Simulated, config: PotentialConfig, progress: Progress) -> tuple[Ranking, ...]:
    """Shuffle the addresses; says nothing of potential."""
    shuffled = np.random.default_rng([config.seed, stock.seed]).permutation(stock.truth.height).astype(np.float64)
    progress(1, 1)
    return (Ranking("random", np.full(len(shuffled), np.nan), shuffled, None),)


def by_oracle(stock: Simulated, config: PotentialConfig, progress: Progress) -> tuple[Ranking, ...]:
    """Rank by the expected gap under the true law; potential is the true quantile of purchases given the facts."""
    truth = stock.truth.sort("customer_id")
    laws = np.log10(truth["purchase_quantiles"].to_numpy())
    potential = np.maximum(10.0 ** _at(laws, config.quantile), _revenue(stock))
    progress(1, 1)
    headroom = truth["oracle_headroom"].to_numpy()
    return (Ranking(ORACLE, potential, headroom, config.quantile, headroom),)


#: All methods; the first gives two rankings.
METHODS: Final[Mapping[str, Method]] = MappingProxyType(
    {
        MODEL: by_model,
        WITHOUT_TEXT: by_model_without_text,
        LOOKUP: by_lookup,
        "ABC by revenue": by_revenue,
        "random": at_random,
        ORACLE: by_oracle,
    }
)


def _at(quantiles: Floats, wanted: float) -> Floats:
    """Read one quantile (n) off the laws (n x PROBABILITIES), straight between the two next to it."""
    place = float(np.interp(wanted, PROBABILITIES, np.arange(len(PROBABILITIES))))
    low, share = int(place), place - int(place)
    high = min(low + 1, len(PROBABILITIES) - 1)
    read: Floats = (1.0 - share) * quantiles[:, low] + share * quantiles[:, high]
    return read


def _revenue(stock: Simulated) -> Floats:
    return np.nan_to_num(_floats(stock.customers.sort("customer_id")["revenue"]))


def _floats(values: pl.Series) -> Floats:
    return values.cast(pl.Float64).fill_null(np.nan).to_numpy()
