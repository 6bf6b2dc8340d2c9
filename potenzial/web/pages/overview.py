"""The overview: what the whole stock, or a reader's part of it, looks like."""

from datetime import date
from typing import Any

import polars as pl
from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from potenzial.report.palette import LINES
from potenzial.report.summary import LARGE, SMALL, WORKED
from potenzial.web.query import Query, select
from potenzial.web.site import Reader, Visit
from scoring.schema import POTENTIAL_CLASSES, REVENUE_CLASSES

router = APIRouter()
#: Customers named for each action.
_NAMED = 5
#: Where each headline number leads.
_TILE_LINKS = (
    Query(class_potential=("A", "B", "C")),
    Query(class_revenue=("A", "B", "C"), sort="revenue"),
    Query(),
    Query(sort="headroom"),
    Query(class_revenue=SMALL, class_potential=LARGE),
)


@router.get("/")
def overview(visit: Reader) -> HTMLResponse:
    """Show the figures of the report, each leading to its customers."""
    portfolio = visit.portfolio
    found = visit.site.overviews.of(portfolio, visit.words)
    links = [*(query.url("/customers") for query in _TILE_LINKS), ""]
    values = {
        "found": found,
        "tiles": list(zip(found.tiles, links, strict=True)),
        "report": visit.words.report,
        "revenue_classes": REVENUE_CLASSES,
        "potential_classes": POTENTIAL_CLASSES,
        "lines": LINES,
        "actions": [_action(visit, action) for action in WORKED],
        "finished": date.fromisoformat(portfolio.stock.finished_at[:10]),
    }
    return visit.page("overview.html.j2", values)


def _action(visit: Visit, action: str) -> dict[str, Any]:
    """The first customers of an action, and the address of all."""
    portfolio, query = visit.portfolio, Query(action=(action,))
    found = select(portfolio, query)
    rows = portfolio.stock.frame.select(pl.all().gather(found.places.head(_NAMED)))
    return {"name": action, "count": found.count, "address": query.url("/customers"), "rows": rows.to_dicts()}
