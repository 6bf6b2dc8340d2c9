"""Whole visits on loopback: manners, redirects, verdicts and what is kept."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

import polars as pl
import pytest

from crawler.crawl import crawl
from crawler.errors import HostsFileError
from crawler.schema import FETCHES, PAGES, SITES, VERDICTS
from crawler.tdmrep import TDMREP_PATH

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Web


def page(text: str, *links: str) -> str:
    """Return a German page that links to paths, each by its own name."""
    anchors = "".join(f"<a href={link}>{link.strip('/')}</a> " for link in links)
    return f"<html lang=de><title>{text}</title><body><nav>{anchors}</nav><p>{text}</p></body></html>"


def reasons(web: Web, **changes: object) -> list[tuple[str, str]]:
    """Crawl and return (path, reason) of each fetch in order."""
    fetches = web.crawl(**changes).fetches
    return [("/" + url.split("/", 3)[3], reason) for url, reason in fetches.select("url", "reason").iter_rows()]


def test_one_request_at_a_time_and_the_pause_is_kept(web: Web) -> None:
    """Between two requests to a host lies the configured pause, while the hosts are visited side by side."""
    links = ("/leistungen", "/produkte", "/unternehmen", "/impressum")
    for name in ("eins.example", "zwei.example", "drei.example"):
        web.sites[name] = {"/": page(name, *links), **{link: page(f"{name} {link}") for link in links}}
    crawled = web.crawl(delay_seconds=0.15)
    assert crawled.pages.height == 15
    began = {name: [entry.began for entry in web.log if entry.host == name] for name in web.sites}
    for times in began.values():
        pauses = [after - before for before, after in itertools.pairwise(times)]
        assert len(pauses) == 6
        assert min(pauses) >= 0.14
    assert max(min(times) for times in began.values()) < min(max(times) for times in began.values())


def test_crawl_delay_raises_the_pause_and_a_long_one_leaves_the_home_page_only(web: Web) -> None:
    """A site's wish for slowness is obeyed; where it is too slow for us we ask for one page."""
    for name, delay in (("langsam.example", "0.4"), ("zu-langsam.example", "99")):
        robots = f"User-agent: *\nCrawl-delay: {delay}"
        web.sites[name] = {"/": page(name, "/produkte"), "/produkte": page("Teile"), "/robots.txt": robots}
    crawled = web.crawl(max_crawl_delay_seconds=0.5, company_seconds=10)
    assert crawled.pages["site"].to_list() == ["langsam.example"] * 2 + ["zu-langsam.example"]
    began = [entry.began for entry in web.log if entry.host == "langsam.example"]
    assert all(after - before >= 0.39 for before, after in itertools.pairwise(began))


def test_robots_rules_hold_for_each_page(web: Web) -> None:
    """Forbidden pages are not asked for and leave a row that says so."""
    web.sites["a.example"] = {
        "/": page("Start", "/produkte", "/leistungen"),
        "/leistungen": page("Drehen"),
        "/robots.txt": "User-agent: *\nDisallow: /produkte",
    }
    assert reasons(web) == [
        ("/robots.txt", "ok"),
        (TDMREP_PATH, "http_404"),
        ("/", "ok"),
        ("/produkte", "robots"),
        ("/leistungen", "ok"),
    ]
    assert "/produkte" not in web.asked("a.example")


def test_tables_have_their_schemas_and_progress_is_told(web: Web) -> None:
    """All three tables come out typed and sorted, one verdict a site, and progress ends at the total."""
    web.sites = {"b.example": {"/": page("B")}, "a.example": {"/": page("A")}, "c.example": {}}
    crawled = web.crawl()
    assert (crawled.pages.schema, crawled.fetches.schema, crawled.verdicts.schema) == (PAGES, FETCHES, VERDICTS)
    assert crawled.verdicts.rows() == [
        ("a.example", "ok", "1 page: home", 1),
        ("b.example", "ok", "1 page: home", 1),
        ("c.example", "error", "http://c.example/: the answer was http_404", 0),
    ]
    assert web.progress[0] == (0, 3)
    assert web.progress[-1] == (3, 3)
    assert web.crawl("a.example").verdicts["site"].to_list() == ["a.example"]


def test_no_sites_at_all(web: Web) -> None:
    """An empty stock gives empty tables."""
    crawled = crawl(pl.DataFrame(schema=SITES), web.config(), web.folder, progress=lambda _done, _total: None)
    assert (crawled.pages.height, crawled.fetches.height, crawled.verdicts.height) == (0, 0, 0)


