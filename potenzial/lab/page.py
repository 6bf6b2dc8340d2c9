"""The comparison as one HTML file in the report's looks that loads nothing and runs nothing."""

from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from potenzial.config import ReportConfig
from potenzial.lab.board import COSTS, SIGNS, cost_cells, heading, legend, money, number
from potenzial.lab.changes import Change, Changes
from potenzial.lab.comparison import Comparison
from potenzial.lab.forest import Line, forest
from potenzial.lab.measures import MEASURES
from potenzial.lab.race import ROUNDS, Figure, Place
from potenzial.report.numbers import Numbers
from potenzial.report.palette import CLASS_COLOURS, heat, readable_on
from potenzial.report.plain import LONGEST_NAME, shown
from scoring.schema import POTENTIAL_CLASSES

_NUMBERS: Final = Numbers("en")
#: Changed customers listed for one pair of configurations.
_LISTED: Final = 40
_DIRECTIONS: Final = {"high": "more is better", "low": "less is better", "neither": ""}
_TONES: Final = {"better": "better", "worse": "worse", "no difference": "equal"}
#: Fewer active customers than this tell hardly any configurations apart.
_FEW: Final = 500

_COST_TEXTS: Final = (
    (
        "stable",
        (
            "Rank correlation of the potential between the seeds of the folds: 1 means that the order of customers does"
            " not hang on how the folds are dealt."
        ),
    ),
    (
        "texts/s and peak MB",
        (
            "Passages encoded a second and highest memory, measured on 64 passages in a process of its own with what"
            " else the machine was doing."
        ),
    ),
    ("vector MB", "Size of the company vectors in memory (float32)."),
    (
        "controls",
        (
            "TF-IDF + SVD counts pieces of words and knows no language; shuffled texts give every company the text of"
            " another. A configuration that does not beat them does not use what the texts say."
        ),
    ),
)


