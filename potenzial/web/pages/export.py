"""Downloads of a list."""

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from potenzial.web.exporting import Format, export
from potenzial.web.pages.customers import Asked
from potenzial.web.site import Reader

router = APIRouter()


@router.get("/export/customers.{kind}")
def customers(visit: Reader, query: Asked, kind: Format) -> FileResponse:
    """Send all customers of a list, not only those of one page."""
    made = export(visit, query, kind)
    return FileResponse(made.path, filename=made.path.name, background=BackgroundTask(made.folder.cleanup))
