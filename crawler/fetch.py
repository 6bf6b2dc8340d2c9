"""One polite HTTP request: checked address, bounded time, bounded bytes, every failure a short reason."""

import asyncio
import ssl
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final
from urllib.parse import urljoin

import httpx
import msgspec

from crawler.address import ascii_host
from crawler.config import CrawlConfig
from crawler.resolve import BlockedAddressError, Resolver, Target, UnknownHostError

#: Makes the transport of one host's client; tests inject their own.
TransportFactory = Callable[[], httpx.AsyncBaseTransport]

#: Everything that can become of one request, besides "http_" and the status of an error. A page that was received may
#: still end as "reserved", "parked", "empty", "duplicate", "too_deep", "too_many_attributes", "too_many_tags" or
#: "extract_" and what failed; one never asked for as "robots", "off_site", "moved", "redirect_loop" or "reserved".
REASONS: Final = (
    "ok",
    "redirect",
    "dns",
    "blocked_address",
    "bad_url",
    "connect",
    "tls",
    "timeout",
    "broken",
    "encoding",
    "too_large",
    "not_html",
)
#: After these no request reached a web server, so that no pause is owed and another address may be tried at once.
UNREACHED: Final = frozenset({"dns", "blocked_address", "bad_url", "connect", "tls"})

