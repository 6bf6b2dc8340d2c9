"""The back-test in the report: what each order of calls met, the tenths of the list, and what limits both."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from potenzial.report.tables import Row, Table
from scoring.backtest.result import ABC, IDEAL, LOOKUP, MODEL, RANDOM, RFM, Backtest, Decile, Lift

if TYPE_CHECKING:
    from potenzial.report.messages import Story

#: Orders of calls and their names in the catalogue.
_ORDERS: Final = {MODEL: "potenzial", LOOKUP: "lookup", RFM: "rfm", ABC: "abc", RANDOM: "random", IDEAL: "ideal"}


@dataclass(frozen=True)
class Lookback:
    """The section of the back-test."""

    title: str
    lead: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...]


def lookback(story: "Story") -> Lookback | None:
    """Put the last back-test into words and tables; None without one."""
    found = story.data.backtest
    if found is None:
        return None
    notes = found.notes_de if story.data.language == "de" else found.notes_en
    return Lookback(_title(story, found), _lead(story, found), (_orders(story, found), _tenths(story, found)), notes)


def _title(story: "Story", found: Backtest) -> str:
    days = {"until": found.trained_until, "start": found.judged_from, "end": found.judged_until}
    return story.say("backtest.title", {name: story.numbers.day(date.fromisoformat(day)) for name, day in days.items()})


def _lead(story: "Story", found: Backtest) -> str:
    who, lifts = found.population, _lifts(found)
    most = max((one.capacity for one in lifts), default=0.0)
    signs = {one.order: one.margin.sign for one in lifts if one.capacity == most and one.margin and one.order != IDEAL}
    gaps = {
        "customers": story.numbers.count(who.customers),
        "trained": story.numbers.count(who.trained),
        "growth": story.numbers.money(who.growth),
        "capacity": story.numbers.percent(most),
    }
    ahead, behind = (_names(story, signs, sign) for sign in (1, -1))
    told = [story.say("backtest.lead", gaps)]
    told += [
        story.say("backtest.lead_ahead", {**gaps, "rivals": ahead}) if ahead else story.say("backtest.lead_not", gaps)
    ]
    told += [story.say("backtest.lead_behind", {"rivals": behind})] if behind else []
    return " ".join(told)


def _names(story: "Story", signs: dict[str, int], sign: int) -> str:
    return "; ".join(story.say(f"backtest.{key}") for name, key in _ORDERS.items() if signs.get(name) == sign)


def _lifts(found: Backtest) -> tuple[Lift, ...]:
    return tuple(one for one in found.lifts if one.segment == "all")


def _orders(story: "Story", found: Backtest) -> Table:
    called = {one.capacity: one.called for one in _lifts(found)}
    heads = (
        story.say("backtest.first", {"share": story.numbers.percent(share), "called": story.numbers.count(count)})
        for share, count in sorted(called.items())
    )
    rows = (
        Row(
            story.say(f"backtest.{key}"),
            tuple(_caught(story, one) for one in _lifts(found) if one.order == name),
            own=name == MODEL,
        )
        for name, key in _ORDERS.items()
    )
    return Table((story.say("backtest.order"), *heads), tuple(rows), story.say("backtest.caption"))


def _caught(story: "Story", one: Lift) -> str:
    share, low, high = (
        story.numbers.percent(value, 1) for value in (one.caught.value, one.caught.low, one.caught.high)
    )
    if one.order == RANDOM or one.caught.low is None:
        return share
    return story.say("backtest.caught", {"share": share, "low": low, "high": high})


def _tenths(story: "Story", found: Backtest) -> Table:
    years = [found.year, found.year + 1, *([found.year + 2] if found.judged_later else [])]
    before = (story.say("backtest.before", {"year": str(year)}) for year in years)
    names = ("tenth", "customers", "potential")
    heads = [story.say(f"backtest.{name}") for name in names]
    ends = (story.say("backtest.growth"), story.say("backtest.grew"))
    rows = tuple(_tenth(story, one) for one in found.deciles)
    return Table((*heads, *before, *ends), rows, story.say("backtest.tenths_caption"))


def _tenth(story: "Story", one: Decile) -> Row:
    later = () if one.later is None else (one.later,)
    money = tuple(story.numbers.money(value) for value in (one.potential, one.revenue, one.after, *later, one.growth))
    return Row(str(one.decile), (story.numbers.count(one.customers), *money, story.numbers.percent(one.grew)))
