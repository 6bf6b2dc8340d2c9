"""The crawl stage: what it takes and gives. The tasks that make the visits live in `crawler.run`."""

import signal
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from crawler import loop, results
from crawler.address import registrable
from crawler.archive import WarcWriter, prune, warc_transport
from crawler.config import CrawlConfig, Visits
from crawler.fetch import TransportFactory, shared_transport
from crawler.frontier import FILE, Frontier, Reservation, held, opened
from crawler.layout import OPEN, WAITING
from crawler.optout import OptOuts, read_opt_outs
from crawler.ownership import Address, address_of, judge_ownership
from crawler.resolve import Anywhere, Resolver, read_hosts
from crawler.run import Means, visit_all
from crawler.schema import ADDRESSES, FETCHES, OWNERSHIP, SITES, VERDICTS
from crawler.threads import short_pauses

# Rough figures for the outlook: an answer with extraction, and requests besides the pages themselves.
_SECONDS_PER_REQUEST: Final = 0.6
_EXTRA_REQUESTS: Final = 2.5
_MEAN_JITTER: Final = 1.125


class Crawl(msgspec.Struct, frozen=True):
    """What a crawl has brought for the sites asked for, one frame for each of the schemas in `crawler.schema`."""

    pages: pl.DataFrame
    fetches: pl.DataFrame
    verdicts: pl.DataFrame
    organisations: pl.DataFrame
    reservations: pl.DataFrame
    ownership: pl.DataFrame


class Outlook(msgspec.Struct, frozen=True):
    """What a crawl would do: sites in all, done and to visit, requests and hours to expect."""

    sites: int
    done: int
    to_visit: int
    requests: int
    hours: float


class Standing(msgspec.Struct, frozen=True):
    """How far a crawl has come: sites in all, done, cut short, waiting for a passing trouble, and due now.

    `retryable` of the sites failed for reasons that may have passed; `next_at` is when the first waiting one is taken
    up again (seconds since 1970, None without any); `verdicts` counts the sites done and waiting by verdict.
    """

    total: int
    done: int
    open: int
    waiting: int
    due: int
    retryable: int
    next_at: float | None
    verdicts: tuple[tuple[str, int], ...]


def crawl(  # noqa: PLR0913 - all but three have a default and are given by name
    sites: pl.DataFrame,
    config: CrawlConfig,
    folder: Path,
    *,
    progress: Callable[[int, int], None],
    addresses: pl.DataFrame | None = None,
    visits: Visits = "due",
    transport: TransportFactory | None = None,
) -> Crawl:
    """Visit the sites that are due and return what this and earlier crawls brought for all of them.

    `sites` is `schema.SITES`; a site named twice is visited once. `addresses` is `schema.ADDRESSES`: whose the sites
    are said to be. `folder` holds `frontier.sqlite`; a crawl that was interrupted or killed goes on where it was.
    `visits` "failed" leaves all to another time but those that `requeue` made due or that were put off. `progress` is
    called with (sites done, sites asked for).

    Raises:
        FrontierLockedError: another process crawls in this folder.
        FrontierBrokenError: the frontier there is damaged, or cannot be written any more (full disk, lock of another).
        HostsFileError: `config.hosts_file` cannot be read.
        OptOutFileError: `config.opt_out_file` cannot be read.
        WarcFileError: a file of `config.warc_files` cannot be read.
        KeyboardInterrupt: the user stopped it; everything fetched so far is safe.
    """
    known = ADDRESSES.to_frame() if addresses is None else addresses.match_to_schema(ADDRESSES)
    opt_outs = read_opt_outs(Path(config.opt_out_file)) if config.opt_out_file else OptOuts()
    resolver = resolver_of(config)
    with _asked(sites, held(folder)) as frontier:
        frontier.exclude(_opted_out(frontier, opt_outs), time.time())
        try:
            if frontier.count_due(config, time.time(), visits) or frontier.waiting(time.time()):
                with _pages_from(config, sites, transport) as source:
                    means = Means(config, frontier, resolver, source, _guests(known), progress, visits, opt_outs)
                    _visit(means, folder)
        finally:
            resolver.close()
            _forget_archive(config, folder)
        progress(frontier.asked(), frontier.asked())
        return _result(frontier, known)


def read(sites: pl.DataFrame, folder: Path, addresses: pl.DataFrame | None = None) -> Crawl:
    """Return what earlier crawls brought for these sites, without any request; also while a crawl is running."""
    with _asked(sites, opened(folder)) as frontier:
        return _result(frontier, ADDRESSES.to_frame() if addresses is None else addresses)


