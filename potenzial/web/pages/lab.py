"""The lab: the leaderboard of the last comparison of configurations."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse

from potenzial.lab.board import SIGNS
from potenzial.lab.controls import SHUFFLED, TFIDF
from potenzial.lab.kept import KeptComparison, Line, kept
from potenzial.lab.measures import MEASURES
from potenzial.lab.wording import Wording
from potenzial.report.plain import LONGEST_NAME, shown
from potenzial.web.errors import NotFoundError
from potenzial.web.site import Reader

router = APIRouter()
_PAGE = "compare.html"


@router.get("/lab")
def lab(visit: Reader) -> HTMLResponse:
    """Show which configurations are better, with intervals and controls.

    Raises:
        NotFoundError: the reader may not see all customers, of whom the figures tell.
    """
    if not visit.viewer.sees_all:
        raise NotFoundError("lab")
    found = kept(visit.site.project.out)
    words = Wording.of(visit.words.language)
    values: dict[str, Any] = {
        "found": found,
        "headings": [(name, words.title(name), name == (found and found.ranked_by)) for name in MEASURES],
        "rows": _rows(found, words) if found else [],
        "explanations": [(words.title(name), words.say(f"explain.{name}")) for name in MEASURES],
        "whole": (visit.site.project.out / _PAGE).is_file(),
    }
    return visit.page("lab.html.j2", values)


@router.get("/lab/page")
def whole(visit: Reader) -> FileResponse:
    """Send the whole page of the comparison, which names customers of all territories, as a file.

    Raises:
        NotFoundError: there is none, or the reader may not see all customers.
    """
    path = visit.site.project.out / _PAGE
    if not visit.viewer.sees_all or not path.is_file():
        raise NotFoundError(_PAGE)
    return FileResponse(path, filename=_PAGE)


def _rows(found: KeptComparison, words: Wording) -> list[dict[str, Any]]:
    by_config: dict[str, dict[str, Line]] = {}
    for line in found.leaderboard:
        by_config.setdefault(line.config, {})[line.measure] = line
    costs = {cost.config: cost for cost in found.costs}
    return [
        {
            "name": shown(words.short(name), LONGEST_NAME),
            "control": name in {TFIDF, SHUFFLED},
            "reference": name == found.reference,
            "cells": [_cell(lines[measure], words) for measure in MEASURES],
            "speed": words.number(costs[name].texts_per_second, 0),
            "size": words.number(costs[name].vectors_mb, 1),
        }
        for name, lines in by_config.items()
    ]


def _cell(line: Line, words: Wording) -> dict[str, str]:
    places = MEASURES[line.measure].places
    ends = [words.number(value, places) for value in (line.low, line.high)]
    return {
        "value": words.number(line.value, places),
        "span": "–".join(ends) if ends[0] != ends[1] else "",
        "sign": SIGNS[line.verdict],
        "verdict": line.verdict.replace(" ", "-"),
        "said": words.say(f"verdict.{line.verdict or 'none'}"),
    }
