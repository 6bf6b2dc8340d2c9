"""The file that holds the address stock: is it there, and which reader does it need?"""

from difflib import get_close_matches
from pathlib import Path

import polars as pl

from potenzial.ingest import database, delimited, excel, parquet
from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import EmptyError, FileError
from potenzial.ingest.table import Header, Table, grid_originals, grid_table, header_of_grid

_TABLE_ENDINGS = (".csv", ".txt", ".tsv", ".parquet", ".xlsx", ".xls")
_SHOWN = 8


def read_header(path: Path, config: InputConfig) -> Header:
    """Read the column names of a CSV, Parquet or Excel file, told apart by content, and match them with ours.

    Raises:
        InputError: there is no such file, it is no table, or header and mapping do not fit.
    """
    if config.database:
        return header_of_grid(database.shown(config.database), database.read_grid(config), config)
    _refuse_absent(path)
    try:
        if excel.is_workbook(path):
            return header_of_grid(str(path), excel.read_grid(path, config), config)
        reader = parquet.read_header if parquet.is_parquet(path) else delimited.read_header
        return reader(path, config)
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror}). Check your rights on it.") from error


def read_rows(path: Path, header: Header) -> Table:
    """Read all rows under the header.

    Raises:
        EmptyError: there is none.
    """
    if header.grid:
        table = grid_table(header.grid, header.matches)
    elif header.dialect:
        table = delimited.read_rows(path, header.dialect, header.matches)
    else:
        table = parquet.read_rows(path, header.matches)
    if not table.rows:
        raise EmptyError(
            f"{path}: the file holds column names but no customer. Export the customers again; one row is enough."
        )
    return table


def originals(path: Path, header: Header, places: pl.DataFrame) -> pl.DataFrame:
    """Read rows as they stand in the file: `line` and `original` for places with `line` and `lines`."""
    if places.is_empty():
        return pl.DataFrame(schema={"line": pl.Int64, "original": pl.String})
    if header.grid:
        return grid_originals(header.grid, places)
    return delimited.originals(path, header.dialect, places) if header.dialect else parquet.originals(path, places)


def _refuse_absent(path: Path) -> None:
    if path.is_dir():
        raise FileError(
            f"{path}: this is a folder, not a file.{_tables_in(path)} Set customers in [input] to the file itself."
        )
    if not path.exists():
        raise FileError(
            f"{path}: there is no such file.{_near(path)} Put the address stock there, or set customers in [input]."
        )
    if not path.is_file():
        raise FileError(f"{path}: this is no regular file. Set customers in [input] to a CSV, Parquet or Excel file.")


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return f" There is no folder {path.parent} either."
    names = sorted(file.name for file in path.parent.iterdir())
    near = get_close_matches(path.name, names, 3)
    return f" Similar names there: {', '.join(near)}." if near else _tables_in(path.parent)


def _tables_in(folder: Path) -> str:
    names = sorted(file.name for file in folder.iterdir() if file.suffix.lower() in _TABLE_ENDINGS)
    return f" The folder {folder} holds: {', '.join(names[:_SHOWN])}." if names else ""
