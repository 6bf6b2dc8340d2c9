"""A hostile web: every trick ends in its recorded reason, and the neighbours are unharmed."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import json
import socket
import ssl
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import brotli
import httpx
import msgspec
import polars as pl
import pytest
import trustme

from crawler.config import CrawlConfig
from crawler.crawl import crawl, read
from crawler.schema import SITES

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from conftest import Behaviour, Page, Web

    Tricks = dict[str, tuple[Mapping[str, Page], str]]
    Reply = Callable[..., bytes]

RULES = {"/robots.txt", "/.well-known/tdmrep.json"}
GOOD = "<html lang=de><title>Dreherei</title><body><p>Wir drehen und fräsen Teile aus Stahl.</p></body></html>"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
NAMES = ("leistungen", "produkte", "unternehmen", "impressum")
BOMB = 100_000_000
TIMEOUT = 2.5

#: A crawl in a process of its own, which tells its highest memory and how long it kept its event loop at most. Ticks
#: measure the loop. Between two of them, `busy` is the time that the process computed, so that a busy machine is not
#: taken for a busy loop; `blocked` is the time that passed, less what the process waited for a processor (second field
#: of schedstat): it shows waiting in the wrong place, but depends on the machine's disk and neighbours too.
MEASURED = """
import asyncio, json, ssl, sys, time
from pathlib import Path
import msgspec, polars as pl
from crawler.config import CrawlConfig
from crawler.crawl import crawl
from crawler.fetch import shared_transport

TICK = 0.005
SCHEDULER = Path("/proc/thread-self/schedstat")
found = {"busy": 0.0, "blocked": 0.0}
last = None

def tick():
    global last
    waited = int(SCHEDULER.read_bytes().split()[1]) / 1e9 if SCHEDULER.exists() else 0.0
    now = time.process_time(), time.monotonic(), waited
    if last is not None:
        computed, passed, queued = (after - before for after, before in zip(now, last))
        found["busy"] = max(found["busy"], min(computed, passed))
        found["blocked"] = max(found["blocked"], passed - queued - TICK)
    last = now
    asyncio.get_running_loop().call_later(TICK, tick)

def progress(done, total):
    if last is None:
        tick()

