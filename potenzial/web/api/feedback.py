"""What reps say of ratings; the same as `potenzial feedback`."""

from typing import Annotated

import polars as pl
from fastapi import APIRouter, Query

from potenzial.feedback import ANSWERS, FOLDER
from potenzial.web.answering import Answer, take
from potenzial.web.api.models import FeedbackAnswer, FeedbackGiven, FeedbackTaken
from potenzial.web.site import Reader

router = APIRouter(tags=["feedback"])


@router.post("/customers/{customer_id}/feedback", status_code=201)
def give(visit: Reader, customer_id: str, given: FeedbackGiven) -> FeedbackTaken:
    """Store an answer; it takes the place of an earlier override of the customer."""
    comment = (given.comment or "").strip() or None
    found = take(visit, customer_id, Answer(given.verdict, given.estimate, comment))
    return FeedbackTaken(customer_id=customer_id, overrides=customer_id in found.overrides["customer_id"].to_list())


@router.get("/feedback")
def answers(
    visit: Reader,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    size: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> list[FeedbackAnswer]:
    """All answers on the customers that the reader may see, newest first."""
    portfolio = visit.portfolio
    path = portfolio.stock.project.folder / FOLDER / "answers.parquet"
    if not path.is_file():
        return []
    every = pl.read_parquet(path, glob=False).match_to_schema(ANSWERS)
    mine = every.join(portfolio.frame.select("customer_id"), on="customer_id", how="semi")
    ordered = mine.sort("answered_on", "customer_id", descending=[True, False])
    rows = ordered.slice((page - 1) * size, size)
    return [FeedbackAnswer.model_validate(row) for row in rows.iter_rows(named=True)]
