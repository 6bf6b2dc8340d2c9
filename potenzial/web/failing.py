"""How errors are told: a page for people, problem+json (RFC 9457) for programs."""

import logging
from typing import Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from embeddings.errors import UnknownCompanyError
from potenzial.errors import FilterError, ProjectBusyError, QuestionError, SegmentError, UnknownIdError
from potenzial.problems import EXPECTED as PROBLEMS
from potenzial.web import site
from potenzial.web.access import Viewer
from potenzial.web.errors import LoginError, NotFoundError, TooManyError, WebError
from potenzial.web.shield import fixed_headers

logger = logging.getLogger(__name__)

EXPECTED: Final[tuple[type[Exception], ...]] = PROBLEMS
_INTERFACE: Final = "/api/"
_SERVER: Final = 500
#: What a reader can mend is the request's fault, not the server's.
_STATUSES: Final[tuple[tuple[type[Exception], int], ...]] = (
    (UnknownCompanyError, 422),
    (UnknownIdError, 404),
    (FilterError, 422),
    (QuestionError, 422),
    (SegmentError, 422),
    (ProjectBusyError, 409),
)
_TITLES: Final = {
    400: "bad request", 401: "not logged in", 403: "refused", 404: "not found", 405: "method not allowed",
    409: "busy", 413: "too large", 422: "unusable request", 429: "too many requests", 503: "not ready",
}  # fmt: skip


def told(request: Request, error: Exception) -> Response:
    """Answer an error in the form that the request expects."""
    status, detail = _described(error)
    if status >= _SERVER:
        logger.error("%s %s: %s", request.method, request.url.path, error)
    if request.url.path.startswith(_INTERFACE):
        return problem(status, detail, dict(getattr(error, "headers", None) or {}))
    if isinstance(error, LoginError):
        return RedirectResponse("/login", status_code=303)
    return _page(request, status, detail)


def unforeseen(request: Request, error: Exception) -> Response:
    """Answer a mistake of the program itself, with the headers that the shield cannot add any more."""
    answer = told(request, error)
    answer.headers.update(dict(fixed_headers()))
    return answer


def problem(status: int, detail: str, headers: dict[str, str]) -> JSONResponse:
    """An error as RFC 9457 has it."""
    body = {"type": "about:blank", "title": _TITLES.get(status, "error"), "status": status, "detail": detail}
    if status == LoginError.status:
        headers["www-authenticate"] = "Bearer"
    return JSONResponse(body, status_code=status, media_type="application/problem+json", headers=headers)


def _described(error: Exception) -> tuple[int, str]:
    if isinstance(error, NotFoundError):
        return error.status, "There is no such page or customer."
    if isinstance(error, WebError):
        return error.status, str(error)
    if isinstance(error, RequestValidationError):
        return 422, "; ".join(_violation(one) for one in error.errors())
    if isinstance(error, HTTPException):
        return error.status_code, str(error.detail)
    known = next((status for kind, status in _STATUSES if isinstance(error, kind)), None)
    # Other messages name files of this machine, which are nobody's business out there.
    return (known, str(error)) if known else _broken(error)


def _broken(error: Exception) -> tuple[int, str]:
    if isinstance(error, EXPECTED):
        return 503, "The results cannot be read at the moment."
    return _SERVER, "This is a mistake in Potenzial; its log tells more."


def _violation(found: dict[str, object]) -> str:
    place = found.get("loc")
    named = ".".join(str(part) for part in place) if isinstance(place, tuple) else ""
    return f"{named}: {found.get('msg')}"


def _page(request: Request, status: int, detail: str) -> Response:
    visit = site.anybody(request) or site.made(request, Viewer(""), "")
    said = visit.words.sentences.get(f"error.{status}", visit.words.say("error.other"))
    explained = detail if status in {TooManyError.status, 422} else ""
    values = {"heading": said, "detail": explained, "known": bool(visit.viewer.who)}
    return visit.page("error.html.j2", values, status)
