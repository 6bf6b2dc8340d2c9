"""One polite HTTP request: checked address, bounded time, bounded bytes, every failure a short reason."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urljoin

import httpx
import msgspec

from crawler.address import ascii_host
from crawler.config import CrawlConfig
from crawler.content import ACCEPTED, Body, EncodingError
from crawler.resolve import BlockedAddressError, Resolver, Target, UnknownHostError
from crawler.transport import Carrier, Closable, Order, Reply, Transport, TransportFactory, carrier, shared_transport

__all__ = [
    "REASONS",
    "UNREACHED",
    "Answer",
    "Fetcher",
    "Transport",
    "TransportFactory",
    "Validators",
    "reason_of",
    "retry_after",
    "shared_transport",
    "user_agent",
    "validators",
]

#: Everything that can become of one request, besides "http_" and the status of an error. What is read out of a page
#: that was received may give it another reason, and so may the rules of a visit to one that was never asked for.
REASONS: Final = (
    "ok",
    "unchanged",
    "redirect",
    "dns",
    "dns_timeout",
    "blocked_address",
    "bad_url",
    "connect",
    "tls",
    "certificate",
    "timeout",
    "broken",
    "encoding",
    "too_large",
    "not_html",
)
#: After these no request reached a web server, so that no pause is owed and another address may be tried at once.
UNREACHED: Final = frozenset({"dns", "dns_timeout", "blocked_address", "bad_url", "connect", "tls", "certificate"})

_HTML: Final = frozenset({"text/html", "application/xhtml+xml", "text/plain", ""})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NOT_MODIFIED: Final = 304
_MAX_PORT: Final = 65_535
_SUCCESS: Final = 2
_SCHEME_PORTS: Final = {"http": 80, "https": 443}
_CONNECT_SHARE: Final = 0.45
_ADDRESSES_TRIED: Final = 2
_MAX_HEADER: Final = 2_000
_MAX_HEADERS: Final = 256
_MAX_VALIDATOR: Final = 500
_MAX_RETRY_AFTER: Final = 86_400.0
# What errors and redirects say is not used, but reading a little of it saves connecting again, which costs both sides.
_DRAINED: Final = 65_536
_DRAIN_SHARE: Final = 0.1


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What one request came to: `reason` "ok", "unchanged", "redirect" (then `location` says where to) or why not.

    `headers` are in lower case, with one value for each time that a header was sent. `cut` says that the body goes on
    behind what was read. `address` is the one that was connected to. `certificate` says why the certificate is not
    valid, whether that ended the request or it was tried again without checking. For the archive only: `wire` is the
    body as it came, still compressed, `request_headers` and `raw_headers` are what was sent and received, in order.
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
    http_version: str = ""
    address: str = ""
    certificate: str = ""
    wire: bytes = b""
    request_headers: tuple[tuple[str, str], ...] = ()
    raw_headers: tuple[tuple[str, str], ...] = ()


class Validators(msgspec.Struct, frozen=True):
    """What an earlier answer said by which the server can tell that a page has not changed (RFC 9110, 8.8)."""

    etag: str = ""
    modified: str = ""


class _Ask(msgspec.Struct, frozen=True):
    """What is asked of one URL; without `types` every content type is welcome, and a body may be cut off."""

    max_bytes: int
    types: frozenset[str] = frozenset()
    known: Validators = Validators()


class _Goal(msgspec.Struct, frozen=True):
    """Where a request goes: the parts of its URL as they are sent, and the headers; the port is None if it is usual."""

    scheme: str
    host: str
    port: int | None
    target: str
    headers: tuple[tuple[str, str], ...] = ()


class _Sent(msgspec.Struct, frozen=True):
    """A request on its way and the answer whose body is still to be read."""

    goal: _Goal
    address: str
    reply: Reply
    certificate: str


def user_agent(config: CrawlConfig) -> str:
    """Return the User-Agent header: product token, version and how to reach whoever crawls."""
    contact = "".join(char for char in config.contact if char.isascii() and char.isprintable() and char not in "()")
    return f"{config.agent}/1.0 (+{contact})" if contact else f"{config.agent}/1.0"


def validators(answer: Answer) -> Validators:
    """Return what to ask with next time, of the headers of an answer."""
    found = (_sendable(next(iter(answer.headers.get(name, ())), "")) for name in ("etag", "last-modified"))
    return Validators(*found)


def retry_after(answer: Answer, now: float) -> float | None:
    """Return the seconds from `now` (Unix time) that a server asks to be left alone for, a day at most.

    None if it does not say, or nothing that can be understood (RFC 9110, 10.2.3).
    """
    value = next(iter(answer.headers.get("retry-after", ())), "").strip()
    try:
        seconds = (
            float(value) if value.isascii() and value.isdecimal() else parsedate_to_datetime(value).timestamp() - now
        )
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), _MAX_RETRY_AFTER)


class Fetcher:
    """Sends the requests of one visit; keeps one transport, and so one connection, for each host."""

    def __init__(self, config: CrawlConfig, resolver: Resolver, transport: TransportFactory) -> None:
        self._config = config
        self._resolver = resolver
        self._transport = transport
        self._carriers: dict[str, Carrier] = {}
        self._certificates: dict[str, str] = {}
        self._archiving = config.archive == "warc"
        self._headers = (
            ("User-Agent", user_agent(config)),
            ("Accept", "text/html,application/xhtml+xml,text/plain;q=0.5,*/*;q=0.1"),
            ("Accept-Language", _languages(config.languages)),
            ("Accept-Encoding", ACCEPTED),
        )

    async def page(self, url: str, known: Validators | None = None) -> Answer:
        """Request a page of text, unless it is as `known`; all but HTML and plain text is refused by its type."""
        answer = await self._get(url, _Ask(self._config.max_page_bytes, _HTML, known or Validators()))
        too_large = answer.cut and answer.reason == "ok"
        return msgspec.structs.replace(answer, reason="too_large", body=b"") if too_large else answer

    async def file(self, url: str, max_bytes: int) -> Answer:
        """Request a small file of any type; what lies behind `max_bytes` is cut off."""
        return await self._get(url, _Ask(max_bytes))

    async def close(self) -> None:
        """Close all connections."""
        for one in self._carriers.values():
            if isinstance(one, Closable):
                await one.aclose()
        self._carriers.clear()

    async def _get(self, url: str, ask: _Ask) -> Answer:
        clock = asyncio.get_running_loop().time
        started = clock()
        try:
            async with asyncio.timeout(self._config.timeout_seconds):
                answer = await self._exchange(url, ask)
        except Exception as error:  # noqa: BLE001 - the one place where a failing website turns into a reason
            answer = Answer(url=url, reason=reason_of(error), certificate=_certificate_error(error))
        return msgspec.structs.replace(answer, seconds=clock() - started)

    async def _exchange(self, url: str, ask: _Ask) -> Answer:
        goal = self._goal(url, ask.known)
        sent = await self._send(goal, (await self._resolver.targets(goal.host))[:_ADDRESSES_TRIED])
        try:
            return await self._read(url, sent, ask)
        finally:
            await sent.reply.close()

    def _goal(self, url: str, known: Validators) -> _Goal:
        goal = _parts(url)
        # Redirects must not turn the crawler into a port scanner.
        port = _SCHEME_PORTS[goal.scheme] if goal.port is None else goal.port
        if not port or (port not in self._config.ports and not self._config.allow_loopback):
            raise httpx.InvalidURL("no port of the web")
        headers = (("Host", _netloc(goal.host, goal.port)), *self._headers, *_conditions(known))
        return msgspec.structs.replace(goal, headers=headers)

    async def _send(self, goal: _Goal, targets: tuple[Target, ...]) -> _Sent:
        """Send a request, a second time without checking the certificate if that was wrong and the config allows it."""
        try:
            return await self._send_to_any(goal, targets)
        except httpx.ConnectError as error:
            if self._config.certificates != "second_try" or not (words := _certificate_error(error)):
                raise
            # The other requests of the visit need not fail first.
            self._certificates[goal.host] = words
        return await self._send_to_any(goal, targets)

    async def _send_to_any(self, goal: _Goal, targets: tuple[Target, ...]) -> _Sent:
        for target in targets[:-1]:
            try:
                return await self._send_to(goal, target)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if _certificate_error(error):
                    raise
        return await self._send_to(goal, targets[-1])

    async def _send_to(self, goal: _Goal, target: Target) -> _Sent:
        """Connect to the checked address itself, so that no second lookup can lead elsewhere (DNS rebinding)."""
        certificate = self._certificates.get(goal.host, "") if goal.scheme == "https" else ""
        order = Order(
            url=f"{goal.scheme}://{_netloc(target.address, target.port or goal.port)}{goal.target}",
            headers=goal.headers,
            name=goal.host,
            # Cut off by the limit of the whole request, the transport would leave its sockets open.
            connect_seconds=_CONNECT_SHARE * self._config.timeout_seconds,
            unchecked=bool(certificate),
        )
        return _Sent(goal, target.address, await self._carrier_to(goal.host).ask(order), certificate)

    def _carrier_to(self, host: str) -> Carrier:
        if host not in self._carriers:
            self._carriers[host] = carrier(self._transport())
        return self._carriers[host]

    async def _read(self, url: str, sent: _Sent, ask: _Ask) -> Answer:
        """Read the body; only a little of it where status and type promise nothing of use."""
        head = self._head(url, sent, ask)
        if head.reason == "ok":
            return await self._read_all(head, sent.reply, ask)
        return await self._drain(head, sent.reply, ask)

    def _head(self, url: str, sent: _Sent, ask: _Ask) -> Answer:
        lines = _lines(sent.reply)
        headers = _by_name(lines)
        reason = _reason(sent.reply.status, headers, ask)
        head = Answer(
            url=url,
            reason=reason,
            status=sent.reply.status,
            headers=headers,
            location=_location(url, headers["location"][0]) if reason == "redirect" else "",
            http_version=sent.reply.http_version,
            address=sent.address,
            certificate=sent.certificate,
        )
        return head if not self._archiving else _with_lines(head, sent.goal.headers, lines)

    async def _read_all(self, head: Answer, reply: Reply, ask: _Ask) -> Answer:
        wire = bytearray() if self._archiving else None
        try:
            body = Body(",".join(head.headers.get("content-encoding", ())), ask.max_bytes)
            whole = (not ask.types or _length(head) <= ask.max_bytes) and await _collect(reply.body, body, wire)
        except (EncodingError, httpx.HTTPError) as error:
            return msgspec.structs.replace(head, reason=reason_of(error), wire=bytes(wire or b""), cut=True)
        return msgspec.structs.replace(
            head, body=body.content, received=body.received, cut=not whole, wire=bytes(wire or b"")
        )

    async def _drain(self, head: Answer, reply: Reply, ask: _Ask) -> Answer:
        body = Body("", ask.max_bytes if self._archiving else min(_DRAINED, ask.max_bytes))
        whole = False
        if _length(head) <= body.max_bytes:
            whole = await self._drained(reply, body)
        wire = body.content if self._archiving else b""
        return msgspec.structs.replace(head, received=body.received, cut=not whole, wire=wire)

    async def _drained(self, reply: Reply, body: Body) -> bool:
        try:
            async with asyncio.timeout(_DRAIN_SHARE * self._config.timeout_seconds):
                return await _collect(reply.body, body, None)
        except (TimeoutError, httpx.HTTPError):
            return False


def reason_of(error: BaseException) -> str:
    """Return the recorded reason of a failed request."""
    if isinstance(error, UnknownHostError):
        return "dns_timeout" if error.passing else "dns"
    for kind, reason in _FAILURES:
        if isinstance(error, kind):
            return reason
    if _certificate_error(error):
        return "certificate"
    if any(isinstance(cause, ssl.SSLError) for cause in _causes(error)):
        return "tls"
    if isinstance(error, httpx.ConnectError):
        # Resetting is for connections that stand: the handshake was under way.
        return "tls" if any(isinstance(cause, ConnectionResetError) for cause in _causes(error)) else "connect"
    return "broken"


_FAILURES: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (BlockedAddressError, "blocked_address"),
    (EncodingError, "encoding"),
    (TimeoutError, "timeout"),
    (httpx.TimeoutException, "timeout"),
    (httpx.InvalidURL, "bad_url"),
    (httpx.UnsupportedProtocol, "bad_url"),
)


def _certificate_error(error: BaseException) -> str:
    """Return why a certificate is not valid, or "" if it is something else that failed."""
    found = next((cause for cause in _causes(error) if isinstance(cause, ssl.SSLCertVerificationError)), None)
    return found.verify_message.strip(" .") or "not valid" if found else ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__


def _parts(url: str) -> _Goal:
    """Take a URL apart; a usual one at once, any other one as httpx does.

    Raises:
        httpx.InvalidURL: it is no plain web address.
    """
    if match := _USUAL.fullmatch(url):
        scheme, host, port, target = match.groups()
        if ascii_host(host) == host and int(port or 0) <= _MAX_PORT:
            return _Goal(scheme, host, int(port) if port else None, target)
    parsed = httpx.URL(url)
    return _Goal(parsed.scheme, _host(parsed), parsed.port, parsed.raw_path.decode("ascii"))


# Nothing in it needs escaping or leads upwards, and no port is named that goes without saying.
_USUAL: Final = re.compile(
    r"(https?)://([a-z0-9.-]+)(?::(?!80/|443/)([1-9][0-9]{1,4}))?"
    r"((?!.*/\.\.?(?:[/?]|$))/(?:[\w/.~!$&'()*+,;=:@?-]|%[0-9A-Fa-f]{2})*)",
    re.ASCII,
)


def _netloc(host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"


def _host(url: httpx.URL) -> str:
    host = url.host if ":" in url.host else ascii_host(url.raw_host.decode("ascii"))
    if url.scheme not in _SCHEME_PORTS or not host or url.userinfo:
        raise httpx.InvalidURL("no plain web address")
    return host


def _languages(preferred: tuple[str, ...]) -> str:
    """Return the header that asks for the preferred languages in their order, so "de, en;q=0.9"."""
    weighted = [f"{name};q=0.{max(10 - place, 1)}" for place, name in enumerate(preferred[1:], 1)]
    return ", ".join([*preferred[:1], *weighted])


def _conditions(known: Validators) -> Iterator[tuple[str, str]]:
    if etag := _sendable(known.etag):
        yield "If-None-Match", etag
    if modified := _sendable(known.modified):
        yield "If-Modified-Since", modified


def _sendable(value: str) -> str:
    """Return what may stand in a header, or "": cut off or odd it would tell the server nothing."""
    value = value.strip()
    return value if len(value) <= _MAX_VALIDATOR and value.isascii() and value.isprintable() else ""


def _lines(reply: Reply) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in reply.headers[:_MAX_HEADERS]]


def _by_name(lines: list[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Return the values of each header one by one: what several X-Robots-Tag say differs from what they say joined."""
    headers: dict[str, tuple[str, ...]] = {}
    for name, value in lines:
        key = name.lower()
        headers[key] = (*headers.get(key, ()), _text(value)[:_MAX_HEADER])
    return headers


