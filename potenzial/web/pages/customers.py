"""The list of customers: search, filters, order and page stand in its address."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import polars as pl
from fastapi import APIRouter, Depends
from fastapi import Query as Parameter
from fastapi.responses import HTMLResponse

from potenzial.web.query import CHOICES, SIZES, Query, select
from potenzial.web.site import Reader
from scoring.potential.sums import section_labels

router = APIRouter()
#: Columns of the list by which it can be sorted, with the style of their heads.
_COLUMNS: Final[Sequence[tuple[str, str]]] = (
    ("name", ""),
    ("city", ""),
    ("owner", ""),
    ("class_potential", ""),
    ("action", ""),
    ("revenue", "number"),
    ("potential", "number"),
    ("headroom_expected", "number"),
)


def query_of(  # noqa: PLR0913, PLR0917 - one parameter for each filter of the list
    q: str = "",
    class_revenue: Annotated[Sequence[str], Parameter()] = (),
    class_potential: Annotated[Sequence[str], Parameter()] = (),
    action: Annotated[Sequence[str], Parameter()] = (),
    confidence: Annotated[Sequence[str], Parameter()] = (),
    owner: str = "",
    industry: str = "",
    section: str = "",
    postcode: str = "",
    where: str = "",
    segment: str = "",
    area: str = "",
    cluster: str = "",
    sort: str = "headroom_expected",
    reverse: Annotated[int, Parameter(ge=0, le=1)] = 0,
    page: Annotated[int, Parameter(ge=1, le=1_000_000)] = 1,
    size: Annotated[int, Parameter(ge=1, le=SIZES[-1])] = 50,
) -> Query:
    """Read the parameters of a list; empty ones, as forms send them, are none."""
    return Query(
        q=q.strip(),
        class_revenue=_given(class_revenue),
        class_potential=_given(class_potential),
        action=_given(action),
        confidence=_given(confidence),
        owner=owner,
        industry=industry,
        section=section.strip(),
        postcode=postcode.strip(),
        where=where.strip(),
        segment=segment,
        area=area,
        cluster=cluster,
        sort=sort,
        reverse=reverse == 1,
        page=page,
        size=size,
    )


def _given(values: Sequence[str]) -> tuple[str, ...]:
    """Several values stand in one parameter with commas, or in one parameter each."""
    return tuple(dict.fromkeys(one for value in values for one in value.split(",") if one))


Asked = Annotated[Query, Depends(query_of)]


@router.get("/customers")
def customers(visit: Reader, query: Asked) -> HTMLResponse:
    """Show one page of the list."""
    portfolio = visit.portfolio
    found = select(portfolio, query)
    last = max(1, -(-found.count // query.size))
    shown = query.at(min(query.page, last))
    rows = portfolio.stock.frame.select(pl.all().gather(found.page(shown))).drop("search")
    values: dict[str, Any] = {
        "query": shown,
        "count": found.count,
        "last": last,
        "rows": rows.to_dicts(),
        "choices": CHOICES,
        "owners": portfolio.stock.known["owner"],
        "industries": portfolio.stock.known["industry_label" if visit.words.language == "de" else "industry_label_en"],
        "columns": [one for one in _COLUMNS if visit.viewer.sees_all or one[0] != "owner"],
        "language": visit.words.language,
        "section": section_labels(query.section)[0 if visit.words.language == "de" else 1],
    }
    return visit.page("customers.html.j2", values)
