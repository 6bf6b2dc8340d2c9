"""The parts of the benchmark; each prints what it measured and the goal beside it."""

import importlib.metadata
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from plan import Host, hosts
from processes import BenchmarkError, Run, Server, crawl, environment, serving, version

PAGES: Final = 4
_COLUMNS: Final = (
    f"{'crawler':24} {'work':8} {'pages':>6} {'s':>7} {'pages/s':>8} {'CPU own':>8} {'helpers':>8} {'peak MB':>8}"
    f" {'requests':>9} {'shortest pause':>15} {'overlaps':>9}"
)


@dataclass(frozen=True)
class Options:
    """What the command line asks for; `hosts` is None for the size of the issue's goal."""

    hosts: int | None
    delay: float
    concurrency: int
    rivals: tuple[str, ...]
    names: str
    slow: float
    profile: bool
    folder: Path


def speed(options: Options) -> None:
    """Measure pages per second and CPU time against the rivals: fetching alone, and with extraction."""
    count = options.hosts or 1_000
    plan = list(hosts(count, 0.0))
    print(
        f"\n== speed: {count:,} hosts x {PAGES} pages of 20 to 60 KB (gzip), {50 * options.slow:.0f}"
        f" to {200 * options.slow:.0f} ms, pause {options.delay} s, {options.concurrency} at a time,"
        f" {os.cpu_count()} cores"
    )
    print(f"CPU own and helpers: seconds of the crawling process and of its children per 1,000 pages\n{_COLUMNS}")
    with serving(count, 0.0, options.slow) as server:
        ours: dict[str, Run] = {}
        for work in ("fetch", "extract"):
            ours[work] = _ours(server, plan, options, work=work)
            print(_row("potenzial", work, ours[work]))
        for rival in options.rivals:
            _compare(rival, ours, _rival(rival, server, plan, options))
    _judge_speed(ours["extract"])


def dead(options: Options) -> None:
    """Compare the time of a crawl in which 30 % of the hosts are dead with one in which none is."""
    count = options.hosts or 10_000
    print(f"\n== dead: {count:,} hosts, one page each, names by {options.names}\n{_COLUMNS}")
    runs: dict[float, Run] = {}
    for share in (0.0, 0.3):
        with serving(count, share, options.slow) as server:
            runs[share] = _ours(server, list(hosts(count, share)), options, work="extract", pages=1)
            print(_row(f"potenzial, {share:.0%} dead", "extract", runs[share]))
            print(f"  verdicts {runs[share].figures['verdicts']}; memory over time: {runs[share].quarters()} MB")
    ratio = runs[0.3].figures["seconds"] / runs[0.0].figures["seconds"]
    print(f"time with 30 % dead to none dead: {ratio:.2f} (goal: at most 2)")


