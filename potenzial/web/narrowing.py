"""Filters of a lookalike page: which companies each keeps, and how many each of their values would leave."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from potenzial.lookalikes.answer import Applied, kind
from potenzial.lookalikes.question import ONLY
from potenzial.web.companions import Companions
from potenzial.web.profile import Profile
from potenzial.web.stock import Portfolio

Mask = NDArray[np.bool_]

#: Filters that offer values to choose from, by the column of facts that they look at.
CHOICES: Final = {"plz2": "plz2", "now": "class_revenue", "potential": "class_potential", "owner": "owner"}


@dataclass(frozen=True)
class Counts:
    """How many companies all filters leave, and how many each value would leave beside the other filters."""

    left: int
    values: Mapping[str, Mapping[str, int]]


def visible(companions: Companions, portfolio: Portfolio) -> Mask | None:
    """Which companies (n) the reader may see; None for all."""
    if portfolio.viewer.sees_all:
        return None
    mine = portfolio.frame["customer_id"]
    return companions.stock.ids.is_in(mine.implode()).to_numpy()


def masks(profile: Profile, companions: Companions) -> dict[str, Mask]:
    """Which companies (n) each filter that is set keeps; unknown facts meet no filter."""
    facts, found = companions.stock.facts, dict[str, pl.Series]()
    for name, column in CHOICES.items():
        value = getattr(profile, name)
        wanted = [value] if isinstance(value, str) else list(value)
        if value:
            found[name] = facts[column].is_in(wanted)
    if profile.section:
        found["section"] = companions.sections.is_in(list(profile.section))
    if profile.only:
        found["only"] = facts.select(_kinds()[profile.only]).to_series()
    if profile.staff_from is not None or profile.staff_to is not None:
        low, high = profile.staff_from or 0.0, profile.staff_to or np.inf
        found["staff"] = facts["headcount"].is_between(low, high)
    return {name: mask.fill_null(value=False).to_numpy() for name, mask in found.items()}


def _kinds() -> dict[str, pl.Expr]:
    return {name: kind(name) for name in ONLY}


def applied(profile: Profile, companions: Companions, seen: Mask | None) -> list[Applied]:
    """The filters as a question takes them, territory first."""
    found = [] if seen is None else [Applied("territory", seen)]
    # The kind of customer is the question's own filter.
    return found + [Applied(name, mask) for name, mask in masks(profile, companions).items() if name != "only"]


def counts(profile: Profile, companions: Companions, seen: Mask | None) -> Counts:
    """Count what filters leave and what each value would leave."""
    kept = masks(profile, companions)
    every = np.ones(companions.stock.facts.height, np.bool_) if seen is None else seen
    columns = {
        **{name: companions.stock.facts[column] for name, column in CHOICES.items()},
        "section": companions.sections,
    }
    values = {name: _counted(column, _beside(name, kept, every)) for name, column in columns.items()}
    rest = pl.Series(_beside("only", kept, every))
    flags = companions.stock.facts.select(
        (expression & pl.lit(rest)).sum().alias(name) for name, expression in _kinds().items()
    )
    values["only"] = {name: int(count) for name, count in flags.row(0, named=True).items()}
    return Counts(int(_beside("", kept, every).sum()), values)


def _beside(name: str, kept: Mapping[str, Mask], every: Mask) -> Mask:
    """What all filters but one leave."""
    left = every
    for other, mask in kept.items():
        if other != name:
            left = left & mask
    return left


def _counted(column: pl.Series, mask: Mask) -> dict[str, int]:
    found = column.filter(pl.Series(mask)).drop_nulls().value_counts().rename({column.name: "value"})
    return dict(found.filter(pl.col("value") != "").sort("value").iter_rows())
