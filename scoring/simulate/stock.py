"""A simulated stock: customers and company vectors as the product takes them, and the truth that nobody has."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from embeddings.schema import company_vectors
from scoring.customers import Bools, Floats, Ints
from scoring.schema import CUSTOMERS
from scoring.simulate.economy import (
    AREAS,
    CODES,
    DIMENSION,
    SUBS,
    Drivers,
    Economy,
    draw_headcount,
    draw_noise,
    draw_shares_of_chain,
    found_economy,
    median_log_wallet,
)
from scoring.simulate.oracle import PROBABILITIES, Observed, ask_oracle
from scoring.simulate.purchases import Purchases, draw_purchases
from scoring.simulate.worlds import World

#: Shares of the addresses of which a fact is not known.
_NO_HEADCOUNT: Final = 0.10
_NO_INDUSTRY: Final = 0.04
_NO_TEXT: Final = 0.08
_CHAIN_SIZES: Final = (2, 20)

#: What only a simulation knows. EUR per year: `wallet`, `would_buy` (what an active customer like this one buys here),
#: `gap` (wallet minus revenue), `oracle_headroom` (expected gap given facts and revenue by the true law).
#: `wallet_quantiles` and `purchase_quantiles` are the true law of wallet and purchases given the facts alone, at
#: `PROBABILITIES`.
TRUTH: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "wallet": pl.Float64(),
        "would_buy": pl.Float64(),
        "gap": pl.Float64(),
        "sub_industry": pl.Int32(),
        "headcount": pl.Float64(),
        "tenure": pl.Float64(),
        "attended": pl.Boolean(),
        "family": pl.Int32(),
        "oracle_headroom": pl.Float64(),
        "wallet_quantiles": pl.Array(pl.Float64, len(PROBABILITIES)),
        "purchase_quantiles": pl.Array(pl.Float64, len(PROBABILITIES)),
    }
)


@dataclass(frozen=True)
class Simulated:
    """A stock of a world: `customers` (CUSTOMERS), `companies` (company_vectors) and `truth` (TRUTH)."""

    world: World
    seed: int
    customers: pl.DataFrame
    companies: pl.DataFrame
    truth: pl.DataFrame


@dataclass(frozen=True)
class _Hidden:
    """Everything drawn of n addresses; `headcount`, `industry` and `text` say where the stock shows them."""

    economy: Economy
    family: Ints
    drivers: Drivers
    log_wallet: Floats
    purchases: Purchases
    headcount: Bools
    industry: Bools
    text: Bools

    @property
    def ids(self) -> list[str]:
        return [f"S{row:06d}" for row in range(len(self.family))]

    @property
    def revenue(self) -> Floats:
        """EUR per year in whole cents, NaN for the inactive."""
        revenue: Floats = np.where(self.purchases.active, np.round(self.purchases.would_buy, 2), np.nan)
        return revenue


def simulate(world: World, customers: int, seed: int) -> Simulated:
    """Make a stock of so many addresses; the same arguments give the same stock."""
    rng = np.random.default_rng([seed, customers])
    hidden = _draw(world, customers, rng, np.random.default_rng([seed, customers, _PLACES]))
    return Simulated(world, seed, _customers(hidden), _companies(hidden, rng), _truth(hidden, rng))


#: A stream of chance of its own, so that postcodes leave all other draws as they are.
_PLACES: Final = 1


def _draw(world: World, customers: int, rng: np.random.Generator, places: np.random.Generator) -> _Hidden:
    economy = found_economy(world, rng, places)
    family = _families(world, customers, rng)
    drivers = _drivers(economy, family, rng, places)
    log_wallet = _wallets(economy, family, drivers, rng)
    purchases = draw_purchases(economy, drivers.industry, log_wallet, rng)
    shown = (rng.random(customers) >= share for share in (_NO_HEADCOUNT, _NO_INDUSTRY, _NO_TEXT))
    return _Hidden(economy, family, drivers, log_wallet, purchases, *shown)


def _families(world: World, customers: int, rng: np.random.Generator) -> Ints:
    """Number the company of each address (n); the branches of chains stand scattered over the stock."""
    sizes: list[int] = []
    while sum(sizes) < world.chained * customers:
        sizes.append(int(rng.integers(*_CHAIN_SIZES, endpoint=True)))
    in_chains = np.repeat(np.arange(len(sizes)), sizes)[:customers]
    alone = np.arange(len(sizes), len(sizes) + customers - len(in_chains))
    return rng.permutation(np.concatenate([in_chains, alone])).astype(np.int64)


def _drivers(economy: Economy, family: Ints, rng: np.random.Generator, places: np.random.Generator) -> Drivers:
    """Draw what is common to a family and hand it to its addresses."""
    _, own, branches = np.unique(family, return_inverse=True, return_counts=True)
    industry = rng.integers(0, len(CODES), len(branches))
    sub = rng.integers(0, SUBS, len(branches))
    log_headcount = draw_headcount(economy, industry, rng)
    # A chain is as large as its branches together.
    log_headcount = np.minimum(log_headcount + np.log10(branches), _MOST)
    area = places.integers(0, AREAS, len(branches))
    return Drivers(industry[own], sub[own], log_headcount[own], branches[own].astype(np.int64), area[own])


_MOST: Final = 5.0


def _wallets(economy: Economy, family: Ints, drivers: Drivers, rng: np.random.Generator) -> Floats:
    """Draw log10 wallets (n): one of each family, spread over its branches."""
    numbers, first, own = np.unique(family, return_index=True, return_inverse=True)
    whole = median_log_wallet(economy, drivers)[first] + draw_noise(economy.world, (len(numbers),), rng)
    share = np.ones(len(family))
    for number in np.flatnonzero(drivers.branches[first] > 1):
        members = np.flatnonzero(own == number)
        share[members] = draw_shares_of_chain(len(members), rng)
    log_wallet: Floats = whole[own] + np.log10(share)
    return log_wallet


def _customers(hidden: _Hidden) -> pl.DataFrame:
    headcount, revenue = _headcount(hidden.drivers), pl.Series(hidden.revenue).fill_nan(None)
    numbers = zip(hidden.drivers.industry, hidden.industry, strict=True)
    frame = pl.DataFrame(
        {
            "customer_id": hidden.ids,
            "name": [f"Company {number}" for number in hidden.family],
            "postcode": [f"{area:02d}000" for area in hidden.drivers.area],
            "country": ["DE"] * len(headcount),
            "industry": [CODES[number] if known else None for number, known in numbers],
            "headcount": pl.Series(np.where(hidden.headcount, headcount, np.nan)).fill_nan(None),
            "revenue": revenue,
            "revenue_best": revenue,
            "site": [f"company-{number}.example" for number in hidden.family],
            "site_source": ["website"] * len(headcount),
        }
    )
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in CUSTOMERS.items() if name not in frame.columns]
    return frame.with_columns(missing).select(*CUSTOMERS).cast(CUSTOMERS)


def _headcount(drivers: Drivers) -> Floats:
    return np.rint(10.0**drivers.log_headcount)


def _companies(hidden: _Hidden, rng: np.random.Generator) -> pl.DataFrame:
    """Draw the vectors: one text of each family, around the middle of its sub-industry."""
    _, first, own = np.unique(hidden.family, return_index=True, return_inverse=True)
    economy, drivers = hidden.economy, hidden.drivers
    middle = economy.directions[drivers.industry[first], drivers.sub[first]]
    if not economy.world.text_meaning:
        middle = rng.permutation(middle)
    vectors = middle + rng.normal(0.0, economy.world.text_noise / np.sqrt(DIMENSION), middle.shape)
    vectors -= vectors.mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    frame = {"customer_id": hidden.ids, "vector": vectors[own].astype(np.float32), "chunks": [1] * len(own)}
    return pl.DataFrame(frame, schema=company_vectors(DIMENSION)).filter(pl.Series(hidden.text))


def _truth(hidden: _Hidden, rng: np.random.Generator) -> pl.DataFrame:
    drivers, purchases, revenue = hidden.drivers, hidden.purchases, hidden.revenue
    observed = Observed(drivers, hidden.headcount, hidden.text, revenue, purchases.activity)
    verdict = ask_oracle(hidden.economy, observed, rng)
    wallet = 10.0**hidden.log_wallet
    return pl.DataFrame(
        {
            "customer_id": hidden.ids,
            "wallet": wallet,
            "would_buy": purchases.would_buy,
            "gap": wallet - np.nan_to_num(revenue),
            "sub_industry": drivers.industry * SUBS + drivers.sub,
            "headcount": _headcount(drivers),
            "tenure": purchases.tenure,
            "attended": purchases.attended,
            "family": hidden.family,
            "oracle_headroom": verdict.headroom,
            "wallet_quantiles": verdict.wallet,
            "purchase_quantiles": verdict.purchases,
        },
        schema=TRUTH,
    )
