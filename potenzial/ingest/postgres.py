"""Rows of a PostgreSQL query, read over ADBC within one transaction that may not write."""

from typing import TYPE_CHECKING, Final

import polars as pl

from potenzial.ingest.table import Answer, plain_names

if TYPE_CHECKING:
    import pyarrow as pa
    from adbc_driver_postgresql.dbapi import Cursor

#: Codes of SQL errors (https://www.postgresql.org/docs/current/errcodes-appendix.html) in words of what to do. The
#: server's own words are shown nowhere, since they may hold the query and the address with its password.
_TROUBLES: Final = {
    "25006": "the query would write, and only reading is allowed; it has to be a select",
    "42501": "the user may not read a table that the query names",
    "42601": "the query is not valid SQL, or more than one statement",
    "42703": "the query names a column that does not exist",
    "42P01": "the query names a table that does not exist",
}
_NOT_TEXT: Final = "(not text)"


class PostgresError(Exception):
    """The database cannot be asked; the message says why without address and password."""


def read(query: str, address: str, max_rows: int) -> Answer:
    """Read a query, `max_rows` rows and some more at most.

    Exact numbers come as text, as PostgreSQL writes them; intervals, lists, bytes and the like as "(not text)".

    Raises:
        PostgresError: the server cannot be reached, refuses the user or the query, or a column is of type money.
    """
    from adbc_driver_postgresql.dbapi import Error, connect

    try:
        with connect(address) as connection, connection.cursor() as cursor:
            # Holds for the transaction that the driver has opened, whatever the query says.
            cursor.execute("set transaction read only")
            cursor.execute(query)
            table = _fetched(cursor, max_rows)
    except Error as error:
        # Without its cause, which would show the password in a traceback.
        raise PostgresError(_reason(error.sqlstate)) from None
    return _answer(table)


def _reason(state: str | None) -> str:
    if state is None:
        return "cannot be reached, or refuses the user. Check host, port, name, user and password of the address."
    return f"{_TROUBLES.get(state, 'the query failed')} (SQLSTATE {state}). Mend query in [input]."


def _fetched(cursor: "Cursor", max_rows: int) -> "pa.Table":
    import pyarrow as pa

    reader, rows = cursor.fetch_record_batch(), 0
    batches: list[pa.RecordBatch] = []
    while rows <= max_rows and (batch := next(reader, None)) is not None:
        batches.append(batch)
        rows += batch.num_rows
    return pa.Table.from_batches(batches, reader.schema)


def _answer(table: "pa.Table") -> Answer:
    fields = enumerate(zip(table.columns, table.schema, strict=True))
    columns = [_series(str(place), cells, field) for place, (cells, field) in fields]
    numbers = {place for place, field in enumerate(table.schema) if _kind(field) == "numeric"}
    numbers |= {place for place, column in enumerate(columns) if column.dtype.is_numeric()}
    return Answer(tuple(plain_names(table.column_names)), pl.DataFrame(columns), frozenset(numbers))


def _kind(field: "pa.Field") -> str:
    """Name the type of a column as PostgreSQL does."""
    return str((field.metadata or {}).get(b"POSTGRESQL:type", b""), "utf-8")


def _series(place: str, cells: "pa.ChunkedArray", field: "pa.Field") -> pl.Series:
    import pyarrow as pa

    kind = _kind(field)
    if kind == "money":
        # It comes as a whole number of its smallest unit, and only the server knows how many of these make one.
        [name] = plain_names([field.name])
        raise PostgresError(f"column {name!r} is of type money. Write it as {name}::numeric in query in [input].")
    if kind == "uuid":
        return pl.Series(place, [None if cell is None else str(cell) for cell in cells.to_pylist()], pl.String)
    plain = pa.chunked_array([_stored(chunk) for chunk in cells.chunks], _storage(cells.type))
    if _is_plain(plain.type):
        return pl.Series(place, pl.from_arrow(plain))
    return pl.Series(place, [_NOT_TEXT if cell.is_valid else None for cell in cells], pl.String)


def _is_plain(kind: "pa.DataType") -> bool:
    """Tell texts, numbers, days, times and truths from intervals, lists and bytes."""
    from pyarrow import types

    return bool(types.is_string(kind) or (types.is_primitive(kind) and not types.is_interval(kind)))


def _storage(kind: "pa.DataType") -> "pa.DataType":
    import pyarrow as pa

    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def _stored(chunk: "pa.Array") -> "pa.Array":
    import pyarrow as pa

    return chunk.storage if isinstance(chunk, pa.ExtensionArray) else chunk
