"""The leaderboard and the class changes on a terminal, and as plain values for programs."""

import math
from collections.abc import Mapping

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from potenzial.lab.changes import Change, Changes
from potenzial.lab.comparison import Comparison
from potenzial.lab.measures import MEASURES
from potenzial.lab.race import Figure, Place, table
from potenzial.lab.wording import COSTS, Wording

#: Signs of the verdicts, beside each figure.
SIGNS: Mapping[str, str] = {"better": "▲", "worse": "▼", "no difference": "=", "reference": "", "": ""}
#: Changes shown on a terminal; the page shows more.
_SHOWN = 8


def shown(result: Comparison) -> RenderableType:
    """Draw leaderboard, legend and class changes; commands speak English."""
    words = Wording.of("en")
    parts: list[RenderableType] = [_board(result, words), Text(f"{words.basis(result)}\n{words.signs(result)}")]
    if remark := words.remark(result):
        parts.append(Text(remark))
    parts += [_changes(changes, words) for changes in result.changes]
    return Group(*parts)


def _board(result: Comparison, words: Wording) -> Table:
    title = words.say("board.title", {"measure": words.title(result.terms.by)})
    board = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    board.add_column("#", justify="right")
    board.add_column(words.say("board.config"), overflow="fold")
    for name in (*MEASURES, *COSTS):
        board.add_column(words.title(name), justify="right")
    for number, place in enumerate(result.places, 1):
        cells = (_cell(name, place.figures[name], words) for name in MEASURES)
        style = "dim" if place.control else ""
        board.add_row(str(number), words.name(place.name), *cells, *words.costs(place), style=style)
    return board


def _cell(name: str, figure: Figure, words: Wording) -> str:
    """Write a figure with the sign of its verdict."""
    return f"{words.number(figure.own.value, MEASURES[name].places)} {SIGNS[figure.verdict]}".rstrip()


def _changes(changes: Changes, words: Wording) -> RenderableType:
    title = f"\n{words.heading(changes)}"
    if not changes.changed:
        return Text(title)
    drawn = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    drawn.add_column(words.say("changes.id"), no_wrap=True)
    drawn.add_column(words.say("changes.company"), max_width=34, overflow="ellipsis", no_wrap=True)
    drawn.add_column(words.say("changes.class"), no_wrap=True)
    drawn.add_column(words.say("changes.potential"), no_wrap=True, justify="right")
    drawn.add_column(words.say("changes.why"), overflow="fold")
    for change in changes.changed[:_SHOWN]:
        drawn.add_row(*_change(change, words))
    left = len(changes.changed) - _SHOWN
    return Group(drawn, Text(words.say("changes.more", {"left": f"{left:,}"}))) if left > 0 else drawn


def _change(change: Change, words: Wording) -> tuple[str, ...]:
    steps = " → ".join(change.classes)
    return change.customer_id, change.name, steps, words.money(change.potential), "; ".join(words.reasons(change))


def values(result: Comparison) -> dict[str, object]:
    """Give the whole result for programs; figures that cannot be measured are null."""
    return {
        "reference": result.reference,
        "customers": result.customers,
        "active": result.active,
        "ranked_by": result.terms.by,
        "leaderboard": [_without_nan(row) for row in table(result.places).to_dicts()],
        "costs": [_cost(place) for place in result.places],
        "changes": [_changed(changes, Wording.of("en")) for changes in result.changes],
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


def _changed(changes: Changes, words: Wording) -> dict[str, object]:
    rows = [
        {
            "customer_id": change.customer_id,
            "class_before": change.classes[0],
            "class_after": change.classes[1],
            "potential_before": change.potential[0],
            "potential_after": change.potential[1],
            "why": words.reasons(change),
        }
        for change in changes.changed
    ]
    return {"before": changes.before, "after": changes.after, "customers": rows}
