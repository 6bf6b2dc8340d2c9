"""What carries requests: aiohttp for HTTP/1.1, httpx's own transport for HTTP/2, behind one method in httpx's terms.

aiohttp takes a third to a half of the computing time of httpx's transport (benchmarks/clients.py), and since its parser
is written in C, a body of tiny chunks does not stall everything else; but it knows no HTTP/2.
"""

import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Final, Protocol, runtime_checkable

import aiohttp
import httpx
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from crawler.config import CrawlConfig

#: Extension of a request that is sent although the server's certificate is not valid.
UNCHECKED: Final = "unchecked_certificate"

_KEPT_SECONDS: Final = 30.0
_CONNECTIONS: Final = 2
# What one reading brings is parsed without a break, and twice this can come: tiny chunks or headers take their time.
_RECEIVED_AT_ONCE: Final = 32_768
_MAX_HEADER_LINE: Final = 65_536
_MAX_HEADERS: Final = 256


class Transport(Protocol):
    """Sends a request to the address in its URL and gives the answer, whose body is still to be read.

    Extensions: `sni_hostname` is the name that the certificate must hold for, `timeout` as httpx has it. Raises httpx's
    transport errors, with the cause behind them. Transports of httpx fit as they are.
    """

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        ...


@runtime_checkable
class Closable(Protocol):
    """What a transport is besides if it holds connections."""

    async def aclose(self) -> None:
        """Close all connections."""
        ...


class Order(msgspec.Struct, frozen=True):
    """A GET request: the URL with the address to connect to, the headers, and the name the certificate must hold for.

    `connect_seconds` is what connecting and the TLS handshake may take each; `unchecked` lets any certificate pass.
    """

    url: str
    headers: tuple[tuple[str, str], ...]
    name: str
    connect_seconds: float
    unchecked: bool = False


class Reply(msgspec.Struct, frozen=True):
    """An answer whose body is still to be read; `headers` are as received, `close` lets go of it."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    http_version: str
    body: AsyncIterator[bytes]
    close: Callable[[], Awaitable[None]]


@runtime_checkable
class Carrier(Protocol):
    """Does the same as a `Transport` without the objects of httpx, whose making takes longer than the sending."""

    async def ask(self, order: Order) -> Reply:
        """Send one request."""
        ...


#: Makes the transport of one host; tests inject their own.
TransportFactory = Callable[[], Transport | Carrier]


def carrier(transport: Transport | Carrier) -> Carrier:
    """Return what carries our requests over a transport."""
    return transport if isinstance(transport, Carrier) else OverHttpx(transport)


class OverHttpx:
    """Carries requests over a transport in httpx's terms."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def ask(self, order: Order) -> Reply:
        """Send one request."""
        extensions = {
            "sni_hostname": order.name,
            "timeout": {"connect": order.connect_seconds, "read": None, "write": None, "pool": None},
            UNCHECKED: order.unchecked,
        }
        request = httpx.Request("GET", order.url, headers=list(order.headers), extensions=extensions)
        response = await self._transport.handle_async_request(request)
        if not isinstance(response.stream, httpx.AsyncByteStream):
            raise httpx.StreamError("the transport gave no asynchronous body")
        version = response.extensions.get("http_version", b"HTTP/1.1").decode("ascii")
        return Reply(response.status_code, response.headers.raw, version, aiter(response.stream), response.aclose)

    async def aclose(self) -> None:
        """Close all connections."""
        if isinstance(self._transport, Closable):
            await self._transport.aclose()


def shared_transport(config: CrawlConfig, trusted: ssl.SSLContext | None = None) -> TransportFactory:
    """Return a factory of transports that share their TLS contexts, since loading certificates is slow.

    `trusted` says which certificates are valid, by default those that certifi lists.
    """
    checked = trusted or httpx.create_ssl_context(trust_env=False)
    unchecked = _unchecked()
    if config.http2:
        return lambda: Http2(checked, unchecked)
    return lambda: Http1(checked, unchecked)


