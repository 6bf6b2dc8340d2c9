"""Sitemaps, and what a site is chosen from them."""

import gzip
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.select import from_addresses
from crawler.sitemap import MAX_SITEMAP_BYTES, Sitemap, parse

HEAD = '<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
PAGES = f"{HEAD}<url><loc> https://foo.de/a?x=1&amp;y=2 </loc><lastmod>2024</lastmod></url><url><loc>https://foo.de/b</loc></url></urlset>"
READ = Sitemap(urls=("https://foo.de/a?x=1&y=2", "https://foo.de/b"))


@pytest.mark.parametrize(
    "body",
    [
        PAGES.encode(),
        b"\xef\xbb\xbf" + PAGES.encode(),
        gzip.compress(PAGES.encode(), mtime=0),
        ("\ufeff" + PAGES).encode("utf-16-le"),
        PAGES.replace("UTF-8", "ISO-8859-1").encode("latin-1"),
        PAGES.replace("<loc> ", "<!-- <loc>https://foo.de/no</loc> --><loc>").encode(),
        PAGES.replace("<loc>https://foo.de/b<", "<loc><![CDATA[https://foo.de/b]]><").encode(),
        PAGES.replace("url>", "sm:url>").replace("loc>", "sm:loc>").encode(),
        PAGES.replace("</url></urlset>", "").encode(),
        PAGES.replace("</loc></url>", "</loc><image:loc>https://foo.de/x.jpg</image:loc></url>").encode(),
        b"https://foo.de/a?x=1&y=2\r\nhttps://foo.de/b\r\nno address\r\n",
        PAGES.replace("<url>", "<url>\xfc", 1).encode("latin-1"),
    ],
)
def test_sitemaps_are_read_as_they_come(body: bytes) -> None:
    """Compressed, in any encoding, with prefixes, pictures and comments, torn off, or as plain lines."""
    assert parse(body) == READ


def test_an_index_names_further_sitemaps() -> None:
    """The addresses in an index are sitemaps and no pages."""
    body = (
        b"<sitemapindex><sitemap><loc>https://foo.de/s1.xml</loc></sitemap><sitemap><loc>https://foo.de/s2.xml.gz</loc>"
    )
    assert parse(body) == Sitemap(sitemaps=("https://foo.de/s1.xml", "https://foo.de/s2.xml.gz"))


@pytest.mark.parametrize(
    "body",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><urlset><url><loc>https://foo.de/&b;</loc>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><urlset><url><loc>https://foo.de/&a;</loc></url>',
        gzip.compress(b"<urlset><url><loc>https://foo.de/" + b" " * 50_000_000, mtime=0),
        gzip.compress(PAGES.encode(), mtime=0)[:40],
        b"\x1f\x8b" + b"x" * 99,
        b"<loc " * 200_000,
        b"<!--" * 250_000,
        b"<" * 1_000_000,
        b"<![CDATA[" * 100_000,
        b"<html><body>Nicht gefunden</body></html>",
        b"",
    ],
)
def test_hostile_files_are_harmless(body: bytes) -> None:
    """Entities are never expanded, bombs never unfold, and no file takes long."""
    began = time.process_time()
    found = parse(body)
    assert time.process_time() - began < 3.0
    assert all("aaaaaaaaaa" not in url and len(url) < 4_000 for url in found.urls)
    assert len(found.urls) <= 2


def test_what_is_read_is_bounded() -> None:
    """Only the first addresses of an endless sitemap count."""
    endless = "".join(f"<url><loc>https://foo.de/{n}</loc></url>" for n in range(100_000)).encode()
    assert len(parse(endless, max_urls=7).urls) == 7
    assert len(parse(zlib.compress(endless, wbits=31), max_urls=10**6).urls) < MAX_SITEMAP_BYTES / 30


@given(st.binary(max_size=300))
def test_any_bytes_are_read(body: bytes) -> None:
    """Whatever a server sends as a sitemap, reading it gives addresses or none."""
    assert isinstance(parse(b"<urlset><url><loc>" + body).urls, tuple)


def test_candidates_from_addresses() -> None:
    """Of a sitemap the pages of the site are judged by their paths; deep ones of thousands are left out."""
    urls = [f"https://www.foo.de/blog/2020/{n}/text" for n in range(3_000)]
    urls += ["https://www.foo.de/", "https://www.foo.de/leistungen", "https://www.foo.de/impressum", "https://bar.de/x"]
    found = from_addresses(urls, "https://foo.de/", ("de", "en"))
    assert [(page.kind, page.url) for page in found] == [
        ("services", "https://www.foo.de/leistungen"),
        ("impressum", "https://www.foo.de/impressum"),
    ]