def render(result: Comparison, report: ReportConfig) -> str:
    """Write the page: a complete HTML document with a content security policy that forbids scripts and every load."""
    environment = Environment(
        loader=PackageLoader("potenzial.lab"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("lab.html.j2").render(_context(result, report))


def _context(result: Comparison, report: ReportConfig) -> dict[str, Any]:
    return {
        "title": shown(f"Configurations compared: {report.title}" if report.title else "Configurations compared", 120),
        "synthetic": report.synthetic,
        "style": _style(),
        "meta": f"{result.customers:,} customers, {result.active:,} of them active",
        "warning": _warning(result),
        "verdict": verdict(result),
        "lead": _lead(result),
        "legend": legend(result),
        "reference": result.reference,
        "rounds": ROUNDS,
        "headings": _headings(result),
        "costs": COSTS,
        "rows": [_row(place, result) for place in result.places],
        "panels": _panels(result),
        "changes": [_section(changes) for changes in result.changes],
        "classes": POTENTIAL_CLASSES,
        "chip": _chip,
        "border_a": _NUMBERS.money(result.limits.a),
        "border_b": _NUMBERS.money(result.limits.b),
        "explanations": [*((measure.title, measure.explanation) for measure in MEASURES.values()), *_COST_TEXTS],
    }


def _style() -> Markup:
    ours = resources.files("potenzial.lab") / "templates" / "lab.css"
    theirs = resources.files("potenzial.report") / "templates" / "report.css"
    return Markup(theirs.read_text("utf-8") + ours.read_text("utf-8"))  # noqa: S704 - our own style sheets


def _warning(result: Comparison) -> str:
    few = result.active < _FEW
    return (
        f"Only {result.active:,} active customers: intervals are wide, and equal signs mean that the stock is too small"
        " to tell, not that the configurations are equally good."
        if few
        else ""
    )


def verdict(result: Comparison) -> str:
    """Say in one sentence what the race decided by its ranking measure."""
    measure = MEASURES[result.terms.by]
    better = [place.name for place in result.places if place.figures[result.terms.by].verdict == "better"]
    entered = [name for name in better if not name.startswith("control:")]
    if entered:
        winners = f"{' and '.join(entered)} demonstrably beat{'s' * (len(entered) == 1)}"
        return f"By {measure.title}, {winners} {result.reference}"
    beaten = {place.name for place in result.places if place.figures[result.terms.by].verdict == "worse"}
    first = f"By {measure.title}, nothing demonstrably beats {result.reference}"
    return f"{first}; it beats {' and '.join(sorted(beaten))}" if beaten else first


def _lead(result: Comparison) -> str:
    return (
        f"All ran on the same pages, folds and customers, ranked by {MEASURES[result.terms.by].title}. Every potential"
        " was estimated without the revenue of the company itself."
    )


def _headings(result: Comparison) -> list[dict[str, object]]:
    return [
        {"title": measure.title, "better": _DIRECTIONS[measure.better], "by": name == result.terms.by}
        for name, measure in MEASURES.items()
    ]


def _row(place: Place, result: Comparison) -> dict[str, object]:
    reference = place.name == result.reference
    tag = "compared with" if reference else "control" * place.control
    return {
        "name": shown(place.name.removeprefix("control: "), LONGEST_NAME),
        "control": place.control,
        "reference": reference,
        "tag": tag,
        "note": f"{place.companies:,} companies, {place.chunks:,} passages",
        "cells": [_cell(name, figure) for name, figure in place.figures.items()],
        "costs": cost_cells(place),
    }


def _cell(name: str, figure: Figure) -> dict[str, str]:
    places = MEASURES[name].places
    ends = (number(figure.own.low, places), number(figure.own.high, places))
    return {
        "value": number(figure.own.value, places),
        "sign": SIGNS[figure.verdict],
        "verdict": figure.verdict,
        "tone": _TONES.get(figure.verdict, ""),
        "range": "–".join(ends) if ends[0] != ends[1] else "",
    }


def _panels(result: Comparison) -> list[dict[str, object]]:
    """One drawing for each measure of which one way is better."""
    others = [place for place in result.places if place.name != result.reference]
    panels: list[dict[str, object]] = []
    for name, measure in MEASURES.items():
        if measure.sign:
            lines = [_line(place, name) for place in others]
            label = "; ".join(f"{line.name} {line.label} ({line.verdict or 'not measured'})" for line in lines)
            panels.append({"title": measure.title, "svg": forest(lines), "label": label})
    return panels


def _line(place: Place, name: str) -> Line:
    figure, measure = place.figures[name], MEASURES[name]
    ends = sorted((measure.sign * figure.difference.low, measure.sign * figure.difference.high))
    value = figure.difference.value
    label = f"{'+' * (value > 0)}{number(value, measure.places)} {SIGNS[figure.verdict]}"
    return Line(place.name, measure.sign * value, ends[0], ends[1], figure.verdict, label)


def _section(changes: Changes) -> dict[str, object]:
    left = len(changes.changed) - _LISTED
    return {
        "before": shown(changes.before, LONGEST_NAME),
        "after": shown(changes.after, LONGEST_NAME),
        "heading": heading(changes),
        "matrix": _matrix(changes.matrix),
        "rows": [_changed(change) for change in changes.changed[:_LISTED]],
        "left": f"{left:,}" if left > 0 else "",
    }


def _matrix(counts: Mapping[tuple[str, str], int]) -> list[dict[str, object]]:
    moved = max((count for (one, other), count in counts.items() if one != other), default=1)
    return [
        {"name": name, "cells": [_count(name, other, counts, moved) for other in POTENTIAL_CLASSES]}
        for name in POTENTIAL_CLASSES
    ]


def _count(one: str, other: str, counts: Mapping[tuple[str, str], int], moved: int) -> dict[str, object]:
    count = counts.get((one, other), 0)
    colour = heat(count / moved) if count and one != other else ""
    return {"count": f"{count:,}", "same": one == other, "colour": colour}


def _changed(change: Change) -> dict[str, object]:
    return {
        "id": shown(change.customer_id, LONGEST_NAME),
        "name": shown(change.name, LONGEST_NAME),
        "classes": change.classes,
        "potential": money(change.potential),
        "why": [shown(reason, 2 * LONGEST_NAME) for reason in change.why],
    }


def _chip(name: str) -> Markup:
    colour = CLASS_COLOURS.get(name)
    style = f"background:{colour};color:{readable_on(colour)}" if colour else ""
    return Markup('<span class="chip" style="{}">{}</span>').format(style, name)
