"""Named lists of the project: which there are, and keeping a selection as one."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse

from potenzial import segments
from potenzial.web.errors import BadRequestError
from potenzial.web.query import Query, select
from potenzial.web.site import Reader, Sender, Visit

router = APIRouter()
_SEEN = 303
_MOST_IDS = 1_000
_LONGEST = 200


@router.get("/segments")
def kept(visit: Reader) -> HTMLResponse:
    """Show the lists that the reader may open, the newest first; of a territory, those kept in it."""
    found = [
        (one, visit.words.numbers.day(date.fromisoformat(one.made_at[:10])))
        for one in segments.every(visit.site.project.folder)
        if visit.viewer.sees_all or one.owner == visit.viewer.owner
    ]
    return visit.page("segments.html.j2", {"kept": found})


@router.post("/segments")
def save(
    visit: Sender,
    name: Annotated[str, Form(max_length=60)],
    area: Annotated[str, Form(max_length=6_000)] = "",
    customer: Annotated[Sequence[str], Form(max_length=_MOST_IDS)] = (),
) -> RedirectResponse:
    """Keep a piece of the map, or some customers, as a list and show it.

    Raises:
        NotFoundError: a customer is not there for this reader.
        SegmentError: the name is taken or cannot be used.
    """
    ids = _in_area(visit, area) if area else _named(visit, customer)
    made = segments.segment(name.strip(), ids, visit.viewer.who, visit.viewer.owner, area and f"/map?area={area}")
    segments.save(visit.site.project.folder, made)
    visit.site.audit.note("segment", visit.viewer.who, {"name": made.name, "customers": len(made.ids)})
    return RedirectResponse(Query(segment=made.name).url("/customers"), _SEEN)


def _in_area(visit: Visit, area: str) -> list[str]:
    portfolio = visit.portfolio
    places = select(portfolio, Query(area=area)).places
    found: list[str] = portfolio.stock.frame["customer_id"].gather(places).to_list()
    return found


def _named(visit: Visit, customers: Sequence[str]) -> list[str]:
    if any(len(one) > _LONGEST for one in customers):
        raise BadRequestError("customer: ids of customers.")
    portfolio = visit.portfolio
    for one in customers:
        portfolio.place(one)
    return list(customers)
