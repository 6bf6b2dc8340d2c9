from __future__ import annotations

import asyncio
import gc
import gzip
import socket
import struct
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, NamedTuple

import brotli
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.config import CrawlConfig
from crawler.fetch import UNREACHED, Answer, Fetcher, Validators, retry_after, shared_transport, user_agent, validators
from crawler.resolve import Resolver, Target, UnknownHostError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from crawler.fetch import TransportFactory

    Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]

HOME = "http://site.example/"
PAGE = "<html lang=de><title>Dreherei</title><p>Wir fräsen Teile aus Stahl.</p></html>".encode()


class Asked(NamedTuple):
    """One request as the server saw it, and on which of its connections."""

    path: str
    headers: dict[str, str]
    connection: int


class Site:
    """A site that answers path by path ("home" is "/"), with bytes or with a function that gets the writer."""

    def __init__(self, **answers: bytes | Behaviour) -> None:
        self.answers = answers
        self.log: list[Asked] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        connection = self.connections
        try:
            while not writer.is_closing():
                await self.answer((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"), connection, writer)
                await writer.drain()
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def answer(self, head: str, connection: int, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        first, *lines = head.strip().split("\r\n")
        path = first.split(" ")[1]
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        self.log.append(Asked(path, headers, connection))
        answer = self.answers.get(path.strip("/") or "home", reply(b"", status="404 Not Found"))
        if callable(answer):
            await answer(writer)
        else:
            writer.write(answer)


def reply(body: bytes = PAGE, *lines: str, status: str = "200 OK") -> bytes:
    """Return a whole answer, of type HTML unless the lines say otherwise."""
    kind = [] if any(line.startswith("Content-Type") for line in lines) else ["Content-Type: text/html"]
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *kind, *lines, "", ""]).encode() + body


def sending(*parts: bytes, pause: float = 0.0) -> Behaviour:
    """Return a behaviour that sends parts one after the other and then holds the connection."""

    async def send(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)
        await asyncio.sleep(30)

    return send


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """Close the connection without an answer."""
    writer.close()


async def reset(writer: asyncio.StreamWriter) -> None:
    """Tear the connection down amid the answer."""
    writer.write(reply()[:-10])
    await writer.drain()
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def endless(writer: asyncio.StreamWriter) -> None:
    """Send a page without end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n")
    while True:
        writer.write(b"<p>noch mehr</p>" * 1_000)
        await writer.drain()


def config(**changes: object) -> CrawlConfig:
    """Return a quick configuration that may visit this machine."""
    quick: dict[str, object] = {"allow_loopback": True, "timeout_seconds": 5.0}
    return CrawlConfig(**{**quick, **changes})  # type: ignore[arg-type]  # values of several types by name


def visit(
    site: Site, *steps: Callable[[Fetcher], Awaitable[Answer]], settings: CrawlConfig | None = None
) -> list[Answer]:
    """Serve a site and send requests to it one after the other, as one visit does."""
    chosen = settings or config()

    async def run() -> list[Answer]:
        server = await asyncio.start_server(site.serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        resolver = Resolver({"site.example": Target("127.0.0.1", port)}, allow_loopback=True)
        fetcher = Fetcher(chosen, resolver, shared_transport(chosen))
        try:
            return [await step(fetcher) for step in steps]
        finally:
            await fetcher.close()
            resolver.close()
            server.close()
            await finish()

    return asyncio.run(run())


async def finish() -> None:
    """End what the server still does."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def page(path: str = "", known: Validators | None = None) -> Callable[[Fetcher], Awaitable[Answer]]:
    """Return a step that requests a page."""
    return lambda fetcher: fetcher.page(f"{HOME}{path}", known)


def reach(transport: TransportFactory, *urls: str, settings: CrawlConfig | None = None) -> list[Answer]:
    """Request pages over an injected transport; site.example has two addresses, inner.example a private one."""

    class Names(Resolver):
        async def targets(self, host: str) -> tuple[Target, ...]:
            if host == "silent.example":
                raise silence("no answer")
            both = {"site.example": (Target("93.184.216.34"), Target("93.184.216.35"))}
            return both[host] if host in both else await super().targets(host)

    async def run() -> list[Answer]:
        resolver = Names({"inner.example": Target("10.0.0.1")}, allow_loopback=False)
        fetcher = Fetcher(settings or CrawlConfig(timeout_seconds=1.0), resolver, transport)
        try:
            return [await fetcher.page(url) for url in urls]
        finally:
            await fetcher.close()
            resolver.close()

    return asyncio.run(run())


def silence(words: str) -> UnknownHostError:
    """Return the error of a name server that says nothing."""
    error = UnknownHostError(words)
    error.passing = True
    return error


def test_a_page_comes_with_all_that_is_known_of_it() -> None:
    """Body, status, each value of each header, protocol and address are in the answer."""
    site = Site(home=reply(PAGE, "X-Robots-Tag: noai", "x-robots-tag: noindex", "ETag: x"))
    (answer,) = visit(site, page())
    assert (answer.url, answer.reason, answer.status, answer.body) == (HOME, "ok", 200, PAGE)
    assert answer.headers["x-robots-tag"] == ("noai", "noindex")
    assert (answer.http_version, answer.address, answer.received) == ("HTTP/1.1", "127.0.0.1", len(PAGE))
    assert (answer.cut, answer.certificate, answer.wire, answer.raw_headers) == (False, "", b"", ())


def test_servers_see_who_asks_and_what_is_liked() -> None:
    """The host's own name, our product and contact, languages by preference and the codings we read are sent."""
    site = Site(home=reply())
    settings = config(contact="https://crawler.example/about")
    visit(site, page("?a=%7E&b=ä#part"), settings=settings)
    (asked,) = site.log
    assert asked.path == "/?a=%7E&b=%C3%A4"
    assert asked.headers["host"] == "site.example"
    assert asked.headers["user-agent"] == user_agent(settings) == "PotenzialBot/1.0 (+https://crawler.example/about)"
    assert asked.headers["accept-language"] == "de, en;q=0.9"
    assert asked.headers["accept-encoding"] == "gzip, deflate, br, zstd"


def test_neither_cookies_nor_proxies_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cookie is never sent back, and a proxy that the environment names is never asked."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    site = Site(home=reply(PAGE, "Set-Cookie: id=1; Path=/"))
    answers = visit(site, page(), page())
    assert [answer.reason for answer in answers] == ["ok", "ok"]
    assert not any("cookie" in asked.headers for asked in site.log)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        (b"/unternehmen/", f"{HOME}unternehmen/"),
        (b"//www.site.example", "http://www.site.example"),
        ("/über-uns".encode(), f"{HOME}über-uns"),
        ("/über-uns".encode("latin-1"), f"{HOME}über-uns"),
        (b"http://[half", "http://[half"),
    ],
)
def test_redirects_say_where_to(location: bytes, target: str) -> None:
    """A redirect is not followed; its target is made absolute, whatever encoding it came in."""
    moved = b"HTTP/1.1 301 Moved\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
    (answer,) = visit(Site(home=moved), page())
    assert (answer.reason, answer.status, answer.location) == ("redirect", 301, target)


