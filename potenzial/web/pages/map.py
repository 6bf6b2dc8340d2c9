"""The map: what its page draws, what a pointed-at company is, and what a selection holds."""

from typing import Annotated, Any, Final

import polars as pl
from fastapi import APIRouter
from fastapi import Query as Parameter
from fastapi.responses import HTMLResponse, JSONResponse, Response

from potenzial.errors import ProjectBusyError
from potenzial.report.plain import LONGEST_NAME, shown
from potenzial.web.area import Area, inside
from potenzial.web.basis import basis_of
from potenzial.web.charts import Chart
from potenzial.web.errors import NotFoundError
from potenzial.web.query import Query
from potenzial.web.site import Reader, Visit
from scoring.schema import POTENTIAL_CLASSES, REVENUE_CLASSES

router = APIRouter()
#: Companies of a selection that are listed on the page.
_LISTED: Final = 6

Run = Annotated[str, Parameter(max_length=100)]


@router.get("/map")
def chart(visit: Reader) -> HTMLResponse:
    """Show the map with its groups as a table beside it."""
    drawn = visit.site.charts.of(visit.portfolio)
    values: dict[str, Any] = {
        "run": drawn.run,
        "count": drawn.places.height,
        "groups": [{**row, "name": drawn.names[row["cluster"]]} for row in drawn.groups().iter_rows(named=True)],
        "basis": basis_of(visit.site.project).said(visit.words),
        "classes": POTENTIAL_CLASSES,
        "classes_today": REVENUE_CLASSES,
        "labels": _labels(drawn),
    }
    return visit.page("map.html.j2", values)


def _labels(drawn: Chart) -> list[dict[str, object]]:
    """The middle of each group (its medians) and its name, the largest first."""
    middles = drawn.places.group_by("cluster").agg(
        pl.col("x").median().round(4), pl.col("y").median().round(4), count=pl.len()
    )
    rows = middles.sort("count", "cluster", descending=[True, False]).iter_rows(named=True)
    return [{**row, "name": drawn.names[row["cluster"]]} for row in rows]


@router.get("/map/points")
def points(visit: Reader, run: Run) -> Response:
    """Give all companies on the map as `Chart.packed` describes."""
    return Response(_same(visit, run).packed(), media_type="application/octet-stream")


@router.get("/map/points/{number}")
def point(visit: Reader, number: int, run: Run) -> JSONResponse:
    """Say what a company on the map is, by its place in `/map/points`."""
    drawn = _same(visit, run)
    if not 0 <= number < drawn.places.height:
        raise NotFoundError(str(number))
    row = drawn.places.row(number, named=True)
    words, classes = visit.words, (row["class_revenue"], row["class_potential"])
    said = {
        "now": words.name("class", classes[0]),
        "potential": words.name("class", classes[1]),
        "revenue": words.numbers.money(row["revenue"]),
        "expected": words.numbers.money(row["headroom_expected"]),
    }
    return JSONResponse(
        {
            "id": row["customer_id"],
            "name": shown(row["name"] or row["customer_id"], LONGEST_NAME),
            "city": shown(row["city"], LONGEST_NAME),
            "group": drawn.names[row["cluster"]],
            "facts": words.say("map.facts", said),
        }
    )


@router.get("/map/selection")
def selection(visit: Reader, area: str) -> HTMLResponse:
    """Show what lies in a piece of the map: a part of a page."""
    chosen = Area.parse(area)
    places = visit.site.charts.of(visit.portfolio).places
    found = places.filter(pl.col("customer_id").is_in(inside(places, chosen).implode()))
    best = found.sort("headroom_expected", descending=True, nulls_last=True).head(_LISTED)
    values: dict[str, Any] = {
        "count": found.height,
        "revenue": found["revenue"].sum(),
        "expected": found["headroom_expected"].sum(),
        "rows": best.to_dicts(),
        "basis": basis_of(visit.site.project).said(visit.words),
        "list": Query(area=str(chosen)).url("/customers"),
        "area": str(chosen),
    }
    return visit.page("map_selection.html.j2", values)


def _same(visit: Visit, run: str) -> Chart:
    """The map that a page was drawn from.

    Raises:
        ProjectBusyError: a run has finished since.
    """
    drawn = visit.site.charts.of(visit.portfolio)
    if drawn.run != run:
        raise ProjectBusyError("A run has finished since. Load the page again.")
    return drawn
