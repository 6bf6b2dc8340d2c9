"""One visit: what its requests buy, whose site it was, what its owner reserves."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl
import pytest

from crawler.crawl import crawl
from crawler.schema import ADDRESSES

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from conftest import Web

KINDS = ("leistungen", "produkte", "unternehmen", "impressum")
IMPRESSUM = "Impressum\nMuster Drehteile GmbH\nHauptstraße 1\n70565 Stuttgart\nUSt-IdNr.: DE123456788"


def html(text: str, links: tuple[str, ...] = (), head: str = "") -> str:
    """Return a German page with paragraphs and links."""
    anchors = "".join(f'<a href="/{link}">{link.title()}</a> ' for link in links)
    paragraphs = "".join(f"<p>{line}</p>" for line in text.split("\n"))
    return f"<html lang=de><head>{head}</head><body><nav>{anchors}</nav>{paragraphs}</body></html>"


def company(**pages: str) -> dict[str, str]:
    """Return a site whose home page leads to four more, some of them given."""
    texts = {name: f"Auf der Seite {name} steht etwas über das Drehen von Stahl." for name in KINDS} | pages
    return {"/": html("Wir drehen Teile aus Stahl.", KINDS)} | {f"/{name}": html(texts[name]) for name in KINDS}


def addresses(site: str, name: str, *, guessed: bool) -> pl.DataFrame:
    """Return one company in Stuttgart that may own a site."""
    row = {"id": "1", "site": site, "name": name, "postcode": "70565", "city": "Stuttgart", "guessed": guessed}
    return pl.DataFrame([row]).match_to_schema(ADDRESSES, missing_columns="insert")


def test_eight_requests_buy_four_pages_of_a_site_that_redirects_to_www(
    web: Web, no_reply: Callable[..., bytes]
) -> None:
    """The budget counts rules and redirects, no address is asked twice, and the Impressum is among the pages."""
    moved = {path: no_reply(301, f"Location: http://www.a.example{path}") for path in ("/", "/robots.txt")}
    web.sites = {"a.example": moved, "www.a.example": company()}
    crawled = web.crawl("a.example")
    assert len(web.log) == 8
    assert len({(entry.host, entry.path) for entry in web.log}) == 8
    assert crawled.pages.height == 5
    assert "impressum" in crawled.pages["kind"].to_list()


def test_the_sitemap_stands_in_for_links(web: Web) -> None:
    """A home page that leads nowhere is helped out by the sitemap that robots.txt names, an index leading on once."""
    index = "<sitemapindex><sitemap><loc>http://a.example/karte.xml</loc></sitemap></sitemapindex>"
    urls = "".join(f"<url><loc>http://a.example/{name}</loc></url>" for name in KINDS)
    robots = "User-agent: *\nDisallow: /intern\nSitemap: http://a.example/index.xml"
    extra = {"/robots.txt": robots, "/index.xml": index, "/karte.xml": f"<urlset>{urls}</urlset>"}
    web.sites = {"a.example": {**company(), "/": html("Willkommen bei der Dreherei."), **extra}}
    crawled = web.crawl(sitemap_below_links=3)
    assert web.asked("a.example")[2:5] == ["/", "/index.xml", "/karte.xml"]
    assert set(crawled.pages["kind"]) >= {"home", "services", "impressum"}
    assert crawled.fetches.filter(kind="sitemap")["reason"].to_list() == ["ok", "ok"]


def test_a_home_page_with_links_needs_no_sitemap(web: Web) -> None:
    """Where the home page leads to enough pages, no sitemap is asked for."""
    web.sites = {"a.example": company()}
    web.crawl(sitemap_below_links=3)
    assert not any("sitemap" in path for path in web.asked("a.example"))


@pytest.mark.parametrize(
    ("name", "verdict", "ownership", "pages"),
    [("Muster Drehteile GmbH", "ok", ["own"], 5), ("Blumen Schmidt OHG", "foreign", [], 0)],
)
def test_a_guessed_site_is_kept_if_its_impressum_names_the_company(
    web: Web, name: str, verdict: str, ownership: list[str], pages: int
) -> None:
    """The Impressum of a guessed site is read first; one that names somebody else ends the visit without a page."""
    web.sites = {"a.example": company(impressum=IMPRESSUM)}
    known = addresses("a.example", name, guessed=True)
    crawled = crawl(web.table(), web.config(), web.folder, progress=lambda _done, _total: None, addresses=known)
    assert crawled.verdicts["verdict"].to_list() == [verdict]
    assert crawled.ownership["ownership"].to_list() == ownership
    assert crawled.pages.height == pages
    assert web.asked("a.example")[3] == "/impressum"


def test_whose_a_site_is_stands_beside_its_pages(web: Web) -> None:
    """A site that the address file names is read whole, and said to be somebody else's with the evidence."""
    web.sites = {"a.example": company(impressum=IMPRESSUM)}
    known = addresses("a.example", "Blumen Schmidt OHG", guessed=False).with_columns(
        postcode=pl.lit("20095"), city=pl.lit("Hamburg")
    )
    crawled = crawl(web.table(), web.config(), web.folder, progress=lambda _done, _total: None, addresses=known)
    assert crawled.pages.height == 5
    assert crawled.ownership["ownership"].to_list() == ["foreign"]
    assert "Muster Drehteile GmbH" in crawled.ownership["evidence_de"].item()


