"""Customers, and why they are rated as they are."""

from dataclasses import asdict
from typing import Annotated, Literal

import polars as pl
from fastapi import APIRouter, Depends
from fastapi import Query as Parameter

from potenzial.runs import store
from potenzial.web.api.models import (
    Action,
    Confidence,
    Customer,
    CustomerPage,
    Explanation,
    Past,
    PotentialClass,
    RevenueClass,
    finite,
)
from potenzial.web.dossier import explanation_of
from potenzial.web.query import SIZES, Query, select
from potenzial.web.site import Reader
from potenzial.web.stock import HELD, SORTS, Portfolio

router = APIRouter(tags=["customers"])
Text = Annotated[str, Parameter(max_length=200)]
#: Newest runs that are looked through for a customer's history.
_RUNS = 100
_OF_RUN = ("run", "name", "finished_at", "quantile")


def query_of(  # noqa: PLR0913, PLR0917 - one parameter for each filter of the list
    q: Annotated[str, Parameter(max_length=200, description="words in name, id or town")] = "",
    class_revenue: Annotated[tuple[RevenueClass, ...], Parameter()] = (),
    class_potential: Annotated[tuple[PotentialClass, ...], Parameter()] = (),
    action: Annotated[tuple[Action, ...], Parameter()] = (),
    confidence: Annotated[tuple[Confidence, ...], Parameter()] = (),
    owner: Text = "",
    industry: Annotated[str, Parameter(max_length=200, description="code, its beginning, or label")] = "",
    section: Annotated[str, Parameter(max_length=200, description="letter of a section of industries")] = "",
    postcode: Annotated[str, Parameter(max_length=200, description="its beginning")] = "",
    where: Annotated[str, Parameter(max_length=2_000, description="condition in SQL on the fields of Customer")] = "",
    sort: Literal[SORTS] = "headroom_expected",  # type: ignore[valid-type]  # the names stand in one place
    reverse: Annotated[bool, Parameter(description="amounts from the smallest, texts from Z")] = False,  # noqa: FBT002
    page: Annotated[int, Parameter(ge=1, le=1_000_000)] = 1,
    size: Annotated[int, Parameter(ge=1, le=SIZES[-1])] = 50,
) -> Query:
    """Read the filters of a list."""
    return Query(
        q=q.strip(),
        class_revenue=class_revenue,
        class_potential=class_potential,
        action=action,
        confidence=confidence,
        owner=owner,
        industry=industry,
        section=section.strip(),
        postcode=postcode.strip(),
        where=where.strip(),
        sort=sort,
        reverse=reverse,
        page=page,
        size=size,
    )


Asked = Annotated[Query, Depends(query_of)]


@router.get("/customers")
def customers(visit: Reader, query: Asked) -> CustomerPage:
    """One page of the customers that meet all filters; beyond the last page there are none."""
    portfolio = visit.portfolio
    found = select(portfolio, query)
    rows = _rows(portfolio, found.page(query))
    return CustomerPage(count=found.count, page=query.page, size=query.size, customers=rows)


@router.get("/customers/{customer_id}")
def customer(visit: Reader, customer_id: str) -> Customer:
    """One customer."""
    portfolio = visit.portfolio
    return _rows(portfolio, pl.Series([portfolio.place(customer_id)], dtype=pl.UInt32))[0]


@router.get("/customers/{customer_id}/explanation")
def explanation(visit: Reader, customer_id: str) -> Explanation:
    """All that led to the rating of a customer, as `potenzial explain` tells it."""
    found = asdict(explanation_of(visit.portfolio, customer_id))
    peers = [{name: value if value != "" else None for name, value in peer.items()} for peer in found["peers"]]
    return Explanation.model_validate(finite({**found, "peers": peers}))


@router.get("/customers/{customer_id}/history")
def history(visit: Reader, customer_id: str) -> list[Past]:
    """What the kept runs said of a customer, the newest first."""
    visit.portfolio.place(customer_id)
    found = store.history(visit.site.project.folder, customer_id, _RUNS)
    return [
        Past.model_validate(finite({**row, **{name: getattr(run, name) for name in _OF_RUN}})) for run, row in found
    ]


def _rows(portfolio: Portfolio, places: pl.Series) -> list[Customer]:
    rows = portfolio.stock.frame.select(pl.col(HELD).gather(places))
    return [Customer.model_validate(finite(row)) for row in rows.iter_rows(named=True)]