def test_https_is_tried_first_and_http_after_it(web: Web) -> None:
    """Where a site speaks no TLS, the visit goes on without; a name without "www." may answer with it."""
    web.sites = {"plain.example": {"/": page("Ohne")}, "www.nur.example": {"/": page("Mit")}}
    sites = pl.DataFrame({"site": ["plain.example", "nur.example"]}).with_columns(url="https://" + pl.col("site") + "/")
    config = web.config(timeout_seconds=1.0)
    crawled = crawl(sites, config, web.folder, progress=lambda _done, _total: None)
    assert crawled.pages["url"].to_list() == ["http://www.nur.example/", "http://plain.example/"]
    assert crawled.verdicts["verdict"].to_list() == ["ok", "ok"]


def test_a_site_that_moved_is_followed_and_said_to_have_moved(web: Web, no_reply: Callable[..., bytes]) -> None:
    """The pages of the new domain are kept under the site asked for; a platform's pages are not."""
    away = no_reply(301, "Location: http://neu.example/")
    web.sites["alt.example"] = {"/": away, "/robots.txt": no_reply(301, "Location: http://neu.example/robots.txt")}
    web.sites["neu.example"] = {"/": page("Neu", "/produkte"), "/produkte": page("Teile")}
    web.sites["sozial.example"] = {"/": no_reply(302, "Location: https://www.facebook.com/firma")}
    crawled = web.crawl("alt.example", "sozial.example")
    assert crawled.pages["url"].to_list() == ["http://neu.example/", "http://neu.example/produkte"]
    assert crawled.verdicts["verdict"].to_list() == ["moved", "moved"]
    assert crawled.verdicts["evidence"].to_list() == [
        "now at neu.example; 2 pages: home, products",
        "https://www.facebook.com/firma: leads to a page on facebook.com",
    ]
    assert web.asked("neu.example").count("/robots.txt") == 1


def test_pages_that_say_the_same_are_kept_once(web: Web, no_reply: Callable[..., bytes]) -> None:
    """Redirects to the home page, equal texts and links to other hosts take no place."""
    web.sites["a.example"] = {
        "/": page("Start", "/leistungen", "/produkte", "/unternehmen"),
        "/leistungen": no_reply(302, "Location: /"),
        "/produkte": page("Start"),
        "/unternehmen": no_reply(302, "Location: http://b.example/"),
    }
    found = dict(reasons(web))
    assert found["/produkte"] == "duplicate"
    assert found["/"] in {"ok", "duplicate", "off_site"}
    assert web.asked("a.example").count("/") == 1


@pytest.mark.parametrize(("tdm", "verdict", "pages"), [("strict", "reserved", 0), ("record", "ok", 1)])
@pytest.mark.parametrize("where", ["header", "meta", "robots", "tdmrep"])
def test_opt_outs_are_obeyed_or_noted(
    web: Web, reply: Callable[..., bytes], where: str, tdm: str, verdict: str, pages: int
) -> None:
    """A reserved site gives no text where opt-outs are obeyed, and its verdict says by what it was reserved."""
    meta = "<meta name=robots content=noai>" if where == "meta" else ""
    headers = ["X-Robots-Tag: noai"] if where == "header" else []
    robots = "User-agent: *\nContent-Signal: ai-input=no" if where == "robots" else ""
    file = '[{"location": "/", "tdm-reservation": 1}]' if where == "tdmrep" else "[]"
    web.sites["a.example"] = {"/": reply(meta + page("Text"), *headers), "/robots.txt": robots, TDMREP_PATH: file}
    crawled = web.crawl(tdm=tdm)
    assert crawled.verdicts["verdict"].to_list() == [verdict]
    assert crawled.pages.height == pages
    assert where in crawled.verdicts["evidence"].item()


def test_a_reservation_holds_for_the_paths_it_names(web: Web) -> None:
    """The file is asked for once, after robots.txt; pages it reserves are not asked for, all others are kept."""
    web.sites["a.example"] = {
        "/": page("Start", "/produkte", "/leistungen"),
        "/produkte": page("Teile"),
        "/leistungen": page("Drehen"),
        TDMREP_PATH: '[{"location": "/produkte", "tdm-reservation": 1}, {"location": "/", "tdm-reservation": 0}]',
    }
    crawled = web.crawl()
    assert crawled.pages["kind"].to_list() == ["home", "services"]
    assert crawled.fetches.filter(reason="reserved")["url"].to_list() == ["http://a.example/produkte"]
    assert web.asked("a.example") == ["/robots.txt", TDMREP_PATH, "/", "/leistungen"]


