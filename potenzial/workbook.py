"""The first sheet of an XLSX workbook as text, read within bounds."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from potenzial.ingest.errors import EmptyError, FileError
from potenzial.ingest.table import PLACE, one_line, plain_names

_ZIP: Final = b"PK\x03\x04"
#: A packed workbook may unpack to a thousand times its size; no list that people fill in comes near this.
MAX_UNPACKED_BYTES: Final = 300_000_000
MAX_CELLS: Final = 20_000_000
_MAX_CELL: Final = 2_000

Cell = int | float | str | bool | time | date | datetime | timedelta


@dataclass(frozen=True, eq=False)
class Sheet:
    """Rows under the first one that holds anything, as text.

    `frame` has `line` (row of the sheet), `lines` and one column a position; `originals` has `line` and `original`;
    `numeric` are positions whose cells are all numbers.
    """

    names: tuple[str, ...]
    frame: pl.DataFrame
    originals: pl.DataFrame
    numeric: frozenset[int]


def is_workbook(path: Path) -> bool:
    """Tell a workbook from a text file by its first bytes."""
    with path.open("rb") as file:
        return file.read(len(_ZIP)) == _ZIP


def read_sheet(path: Path) -> Sheet:
    """Read the first sheet.

    Raises:
        FileError: this is no workbook, it is damaged, or it would unpack to too much.
        EmptyError: the sheet is empty.
    """
    rows = [(line, row) for line, row in enumerate(_rows(path), 1) if any(map(_text, row))]
    if not rows:
        raise EmptyError(f"{path}: the first sheet is empty. Put column names in its first row.")
    names = tuple(plain_names([_text(cell) or "" for cell in rows[0][1]]))
    return _sheet(names, rows[1:])


def _sheet(names: tuple[str, ...], rows: Sequence[tuple[int, Sequence[Cell]]]) -> Sheet:
    lines = pl.Series("line", [line for line, _ in rows], PLACE["line"])
    texts = [[_text(row[place]) if place < len(row) else None for _, row in rows] for place in range(len(names))]
    columns = [pl.Series(str(place), cells, pl.String) for place, cells in enumerate(texts)]
    raw = pl.DataFrame([lines, pl.Series("lines", [1] * len(rows), PLACE["lines"]), *columns])
    frame = raw.with_columns(one_line(pl.exclude(*PLACE), ""))
    joined = [";".join(_text(cell) or "" for cell in row)[:_MAX_CELL] for _, row in rows]
    originals = pl.DataFrame([lines, pl.Series("original", joined, pl.String)])
    numeric = frozenset(
        place for place in range(len(names)) if _are_numbers([row[place : place + 1] for _, row in rows])
    )
    return Sheet(names, frame, originals, numeric)


def _rows(path: Path) -> list[list[Cell]]:
    from python_calamine import CalamineError, CalamineWorkbook

    _refuse_bomb(path)
    try:
        with CalamineWorkbook.from_path(str(path)) as opened:
            sheet = opened.get_sheet_by_index(0)
            _refuse_vast(path, sheet.total_height * sheet.total_width)
            return sheet.to_python(skip_empty_area=False)
    except (CalamineError, IndexError, ValueError) as error:
        raise FileError(
            f"{path}: cannot be read as an Excel workbook ({error}). Save it again as XLSX or CSV."
        ) from error


def _refuse_bomb(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile as error:
        raise FileError(f"{path}: this workbook is damaged. Save it again.") from error
    if size > MAX_UNPACKED_BYTES:
        raise FileError(f"{path}: unpacks to {size:,} bytes, more than a list that people fill in. Save it as CSV.")


def _refuse_vast(path: Path, cells: int) -> None:
    """A single cell in the last row and column makes a sheet of 17 billion cells."""
    if cells > MAX_CELLS:
        raise FileError(
            f"{path}: the first sheet spans {cells:,} cells. Delete what stands far off, or save it as CSV."
        )


def _are_numbers(cells: Sequence[Sequence[Cell]]) -> bool:
    filled = [cell[0] for cell in cells if cell and _text(cell[0]) is not None]
    return bool(filled) and all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in filled)


def _text(cell: Cell) -> str | None:
    """A cell as text; whole numbers without a point, days without a time."""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip() or None