def test_connections_are_kept_across_errors_and_redirects() -> None:
    """The short pages of errors and redirects are read to their end, which spares both sides a new connection."""
    sorry = b"<html>" + b"Seite nicht gefunden. " * 1_000
    site = Site(home=reply(), gone=reply(sorry, status="404 x"), moved=reply(sorry, "Location: /", status="302 x"))
    answers = visit(site, page("gone"), page("moved"), page())
    assert [answer.reason for answer in answers] == ["http_404", "redirect", "ok"]
    assert [answer.received for answer in answers[:2]] == [len(sorry)] * 2
    assert {asked.connection for asked in site.log} == {1}


def test_error_pages_are_not_waited_for() -> None:
    """Of an error page that drips or is large only a little is read, and its status counts."""
    head = b"HTTP/1.1 404 x\r\nContent-Length: 1000\r\n\r\n"
    site = Site(drip=sending(head, *[b"x"] * 99, pause=0.1), large=reply(b"x" * 300_000, status="500 x"))
    drip, large = visit(site, page("drip"), page("large"))
    assert (drip.reason, drip.cut, large.reason, large.cut) == ("http_404", True, "http_500", True)
    assert drip.seconds < 2.0
    assert large.received == 0


def test_pages_that_are_too_large_are_not_read() -> None:
    """A page that says so is left unread, one without end is read up to the limit, one that unfolds never unfolds."""
    bomb = gzip.compress(b"\0" * 5_000_000)
    site = Site(declared=reply(b"x" * 200_001), endless=endless, bomb=reply(bomb, "Content-Encoding: gzip"))
    steps = [page(path) for path in ("declared", "endless", "bomb")]
    answers = visit(site, *steps, settings=config(max_page_bytes=200_000))
    assert [(answer.reason, answer.body, answer.cut) for answer in answers] == [("too_large", b"", True)] * 3
    assert answers[0].received == 0
    assert 200_000 < answers[1].received < 1_000_000


