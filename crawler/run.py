"""The tasks of a crawl: probes look which sites answer, visits read those that do; the only file with tasks."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final, TypeVar

import msgspec

from crawler.address import registrable
from crawler.archive import WarcWriter
from crawler.config import CrawlConfig, Visits
from crawler.fetch import Fetcher, TransportFactory
from crawler.frontier import Due, Fetch, Frontier
from crawler.gate import Gate
from crawler.optout import OptOuts
from crawler.ownership import Address
from crawler.probe import Probe, probe, spellings
from crawler.resolve import Resolver
from crawler.schedule import Probed, Ready, Schedule
from crawler.troubles import passing, pause_before
from crawler.verdict import judge
from crawler.visit import Tools, Visit
from crawler.workers import Extractors

_logger = logging.getLogger(__name__)

_Work = TypeVar("_Work")

#: The file's log of changes is folded in by a thread. The first write after that waits for the disk, which can take
#: long on a busy one, so that it must not happen often.
_CHECKPOINT_SECONDS: Final = 20.0
#: Writes wait this long to be committed together; a site's next request comes later as a rule, and waits for none.
_COMMIT_SECONDS: Final = 0.05


class Means(msgspec.Struct, frozen=True):
    """What a crawl works with; `guests` says by site who may stand behind one that was only guessed.

    `opt_outs` are the domains that nothing is to be asked of.
    """

    config: CrawlConfig
    frontier: Frontier
    resolver: Resolver
    transport: TransportFactory
    guests: Mapping[str, tuple[Address, ...]]
    progress: Callable[[int, int], None]
    visits: Visits = "due"
    opt_outs: OptOuts = OptOuts()


async def visit_all(means: Means, archive: WarcWriter | None) -> None:
    """Visit all sites that are due, and those that are taken up again meanwhile."""
    config = means.config
    gate, extractors = Gate(config.requests_per_address), Extractors(config)
    tools = Tools(config, gate, extractors, means.frontier, means.resolver, archive, means.opt_outs)
    crew = _Crew(means, tools)
    try:
        async with _kept(means.frontier), asyncio.TaskGroup() as tasks:
            tasks.create_task(crew.probe_all())
            tasks.create_task(crew.visit_ready())
    except BaseExceptionGroup as group:
        # Whatever ends one task ends them all, so that the first error says what happened.
        raise _first(group) from None
    finally:
        await tools.extractors.close()


class _Crew:
    """Two lanes: probes, many at a time and short, and visits, which take only sites that answer."""

    def __init__(self, means: Means, tools: Tools) -> None:
        self._means = means
        self._tools = tools
        config, now = means.config, time.time()
        self._schedule = Schedule(means.frontier.due(config, now, means.visits), config.patience_seconds)
        self._ready = Ready(config.concurrency, config.requests_per_address)
        self._total = means.frontier.asked()
        waiting = means.frontier.waiting(now)
        self._done = self._total - means.frontier.count_due(config, now, means.visits) - len(waiting)
        for due, seconds in waiting:
            self._schedule.add_later(due, seconds)
        means.progress(self._done, self._total)

    async def probe_all(self) -> None:
        await _work_off(self._schedule.take, self._probe, self._means.config.probes)
        self._ready.close()

    async def visit_ready(self) -> None:
        await _work_off(self._ready.get, self._visit, self._means.config.concurrency)

    async def _probe(self, due: Due) -> None:
        found = await self._probed(due.url)
        if found.urls:
            await self._ready.put(Probed(due, found, registrable(due.site)))
        else:
            self._bury(due, found)

    async def _probed(self, url: str) -> Probe:
        if self._means.config.source == "warc":
            return Probe(urls=tuple(spellings(url)))
        return await probe(url, self._means.resolver, self._means.config)

    def _bury(self, due: Due, found: Probe) -> None:
        """Record a site that takes no connection; one that may do so later is tried once more."""
        progress = self._means.frontier.begin(due)
        note = Fetch(
            url=due.url, kind="home", reason=found.reason, detail=found.detail, seconds=found.seconds,
            at=int((time.time() - found.seconds) * 1_000_000),
        )  # fmt: skip
        self._means.frontier.save(due.site, progress.visit, note)
        self._end(due, progress.visit, "", self._later(found.reason, progress.tries, None, limit=1))

    async def _visit(self, site: Probed) -> None:
        """Visit a site within its time and close the visit with a verdict; nothing a site does stops the others."""
        due, config = site.due, self._means.config
        fetcher = Fetcher(config, self._means.resolver, self._means.transport)
        visit = Visit(due, site.probe.urls, self._tools, fetcher, self._means.guests.get(due.site, ()))
        ended = ""
        try:
            async with asyncio.timeout(config.company_seconds):
                await visit.run()
        except TimeoutError:
            ended = "timeout"
        except sqlite3.Error:
            # Not the site's doing: without its memory the crawl as a whole cannot go on; `frontier.opened` says so.
            raise
        except Exception as error:
            # One strange site must not end the crawl of all others; the log holds what went wrong.
            _logger.exception("The visit of %s failed", due.site)
            ended = f"internal error ({type(error).__name__})"
        finally:
            await fetcher.close()
            self._ready.leave(site)
        again_in = self._later(visit.trouble, visit.tries, visit.wished, config.retries)
        if again_in is None and visit.wished:
            self._means.frontier.avoid_until(due.site, time.time() + visit.wished)
        self._end(due, visit.number, ended, again_in)

    def _later(self, trouble: str, tries: int, wished: float | None, limit: int) -> float | None:
        """Return in how many seconds a visit is taken up again, None if it is not."""
        if not passing(trouble) or tries >= min(limit, self._means.config.retries):
            return None
        return pause_before(tries, self._means.config.retry_seconds, wished)

    def _end(self, due: Due, visit: int, ended: str, again_in: float | None) -> None:
        """Close a visit with its verdict, or put it off."""
        frontier, now = self._means.frontier, time.time()
        attempts, kept = frontier.attempts(due.site, visit), frontier.kept(due.site, visit)
        verdict, evidence = judge(due.site, attempts, kept, ended, self._means.config.languages)
        if again_in is None:
            frontier.finish(due.site, visit, verdict, evidence, now)
            self._done += 1
        else:
            frontier.put_off(due.site, verdict, evidence, now + again_in, now)
        self._means.progress(self._done, self._total)
        self._schedule.release(due, again_in)


async def _work_off(
    take: Callable[[], Awaitable[_Work | None]], work: Callable[[_Work], Coroutine[None, None, None]], at_once: int
) -> None:
    """Take one thing after the other until there is none, and work on so many of them at a time."""
    room = asyncio.Semaphore(at_once)
    async with asyncio.TaskGroup() as tasks:
        await room.acquire()
        while (taken := await take()) is not None:
            tasks.create_task(work(taken)).add_done_callback(lambda _: room.release())
            await room.acquire()


@asynccontextmanager
async def _kept(frontier: Frontier) -> AsyncIterator[None]:
    """Commit what is written, and fold in the log, all the while; a commit that fails ends it all."""

    async def commit() -> None:
        while True:
            await asyncio.sleep(_COMMIT_SECONDS)
            frontier.commit()

    async def fold() -> None:
        while True:
            await asyncio.sleep(_CHECKPOINT_SECONDS)
            # What fails now is done the next time: the log keeps all that was written.
            with suppress(sqlite3.Error):
                await asyncio.to_thread(frontier.checkpoint)

    async with asyncio.TaskGroup() as tasks:
        keepers = [tasks.create_task(commit()), tasks.create_task(fold())]
        yield
        for keeper in keepers:
            keeper.cancel()


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
