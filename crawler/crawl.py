"""The crawl stage: all sites, many hosts at a time, one request at a time per host; the only file with tasks."""

import asyncio
import logging
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from crawler.config import CrawlConfig
from crawler.fetch import Fetcher, TransportFactory, shared_transport
from crawler.frontier import Frontier, held, opened
from crawler.gate import Gate
from crawler.resolve import Resolver, read_hosts
from crawler.schema import SITES
from crawler.verdict import judge
from crawler.visit import Tools, Visit
from crawler.workers import Extractors

_logger = logging.getLogger(__name__)

# Rough figures for the outlook: an answer with extraction, and requests besides the pages themselves.
_SECONDS_PER_REQUEST: Final = 0.6
_EXTRA_REQUESTS: Final = 2.5
_MEAN_JITTER: Final = 1.125


class Crawl(msgspec.Struct, frozen=True):
    """What a crawl has brought for the sites asked for (`schema.PAGES`, `schema.FETCHES`, `schema.VERDICTS`)."""

    pages: pl.DataFrame
    fetches: pl.DataFrame
    verdicts: pl.DataFrame


class Outlook(msgspec.Struct, frozen=True):
    """What a crawl would do: sites in all, done and to visit, requests and hours to expect."""

    sites: int
    done: int
    to_visit: int
    requests: int
    hours: float


def crawl(
    sites: pl.DataFrame,
    config: CrawlConfig,
    folder: Path,
    *,
    progress: Callable[[int, int], None],
    transport: TransportFactory | None = None,
) -> Crawl:
    """Visit the sites that are due and return what this and earlier crawls brought for all of them.

    `sites` is `schema.SITES`; a site named twice is visited once. `folder` holds `frontier.sqlite`; a crawl that was
    interrupted or killed goes on where it was. `progress` is called with (sites done, sites asked for).

    Raises:
        FrontierLockedError: another process crawls in this folder.
        FrontierBrokenError: the frontier there is damaged, or cannot be written any more (full disk, lock of another).
        HostsFileError: `config.hosts_file` cannot be read.
        KeyboardInterrupt: the user stopped it; everything fetched so far is safe.
    """
    resolver = resolver_of(config)
    with held(folder) as frontier:
        frontier.ask(_pairs(sites))
        due = frontier.due(config, time.time())
        try:
            if due:
                with _orderly_interrupt():
                    asyncio.run(_visit_all(due, config, frontier, resolver, transport or shared_transport(), progress))
        finally:
            resolver.close()
        progress(frontier.asked(), frontier.asked())
        return _result(frontier)


@contextmanager
def _orderly_interrupt() -> Iterator[None]:
    """Leave Ctrl-C to asyncio, which ends all visits in order; an exception out of a handler tears one of them apart.

    Asyncio takes it only from Python's own handler, and only in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler if former is None else former)


def read(sites: pl.DataFrame, folder: Path) -> Crawl:
    """Return what earlier crawls brought for these sites, without any request; also while a crawl is running."""
    with opened(folder) as frontier:
        frontier.ask(_pairs(sites))
        return _result(frontier)


def outlook(sites: pl.DataFrame, config: CrawlConfig, folder: Path) -> Outlook:
    """Return what `crawl` would do with these sites; writes nothing and sends nothing."""
    total, to_visit = _counts(sites, config, folder)
    per_site = min(config.pages_per_company + _EXTRA_REQUESTS, float(config.requests_per_company))
    seconds = min(per_site * (config.delay_seconds * _MEAN_JITTER + _SECONDS_PER_REQUEST), config.company_seconds)
    return Outlook(
        sites=total,
        done=total - to_visit,
        to_visit=to_visit,
        requests=round(to_visit * per_site),
        hours=seconds * -(-to_visit // config.concurrency) / 3_600,
    )


def resolver_of(config: CrawlConfig) -> Resolver:
    """Return the resolver that the configuration asks for.

    Raises:
        HostsFileError: `config.hosts_file` cannot be read.
    """
    static = read_hosts(Path(config.hosts_file)) if config.hosts_file else None
    return Resolver(static, allow_loopback=config.allow_loopback, threads=config.concurrency)


def _counts(sites: pl.DataFrame, config: CrawlConfig, folder: Path) -> tuple[int, int]:
    asked = sites["site"].n_unique()
    if not (folder / "frontier.sqlite").exists():
        return asked, asked
    with opened(folder) as frontier:
        frontier.ask(_pairs(sites))
        return asked, len(frontier.due(config, time.time()))


def _pairs(sites: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield (site, url), sorted, so that the same url is taken whatever the order of the rows."""
    for site, url in sites.match_to_schema(SITES).unique().sort("site", "url").iter_rows():
        yield str(site), str(url)


def _result(frontier: Frontier) -> Crawl:
    return Crawl(pages=frontier.pages(), fetches=frontier.fetches(), verdicts=frontier.verdicts())


async def _visit_all(
    due: list[tuple[str, str]],
    config: CrawlConfig,
    frontier: Frontier,
    resolver: Resolver,
    transport: TransportFactory,
    progress: Callable[[int, int], None],
) -> None:
    tools = Tools(config, Gate(), Extractors(config), frontier)
    total = frontier.asked()
    left = iter(due)
    done = total - len(due)
    progress(done, total)

    async def work() -> None:
        nonlocal done
        for site, url in left:
            await _visit_one(site, url, tools, Fetcher(config, resolver, transport))
            done += 1
            progress(done, total)

    try:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(min(config.concurrency, len(due))):
                tasks.create_task(work())
    except BaseExceptionGroup as group:
        # Whatever ends one task ends them all, so that the first error says what happened.
        raise group.exceptions[0] from None
    finally:
        await tools.extractors.close()


async def _visit_one(site: str, url: str, tools: Tools, fetcher: Fetcher) -> None:
    """Visit a site within its time and close the visit with a verdict; nothing a site does stops the others."""
    visit = Visit(site, url, tools, fetcher)
    trouble = ""
    try:
        async with asyncio.timeout(tools.config.company_seconds):
            await visit.run()
    except TimeoutError:
        trouble = "timeout"
    except sqlite3.Error:
        # Not the site's doing: without its memory the crawl as a whole cannot go on; `frontier.opened` says so.
        raise
    except Exception as error:
        # One strange site must not end the crawl of all others; the log holds what went wrong.
        _logger.exception("The visit of %s failed", site)
        trouble = f"internal error ({type(error).__name__})"
    finally:
        await fetcher.close()
    attempts, kept = tools.frontier.attempts(site, visit.number), tools.frontier.kept(site, visit.number)
    verdict, evidence = judge(site, attempts, kept, trouble)
    tools.frontier.finish(site, visit.number, verdict, evidence, time.time())
