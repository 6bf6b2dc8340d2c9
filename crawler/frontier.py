"""The memory of a crawl, in one SQLite file: which sites are due, what their visits have brought so far.

Every finished page and every failed request is committed when it happens, so that a killed crawl loses none of them.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from crawler.config import CrawlConfig
from crawler.errors import FrontierBrokenError, FrontierLockedError
from crawler.lock import alone
from crawler.schema import FETCHES, PAGES, VERDICTS
from crawler.select import Candidate
from crawler.urls import page_key
from crawler.verdict import RULE_KINDS, TRANSIENT, Attempt, Kept, Verdict

_DAY: Final = 86_400.0
_BATCH: Final = 10_000
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS sites (
    site TEXT PRIMARY KEY, url TEXT NOT NULL, visit INTEGER NOT NULL DEFAULT 0, shown INTEGER NOT NULL DEFAULT 0,
    open INTEGER NOT NULL DEFAULT 0, verdict TEXT, evidence TEXT, finished REAL
);
CREATE TABLE IF NOT EXISTS pages (
    site TEXT NOT NULL, visit INTEGER NOT NULL, url TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL,
    description TEXT NOT NULL, language TEXT, text TEXT NOT NULL, PRIMARY KEY (site, visit, url)
);
CREATE TABLE IF NOT EXISTS fetches (
    id INTEGER PRIMARY KEY, site TEXT NOT NULL, visit INTEGER NOT NULL, url TEXT NOT NULL, kind TEXT NOT NULL,
    status INTEGER, reason TEXT NOT NULL, detail TEXT NOT NULL, bytes INTEGER NOT NULL, seconds REAL NOT NULL,
    fetched_at INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS fetches_site ON fetches (site, visit);
CREATE TABLE IF NOT EXISTS candidates (
    site TEXT NOT NULL, url TEXT NOT NULL, kind TEXT NOT NULL, score REAL NOT NULL, why TEXT NOT NULL,
    PRIMARY KEY (site, url)
) WITHOUT ROWID;
"""
_ASKED: Final = "CREATE TEMP TABLE asked (site TEXT PRIMARY KEY, url TEXT NOT NULL) WITHOUT ROWID"
_CANDIDATES_KEPT: Final = 200
#: Redirects, and pages that robots.txt kept us from asking for.
_ON_THE_WAY: Final = frozenset({"redirect", "robots"})


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page with text."""

    url: str
    kind: str
    title: str
    description: str
    language: str | None
    text: str


class Fetch(msgspec.Struct, frozen=True, kw_only=True):
    """One request: `at` in microseconds since 1970; `detail` is evidence that the verdict quotes."""

    url: str
    kind: str
    reason: str
    status: int | None = None
    detail: str = ""
    received: int = 0
    seconds: float = 0.0
    at: int = 0


class Progress(msgspec.Struct, kw_only=True):
    """How far the visit of a site has come; a visit that was cut short goes on from here."""

    visit: int
    kept: list[Kept]
    texts: set[str]
    done: set[str]
    requests: int
    candidates: dict[str, Candidate]


class Frontier:
    """Reads and writes the file; one object per process that crawls."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        # WAL with NORMAL: a killed process loses nothing, and a power cut loses the last moments but no consistency.
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)
        self._db.execute(_ASKED)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def ask(self, sites: Iterable[tuple[str, str]]) -> None:
        """Name the (site, url) pairs that this run is about; of several urls for one site the first one counts."""
        with self._transaction():
            self._db.execute("DELETE FROM asked")
            self._db.executemany("INSERT OR IGNORE INTO asked VALUES (?, ?)", sites)

    def asked(self) -> int:
        """Return how many sites this run is about."""
        return int(self._db.execute("SELECT count(*) FROM asked").fetchone()[0])

    def due(self, config: CrawlConfig, now: float) -> list[tuple[str, str]]:
        """Return the (site, url) pairs to visit: new, cut short, given another address, or older than configured."""
        rows = self._db.execute(
            "SELECT a.site, a.url FROM asked a LEFT JOIN sites s USING (site) WHERE s.finished IS NULL OR s.open"
            " OR s.url != a.url OR s.finished < CASE WHEN s.verdict IN ('ok', 'moved') THEN ? ELSE ? END"
            " ORDER BY a.site",
            (now - config.refresh_days * _DAY, now - config.retry_days * _DAY),
        )
        return [(site, url) for site, url in rows]

    def begin(self, site: str, url: str) -> Progress:
        """Open the visit of a site, or go on with one that was cut short."""
        row = self._db.execute("SELECT visit, open, url FROM sites WHERE site = ?", (site,)).fetchone()
        if row is not None and row[1] and row[2] == url:
            return self._progress(site, int(row[0]))
        visit = int(row[0]) + 1 if row is not None else 1
        with self._transaction():
            self._db.execute(
                "INSERT INTO sites (site, url, visit, open) VALUES (?, ?, ?, 1)"
                " ON CONFLICT (site) DO UPDATE SET url = excluded.url, visit = excluded.visit, open = 1",
                (site, url, visit),
            )
            self._db.execute("DELETE FROM candidates WHERE site = ?", (site,))
        return self._progress(site, visit)

    def save(
        self, site: str, visit: int, fetch: Fetch, page: Page | None = None, found: Sequence[Candidate] = ()
    ) -> None:
        """Commit one request with the page and the further candidates that it brought."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO fetches (site, visit, url, kind, reason, status, detail, bytes, seconds, fetched_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (site, visit, *_values(fetch)),
            )
            if page is not None:
                self._db.execute(
                    "INSERT OR REPLACE INTO pages VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (site, visit, *_values(page))
                )
            self._db.executemany(
                "INSERT OR IGNORE INTO candidates VALUES (?, ?, ?, ?, ?)",
                [(site, *_values(candidate)) for candidate in found[:_CANDIDATES_KEPT]],
            )

    def attempts(self, site: str, visit: int) -> list[Attempt]:
        """Return the requests of a visit in order."""
        query = "SELECT kind, url, status, reason, detail FROM fetches WHERE site = ? AND visit = ? ORDER BY id"
        return [Attempt(*row) for row in self._db.execute(query, (site, visit))]

    def kept(self, site: str, visit: int) -> list[Kept]:
        """Return the pages of a visit in the order in which they came."""
        query = "SELECT kind, url FROM pages WHERE site = ? AND visit = ? ORDER BY rowid"
        return [Kept(*row) for row in self._db.execute(query, (site, visit))]

    def finish(self, site: str, visit: int, verdict: Verdict, evidence: str, now: float) -> None:
        """Close a visit; earlier pages give way, unless this visit failed for reasons that may pass."""
        shown = visit if verdict not in TRANSIENT else None
        with self._transaction():
            self._db.execute(
                "UPDATE sites SET open = 0, verdict = ?, evidence = ?, finished = ?, shown = coalesce(?, shown)"
                " WHERE site = ?",
                (verdict.value, evidence, now, shown, site),
            )
            self._db.execute("DELETE FROM candidates WHERE site = ?", (site,))
            self._db.execute("DELETE FROM fetches WHERE site = ? AND visit < ?", (site, visit))
            self._db.execute(
                "DELETE FROM pages WHERE site = ?1 AND visit != (SELECT shown FROM sites WHERE site = ?1)", (site,)
            )

    def pages(self) -> pl.DataFrame:
        """Return the pages of the sites asked for, sorted by site and url (`schema.PAGES`)."""
        return self._frame(
            "SELECT p.site, p.url, p.kind, p.title, p.description, p.language, p.text FROM pages p"
            " JOIN asked USING (site) JOIN sites s USING (site)"
            " WHERE p.visit = CASE WHEN s.shown = 0 THEN s.visit ELSE s.shown END ORDER BY p.site, p.url",
            PAGES,
        )

    def fetches(self) -> pl.DataFrame:
        """Return the requests of the latest visits to the sites asked for, in order (`schema.FETCHES`)."""
        return self._frame(
            "SELECT f.site, f.url, f.kind, f.status, f.reason, f.bytes, f.seconds, f.fetched_at FROM fetches f"
            " JOIN asked USING (site) JOIN sites s USING (site) WHERE f.visit = s.visit ORDER BY f.site, f.id",
            FETCHES,
        )

    def verdicts(self) -> pl.DataFrame:
        """Return one row for each site asked for, also those not visited yet (`schema.VERDICTS`)."""
        return self._frame(
            "SELECT site, CASE WHEN s.open IS NULL OR s.open THEN 'pending' ELSE s.verdict END,"
            " CASE WHEN s.open IS NULL THEN 'not visited yet' WHEN s.open THEN 'the visit has not ended yet'"
            " ELSE s.evidence END,"
            " (SELECT count(*) FROM pages p WHERE p.site = a.site"
            "  AND p.visit = CASE WHEN s.shown = 0 THEN s.visit ELSE s.shown END)"
            " FROM asked a LEFT JOIN sites s USING (site) ORDER BY site",
            VERDICTS,
        )

    def _progress(self, site: str, visit: int) -> Progress:
        attempts = self.attempts(site, visit)
        texts = self._db.execute("SELECT text FROM pages WHERE site = ? AND visit = ?", (site, visit))
        known = self._db.execute("SELECT url, kind, score, why FROM candidates WHERE site = ?", (site,))
        return Progress(
            visit=visit,
            kept=self.kept(site, visit),
            texts={text for (text,) in texts},
            done={page_key(attempt.url) for attempt in attempts if attempt.kind not in RULE_KINDS},
            # The way to the pages is gone again after a kill: it must not use up their requests twice.
            requests=sum(attempt.kind not in RULE_KINDS and attempt.reason not in _ON_THE_WAY for attempt in attempts),
            candidates={page_key(row[0]): Candidate(*row) for row in known},
        )

    def _frame(self, query: str, schema: pl.Schema) -> pl.DataFrame:
        cursor = self._db.execute(query)
        parts = [pl.DataFrame(schema=schema)]
        while rows := cursor.fetchmany(_BATCH):
            parts.append(_typed(rows, schema))
        return pl.concat(parts)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # After some errors, a full disk for one, SQLite has rolled back by itself.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


@contextmanager
def opened(folder: Path) -> Iterator[Frontier]:
    """Open `folder`/frontier.sqlite for reading, also while another process crawls.

    Raises:
        FrontierBrokenError: the file is damaged or cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "frontier.sqlite"
    try:
        with closing(Frontier(path)) as frontier:
            yield frontier
    except sqlite3.Error as error:
        raise FrontierBrokenError(f"{path}: cannot be read or written ({error}). {_next_step(error)}") from error


