"""The tables of the frontier's file, and how files of earlier versions are brought up to date."""

import sqlite3
import zlib
from typing import Final

from crawler.troubles import passing

#: States of a site's visit.
CLOSED, OPEN, WAITING = 0, 1, 2

_TABLES: Final = """
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
#: What each later version of the file added; `PRAGMA user_version` counts them.
_ADDED: Final = (
    """
    ALTER TABLE sites ADD COLUMN not_before REAL NOT NULL DEFAULT 0;
    ALTER TABLE sites ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE fetches ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE pages ADD COLUMN headings TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE pages ADD COLUMN etag TEXT NOT NULL DEFAULT '';
    ALTER TABLE pages ADD COLUMN modified TEXT NOT NULL DEFAULT '';
    ALTER TABLE pages ADD COLUMN reader TEXT NOT NULL DEFAULT '';
    CREATE TABLE organisations (
        site TEXT NOT NULL, visit INTEGER NOT NULL, url TEXT NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (site, visit, url, body)
    ) WITHOUT ROWID;
    CREATE TABLE rules (
        site TEXT NOT NULL, origin TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (site, origin)
    ) WITHOUT ROWID;
    CREATE TABLE reservations (
        site TEXT NOT NULL, url TEXT NOT NULL, source TEXT NOT NULL, rule TEXT NOT NULL, effect TEXT NOT NULL,
        first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, PRIMARY KEY (site, url, source, rule)
    ) WITHOUT ROWID;
    """,
)
_ASKED: Final = """
    CREATE TEMP TABLE asked (site TEXT PRIMARY KEY, url TEXT NOT NULL, place INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX temp.asked_place ON asked (place, site);
"""


def prepare(db: sqlite3.Connection) -> None:
    """Make the tables that are missing and bring older ones up to date.

    Raises:
        sqlite3.Error: the file is damaged, cannot be written, or was made by a later version of the program.
    """
    db.execute("PRAGMA journal_mode = WAL")
    # WAL with NORMAL: a killed process loses nothing, and a power cut loses the last moments but no consistency.
    db.execute("PRAGMA synchronous = NORMAL")
    # A crawl folds the log in by a thread (`Frontier.checkpoint`); the last connection does so when it is closed.
    db.execute("PRAGMA wal_autocheckpoint = 0")
    db.create_function("crc", 1, _place, deterministic=True)
    db.create_function("passing", 1, passing, deterministic=True)
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > len(_ADDED):
        raise sqlite3.DatabaseError("it was made by a later version of this program")
    if version < len(_ADDED):
        _bring_up_to_date(db, version)
    db.executescript(_ASKED)


def _bring_up_to_date(db: sqlite3.Connection, version: int) -> None:
    steps = "".join(_ADDED[version:])
    # One transaction: a process killed in between leaves the file as it was.
    db.executescript(f"BEGIN IMMEDIATE; {_TABLES} {steps} PRAGMA user_version = {len(_ADDED)}; COMMIT;")


def _place(site: str) -> int:
    return zlib.crc32(site.encode())
