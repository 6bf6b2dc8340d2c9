"""The comparison as one HTML file in the report's looks that loads nothing and runs nothing."""

from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from potenzial.config import ReportConfig
from potenzial.lab.board import SIGNS
from potenzial.lab.changes import Change, Changes
from potenzial.lab.comparison import Comparison
from potenzial.lab.forest import Line, forest
from potenzial.lab.measures import MEASURES
from potenzial.lab.race import ROUNDS, Figure, Place
from potenzial.lab.speed import TEXTS
from potenzial.lab.wording import COSTS, Wording
from potenzial.report.palette import CLASS_COLOURS, heat, readable_on
from potenzial.report.plain import LONGEST_NAME, shown
from scoring.schema import POTENTIAL_CLASSES

#: Changed customers listed for one pair of configurations.
_LISTED: Final = 40
_TONES: Final = {"better": "better", "worse": "worse", "no difference": "equal"}


def render(result: Comparison, report: ReportConfig) -> str:
    """Write the page: a complete HTML document with a content security policy that forbids scripts and every load."""
    environment = Environment(
        loader=PackageLoader("potenzial.lab"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words = Wording.of(report.language)
    return environment.get_template("lab.html.j2").render(_context(result, report, words))


def _context(result: Comparison, report: ReportConfig, words: Wording) -> dict[str, Any]:
    limits = result.limits
    return {
        "title": _title(report, words),
        "synthetic": report.synthetic,
        "style": _style(),
        "say": words.say,
        "language": report.language,
        "meta": words.say("page.meta", _counts(result, words)),
        "warning": words.remark(result),
        "verdict": words.verdict(result),
        "by": words.title(result.terms.by),
        "legend": (words.basis(result), words.signs(result)),
        "reference": result.reference,
        "rounds": ROUNDS,
        "headings": _headings(result, words),
        "costs": [words.title(name) for name in COSTS],
        "rows": [_row(place, result, words) for place in result.places],
        "panels": _panels(result, words),
        "changes": [_section(changes, words) for changes in result.changes],
        "classes": POTENTIAL_CLASSES,
        "chip": lambda name: _chip(name, words),
        "borders": {"a": words.numbers.money(limits.a), "b": words.numbers.money(limits.b)},
        "explanations": words.explanations(TEXTS),
    }


def _title(report: ReportConfig, words: Wording) -> str:
    titled = words.say("page.titled", {"title": report.title}) if report.title else words.say("page.title")
    return shown(titled, 120)


def _counts(result: Comparison, words: Wording) -> dict[str, str]:
    return {"customers": words.numbers.count(result.customers), "active": words.numbers.count(result.active)}


def _style() -> Markup:
    ours = resources.files("potenzial.lab") / "templates" / "lab.css"
    theirs = resources.files("potenzial.report") / "templates" / "report.css"
    return Markup(theirs.read_text("utf-8") + ours.read_text("utf-8"))  # noqa: S704 - our own style sheets


def _headings(result: Comparison, words: Wording) -> list[dict[str, object]]:
    return [
        {"title": words.title(name), "better": words.say(f"direction.{measure.better}"), "by": name == result.terms.by}
        for name, measure in MEASURES.items()
    ]


def _row(place: Place, result: Comparison, words: Wording) -> dict[str, object]:
    reference = place.name == result.reference
    counts = {"companies": words.numbers.count(place.companies), "passages": words.numbers.count(place.chunks)}
    tag = "reference" if reference else "tag" * place.control
    return {
        "name": shown(words.short(place.name), LONGEST_NAME),
        "control": place.control,
        "reference": reference,
        "tag": words.say(f"control.{tag}") if tag else "",
        "note": words.say("page.note", counts),
        "cells": [_cell(name, figure, words) for name, figure in place.figures.items()],
        "costs": words.costs(place),
    }


def _cell(name: str, figure: Figure, words: Wording) -> dict[str, str]:
    places = MEASURES[name].places
    ends = (words.number(figure.own.low, places), words.number(figure.own.high, places))
    return {
        "value": words.number(figure.own.value, places),
        "sign": SIGNS[figure.verdict],
        "verdict": _verdict(figure, words),
        "tone": _TONES.get(figure.verdict, ""),
        "range": "–".join(ends) if ends[0] != ends[1] else "",
    }


def _verdict(figure: Figure, words: Wording) -> str:
    return words.say(f"verdict.{figure.verdict or 'none'}")


def _panels(result: Comparison, words: Wording) -> list[dict[str, object]]:
    """One drawing for each measure of which one way is better."""
    others = [place for place in result.places if place.name != result.reference]
    panels: list[dict[str, object]] = []
    for name, measure in MEASURES.items():
        if measure.sign:
            lines = [_line(place, name, words) for place in others]
            said = zip(lines, (_verdict(place.figures[name], words) for place in others), strict=True)
            label = "; ".join(f"{line.name} {line.label} ({verdict})" for line, verdict in said)
            panels.append({"title": words.title(name), "svg": forest(lines), "label": label})
    return panels


def _line(place: Place, name: str, words: Wording) -> Line:
    figure, measure = place.figures[name], MEASURES[name]
    ends = sorted((measure.sign * figure.difference.low, measure.sign * figure.difference.high))
    value = figure.difference.value
    label = f"{'+' * (value > 0)}{words.number(value, measure.places)} {SIGNS[figure.verdict]}"
    return Line(words.short(place.name), measure.sign * value, ends[0], ends[1], figure.verdict, label)


def _section(changes: Changes, words: Wording) -> dict[str, object]:
    left = len(changes.changed) - _LISTED
    return {
        "before": shown(changes.before, LONGEST_NAME),
        "after": shown(changes.after, LONGEST_NAME),
        "heading": words.heading(changes),
        "matrix": _matrix(changes.matrix, words),
        "rows": [_changed(change, words) for change in changes.changed[:_LISTED]],
        "left": words.numbers.count(left) if left > 0 else "",
    }


def _matrix(counts: Mapping[tuple[str, str], int], words: Wording) -> list[dict[str, object]]:
    moved = max((count for (one, other), count in counts.items() if one != other), default=1)
    return [
        {"name": name, "cells": [_count((name, other), counts, moved, words) for other in POTENTIAL_CLASSES]}
        for name in POTENTIAL_CLASSES
    ]


def _count(
    pair: tuple[str, str], counts: Mapping[tuple[str, str], int], moved: int, words: Wording
) -> dict[str, object]:
    count, same = counts.get(pair, 0), pair[0] == pair[1]
    colour = heat(count / moved) if count and not same else ""
    return {"count": words.numbers.count(count), "same": same, "colour": colour}


def _changed(change: Change, words: Wording) -> dict[str, object]:
    return {
        "id": shown(change.customer_id, LONGEST_NAME),
        "name": shown(change.name, LONGEST_NAME),
        "classes": change.classes,
        "potential": words.money(change.potential),
        "why": [shown(reason, 2 * LONGEST_NAME) for reason in words.reasons(change)],
    }


def _chip(name: str, words: Wording) -> Markup:
    colour = CLASS_COLOURS.get(name)
    style = f"background:{colour};color:{readable_on(colour)}" if colour else ""
    return Markup('<span class="chip" style="{}">{}</span>').format(style, words.say(f"class.{name}"))
