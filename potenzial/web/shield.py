"""What every request passes: the name of the host, its origin, its size; and the headers of every answer."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAFE: Final = ("GET", "HEAD", "OPTIONS")
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = (
    ("content-security-policy", _POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    # Nothing goes to other sites; with "no-referrer" browsers would call the origin of our own forms unknown too.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
)
#: Confidential pages stay in no cache; only our own style and script do.
_NO_STORE: Final = "no-store"
_STATIC: Final = "/static/"


@dataclass(frozen=True)
class Shield:
    """Refuses requests for other hosts, from other origins and above `most_bytes`, before any page sees them.

    A foreign `Host` is what DNS rebinding brings; a foreign `Origin` is another page in the same browser.
    """

    app: ASGIApp
    hosts: frozenset[str]
    most_bytes: int

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or refuse one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        guarded = _with_headers(send, cacheable=scope["path"].startswith(_STATIC))
        refusal = self._refusal(scope["method"], headers)
        if refusal:
            await _refuse(guarded, *refusal)
            return
        await self.app(scope, _bounded(receive, self.most_bytes), guarded)

    def _refusal(self, method: str, headers: Headers) -> tuple[int, str] | None:
        if host_of(headers.get("host", "")) not in self.hosts:
            return 421, "This server does not answer for the host that the request names."
        origin = headers.get("origin")
        if method not in _SAFE and origin is not None and not _same(origin, headers.get("host", "")):
            return 403, "The request comes from another page."
        if method not in _SAFE and headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return 403, "The request comes from another page."
        if not _small(headers.get("content-length"), self.most_bytes):
            return 413, _too_large(self.most_bytes)
        return None


def host_of(header: str) -> str:
    """The host of a `Host` header in small letters, without its port; IPv6 keeps its brackets."""
    name = header.strip().lower()
    return name.rpartition(":")[0] if name.rpartition(":")[2].isdigit() and not name.endswith("]") else name


def _same(origin: str, host: str) -> bool:
    return urlsplit(origin).netloc.lower() == host.strip().lower()


def _small(length: str | None, most: int) -> bool:
    return length is None or (length.isascii() and length.isdigit() and int(length[:20]) <= most)


def _bounded(receive: Receive, most: int) -> Receive:
    """Count what arrives: the length that a request states may be missing or wrong."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413, _too_large(most))
        return message

    return counted


def _too_large(most: int) -> str:
    return f"The request is larger than {most:,} bytes."


def _with_headers(send: Send, *, cacheable: bool) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in fixed_headers(cacheable=cacheable):
                headers[name] = value
        await send(message)

    return sent


def fixed_headers(*, cacheable: bool = False) -> Iterable[tuple[str, str]]:
    """What every answer says to browsers: whose scripts may run, and that nothing is kept but style and script."""
    yield from _HEADERS
    yield ("cache-control", "max-age=3600" if cacheable else _NO_STORE)


async def _refuse(send: Send, status: int, detail: str) -> None:
    body = json.dumps({"type": "about:blank", "status": status, "detail": detail}).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
