"""The pages of the demo's websites as bytes, in one of several layouts."""

from dataclasses import dataclass
from typing import Final

import jinja2

from potenzial.demo.pages import NAVIGATION, Page, Site

#: Old sites were written in the code page of their time.
_ENCODINGS: Final = {"table": "windows-1252"}
_FOOTER: Final = ("impressum", "privacy")
#: A page of this many lines is larger than the crawler's limit.
_HUGE_ROWS: Final = 60_000


@dataclass(frozen=True)
class Link:
    """An entry of a navigation."""

    title: str
    href: str
    current: bool


@dataclass(frozen=True)
class Document:
    """An HTML page as it goes over the wire."""

    body: bytes
    encoding: str = "utf-8"


class Renderer:
    """Turns pages into HTML; everything is escaped by Jinja."""

    def __init__(self) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.PackageLoader("potenzial.demo", "data/templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(self, site: Site, page: Page, *, reserved: bool) -> Document:
        """Return a page of a site; `reserved` adds the mark that reserves it from text and data mining."""
        encoding = _ENCODINGS.get(site.layout, "utf-8")
        html = self._environment.get_template(f"{site.layout}.html").render(
            site=site,
            page=page,
            identity=site.company.identity,
            navigation=_links(site, page, NAVIGATION),
            footer=_links(site, page, _FOOTER),
            organisation=_organisation(site),
            encoding=encoding,
            reserved=reserved,
        )
        return Document(html.encode(encoding, "xmlcharrefreplace"), encoding)

    def simple(self, title: str, text: str) -> Document:
        """Return a page of one sentence: errors and parked domains."""
        return Document(self._environment.get_template("simple.html").render(title=title, text=text).encode())

    def script_only(self, title: str) -> Document:
        """Return a page that shows nothing without running its script."""
        return Document(self._environment.get_template("script.html").render(title=title).encode())

    def huge(self, site: Site, page: Page) -> Document:
        """Return the page with an endless price list below it."""
        body = self.page(site, page, reserved=False).body
        rows = b"".join(
            b"<p>Artikel %06d, Schraube verzinkt, Packung 100 St&uuml;ck</p>\n" % n for n in range(_HUGE_ROWS)
        )
        head, end, tail = body.rpartition(b"</body>")
        return Document(head + rows + end + tail, _ENCODINGS.get(site.layout, "utf-8"))

    def sitemap(self, site: Site, host: str) -> bytes:
        """Return the site's sitemap."""
        addresses = [f"http://{host}{path}" for path in site.pages]
        return self._environment.get_template("sitemap.xml").render(addresses=addresses).encode()


def _links(site: Site, current: Page, kinds: tuple[str, ...]) -> list[Link]:
    pages = [page for kind in kinds if (page := site.page_of(kind))]
    return [Link(page.title.partition(" – ")[0], page.path, page.path == current.path) for page in pages]


def _organisation(site: Site) -> dict[str, object]:
    """Return the company in the vocabulary of schema.org."""
    identity = site.company.identity
    return {
        "@context": "https://schema.org",
        "@type": "LocalBusiness",
        "name": identity.name,
        "telephone": identity.phone,
        "foundingDate": str(site.company.founded),
        "address": {
            "@type": "PostalAddress",
            "streetAddress": identity.street,
            "postalCode": identity.postcode,
            "addressLocality": identity.city,
            "addressCountry": "DE",
        },
    }
