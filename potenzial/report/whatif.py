"""What other borders of the classes would change, as a table."""

from typing import TYPE_CHECKING, Final

from potenzial.borders import Classed, classed
from potenzial.report.lookback import Lookback
from potenzial.report.tables import Row, Table
from scoring.classes import Thresholds

if TYPE_CHECKING:
    from potenzial.report.messages import Story

#: Multiples of today's borders.
FACTORS: Final = (0.5, 0.75, 1.0, 1.5, 2.0)
_HEADS: Final = ("a_today", "a_potential", "b_today", "b_potential", "above", "expected")


def whatif(story: "Story") -> Lookback | None:
    """Class the stock by several borders; None in a stock without any."""
    limits = Thresholds(*story.data.thresholds)
    if not limits.known or story.data.customers.is_empty():
        return None
    found = {factor: moved(story, limits, factor) for factor in FACTORS}
    rows = tuple(_row(story, limits, factor, one) for factor, one in found.items())
    heads = (story.say("whatif.borders"), *(story.say(f"whatif.{name}") for name in _HEADS))
    now, double = found[1.0].above.customers, found[2.0].above.customers
    gaps = {"now": story.numbers.count(now), "double": story.numbers.count(double)}
    table = Table(heads, rows, story.say("whatif.caption", {"points": story.points(story.data.quantile)}))
    return Lookback(story.say("whatif.title", gaps), story.say("whatif.lead"), (table,), ())


def moved(story: "Story", limits: Thresholds, factor: float) -> Classed:
    """The stock classed by a multiple of both borders."""
    return classed(story.data.customers, Thresholds(limits.a * factor, limits.b * factor))


def _row(story: "Story", limits: Thresholds, factor: float, found: Classed) -> Row:
    gaps = {"a": story.numbers.euro(limits.a * factor), "b": story.numbers.euro(limits.b * factor)}
    counts = [group.customers for name in ("A", "B") for group in (found.today(name), found.by_potential(name))]
    cells = (
        *(story.numbers.count(count) for count in (*counts, found.above.customers)),
        story.numbers.money(found.above.headroom_expected),
    )
    return Row(story.say("whatif.row", gaps), cells, own=factor == 1.0)
