"""The demo's websites belong to its companies."""

from collections.abc import Iterator

import polars as pl
import pytest

from crawler.extract import extract
from crawler.ownership import judge_ownership
from crawler.page import Job
from crawler.schema import ADDRESSES, ORGANISATIONS, PAGES
from potenzial.demo.answers import Web
from potenzial.demo.content import Content
from potenzial.demo.hosts import Host
from potenzial.demo.pages import write_site
from potenzial.demo.stock import DemoStock, site_hosts


@pytest.fixture(scope="module")
def hosts(stock: DemoStock) -> list[Host]:
    """The hosts that show a whole website, the new ones of companies that moved among them."""
    return [host for host in site_hosts(stock) if host.behaviour in {"ok", "slow"}]


@pytest.fixture(scope="module")
def pages(stock: DemoStock, content: Content, hosts: list[Host]) -> pl.DataFrame:
    """Impressum and contact page of each website, as the crawler reads them."""
    return pl.DataFrame(list(_pages(stock, content, hosts)), schema=PAGES)


def _pages(stock: DemoStock, content: Content, hosts: list[Host]) -> Iterator[dict[str, str]]:
    web = Web(stock, content)
    for host in hosts:
        site = write_site(content, stock.companies[host.number], stock.seed)
        for kind in ("impressum", "contact"):
            if page := site.page_of(kind):
                url = f"http://{host.host}{page.path}"
                answer = web.answer(host.host, page.path)
                read = extract(Job(answer.body, answer.content_type, url, 50_000))
                yield {"site": host.host, "url": url, "kind": kind, "text": read.text}


def claimed(stock: DemoStock, hosts: list[Host], shift: int) -> pl.DataFrame:
    """Give each host the address of its company, or of the one so many places on."""
    companies = [stock.companies[(host.number + shift) % len(stock.companies)] for host in hosts]
    rows = [
        {"id": host.host, "site": host.host, "name": one.identity.name, "postcode": one.identity.postcode,
         "city": one.identity.city, "guessed": False}
        for host, one in zip(hosts, companies, strict=True)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=ADDRESSES)


def test_every_demo_website_is_its_companys_own(stock: DemoStock, hosts: list[Host], pages: pl.DataFrame) -> None:
    """The Impressum names each company, also on the new site of one that moved."""
    found = judge_ownership(claimed(stock, hosts, 0), pages, ORGANISATIONS.to_frame())
    assert found.filter(pl.col("ownership") != "own").rows() == []
    assert found.height == len(hosts)
    assert found.filter(pl.col("site").str.contains("-gruppe")).height > 0


def test_no_demo_website_is_another_companys(stock: DemoStock, hosts: list[Host], pages: pl.DataFrame) -> None:
    """Held against the address of another company, no website is own and nearly all are foreign."""
    found = judge_ownership(claimed(stock, hosts, 41), pages, ORGANISATIONS.to_frame())
    assert found.filter(ownership="own").rows() == []
    assert found.filter(ownership="foreign").height > 0.9 * found.height
