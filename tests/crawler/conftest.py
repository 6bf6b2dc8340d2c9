"""A web on loopback: every site is a dict from path to page, and the server logs who asked for what and when."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
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


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it."""

    host: str
    path: str
    headers: dict[str, str]
    began: float
    ended: float


@dataclass
class Web:
    """Sites on one loopback port; `hosts_file` leads their names there."""

    folder: Path
    sites: dict[str, Mapping[str, Page]] = field(default_factory=dict)
    log: list[Asked] = field(default_factory=list)
    port: int = 0
    progress: list[tuple[int, int]] = field(default_factory=list)

    def config(self, **changes: object) -> CrawlConfig:
        """Write the table of names and return a quick and otherwise default configuration."""
        table = self.folder / "hosts.txt"
        table.write_text("".join(f"127.0.0.1:{self.port} {name}\n" for name in self.sites), encoding="utf-8")
        quick: dict[str, object] = {
            "delay_seconds": 0.0,
            "timeout_seconds": 2.0,
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
        host, path = headers.get("host", "").partition(":")[0], first.split(" ")[1]
        page = self.sites.get(host, {}).get(path, status(404))
        try:
            if callable(page):
                await page(writer)
            else:
                writer.write(html(page))
            await writer.drain()
        finally:
            self.log.append(Asked(host, path, headers, began, time.monotonic()))
        return not writer.is_closing()


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
    loop = asyncio.new_event_loop()
    ready = threading.Event()

    async def serve() -> None:
        server = await asyncio.start_server(served.answer, "127.0.0.1", 0, limit=2**20)
        served.port = server.sockets[0].getsockname()[1]
        ready.set()
        await stopped.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)

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
