"""The report's charts filled with its data, each in a wide and a narrow drawing."""

import math
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from potenzial.report import charts
from potenzial.report.messages import Story, has_curve
from potenzial.report.reached import hexagons
from potenzial.report.summary import Cell, share
from scoring.schema import REVENUE_CLASSES

#: Shares of the addresses that are marked on the concentration curve.
MARKED: Final = (0.05, 0.1)


@dataclass(frozen=True)
class Drawing:
    """One chart as two drawings: for laptop and paper, and for phones."""

    wide: Markup
    narrow: Markup


def _drawing(wide: str, narrow: str) -> Drawing:
    # The chart library's own output from numbers and catalogue words; no text of a user is in it.
    return Drawing(Markup(wide), Markup(narrow))  # noqa: S704 - see the line above


def bars(story: Story) -> Drawing | None:
    """Customers, revenue and growth potential by actual class; None where there is nothing to share out."""
    drawn = [bar for bar in (_customers(story), _revenue(story), _headroom(story)) if bar]
    if not drawn:
        return None
    return _drawing(charts.stacked_bars(drawn, charts.WIDE), charts.stacked_bars(drawn, charts.NARROW))


def _customers(story: Story) -> charts.Bar | None:
    total = story.summary.group().customers
    return _bar(
        story, "customers", story.numbers.count(total), {name: float(c.customers) for name, c in _classes(story)}
    )


def _revenue(story: Story) -> charts.Bar | None:
    total = story.numbers.money(story.summary.group().revenue)
    return _bar(story, "revenue", total, {name: max(c.revenue, 0.0) for name, c in _classes(story)})


def _headroom(story: Story) -> charts.Bar | None:
    total = story.numbers.money(story.summary.group().headroom)
    return _bar(story, "headroom", total, {name: max(c.headroom, 0.0) for name, c in _classes(story)})


def _classes(story: Story) -> list[tuple[str, Cell]]:
    return [(name, story.summary.group((name,))) for name in REVENUE_CLASSES]


def _bar(story: Story, key: str, total: str, amounts: dict[str, float]) -> charts.Bar | None:
    whole = sum(amounts.values())
    if not whole > 0:
        return None
    parts = ((name, share(amount, whole) or 0.0) for name, amount in amounts.items())
    shares = tuple((name, part, story.numbers.percent(part)) for name, part in parts)
    return charts.Bar(story.say(f"bars.{key}", {"total": total}), shares)


def curve(story: Story) -> Drawing | None:
    """The concentration curve; None where there are too few addresses or no potential."""
    if not has_curve(story):
        return None
    drawn = charts.Concentration(
        model=story.summary.curve(),
        revenue=story.summary.curve_by_revenue(),
        marks=tuple(_mark(story, addresses) for addresses in MARKED),
        capacity=_capacity(story),
        x_title=story.say("curve.x"),
        y_title=story.say("curve.y"),
        percent_suffix=story.say("curve.percent_suffix"),
    )
    return _drawing(charts.concentration(drawn, charts.WIDE), charts.concentration(drawn, charts.NARROW))


def _mark(story: Story, addresses: float) -> charts.Mark:
    held = story.summary.held(addresses) or 0.0
    gaps = {"share": story.numbers.percent(addresses), "held": story.numbers.percent(held)}
    return charts.Mark(addresses, held, story.say("curve.mark", gaps))


def _capacity(story: Story) -> charts.Mark | None:
    """What can be visited in a year, if that is configured and less than everybody."""
    visits, total = story.data.visits, story.data.customers.height
    if not 0 < visits < total:
        return None
    held = story.summary.held(visits / total) or 0.0
    gaps = {"n": story.numbers.count(visits), "held": story.numbers.percent(held)}
    return charts.Mark(visits / total, held, story.say("curve.capacity", gaps))


def portfolio(story: Story) -> Drawing | None:
    """Potential and the share of it that is reached, by hexagons; None for too few rated customers."""
    found = hexagons(story.data.customers)
    if found is None:
        return None
    places = range(math.ceil(found.low), math.floor(found.high) + 1)
    drawn = charts.Portfolio(
        hexagons=found.frame,
        low=found.low,
        high=found.high,
        hexagon=found.width,
        ticks=tuple((float(place), story.numbers.money(10.0**place)) for place in places),
        x_title=story.say("reached.x", {"quantile": story.quantile}),
        y_title=story.say("reached.y"),
        percent_suffix=story.say("curve.percent_suffix"),
    )
    return _drawing(charts.portfolio(drawn, charts.WIDE), charts.portfolio(drawn, charts.NARROW))
