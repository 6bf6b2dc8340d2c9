"""The overview: what the whole stock, or a reader's part of it, looks like."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from potenzial.web.site import Reader

router = APIRouter()


@router.get("/")
def overview(visit: Reader) -> HTMLResponse:
    """Show the figures of the report, each leading to its customers."""
    portfolio = visit.portfolio
    return visit.page("overview.html.j2", {"count": portfolio.frame.height})
