"""Measure what fetching costs: CPU seconds per 1,000 small pages of each HTTP client, and the ratio to Scrapy.

Usage: python benchmarks/clients.py [HOSTS [CLIENT ...]]. A process of its own serves HOSTS sites (500) of four pages
each, 9 KB, gzip-compressed, over HTTP/1.1 without TLS; every client reads all of them in a process of its own, 64 sites
at a time, one connection per site, and its user and system time is taken. "crawler" is the crawler's own `Fetcher` with
all its checks; the other clients do nothing but read. Clients that are not installed are skipped with a line.
"""

import asyncio
import gzip
import importlib.util
import multiprocessing
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from types import ModuleType
from typing import Any

PAGES = ("", "leistungen", "produkte", "impressum")
AT_ONCE = 64
SENTENCE = "Wir fertigen Drehteile, Frästeile und Baugruppen aus Stahl, Aluminium und Kunststoff in kleinen Serien. "
HEADERS = {"User-Agent": "PotenzialBot/1.0", "Accept": "text/html", "Accept-Encoding": "gzip, deflate"}

#: Reads the pages of one site and returns how many arrived whole.
ReadSite = Callable[[str], Awaitable[int]]


def page(path: str) -> bytes:
    """Return a page of some 9 KB, as small company sites have them."""
    parts = "".join(f"<section><h2>{path} {n}</h2><p>{SENTENCE * 4}</p></section>" for n in range(20))
    return f'<!doctype html><html lang="de"><title>{path}</title>{parts}</html>'.encode()


def serve(pipe: Connection) -> None:
    """Serve on a free port, which is told through the pipe, until killed."""
    bodies = {f"/{path}": gzip.compress(page(path)) for path in PAGES}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                body = bodies[head.split(b" ", 2)[1].decode()]
                writer.write(
                    b"HTTP/1.1 200 OK\r\nServer: test\r\nContent-Type: text/html; charset=utf-8\r\n"
                    b'Content-Encoding: gzip\r\nETag: "1"\r\nVary: Accept-Encoding\r\n'
                    b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
                )
        except (EOFError, OSError):
            pass
        finally:
            writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


async def over_client(library: ModuleType, transport: Callable[[], Any], base: str) -> int:
    """Read a site through the client layer of httpx or its continuation."""
    async with library.AsyncClient(transport=transport(), trust_env=False, headers=HEADERS) as client:
        arrived = 0
        for path in PAGES:
            async with client.stream("GET", f"{base}/{path}") as response:
                body = b"".join([chunk async for chunk in response.aiter_raw()])
            arrived += len(gzip.decompress(body)) > 9_000
    return arrived


async def over_transport(library: ModuleType, transport: Callable[[], Any], base: str) -> int:
    """Read a site through a transport of httpx or its continuation, without the client layer."""
    async with transport() as opened:
        arrived = 0
        for path in PAGES:
            request = library.Request("GET", f"{base}/{path}", headers=HEADERS)
            response = await opened.handle_async_request(request)
            body = b"".join([chunk async for chunk in response.stream])
            await response.stream.aclose()
            arrived += len(gzip.decompress(body)) > 9_000
    return arrived


def httpx_client(library: str, *, layer: bool) -> ReadSite:
    """Return a reader over httpx or httpx2, one transport per site."""
    module = importlib.import_module(library)
    context = module.create_ssl_context(trust_env=False)
    limits = module.Limits(max_connections=2, max_keepalive_connections=1)
    read = over_client if layer else over_transport
    return lambda base: read(module, lambda: module.AsyncHTTPTransport(verify=context, limits=limits), base)


def httpx_aiohttp_client(*, layer: bool) -> ReadSite:
    """Return a reader over httpx-aiohttp, one transport per site."""
    import httpx
    import httpx_aiohttp

    context = httpx.create_ssl_context(trust_env=False)
    read = over_client if layer else over_transport
    return lambda base: read(httpx, lambda: httpx_aiohttp.AiohttpTransport(verify=context), base)


def aiohttp_client() -> ReadSite:
    """Return a reader over aiohttp alone, one session per site."""
    import aiohttp

    async def read(base: str) -> int:
        arrived = 0
        async with aiohttp.ClientSession(auto_decompress=False, headers=HEADERS) as session:
            for path in PAGES:
                async with session.get(f"{base}/{path}") as response:
                    arrived += len(gzip.decompress(await response.read())) > 9_000
        return arrived

    return read


def httpcore_client(library: str) -> ReadSite:
    """Return a reader over one connection of httpcore per site, without httpx and without a pool."""
    core = importlib.import_module(library)
    headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

    async def read(base: str) -> int:
        url = core.URL(base)
        arrived = 0
        async with core.AsyncHTTPConnection(url.origin) as connection:
            for path in PAGES:
                request = core.Request("GET", f"{base}/{path}", headers=[(b"Host", b"127.0.0.1"), *headers])
                response = await connection.handle_async_request(request)
                body = await response.aread()
                await response.aclose()
                arrived += len(gzip.decompress(body)) > 9_000
        return arrived

    return read


def crawler_client() -> ReadSite:
    """Return a reader over the crawler's own fetcher, with all that it checks and records."""
    from crawler.config import CrawlConfig
    from crawler.fetch import Fetcher, shared_transport
    from crawler.resolve import Resolver

    config = CrawlConfig(allow_loopback=True)
    resolver, transport = Resolver(None, allow_loopback=True), shared_transport(config)

    async def read(base: str) -> int:
        fetcher = Fetcher(config, resolver, transport)
        answers = [await fetcher.page(f"{base}/{path}") for path in PAGES]
        await fetcher.close()
        return sum(len(answer.body) > 9_000 for answer in answers)

    return read


