"""The worlds of the benchmark: how wallets, texts and purchases come about in each, stated as numbers.

All effects are in log10 EUR per year. No world is fitted to the model: `log-additive` suits it, `attention` gives it
revenue that misleads, `text-noise` gives it texts that mean nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, kw_only=True)
class World:
    """One way in which wallets and purchases may come about.

    - `industry_effect`, `text_effect`: standard deviation of the level between industries, and between sub-industries
      of one industry, which stand in no column and show in the text alone.
    - `slope_effect`: standard deviation of the elasticity of headcount between sub-industries.
    - `region_effect`: standard deviation of the level between first digits of the postcode; half of it lies between
      the two-digit areas of one. Every address has a postcode, whether it means anything or not.
    - `noise`: standard deviation of what nothing tells; with `pareto_noise` it has a Pareto tail.
    - `pareto_headcount`: headcounts follow a Pareto law (tail index 1.1) instead of the log-normal.
    - `text_noise`: length of the noise in a company vector beside a signal of length 1. Without `text_meaning` every
      company has the text of another one.
    - `attention_gap`: how unevenly reps look after the industries, in log-odds of being looked after (0: alike);
      `attention_to_large`: log-odds per tenfold wallet.
    - `inactive`: share of the addresses without revenue; `activity_of_large`, `activity_of_attended`: log-odds of being
      active per tenfold wallet, and of those looked after.
    - `chained`: share of the addresses that are branches of a chain: one website, one text, and on every branch the
      headcount of the whole chain, over which its wallet is spread.
    """

    name: str
    about: str
    industry_effect: float = 0.25
    text_effect: float = 0.35
    slope_effect: float = 0.0
    region_effect: float = 0.0
    noise: float = 0.2
    pareto_noise: bool = False
    pareto_headcount: bool = False
    text_noise: float = 1.3
    text_meaning: bool = True
    attention_gap: float = 0.0
    attention_to_large: float = 0.0
    inactive: float = 0.45
    activity_of_large: float = 0.0
    activity_of_attended: float = 0.0
    chained: float = 0.0


_ALL: Final = (
    World(
        name="log-additive", about="industry, sub-industry and headcount add up in logs; texts tell the sub-industry"
    ),
    World(
        name="interactions",
        about="what a tenfold headcount is worth differs between sub-industries",
        text_effect=0.25,
        slope_effect=0.35,
    ),
    World(
        name="text-noise",
        about="wallets follow industry and headcount; texts mean nothing",
        text_effect=0.0,
        text_meaning=False,
    ),
    World(
        name="attention",
        about="reps look after some industries and the large, who then give a larger share and stay active",
        attention_gap=1.5,
        attention_to_large=0.5,
        activity_of_large=0.5,
        activity_of_attended=1.0,
    ),
    World(
        name="heavy-tails",
        about="headcounts and what nothing tells have Pareto tails",
        pareto_noise=True,
        pareto_headcount=True,
    ),
    World(
        name="chains",
        about="40 % of the addresses are branches of chains and carry the headcount of the whole chain",
        chained=0.4,
    ),
    World(
        name="regions",
        about="wallets differ between postcode areas",
        region_effect=0.2,
    ),
    World(
        name="dormant",
        about="92 % of the addresses buy nothing, mostly the small",
        inactive=0.92,
        activity_of_large=0.7,
    ),
)

#: All worlds by name, in the order of the report.
WORLDS: Final[Mapping[str, World]] = MappingProxyType({world.name: world for world in _ALL})