def test_small_files_are_cut_off_at_their_limit() -> None:
    """Of a file of any type what lies within the limit is kept, and the answer says that there is more."""
    site = Site(file=reply(b"x" * 5_000, "Content-Type: application/json"))
    whole, cut = visit(site, lambda f: f.file(f"{HOME}file", 5_000), lambda f: f.file(f"{HOME}file", 4_999))
    assert (whole.reason, len(whole.body), whole.cut) == ("ok", 5_000, False)
    assert (cut.reason, len(cut.body), cut.cut) == ("ok", 4_999, True)


def test_only_pages_of_text_are_read() -> None:
    """Anything but HTML and plain text is refused by its type, and no type at all passes for HTML."""
    types = {"pdf": "application/pdf", "xhtml": "application/xhtml+xml; charset=utf-8", "none": ""}
    site = Site(**{name: reply(PAGE, f"Content-Type: {kind}") for name, kind in types.items()})
    answers = visit(site, *[page(name) for name in types])
    assert [answer.reason for answer in answers] == ["not_html", "ok", "ok"]


def test_unchanged_pages_are_asked_for_by_what_is_known_of_them() -> None:
    """What the last answer said goes back to the server, whose 304 then means that nothing has changed."""
    dated = "Last-Modified: Sun, 01 Nov 2026 10:00:00 GMT"
    site = Site(home=reply(PAGE, 'ETag: W/"7"', dated), same=b'HTTP/1.1 304 x\r\nETag: W/"7"\r\n\r\n')
    (first,) = visit(site, page())
    known = validators(first)
    unchanged, odd = visit(site, page("same", known), page("same"))
    asked = site.log[1].headers
    assert (asked["if-none-match"], asked["if-modified-since"]) == ('W/"7"', dated.partition(": ")[2])
    assert (unchanged.reason, unchanged.status, unchanged.body) == ("unchanged", 304, b"")
    assert odd.reason == "http_304"
    assert "if-none-match" not in site.log[2].headers


@pytest.mark.parametrize("etag", ["x" * 501, 'a"\r\nCookie: a=1', "ä"])
def test_odd_validators_are_not_sent_back(etag: str) -> None:
    """What could not stand in a header as it is would not tell anything either."""
    assert validators(Answer(url=HOME, reason="ok", headers={"etag": (etag,)})) == Validators()
    site = Site(home=reply())
    (answer,) = visit(site, page("", Validators(etag, etag)))
    assert (answer.reason, "if-none-match" in site.log[0].headers) == ("ok", False)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("999999999", 86_400.0),
        (formatdate(1_000_060, usegmt=True), 60.0),
        (formatdate(900_000, usegmt=True), 0.0),
        ("Wed, 21 Oct 9999 07:28:00 GMT", 86_400.0),
        ("soon", None),
        ("-5", None),
        ("²", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str, seconds: float | None) -> None:
    """Seconds and dates both say how long to wait, a day at most; anything else says nothing."""
    answer = Answer(url=HOME, reason="http_429", headers={"retry-after": (value,)})
    assert retry_after(answer, 1_000_000.0) == seconds


