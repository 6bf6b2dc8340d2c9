"""Writes that are committed together."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from crawler.frontier import Due, Fetch, Frontier


def requests(path: Path) -> int:
    """Return how many requests another process would find."""
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("SELECT count(*) FROM fetches").fetchone()[0])


def begun(frontier: Frontier, site: str) -> None:
    """Begin a visit and write one request."""
    visit = frontier.begin(Due(site, f"http://{site}/")).visit
    frontier.save(site, visit, Fetch(url=f"http://{site}/", kind="home", reason="timeout"))


def test_what_a_site_brought_is_committed_before_it_is_asked_for_more(tmp_path: Path) -> None:
    """Settling one site commits the writes of all; settling a site without writes commits nothing."""
    path = tmp_path / "frontier.sqlite"
    with closing(Frontier(path)) as frontier:
        begun(frontier, "eins.example")
        begun(frontier, "zwei.example")
        frontier.settle("drei.example")
        assert requests(path) == 0
        frontier.settle("zwei.example")
        assert requests(path) == 2


def test_closing_commits(tmp_path: Path) -> None:
    """A frontier that is closed in order has lost nothing."""
    path = tmp_path / "frontier.sqlite"
    with closing(Frontier(path)) as frontier:
        begun(frontier, "eins.example")
    assert requests(path) == 1


def test_a_write_that_fails_halfway_leaves_nothing_and_spares_the_others(tmp_path: Path) -> None:
    """Text that SQLite cannot hold undoes its own request only, not those that are committed with it."""
    path = tmp_path / "frontier.sqlite"
    with closing(Frontier(path)) as frontier:
        begun(frontier, "eins.example")
        visit = frontier.begin(Due("zwei.example", "http://zwei.example/")).visit
        fetch = Fetch(url="http://zwei.example/", kind="home", reason="ok")
        with pytest.raises(UnicodeEncodeError):
            frontier.save_rules("zwei.example", visit, {"\ud800": b""}, fetch)
        frontier.commit()
    assert requests(path) == 1
