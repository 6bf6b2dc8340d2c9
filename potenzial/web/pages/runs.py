"""Runs: what is at work right now, with live progress, and what the last run left."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse

from potenzial import artifact
from potenzial.activity import Activity, current
from potenzial.project import TABLES
from potenzial.web.site import Reader, Visit
from potenzial.web.words import Words

router = APIRouter()


@router.get("/runs")
def runs(visit: Reader) -> HTMLResponse:
    """Show the work at hand and the stages of the last run."""
    stages = [_stage(visit, name) for name in TABLES]
    return visit.page("runs.html.j2", {"now": told(visit), "stages": stages})


@router.get("/runs/status")
def status(visit: Reader) -> JSONResponse:
    """Tell the work at hand, in words of the reader's language."""
    return JSONResponse(told(visit))


def told(visit: Visit) -> dict[str, Any]:
    """Say what is at work: its state, a sentence, how much of the stage is done (null unknown) and stages so far.

    Counts are those of the whole stock, so a reader with a territory is not told them.
    """
    found = current(visit.site.project.folder / "data")
    words = visit.words
    if found is None:
        return {"state": "none", "sentence": words.say("runs.none"), "detail": "", "share": None, "stages": []}
    return {
        "state": found.state,
        "sentence": words.say(f"runs.{found.state}", {"command": found.command}),
        "detail": _detail(found, words, counts=visit.viewer.sees_all),
        "share": found.share if found.state == "running" else None,
        "stages": [words.known("stage", name) for name in found.stages],
    }


def _stage(visit: Visit, name: str) -> dict[str, Any]:
    """A stage of the last run in words; a territory is not told how many rows of the whole stock it left."""
    words, known = visit.words, artifact.record(visit.site.project.stage(name))
    if known is None:
        return {"name": words.known("stage", name), "finished": ""}
    finished = datetime.fromisoformat(known.finished_at)
    rows = known.rows.items() if visit.viewer.sees_all else ()
    return {
        "name": words.known("stage", name),
        "finished": f"{words.numbers.day(finished.date())}, {finished:%H:%M} UTC",
        "took": words.numbers.seconds(known.seconds),
        "rows": [f"{words.numbers.count(count)} {words.known('table', table)}" for table, count in rows],
    }


def _detail(found: Activity, words: Words, *, counts: bool) -> str:
    """The stage, what is done of it, and how long it will take."""
    if not found.stage:
        return ""
    if not (found.total and counts) or found.state != "running":
        return words.say("runs.stage", {"stage": words.known("stage", found.stage)})
    gaps = {
        "stage": words.known("stage", found.stage),
        "done": words.numbers.count(found.done),
        "total": words.numbers.count(found.total),
        "unit": words.known("unit", found.unit),
    }
    detail = words.say("runs.done_of", gaps)
    left = found.seconds_left
    return detail if left is None else f"{detail} {words.say('runs.left', {'time': words.numbers.seconds(left)})}"