def visited(sites: pl.DataFrame, folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return verdicts (VERDICTS) and requests (FETCHES) so far, also while a crawl is running; writes nothing."""
    if not _begun(folder):
        return VERDICTS.to_frame(), FETCHES.to_frame()
    with _asked(sites, opened(folder)) as frontier:
        return results.verdicts(frontier.db), results.fetches(frontier.db)


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


def standing(sites: pl.DataFrame, config: CrawlConfig, folder: Path) -> Standing:
    """Return how far the crawl of these sites has come; writes nothing, also while a crawl is running."""
    if not _begun(folder):
        total = sites["site"].n_unique()
        return Standing(total, 0, 0, 0, total, 0, None, ())
    with _asked(sites, opened(folder)) as frontier:
        return _standing(frontier, config, time.time())


def requeue(sites: pl.DataFrame, folder: Path) -> int:
    """Make the sites due that failed for reasons that may have passed, and return how many they are.

    Raises:
        FrontierLockedError: another process crawls in this folder.
    """
    with _asked(sites, held(folder)) as frontier:
        return frontier.requeue(time.time())


def resolver_of(config: CrawlConfig) -> Resolver:
    """Return the resolver that the configuration asks for.

    Raises:
        HostsFileError: `config.hosts_file` cannot be read.
    """
    if config.source == "warc":
        return Anywhere()
    static = read_hosts(Path(config.hosts_file)) if config.hosts_file else None
    return Resolver(static, allow_loopback=config.allow_loopback, servers=config.dns_servers)


def _visit(means: Means, folder: Path) -> None:
    # The list of suffixes is read when it is first asked for, which would hold up all visits.
    registrable("example")
    with _orderly_interrupt(), short_pauses():
        if means.config.archive == "none":
            loop.run(visit_all(means, None))
            return
        with closing(WarcWriter(folder / "warc", means.config)) as archive:
            loop.run(visit_all(means, archive))


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


@contextmanager
def _pages_from(
    config: CrawlConfig, sites: pl.DataFrame, transport: TransportFactory | None
) -> Iterator[TransportFactory]:
    if transport is not None or config.source == "web":
        yield transport or shared_transport(config)
        return
    with closing(warc_transport(config.warc_files, sites["site"])) as archive:
        yield archive


def _forget_archive(config: CrawlConfig, folder: Path) -> None:
    """Delete raw answers that are older than allowed; files that pages are read from are the user's own business."""
    if config.source == "web":
        prune(folder / "warc", config.retention_days, time.time())


def _guests(addresses: pl.DataFrame) -> Mapping[str, tuple[Address, ...]]:
    """Return by site who may stand behind it, for sites that were found by a company's name only."""
    known = set(addresses.filter(~pl.col("guessed"))["site"])
    guests: defaultdict[str, list[Address]] = defaultdict(list)
    for row in addresses.filter("guessed").iter_rows(named=True):
        if row["site"] not in known:
            guests[row["site"]].append(address_of(row))
    return {site: tuple(found) for site, found in guests.items()}


def _opted_out(frontier: Frontier, opt_outs: OptOuts) -> list[tuple[str, str]]:
    found = [(due.site, line) for due in frontier.all_asked() if (line := opt_outs.holds(due.site))]
    now = int(time.time() * 1_000_000)
    for site, line in found:
        frontier.reserve(site, Reservation(url="", source="opt_out_file", rule=line, effect="obeyed"), now)
    return found


def _counts(sites: pl.DataFrame, config: CrawlConfig, folder: Path) -> tuple[int, int]:
    asked = sites["site"].n_unique()
    if not _begun(folder):
        return asked, asked
    with _asked(sites, opened(folder)) as frontier:
        return asked, frontier.count_due(config, time.time())


def _standing(frontier: Frontier, config: CrawlConfig, now: float) -> Standing:
    states: Counter[int] = Counter()
    verdicts: Counter[str] = Counter()
    for state, verdict, count in frontier.standing():
        states[state] += count
        if verdict is not None and state != OPEN:
            verdicts[verdict] += count
    waiting = [until for _, until in frontier.waiting(now)]
    return Standing(
        total=frontier.asked(),
        done=states[0],
        open=states[OPEN],
        waiting=states[WAITING],
        due=frontier.count_due(config, now),
        retryable=frontier.retryable(now),
        next_at=now + min(waiting) if waiting else None,
        verdicts=tuple(sorted(verdicts.items(), key=lambda item: (-item[1], item[0]))),
    )


def _begun(folder: Path) -> bool:
    return (folder / FILE).exists()


@contextmanager
def _asked(sites: pl.DataFrame, opening: AbstractContextManager[Frontier]) -> Iterator[Frontier]:
    with opening as frontier:
        frontier.ask(_pairs(sites))
        yield frontier


def _pairs(sites: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield (site, url), sorted, so that the same url is taken whatever the order of the rows."""
    for site, url in sites.match_to_schema(SITES).unique().sort("site", "url").iter_rows():
        yield str(site), str(url)


def _result(frontier: Frontier, addresses: pl.DataFrame) -> Crawl:
    pages, organisations = results.pages(frontier.db), results.organisations(frontier.db)
    return Crawl(
        pages=pages,
        fetches=results.fetches(frontier.db),
        verdicts=results.verdicts(frontier.db),
        organisations=organisations,
        reservations=results.reservations(frontier.db),
        ownership=judge_ownership(addresses, pages, organisations) if addresses.height else OWNERSHIP.to_frame(),
    )
