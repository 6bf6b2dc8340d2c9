"""A web on loopback: every site is a dict from path to page, and the server logs who asked for what and when."""

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest

from crawler.config import CrawlConfig
from crawler.crawl import Crawl, crawl
from crawler.schema import SITES

#: Answers a request by itself: gets the writer of the connection.
Behaviour = Callable[[asyncio.StreamWriter], Awaitable[None]]
Page = str | bytes | Behaviour

#: The first byte of a TLS handshake.
_HANDSHAKE = b"\x16"
_LONGEST_HEAD = 2**20
#: How often a server looks whether the asker of a page that answers by itself has left.
_LISTENING_SECONDS = 0.02


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it.

    `sent` is when the answer was on its way at the earliest: the asker cannot have had it before. It is `began` if the
    asker left before there was one.
    """

    host: str
    path: str
    headers: dict[str, str]
    began: float
    ended: float
    sent: float


@dataclass
class Web:
    """Sites on one loopback port; `hosts_file` leads their names there, `headers` are those of the latest request.

    `places` leads names to other listeners ("ADDRESS:PORT", see `listen`); `latency` makes hosts slow, in seconds.
    """

    folder: Path
    sites: dict[str, Mapping[str, Page]] = field(default_factory=dict)
    log: list[Asked] = field(default_factory=list)
    port: int = 0
    progress: list[tuple[int, int]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    latency: dict[str, float] = field(default_factory=dict)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def config(self, **changes: object) -> CrawlConfig:
        """Write the table of names and return a quick and otherwise default configuration."""
        table = self.folder / "hosts.txt"
        places = dict.fromkeys(self.sites, f"127.0.0.1:{self.port}") | self.places
        table.write_text("".join(f"{place} {name}\n" for name, place in places.items()), encoding="utf-8")
        quick: dict[str, object] = {
            "delay_seconds": 0.0,
            "timeout_seconds": 2.0,
            "requests_per_address": 64,
            "retries": 0,
            "sitemap_below_links": 0,
            "company_seconds": 20.0,
            "extract_workers": 1,
            "extract_seconds": 5.0,
            "allow_loopback": True,
            "hosts_file": str(table),
        }
        return CrawlConfig(**{**quick, **changes})  # type: ignore[arg-type]  # values of several types by name

    def table(self, *names: str) -> pl.DataFrame:
        """Return the sites, all of them unless named, as the crawler takes them."""
        chosen = names or tuple(self.sites)
        return pl.DataFrame({"site": chosen, "url": [f"http://{name}/" for name in chosen]}, schema=SITES)

    def crawl(self, *names: str, **changes: object) -> Crawl:
        """Crawl the named sites, or all."""
        return crawl(self.table(*names), self.config(**changes), self.folder, progress=self._count)

    def _count(self, done: int, total: int) -> None:
        self.progress.append((done, total))

    def asked(self, host: str) -> list[str]:
        """Return the paths that were asked of a host, in order."""
        return [entry.path for entry in self.log if entry.host == host]

    def listen(self, address: str = "127.0.0.1", context: ssl.SSLContext | None = None) -> str:
        """Serve the sites at one more place, and return it; with a context also to whoever begins a TLS handshake."""
        listening = socket.create_server((address, 0), backlog=256)
        listening.settimeout(0)
        asyncio.run_coroutine_threadsafe(self._accept(listening, context), self.loop)
        return f"{address}:{listening.getsockname()[1]}"

    async def _accept(self, listening: socket.socket, context: ssl.SSLContext | None) -> None:
        with listening:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    connection, _ = await self.loop.sock_accept(listening)
                    tasks.create_task(self._open(connection, context))

    async def _open(self, connection: socket.socket, context: ssl.SSLContext | None) -> None:
        readable = asyncio.Event()
        self.loop.add_reader(connection, readable.set)
        try:
            await readable.wait()
        finally:
            self.loop.remove_reader(connection)
        # Whoever leaves amid the handshake leaves nothing to serve.
        with suppress(OSError):
            shakes_hands = connection.recv(1, socket.MSG_PEEK) == _HANDSHAKE
            reader = asyncio.StreamReader(limit=_LONGEST_HEAD)
            await self.loop.connect_accepted_socket(
                lambda: asyncio.StreamReaderProtocol(reader, self.answer),
                connection,
                ssl=context if shakes_hands else None,
            )

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            while await self._answer_one(reader, writer):
                pass
        except (OSError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        began = time.monotonic()
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.headers = headers
        host, path = headers.get("host", "").partition(":")[0], first.split(" ")[1]
        page = self.sites.get(host, {}).get(path, status(404))
        await asyncio.sleep(self.latency.get(host, 0.0))
        sent = time.monotonic()
        try:
            if callable(page):
                sent = sent if await self._by_itself(page, reader, writer) else began
            else:
                writer.write(html(page))
            await writer.drain()
        finally:
            self.log.append(Asked(host, path, headers, began, time.monotonic(), sent))
        return not writer.is_closing()

    async def _by_itself(self, page: Behaviour, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Let a page answer as long as the asker listens, and say whether it came to an end."""
        answering = asyncio.ensure_future(page(writer))
        try:
            while not answering.done() and not reader.at_eof():
                await asyncio.wait({answering}, timeout=_LISTENING_SECONDS)
            if answering.done():
                await answering
            return answering.done()
        finally:
            answering.cancel()


def html(page: str | bytes, *headers: str) -> bytes:
    """Return a whole answer; bytes that start with "HTTP/" are taken as they are."""
    body = page.encode() if isinstance(page, str) else page
    if body.startswith(b"HTTP/"):
        return body
    kind = [] if any(header.lower().startswith("content-type") for header in headers) else ["Content-Type: text/html"]
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *kind, *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def status(code: int, *headers: str) -> bytes:
    """Return an answer without a body."""
    return "\r\n".join([f"HTTP/1.1 {code} x", "Content-Length: 0", *headers, "", ""]).encode()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """Give a web that is served from a thread of its own until the test ends."""
    served = Web(tmp_path)
    loop = served.loop
    ready = threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(served.answer, "127.0.0.1", 0, limit=_LONGEST_HEAD)
        served.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stopped.wait()
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    stopped = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait(5)
    yield served
    loop.call_soon_threadsafe(stopped.set)
    thread.join(5)
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


@pytest.fixture
def reply() -> Callable[..., bytes]:
    """Give the function that makes an answer of a page and headers."""
    return html


@pytest.fixture
def no_reply() -> Callable[..., bytes]:
    """Give the function that makes an answer of a status and headers."""
    return status
