"""Writes to SQLite that are committed together, since each commit costs about as much as what it commits."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


class Grouped:
    """Collects the writes of all sites on one connection, which commits nothing by itself.

    Whoever asks a site for more calls `settle` before: a process that is killed then repeats the latest request of each
    site at most, whatever the time between two commits.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._unsettled: set[str] = set()

    def commit(self) -> None:
        """Commit all that was written since the last time; from then on it outlives the process."""
        if self._db.in_transaction:
            self._db.execute("COMMIT")
        self._unsettled.clear()

    def settle(self, site: str) -> None:
        """Commit, if anything was written about a site since the last time."""
        if site in self._unsettled:
            self.commit()

    def begin(self, site: str) -> None:
        """Say that a write about a site follows."""
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")
        self._unsettled.add(site)

    @contextmanager
    def whole(self, site: str) -> Iterator[None]:
        """Let several writes about a site all happen or none of them."""
        self.begin(site)
        self._db.execute("SAVEPOINT whole")
        try:
            yield
        except BaseException:
            # After some errors, a full disk for one, SQLite has rolled back by itself.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK TO whole")
            raise
        self._db.execute("RELEASE whole")
