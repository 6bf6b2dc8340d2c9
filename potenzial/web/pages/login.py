"""Logging in and out: the token travels in a form and stays in a cookie that no script can read."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from potenzial.web import access, site
from potenzial.web.access import Viewer
from potenzial.web.errors import TooManyError
from potenzial.web.site import Sender

router = APIRouter()
_NOBODY = Viewer("")
_SEEN = 303
_WRONG = 401


@router.get("/login")
def form(request: Request) -> Response:
    """Show the form; who is logged in already goes on."""
    if site.anybody(request):
        return RedirectResponse("/", _SEEN)
    return _form(request, 200)


@router.post("/login")
def login(request: Request, token: Annotated[str, Form(max_length=500)]) -> Response:
    """Keep a known token in a cookie.

    Raises:
        TooManyError: too many logins failed of late.
    """
    shared = site.site_of(request)
    if shared.logins.wait > 0:
        raise TooManyError(f"Too many failed logins. Try again in {shared.logins.wait:.0f} seconds.")
    viewer = shared.access.viewer(token.strip())
    if viewer is None:
        shared.logins.fail()
        shared.audit.note("login failed", "", {"from": request.client.host if request.client else ""})
        return _form(request, _WRONG)
    shared.audit.note("login", viewer.who, {})
    return _kept(request, token.strip())


@router.post("/logout")
def logout(visit: Sender) -> Response:
    """Forget the token."""
    answer = RedirectResponse("/login" if visit.site.access.asks else "/", _SEEN)
    answer.delete_cookie(access.COOKIE, samesite="strict", httponly=True)
    return answer


def _form(request: Request, status: int) -> HTMLResponse:
    visit = site.made(request, _NOBODY, "")
    return visit.page("login.html.j2", {"wrong": status == _WRONG}, status)


def _kept(request: Request, token: str) -> Response:
    answer = RedirectResponse("/", _SEEN)
    secure = urlsplit(str(request.url)).scheme == "https"
    answer.set_cookie(access.COOKIE, token, httponly=True, samesite="strict", secure=secure)
    return answer
