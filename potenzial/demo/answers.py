"""What the demo's web answers to a request: pure, so that it can be tried without a socket."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from potenzial.demo.companies import Company
from potenzial.demo.content import Content, load_content
from potenzial.demo.hosts import Host
from potenzial.demo.pages import Site, write_site
from potenzial.demo.sites import Document, Renderer
from potenzial.demo.stock import DemoStock, site_hosts

#: Seconds that a slow host takes, at least and at most.
SLOW_SECONDS: Final = (1.0, 2.0)
#: Seconds between two requests that one host asks for.
CRAWL_DELAY: Final = 1
_TDM_FILE: Final = "/.well-known/tdmrep.json"
_MOVED, _FORBIDDEN, _NOT_FOUND, _BROKEN = 301, 403, 404, 500


@dataclass(frozen=True)
class Answer:
    """Status, body, content type, further headers, and the seconds to wait before answering."""

    status: int
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0


class Web:
    """All websites of a stock, written when they are asked for."""

    def __init__(self, stock: DemoStock, content: Content | None = None) -> None:
        self._content = content or load_content()
        self._seed = stock.seed
        self._hosts = {host.host: host for host in site_hosts(stock)}
        self._companies = stock.companies
        self._renderer = Renderer()

    def answer(self, host_header: str, path: str) -> Answer:
        """Answer a GET for a path with its query; hosts are told apart by the Host header."""
        host = self._hosts.get(host_header.partition(":")[0].lower())
        if host is None:
            return self._plain(_NOT_FOUND, "Unbekannter Host", "Hier gibt es keine Website dieses Namens.")
        if host.behaviour in {"bare", "moved"}:
            return _redirect(host, path)
        if path == "/robots.txt":
            return self._robots(host)
        special = {
            "slow": self._slow,
            "parked": self._parked,
            "error_403": self._error,
            "error_500": self._error,
            "huge": self._huge,
            "script": self._script,
        }
        return special.get(host.behaviour, self._page)(host, path)

    def _page(self, host: Host, path: str) -> Answer:
        site = self._site(host)
        if path == _TDM_FILE and host.robots == "tdm_file":
            return Answer(200, b'[{"location": "/*", "tdm-reservation": 1}]', "application/json")
        if path == "/sitemap.xml":
            return Answer(200, self._renderer.sitemap(site, host.host), "application/xml")
        home = site.page_of("home")
        if path == "/" and home and home.path.startswith("/de"):
            return Answer(302, headers={"Location": home.path})
        page = home if path == "/" else site.pages.get(path)
        if page is None:
            return self._plain(_NOT_FOUND, "Seite nicht gefunden", "Die gewünschte Seite gibt es nicht (mehr).")
        document = self._renderer.page(site, page, reserved=host.robots == "tdm_meta")
        return _html(document, {"tdm-reservation": "1"} if host.robots == "tdm_header" else {})

    def _robots(self, host: Host) -> Answer:
        if host.robots == "missing" or host.behaviour == "parked":
            return self._plain(_NOT_FOUND, "Seite nicht gefunden", "Die gewünschte Seite gibt es nicht (mehr).")
        return Answer(200, robots_text(host, self._site(host)).encode(), "text/plain; charset=utf-8")

    def _slow(self, host: Host, path: str) -> Answer:
        answer = self._page(host, path)
        low, high = SLOW_SECONDS
        # The same page takes the same time on every visit.
        wait = low + (high - low) * (len(path) * 7 % 10) / 10
        return Answer(answer.status, answer.body, answer.content_type, answer.headers, wait)

    def _parked(self, host: Host, _path: str) -> Answer:
        company = self._company(host)
        line = self._content.common.parked[company.number % len(self._content.common.parked)]
        return self._plain(200, company.identity.domain, line.replace("{domain}", company.identity.domain))

    def _error(self, host: Host, _path: str) -> Answer:
        if host.behaviour == "error_403":
            return self._plain(_FORBIDDEN, "403 Forbidden", "Zugriff verweigert.")
        return self._plain(_BROKEN, "500 Internal Server Error", "Interner Fehler. Bitte versuchen Sie es später.")

    def _huge(self, host: Host, path: str) -> Answer:
        site = self._site(host)
        home = site.page_of("home")
        if home and path in {"/", home.path}:
            return _html(self._renderer.huge(site, home), {})
        return self._page(host, path)

    def _script(self, host: Host, path: str) -> Answer:
        if path != "/":
            return self._plain(_NOT_FOUND, "Nicht gefunden", "Diese Adresse gibt es nicht.")
        return _html(self._renderer.script_only(self._company(host).identity.name), {})

    def _plain(self, status: int, title: str, text: str) -> Answer:
        return Answer(status, self._renderer.simple(title, text).body)

    def _site(self, host: Host) -> Site:
        return write_site(self._content, self._company(host), self._seed)

    def _company(self, host: Host) -> Company:
        return self._companies[host.number]


def robots_text(host: Host, site: Site) -> str:
    """Return a host's robots.txt."""
    if host.robots == "closed":
        return "User-agent: *\nDisallow: /\n"
    lines = ["User-agent: *", "Disallow: /intern/", "Disallow: /suche"]
    if host.robots == "partial":
        hidden = site.page_of("products") or site.page_of("privacy")
        lines += [f"Disallow: {hidden.path}"] if hidden else []
    if host.robots == "delay":
        lines.append(f"Crawl-delay: {CRAWL_DELAY}")
    return "\n".join([*lines, "", f"Sitemap: http://{host.host}/sitemap.xml", ""])


def _redirect(host: Host, path: str) -> Answer:
    # A bare host keeps the path; a firm that moved sends everybody to its new front door.
    kept = path.lstrip("/") if host.behaviour == "bare" else ""
    return Answer(_MOVED, headers={"Location": f"{host.target}{kept}"})


def _html(document: Document, headers: Mapping[str, str]) -> Answer:
    return Answer(200, document.body, f"text/html; charset={document.encoding}", headers)
