"""What a back-test found, as plain values that can be stored. EUR are EUR per year; shares run from 0 to 1."""

from typing import Final

import msgspec

from scoring.resampling import Estimate

#: Names of the orders in which addresses can be called; the first is the model's.
MODEL: Final = "potenzial"
ABC: Final = "abc"
RFM: Final = "rfm"
LOOKUP: Final = "industry x size"
RANDOM: Final = "random"
#: Calling in the order of the growth that came: nobody can, it is the ceiling.
IDEAL: Final = "ideal"

#: Parts of the customers that are looked at apart.
SEGMENTS: Final = ("all", "active", "inactive", "new", "tenured")
#: Who is called: A or B by potential; or the upper half, where that would be nearly everybody or nobody.
BY_CLASS: Final = "class"
BY_HALF: Final = "upper half"
#: What is compared between matched customers.
OUTCOMES: Final = ("grew", "class", "eur")


class Decile(msgspec.Struct, frozen=True, kw_only=True):
    """A tenth of the customers in the order of the list, means of EUR; `grew` is the share that bought more."""

    decile: int
    customers: int
    potential: float
    revenue: float
    after: float
    later: float | None
    growth: float
    grew: float


class Lift(msgspec.Struct, frozen=True, kw_only=True):
    """Share of all growth that calling the first `capacity` of a segment in one order would have met.

    `lift` is that share over the capacity; `margin` the model's share less this one's (None for the model itself).
    """

    segment: str
    order: str
    capacity: float
    called: int
    caught: Estimate
    lift: float | None
    margin: Estimate | None


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome of the customers called A or B beside matched ones that were not: a share, or EUR per customer."""

    outcome: str
    called: float | None
    others: float | None
    difference: Estimate


class Matched(msgspec.Struct, frozen=True, kw_only=True):
    """C and inactive customers called A or B (`called`), how many found a match, and among how many `others`.

    `rule` says who is called: by class, or the upper half by potential. `same_industry` of the matched share an
    industry with their match.
    """

    segment: str
    rule: str
    called: int
    matched: int
    same_industry: int
    others: int
    outcomes: tuple[Compared, ...]


class Population(msgspec.Struct, frozen=True, kw_only=True):
    """Who was judged: counts of customers, and EUR of the year before and of the year after."""

    customers: int
    active: int
    inactive: int
    new: int
    trained: int
    revenue: float
    after: float
    growth: float
    later_customers: int
    later_revenue: float


class Backtest(msgspec.Struct, frozen=True, kw_only=True):
    """A whole back-test; days as ISO text. `verdict` is that of the model's gate as it would have been then."""

    year: int
    trained_until: str
    judged_from: str
    judged_until: str
    judged_later: bool
    thresholds: tuple[float, float]
    quantile: float
    verdict: str
    verdict_de: str
    verdict_en: str
    population: Population
    deciles: tuple[Decile, ...]
    lifts: tuple[Lift, ...]
    matched: tuple[Matched, ...]
    notes_de: tuple[str, ...]
    notes_en: tuple[str, ...]
