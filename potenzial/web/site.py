"""What all pages share, and what a request brings: its reader, language, and the part of the stock that it may see."""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from potenzial.project import Project
from potenzial.report.numbers import Language
from potenzial.report.palette import CLASS_COLOURS
from potenzial.report.plain import shown, web_link
from potenzial.web import access, words
from potenzial.web.access import Access, LoginLimit, Viewer
from potenzial.web.audit import Audit
from potenzial.web.charts import Charts
from potenzial.web.companions import Search
from potenzial.web.errors import LoginError, RefusedError
from potenzial.web.figures import Overviews
from potenzial.web.likeness import Likeness
from potenzial.web.stock import Portfolio, Results
from potenzial.web.suggest import Suggester
from potenzial.web.words import LANGUAGES, Words

#: The hidden field of every form, and the header that a script sends instead.
MARK_FIELD: Final = "mark"
MARK_HEADER: Final = "x-mark"
_YEAR: Final = 365 * 24 * 3600
_BEARER: Final = "bearer "


@dataclass(frozen=True)
class NavEntry:
    """A page of the navigation: the key of its words (`nav.KEY`) and its path.

    A page of the `whole` stock is not for readers with a territory.
    """

    key: str
    path: str
    whole: bool = False


@dataclass(frozen=True, eq=False)
class Site:
    """What the whole server shares."""

    project: Project
    results: Results
    access: Access
    audit: Audit
    likeness: Likeness
    overviews: Overviews
    nav: Sequence[NavEntry]
    templates: Environment
    catalogues: Mapping[Language, Words]
    search: Search
    charts: Charts = field(default_factory=Charts)
    suggester: Suggester = field(default_factory=Suggester)
    logins: LoginLimit = field(default_factory=LoginLimit)
    #: Held while an answer of a rep is stored: the file of answers has one writer at a time.
    answering: threading.Lock = field(default_factory=threading.Lock)
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def mark(self, token: str) -> str:
        """The mark of a reader's forms: another page in the same browser cannot know it (CSRF)."""
        return hmac.new(self.secret, token.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def templates() -> Environment:
    """The pages' templates; everything put into them is escaped."""
    found = Environment(
        loader=PackageLoader("potenzial.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals |= {"shown": shown, "web_link": web_link, "class_colours": CLASS_COLOURS}
    return found


@dataclass(frozen=True, eq=False)
class Visit:
    """One request of one reader. Pages take customers from `portfolio` alone: it holds what the reader may see."""

    request: Request
    site: Site
    viewer: Viewer
    token: str
    words: Words
    asked_language: bool

    @property
    def portfolio(self) -> Portfolio:
        """What the reader may see of the newest results."""
        return Portfolio(self.site.results.stock, self.viewer)

    @property
    def mark(self) -> str:
        """The mark of this reader's forms."""
        return self.site.mark(self.token)

    def page(self, template: str, values: Mapping[str, object], status: int = 200) -> HTMLResponse:
        """Render a template, with `say`, `counted`, `name_of`, `numbers` and `mark` beside the given values."""
        text = self.site.templates.get_template(template).render({**self._common(), **values})
        answer = HTMLResponse(text, status_code=status)
        if self.asked_language:
            answer.set_cookie(words.COOKIE, self.words.language, max_age=_YEAR, samesite="strict", httponly=True)
        return answer

    def _address(self, name: Language) -> str:
        """The same page in a language."""
        url = self.request.url.include_query_params(lang=name)
        return f"{url.path}?{url.query}"

    def _common(self) -> dict[str, object]:
        path = self.request.url.path
        return {
            "language": self.words.language,
            "languages": [(name, self._address(name)) for name in LANGUAGES],
            "say": self.words.say,
            "counted": self.words.counted,
            "name_of": self.words.name,
            "numbers": self.words.numbers,
            "viewer": self.viewer,
            "asks": self.site.access.asks,
            "mark": self.mark,
            "nav": [entry for entry in self.site.nav if self.viewer.sees_all or not entry.whole],
            "here": max((entry.path for entry in self.site.nav if _within(path, entry.path)), key=len, default=""),
            "synthetic": self.site.project.config.report.synthetic,
            "title": self.site.project.config.report.title,
        }


def _within(path: str, entry: str) -> bool:
    return path == entry or (entry != "/" and path.startswith(f"{entry}/"))


def site_of(request: Request) -> Site:
    """The site that a request is served by."""
    site: Site = request.app.state.site
    return site


def visit_of(request: Request) -> Visit:
    """Find out who reads, and in which language.

    Raises:
        LoginError: a token is needed and not brought.
    """
    visit = anybody(request)
    if visit is None:
        raise LoginError("A token is needed: log in at /login, or send it as `Authorization: Bearer TOKEN`.")
    return visit


def anybody(request: Request) -> Visit | None:
    """As `visit_of`; None for a reader without a valid token."""
    site, token = site_of(request), token_of(request)
    viewer = site.access.viewer(token)
    return None if viewer is None else made(request, viewer, token)


def made(request: Request, viewer: Viewer, token: str) -> Visit:
    """The visit of a known reader."""
    site, asked = site_of(request), request.query_params.get("lang")
    default = site.project.config.report.language
    language = words.chosen(asked, request.cookies.get(words.COOKIE), request.headers.get("accept-language"), default)
    return Visit(request, site, viewer, token, site.catalogues[language], asked_language=asked == language)


def token_of(request: Request) -> str:
    """The token of a request: the header of programs before the cookie of browsers."""
    header = request.headers.get("authorization", "")
    if header[: len(_BEARER)].lower() == _BEARER:
        return header[len(_BEARER) :].strip()
    return request.cookies.get(access.COOKIE, "")


async def marked_visit_of(request: Request) -> Visit:
    """As `visit_of`, for what changes something: a form or script of our own pages has to have sent it.

    Raises:
        RefusedError: the mark is missing or another reader's.
    """
    visit = visit_of(request)
    given = request.headers.get(MARK_HEADER) or (await request.form()).get(MARK_FIELD, "")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), visit.mark.encode()):
        raise RefusedError("The form is too old or comes from elsewhere. Load the page again and send it once more.")
    return visit


#: Parameters of pages: who reads, and who sends a form.
Reader = Annotated[Visit, Depends(visit_of)]
Sender = Annotated[Visit, Depends(marked_visit_of)]
