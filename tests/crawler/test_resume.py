"""What a crawl remembers: across kills, across runs, and against a second process."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain, repeat
from typing import TYPE_CHECKING

import msgspec
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from crawler.crawl import Crawl, crawl, outlook, read
from crawler.errors import FrontierBrokenError, FrontierLockedError
from crawler.frontier import Frontier, held

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from conftest import Asked, Behaviour, Page, Web

    Pages = dict[str, Page]

KINDS = ("plain", "slow", "moved", "door", "inner", "listed", "tagged")
#: Sites of each kind in the crawl whose visits die; more than a visit writes, so that the last ones come to their end.
COPIES = 13
#: Starts a crawl as a child for each line that it reads, tells its process id, and how it ended; started once, since
#: loading the libraries takes longer than most crawls here.
STARTER = """
import os, sys
from pathlib import Path
import msgspec, polars as pl
from crawler.config import CrawlConfig
from crawler.crawl import crawl
config = msgspec.json.decode(Path(sys.argv[2]).read_bytes(), type=CrawlConfig)
for _ in sys.stdin:
    child = os.fork()
    if not child:
        crawl(pl.read_parquet(sys.argv[1]), config, Path(sys.argv[3]), progress=lambda done, total: None)
        os._exit(0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
SCRIPT = """
import sys
from pathlib import Path
import msgspec, polars as pl
from crawler.config import CrawlConfig
from crawler.crawl import crawl
config = msgspec.json.decode(Path(sys.argv[2]).read_bytes(), type=CrawlConfig)
crawl(pl.read_parquet(sys.argv[1]), config, Path(sys.argv[3]), progress=lambda done, total: None)
"""


def company(name: str) -> Pages:
    """Return a small site: a home page that links to four more."""
    links = "".join(f"<a href=/{page}>{page}</a> " for page in ("leistungen", "produkte", "unternehmen", "impressum"))
    pages: Pages = {"/": f"<html lang=de><body><nav>{links}</nav><p>Willkommen bei {name}.</p></body></html>"}
    for page in ("leistungen", "produkte", "unternehmen", "impressum"):
        pages[f"/{page}"] = f"<html lang=de><body><p>{page} von {name}: Drehen und Fräsen.</p></body></html>"
    return pages


def prepared(web: Web, **changes: object) -> list[str]:
    """Write what a process needs to crawl all sites, and return its arguments."""
    table, settings = web.folder / "sites.parquet", web.folder / "config.json"
    web.table(*(name for name in web.sites if not name.startswith("www."))).write_parquet(table)
    settings.write_bytes(msgspec.json.encode(web.config(**changes)))
    return [str(table), str(settings), str(web.folder)]


def start(web: Web, **changes: object) -> subprocess.Popen[bytes]:
    """Start a crawl of all sites in a process of its own."""
    return subprocess.Popen([sys.executable, "-c", SCRIPT, *prepared(web, **changes)])


def wait_for_requests(web: Web, count: int) -> None:
    """Wait until the server has answered so many requests, for ten seconds at most."""
    until = time.monotonic() + 10
    while len(web.log) < count:
        assert time.monotonic() < until
        time.sleep(0.005)


@dataclass
class Killed:
    """A crawl that was killed again and again: where the log stood each time, and the pages that were finished.

    `errors` is what it and its workers wrote to standard error.
    """

    marks: list[int] = field(default_factory=list)
    finished: list[set[tuple[str, str]]] = field(default_factory=list)
    errors: str = ""


@contextmanager
def starter(web: Web, **changes: object) -> Iterator[subprocess.Popen[str]]:
    """Give the process that starts crawls of all sites."""
    command = [sys.executable, "-c", STARTER, *prepared(web, **changes)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        yield process


def one_more(process: subprocess.Popen[str]) -> int:
    """Start one more crawl and return its process id."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return answer(process)


def answer(process: subprocess.Popen[str]) -> int:
    """Return the next number that the process tells."""
    assert process.stdout is not None
    return int(process.stdout.readline())


def killed(web: Web, times: int, chance: random.Random, **changes: object) -> Killed:
    """Crawl all sites; kill the crawl so often at random moments, then let it come to its end."""
    found = Killed()
    with starter(web, **changes) as process:
        for _ in range(times):
            child = one_more(process)
            wait_for_requests(web, len(web.log) + chance.randint(2, 14))
            time.sleep(chance.uniform(0, 0.04))
            os.kill(child, signal.SIGKILL)
            assert answer(process) == -signal.SIGKILL
            # What was under way has reached the server when the next crawl starts.
            time.sleep(0.1)
            found.marks.append(len(web.log))
            found.finished.append(set(read(web.table(), web.folder).pages.select("site", "url").iter_rows()))
        one_more(process)
        assert answer(process) == 0
        found.errors = process.communicate()[1]
    return found


def test_a_crawl_killed_twenty_times_loses_no_page_and_repeats_one_request_per_host_at_most(
    web: Web, no_reply: Callable[..., bytes]
) -> None:
    """`kill -9` at random moments costs no finished page, changes no result, and repeats one request a host at most."""
    web.sites = {f"firma{n}.example": company(f"Firma {n}") for n in range(36)}
    for n in range(0, 36, 3):
        web.sites |= moved(f"firma{n}.example", company(f"Firma {n}"), no_reply)
    web.latency = {name: 0.01 * (place % 4) for place, name in enumerate(web.sites)}
    sites = [name for name in web.sites if not name.startswith("www.")]
    found = killed(web, 20, random.Random(3), delay_seconds=0.02, concurrency=6)
    log = list(web.log)
    undisturbed = crawl(
        web.table(*sites), web.config(), web.folder / "undisturbed", progress=lambda _done, _total: None
    )
    resumed = read(web.table(*sites), web.folder)
    assert_frame_equal(resumed.pages, undisturbed.pages)
    assert_frame_equal(resumed.verdicts, undisturbed.verdicts)
    assert max(repeated(log, found.marks).values()) == 1
    assert "Traceback" not in found.errors
    for mark, finished in zip(found.marks, found.finished, strict=True):
        assert finished.isdisjoint((domain(entry), f"http://{entry.host}{entry.path}") for entry in log[mark:])
    assert resumed.pages.height == 36 * 5


class DiedError(Exception):
    """Ends a visit as `kill -9` would: nothing that follows is written."""


def mortal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each visit die at the write that the number in its site's name says."""
    writes: Counter[str] = Counter()

    def dying(write: Callable[..., object], *, ends: bool) -> Callable[..., object]:
        def spend(frontier: Frontier, site: str, *values: object) -> object:
            writes[site] += 1
            if writes[site] <= int(site.partition(".")[0].rpartition("-")[2]):
                return write(frontier, site, *values)
            if not ends:
                raise DiedError
            return None

        return spend

    for name in ("save", "save_rules", "reserve", "repeat"):
        if hasattr(Frontier, name):
            monkeypatch.setattr(Frontier, name, dying(getattr(Frontier, name), ends=False))
    for name in ("finish", "put_off", "avoid_until"):
        monkeypatch.setattr(Frontier, name, dying(getattr(Frontier, name), ends=True))


def moved(name: str, pages: Pages, no_reply: Callable[..., bytes]) -> dict[str, Pages]:
    """Return a site that leads to its name with "www."."""
    leads = {path: no_reply(301, f"Location: http://www.{name}{path}") for path in ("/", "/robots.txt")}
    return {name: dict(leads), f"www.{name}": pages}


def of_each_kind(number: int, reply: Callable[..., bytes], no_reply: Callable[..., bytes]) -> dict[str, Pages]:
    """Return sites that answer plainly, through redirects of all sorts, by a sitemap, or that nothing has changed."""
    names = {kind: f"{kind}-{number}.example" for kind in KINDS}
    pages, listed = company("Muster"), f"http://{names['listed']}"
    urls = "".join(f"<url><loc>{listed}{path}</loc></url>" for path in pages)
    sites = {names["plain"]: pages, **moved(names["moved"], pages, no_reply), **moved(names["door"], pages, no_reply)}
    del sites[names["door"]]["/robots.txt"]
    sites[names["slow"]] = {**pages, "/robots.txt": "User-agent: *\nCrawl-delay: 0.2"}
    sites[names["inner"]] = {
        **pages,
        "/produkte": no_reply(301, "Location: /produkte/"),
        "/produkte/": pages["/produkte"],
        "/leistungen": no_reply(301, "Location: /angebot"),
        "/angebot": pages["/leistungen"],
    }
    sites[names["listed"]] = {
        **pages,
        "/": "<html lang=de><p>Willkommen.</p></html>",
        "/robots.txt": f"Sitemap: {listed}/index.xml",
        "/index.xml": f"<sitemapindex><sitemap><loc>{listed}/seiten.xml</loc></sitemap></sitemapindex>",
        "/seiten.xml": f"<urlset>{urls}</urlset>",
    }
    sites[names["tagged"]] = {path: unchanging(reply(page, 'ETag: "1"'), no_reply(304)) for path, page in pages.items()}
    return sites


def unchanging(page: bytes, unchanged: bytes) -> Behaviour:
    """Return a page that is given out once, and is unchanged from then on."""
    answers = chain([page], repeat(unchanged))

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(next(answers))

    return answer


def test_a_visit_that_dies_at_any_write_comes_to_the_same_end(
    web: Web, reply: Callable[..., bytes], no_reply: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever a visit is cut short, the next crawl completes it alike, with one request more at most."""
    for number in range(COPIES):
        web.sites |= of_each_kind(number, reply, no_reply)
    sites = [name for name in web.sites if not name.startswith("www.")]
    web.crawl(*(name for name in sites if name.startswith("tagged")))
    now, visited = time.time(), len(web.log)
    monkeypatch.setattr(time, "time", lambda: now + 91 * 86_400)
    settings: dict[str, object] = {"sitemap_below_links": 3, "max_crawl_delay_seconds": 0.1}
    with monkeypatch.context() as patch:
        mortal(patch)
        died = web.crawl(*sites, **settings).verdicts
    whole = web.crawl(*sites, **settings)
    undisturbed = {kind: f"{kind}-{COPIES - 1}.example" for kind in KINDS}
    assert set(died.filter(pl.col("site").is_in(undisturbed.values()))["verdict"]) == {"ok"}
    assert whole.verdicts["verdict"].to_list() == ["ok"] * len(sites)
    expected = {kind: end_of(site, whole) for kind, site in undisturbed.items()}
    assert [site for site in sites if end_of(site, whole) != expected[site.partition("-")[0]]] == []
    assert max(repeated(web.log[visited:], []).values()) == 1


def test_a_visit_that_is_taken_up_at_once_keeps_the_pause(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the request that a kill interrupts and the first one of the next crawl lies the pause of the site."""
    web.sites = {"eins-2.example": company("Eins") | {"/robots.txt": "User-agent: *\nCrawl-delay: 0.5"}}
    with monkeypatch.context() as patch:
        mortal(patch)
        web.crawl()
    died = len(web.log)
    web.crawl(pages_per_company=1)
    assert web.log[died].path == web.log[died - 1].path == "/"
    assert web.log[died].began - web.log[died - 1].sent >= 0.5


def end_of(site: str, crawled: Crawl) -> list[tuple[object, ...]]:
    """Return the verdict and the pages of a site, without its number."""
    verdict = crawled.verdicts.filter(site=site).select("verdict", "evidence", "pages").row(0)
    pages = crawled.pages.filter(site=site).select(pl.col("url").str.replace(site, "", literal=True), "kind", "text")
    return [verdict, *pages.sort("url").rows()]


def domain(entry: Asked) -> str:
    """Return what the site is named after that a request went to."""
    return entry.host.removeprefix("www.")


def repeated(log: Sequence[Asked], marks: Sequence[int]) -> Counter[tuple[str, int]]:
    """Return how many requests each host got for the second time or more, by the kill that came before."""
    seen: set[tuple[str, str]] = set()
    found: Counter[tuple[str, int]] = Counter()
    for place, entry in enumerate(log):
        if (entry.host, entry.path) in seen:
            found[domain(entry), sum(mark <= place for mark in marks)] += 1
        seen.add((entry.host, entry.path))
    return found


def test_ctrl_c_stops_the_crawl_and_keeps_what_it_has(web: Web) -> None:
    """An interrupted crawl ends soon with KeyboardInterrupt; the next one finishes the rest."""
    web.sites = {f"firma{n}.example": company(f"Firma {n}") for n in range(8)}
    process = start(web, delay_seconds=0.1, concurrency=2)
    wait_for_requests(web, 8)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) in {-signal.SIGINT, 130}
    kept = read(web.table(), web.folder)
    assert "pending" in kept.verdicts["verdict"].to_list()
    assert web.crawl(concurrency=8).verdicts["verdict"].to_list() == ["ok"] * 8


def test_a_second_crawl_sends_nothing_and_gives_the_same(web: Web) -> None:
    """Sites that are not due are not asked again, and the tables come out equal."""
    web.sites = {"eins.example": company("Eins"), "tot.example": {}}
    first = web.crawl()
    before = len(web.log)
    second = web.crawl()
    assert len(web.log) == before
    assert_frame_equal(first.pages, second.pages)
    assert_frame_equal(first.verdicts, second.verdicts)
    assert_frame_equal(first.fetches, second.fetches)


def test_failed_sites_are_tried_again_before_good_ones(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """After `retry_days` a failed site is due, after `refresh_days` also a good one, whose new page takes over."""
    web.sites = {"gut.example": {"/": "<p>Alte Seite</p>"}, "weg.example": {}}
    web.crawl()
    now = time.time()
    config = web.config(retry_days=7, refresh_days=90)
    monkeypatch.setattr(time, "time", lambda: now + 8 * 86_400)
    assert outlook(web.table(), config, web.folder).to_visit == 1
    monkeypatch.setattr(time, "time", lambda: now + 91 * 86_400)
    assert outlook(web.table(), config, web.folder).to_visit == 2
    web.sites["gut.example"] = {"/": "<p>Neue Seite</p>"}
    assert web.crawl().pages["text"].to_list() == ["Neue Seite"]


def test_pages_outlive_a_later_visit_that_fails_for_the_moment(
    web: Web, no_reply: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is down on the second visit does not cost the text of the first; an opt-out does."""
    web.sites = {"gut.example": {"/": "<p>Wir drehen.</p>"}}
    web.crawl()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 100 * 86_400)
    web.sites["gut.example"] = {"/": no_reply(500)}
    assert web.crawl().pages["text"].to_list() == ["Wir drehen."]
    monkeypatch.setattr(time, "time", lambda: now + 200 * 86_400)
    web.sites["gut.example"] = {"/": '<meta name="tdm-reservation" content="1"><p>Wir drehen.</p>'}
    assert web.crawl().pages.height == 0


@pytest.mark.parametrize("code", [429, 500, 503])
def test_pages_outlive_a_robots_txt_that_fails_for_the_moment(
    web: Web, no_reply: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """A server that cannot give its robots.txt costs no text, and is tried again after `retry_days`; a refusal does."""
    web.sites = {"gut.example": {"/": "<p>Wir drehen.</p>"}}
    web.crawl()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 100 * 86_400)
    web.sites["gut.example"] = {"/": "<p>Wir drehen.</p>", "/robots.txt": no_reply(code)}
    failed = web.crawl()
    assert failed.pages["text"].to_list() == ["Wir drehen."]
    assert failed.verdicts["verdict"].to_list() == ["error"]
    assert f"robots.txt answers {code}" in failed.verdicts["evidence"].item()
    monkeypatch.setattr(time, "time", lambda: now + 108 * 86_400)
    assert outlook(web.table(), web.config(), web.folder).to_visit == 1
    web.sites["gut.example"] = {"/": "<p>Wir drehen.</p>", "/robots.txt": "User-agent: *\nDisallow: /"}
    assert web.crawl().pages.height == 0


def test_a_frontier_that_breaks_amid_the_crawl_is_one_error(web: Web) -> None:
    """A file that can no longer be written ends the crawl with one message that names it, however many visits run."""
    web.sites = {f"firma{n}.example": company(f"Firma {n}") for n in range(6)}

    def spoil(done: int, _total: int) -> None:
        if done == 0:
            with closing(sqlite3.connect(web.folder / "frontier.sqlite")) as other:
                other.execute("DROP TABLE fetches")

    with pytest.raises(FrontierBrokenError, match=r"frontier\.sqlite: cannot be read or written .*fetches"):
        crawl(web.table(), web.config(concurrency=6), web.folder, progress=spoil)


def test_a_lock_of_another_program_is_told(web: Web) -> None:
    """A frontier that another program keeps locked is said to be in use, and not to be damaged."""
    web.sites = {"eins.example": company("Eins")}
    with closing(sqlite3.connect(web.folder / "frontier.sqlite", isolation_level=None)) as other:

        def lock(_done: int, _total: int) -> None:
            other.execute("BEGIN IMMEDIATE")

        with pytest.raises(FrontierBrokenError, match="Close the other program"):
            crawl(web.table(), web.config(), web.folder, progress=lock)
    assert web.crawl().verdicts["verdict"].to_list() == ["ok"]


def test_a_second_process_is_refused_and_told_who_crawls(web: Web) -> None:
    """While one process crawls, another one gets its process id; reading stays possible."""
    web.sites = {"eins.example": company("Eins")}
    with held(web.folder), pytest.raises(FrontierLockedError, match=str(os.getpid())):
        web.crawl()
    with held(web.folder):
        assert read(web.table(), web.folder).verdicts["verdict"].to_list() == ["pending"]


def test_a_damaged_frontier_is_named(web: Web) -> None:
    """A file that is no database stops the crawl with its path and what deleting it costs."""
    (web.folder / "frontier.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(FrontierBrokenError, match=r"frontier\.sqlite.*visited anew"):
        web.crawl()


def test_outlook_of_a_new_project_writes_nothing(web: Web, tmp_path: Path) -> None:
    """The dry run counts each site once and leaves no file behind."""
    web.sites = {f"firma{n}.example": {} for n in range(100)}
    twice = web.table().vstack(web.table())
    found = outlook(twice, web.config(delay_seconds=1.0, concurrency=10), tmp_path / "new")
    assert (found.sites, found.done, found.to_visit) == (100, 0, 100)
    assert 500 <= found.requests <= 800
    assert 0.005 < found.hours < 0.1
    assert not (tmp_path / "new").exists()


def test_duplicate_sites_are_fetched_once(web: Web) -> None:
    """A site named twice, also with different addresses, is visited once and has one verdict."""
    web.sites = {"eins.example": company("Eins")}
    twice = web.table().vstack(web.table().with_columns(url=web.table()["url"] + "index.html"))
    result = crawl(twice, web.config(), web.folder, progress=lambda _done, _total: None)
    assert web.asked("eins.example").count("/") == 1
    assert result.verdicts.height == 1
