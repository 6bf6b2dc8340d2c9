"""What a crawl remembers: across kills, across runs, and against a second process."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from polars.testing import assert_frame_equal

from crawler.crawl import crawl, outlook, read
from crawler.errors import FrontierBrokenError, FrontierLockedError
from crawler.frontier import held

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Web

SCRIPT = """
import sys
from pathlib import Path
import msgspec, polars as pl
from crawler.config import CrawlConfig
from crawler.crawl import crawl
config = msgspec.json.decode(Path(sys.argv[2]).read_bytes(), type=CrawlConfig)
crawl(pl.read_parquet(sys.argv[1]), config, Path(sys.argv[3]), progress=lambda done, total: None)
"""


def company(name: str) -> dict[str, str]:
    """Return a small site: a home page that links to four more."""
    links = "".join(f"<a href=/{page}>{page}</a> " for page in ("leistungen", "produkte", "unternehmen", "impressum"))
    pages = {"/": f"<html lang=de><body><nav>{links}</nav><p>Willkommen bei {name}.</p></body></html>"}
    for page in ("leistungen", "produkte", "unternehmen", "impressum"):
        pages[f"/{page}"] = f"<html lang=de><body><p>{page} von {name}: Drehen und Fräsen.</p></body></html>"
    return pages


def start(web: Web, **changes: object) -> subprocess.Popen[bytes]:
    """Start a crawl of all sites in a process of its own."""
    import msgspec

    table, settings = web.folder / "sites.parquet", web.folder / "config.json"
    web.table().write_parquet(table)
    settings.write_bytes(msgspec.json.encode(web.config(**changes)))
    return subprocess.Popen([sys.executable, "-c", SCRIPT, str(table), str(settings), str(web.folder)])


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until something has happened, for ten seconds at most."""
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


@pytest.mark.parametrize("requests", [9, 25, 47])
def test_a_killed_crawl_goes_on_and_fetches_no_finished_page_again(web: Web, requests: int) -> None:
    """After `kill -9` all pages that were finished are there, and the server never sees them asked for again."""
    web.sites = {f"firma{n}.example": company(f"Firma {n}") for n in range(12)}
    process = start(web, delay_seconds=0.02, concurrency=4)
    wait_for(lambda: len(web.log) >= requests)
    process.kill()
    process.wait()
    finished = {tuple(row) for row in read(web.table(), web.folder).pages.select("site", "url").iter_rows()}
    whole = web.crawl(concurrency=4)
    asked = Counter((entry.host, f"http://{entry.host}{entry.path}") for entry in web.log)
    assert [page for page in finished if asked[page] != 1] == []
    assert whole.pages.height == 12 * 5
    assert whole.verdicts["verdict"].to_list() == ["ok"] * 12


def test_ctrl_c_stops_the_crawl_and_keeps_what_it_has(web: Web) -> None:
    """An interrupted crawl ends soon with KeyboardInterrupt; the next one finishes the rest."""
    web.sites = {f"firma{n}.example": company(f"Firma {n}") for n in range(8)}
    process = start(web, delay_seconds=0.1, concurrency=2)
    wait_for(lambda: len(web.log) >= 8)
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
