"""What other borders of the classes would change, live while a slider moves, or as a form without script."""

import math
from typing import Annotated

from fastapi import APIRouter
from fastapi import Query as Parameter
from fastapi.responses import HTMLResponse

from potenzial.borders import classed
from potenzial.web.basis import basis_of
from potenzial.web.errors import BadRequestError
from potenzial.web.site import Reader
from potenzial.web.whatif import borders, span
from scoring.classes import Thresholds
from scoring.schema import POTENTIAL_CLASSES, REVENUE_CLASSES

router = APIRouter()
_LARGEST = 1e12
Euro = Annotated[float | None, Parameter(gt=0, le=_LARGEST, allow_inf_nan=False)]


@router.get("/whatif")
def whatif(visit: Reader, a: Euro = None, b: Euro = None) -> HTMLResponse:
    """Show counts and EUR by class for some borders, beside those of the last run.

    Raises:
        BadRequestError: A would begin below B.
    """
    portfolio = visit.portfolio
    frame, kept = portfolio.frame, borders(portfolio)
    asked = Thresholds(a or kept.a, b or kept.b)
    if asked.a < asked.b:
        raise BadRequestError("a and b: A begins at the higher border.")
    low, high = span(frame, kept)
    values = {
        "kept": kept,
        "asked": asked,
        "before": classed(frame, kept),
        "after": classed(frame, asked),
        "ends": (math.log10(low), math.log10(high)),
        "rows": REVENUE_CLASSES,
        "columns": POTENTIAL_CLASSES[:3],
        "basis": basis_of(visit.site.project).said(visit.words),
    }
    return visit.page("whatif.html.j2", values)