def _unchecked() -> ssl.SSLContext:
    # The default context would read all trusted certificates, which nothing here is held against.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Http2:
    """HTTP/2 with servers that agree on it in the TLS handshake, over httpx's own transport; without TLS HTTP/1.1."""

    def __init__(self, checked: ssl.SSLContext, unchecked: ssl.SSLContext) -> None:
        self._checked = OverHttpx(_httpx_transport(checked))
        self._unchecked = OverHttpx(_httpx_transport(unchecked))
        self._plain = Http1(checked, unchecked)

    async def ask(self, order: Order) -> Reply:
        """Send one request."""
        if not order.url.startswith("https:"):
            return await self._plain.ask(order)
        return await (self._unchecked if order.unchecked else self._checked).ask(order)

    async def aclose(self) -> None:
        """Close all connections."""
        for transport in (self._checked, self._unchecked, self._plain):
            await transport.aclose()


def _httpx_transport(context: ssl.SSLContext) -> httpx.AsyncHTTPTransport:
    limits = httpx.Limits(
        max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS, keepalive_expiry=_KEPT_SECONDS
    )
    return httpx.AsyncHTTPTransport(verify=context, trust_env=False, http2=True, limits=limits)


class Http1:
    """HTTP/1.1 over aiohttp: no cookies, no proxies, no lookups, no repeating, nothing decompressed."""

    def __init__(self, checked: ssl.SSLContext, unchecked: ssl.SSLContext) -> None:
        self._checked = checked
        self._unchecked = unchecked
        self._session: aiohttp.ClientSession | None = None
        self._limits = aiohttp.ClientTimeout()

    async def ask(self, order: Order) -> Reply:
        """Send one request."""
        session = self._session = self._session or _session()
        if self._limits.sock_connect != order.connect_seconds:
            self._limits = aiohttp.ClientTimeout(sock_connect=order.connect_seconds)
        try:
            answer = await session.request(
                "GET",
                URL(order.url, encoded=True),
                headers=order.headers,
                allow_redirects=False,
                ssl=self._unchecked if order.unchecked else self._checked,
                server_hostname=order.name,
                timeout=self._limits,
            )
        except _TROUBLES as error:
            raise _translated(error) from _cause(error)
        stream = _Stream(answer)
        return Reply(answer.status, answer.raw_headers, _version(answer), stream, stream.aclose)

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()


def _session() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        limit=_CONNECTIONS, keepalive_timeout=_KEPT_SECONDS, resolver=_NoNames(), socket_factory=_socket
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        middlewares=(_once,),
        max_line_size=_MAX_HEADER_LINE,
        max_field_size=_MAX_HEADER_LINE,
        max_headers=_MAX_HEADERS,
    )


def _socket(address: aiohttp.AddrInfoType) -> socket.socket:
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVED_AT_ONCE)
    return made


def _version(answer: aiohttp.ClientResponse) -> str:
    return "HTTP/{}.{}".format(*(answer.version or (1, 1)))


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a request once: aiohttp would repeat it at once when a kept connection breaks, without the pause we owe."""
    try:
        return await handler(request)
    except _TROUBLES as error:
        raise _translated(error) from _cause(error)


_TROUBLES: Final = (aiohttp.ClientError, OSError)


def _translated(error: Exception) -> httpx.TransportError:
    """Return the error of httpx that says the same as one of aiohttp."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return httpx.ConnectTimeout(str(error))
    if isinstance(error, TimeoutError):
        return httpx.ReadTimeout(str(error))
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientConnectorCertificateError):
        return httpx.ConnectError(str(error))
    return httpx.ReadError(str(error))


def _cause(error: Exception) -> BaseException:
    """Return what is behind an error of aiohttp that only wraps it."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return error.certificate_error
    return error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error


class _NoNames(AbstractResolver):
    """Looks nothing up: requests go to addresses that were checked."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        raise OSError(f"{host}, port {port} and family {family}: not an address")

    async def close(self) -> None:
        pass


class _Stream:
    """The body of an answer, piece by piece."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await self._answer.content.readany()
        except _TROUBLES as error:
            raise _translated(error) from _cause(error)
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        self._answer.release()