async def read_all(read: ReadSite, port: int, hosts: int) -> int:
    """Return how many pages arrived of all sites, some of which are read at the same time."""
    places = asyncio.Semaphore(AT_ONCE)

    async def read_one() -> int:
        async with places:
            return await read(f"http://127.0.0.1:{port}")

    return sum(await asyncio.gather(*(read_one() for _ in range(hosts))))


def scrapy_crawl(port: int, hosts: int) -> int:
    """Read all sites with Scrapy, each in a slot of its own, and return how many pages arrived."""
    import scrapy
    from scrapy.crawler import CrawlerProcess
    from scrapy.resolver import CachingThreadedResolver
    from twisted.internet import defer

    class Loopback(CachingThreadedResolver):
        def getHostByName(self, _name: str, _timeout: object = ()) -> Any:  # noqa: ANN401, N802 - as Twisted names it
            return defer.succeed("127.0.0.1")

    class Sites(scrapy.Spider):
        name = "sites"
        arrived = 0

        async def start(self) -> Any:  # noqa: ANN401 - an asynchronous generator of requests
            for number in range(hosts):
                yield scrapy.Request(f"http://site-{number}.example:{port}/", cb_kwargs={"left": PAGES[1:]})

        def parse(self, response: Any, left: tuple[str, ...]) -> Any:  # noqa: ANN401 - Scrapy's own types
            type(self).arrived += len(response.body) > 9_000
            if left:
                yield response.follow(f"/{left[0]}", cb_kwargs={"left": left[1:]})

    settings = {
        "CONCURRENT_REQUESTS": AT_ONCE,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "COOKIES_ENABLED": False,
        "DNS_RESOLVER": Loopback,
        "DOWNLOAD_DELAY": 0,
        "LOG_LEVEL": "ERROR",
        "ROBOTSTXT_OBEY": False,
        "TELNETCONSOLE_ENABLED": False,
    }
    process = CrawlerProcess(settings)
    process.crawl(Sites)
    process.start()
    return Sites.arrived


#: Name -> (module that must be installed, how a reader is made); Scrapy brings its own loop.
CLIENTS: dict[str, tuple[str, Callable[[], ReadSite]]] = {
    "httpx, client": ("httpx", lambda: httpx_client("httpx", layer=True)),
    "httpx, transport": ("httpx", lambda: httpx_client("httpx", layer=False)),
    "httpx2, client": ("httpx2", lambda: httpx_client("httpx2", layer=True)),
    "httpx2, transport": ("httpx2", lambda: httpx_client("httpx2", layer=False)),
    "httpx-aiohttp, client": ("httpx_aiohttp", lambda: httpx_aiohttp_client(layer=True)),
    "httpx-aiohttp, transport": ("httpx_aiohttp", lambda: httpx_aiohttp_client(layer=False)),
    "httpcore": ("httpcore", lambda: httpcore_client("httpcore")),
    "httpcore2": ("httpcore2", lambda: httpcore_client("httpcore2")),
    "aiohttp": ("aiohttp", aiohttp_client),
    "crawler": ("crawler", crawler_client),
}


def cpu_seconds() -> float:
    """Return the processor time that this process has used, in user and system mode."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def read_with(client: str, port: int, hosts: int) -> Callable[[], int]:
    """Return what reads all sites with one client, its libraries loaded."""
    if client == "scrapy":
        importlib.import_module("scrapy.crawler")
        return lambda: scrapy_crawl(port, hosts)
    read = CLIENTS[client][1]()
    return lambda: asyncio.run(read_all(read, port, hosts))


def measure(pipe: Connection, client: str, port: int, hosts: int) -> None:
    """Read all sites with one client and send (CPU seconds, seconds, pages) back."""
    work = read_with(client, port, hosts)
    cpu, began = cpu_seconds(), time.perf_counter()
    pages = work()
    pipe.send((cpu_seconds() - cpu, time.perf_counter() - began, pages))


def run(client: str, port: int, hosts: int) -> float | None:
    """Return the CPU seconds that a client takes for 1,000 pages; None when it is not installed or fails."""
    module = "scrapy" if client == "scrapy" else CLIENTS[client][0]
    if importlib.util.find_spec(module) is None:
        print(f"{client:26} not installed, skipped")
        return None
    mine, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=measure, args=(theirs, client, port, hosts))
    process.start()
    theirs.close()
    try:
        cpu, seconds, pages = mine.recv()
    except EOFError:
        print(f"{client:26} failed")
        return None
    process.join()
    print(f"{client:26} {cpu / pages * 1000:5.2f} CPU s per 1,000 pages, {pages / seconds:5.0f} pages/s", flush=True)
    if pages != hosts * len(PAGES):
        raise SystemExit(f"{client}: expected {hosts * len(PAGES)} pages, got {pages}")
    return cpu / pages * 1000


def main() -> None:
    """Serve, measure each client, print the ratios."""
    hosts = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    mine, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    port = mine.recv()
    costs = {client: run(client, port, hosts) for client in sys.argv[2:] or [*CLIENTS, "scrapy"]}
    if rival := costs.get("scrapy"):
        for client, cost in costs.items():
            if cost:
                print(f"{client:26} {cost / rival:5.2f} of Scrapy, which is {rival / cost:.1f} times")
    server.kill()


if __name__ == "__main__":
    main()
