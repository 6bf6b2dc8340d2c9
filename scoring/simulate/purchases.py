"""Who buys, and which share of the wallet: drawn for the stock, and as a likelihood for the oracle.

A company that is looked after gives a large share of its wallet, another one a small share; both grow with the years as
a customer. Within each of these states the share follows a Beta law.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import special

from scoring.customers import Bools, Floats, Ints
from scoring.simulate.economy import Economy

#: Mean share of the wallet after many years: not looked after, looked after.
_MEANS: Final = (0.28, 0.75)
_CONCENTRATION: Final = 7.0
#: Part of the mean share that a new customer gives at once, and the years in which the rest comes.
_AT_ONCE: Final = 0.6
_YEARS_TO_GROW: Final = 3.0
#: Years as a customer beyond the first: exponential with this mean.
_YEARS: Final = 6.0
#: Middles of equal steps of probability that stand for the law of years.
_YEAR_STEPS: Final = (np.arange(4) + 0.5) / 4
#: No share is exactly nothing or all.
LEAST, MOST = 0.005, 0.99


@dataclass(frozen=True)
class Purchases:
    """What n addresses buy: `would_buy` in EUR per year if active, `active`, `attended`, years as a customer."""

    would_buy: Floats
    active: Bools
    attended: Bools
    tenure: Floats
    activity: float


def draw_purchases(economy: Economy, industry: Ints, log_wallet: Floats, rng: np.random.Generator) -> Purchases:
    """Draw purchases of n addresses; `activity` is the intercept of the log-odds that gives the wanted activity."""
    world, size = economy.world, len(log_wallet)
    attended = rng.random(size) < attention(economy, industry, log_wallet)
    tenure = 1.0 + rng.exponential(_YEARS, size)
    share = draw_share(attended, tenure, rng)
    odds = activity_odds(economy, industry, log_wallet, attended) + rng.logistic(size=size)
    threshold = float(np.quantile(odds, world.inactive))
    return Purchases(share * 10.0**log_wallet, odds > threshold, attended, tenure, -threshold)


def attention(economy: Economy, industry: Ints, log_wallet: Floats) -> Floats:
    """Chance of being looked after."""
    large = economy.world.attention_to_large * (log_wallet - economy.level[industry])
    chance: Floats = special.expit(economy.attention[industry] + large)
    return chance


def activity_odds(economy: Economy, industry: Ints, log_wallet: Floats, attended: Bools) -> Floats:
    """Log-odds of being active, up to the intercept."""
    world = economy.world
    odds: Floats = world.activity_of_large * (log_wallet - economy.level[industry])
    return odds + world.activity_of_attended * attended


def draw_share(attended: Bools, tenure: Floats, rng: np.random.Generator) -> Floats:
    """Draw the share of the wallet that is bought here, in the shape of `attended`."""
    mean = np.where(attended, _MEANS[1], _MEANS[0]) * _grown(tenure)
    return np.clip(rng.beta(mean * _CONCENTRATION, (1.0 - mean) * _CONCENTRATION), LEAST, MOST)


def draw_any_share(economy: Economy, industry: Ints, log_wallet: Floats, rng: np.random.Generator) -> Floats:
    """Draw shares of wallets of which neither attention nor years are known."""
    attended = rng.random(log_wallet.shape) < attention(economy, industry, log_wallet)
    return draw_share(attended, 1.0 + rng.exponential(_YEARS, log_wallet.shape), rng)


def _grown(tenure: Floats) -> Floats:
    """Part of the mean share after many years that is reached by now."""
    grown: Floats = 1.0 - (1.0 - _AT_ONCE) * np.exp(-tenure / _YEARS_TO_GROW)
    return grown


def likelihood_of_revenue(
    economy: Economy, activity: float, industry: Ints, log_wallet: Floats, revenue: Floats
) -> Floats:
    """Density of the revenue of active addresses at possible wallets (n x draws), attention and years unknown."""
    share = revenue / 10.0**log_wallet
    possible = (share > 0) & (share < 1)
    inside = np.clip(np.where(possible, share, 0.5), LEAST, MOST)
    density = np.zeros_like(log_wallet)
    for attended, chance in _states(economy, industry, log_wallet):
        active = special.expit(activity + activity_odds(economy, industry, log_wallet, attended))
        density += chance * active * _share_density(inside, attended)
    found: Floats = np.where(possible, density / 10.0**log_wallet, 0.0)
    return found


def likelihood_of_silence(economy: Economy, activity: float, industry: Ints, log_wallet: Floats) -> Floats:
    """Chance that addresses are inactive at possible wallets (n x draws)."""
    silent = np.zeros_like(log_wallet)
    for attended, chance in _states(economy, industry, log_wallet):
        silent += chance * special.expit(-activity - activity_odds(economy, industry, log_wallet, attended))
    return silent


def _states(economy: Economy, industry: Ints, log_wallet: Floats) -> tuple[tuple[Bools, Floats], ...]:
    chance = attention(economy, industry, log_wallet)
    yes = np.ones(log_wallet.shape, dtype=np.bool_)
    return (yes, chance), (~yes, 1.0 - chance)


def _share_density(share: Floats, attended: Bools) -> Floats:
    mean_when_grown = _MEANS[int(attended.flat[0])]
    logs, rests = np.log(share), np.log1p(-share)
    density = np.zeros_like(share)
    for grown in _grown(1.0 - _YEARS * np.log1p(-_YEAR_STEPS)):
        mean = mean_when_grown * float(grown)
        a, b = mean * _CONCENTRATION, (1.0 - mean) * _CONCENTRATION
        density += np.exp((a - 1.0) * logs + (b - 1.0) * rests - special.betaln(a, b))
    return density / len(_YEAR_STEPS)
