"""A hostile web: every trick ends in its recorded reason, and the neighbours are unharmed."""

from __future__ import annotations

import asyncio
import gzip
import socket
import struct
import threading
from typing import TYPE_CHECKING

import httpx
import polars as pl
import pytest

from crawler.config import CrawlConfig
from crawler.crawl import crawl
from crawler.schema import SITES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Web

RULES = {"/robots.txt", "/.well-known/tdmrep.json"}
GOOD = "<html lang=de><title>Dreherei</title><body><p>Wir drehen und fräsen Teile aus Stahl.</p></body></html>"


async def drip(writer: asyncio.StreamWriter) -> None:
    """Send a page so slowly that it never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.1)


async def endless(writer: asyncio.StreamWriter) -> None:
    """Send a page without end as fast as it is taken."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        writer.write(b"<p>noch mehr</p>" * 1000)
        await writer.drain()


async def silent(writer: asyncio.StreamWriter) -> None:
    """Take the request and say nothing."""
    await asyncio.sleep(30)
    writer.close()


async def reset(writer: asyncio.StreamWriter) -> None:
    """Tear the connection down amid the answer."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\nhalf")
    await writer.drain()
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@pytest.fixture
def hostile(web: Web, reply: Callable[..., bytes], no_reply: Callable[..., bytes]) -> dict[str, str]:
    """Fill the web with hostile sites and give the reason expected for each one's home page."""
    bomb = gzip.compress(b"\0" * 50_000_000, 6)
    homes = {
        "drip": (drip, "timeout"),
        "endless": (endless, "too_large"),
        "bomb": (reply(bomb, "Content-Encoding: gzip"), "too_large"),
        "brotli": (reply(b"\x0b\x02\x80", "Content-Encoding: br"), "encoding"),
        "nogzip": (reply(b"not gzip at all", "Content-Encoding: gzip"), "encoding"),
        "loop": (no_reply(302, "Location: /"), "redirect_loop"),
        "longloop": (no_reply(302, "Location: /1"), "redirect_loop"),
        "metadata": (no_reply(302, "Location: http://169.254.169.254/latest/"), "blocked_address"),
        "decimal": (no_reply(302, "Location: http://2852039166/"), "blocked_address"),
        "mapped": (no_reply(302, "Location: http://[::ffff:10.0.0.1]/"), "blocked_address"),
        "script": (no_reply(302, "Location: javascript:alert(1)"), "bad_url"),
        "userinfo": (no_reply(302, "Location: http://a:b@good.example/"), "bad_url"),
        "pdf": (reply(b"%PDF-1.7", "Content-Type: application/pdf"), "not_html"),
        "nested": ("<div>" * 50_000, "too_deep"),
        "attributes": ("<a " + " ".join(f"a{n}=1" for n in range(9_000)) + ">", "too_many_attributes"),
        "reset": (reset, "broken"),
        "garbage": (b"HTTP/9.9 what is this\r\n\r\n", "broken"),
        "busy": (no_reply(429), "http_429"),
        "down": (no_reply(503), "http_503"),
        "gone": (no_reply(410), "http_410"),
        "empty": ("<html></html>", "empty"),
    }
    for name, (home, _) in homes.items():
        web.sites[f"{name}.example"] = {"/": home}
    web.sites["longloop.example"] = {f"/{n}" if n else "/": no_reply(302, f"Location: /{n + 1}") for n in range(20)}
    web.sites["good.example"] = {"/": GOOD}
    return {f"{name}.example": reason for name, (_, reason) in homes.items()}


def test_each_trick_ends_in_its_reason_and_neighbours_are_unharmed(web: Web, hostile: dict[str, str]) -> None:
    """Slow, endless, exploding, looping, misleading and broken answers each leave their own reason, and no page."""
    crawled = web.crawl(max_page_bytes=300_000, concurrency=8)
    last = crawled.fetches.filter(kind="home").group_by("site", maintain_order=True).last()
    assert dict(last.select("site", "reason").iter_rows()) == {**hostile, "good.example": "ok"}
    assert crawled.pages["site"].to_list() == ["good.example"]
    assert crawled.verdicts.height == len(hostile) + 1
    assert crawled.fetches["bytes"].max() < 1_000_000  # type: ignore[operator]  # a count


def test_one_slow_host_does_not_hold_up_the_others(web: Web) -> None:
    """While one host says nothing, all others are done."""
    released = threading.Event()

    async def held_back(writer: asyncio.StreamWriter) -> None:
        await asyncio.to_thread(released.wait, 60)
        writer.close()

    def release(done: int, _total: int) -> None:
        if done == 10:
            released.set()

    web.sites = {"a-silent.example": {"/": held_back}, **{f"n{n}.example": {"/": GOOD} for n in range(10)}}
    config = web.config(concurrency=2, timeout_seconds=60.0, company_seconds=120.0)
    crawled = crawl(web.table(), config, web.folder, progress=release)
    assert crawled.verdicts.filter(verdict="ok").height == 10
    silent_one = next(entry for entry in web.log if (entry.host, entry.path) == ("a-silent.example", "/"))
    assert all(entry.ended <= silent_one.ended for entry in web.log if entry.host.startswith("n"))