sites, settings, folder, authority = sys.argv[1:]
config = msgspec.json.decode(Path(settings).read_bytes(), type=CrawlConfig)
transport = shared_transport(config, ssl.create_default_context(cafile=authority))
crawl(pl.read_parquet(sites), config, Path(folder), progress=progress, transport=transport)
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(json.dumps({**found, "megabytes": int(status["VmHWM"].split()[0]) / 1000}))
"""


async def drip(writer: asyncio.StreamWriter) -> None:
    """Send a page so slowly that it never ends."""
    writer.write(HEAD + b"Content-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.1)


async def drip_headers(writer: asyncio.StreamWriter) -> None:
    """Send headers one by one that never end."""
    writer.write(HEAD)
    for number in range(1000):
        writer.write(b"X-Header-%d: x\r\n" % number)
        await writer.drain()
        await asyncio.sleep(0.1)


def endless(head: bytes, again: bytes) -> Behaviour:
    """Return a page that sends the same without end, as fast as it is taken."""

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(0)

    return send


async def silent(writer: asyncio.StreamWriter) -> None:
    """Take the request and say nothing."""
    await asyncio.sleep(30)
    writer.close()


def reset(sent: bytes) -> Behaviour:
    """Return a page that tears the connection down behind what it has sent."""

    async def tear(writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()
        sock: socket.socket = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    return tear


class Calendar(dict[str, "Page"]):
    """A site whose home page leads to a calendar that has a page for everything."""

    def get(self, path: str, default: Page = b"") -> Page:  # type: ignore[override]  # narrower than of any mapping
        """Return a page that leads to ten more."""
        if path in RULES:
            return default
        days = [f"/kalender/{hash((path, day)) % 10**6}?seite=tag{day}" for day in range(5)]
        events = [f"/events{path[:40]}/{day}" for day in range(5)]
        links = "".join(f"<a href='{url}'>Termin {url[-9:]}</a>" for url in days + events)
        return f"<html lang=de><body>{links}<p>Am Tag {path[:40]} wird gedreht und gefräst.</p></body></html>"


def slow_and_endless(no_reply: Reply) -> Tricks:
    """Return sites that keep a connection for ever, or break it."""
    chunk = b"20\r\n" + b"drehen, " * 4 + b"\r\n"
    homes: dict[str, tuple[Page, str]] = {
        "drip": (drip, "timeout"),
        "dripping-headers": (drip_headers, "timeout"),
        "silent": (silent, "timeout"),
        "endless": (endless(HEAD + b"\r\n", b"<p>noch mehr</p>" * 1_000), "too_large"),
        "chunks": (endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk * 1_000), "too_large"),
        "headers": (endless(HEAD, b"X-Header: yes\r\n" * 1_000), "broken"),
        "continue": (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1_000), "timeout"),
        "200mb": (endless(HEAD + b"Content-Length: 200000000\r\n\r\n", b"x" * 65_536), "too_large"),
        "reset": (reset(HEAD + b"Content-Length: 1000\r\n\r\nhalf"), "broken"),
        "reset-at-once": (reset(b""), "broken"),
        "garbage": (b"HTTP/9.9 what is this\r\n\r\n", "broken"),
        "busy": (no_reply(429, "Retry-After: 120"), "http_429"),
        "down": (no_reply(503), "http_503"),
        "gone": (no_reply(410), "http_410"),
    }
    return {name: ({"/": home}, reason) for name, (home, reason) in homes.items()}


def redirecting(no_reply: Reply) -> Tricks:
    """Return sites that lead round in circles, to nowhere or into the network behind the crawler."""
    targets = {
        "metadata": ("http://169.254.169.254/latest/", "blocked_address"),
        "decimal": ("http://2852039166/", "blocked_address"),
        "mapped": ("http://[::ffff:10.0.0.1]/", "blocked_address"),
        "by-name": ("http://intern.example/", "blocked_address"),
        "script": ("javascript:alert(1)", "bad_url"),
        "file": ("file:///etc/passwd", "bad_url"),
        "userinfo": ("http://a:b@good0.example/", "bad_url"),
        "loop": ("/", "redirect_loop"),
        "there": ("http://back.example/", "redirect_loop"),
        "back": ("http://there.example/", "redirect_loop"),
    }
    tricks: Tricks = {
        name: ({"/": no_reply(302, f"Location: {target}")}, reason) for name, (target, reason) in targets.items()
    }
    steps: dict[str, Page] = {f"/{n}" if n else "/": no_reply(302, f"Location: /{n + 1}") for n in range(20)}
    robots: dict[str, Page] = {"/robots.txt": no_reply(302, "Location: http://10.0.0.1/robots.txt"), "/": GOOD}
    return {**tricks, "long-loop": (steps, "redirect_loop"), "robots-to-network": (robots, "blocked_address")}


def exploding(reply: Reply) -> Tricks:
    """Return sites whose answers are small on the wire and huge behind it, or not what they are said to be."""
    zeros = b"\0" * BOMB
    bombs = {
        "gzip": gzip.compress(zeros, 1),
        "br": brotli.compress(zeros, quality=1),
        "zstd": zstd.compress(zeros, 1),
        "gzip, br": brotli.compress(gzip.compress(zeros, 1), quality=1),
    }
    window = {int(zstd.CompressionParameter.window_log): 27}
    wrong = {
        "no-gzip": ("gzip", b"not gzip at all"),
        "no-br": ("br", b"\xff" * 100),
        "wide-window": ("zstd", zstd.compress(GOOD.encode() * 2_000_000, options=window)),
        "unknown-coding": ("x-own", b"whatever"),
        "codings": ("gzip, gzip, gzip, gzip", b"whatever"),
    }
    tricks: Tricks = {
        f"bomb-{coding.replace(', ', '-')}": ({"/": reply(body, f"Content-Encoding: {coding}")}, "too_large")
        for coding, body in bombs.items()
    }
    for name, (coding, body) in wrong.items():
        tricks[name] = ({"/": reply(body, f"Content-Encoding: {coding}")}, "encoding")
    return tricks


def odd_markup(reply: Reply) -> Tricks:
    """Return sites whose pages are of another kind than they say, or made to choke whoever reads them."""
    metas = f'<meta name="robots" content="{"a, " * 320}">' * 900
    links = "".join(f"<a href=/seite-{n}>Seite {n}</a>" for n in range(10_000))
    homes: dict[str, tuple[Page, str]] = {
        "pdf": (reply(b"%PDF-1.7", "Content-Type: application/pdf"), "not_html"),
        "octets": (reply(GOOD, "Content-Type: application/octet-stream"), "not_html"),
        "nested": ("<div>" * 100_000, "too_deep"),
        "attributes": ("<a " + " ".join(f"a{n}=1" for n in range(100_000)) + ">", "too_many_attributes"),
        "tags": ("<i></i>" * 110_000, "too_many_tags"),
        "empty": ("<html></html>", "empty"),
        "no-charset": (reply(GOOD, "Content-Type: text/html; charset=punycode"), "ok"),
        "wrong-charset": (reply(GOOD.encode("cp1252"), "Content-Type: text/html; charset=utf-8"), "ok"),
        "utf-16": (reply(GOOD.encode("utf-16"), "Content-Type: text/html; charset=us-ascii"), "ok"),
        "metas": (f"<html lang=de><head>{metas}</head><p>Wir drehen und fräsen.</p></html>", "ok"),
        "links": (f"<html lang=de><body>{links}<p>Wir drehen und fräsen.</p></html>", "ok"),
    }
    tricks: Tricks = {name: ({"/": home}, reason) for name, (home, reason) in homes.items()}
    return {**tricks, "calendar": (Calendar(), "ok")}


def odd_rules(reply: Reply) -> Tricks:
    """Return sites whose robots.txt hangs or floods, or whose sitemap does."""
    stars = "Disallow: /*" + "a*" * 2_000 + "b\n"
    lines = "".join(f"Disallow: /ordner-{n}/\n" for n in range(30_000))
    signals = (f"Content-Signal: search=yes, number={n}\n" for n in range(12_000))
    urls = "".join(f"<url><loc>http://sitemap.example/{'ordner-' * 30}{n}</loc></url>" for n in range(4_000))
    sites: dict[str, tuple[dict[str, Page], str]] = {
        "robots-hangs": ({"/robots.txt": silent}, "timeout"),
        "robots-drips": ({"/robots.txt": drip}, "timeout"),
        "robots-endless": ({"/robots.txt": endless(HEAD + b"\r\n", b"Disallow: /x\n" * 1_000)}, "ok"),
        "robots-stars": ({"/robots.txt": "User-agent: *\n" + stars * 100}, "ok"),
        "robots-lines": ({"/robots.txt": "User-agent: *\n" + lines}, "ok"),
        "robots-signals": ({"/robots.txt": "User-agent: *\n" + "".join(signals)}, "ok"),
        "reservations": ({"/.well-known/tdmrep.json": "[" * 60_000}, "ok"),
        "sitemap": ({"/sitemap.xml": f"<urlset>{urls}</urlset>"}, "ok"),
        "cookies": ({"/": reply(GOOD, *(f"Set-Cookie: c{n}={'x' * 3_000}" for n in range(60)))}, "ok"),
    }
    return {name: ({"/": GOOD, **pages}, reason) for name, (pages, reason) in sites.items()}


def company(name: str) -> dict[str, Page]:
    """Return a good site: a home page that links to four more."""
    links = "".join(f"<a href=/{page}>{page}</a> " for page in NAMES)
    pages: dict[str, Page] = {f"/{page}": f"<html lang=de><p>{page} von {name}: Drehen.</p></html>" for page in NAMES}
    return {"/": f"<html lang=de><body><nav>{links}</nav><p>Willkommen bei {name}.</p></body></html>", **pages}


def only_secure(url: str, no_reply: Reply) -> Behaviour:
    """Return a page that is there over TLS only, where it leads all others."""

    async def lead(writer: asyncio.StreamWriter) -> None:
        plain = writer.get_extra_info("ssl_object") is None
        writer.write(no_reply(301, f"Location: {url}") if plain else no_reply(404))

    return lead


def with_certificates(web: Web, authority: trustme.CA, no_reply: Reply) -> dict[str, str]:
    """Add sites with certificates, good and bad, and give the reason expected for each."""
    now = dt.datetime.now(dt.UTC)
    wrong = trustme.CA(key_type=trustme.KeyType.ECDSA)
    issued = {
        "valid": (authority.issue_cert("valid.example", key_type=trustme.KeyType.ECDSA), "ok"),
        "expired": (
            authority.issue_cert(
                "expired.example", not_after=now - dt.timedelta(days=1), key_type=trustme.KeyType.ECDSA
            ),
            "certificate",
        ),
        "other-name": (authority.issue_cert("shop.example", key_type=trustme.KeyType.ECDSA), "certificate"),
        "self-made": (wrong.issue_cert("self-made.example", key_type=trustme.KeyType.ECDSA), "certificate"),
    }
    for name, (certificate, _) in issued.items():
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate.configure_cert(context)
        secure = only_secure(f"https://{name}.example/robots.txt", no_reply)
        web.sites[f"{name}.example"] = {"/": GOOD, "/robots.txt": secure}
        web.places[f"{name}.example"] = web.listen(context=context)
    return {f"{name}.example": reason for name, (_, reason) in issued.items()}


def measured(web: Web, authority: trustme.CA, **changes: object) -> dict[str, float]:
    """Crawl all sites in a process of its own, and return what it says of itself."""
    table, settings, trusted = (web.folder / name for name in ("sites.parquet", "config.json", "authority.pem"))
    sites = web.table()
    secure = pl.col("site").is_in([name for name in web.places if name in web.sites])
    sites.with_columns(url=pl.when(secure).then("https://" + pl.col("site") + "/").otherwise("url")).write_parquet(
        table
    )
    settings.write_bytes(msgspec.json.encode(web.config(**changes)))
    authority.cert_pem.write_to_path(str(trusted))
    command = [sys.executable, "-c", MEASURED, *map(str, (table, settings, web.folder, trusted))]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return found


def reasons(fetches: pl.DataFrame) -> dict[str, str]:
    """Return what became of each site's home page, or if it was never asked for, of the first request that failed."""
    last = fetches.filter(kind="home").group_by("site").last()
    first = fetches.filter(pl.col("reason") != "redirect").group_by("site").first()
    return dict(first.select("site", "reason").iter_rows()) | dict(last.select("site", "reason").iter_rows())


