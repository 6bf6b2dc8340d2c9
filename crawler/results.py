"""What the frontier holds of the sites asked for, as tables."""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Final

import msgspec
import polars as pl

from crawler.boilerplate import without_shared
from crawler.page import Organisation
from crawler.schema import FETCHES, ORGANISATIONS, PAGES, RESERVATIONS, VERDICTS

#: Rows turned into columns at a time; pages are large.
_BATCH: Final = 1_000
#: A visit that is under way shows its own pages if there are none of an earlier one.
_SHOWN: Final = "visit = CASE WHEN s.shown = 0 THEN s.visit ELSE s.shown END"
_TIMES: Final = frozenset({"fetched_at", "first_seen", "last_seen"})


def pages(db: sqlite3.Connection) -> pl.DataFrame:
    """Return the pages, without what all pages of a site share, sorted by site and url (`schema.PAGES`)."""
    rows = db.execute(
        "SELECT p.site, p.url, p.kind, p.title, p.description, p.language, p.text, p.headings FROM pages p"  # noqa: S608 - own text
        f" JOIN asked USING (site) JOIN sites s USING (site) WHERE p.{_SHOWN} ORDER BY p.site, p.rowid"
    )
    return _frame(_without_boilerplate(rows), PAGES).sort("site", "url")


def fetches(db: sqlite3.Connection) -> pl.DataFrame:
    """Return the requests of the latest visits, in order (`schema.FETCHES`)."""
    query = (
        "SELECT f.site, f.url, f.kind, f.status, f.reason, f.bytes, f.seconds, f.fetched_at FROM fetches f"
        " JOIN asked USING (site) JOIN sites s USING (site) WHERE f.visit = s.visit ORDER BY f.site, f.id"
    )
    return _frame(db.execute(query), FETCHES)


def verdicts(db: sqlite3.Connection) -> pl.DataFrame:
    """Return one row for each site, also those not visited yet (`schema.VERDICTS`)."""
    query = (
        "SELECT site, CASE WHEN s.open IS NULL OR s.open = 1 THEN 'pending' ELSE s.verdict END,"  # noqa: S608 - own text
        " CASE WHEN s.open IS NULL THEN 'not visited yet' WHEN s.open = 1 THEN 'the visit has not ended yet'"
        " WHEN s.open = 2 THEN s.evidence || '; to be tried again' ELSE s.evidence END,"
        f" (SELECT count(*) FROM pages p WHERE p.site = a.site AND p.{_SHOWN})"
        " FROM asked a LEFT JOIN sites s USING (site) ORDER BY site"
    )
    return _frame(db.execute(query), VERDICTS)


def organisations(db: sqlite3.Connection) -> pl.DataFrame:
    """Return what the sites say of the organisations behind them (`schema.ORGANISATIONS`)."""
    rows = db.execute(
        "SELECT o.site, o.url, o.body FROM organisations o JOIN asked USING (site) JOIN sites s USING (site)"  # noqa: S608 - own text
        f" WHERE o.{_SHOWN} ORDER BY o.site, o.url, o.body"
    )
    return _frame((_organisation(*row) for row in rows), ORGANISATIONS)


def reservations(db: sqlite3.Connection) -> pl.DataFrame:
    """Return the ledger of what the sites reserve (`schema.RESERVATIONS`)."""
    query = (
        "SELECT r.site, r.url, r.source, r.rule, r.effect, r.first_seen, r.last_seen FROM reservations r"
        " JOIN asked USING (site) ORDER BY r.site, r.url, r.source, r.rule"
    )
    return _frame(db.execute(query), RESERVATIONS)


def _without_boilerplate(rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    for _, group in groupby(rows, key=lambda row: row[0]):
        site = list(group)
        for row, text in zip(site, without_shared([str(row[6]) for row in site]), strict=True):
            # Whose the site is stands on its Impressum, whatever other pages say so too.
            yield (*row[:6], row[6] if row[2] == "impressum" else text, msgspec.json.decode(str(row[7])))


def _organisation(site: str, url: str, body: bytes) -> tuple[object, ...]:
    found = msgspec.json.decode(body, type=Organisation)
    values = (found.name, found.street, found.postcode, found.city, found.vat_id, found.employees, found.founded)
    return (site, url, *(None if value == "" else value for value in values))


def _frame(rows: Iterable[tuple[object, ...]], schema: pl.Schema) -> pl.DataFrame:
    parts = [pl.DataFrame(schema=schema)]
    rows = iter(rows)
    while batch := list(islice(rows, _BATCH)):
        parts.append(_typed(batch, schema))
    return pl.concat(parts)


def _typed(rows: list[tuple[object, ...]], schema: pl.Schema) -> pl.DataFrame:
    plain = {name: pl.Int64() if name in _TIMES else dtype for name, dtype in schema.items()}
    return pl.DataFrame(rows, schema=plain, orient="row").cast(schema)
