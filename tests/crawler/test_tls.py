from __future__ import annotations

import asyncio
import datetime as dt
import socket
import ssl
import struct
from typing import TYPE_CHECKING

import brotli
import h2.config
import h2.connection
import h2.events
import pytest
import trustme

from crawler.config import CrawlConfig
from crawler.fetch import Answer, Fetcher, shared_transport
from crawler.resolve import Resolver, Target

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

PAGE = "<html lang=de><title>Dreherei</title><p>Wir fräsen Teile aus Stahl.</p></html>".encode()
URL = "https://site.example/"
VERSIONS = pytest.mark.parametrize("version", ["1.1", "2"])


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Give an authority whose certificates are valid."""
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


def certificate(authority: trustme.CA, *names: str, days: int = 30) -> ssl.SSLContext:
    """Return a server's context with a certificate for names that is valid for some days from now."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    until = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
    authority.issue_cert(*names, not_after=until, key_type=trustme.KeyType.ECDSA).configure_cert(context)
    return context


def config(version: str, **changes: object) -> CrawlConfig:
    """Return a configuration that may visit this machine with HTTP/1.1 or 2."""
    settings = {"allow_loopback": True, "timeout_seconds": 5.0, "http2": version == "2", **changes}
    return CrawlConfig(**settings)  # type: ignore[arg-type]  # values of several types by name


def visit(
    serve: Serve, context: ssl.SSLContext | None, authority: trustme.CA, settings: CrawlConfig, *urls: str
) -> list[Answer]:
    """Serve a site with a certificate, or without TLS, and fetch pages of it, by default its home page."""
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)

    async def run() -> list[Answer]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        target = Target("127.0.0.1", server.sockets[0].getsockname()[1])
        resolver = Resolver({"site.example": target, "other.example": target}, allow_loopback=True)
        fetcher = Fetcher(settings, resolver, shared_transport(settings, trusted))
        try:
            return [await fetcher.page(url) for url in urls or (URL,)]
        finally:
            await fetcher.close()
            resolver.close()
            server.close()
            await end_all()

    return asyncio.run(run())


async def end_all() -> None:
    """End what the server still does."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def http1(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve the page over HTTP/1.1 until the connection ends."""
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE)
    except (OSError, EOFError, asyncio.CancelledError):
        pass
    finally:
        writer.close()


