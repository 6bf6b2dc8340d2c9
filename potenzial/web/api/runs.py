"""How far the run is, as `potenzial status` says, and the runs that are kept, as `potenzial runs` and `diff` do."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from potenzial import artifact
from potenzial.errors import RunError
from potenzial.project import TABLES, Project
from potenzial.runs import store
from potenzial.runs.between import between
from potenzial.runs.schema import RunRecord
from potenzial.runs.wording import Wording
from potenzial.web.access import Viewer
from potenzial.web.api.models import BridgeStep, KeptRun, Moved, RunDifference, RunState, Setting, StageState
from potenzial.web.errors import NotFoundError
from potenzial.web.site import Reader

router = APIRouter(tags=["runs"])
Run = Annotated[str, Query(max_length=100)]
#: What tells of the whole stock.
_OF_ALL: Final = ("customers", "rated", "revenue", "potential", "headroom", "headroom_expected", "a", "b")


@router.get("/runs/current")
def current(visit: Reader) -> RunState:
    """The stages of the project, and when the results that are served were made.

    Row counts are those of the whole stock, so a reader with a territory is not told them.
    """
    project = visit.site.project
    return RunState(
        served=visit.portfolio.stock.finished_at, stages=[_state(project, stage, visit.viewer) for stage in TABLES]
    )


@router.get("/runs")
def runs(visit: Reader) -> list[KeptRun]:
    """The kept runs, the newest first; sums of the whole stock are not for a reader with a territory."""
    return [_kept(one, visit.viewer) for one in store.every(visit.site.project.folder)]


@router.get("/runs/difference")
def run_difference(visit: Reader, before: Run = store.PREVIOUS, after: Run = store.LATEST) -> RunDifference:
    """What changed between two kept runs, called by name or id.

    Raises:
        NotFoundError: a run is not there, or the reader may not see all customers, of whom the figures tell.
    """
    if not visit.viewer.sees_all:
        raise NotFoundError("runs")
    try:
        found = between(visit.site.project, before, after)
    except RunError as error:
        raise NotFoundError(str(error)) from error
    target = visit.site.project.config.input.target
    return RunDifference(
        before=_kept(found.before, visit.viewer),
        after=_kept(found.after, visit.viewer),
        summary_de=Wording.of("de", target).sentences(found),
        summary_en=Wording.of("en", target).sentences(found),
        bridge=[BridgeStep.model_validate(row) for row in found.bridge.iter_rows(named=True)],
        moved=[Moved.model_validate(row) for row in found.moved.iter_rows(named=True)],
        settings=[Setting(key=key, before=one, after=other) for key, one, other in found.settings],
    )


def _kept(record: RunRecord, viewer: Viewer) -> KeptRun:
    told = {name: getattr(record, name, None) for name in KeptRun.model_fields}
    return KeptRun.model_validate(told if viewer.sees_all else told | dict.fromkeys(_OF_ALL))


def _state(project: Project, stage: str, viewer: Viewer) -> StageState:
    known = artifact.record(project.stage(stage))
    if known is None:
        return StageState(stage=stage, done=False, finished_at=None, seconds=None, rows={})
    return StageState(
        stage=stage,
        done=True,
        finished_at=known.finished_at,
        seconds=round(known.seconds, 1),
        rows=known.rows if viewer.sees_all else {},
    )
