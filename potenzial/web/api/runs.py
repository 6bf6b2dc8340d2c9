"""How far the run is; the same as `potenzial status`."""

from fastapi import APIRouter

from potenzial import artifact
from potenzial.project import TABLES, Project
from potenzial.web.access import Viewer
from potenzial.web.api.models import RunState, StageState
from potenzial.web.site import Reader

router = APIRouter(tags=["runs"])


@router.get("/runs/current")
def current(visit: Reader) -> RunState:
    """The stages of the project, and when the results that are served were made.

    Row counts are those of the whole stock, so a reader with a territory is not told them.
    """
    project = visit.site.project
    return RunState(
        served=visit.portfolio.stock.finished_at, stages=[_state(project, stage, visit.viewer) for stage in TABLES]
    )


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
