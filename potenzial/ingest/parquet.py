"""Parquet files to tables: their types are turned into text, so that one way leads on from here."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from potenzial.ingest.columns import Match
from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import ColumnsError, FileError
from potenzial.ingest.table import PEEK_ROWS, PLACE, Header, Table, Tally, add_up, empty, header_of, plain_names

MAGIC = b"PAR1"
CHUNK_ROWS = 200_000
#: Digits kept of floating-point numbers: cents of amounts, tenths of people.
_DECIMALS = 2


def is_parquet(path: Path) -> bool:
    """Tell a Parquet file by its first bytes."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def read_header(path: Path, config: InputConfig) -> Header:
    """Read the column names of a Parquet file and match them with ours.

    Raises:
        InputError: the file is damaged, or header and mapping do not fit.
    """
    schema = _schema(path)
    names = plain_names(schema.names())
    peek = _text(path, schema, 0, PEEK_ROWS).drop(*PLACE)
    return header_of(str(path), names, peek, config)


def read_rows(path: Path, matches: Sequence[Match]) -> Table:
    """Read all rows of a Parquet file.

    Raises:
        InputError: the file is damaged, or one of our columns holds lists or the like.
    """
    schema = _schema(path)
    _refuse_nested(path, schema, matches)
    tallies = tuple(Tally(name) for name in plain_names(schema.names()))
    frames, blank = [empty(matches)], 0
    for start in range(0, _height(path), CHUNK_ROWS):
        frame, blanks, _ = add_up(_text(path, schema, start, CHUNK_ROWS), tallies, matches)
        frames.append(frame)
        blank += blanks
    numeric = frozenset(match.ours for match in matches if schema.dtypes()[match.position].is_numeric())
    ragged = pl.DataFrame(schema=PLACE | {"reason": pl.String})
    return Table(pl.concat(frames), ragged, tallies, blank, numeric)


def originals(path: Path, places: pl.DataFrame) -> pl.DataFrame:
    """Read rows as they stand in the file, their values joined: `line` and `original` for places with `line`."""
    schema = _schema(path)
    frames = [pl.DataFrame(schema={"line": pl.Int64, "original": pl.String})]
    for start in range(0, _height(path), CHUNK_ROWS):
        chunk = _text(path, schema, start, CHUNK_ROWS).join(places.select("line").unique(), on="line", how="semi")
        joined = pl.concat_str(pl.exclude(*PLACE).fill_null(""), separator=";")
        frames.append(chunk.select("line", original=joined))
    return pl.concat(frames)


def _schema(path: Path) -> pl.Schema:
    try:
        return pl.scan_parquet(path, glob=False).collect_schema()
    except PolarsError as error:
        raise _damaged(path) from error


def _height(path: Path) -> int:
    return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())


def _text(path: Path, schema: pl.Schema, start: int, count: int) -> pl.DataFrame:
    columns = [as_text(name, dtype).alias(str(place)) for place, (name, dtype) in enumerate(schema.items())]
    try:
        frame = pl.scan_parquet(path, glob=False).slice(start, count).select(columns).collect()
    except PolarsError as error:
        raise _damaged(path) from error
    line = pl.int_range(start + 1, start + 1 + pl.len(), dtype=pl.Int64)
    return frame.select(line.alias("line"), pl.lit(1, pl.Int64).alias("lines"), pl.all())


def as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    """Give a column as text: days without a time, numbers to the cent, nothing for lists and bytes."""
    column = pl.col(name)
    if dtype.is_float():
        return _float_text(column)
    if isinstance(dtype, pl.Datetime):
        return column.dt.date().cast(pl.String)
    if dtype.is_nested() or dtype in {pl.Binary, pl.Object}:
        return pl.when(column.is_not_null()).then(pl.lit("(not text)"))
    return column.cast(pl.String)


def _float_text(column: pl.Expr) -> pl.Expr:
    """Write whole numbers without a point: numbers of customers with gaps are floats in many exports."""
    number = column.cast(pl.Float64).fill_nan(None).round(_DECIMALS)
    whole = number.is_between(-(2**53), 2**53) & (number == number.floor())
    return pl.when(whole).then(number.cast(pl.Int64, strict=False).cast(pl.String)).otherwise(number.cast(pl.String))


def _refuse_nested(path: Path, schema: pl.Schema, matches: Sequence[Match]) -> None:
    for match in matches:
        dtype = schema.dtypes()[match.position]
        if dtype.is_nested() or dtype in {pl.Binary, pl.Object}:
            raise ColumnsError(
                f"{path}: column {match.header!r} ({match.ours}) holds {dtype}, not text or numbers. "
                f'Export it as text, or leave it out with {match.ours} = "" in [input.columns].'
            )


def _damaged(path: Path) -> FileError:
    return FileError(f"{path}: this Parquet file is damaged or cut off. Export it again.")