def test_a_site_that_says_busy_is_left_alone(web: Web, no_reply: Callable[..., bytes]) -> None:
    """After 429 or 503 no further page of the site is asked for."""
    links = GOOD.replace("</p>", " <a href=/leistungen>Leistungen</a> <a href=/produkte>Produkte</a></p>")
    web.sites = {"busy.example": {"/": links, "/leistungen": no_reply(429), "/produkte": no_reply(429)}}
    crawled = web.crawl()
    assert len([path for path in web.asked("busy.example") if path not in RULES]) == 2
    assert crawled.verdicts["verdict"].to_list() == ["ok"]


@pytest.mark.parametrize(
    ("robots", "verdict", "asked"),
    [
        ("silent", "timeout", []),
        ("503", "error", []),
        ("forbids", "blocked", []),
        ("missing", "ok", ["/"]),
    ],
)
def test_robots_txt_decides_before_anything_else_is_asked(
    web: Web, no_reply: Callable[..., bytes], robots: str, verdict: str, asked: list[str]
) -> None:
    """Without a robots.txt everything is allowed; with one that forbids, fails or hangs nothing else is asked for."""
    answers = {
        "silent": silent,
        "503": no_reply(503),
        "forbids": "User-agent: *\nDisallow: /",
        "missing": no_reply(404),
    }
    web.sites = {"site.example": {"/": GOOD, "/robots.txt": answers[robots]}}
    # Only the silent server needs a limit that is reached.
    crawled = web.crawl(timeout_seconds=1.0 if robots == "silent" else 10.0)
    assert crawled.verdicts["verdict"].to_list() == [verdict]
    assert [path for path in web.asked("site.example") if path not in RULES] == asked


def test_cookies_are_not_sent_back(web: Web, reply: Callable[..., bytes]) -> None:
    """A site that sets a cookie never sees it again, and sees who is asking."""
    links = GOOD.replace("</p>", " <a href=/produkte>Produkte</a></p>")
    pages = {"/": reply(links, "Set-Cookie: id=1; Path=/"), "/produkte": GOOD.replace("drehen", "schleifen")}
    web.sites = {"cookie.example": pages}
    crawled = web.crawl(contact="https://crawler.example/about")
    assert crawled.pages.height == 2
    assert not any("cookie" in entry.headers for entry in web.log)
    assert {entry.headers["user-agent"] for entry in web.log} == {"PotenzialBot/1.0 (+https://crawler.example/about)"}


def test_odd_ports_are_never_connected_to(tmp_path: Path) -> None:
    """A redirect to a port that is not the web's is refused."""
    seen: list[str] = []

    def public(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        home = {"Location": "http://public.example:22/"}
        return httpx.Response(404) if request.url.path in RULES else httpx.Response(302, headers=home)

    table = tmp_path / "hosts.txt"
    table.write_text("93.184.216.34:80 public.example\n", encoding="utf-8")
    config = CrawlConfig(hosts_file=str(table), delay_seconds=0, extract_workers=1)
    sites = pl.DataFrame({"site": ["public.example"], "url": ["http://public.example/"]}, schema=SITES)
    crawled = crawl(
        sites, config, tmp_path, progress=lambda _done, _total: None, transport=lambda: httpx.MockTransport(public)
    )
    assert crawled.fetches["reason"].to_list()[-1] == "bad_url"
    assert not any(":22" in url for url in seen)


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1/", "http://localhost.example/", "http://[::1]/", "http://0x7f000001/", "http://10.1.1.1/"],
)
def test_private_addresses_are_never_connected_to(tmp_path: Path, target: str) -> None:
    """A public site cannot lead the crawler to this machine or its network, by number or by name."""
    seen: list[str] = []

    def public(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        rules = request.url.path in RULES
        return httpx.Response(404) if rules else httpx.Response(302, headers={"Location": target})

    table = tmp_path / "hosts.txt"
    table.write_text("93.184.216.34:80 public.example\n127.0.0.1:80 localhost.example\n", encoding="utf-8")
    config = CrawlConfig(hosts_file=str(table), delay_seconds=0, extract_workers=1)
    sites = pl.DataFrame({"site": ["public.example"], "url": ["http://public.example/"]}, schema=SITES)
    crawled = crawl(
        sites, config, tmp_path, progress=lambda _done, _total: None, transport=lambda: httpx.MockTransport(public)
    )
    assert crawled.fetches["reason"].to_list()[-1] == "blocked_address"
    assert set(seen) == {"93.184.216.34"}
