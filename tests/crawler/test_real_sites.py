"""The three real company sites beside the repository, served on loopback."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Web

SITES = Path(__file__).parents[2].parent / "shared" / "data" / "sites"

pytestmark = pytest.mark.skipif(not SITES.is_dir(), reason="the real sites without a licence lie beside the repository")

_logger = logging.getLogger(__name__)


@pytest.fixture
def real(web: Web, reply: Callable[..., bytes]) -> Web:
    """Give a web with the three sites under names of their own."""
    for folder, name in (
        ("installation-kircher", "kircher.example"),
        ("cartonal-webseite", "cartonal.example"),
        ("lugatech-website", "lugatech.example"),
    ):
        pages = {f"/{page.name}": reply(page.read_bytes()) for page in (SITES / folder).glob("*.html")}
        web.sites[name] = {**pages, "/": pages["/index.html"]}
    return web


def test_real_sites_give_the_pages_that_describe_the_company(real: Web) -> None:
    """Each of three real sites gives home, the self-portrait, its offers and the Impressum where it has one."""
    crawled = real.crawl()
    chosen = {
        site: {(kind, url.rsplit("/", 1)[1]) for kind, url in group.select("kind", "url").iter_rows()}
        for (site,), group in crawled.pages.group_by("site")
    }
    for row in crawled.pages.iter_rows(named=True):
        _logger.info("%s %s %s %r", row["kind"], row["url"], row["language"], row["text"][:200])
    assert chosen["kircher.example"] == {
        ("home", ""),
        ("about", "unternehmen.html"),
        ("contact", "kontakt.html"),
        ("impressum", "impressum.html"),
    }
    assert chosen["lugatech.example"] == {
        ("home", ""),
        ("about", "unternehmen.html"),
        ("products", "produkte.html"),
        ("services", "service.html"),
        ("contact", "kontakt.html"),
    }
    assert {("home", ""), ("about", "unternehmen.html"), ("products", "produkte.html")} <= chosen["cartonal.example"]
    assert ("impressum", "impressum.html") in chosen["cartonal.example"]
    assert crawled.verdicts["verdict"].to_list() == ["ok"] * 3


@pytest.mark.parametrize(
    ("site", "kind", "words"),
    [
        ("kircher.example", "home", ["Altbausanierung", "Heizungsanlage", "Solar"]),
        ("kircher.example", "about", ["Firmengeschichte", "Mitarbeiter"]),
        ("lugatech.example", "services", ["Kompressor", "Notdienst"]),
        ("cartonal.example", "home", ["Papier", "Karton"]),
    ],
)
def test_real_texts_hold_what_the_company_does(real: Web, site: str, kind: str, words: list[str]) -> None:
    """The text kept of a page holds the words by which the company is known, and no markup or script."""
    pages = real.crawl(site).pages
    text = pages.filter(kind=kind)["text"].item()
    assert all(word in text for word in words)
    assert "<" not in text
    assert "function(" not in text
    assert set(pages["language"]) == {"de"}
