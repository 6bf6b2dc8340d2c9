"""Where the data of a run comes from, how old it is, and what was left out."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from potenzial import artifact, tables
from potenzial.ingest.schema import ROW_REJECTED, VALUE_IGNORED
from potenzial.project import Project


@dataclass(frozen=True)
class Tally:
    """How many there are of something: `kind` says of what (a key of the report's catalogue), `name` which of them."""

    kind: str
    name: str
    count: int


@dataclass(frozen=True)
class Origins:
    """Counts by kind, and the days of the oldest and the newest page (None where none was fetched)."""

    tallies: tuple[Tally, ...]
    pages_from: date | None
    pages_until: date | None


def origins(project: Project) -> Origins:
    """Count where websites, headcounts and industries come from, and what was refused, reserved or rejected.

    Raises:
        StageError: a stage has not run.
    """
    customers, owners = tables.read(project, "customers"), tables.read(project, "owners")
    used = owners.filter("used").select("customer_id", "source")
    sited = customers.select("customer_id").join(used, on="customer_id", how="left")
    parts = [("website", sited["source"])]
    if artifact.record(project.stage("infer")):
        inferred = tables.read(project, "inferred")
        parts += [("headcount", inferred["headcount_source"]), ("industry", inferred["industry_source"])]
    counted = [tally for kind, values in parts for tally in _counted(kind, values)]
    first, last = _ages(project)
    return Origins((*counted, *_left_out(project)), first, last)


def _counted(kind: str, values: pl.Series) -> list[Tally]:
    counts = values.fill_null("none").alias("name").value_counts().sort("count", "name", descending=[True, False])
    return [Tally(kind, name, count) for name, count in counts.iter_rows()]


def _left_out(project: Project) -> list[Tally]:
    """Rejected rows, ignored values, websites on the list of opt-outs and those that reserve their texts."""
    rejects, verdicts = tables.read(project, "rejects"), tables.read(project, "verdicts")
    reserved = tables.read(project, "reservations").filter(pl.col("effect") == "obeyed")["site"].n_unique()
    effects = {"rows": ROW_REJECTED, "values": VALUE_IGNORED}
    by_effect = {name: rejects.filter(pl.col("effect") == effect) for name, effect in effects.items()}
    return [
        Tally("left_out", "rows", by_effect["rows"]["line"].n_unique()),
        Tally("left_out", "values", by_effect["values"].height),
        Tally("left_out", "opted_out", verdicts.filter(pl.col("verdict") == "opted_out").height),
        Tally("left_out", "reserved", reserved),
    ]


def _ages(project: Project) -> tuple[date | None, date | None]:
    fetched = tables.read(project, "fetches").filter(pl.col("status").is_between(200, 399))["fetched_at"]
    days = fetched.dt.date().drop_nulls()
    return (days.sort()[0], days.sort()[-1]) if len(days) else (None, None)