_HTML: Final = frozenset({"text/html", "application/xhtml+xml", "text/plain", ""})
_WBITS_AUTO: Final = 47  # zlib finds out itself whether it reads gzip or zlib
_WBITS_RAW: Final = -15  # servers that send "deflate" without zlib's frame
_STEP: Final = 65_536
# Redirects must not turn the crawler into a port scanner; None is the scheme's own port.
_PORTS: Final = frozenset({None, 80, 443})
_CONNECT_SHARE: Final = 0.45
_MAX_HEADER: Final = 2_000
_ADDRESSES_TRIED: Final = 2


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What one request came to: `reason` "ok", "redirect" (then `location` says where to) or why not.

    `headers` are in lower case, with one value for each time that a header was sent.
    """

    url: str
    reason: str
    status: int | None = None
    headers: Mapping[str, tuple[str, ...]] = {}
    body: bytes = b""
    location: str = ""
    received: int = 0
    seconds: float = 0.0
    cut: bool = False


class EncodingError(Exception):
    """The body is compressed in a way that was not asked for."""


def shared_transport(limits: httpx.Limits | None = None) -> TransportFactory:
    """Return a factory of transports that share one TLS context, since loading certificates is slow."""
    context = httpx.create_ssl_context(trust_env=False)
    limits = limits or httpx.Limits(max_connections=2, max_keepalive_connections=1, keepalive_expiry=60)
    return lambda: httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=limits)


def user_agent(config: CrawlConfig) -> str:
    """Return the User-Agent header: product token, version and how to reach whoever crawls."""
    contact = "".join(char for char in config.contact if char.isascii() and char.isprintable() and char not in "()")
    return f"{config.agent}/1.0 (+{contact})" if contact else f"{config.agent}/1.0"


class Fetcher:
    """Sends the requests of one visit; keeps one client, and so one connection, for each host."""

    def __init__(self, config: CrawlConfig, resolver: Resolver, transport: TransportFactory) -> None:
        self._config = config
        self._resolver = resolver
        self._transport = transport
        self._clients: dict[str, httpx.AsyncClient] = {}

    async def page(self, url: str) -> Answer:
        """Request a page of text; anything but HTML and plain text is refused by its content type."""
        answer = await self._get(url, self._config.max_page_bytes, _HTML)
        return msgspec.structs.replace(answer, reason="too_large", body=b"") if answer.cut else answer

    async def file(self, url: str, max_bytes: int) -> Answer:
        """Request a small file of any type; what lies behind `max_bytes` is cut off."""
        return await self._get(url, max_bytes, frozenset())

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    async def _get(self, url: str, max_bytes: int, types: frozenset[str]) -> Answer:
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            async with asyncio.timeout(self._config.timeout_seconds), self._response(httpx.URL(url)) as response:
                answer = await _read(url, response, max_bytes, types)
        except Exception as error:  # noqa: BLE001 - the one place where a failing website turns into a reason
            answer = Answer(url=url, reason=reason_of(error))
        return msgspec.structs.replace(answer, seconds=clock() - started)

    @asynccontextmanager
    async def _response(self, url: httpx.URL) -> AsyncIterator[httpx.Response]:
        host = _host(url)
        if url.port not in _PORTS and not self._config.allow_loopback:
            raise httpx.InvalidURL("no port of the web")
        targets = (await self._resolver.targets(host))[:_ADDRESSES_TRIED]
        response = await self._send_to_any(url, host, targets)
        try:
            yield response
        finally:
            await response.aclose()

    async def _send_to_any(self, url: httpx.URL, host: str, targets: tuple[Target, ...]) -> httpx.Response:
        for target in targets[:-1]:
            try:
                return await self._send(url, host, target)
            except httpx.ConnectError:
                continue
        return await self._send(url, host, targets[-1])

    async def _send(self, url: httpx.URL, host: str, target: Target) -> httpx.Response:
        """Connect to the checked address itself, so that no second lookup can lead elsewhere (DNS rebinding)."""
        client = self._client(host)
        request = client.build_request(
            "GET",
            url.copy_with(host=target.address, port=target.port or url.port, fragment=None),
            headers={"Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": host, "timeout": _timeouts(self._config.timeout_seconds)},
        )
        return await client.send(request, stream=True, follow_redirects=False)

    def _client(self, host: str) -> httpx.AsyncClient:
        if host not in self._clients:
            self._clients[host] = httpx.AsyncClient(
                transport=self._transport(),
                trust_env=False,
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                headers={
                    "User-Agent": user_agent(self._config),
                    "Accept": "text/html,application/xhtml+xml,text/plain;q=0.5",
                    "Accept-Language": ", ".join(self._config.languages),
                    "Accept-Encoding": "gzip, deflate",
                },
            )
        return self._clients[host]


def reason_of(error: BaseException) -> str:
    """Return the recorded reason of a failed request."""
    for kind, reason in _FAILURES:
        if isinstance(error, kind):
            return reason
    if isinstance(error, httpx.ConnectError):
        return "tls" if any(isinstance(cause, ssl.SSLError) for cause in _causes(error)) else "connect"
    return "broken"


_FAILURES: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (UnknownHostError, "dns"),
    (BlockedAddressError, "blocked_address"),
    (EncodingError, "encoding"),
    (zlib.error, "encoding"),
    (TimeoutError, "timeout"),
    (httpx.TimeoutException, "timeout"),
    (httpx.InvalidURL, "bad_url"),
    (httpx.UnsupportedProtocol, "bad_url"),
    (ssl.SSLError, "tls"),
)


def _causes(error: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain


def _timeouts(seconds: float) -> dict[str, float | None]:
    """Return the transport's limits: connecting and the TLS handshake must each end by themselves.

    Were they cut off by the limit of the whole request, the transport would leave their sockets open.
    """
    return httpx.Timeout(seconds, connect=_CONNECT_SHARE * seconds).as_dict()


def _host(url: httpx.URL) -> str:
    host = url.host if ":" in url.host else ascii_host(url.raw_host.decode("ascii"))
    if url.scheme not in {"http", "https"} or not host or url.userinfo:
        raise httpx.InvalidURL("no plain web address")
    return host


async def _read(url: str, response: httpx.Response, max_bytes: int, types: frozenset[str]) -> Answer:
    """Read the body only where status and type promise something of use."""
    head = Answer(url=url, reason=_refusal(response, types), status=response.status_code, headers=_headers(response))
    if head.reason == "redirect":
        return msgspec.structs.replace(head, location=_location(url, response))
    if head.reason != "ok":
        return head
    body, received, cut = await _body(response, max_bytes)
    return msgspec.structs.replace(head, body=body, received=received, cut=cut)


def _refusal(response: httpx.Response, types: frozenset[str]) -> str:
    if response.has_redirect_location:
        return "redirect"
    if not response.is_success:
        return f"http_{response.status_code}"
    content_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return "ok" if not types or content_type in types else "not_html"


def _headers(response: httpx.Response) -> dict[str, tuple[str, ...]]:
    """Return the values of each header one by one: what several X-Robots-Tag say differs from what they say joined."""
    return {
        name.lower(): tuple(value[:_MAX_HEADER] for value in response.headers.get_list(name))
        for name in response.headers
    }


def _location(url: str, response: httpx.Response) -> str:
    return urljoin(url, response.headers["Location"][:_MAX_HEADER].strip())


async def _body(response: httpx.Response, max_bytes: int) -> tuple[bytes, int, bool]:
    """Return (body, bytes received, whether it was cut off); neither side of the compression exceeds `max_bytes`."""
    inflate = _inflater(response.headers.get("Content-Encoding", "").strip().lower())
    body, received = bytearray(), 0
    async for chunk in response.aiter_raw(_STEP):
        received += len(chunk)
        body += inflate(chunk, max_bytes + 1 - len(body))
        if len(body) > max_bytes or received > max_bytes:
            return bytes(body[:max_bytes]), received, True
    return bytes(body), received, False


def _inflater(encoding: str) -> Callable[[bytes, int], bytes]:
    """Return a function (chunk, most bytes to give) -> bytes, so that a small bomb never unfolds in memory."""
    if encoding in {"", "identity"}:
        return lambda chunk, most: chunk[:most]
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise EncodingError(encoding)
    return _Inflater().give


class _Inflater:
    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_WBITS_AUTO)
        self._fresh = True

    def give(self, chunk: bytes, most: int) -> bytes:
        try:
            # What does not fit is dropped: the caller stops reading then.
            out = self._stream.decompress(chunk, most)
        except zlib.error:
            if not self._fresh:
                raise
            self._stream = zlib.decompressobj(_WBITS_RAW)
            out = self._stream.decompress(chunk, most)
        self._fresh = False
        return out