@contextmanager
def held(folder: Path) -> Iterator[Frontier]:
    """Open the frontier for this process alone; the operating system lets go of the lock even after `kill -9`.

    Raises:
        FrontierLockedError: another process holds it.
        FrontierBrokenError: as for `opened`.
    """
    with alone(folder, "frontier", lambda owner: _locked(folder, owner)), opened(folder) as frontier:
        yield frontier


def _locked(folder: Path, owner: str) -> FrontierLockedError:
    return FrontierLockedError(f"{folder}: process {owner} is crawling this project; wait until it ends, or end it")


def _next_step(error: sqlite3.Error) -> str:
    """Say what the user can do; errors that Python's module raises itself have no code."""
    # The lower byte of an extended code is the plain one.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    safe = "and start again; what was fetched so far is safe."
    if code == sqlite3.SQLITE_FULL:
        return f"Make room on the disk {safe}"
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return f"Close the other program that uses the file {safe}"
    return (
        "If the file is damaged, delete it together with the files whose names end in -wal and -shm; "
        "its websites are then visited anew."
    )


def _values(struct: msgspec.Struct) -> tuple[object, ...]:
    return msgspec.structs.astuple(struct)


def _typed(rows: list[tuple[object, ...]], schema: pl.Schema) -> pl.DataFrame:
    plain = {name: pl.Int64() if dtype == FETCHES["fetched_at"] else dtype for name, dtype in schema.items()}
    return pl.DataFrame(rows, schema=plain, orient="row").cast(schema)