def frontier(options: Options) -> None:
    """Measure the memory of a crawl of 100,000 hosts of which 99 % have unknown names, and of taking it up again."""
    count = options.hosts or 100_000
    alive = max(10, count // 100)
    plan = list(hosts(alive, 0.0))
    plan += [Host(f"tot-{number:06d}.example", "", "unknown") for number in range(count - alive)]
    print(f"\n== frontier: {count:,} hosts, {alive:,} of them alive, names by {options.names}\n{_COLUMNS}")
    with serving(alive, 0.0, options.slow) as server, _folder(options) as folder:
        for what in ("first run", "nothing due"):
            run = _ours(server, plan, options, work="extract", folder=folder)
            print(_row(f"potenzial, {what}", "extract", run))
            print(f"  memory over time: {run.quarters()} MB; verdicts {run.figures['verdicts']}")
            print(f"  peak {run.watched.peak:.0f} MB (goal: under 300)")


PARTS: Final = {"speed": speed, "dead": dead, "frontier": frontier}


def _ours(
    server: Server,
    plan: Iterable[Host],
    options: Options,
    *,
    work: str,
    pages: int = PAGES,
    folder: Path | None = None,
) -> Run:
    with _folder(options) as fresh:
        home = folder or fresh
        job = {
            "sites": [(host.name, _url(host, server)) for host in plan],
            "config": _config(server, plan, options, fresh) | {"pages_per_company": pages},
            "folder": str(home / "crawl"),
            "work": work,
            "profile": options.profile,
        }
        return crawl(server, [sys.executable, "ours.py"], job, fresh)


def _config(server: Server, plan: Iterable[Host], options: Options, folder: Path) -> dict[str, object]:
    """Return the settings of a crawl of the plan, whose names come from a file or from the name server."""
    config: dict[str, object] = {
        "delay_seconds": options.delay,
        "concurrency": options.concurrency,
        "allow_loopback": True,
        "ports": [80, 443, server.port],
    }
    if options.names == "dns":
        return config | {"dns_servers": [f"127.0.0.1:{server.dns}"]}
    table = folder / "hosts.txt"
    lines = (f"{host.address}:{server.port} {host.name}\n" for host in plan if host.address)
    table.write_text("".join(lines), encoding="utf-8")
    return config | {"hosts_file": str(table)}


def _rival(rival: str, server: Server, plan: list[Host], options: Options) -> dict[str, Run]:
    """Return the runs of a rival by their work; none, and a line that says why, when it cannot be had."""
    shared = [f"{name}=={importlib.metadata.version(name)}" for name in ("trafilatura", "lxml-html-clean")]
    needs = {"scrapy": ["scrapy", *shared]}
    runs: dict[str, Run] = {}
    try:
        python = environment(options.folder, rival, needs.get(rival, [f"{rival}==0.1"]))
        for work in ("fetch", "extract"):
            with _folder(options) as folder, (folder / "output.txt").open("w") as output:
                job = _rival_job(server, plan, options, work)
                runs[work] = crawl(server, [str(python), f"{rival}_rival.py"], job, folder, output)
            print(_row(f"{rival} {version(python, rival)}", work, runs[work]))
    except BenchmarkError as error:
        print(f"{rival} does not run here: {error}")
    return runs


def _rival_job(server: Server, plan: list[Host], options: Options, work: str) -> Mapping[str, object]:
    return {
        "urls": [_url(host, server) for host in plan],
        "names": {host.name: host.address for host in plan},
        "delay": options.delay,
        "concurrency": options.concurrency,
        "work": work,
    }


def _compare(rival: str, ours: Mapping[str, Run], theirs: Mapping[str, Run]) -> None:
    """Print how many times as fast we are, and how many times as many pages come from a second of computing."""
    for work, run in theirs.items():
        per_second = run.speed and ours[work].speed / run.speed
        per_cpu = run.cpu("own", "helpers") / max(1e-9, ours[work].cpu("own", "helpers"))
        goal = " (goal: at least 3)" if (rival, work) == ("scrapy", "fetch") else ""
        print(f"  {work}: {per_cpu:.2f} x the pages of {rival} per CPU second{goal}, {per_second:.2f} x per second")


def _judge_speed(run: Run) -> None:
    """Print the goal for extraction, and what bounds the crawl."""
    seconds = float(run.figures["seconds"])
    cores = os.cpu_count() or 1
    own, helpers, server = (value / seconds for value in (run.figures["own"], run.figures["helpers"], run.seen["cpu"]))
    print(f"with extraction {run.speed:.1f} pages/s (goal: at least 45 on 2 cores)")
    others = max(0.0, run.watched.busy - own - helpers - server)
    print(
        f"cores at work while extracting: crawling process {own:.2f}, extraction {helpers:.2f}, the benchmark's server"
        f" {server:.2f}, others {others:.2f}, of {cores}; {_bound(own, helpers, run.watched.busy / cores, others)}"
    )
    print(f"memory over time: {run.quarters()} MB")


def _bound(own: float, helpers: float, busy: float, others: float) -> str:
    """Say what keeps a crawl from being faster; `busy` is the share of all cores at work, the rest are cores."""
    if others > own + helpers:
        return "other programs had most of the machine, so this says little"
    if own > 0.9:
        return "the crawling process bounds it: one core is full"
    if busy > 0.85:
        return "computing time bounds it, mostly for " + ("extraction" if helpers > own else "fetching")
    return "the pauses and the number of sites at a time bound it, not computing"


def _row(name: str, work: str, run: Run) -> str:
    shortest = run.seen["shortest"]
    pause = "-" if shortest is None else f"{shortest:.2f} s"
    return (
        f"{name:24} {work:8} {run.pages:6} {run.figures['seconds']:7.1f} {run.speed:8.1f} {run.cpu('own'):8.2f}"
        f" {run.cpu('helpers'):8.2f} {run.watched.peak:8.0f} {run.seen['requests']:9} {pause:>15}"
        f" {run.seen['overlaps']:9}"
    )


def _url(host: Host, server: Server) -> str:
    return f"http://{host.name}:{server.port}/"


@contextmanager
def _folder(options: Options) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        yield Path(folder)