def test_each_trick_ends_in_its_reason_and_neighbours_are_unharmed(web: Web, reply: Reply, no_reply: Reply) -> None:
    """Slow, endless, exploding, looping, misleading and broken answers leave their reasons, within memory and time."""
    authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
    tricks = (
        slow_and_endless(no_reply) | redirecting(no_reply) | exploding(reply) | odd_markup(reply) | odd_rules(reply)
    )
    web.sites = {f"{name}.example": pages for name, (pages, _) in tricks.items()}
    web.sites |= {f"good{n}.example": company(f"Firma {n}") for n in range(6)}
    expected = {f"{name}.example": reason for name, (_, reason) in tricks.items()}
    expected |= {f"good{n}.example": "ok" for n in range(6)} | with_certificates(web, authority, no_reply)
    web.places["intern.example"] = "10.1.1.1:80"
    limits = {"max_page_bytes": 1_000_000, "timeout_seconds": TIMEOUT, "extract_seconds": 20.0}
    found = measured(web, authority, concurrency=24, sitemap_below_links=1, **limits)
    crawled = read(web.table(), web.folder)
    assert reasons(crawled.fetches) == expected
    assert found["megabytes"] < 300
    assert found["busy"] < 0.1
    # As long as the shortest wait for a server that says nothing.
    assert found["blocked"] < TIMEOUT
    for number in range(6):
        pages = crawled.pages.filter(site=f"good{number}.example")
        assert pages.height == 5
        assert pages["text"].str.contains(f"Firma {number}").all()
    texts = crawled.pages.filter(pl.col("site").str.contains("charset|utf-16"))["text"]
    assert texts.to_list() == ["Wir drehen und fräsen Teile aus Stahl."] * 3
    # Neither the network behind the crawler nor one more day of the calendar was asked for.
    assert len(web.asked("calendar.example")) <= 8
    assert not any("cookie" in entry.headers for entry in web.log)


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
    answers: dict[str, Page] = {
        "silent": silent,
        "503": no_reply(503),
        "forbids": "User-agent: *\nDisallow: /",
        "missing": no_reply(404),
    }
    web.sites = {"site.example": {"/": GOOD, "/robots.txt": answers[robots]}}
    # Only the silent server needs a limit that is reached.
    crawled = web.crawl(timeout_seconds=0.4 if robots == "silent" else 10.0)
    assert crawled.verdicts["verdict"].to_list() == [verdict]
    assert [path for path in web.asked("site.example") if path not in RULES] == asked


def test_cookies_are_not_sent_back(web: Web, reply: Callable[..., bytes]) -> None:
    """A site that sets a cookie never sees it again, and sees who is asking."""
    links = GOOD.replace("</p>", " <a href=/produkte>Produkte</a></p>")
    pages: dict[str, Page] = {
        "/": reply(links, "Set-Cookie: id=1; Path=/"),
        "/produkte": GOOD.replace("drehen", "schleifen"),
    }
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
