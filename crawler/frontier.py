"""The memory of a crawl, in one SQLite file: which sites are due, what their visits have brought so far.

Writes are committed together, some twenty times a second, and those of a site before anything further is asked of it: a
killed crawl loses at most the one request that each site had under way, or whose answer had just come.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import msgspec

from crawler.config import CrawlConfig, Visits
from crawler.errors import FrontierBrokenError, FrontierLockedError
from crawler.fetch import UNREACHED, Validators
from crawler.grouped import Grouped
from crawler.layout import CLOSED, OPEN, WAITING, prepare
from crawler.lock import alone
from crawler.page import Candidate, Organisation
from crawler.troubles import passing
from crawler.urls import page_key
from crawler.verdict import RULE_KINDS, TRANSIENT, Attempt, Kept, Verdict

#: The file's name in the folder of a crawl.
FILE: Final = "frontier.sqlite"
#: What has links worth following, among the reasons of fetches.
LEADING: Final = frozenset({"ok", "empty", "duplicate", "script_only", "cookie_wall"})
#: Why a page is a candidate that a redirect leads to.
REDIRECT: Final = "redirect"

_DAY: Final = 86_400.0
_BATCH: Final = 1_000
_CANDIDATES_KEPT: Final = 200
_DUE: Final = """
    FROM asked a LEFT JOIN sites s USING (site)
    WHERE (s.finished IS NULL OR s.open OR s.url != a.url
           OR s.finished < CASE WHEN s.verdict IN ('ok', 'moved', 'language') THEN :refresh ELSE :retry END)
      AND coalesce(s.not_before, 0) <= :now AND coalesce(s.verdict, '') != 'opted_out'
      AND (:every OR s.open = 2)
"""
#: Sites whose last visit met a trouble that may have passed; one that took all its time met it on the way.
_FAILED: Final = """
    s.open != 1 AND s.not_before <= ?1 AND s.verdict IN (SELECT value FROM json_each(?2))
    AND (s.verdict = 'timeout' OR EXISTS (
        SELECT 1 FROM fetches f
        WHERE f.site = s.site AND f.visit = s.visit AND f.tries = s.tries AND passing(f.reason)))
