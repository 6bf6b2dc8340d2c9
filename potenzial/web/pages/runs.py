"""Runs: what is at work right now, with live progress, and what the last run left."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, JSONResponse

from potenzial import artifact
from potenzial.activity import Activity, current
from potenzial.errors import RunError
from potenzial.project import TABLES
from potenzial.runs import store
from potenzial.runs.between import between
from potenzial.runs.schema import RunRecord
from potenzial.runs.tables import called, notes, tables, title
from potenzial.runs.wording import Wording
from potenzial.web.site import Reader, Visit
from potenzial.web.words import Words

router = APIRouter()
Run = Annotated[str, Query(max_length=100)]


@router.get("/runs")
def runs(visit: Reader, before: Run = store.PREVIOUS, after: Run = store.LATEST) -> HTMLResponse:
    """Show the work at hand, the stages of the last run, the kept runs and what changed between two of them."""
    stages = [_stage(visit, name) for name in TABLES]
    # Sums of the whole stock are for nobody with a territory.
    kept = store.every(visit.site.project.folder) if visit.viewer.sees_all else []
    words = Wording.of(visit.words.language, visit.site.project.config.input.target)
    values = {
        "now": told(visit),
        "stages": stages,
        "kept": [_kept(one, words) for one in kept],
        "changed": _changed(visit, words, before, after) if len(kept) > 1 else None,
        "before": before,
        "after": after,
    }
    return visit.page("runs.html.j2", values)


def _kept(one: RunRecord, words: Wording) -> dict[str, Any]:
    numbers = words.numbers
    return {
        "run": one.run,
        "called": called(one, numbers),
        "customers": numbers.count(one.customers),
        "amounts": [numbers.money(value) for value in (one.revenue, one.potential, one.headroom_expected)],
        "quantile": f"{numbers.decimal(one.quantile, 2)} ({words.coverage(one)})",
    }


def _changed(visit: Visit, words: Wording, before: str, after: str) -> dict[str, Any]:
    """The difference of two runs as tables; a run that cannot be read is told instead."""
    try:
        found = between(visit.site.project, before, after)
    except RunError as error:
        return {"title": str(error), "lead": "", "tables": (), "notes": ()}
    return {
        "title": title(found, words),
        "lead": words.sentences(found)[0],
        "tables": tables(found, words),
        "notes": notes(found, words),
    }


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