@settings(deadline=None)  # a loaded machine is no fault
@given(value=st.text(max_size=60), now=st.floats(0, 4e9))
def test_no_retry_after_breaks_anything(value: str, now: float) -> None:
    """Whatever a server sends, the wait lies between nothing and a day, or is unknown."""
    wait = retry_after(Answer(url=HOME, reason="http_503", headers={"retry-after": (value,)}), now)
    assert wait is None or 0 <= wait <= 86_400


def test_answers_without_retry_after_name_no_wait() -> None:
    """Without the header it is up to the crawler when to come back."""
    assert retry_after(Answer(url=HOME, reason="http_503"), time.time()) is None


def test_failing_sites_end_in_their_reason() -> None:
    """Silence, slowness, broken connections and nonsense each leave a reason of their own."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n"
    expected: dict[str, tuple[bytes | Behaviour, str]] = {
        "silent": (sending(), "timeout"),
        "drip": (sending(head, *[b"x"] * 99, pause=0.05), "timeout"),
        "closed": (hang_up, "broken"),
        "reset": (reset, "broken"),
        "nonsense": (b"what is this\r\n\r\n", "broken"),
        "headers": (b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(30_000)) + b"\r\n", "broken"),
        "nogzip": (reply(PAGE, "Content-Encoding: gzip"), "encoding"),
        "unknown": (reply(PAGE, "Content-Encoding: compress"), "encoding"),
    }
    site = Site(**{name: answer for name, (answer, _) in expected.items()})
    answers = visit(site, *[page(name) for name in expected], settings=config(timeout_seconds=0.5))
    assert [answer.reason for answer in answers] == [reason for _, reason in expected.values()]
    assert answers[-1].status == 200
    assert all(answer.body == b"" and answer.seconds < 1.0 for answer in answers)


def test_a_site_that_nobody_serves_is_not_reached() -> None:
    """A port that nothing listens on is told apart from servers that fail."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (answer,) = visit(Site(), lambda fetcher: fetcher.page(f"http://127.0.0.1:{port}/"))
    assert answer.reason == "connect"


def test_a_request_is_never_repeated_on_its_own() -> None:
    """When a kept connection breaks, the page has failed, since asking again at once would not be polite."""
    site = Site(home=reply(), closed=hang_up)
    answers = visit(site, page(), page("closed"), page())
    assert [answer.reason for answer in answers] == ["ok", "broken", "ok"]
    assert [asked.path for asked in site.log] == ["/", "/closed", "/"]


FLOODS = {
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 300_000,
    "beginnings": b"HTTP/1.1 100 Continue\r\n\r\n" * 100_000,
    "headers": b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 300_000,
    "one header": b"HTTP/1.1 200 OK\r\na: " + b"b" * 3_000_000,
}


@pytest.mark.parametrize("kind", FLOODS)
def test_floods_of_small_things_do_not_hold_up_the_rest(kind: str) -> None:
    """While a server sends tiny chunks, empty beginnings or headers as fast as it can, everything else goes on."""
    gaps: list[float] = []
    gc.collect()
    gc.freeze()  # a collection over the objects of all tests before would take longer than any flood

    async def watched(fetcher: Fetcher) -> Answer:
        watcher = asyncio.create_task(watch(gaps))
        try:
            return await fetcher.page(HOME)
        finally:
            await asyncio.sleep(0.01)
            watcher.cancel()

    chosen = config(max_page_bytes=250_000, timeout_seconds=1.0 if kind == "beginnings" else 20.0)
    (answer,) = visit(Site(home=sending(FLOODS[kind])), watched, settings=chosen)
    gc.unfreeze()
    assert answer.reason == ("too_large" if kind == "chunks" else "broken" if "header" in kind else "timeout")
    assert max(gaps) < 0.2  # computing time, which what one reading brings bounds


