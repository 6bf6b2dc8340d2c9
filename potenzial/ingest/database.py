"""A query of a database as an address stock: SQLite by Python's own driver, PostgreSQL by ADBC where it is installed.

Passwords stand in environment variables, which the address names as `${NAME}`; no message shows what they hold.
"""

import os
import re
import sqlite3
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import polars as pl

from potenzial.ingest import postgres
from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import EmptyError, FileError
from potenzial.ingest.parquet import as_text
from potenzial.ingest.table import PLACE, Answer, Grid, plain_names

_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SQLITE: Final = "sqlite:///"
_POSTGRES: Final = ("postgresql://", "postgres://")
#: More customers than any stock has; a query that joins too much ends there.
MAX_ROWS: Final = 5_000_000


def read_grid(config: InputConfig) -> Grid:
    """Ask the database.

    Raises:
        FileError: the address or the query is missing or wrong, or the database cannot be asked.
        EmptyError: the query gives no row.
    """
    if not config.query.strip():
        raise FileError('database in [input] needs a query beside it, for example query = "select * from customers".')
    answer = _asked(config)
    frame = answer.frame
    if frame.is_empty():
        raise EmptyError(f"{shown(config.database)}: the query gives no row. Mend query in [input].")
    texts = frame.select(as_text(place, kind) for place, kind in frame.schema.items())
    lines = pl.Series("line", range(1, frame.height + 1), PLACE["line"])
    placed = texts.select(lines, pl.lit(1, PLACE["lines"]).alias("lines"), pl.all())
    return Grid(answer.names, placed, answer.numeric, "database")


def shown(address: str) -> str:
    """Give an address as messages may show it: the file of SQLite, of others the kind of database alone."""
    if address.startswith(_SQLITE):
        return address
    kind, mark, _ = address.partition("://")
    return f"{kind}://…" if mark and kind.isalnum() else "database in [input]"


def sqlite_path(address: str) -> Path | None:
    """Give the file of an SQLite address such as "sqlite:///customers.db", None for other databases."""
    return Path(address.removeprefix(_SQLITE)) if address.startswith(_SQLITE) else None


def _asked(config: InputConfig) -> Answer:
    path = sqlite_path(config.database)
    if path:
        return _of_sqlite(path, config)
    if config.database.startswith(_POSTGRES):
        return _of_postgres(config)
    raise FileError(
        f"{shown(config.database)}: unknown kind of database. Set database in [input] to sqlite:///customers.db or "
        "postgresql://user:${PASSWORD}@host/name."
    )


def _of_sqlite(path: Path, config: InputConfig) -> Answer:
    if not path.is_file():
        raise FileError(f"{path}: there is no such database. Set database in [input] to sqlite:/// and its path.")
    try:
        # Read only, whatever the query says.
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return _bounded(config, connection)
    except sqlite3.Error as error:
        raise FileError(f"{path}: the database refused the query ({error}). Mend query in [input].") from error


def _bounded(config: InputConfig, connection: sqlite3.Connection) -> Answer:
    cursor = connection.execute(config.query)
    if cursor.description is None:
        raise FileError(f"{shown(config.database)}: the query gives no table. It has to be a select.")
    rows = cursor.fetchmany(MAX_ROWS + 1)
    _refuse_more(config, len(rows))
    columns = zip(*rows, strict=True) if rows else [()] * len(cursor.description)
    # SQLite has types by cell: a column of numbers and texts is one of texts.
    series = [_column(str(place), list(cells)) for place, cells in enumerate(columns)]
    names = plain_names([str(column[0]) for column in cursor.description])
    numeric = frozenset(place for place, column in enumerate(series) if column.dtype.is_numeric())
    return Answer(tuple(names), pl.DataFrame(series), numeric)


def _refuse_more(config: InputConfig, rows: int) -> None:
    if rows > MAX_ROWS:
        raise FileError(f"{shown(config.database)}: the query gives more than {MAX_ROWS:,} rows. Narrow it.")


def _column(name: str, cells: list[object]) -> pl.Series:
    known = [cell for cell in cells if cell is not None]
    if known and all(isinstance(cell, int | float) for cell in known):
        whole = all(isinstance(cell, int) for cell in known)
        return pl.Series(name, cells, dtype=pl.Int64 if whole else pl.Float64, strict=False)
    texts = [None if cell is None else "(not text)" if isinstance(cell, bytes) else str(cell) for cell in cells]
    return pl.Series(name, texts, dtype=pl.String)


def _of_postgres(config: InputConfig) -> Answer:
    if not all(map(find_spec, ("adbc_driver_postgresql", "pyarrow"))):
        raise FileError(
            "PostgreSQL needs a driver that is not installed. Install it with: pip install 'potenzial[postgres]'."
        )
    address = filled(config.database)
    try:
        answer = postgres.read(config.query, address, MAX_ROWS)
    except postgres.PostgresError as error:
        raise FileError(f"{shown(config.database)}: {error}") from None
    _refuse_more(config, answer.frame.height)
    return answer


def filled(address: str) -> str:
    """Put the values of environment variables into an address.

    Raises:
        FileError: one is not set.
    """
    from urllib.parse import quote

    missing = [name for name in _VARIABLE.findall(address) if name not in os.environ]
    if missing:
        raise FileError(f"database in [input] names {', '.join(missing)}, but no environment variable is called so.")
    return _VARIABLE.sub(lambda found: quote(os.environ[found[1]], safe=""), address)
