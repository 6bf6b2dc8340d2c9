"""The application: which pages there are, what they share, and how errors are told."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from importlib import resources
from typing import Final

from anyio.to_thread import current_default_thread_limiter, run_sync
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.responses import Response

from potenzial import __version__
from potenzial.project import Project
from potenzial.web import failing
from potenzial.web.access import LOCAL, Access
from potenzial.web.api import customers as api_customers
from potenzial.web.api import feedback as api_feedback
from potenzial.web.api import lookalike as api_lookalike
from potenzial.web.api import runs as api_runs
from potenzial.web.api import schema
from potenzial.web.audit import NAME, Audit
from potenzial.web.companions import Search
from potenzial.web.errors import WebError
from potenzial.web.figures import Overviews
from potenzial.web.likeness import Likeness
from potenzial.web.pages import customer, customers, export, lab, login, lookalikes, overview, runs, segments, whatif
from potenzial.web.pages import map as map_page
from potenzial.web.shield import Shield
from potenzial.web.site import NavEntry, Site, templates
from potenzial.web.stock import Portfolio, Results, Stock
from potenzial.web.words import Words, load_catalogues

#: Pages with an entry in the navigation, in its order.
PAGES: Final[tuple[tuple[NavEntry, APIRouter], ...]] = (
    (NavEntry("overview", "/"), overview.router),
    (NavEntry("customers", "/customers"), customers.router),
    (NavEntry("lookalikes", "/lookalikes"), lookalikes.router),
    (NavEntry("map", "/map"), map_page.router),
    (NavEntry("whatif", "/whatif"), whatif.router),
    (NavEntry("lab", "/lab", whole=True), lab.router),
    (NavEntry("runs", "/runs"), runs.router),
)
#: Pages without one.
OTHERS: Final[tuple[APIRouter, ...]] = (login.router, customer.router, export.router, segments.router)
#: Routers of the REST interface, all under /api/v1.
INTERFACE: Final[tuple[APIRouter, ...]] = (
    api_customers.router,
    api_feedback.router,
    api_runs.router,
    api_lookalike.router,
)
#: Where programs find the description of the interface.
DESCRIPTION: Final = "/api/v1/openapi.json"
_REQUESTS_AT_ONCE: Final = 6
#: Names that this machine goes by.
LOCAL_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")


def create_app(project: Project, access: Access | None = None, hosts: Iterable[str] = LOCAL_HOSTS) -> FastAPI:
    """Make the application of a finished project.

    Args:
        project: Rated customers are loaded at once, and again whenever a run has finished.
        access: Tokens; without them everybody who reaches the server sees everything.
        hosts: Names that requests may come to, without ports.

    Raises:
        StageError: the customers are not rated yet.
        ArtifactError: the results are damaged.
    """
    app = FastAPI(
        title="Potenzial",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=DESCRIPTION,
        lifespan=_running,
    )
    app.openapi = lambda: schema.describe(app)  # type: ignore[method-assign]  # as the framework's documentation shows
    app.state.site = _site(project, access or Access())
    for _, router in PAGES:
        app.include_router(router, include_in_schema=False)
    for router in OTHERS:
        app.include_router(router, include_in_schema=False)
    for router in INTERFACE:
        app.include_router(router, prefix="/api/v1")
    static = resources.files("potenzial.web") / "static"
    app.mount("/static", StaticFiles(directory=str(static)), name="static")
    _tell_errors(app)
    app.add_middleware(Shield, hosts=frozenset(hosts), most_bytes=project.config.serve.most_body_bytes)
    return app


def _site(project: Project, access: Access) -> Site:
    overviews = Overviews()
    catalogues = load_catalogues(project.config.input.target)
    likeness = Likeness(project)
    return Site(
        project=project,
        results=Results(project, lambda stock: _draw(stock, overviews, catalogues.values())),
        access=access,
        audit=Audit(project.folder / NAME),
        likeness=likeness,
        nav=tuple(entry for entry, _ in PAGES),
        templates=templates(),
        catalogues=catalogues,
        overviews=overviews,
        search=Search(project, likeness),
    )


def _draw(stock: Stock, overviews: Overviews, catalogues: Iterable[Words]) -> None:
    """Make the overview of all customers before somebody waits for it: it takes seconds in a large stock."""
    for words in catalogues:
        overviews.of(Portfolio(stock, LOCAL), words)


@asynccontextmanager
async def _running(app: FastAPI) -> AsyncIterator[None]:
    """Let few requests work at a time, as each may use all cores and more would only take memory; draw ahead."""
    current_default_thread_limiter().total_tokens = _REQUESTS_AT_ONCE
    site: Site = app.state.site
    await run_sync(_draw, site.results.stock, site.overviews, site.catalogues.values())
    yield


def _tell_errors(app: FastAPI) -> None:
    async def known(request: Request, error: Exception) -> Response:
        return failing.told(request, error)

    async def unknown(request: Request, error: Exception) -> Response:
        return failing.unforeseen(request, error)

    app.add_exception_handler(Exception, unknown)
    for kind in (WebError, HTTPException, RequestValidationError, *failing.EXPECTED):
        app.add_exception_handler(kind, known)