async def watch(gaps: list[float]) -> None:
    """Note how long the loop computes from one turn to the next."""
    while True:
        began = time.thread_time()
        await asyncio.sleep(0.001)
        gaps.append(time.thread_time() - began)


def test_the_archive_gets_what_came_over_the_wire() -> None:
    """With an archive the body is also kept as it came, with all headers in their order; error pages too."""
    packed = brotli.compress(PAGE)
    site = Site(home=reply(packed, "Content-Encoding: br", "X-One: 1"), gone=reply(b"weg", status="404 x"))
    settings = config(archive="warc", retention_days=1)
    answer, gone = visit(site, page(), page("gone"), settings=settings)
    assert (answer.body, answer.wire) == (PAGE, packed)
    assert answer.raw_headers[-2:] == (("Content-Encoding", "br"), ("X-One", "1"))
    assert answer.request_headers[:2] == (("Host", "site.example"), ("User-Agent", "PotenzialBot/1.0"))
    assert (gone.reason, gone.body, gone.wire, gone.cut) == ("http_404", b"", b"weg", False)


def test_requests_go_to_the_address_that_was_checked() -> None:
    """The address stands in the request's URL and the name in its headers, so that nothing is looked up twice."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.host == "93.184.216.34":
            raise httpx.ConnectError("refused")
        return httpx.Response(200, content=PAGE)

    (page,) = reach(lambda: httpx.MockTransport(answer), "https://site.example/a")
    assert [request.url.host for request in seen] == ["93.184.216.34", "93.184.216.35"]
    assert {request.headers["Host"] for request in seen} == {"site.example"}
    assert {request.extensions["sni_hostname"] for request in seen} == {"site.example"}
    assert (page.reason, page.address, page.body) == ("ok", "93.184.216.35", PAGE)


def test_what_must_not_be_connected_to_is_not() -> None:
    """Odd ports, schemes and addresses, unknown names and silent name servers end before anything is sent."""
    expected = {
        "http://site.example:22/": "bad_url",
        "http://site.example:8080/": "bad_url",
        "ftp://site.example/": "bad_url",
        "http://user:secret@site.example/": "bad_url",
        "http://[::/": "bad_url",
        "http:///": "bad_url",
        "http://inner.example/": "blocked_address",
        "http://127.0.0.1/": "blocked_address",
        "http://unknown.example/": "dns",
        "http://silent.example/": "dns_timeout",
    }
    seen: list[httpx.Request] = []
    answers = reach(lambda: httpx.MockTransport(lambda request: seen.append(request) or httpx.Response(200)), *expected)
    assert {answer.url: answer.reason for answer in answers} == expected
    assert UNREACHED.issuperset(expected.values())
    assert not seen


def test_the_configuration_opens_and_closes_ports() -> None:
    """Only the ports that the configuration names are connected to, those of the schemes included."""
    settings = CrawlConfig(ports=(443, 8080))
    urls = ("http://site.example:8080/", "https://site.example/", "http://site.example/")
    answers = reach(lambda: httpx.MockTransport(lambda _request: httpx.Response(204)), *urls, settings=settings)
    assert [answer.reason for answer in answers] == ["ok", "ok", "bad_url"]


def test_a_transport_is_anything_with_the_one_method() -> None:
    """What carries requests needs no base class, and nothing to close."""

    class Canned:
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, text=str(request.url))

    (answer,) = reach(Canned, "http://site.example/x")
    assert (answer.reason, answer.body) == ("ok", b"http://93.184.216.34/x")
