"""Companies most like some customers or a text; the same as `potenzial lookalike`."""

from typing import Annotated, Literal

import polars as pl
from fastapi import APIRouter
from pydantic import BaseModel, Field

from potenzial.filters import parse_filter
from potenzial.lookalikes.answer import answer
from potenzial.lookalikes.question import Question, Weights
from potenzial.lookalikes.stock import FACTS
from potenzial.web.api.models import Given, PotentialClass, RevenueClass, finite
from potenzial.web.site import Reader, Visit

router = APIRouter(tags=["lookalike"])
_Ids = Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=50)]
_Weight = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]


class Asked(Given):
    """A question: like the customers `ids`, or like a `text`; one of the two. `where` is a condition in SQL."""

    ids: _Ids = ()
    text: Annotated[str, Field(max_length=20_000)] = ""
    without: _Ids = ()
    where: Annotated[str, Field(max_length=1_500)] = ""
    only: Literal["inactive", "active", "prospects"] | None = None
    exclude_group: bool = False
    weight_text: _Weight = 1.0
    weight_industry: _Weight = 0.0
    weight_size: _Weight = 0.0
    min_score: Annotated[float, Field(ge=-1, le=1)] | None = None
    k: Annotated[int, Field(ge=1, le=200)] = 20


class Evidence(BaseModel):
    """A phrase and the page it stands on; null for the user's own text."""

    phrase: str
    url: str | None


class Hit(BaseModel):
    """A company that was found; `closer_than` is the share of the stock's pairs that are less alike."""

    customer_id: str
    name: str | None
    postcode: str | None
    city: str | None
    score: float
    band: Literal["very", "similar", "somewhat", "hardly"]
    closer_than: float | None
    class_revenue: RevenueClass | None
    class_potential: PotentialClass | None
    revenue: float | None
    potential: float | None
    headcount: float | None
    industry_label: str | None
    website: str | None
    shared: list[Evidence]
    own: list[Evidence]
    differs_de: str
    differs_en: str


@router.post("/lookalike")
def lookalike(visit: Reader, asked: Asked) -> list[Hit]:
    """The companies found among those that the reader may see, best first."""
    portfolio = visit.portfolio
    for one in (*asked.ids, *asked.without):
        portfolio.place(one)
    question = Question(
        ids=tuple(dict.fromkeys(asked.ids)),
        text=asked.text,
        without=tuple(dict.fromkeys(asked.without)),
        where=_where(visit, asked.where),
        only=asked.only,
        exclude_group=asked.exclude_group,
        weights=Weights(asked.weight_text, asked.weight_industry, asked.weight_size),
        min_score=asked.min_score,
        k=asked.k,
    )
    found = answer(question, visit.site.likeness.of(portfolio.stock), visit.site.likeness.reader).frame
    mine = found.join(portfolio.frame.select("customer_id"), on="customer_id", how="semi", maintain_order="left")
    return [Hit.model_validate(finite(row)) for row in _told(mine).iter_rows(named=True)]


def _told(hits: pl.DataFrame) -> pl.DataFrame:
    return hits.select(name for name in Hit.model_fields)


def _where(visit: Visit, condition: str) -> str:
    """The condition, and that of the reader's territory; it is checked alone before it is joined with another."""
    if condition.strip():
        parse_filter(condition, FACTS)
    if visit.viewer.owner is None:
        return condition.strip()
    own = f"owner = '{visit.viewer.owner.replace(chr(39), 2 * chr(39))}'"
    return f"{own} and ({condition})" if condition.strip() else own
