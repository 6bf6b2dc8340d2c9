"""The tables of a project: which stage leaves each, which columns it has, and how it is read."""

from collections.abc import Mapping

import polars as pl

from crawler.schema import FETCHES, ORGANISATIONS, PAGES, RESERVATIONS, VERDICTS
from embeddings.schema import CHUNKS, CLUSTERS, KEYWORDS, MAP, NEIGHBOURS, SEARCH
from potenzial import artifact
from potenzial.artifact import Record
from potenzial.errors import StageError
from potenzial.ingest.schema import REJECTS
from potenzial.owners import OWNERS
from potenzial.project import TABLES, Project
from scoring.schema import CUSTOMERS, FIGURES, GUARDS, INFERRED, POTENTIAL, RATED, SUMS

#: Columns of each table, checked when it is written and when it is read; vectors have as many as their model gives.
SCHEMAS: Mapping[str, pl.Schema] = {
    "customers": CUSTOMERS,
    "rejects": REJECTS,
    "pages": PAGES,
    "fetches": FETCHES,
    "verdicts": VERDICTS,
    "organisations": ORGANISATIONS,
    "reservations": RESERVATIONS,
    "owners": OWNERS,
    "chunks": CHUNKS,
    "keywords": KEYWORDS,
    "neighbours": NEIGHBOURS,
    "neighbour_search": SEARCH,
    "inferred": INFERRED,
    "rated": RATED,
    "figures": FIGURES,
    "guards": GUARDS,
    "potential": POTENTIAL,
    "sums": SUMS,
    "map": MAP,
    "clusters": CLUSTERS,
}


def producer(table: str) -> str:
    """The stage that leaves a table."""
    return next(name for name, tables in TABLES.items() if table in tables)


def record_of(project: Project, table: str) -> Record:
    """The record of the stage that left a table.

    Raises:
        StageError: the stage has not run, or its files were changed since.
    """
    stage = producer(table)
    known = artifact.record(project.stage(stage))
    if known is None:
        raise StageError(
            f"{project.folder}: the stage `{stage}` has not run yet, or its file is gone or damaged. "
            "Run `potenzial run` first."
        )
    return known


def read(project: Project, table: str) -> pl.DataFrame:
    """Read a table of a project.

    Raises:
        StageError: its stage has not run.
        ArtifactError: the file is damaged.
    """
    record_of(project, table)
    return artifact.read(project.stage(producer(table)).files[table], SCHEMAS.get(table))


def former(project: Project, table: str) -> pl.DataFrame | None:
    """Read a table as an earlier run left it, fresh or not; None if there is none.

    Raises:
        ArtifactError: the file is damaged.
    """
    path = project.stage(producer(table)).files[table]
    return artifact.read(path, SCHEMAS.get(table)) if path.is_file() else None


def matched(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Check the columns of a table that is about to be written."""
    schema = SCHEMAS.get(table)
    return frame if schema is None else frame.match_to_schema(schema)