def test_a_file_of_reservations_that_robots_txt_closes_is_not_asked_for(web: Web) -> None:
    """Only robots.txt itself may be asked for without leave."""
    robots = "User-agent: *\nDisallow: /.well-known/"
    web.sites["a.example"] = {"/": page("Start"), "/robots.txt": robots}
    assert web.crawl().pages.height == 1
    assert web.asked("a.example") == ["/robots.txt", "/"]


def test_where_robots_txt_leads_the_reservations_are_asked_for_once(web: Web, no_reply: Callable[..., bytes]) -> None:
    """A host that only leads to another one costs no further request, and the other one's reservation holds."""
    web.sites["a.example"] = {"/robots.txt": no_reply(301, "Location: http://www.a.example/robots.txt")}
    web.sites["www.a.example"] = {"/": page("S"), TDMREP_PATH: '[{"location": "/*", "tdm-reservation": 1}]'}
    assert web.crawl("a.example").verdicts["verdict"].to_list() == ["reserved"]
    assert web.asked("a.example") == ["/robots.txt"]
    assert web.asked("www.a.example") == ["/robots.txt", TDMREP_PATH]


@pytest.mark.parametrize("code", [403, 500, 503])
def test_without_a_file_of_reservations_nothing_is_reserved(
    web: Web, no_reply: Callable[..., bytes], code: int
) -> None:
    """A file that cannot be had reserves nothing, also where the server fails over it."""
    web.sites["a.example"] = {"/": page("Start"), TDMREP_PATH: no_reply(code)}
    assert web.crawl().verdicts["verdict"].to_list() == ["ok"]


def test_parked_domains_give_no_text(web: Web) -> None:
    """A placeholder is a verdict, not a company's text."""
    web.sites["a.example"] = {"/": page("Diese Domain steht zum Verkauf", "/kontakt"), "/kontakt": page("Bieten")}
    crawled = web.crawl()
    assert crawled.verdicts["verdict"].to_list() == ["parked"]
    assert crawled.pages.height == 0
    assert web.asked("a.example") == ["/robots.txt", TDMREP_PATH, "/"]


def test_limits_of_pages_and_requests(web: Web) -> None:
    """A company costs no more pages and requests than configured, and the Impressum has its place among them."""
    links = [f"/produkt-{n}" for n in range(30)]
    web.sites["a.example"] = {"/": page("Start", *links, "/impressum"), "/impressum": page("Impressum")}
    web.sites["a.example"] = {**web.sites["a.example"], **{link: page(link) for link in links}}
    crawled = web.crawl(pages_per_company=4)
    assert crawled.pages["kind"].sort().to_list() == ["home", "impressum", "products", "products"]
    web.log.clear()
    web.sites["b.example"] = {"/": page("Start", *links)}
    web.crawl("b.example", requests_per_company=5)
    assert len(web.asked("b.example")) == 5


def test_a_company_has_its_time_and_no_more(web: Web) -> None:
    """When the time for one company is used up, what it gave until then counts."""

    async def silent(_writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    web.sites["a.example"] = {"/": page("Start", "/produkte"), "/produkte": silent}
    crawled = web.crawl(timeout_seconds=60.0, company_seconds=4.0)
    assert crawled.pages["kind"].to_list() == ["home"]
    assert crawled.verdicts["verdict"].to_list() == ["ok"]


def test_frames_and_language_switches_lead_to_the_text(web: Web) -> None:
    """A home page of frames and a home page in English lead on to the German text behind them."""
    web.sites["rahmen.example"] = {
        "/": "<frameset><frame src=/haupt.html></frameset>",
        "/haupt.html": page("Wir drehen"),
    }
    web.sites["sprache.example"] = {
        "/": "<html lang=en><a href=/de/>Deutsch</a><p>We turn parts.</p>",
        "/de/": page("Wir drehen Teile"),
    }
    crawled = web.crawl()
    assert {"Wir drehen", "Wir drehen Teile"} <= set(crawled.pages["text"])
    assert crawled.pages.filter(site="sprache.example")["kind"].to_list() == ["home", "home"]


def test_a_missing_table_of_names_stops_before_anything_is_written(web: Web, tmp_path: Path) -> None:
    """A wrong setting is told at once and leaves no frontier behind."""
    config = web.config(hosts_file=str(tmp_path / "nowhere.txt"))
    with pytest.raises(HostsFileError):
        crawl(web.table(), config, tmp_path / "new", progress=lambda _done, _total: None)
    assert not (tmp_path / "new").exists()
