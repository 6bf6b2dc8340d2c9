"""The leaderboard and the class changes on a terminal, and as plain values for programs."""

import math
from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from potenzial.lab.changes import Changes
from potenzial.lab.comparison import Comparison
from potenzial.lab.measures import MEASURES
from potenzial.lab.race import Figure, Place, table
from potenzial.report.numbers import UNKNOWN, Numbers

_NUMBERS = Numbers("en")
#: Signs of the verdicts, beside each figure.
SIGNS: Mapping[str, str] = {"better": "▲", "worse": "▼", "no difference": "=", "reference": "", "": ""}
#: Changes shown on a terminal; the page shows more.
_SHOWN = 8


def shown(result: Comparison) -> RenderableType:
    """Draw leaderboard, legend and class changes."""
    parts: list[RenderableType] = [_board(result), Text(legend(result))]
    parts += [_changes(changes) for changes in result.changes]
    return Group(*parts)


def legend(result: Comparison) -> str:
    """Say what the signs mean and what the figures rest on."""
    return (
        f"{result.customers:,} customers, {result.active:,} active; potential at quantile {result.potential.quantile}, "
        f"{result.terms.seeds} × {result.potential.folds} folds; capacity {_NUMBERS.percent(result.terms.capacity)}.\n"
        f"▲ better, ▼ worse than {result.reference}, = no difference that 95 % intervals of paired resamples of"
        " companies would show."
    )


def _board(result: Comparison) -> Table:
    board = Table(
        title=f"Configurations by {MEASURES[result.terms.by].title}, best first",
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    board.add_column("#", justify="right")
    board.add_column("config", overflow="fold")
    for heading in (*(measure.title for measure in MEASURES.values()), *COSTS):
        board.add_column(heading, justify="right")
    for number, place in enumerate(result.places, 1):
        cells = (figure_cell(name, place.figures[name]) for name in MEASURES)
        board.add_row(str(number), place.name, *cells, *cost_cells(place), style="dim" if place.control else "")
    return board


#: Headings of what has no interval.
COSTS = ("stable", "texts/s", "peak MB", "vector MB")


def figure_cell(name: str, figure: Figure) -> str:
    """Write a figure with the sign of its verdict."""
    return f"{number(figure.own.value, MEASURES[name].places)} {SIGNS[figure.verdict]}".rstrip()


def cost_cells(place: Place) -> tuple[str, ...]:
    """Write what has no interval: stability over the seeds, speed, memory and size."""
    cost = place.cost
    memory, speed = (number(value, 0) for value in (cost.memory_mb, cost.texts_per_second))
    return (number(place.stability, 3), speed, memory, number(cost.vectors_mb, 1))


def number(value: float | None, places: int) -> str:
    """Write a number, a dash where there is none."""
    return UNKNOWN if value is None or not math.isfinite(value) else _NUMBERS.decimal(value, places)


def _changes(changes: Changes) -> RenderableType:
    title = f"\n{heading(changes)}"
    if not changes.changed:
        return Text(title)
    drawn = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    drawn.add_column("id", no_wrap=True)
    drawn.add_column("company", max_width=34, overflow="ellipsis", no_wrap=True)
    drawn.add_column("class", no_wrap=True)
    drawn.add_column("potential", no_wrap=True, justify="right")
    drawn.add_column("why", overflow="fold")
    for change in changes.changed[:_SHOWN]:
        drawn.add_row(
            change.customer_id, change.name, " → ".join(change.classes), money(change.potential), "; ".join(change.why)
        )
    left = len(changes.changed) - _SHOWN
    return Group(drawn, Text(f"and {left:,} more, on the page")) if left > 0 else drawn


def heading(changes: Changes) -> str:
    """Say how many customers change their class."""
    share = _NUMBERS.percent(len(changes.changed) / max(changes.customers, 1))
    return (
        f"From {changes.before} to {changes.after}: {len(changes.changed):,} of {changes.customers:,} customers"
        f" ({share}) change their potential class"
    )


def money(potential: Sequence[float | None]) -> str:
    """Write the potential before and after."""
    return " → ".join(_NUMBERS.money(value) for value in potential)


def values(result: Comparison) -> dict[str, object]:
    """Give the whole result for programs; figures that cannot be measured are null."""
    return {
        "reference": result.reference,
        "customers": result.customers,
        "active": result.active,
        "ranked_by": result.terms.by,
        "leaderboard": [_without_nan(row) for row in table(result.places).to_dicts()],
        "costs": [_cost(place) for place in result.places],
        "changes": [_changed(changes) for changes in result.changes],
    }


def _cost(place: Place) -> dict[str, object]:
    return _without_nan(
        {
            "config": place.name,
            "stability": place.stability,
            "texts_per_second": place.cost.texts_per_second,
            "memory_mb": place.cost.memory_mb,
            "vectors_mb": place.cost.vectors_mb,
            "chunks": place.chunks,
            "companies": place.companies,
        }
    )


def _without_nan(row: Mapping[str, object]) -> dict[str, object]:
    return {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in row.items()}


def _changed(changes: Changes) -> dict[str, object]:
    rows = [
        {
            "customer_id": change.customer_id,
            "class_before": change.classes[0],
            "class_after": change.classes[1],
            "potential_before": change.potential[0],
            "potential_after": change.potential[1],
            "why": change.why,
        }
        for change in changes.changed
    ]
    return {"before": changes.before, "after": changes.after, "customers": rows}