async def http2(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve the page over HTTP/2, compressed and with the name that was asked for, until the connection ends."""
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
    connection.initiate_connection()
    writer.write(connection.data_to_send())
    try:
        while data := await reader.read(65_536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived) and event.stream_id:
                    answer_stream(connection, event.stream_id, dict(event.headers or []))
            writer.write(connection.data_to_send())
    except (OSError, asyncio.CancelledError):
        pass
    finally:
        writer.close()


def answer_stream(connection: h2.connection.H2Connection, stream: int, asked: dict[str, str]) -> None:
    """Answer one request of an HTTP/2 connection."""
    kind = [(":status", "200"), ("content-type", "text/html"), ("content-encoding", "br")]
    connection.send_headers(stream, [*kind, ("x-asked", f"{asked[':authority']}{asked[':path']}")])
    connection.send_data(stream, brotli.compress(PAGE), end_stream=True)


@VERSIONS
def test_valid_certificates_are_accepted(authority: trustme.CA, version: str) -> None:
    """A page over TLS comes when the certificate holds for the site's name, not for the address connected to."""
    (answer,) = visit(http1, certificate(authority, "site.example"), authority, config(version))
    assert (answer.reason, answer.body, answer.certificate) == ("ok", PAGE, "")
    assert (answer.address, answer.http_version) == ("127.0.0.1", "HTTP/1.1")


def test_http2_is_spoken_where_it_is_switched_on(authority: trustme.CA) -> None:
    """With `http2` and a server that offers it, pages come over one connection of HTTP/2, by the site's own name."""
    context = certificate(authority, "site.example")
    context.set_alpn_protocols(["h2"])
    answers = visit(http2, context, authority, config("2", archive="warc", retention_days=1), URL, f"{URL}produkte")
    assert [(answer.reason, answer.body, answer.http_version) for answer in answers] == [("ok", PAGE, "HTTP/2")] * 2
    assert answers[1].headers["x-asked"] == ("site.example/produkte",)
    assert answers[1].wire == brotli.compress(PAGE)
    assert ("content-encoding", "br") in answers[1].raw_headers


def test_http2_is_not_offered_otherwise(authority: trustme.CA) -> None:
    """Without `http2` a server that offers both is spoken to in HTTP/1.1."""
    context = certificate(authority, "site.example")
    context.set_alpn_protocols(["h2", "http/1.1"])
    (answer,) = visit(http1, context, authority, config("1.1"))
    assert (answer.reason, answer.http_version) == ("ok", "HTTP/1.1")


def broken_context(kind: str, authority: trustme.CA) -> ssl.SSLContext:
    """Return a server's context whose certificate is not valid."""
    if kind == "expired":
        return certificate(authority, "site.example", days=-1)
    if kind == "wrong host":
        return certificate(authority, "shop.example")
    return certificate(trustme.CA(key_type=trustme.KeyType.ECDSA), "site.example")


BROKEN = {
    "expired": "certificate has expired",
    "wrong host": "Hostname mismatch, certificate is not valid for 'site.example'",
    "unknown authority": "unable to get local issuer certificate",
}


@VERSIONS
@pytest.mark.parametrize("kind", BROKEN)
def test_broken_certificates_are_a_reason_of_their_own(authority: trustme.CA, kind: str, version: str) -> None:
    """Expired certificates, those of other names and those of nobody known end the request, and the answer says why."""
    (answer,) = visit(http1, broken_context(kind, authority), authority, config(version))
    assert (answer.reason, answer.certificate, answer.status) == ("certificate", BROKEN[kind], None)


@VERSIONS
@pytest.mark.parametrize("kind", BROKEN)
def test_a_second_try_does_without_the_certificate(authority: trustme.CA, kind: str, version: str) -> None:
    """If the configuration allows it, the page is read nevertheless, and the answer says what is wrong."""
    settings = config(version, certificates="second_try")
    (answer,) = visit(http1, broken_context(kind, authority), authority, settings)
    assert (answer.reason, answer.body, answer.certificate) == ("ok", PAGE, BROKEN[kind])


@VERSIONS
def test_the_second_try_is_remembered_for_that_host_only(authority: trustme.CA, version: str) -> None:
    """Further requests to the host do not fail first, and other hosts are not concerned."""
    opened: list[str] = []

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append("connection")
        await http1(reader, writer)

    settings = config(version, certificates="second_try")
    context = certificate(authority, "other.example")
    answers = visit(count, context, authority, settings, URL, f"{URL}produkte", "https://other.example/")
    assert [answer.reason for answer in answers] == ["ok"] * 3
    assert [bool(answer.certificate) for answer in answers] == [True, True, False]
    assert len(opened) == 2


@VERSIONS
def test_a_server_without_tls_is_told_apart_from_a_broken_certificate(authority: trustme.CA, version: str) -> None:
    """Where TLS is expected and something else is spoken there is no handshake, and no second try."""

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    (answer,) = visit(plain, None, authority, config(version, certificates="second_try"))
    assert (answer.reason, answer.certificate) == ("tls", "")


def test_a_handshake_that_is_torn_down_is_a_failure_of_tls(authority: trustme.CA) -> None:
    """A server that hangs up amid the handshake was there, but has no TLS for us."""

    async def tear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        sock: socket.socket = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    (answer,) = visit(tear, None, authority, config("1.1"))
    assert answer.reason == "tls"


@VERSIONS
def test_a_handshake_that_never_ends_is_a_timeout(authority: trustme.CA, version: str) -> None:
    """A server that takes the connection and says nothing is given up in time, and its connection closed."""

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.read()
        finally:
            writer.close()

    (answer,) = visit(mute, None, authority, config(version, timeout_seconds=0.5))
    assert answer.reason == "timeout"
    assert answer.seconds < 2.0
