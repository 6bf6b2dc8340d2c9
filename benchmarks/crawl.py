"""Measure the crawl of many loopback hosts against visiting them one after the other.

Usage: python benchmarks/crawl.py [HOSTS]. Serves HOSTS sites of five pages each from a process of its own, crawls all
of them with 64 visits at a time and a tenth of them one by one, and prints pages per second of both and their ratio.
"""

import asyncio
import multiprocessing
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import polars as pl

from crawler.config import CrawlConfig
from crawler.crawl import crawl
from crawler.schema import SITES

PAGES = ("leistungen", "produkte", "unternehmen", "impressum")
SENTENCE = "Wir fertigen Drehteile, Frästeile und Baugruppen aus Stahl, Aluminium und Kunststoff in kleinen Serien. "


def page(host: str, path: str) -> bytes:
    """Return a page of some 9 KB, as small company sites have them, the same for the same address."""
    links = "".join(f'<li><a href="/{name}">{name.title()}</a></li>' for name in PAGES)
    parts = "".join(f"<section><h2>{path} {n}</h2><p>{host}: {SENTENCE * 4}</p></section>" for n in range(18))
    return f'<!doctype html><html lang="de"><title>{host}</title><nav><ul>{links}</ul></nav>{parts}</html>'.encode()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Serve one connection."""
    try:
        while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
            path = head.split(" ", 2)[1]
            host = head.lower().partition("host: ")[2].partition("\r\n")[0]
            body = b"" if path == "/robots.txt" else page(host, path)
            state = "404 Not Found" if not body else "200 OK"
            writer.write(f"HTTP/1.1 {state}\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n".encode())
            writer.write(body)
            await writer.drain()
    except (EOFError, OSError):
        pass
    finally:
        writer.close()


def serve(pipe: Connection) -> None:
    """Serve on a free port, which is told through the pipe, until killed."""

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def measure(names: list[str], hosts_file: Path, concurrency: int) -> float:
    """Return pages per second of one crawl into a fresh folder."""
    config = CrawlConfig(
        delay_seconds=0.1, concurrency=concurrency, allow_loopback=True, hosts_file=str(hosts_file), timeout_seconds=30
    )
    sites = pl.DataFrame({"site": names, "url": [f"http://{name}/" for name in names]}, schema=SITES)
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        result = crawl(sites, config, Path(folder), progress=lambda _done, _total: None)
        seconds = time.perf_counter() - began
    if result.pages.height != len(names) * (len(PAGES) + 1):
        raise SystemExit(f"expected {len(names) * (len(PAGES) + 1)} pages, got {result.pages.height}")
    print(f"{len(names)} hosts, {concurrency} at a time: {seconds:.1f} s, {result.pages.height / seconds:.1f} pages/s")
    return result.pages.height / seconds


def main() -> None:
    """Serve, measure, print."""
    hosts = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    mine, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    port = mine.recv()
    names = [f"firma-{n}.example" for n in range(hosts)]
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "hosts.txt"
        table.write_text("".join(f"127.0.0.1:{port} {name}\n" for name in names), encoding="utf-8")
        together = measure(names, table, 64)
        alone = measure(names[: max(1, hosts // 10)], table, 1)
    print(f"ratio to one host after the other: {together / alone:.1f}")
    server.kill()


if __name__ == "__main__":
    main()