"""


class Due(msgspec.Struct, frozen=True):
    """A site to visit and where to start."""

    site: str
    url: str


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page with text; `etag` and `modified` are what the server calls this state of it.

    `reader` names how it was read: a page that was read otherwise is asked for anew, changed or not.
    """

    url: str
    kind: str
    title: str
    description: str
    language: str | None
    text: str
    headings: tuple[str, ...] = ()
    etag: str = ""
    modified: str = ""
    reader: str = ""
    organisations: tuple[Organisation, ...] = ()


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


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the ledger: which rule was found where, and what follows from it (`schema.RESERVATIONS`)."""

    url: str
    source: str
    rule: str
    effect: str


class Progress(msgspec.Struct, kw_only=True):
    """How far the visit of a site has come; a visit that was cut short goes on from here.

    `home` is the home page if it was asked for last, `sitemap` one that an index leads to and that is still to be asked
    for, `last` the latest request on record. `is_cut` says that the visit ended amid something, unlike one put off.
    """

    visit: int
    tries: int = 0
    kept: list[Kept] = []
    texts: set[str] = set()
    done: set[str] = set()
    requests: int = 0
    sitemap_asked: bool = False
    sitemap: str = ""
    home: str = ""
    last: str = ""
    is_cut: bool = False
    candidates: dict[str, Candidate] = {}
    rules: dict[str, bytes] = {}


class Frontier:
    """Reads and writes the file; one object per process that crawls."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = sqlite3.connect(path, isolation_level=None)
        self._writes = Grouped(self._db)
        prepare(self._db)

    @property
    def db(self) -> sqlite3.Connection:
        """The connection, for reading results."""
        return self._db

    def close(self) -> None:
        """Commit what is still open and close the file."""
        with closing(self._db):
            self.commit()

    def commit(self) -> None:
        """Commit what was written since the last time."""
        self._writes.commit()

    def settle(self, site: str) -> None:
        """Commit what a site has brought so far: to be called before anything else is asked of it."""
        self._writes.settle(site)

    def checkpoint(self) -> None:
        """Fold the log of changes into the file, by a connection of its own: for a thread beside the crawl."""
        with closing(sqlite3.connect(self._path)) as db:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def ask(self, sites: Iterable[tuple[str, str]]) -> None:
        """Name the (site, url) pairs that this run is about; of several urls for one site the first one counts."""
        # Sites come in an order of their own, so that neighbours in the alphabet do not meet on one server.
        self.commit()
        self._db.execute("BEGIN")
        self._db.execute("DELETE FROM asked")
        self._db.executemany("INSERT OR IGNORE INTO asked VALUES (?1, ?2, crc(?1))", sites)
        self._db.execute("COMMIT")

    def asked(self) -> int:
        """Return how many sites this run is about."""
        return int(self._db.execute("SELECT count(*) FROM asked").fetchone()[0])

    def all_asked(self) -> Iterator[Due]:
        """Yield all sites that this run is about."""
        for site, url in self._db.execute("SELECT site, url FROM asked ORDER BY site"):
            yield Due(site, url)

    def count_due(self, config: CrawlConfig, now: float, visits: Visits = "due") -> int:
        """Return how many sites are to be visited now."""
        return int(self._db.execute(f"SELECT count(*) {_DUE}", _times(config, now, visits)).fetchone()[0])

    def due(self, config: CrawlConfig, now: float, visits: Visits = "due") -> Iterator[Due]:
        """Yield the sites to visit: new, cut short, given another address, or older than configured; read in pieces."""
        place, site = -1, ""
        query = (
            f"SELECT a.place, a.site, a.url {_DUE} AND (a.place, a.site) > (:place, :site)"
            " ORDER BY a.place, a.site LIMIT :most"
        )
        while True:
            values = {**_times(config, now, visits), "place": place, "site": site, "most": _BATCH}
            rows = self._db.execute(query, values).fetchall()
            for place, site, url in rows:  # noqa: B007 - the last row is where the next piece begins
                yield Due(site, url)
            if len(rows) < _BATCH:
                return

    def waiting(self, now: float) -> list[tuple[Due, float]]:
        """Return the sites whose visits wait for a later time, with the seconds until then."""
        query = (
            "SELECT a.site, a.url, s.not_before FROM asked a JOIN sites s USING (site, url)"
            " WHERE s.open = 2 AND s.not_before > ?"
        )
        return [(Due(site, url), until - now) for site, url, until in self._db.execute(query, (now,))]

    def retryable(self, now: float) -> int:
        """Return how many sites failed for reasons that may have passed."""
        query = f"SELECT count(*) FROM asked JOIN sites s USING (site) WHERE {_FAILED}"  # noqa: S608 - own text
        return int(self._db.execute(query, (now, _transient())).fetchone()[0])

    def requeue(self, now: float) -> int:
        """Make these sites due, and return how many they are."""
        query = (
            "UPDATE sites AS s SET open = 2, tries = 0, not_before = 0"  # noqa: S608 - own text
            f" WHERE site IN (SELECT site FROM asked) AND {_FAILED}"
        )
        return self._db.execute(query, (now, _transient())).rowcount

    def begin(self, due: Due) -> Progress:
        """Open the visit of a site, or go on with one that was cut short or put off."""
        row = self._db.execute("SELECT visit, open, url, tries FROM sites WHERE site = ?", (due.site,)).fetchone()
        self._writes.begin(due.site)
        if row is not None and row[1] and row[2] == due.url:
            self._db.execute("UPDATE sites SET open = 1, not_before = 0 WHERE site = ?", (due.site,))
            progress = self._progress(due.site, int(row[0]), int(row[3]))
            return msgspec.structs.replace(progress, is_cut=row[1] == OPEN)
        visit = int(row[0]) + 1 if row is not None else 1
        with self._writes.whole(due.site):
            self._db.execute(
                "INSERT INTO sites (site, url, visit, open) VALUES (?, ?, ?, 1) ON CONFLICT (site)"
                " DO UPDATE SET url = excluded.url, visit = excluded.visit, open = 1, tries = 0, not_before = 0",
                (due.site, due.url, visit),
            )
            self._forget_plans(due.site)
        return Progress(visit=visit)

    def save(
        self, site: str, visit: int, fetch: Fetch, page: Page | None = None, found: Sequence[Candidate] = ()
    ) -> None:
        """Write one request with the page and the further candidates that it brought."""
        if page is None and not found:
            self._writes.begin(site)
            self._save_fetch(site, visit, fetch)
            return
        with self._writes.whole(site):
            self._save_fetch(site, visit, fetch)
            if page is not None:
                self._save_page(site, visit, page)
            self._save_candidates(site, found)

    def _save_fetch(self, site: str, visit: int, fetch: Fetch) -> None:
        self._db.execute(
            "INSERT INTO fetches (site, visit, url, kind, reason, status, detail, bytes, seconds, fetched_at, tries)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, (SELECT tries FROM sites WHERE site = ?1))",
            (site, visit, *_values(fetch)),
        )

    def _save_candidates(self, site: str, found: Sequence[Candidate]) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO candidates VALUES (?, ?, ?, ?, ?)",
            [(site, *_values(candidate)) for candidate in found[:_CANDIDATES_KEPT]],
        )

    def _save_page(self, site: str, visit: int, page: Page) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO pages (site, visit, url, kind, title, description, language, text,"
            " headings, etag, modified, reader) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (site, visit, *_page_values(page)),
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO organisations VALUES (?, ?, ?, ?)",
            [(site, visit, page.url, msgspec.json.encode(organisation)) for organisation in page.organisations],
        )

    def save_rules(self, site: str, visit: int, rules: Mapping[str, bytes], fetch: Fetch | None) -> None:
        """Write a request and what it says of origins; it is kept until the visit ends, so that each is asked once."""
        with self._writes.whole(site):
            if fetch is not None:
                self._save_fetch(site, visit, fetch)
            values = [(site, origin, body) for origin, body in rules.items()]
            self._db.executemany("INSERT OR REPLACE INTO rules VALUES (?, ?, ?)", values)

    def reserve(self, site: str, entry: Reservation, at: int) -> None:
        """Write an entry into the ledger of reservations, or that it still holds; `at` in microseconds since 1970."""
        self._writes.begin(site)
        self._db.execute(
            "INSERT INTO reservations VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (site, url, source, rule)"
            " DO UPDATE SET effect = excluded.effect, last_seen = excluded.last_seen",
            (site, *_values(entry), at),
        )

    def earlier(self, site: str, visit: int, reader: str) -> Mapping[str, Validators]:
        """Return by URL what the server calls the pages that an earlier visit kept, as far as they were read alike."""
        query = (
            "SELECT p.url, p.etag, p.modified FROM pages p JOIN sites s USING (site)"
            " WHERE site = ? AND p.visit = s.shown AND p.visit < ? AND p.reader = ?"
            " AND (p.etag != '' OR p.modified != '') ORDER BY p.rowid"
        )
        return {url: Validators(*state) for url, *state in self._db.execute(query, (site, visit, reader))}

    def kept_before(self, site: str, visit: int) -> list[Kept]:
        """Return the pages that the visit before this one kept, in its order."""
        row = self._db.execute("SELECT shown FROM sites WHERE site = ?", (site,)).fetchone()
        return self.kept(site, int(row[0])) if row is not None and row[0] != visit else []

    def repeat(self, site: str, visit: int, fetch: Fetch, found: Sequence[Candidate] = ()) -> tuple[str, str | None]:
        """Write that a page is unchanged and stands for this visit too, and return its text and language."""
        values = (site, visit, fetch.url)
        with self._writes.whole(site):
            self._save_fetch(site, visit, fetch)
            self._save_candidates(site, found)
            for table, columns in _REPEATED.items():
                self._db.execute(
                    f"INSERT OR REPLACE INTO {table} (site, visit, {columns}) SELECT site, ?2, {columns} FROM {table}"  # noqa: S608 - own text
                    " WHERE site = ?1 AND url = ?3 AND visit = (SELECT shown FROM sites WHERE site = ?1)",
                    values,
                )
        query = "SELECT text, language FROM pages WHERE site = ?1 AND visit = ?2 AND url = ?3"
        text, language = self._db.execute(query, values).fetchone()
        return str(text), language

    def recorded_only(self, site: str) -> bool:
        """Say whether pages of the site are kept although a reservation was noted for them."""
        query = "SELECT 1 FROM reservations WHERE site = ? AND effect = 'recorded' LIMIT 1"
        return self._db.execute(query, (site,)).fetchone() is not None

    def attempts(self, site: str, visit: int) -> list[Attempt]:
        """Return the requests of the latest try of a visit in order."""
        query = (
            "SELECT f.kind, f.url, f.status, f.reason, f.detail FROM fetches f JOIN sites s USING (site)"
            " WHERE site = ? AND f.visit = ? AND f.tries = s.tries ORDER BY f.id"
        )
        return [Attempt(*row) for row in self._db.execute(query, (site, visit))]

    def kept(self, site: str, visit: int) -> list[Kept]:
        """Return the pages of a visit in the order in which they came."""
        query = "SELECT kind, url, language FROM pages WHERE site = ? AND visit = ? ORDER BY rowid"
        return [Kept(*row) for row in self._db.execute(query, (site, visit))]

    def finish(self, site: str, visit: int, verdict: Verdict, evidence: str, now: float) -> None:
        """Close a visit; earlier pages give way, unless this visit failed for reasons that may pass."""
        shown = visit if verdict not in TRANSIENT else None
        with self._writes.whole(site):
            self._db.execute(
                "UPDATE sites SET open = ?, verdict = ?, evidence = ?, finished = ?, shown = coalesce(?, shown)"
                " WHERE site = ?",
                (CLOSED, verdict.value, evidence, now, shown, site),
            )
            if verdict is Verdict.FOREIGN:
                self._db.execute("DELETE FROM pages WHERE site = ? AND visit = ?", (site, visit))
            self._forget_plans(site)
            self._forget_past(site, visit)

    def put_off(self, site: str, verdict: Verdict, evidence: str, until: float, now: float) -> None:
        """Let a visit wait until a time (seconds since 1970); what is known so far stands meanwhile."""
        self._writes.begin(site)
        self._db.execute(
            "UPDATE sites SET open = ?, verdict = ?, evidence = ?, not_before = ?, tries = tries + 1, finished = ?"
            " WHERE site = ?",
            (WAITING, verdict.value, evidence, until, now, site),
        )

    def avoid_until(self, site: str, until: float) -> None:
        """Do not visit a site again before a time (seconds since 1970) that it asked for."""
        self._writes.begin(site)
        self._db.execute("UPDATE sites SET not_before = ? WHERE site = ?", (until, site))

    def exclude(self, sites: Iterable[tuple[str, str]], now: float) -> None:
        """Delete everything of the sites whose owners opted out (site, evidence), and never visit them."""
        with self._writes.whole(""):
            # Who is no longer on the list is visited like a new site.
            self._db.execute("DELETE FROM sites WHERE verdict = 'opted_out' AND site IN (SELECT site FROM asked)")
            for site, evidence in sites:
                for table in ("pages", "organisations", "fetches", "candidates", "rules"):
                    self._db.execute(f"DELETE FROM {table} WHERE site = ?", (site,))  # noqa: S608 - own names
                self._db.execute(
                    "INSERT OR REPLACE INTO sites (site, url, verdict, evidence, finished)"
                    " SELECT site, url, 'opted_out', ?, ? FROM asked WHERE site = ?",
                    (evidence, now, site),
                )
        self._writes.commit()

    def standing(self) -> list[tuple[int, str | None, int]]:
        """Return how many of the sites asked for are in which state with which verdict."""
        query = (
            "SELECT coalesce(s.open, -1), s.verdict, count(*) FROM asked LEFT JOIN sites s USING (site) GROUP BY 1, 2"
        )
        return [(int(state), verdict, int(count)) for state, verdict, count in self._db.execute(query)]

    def _forget_plans(self, site: str) -> None:
        self._db.execute("DELETE FROM candidates WHERE site = ?", (site,))
        self._db.execute("DELETE FROM rules WHERE site = ?", (site,))

    def _forget_past(self, site: str, visit: int) -> None:
        if visit == 1:
            return
        self._db.execute("DELETE FROM fetches WHERE site = ? AND visit < ?", (site, visit))
        for table in ("pages", "organisations"):
            self._db.execute(
                f"DELETE FROM {table} WHERE site = ?1 AND visit != (SELECT shown FROM sites WHERE site = ?1)",  # noqa: S608 - own names
                (site,),
            )

    def _progress(self, site: str, visit: int, tries: int) -> Progress:
        query = "SELECT kind, url, reason, seconds FROM fetches WHERE site = ? AND visit = ? ORDER BY id"
        asked = [row for row in self._db.execute(query, (site, visit)) if not passing(row[2])]
        urls = {url for _, url, _, _ in asked}
        texts = self._db.execute("SELECT text FROM pages WHERE site = ? AND visit = ?", (site, visit))
        # Where a redirect leads comes last and so counts, if it is another spelling of an address that is known.
        query = "SELECT url, kind, score, why FROM candidates WHERE site = ? ORDER BY score"
        known = [Candidate(*row) for row in self._db.execute(query, (site,))]
        ahead = {page_key(each.url) for each in known if each.why == REDIRECT and each.url not in urls}
        return Progress(
            visit=visit,
            tries=tries,
            kept=self.kept(site, visit),
            texts={text for (text,) in texts},
            done={page_key(url) for kind, url, _, _ in asked if kind not in RULE_KINDS} - ahead,
            # What was noted without a request took no time.
            requests=sum(seconds > 0 and reason not in UNREACHED for _, _, reason, seconds in asked),
            sitemap_asked=any(kind == "sitemap" for kind, _, _, _ in asked),
            sitemap=next((each.url for each in known if each.kind == "sitemap" and each.url not in urls), ""),
            home=next((url for kind, url, reason, _ in asked[-1:] if kind == "home" and reason in LEADING), ""),
            last=next((url for _, url, _, _ in asked[-1:]), ""),
            candidates={page_key(each.url): each for each in known if each.kind not in RULE_KINDS},
            rules=dict(self._db.execute("SELECT origin, body FROM rules WHERE site = ?", (site,))),
        )


#: What an unchanged page brings along, by table.
_REPEATED: Final = {
    "pages": "url, kind, title, description, language, text, headings, etag, modified, reader",
    "organisations": "url, body",
}


@contextmanager
def opened(folder: Path) -> Iterator[Frontier]:
    """Open `folder`/frontier.sqlite for reading, also while another process crawls.

    Raises:
        FrontierBrokenError: the file is damaged or cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
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


def _page_values(page: Page) -> tuple[object, ...]:
    headings = msgspec.json.encode(page.headings).decode()
    return (*_values(page)[:6], headings, page.etag, page.modified, page.reader)


def _times(config: CrawlConfig, now: float, visits: Visits) -> dict[str, object]:
    refresh, retry = now - config.refresh_days * _DAY, now - config.retry_days * _DAY
    return {"now": now, "refresh": refresh, "retry": retry, "every": visits == "due"}


def _transient() -> str:
    return msgspec.json.encode(sorted(TRANSIENT)).decode()
