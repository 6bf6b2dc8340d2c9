"""The hidden economy of the stock: true wallets, shares of wallet, and what was bought. EUR per year."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from potenzial.demo.content import Content, Profile, Trade, Trait

Floats = NDArray[np.float64]

#: Demand grows a little more slowly than headcount.
ELASTICITY: Final = 0.9
#: The stock is of small and medium-sized companies; a single giant would drown out all others.
MOST_HEADCOUNT: Final = 249
#: Standard deviation, in log10, of what nothing in the stock or on the websites tells.
NOISE: Final = 0.22
#: Share of the companies with one profile only; profiles of a lower effect deal or plan and never mix with others.
PURE: Final = 0.45
DEALERS_BELOW: Final = -0.52
#: Share of the stock without revenue in the last 12 months, and of those the share that never bought.
INACTIVE: Final = 0.37
NEVER: Final = 0.45
#: Mean share of wallet of the weakest and of the best sales rep with customers of middling demand.
SHARE_RANGE: Final = (0.25, 0.50)
#: Share of wallet falls with this power of demand: large buyers have several suppliers.
SPREAD_OF_LARGE: Final = 0.15
MEAN_LIMITS: Final = (0.08, 0.60)
#: Concentration of the Beta distribution around the mean: low, as many customers bought a fraction only.
CONCENTRATION: Final = 4.0
MAX_SHARE: Final = 0.95
MIN_SHARE: Final = 0.04


@dataclass(frozen=True)
class Need:
    """The hidden side of a company: trade, profiles, traits, headcount and true demand in EUR per year.

    `profile` is what it mostly does, `mix` the share of that (0.5 to 1), `beside` what it does otherwise.
    """

    trade: Trade
    profile: Profile
    beside: Profile | None
    mix: float
    traits: tuple[Trait, ...]
    headcount: int
    wallet: float

    @property
    def keys(self) -> list[str]:
        """Keys of profiles and traits, the main profile first."""
        beside = [self.beside.key] if self.beside else []
        return [self.profile.key, *beside, *(trait.key for trait in self.traits)]


@dataclass(frozen=True)
class Purchases:
    """What the stock bought, one value per company; EUR per year, `days_ago` of the last purchase (NaN: never)."""

    share: Floats
    revenue: Floats
    year_before: Floats
    two_years_before: Floats
    days_ago: Floats


def draw_need(content: Content, rng: np.random.Generator) -> Need:
    """Draw a company's trade, profile, traits, headcount and wallet."""
    trade = content.trades[_weighted([trade.weight for trade in content.trades], rng)]
    profile = trade.profiles[_weighted([profile.share for profile in trade.profiles], rng)]
    traits = _draw_traits(content, trade, rng)
    headcount = min(max(1, round(10 ** rng.normal(*trade.headcount))), MOST_HEADCOUNT)
    beside, mix = _draw_beside(trade, profile, rng)
    effect = mix * profile.effect + (1 - mix) * (beside.effect if beside else 0.0) + sum(t.effect for t in traits)
    log_wallet = (
        trade.level + ELASTICITY * np.log10(headcount) + effect + np.clip(rng.normal(0, NOISE), -2 * NOISE, 2 * NOISE)
    )
    return Need(trade, profile, beside, mix, traits, headcount, round(float(10**log_wallet), 2))


def draw_purchases(wallet: Floats, owner: NDArray[np.int64], owners: int, rng: np.random.Generator) -> Purchases:
    """Draw shares of wallet and purchases; `owner` is the index of each company's sales rep."""
    count = len(wallet)
    size = (wallet / np.median(wallet)) ** -SPREAD_OF_LARGE
    means = np.clip(np.linspace(*SHARE_RANGE, owners)[owner] * size, *MEAN_LIMITS)
    share = np.clip(rng.beta(means * CONCENTRATION, (1 - means) * CONCENTRATION), MIN_SHARE, MAX_SHARE)
    active = _active(count, rng)
    never = ~active & (rng.random(count) < NEVER)
    days_ago = np.where(active, np.clip(rng.exponential(40, count), 1, 364), rng.uniform(366, 1_500, count))
    level = np.where(never, 0.0, wallet * share)
    # A customer of the last year is sometimes a new one: nothing in the years before.
    known = np.where(active & (rng.random(count) < 0.06), 0.0, level)  # noqa: PLR2004 - share of new customers
    return Purchases(
        share=np.where(active, share, 0.0),
        revenue=_cents(np.where(active, level, 0.0)),
        year_before=_past(known * _bought_fraction(days_ago, 181), wallet, rng),
        two_years_before=_past(known * _bought_fraction(days_ago, 546), wallet, rng),
        days_ago=np.where(never, np.nan, days_ago),
    )


def _draw_beside(trade: Trade, profile: Profile, rng: np.random.Generator) -> tuple[Profile | None, float]:
    """Let about half of the companies that work with their hands do something else of their trade as well."""
    others = [other for other in trade.profiles if other.key != profile.key and _mixes(other)]
    if not (_mixes(profile) and others) or rng.random() < PURE:
        return None, 1.0
    return others[int(rng.integers(len(others)))], float(rng.uniform(0.5, 0.8))


def _mixes(profile: Profile) -> bool:
    # Whoever has no workshop says so, and then does none of the work either.
    return profile.effect > DEALERS_BELOW and not profile.words


def _draw_traits(content: Content, trade: Trade, rng: np.random.Generator) -> tuple[Trait, ...]:
    open_to = [trait for trait in content.traits if trade.key not in trait.without]
    # Nobody has everything: two at most.
    return tuple(trait for trait in open_to if rng.random() < trait.chance)[:2]


def _active(count: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose who bought in the last 12 months, whatever their demand: large companies are forgotten, too."""
    return np.asarray(rng.permutation(count) >= int(INACTIVE * count), dtype=np.bool_)


def _bought_fraction(days_ago: Floats, year_end: int) -> Floats:
    """Return the part of a calendar year, which ended `year_end` days ago, that lies before the last purchase."""
    return np.clip((year_end + 365 - days_ago) / 365, 0.0, 1.0)


def _past(level: Floats, wallet: Floats, rng: np.random.Generator) -> Floats:
    # The limit is not the wallet itself: no figure of the user's file may give the truth away.
    limit = wallet * rng.uniform(0.85, 0.97, len(level))
    return _cents(np.minimum(level * 10 ** rng.normal(0, 0.10, len(level)), limit))


def _cents(values: Floats) -> Floats:
    return np.asarray(np.round(values, 2), dtype=np.float64)


def _weighted(weights: list[float], rng: np.random.Generator) -> int:
    shares = np.asarray(weights) / sum(weights)
    return int(rng.choice(len(weights), p=shares))
