"""The oracle: what is best said of an address by whoever knows the true law, though not its wallet.

The law of a wallet given the facts is drawn from the economy itself: what the stock does not tell (a missing headcount
or text, the share of a branch, noise) is drawn, too. Revenue and silence then weigh those draws by their likelihood
(importance sampling). Branches of a chain are judged one by one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.customers import Bools, Floats, Ints
from scoring.simulate.economy import (
    SUBS,
    Drivers,
    Economy,
    draw_branch_share,
    draw_headcount,
    draw_noise,
    median_log_wallet,
)
from scoring.simulate.purchases import draw_any_share, likelihood_of_revenue, likelihood_of_silence

#: Probabilities at which the law of an address is stated.
PROBABILITIES: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
#: Draws that stand for the law of one address, and addresses handled at once, which bounds memory.
_DRAWS: Final = 512
_BATCH: Final = 2048


@dataclass(frozen=True)
class Observed:
    """What the oracle sees of n addresses: drivers, where headcount and text are known, revenue (NaN: inactive).

    `activity` is the intercept of the log-odds of being active.
    """

    drivers: Drivers
    headcount_known: Bools
    text_known: Bools
    revenue: Floats
    activity: float


@dataclass(frozen=True)
class Verdict:
    """Expected gap given facts and revenue (n), and quantiles given the facts alone (n x probabilities), EUR a year."""

    headroom: Floats
    wallet: Floats
    purchases: Floats


def ask_oracle(economy: Economy, observed: Observed, rng: np.random.Generator) -> Verdict:
    """Judge all addresses."""
    parts = [_judge(economy, part, rng) for part in _batches(observed)]
    return Verdict(
        headroom=np.concatenate([part.headroom for part in parts]),
        wallet=np.concatenate([part.wallet for part in parts]),
        purchases=np.concatenate([part.purchases for part in parts]),
    )


def _batches(observed: Observed) -> Iterator[Observed]:
    drivers = observed.drivers
    for start in range(0, len(observed.revenue), _BATCH):
        rows = slice(start, start + _BATCH)
        yield Observed(
            drivers.at(rows),
            observed.headcount_known[rows],
            observed.text_known[rows],
            observed.revenue[rows],
            observed.activity,
        )


def _judge(economy: Economy, observed: Observed, rng: np.random.Generator) -> Verdict:
    possible = _possible(economy, observed, rng)
    log_wallet = draw_log_wallet(economy, possible, rng)
    bought = 10.0**log_wallet * draw_any_share(economy, possible.industry, log_wallet, rng)
    return Verdict(
        headroom=_expected_gap(economy, observed, possible.industry, log_wallet),
        wallet=10.0 ** np.quantile(log_wallet, PROBABILITIES, axis=1).T,
        purchases=np.quantile(bought, PROBABILITIES, axis=1).T,
    )


def _possible(economy: Economy, observed: Observed, rng: np.random.Generator) -> Drivers:
    """Draw what is not known of each address (n x draws)."""
    shape = (len(observed.revenue), _DRAWS)
    drivers = observed.drivers
    industry: Ints = np.broadcast_to(drivers.industry[:, None], shape)
    any_sub, any_size = rng.integers(0, SUBS, shape), draw_headcount(economy, industry, rng)
    return Drivers(
        industry=industry,
        sub=np.where(observed.text_known[:, None], drivers.sub[:, None], any_sub),
        log_headcount=np.where(observed.headcount_known[:, None], drivers.log_headcount[:, None], any_size),
        branches=np.broadcast_to(drivers.branches[:, None], shape),
        area=np.broadcast_to(drivers.area[:, None], shape),
    )


def draw_log_wallet(economy: Economy, drivers: Drivers, rng: np.random.Generator) -> Floats:
    """Draw log10 wallets of addresses judged one by one, in the shape of the drivers."""
    noise = draw_noise(economy.world, drivers.industry.shape, rng)
    share = np.log10(draw_branch_share(drivers.branches, rng))
    drawn: Floats = median_log_wallet(economy, drivers) + noise + share
    return drawn


def _expected_gap(economy: Economy, observed: Observed, industry: Ints, log_wallet: Floats) -> Floats:
    active = np.isfinite(observed.revenue)
    weight = np.zeros_like(log_wallet)
    weight[active] = likelihood_of_revenue(
        economy, observed.activity, industry[active], log_wallet[active], observed.revenue[active, None]
    )
    weight[~active] = likelihood_of_silence(economy, observed.activity, industry[~active], log_wallet[~active])
    total = weight.sum(axis=1)
    revenue = np.where(active, observed.revenue, 0.0)
    wallet = np.divide((weight * 10.0**log_wallet).sum(axis=1), total, out=revenue * _UNFORESEEN, where=total > 0)
    gap: Floats = np.maximum(wallet - revenue, 0.0)
    return gap


#: Wallet per revenue of an address that buys more than every draw foresaw: it is looked after.
_UNFORESEEN: Final = 1.5