def _text(value: str) -> str:
    """Return a header's value in the encoding that it seems to have."""
    try:
        return value if value.isascii() else value.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return value


def _reason(status: int, headers: Mapping[str, tuple[str, ...]], ask: _Ask) -> str:
    if status in _REDIRECTS and "location" in headers:
        return "redirect"
    if status == _NOT_MODIFIED and any(_conditions(ask.known)):
        return "unchanged"
    if status // 100 != _SUCCESS:
        return f"http_{status}"
    content_type = headers.get("content-type", ("",))[0].partition(";")[0].strip().lower()
    return "ok" if not ask.types or content_type in ask.types else "not_html"


def _location(url: str, location: str) -> str:
    # A value that was cut off leads somewhere else.
    if len(location) >= _MAX_HEADER:
        return ""
    try:
        return urljoin(url, location.strip())
    except ValueError:  # the caller finds out that it is no address
        return location


def _length(head: Answer) -> int:
    """Return the size that a body is said to have, 0 if none is named."""
    value = head.headers.get("content-length", ("",))[0]
    return int(value) if value.isascii() and value.isdecimal() else 0


def _with_lines(head: Answer, sent: tuple[tuple[str, str], ...], received: list[tuple[str, str]]) -> Answer:
    return msgspec.structs.replace(head, request_headers=sent, raw_headers=tuple(received))


async def _collect(chunks: AsyncIterator[bytes], body: Body, wire: bytearray | None) -> bool:
    """Read until the body ends or has its size; return whether it ended."""
    async for chunk in chunks:
        if wire is not None:
            wire += chunk
        body.add(chunk)
        if body.full:
            return False
    return True