def test_who_opted_out_is_neither_asked_nor_kept(web: Web) -> None:
    """A domain on the list loses its pages and gets no request, also under its subdomains; off the list it is new."""
    web.sites = {"a.example": company(), "shop.a.example": company(), "b.example": company()}
    web.crawl("a.example")
    before = len(web.log)
    listed = web.folder / "optout.txt"
    listed.write_text("# Bitte nicht\na.example\n", encoding="utf-8")
    crawled = web.crawl(opt_out_file=str(listed))
    assert {entry.host for entry in web.log[before:]} == {"b.example"}
    assert dict(crawled.verdicts.select("site", "verdict").iter_rows()) == {
        "a.example": "opted_out", "b.example": "ok", "shop.a.example": "opted_out",
    }  # fmt: skip
    assert set(crawled.pages["site"]) == {"b.example"}
    assert crawled.reservations.filter(source="opt_out_file")["site"].to_list() == ["a.example", "shop.a.example"]
    assert web.crawl("a.example").pages.height == 5


@pytest.mark.parametrize(("tdm", "effect", "pages"), [("strict", "obeyed", 0), ("record", "recorded", 1)])
def test_reservations_stand_in_the_ledger(
    web: Web, reply: Callable[..., bytes], tdm: str, effect: str, pages: int
) -> None:
    """What a page reserves is written down with its source, date and what followed; noindex is information only."""
    page = html("Wir drehen Stahl.", head='<meta name="robots" content="noindex">')
    web.sites = {"a.example": {"/": reply(page, "X-Robots-Tag: noai")}}
    crawled = web.crawl(tdm=tdm)
    assert crawled.pages.height == pages
    assert crawled.reservations.select("source", "rule", "effect").rows() == [
        ("header", "X-Robots-Tag noai", effect),
        ("meta", "robots noindex", "information"),
    ]
    assert crawled.reservations["first_seen"].null_count() == 0


def test_sites_of_one_domain_and_of_one_address_take_turns(web: Web) -> None:
    """Two hosts of one registrable domain never talk at once, and one address answers no more than it may."""
    web.sites = {name: company() for name in ("a.example", "shop.a.example", *(f"s{n}.example" for n in range(8)))}
    now, most = 0, 0

    async def slow(writer: asyncio.StreamWriter) -> None:
        nonlocal now, most
        import asyncio as aio

        now += 1
        most = max(most, now)
        await aio.sleep(0.05)
        now -= 1
        writer.write(b"HTTP/1.1 404 x\r\nContent-Length: 0\r\n\r\n")

    for site in web.sites.values():
        assert isinstance(site, dict)
        site["/robots.txt"] = slow  # type: ignore[assignment]  # pages may answer by themselves
    web.crawl(requests_per_address=2, concurrency=32, delay_seconds=0.01)
    assert most == 2
    mine = sorted((entry.began, entry.ended) for entry in web.log if entry.host.endswith("a.example"))
    assert all(ended <= began for (_, ended), (began, _) in pairwise(mine))


def test_what_all_pages_share_is_told_once(web: Web) -> None:
    """A line that stands on most pages stays on the home page only, and the Impressum stays whole."""
    shared = "Rufen Sie uns an: wir beraten Sie gern."
    texts = {name: f"{shared}\nNur auf der Seite {name} steht dies." for name in KINDS}
    web.sites = {"a.example": company(**texts) | {"/": html(f"Willkommen.\n{shared}", KINDS)}}
    pages = web.crawl().pages
    assert pages.filter(pl.col("text").str.contains(shared, literal=True))["kind"].to_list() == ["home", "impressum"]
    assert pages.filter(pl.col("text") == "").is_empty()


def test_what_a_site_says_of_its_organisation_is_a_table(web: Web) -> None:
    """Name, address, headcount and founding year come from the structured data of the pages."""
    data = (
        '<script type="application/ld+json">{"@type": "Organization", "name": "Muster GmbH", "foundingDate": "1987",'
        ' "numberOfEmployees": 120, "address": {"postalCode": "70565", "addressLocality": "Stuttgart"}}</script>'
    )
    web.sites = {"a.example": {"/": html("Wir drehen Stahl.", head=data)}}
    row = web.crawl().organisations.row(0, named=True)
    assert (row["name"], row["postcode"], row["employees"], row["founded"]) == ("Muster GmbH", "70565", 120, 1987)


def test_an_endless_redirect_address_is_not_followed(web: Web, no_reply: Callable[..., bytes]) -> None:
    """A redirect to an address longer than any page's is a reason, and no request to a part of it."""
    web.sites = {"a.example": {"/": no_reply(301, f"Location: http://a.example/{'x' * 5000}")}}
    assert web.crawl().fetches.filter(kind="home")["reason"].to_list() == ["redirect", "bad_url"]
    assert [path for path in web.asked("a.example") if "xx" in path] == []


def test_a_robots_txt_that_leads_to_itself_is_asked_for_once(web: Web, no_reply: Callable[..., bytes]) -> None:
    """A robots.txt that redirects in a circle counts as missing, and is asked for once at each address."""
    web.sites["www.kreis.example"] = {"/robots.txt": no_reply(302, "Location: http://kreis.example/robots.txt")}
    web.sites["kreis.example"] = {
        "/": "<html lang=de><p>Wir drehen und fräsen Teile aus Stahl.</p></html>",
        "/robots.txt": no_reply(302, "Location: http://www.kreis.example/robots.txt"),
    }
    crawled = web.crawl("kreis.example")
    assert web.asked("kreis.example").count("/robots.txt") == 1
    assert web.asked("www.kreis.example").count("/robots.txt") == 1
    assert crawled.verdicts["verdict"].to_list() == ["ok"]
