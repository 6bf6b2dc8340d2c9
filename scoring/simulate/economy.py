"""The hidden law of wallets: what an address of given industry, sub-industry and headcount needs in EUR per year."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.customers import Floats, Ints
from scoring.simulate.worlds import World

#: WZ codes of the industries, each of another division, so that the lookup by division loses nothing.
CODES: Final = (
    "10.71", "16.23", "25.62", "28.41", "32.50", "41.20", "43.21", "45.20", "46.74", "47.52", "56.10", "71.12",
)  # fmt: skip
SUBS: Final = 6
#: Two-digit areas of postcodes.
AREAS: Final = 100
_WITHIN_DIGIT: Final = 0.5
DIMENSION: Final = 48
#: Median wallet in log10 EUR per year at the middling headcount.
_LEVEL: Final = 4.3
_ELASTICITY: Final = 0.8
#: Mean and standard deviation of log10 headcount, and the standard deviation of its mean between industries.
CENTRE: Final = 1.2
_HEADCOUNT: Final = 0.55
_HEADCOUNT_OF_INDUSTRY: Final = 0.15
_TAIL: Final = 1.1
_MOST_HEADCOUNT: Final = 5.0
#: Lengths of the parts of a text's direction that name the industry and the sub-industry.
_OF_INDUSTRY: Final = 0.7
_OF_SUB: Final = 0.7
#: Chance of being looked after in an industry of middling attention.
_ATTENTION: Final = 0.35
#: Concentration of the shares of branches in the wallet of their chain.
_EVENNESS: Final = 4.0


@dataclass(frozen=True)
class Economy:
    """The constants of one simulated economy with i industries of s sub-industries.

    `level` (i), `effect` (i x s) and `slope` (i x s) make the median wallet, `headcount` (i) is the mean of log10
    headcount, `directions` (i x s x d) the middles of the texts, `attention` (i) the log-odds of being looked after,
    `region` (AREAS) what the first two digits of the postcode add.
    """

    world: World
    level: Floats
    effect: Floats
    slope: Floats
    headcount: Floats
    directions: Floats
    attention: Floats
    region: Floats


@dataclass(frozen=True)
class Drivers:
    """What the wallet of addresses depends on; arrays of one shape (n, or n x draws)."""

    industry: Ints
    sub: Ints
    log_headcount: Floats
    branches: Ints
    area: Ints

    def at(self, rows: slice) -> "Drivers":
        """Give the drivers of some addresses."""
        return Drivers(
            self.industry[rows], self.sub[rows], self.log_headcount[rows], self.branches[rows], self.area[rows]
        )


def found_economy(world: World, rng: np.random.Generator, places: np.random.Generator) -> Economy:
    """Draw the constants of an economy, those of its areas from `places`."""
    shape = (len(CODES), SUBS)
    industries = _directions(rng, (len(CODES), 1, DIMENSION)) * _OF_INDUSTRY
    return Economy(
        world=world,
        level=_LEVEL + rng.normal(0, 1, len(CODES)) * world.industry_effect,
        effect=rng.normal(0, 1, shape) * world.text_effect,
        slope=_ELASTICITY + np.maximum(rng.normal(0, 1, shape) * world.slope_effect, -_ELASTICITY),
        headcount=CENTRE + rng.normal(0, _HEADCOUNT_OF_INDUSTRY, len(CODES)),
        directions=industries + _directions(rng, (*shape, DIMENSION)) * _OF_SUB,
        attention=_log_odds(_ATTENTION) + rng.permutation(np.linspace(-1, 1, len(CODES))) * world.attention_gap,
        region=_areas(places) * world.region_effect,
    )


def _areas(places: np.random.Generator) -> Floats:
    """Draw levels of all two-digit areas (AREAS): their first digits differ by 1, areas of one digit by a half."""
    first = np.repeat(places.normal(0, 1, 10), AREAS // 10)
    return first + places.normal(0, _WITHIN_DIGIT, AREAS)


def _directions(rng: np.random.Generator, shape: tuple[int, ...]) -> Floats:
    drawn = rng.normal(size=shape)
    unit: Floats = drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)
    return unit


def _log_odds(chance: float) -> float:
    return float(np.log(chance / (1.0 - chance)))


def draw_headcount(economy: Economy, industry: Ints, rng: np.random.Generator) -> Floats:
    """Draw log10 headcounts for industries of any shape; at least one person, at most 100,000."""
    if economy.world.pareto_headcount:
        # A Pareto law is exponential in logs; its middle is moved to where the log-normal has it.
        tail = rng.exponential(1.0 / (_TAIL * np.log(10.0)), industry.shape)
        drawn = economy.headcount[industry] - np.log10(2.0) / _TAIL + tail
    else:
        drawn = rng.normal(economy.headcount[industry], _HEADCOUNT)
    whole: Floats = np.log10(np.clip(np.rint(10.0 ** np.minimum(drawn, _MOST_HEADCOUNT)), 1.0, None))
    return whole


def median_log_wallet(economy: Economy, drivers: Drivers) -> Floats:
    """Median of log10 wallet of the whole company, in the shape of the drivers."""
    industry, sub = drivers.industry, drivers.sub
    size = economy.slope[industry, sub] * (drivers.log_headcount - CENTRE)
    median: Floats = economy.level[industry] + economy.effect[industry, sub] + size + economy.region[drivers.area]
    return median


def draw_noise(world: World, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Draw what nothing tells, in log10, with mean 0 and the world's standard deviation."""
    if world.pareto_noise:
        return rng.exponential(world.noise, shape) - world.noise
    return rng.normal(0.0, world.noise, shape)


def draw_branch_share(branches: Ints, rng: np.random.Generator) -> Floats:
    """Draw the share of one branch in the wallet of its chain, in the shape of `branches`; 1 for a company alone."""
    others = np.maximum(branches - 1, 1)
    drawn = rng.beta(_EVENNESS, _EVENNESS * others)
    share: Floats = np.where(branches > 1, np.maximum(drawn, _LEAST_SHARE), 1.0)
    return share


_LEAST_SHARE: Final = 1e-4


def draw_shares_of_chain(branches: int, rng: np.random.Generator) -> Floats:
    """Draw the shares of all branches in the wallet of one chain (branches); each is distributed as one alone."""
    return np.maximum(rng.dirichlet(np.full(branches, _EVENNESS)), _LEAST_SHARE)
