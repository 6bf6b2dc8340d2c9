"""Excel workbooks to tables of text, read within bounds.

Cells are read with calamine through fastexcel. Text stays text with its leading zeros, numbers come with a decimal
point, days as ISO dates, and cells with an error of a formula come out empty.
"""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from potenzial.ingest.columns import configured_names
from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import EmptyError, FileError
from potenzial.ingest.headline import KNOWN, SEARCHED_ROWS, Headline, familiar, find_headline, joined
from potenzial.ingest.synonyms import plain
from potenzial.ingest.table import PLACE, Grid, plain_names

if TYPE_CHECKING:
    from fastexcel import ExcelReader

#: First bytes of workbooks: zip archives since 2007, OLE files before.
MAGICS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
#: A packed workbook may unpack to a thousand times its size.
MAX_UNPACKED_BYTES: Final = 2_000_000_000
#: A cell far off makes a sheet of 17 billion cells; a million customers of 25 columns stay below.
MAX_CELLS: Final = 26_000_000
_MAX_PARTS: Final = 10_000
_BLOCK: Final = 1 << 20
_OVERLAP: Final = 400
_ROW: Final = re.compile(rb"""\brow\b[^<>]{0,200}?\br=["'](\d{1,9})["']""")
#: Only columns beyond Z are looked for: there are few, and 26 columns are no danger.
_FAR: Final = re.compile(rb"""\br=["']([A-Z]{2,3})(\d{1,9})["']""")
_FEW_COLUMNS: Final = 26
_ENOUGH: Final = 2
#: A number that could also be one of grouped thousands when it stands among texts.
_LIKE_GROUPED: Final = r"^-?[1-9][0-9]{0,2}\.[0-9]{3}$"


def is_workbook(path: Path) -> bool:
    """Tell a workbook by its first bytes."""
    with path.open("rb") as file:
        return file.read(4) in MAGICS


def read_grid(path: Path, config: InputConfig) -> Grid:
    """Read the sheet that holds the customers.

    Raises:
        FileError: this is no workbook, it is too large, or it is not clear which sheet is meant.
        EmptyError: the sheet is empty.
    """
    refuse_vast(path)
    reader = _opened(path)
    heads = {name: _head(reader, name) for name in reader.sheet_names}
    name = _chosen(path, heads, config)
    if not any(any(row) for row in heads[name]):
        raise EmptyError(f"{path}: the sheet {name!r} is empty. Put column names in its first row.")
    line = find_headline(heads[name], configured_names(config))
    return _grid(reader, name, heads[name], line, len(heads))


def refuse_vast(path: Path) -> None:
    """Refuse a workbook that would fill the memory, before anything of it is unpacked.

    Raises:
        FileError: it is damaged, or unpacks to more than `MAX_UNPACKED_BYTES` or `MAX_CELLS`.
    """
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
            size = sum(part.file_size for part in parts)
            if size > MAX_UNPACKED_BYTES or len(parts) > _MAX_PARTS:
                raise FileError(f"{path}: unpacks to {size:,} bytes, too many for a list of customers. Save it as CSV.")
            for part in parts:
                # Every part is unpacked once, as its real size may be another than it says.
                _refuse_far_cells(path, packed, part)
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, ValueError, NotImplementedError) as error:
        raise FileError(f"{path}: this workbook is damaged or locked by a password. Save it again.") from error


def _refuse_far_cells(path: Path, packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    rows, columns = 1, _FEW_COLUMNS
    for block in _blocks(packed, part):
        rows = max([rows, *(int(number) for number in _ROW.findall(block))])
        for letters, number in _FAR.findall(block):
            columns, rows = max(columns, _column(letters)), max(rows, int(number))
        if rows * columns > MAX_CELLS and columns > _FEW_COLUMNS:
            raise FileError(
                f"{path}: {part.filename} spans {rows * columns:,} cells. Delete what stands far off, or save it as "
                "CSV."
            )


def _blocks(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """Give a part unpacked piece by piece, overlapping, so that nothing is torn apart."""
    tail, left = b"", part.file_size
    with packed.open(part) as stream:
        while left > 0 and (block := stream.read(_BLOCK)):
            left -= len(block)
            yield tail + block
            tail = block[-_OVERLAP:]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _opened(path: Path) -> "ExcelReader":
    import fastexcel

    try:
        return fastexcel.read_excel(path)
    except fastexcel.FastExcelError as error:
        reason = str(error).splitlines()[0][:200]
        raise FileError(
            f"{path}: cannot be read as an Excel workbook ({reason}). Unlock it if it has a password, unpack it if it "
            "is another archive, or save it as XLSX or CSV."
        ) from error


def _head(reader: "ExcelReader", name: str) -> list[list[str | None]]:
    return [list(row) for row in _loaded(reader, name, "string", SEARCHED_ROWS).rows()]


def _loaded(reader: "ExcelReader", name: str, dtype: Literal["string", "int"], count: int | None) -> pl.DataFrame:
    """Give cells in columns named by position; with "int", those that are numbers or digits alone."""
    import fastexcel

    try:
        sheet = reader.load_sheet(name, header_row=None, skip_rows=0, n_rows=count, dtypes=dtype)
    except fastexcel.FastExcelError:
        # Sheets of charts have no rows to give.
        return pl.DataFrame()
    if not sheet.height:
        return pl.DataFrame()
    frame = sheet.to_polars()
    return frame.rename({old: str(place) for place, old in enumerate(frame.columns)})


def _chosen(path: Path, heads: dict[str, list[list[str | None]]], config: InputConfig) -> str:
    if config.sheet:
        return _named(path, list(heads), config.sheet)
    filled = [name for name, rows in heads.items() if any(any(row) for row in rows)]
    if len(filled) <= 1:
        return (filled or list(heads))[0]
    known = configured_names(config)
    likely = [name for name in filled if _like_customers(heads[name], known)]
    if len(likely) == 1:
        return likely[0]
    say = "several sheets look like lists of customers" if likely else "no sheet looks like a list of customers"
    raise FileError(
        f"{path}: {say}. Name the right one as sheet in [input], for example "
        f'sheet = "{(likely or filled)[0]}". There are: {_listed(likely or filled)}.'
    )


def _named(path: Path, names: list[str], wanted: str) -> str:
    found = next((name for name in names if name.casefold() == wanted.strip().casefold()), None)
    if found is None:
        raise FileError(f"{path}: there is no sheet {wanted!r}. There are: {_listed(names)}. Mend sheet in [input].")
    return found


def _like_customers(rows: list[list[str | None]], known: tuple[str, ...]) -> bool:
    return any(familiar(row, KNOWN | {plain(name) for name in known}) >= _ENOUGH for row in rows)


def _grid(reader: "ExcelReader", name: str, head: list[list[str | None]], line: Headline, sheets: int) -> Grid:
    texts = _loaded(reader, name, "string", None)
    numbers = _loaded(reader, name, "int", None)
    top = [cell or "" for cell in head[line.row]]
    names = joined(top, head[line.row + 1]) if line.rows > 1 else top
    start = line.row + line.rows
    frame = texts.select(_cell(place, numbers.to_series(place)) for place in range(texts.width))
    lines = pl.Series("line", range(1, frame.height + 1), PLACE["line"])
    placed = frame.select(lines, pl.lit(1, PLACE["lines"]).alias("lines"), pl.all()).slice(start)
    return Grid(
        tuple(plain_names(names)), placed, _numeric(placed, numbers.slice(start)), "XLSX", _notes(name, line, sheets)
    )


def _cell(place: int, whole: pl.Series) -> pl.Expr:
    """Take midnight from days, and write numbers so that they are not taken for grouped thousands among texts."""
    text = pl.col(str(place)).str.strip_suffix(" 00:00:00")
    return pl.when(whole.is_not_null() & text.str.contains(_LIKE_GROUPED)).then(text + "0").otherwise(text)


def _numeric(texts: pl.DataFrame, numbers: pl.DataFrame) -> frozenset[int]:
    """Positions of columns that hold numbers alone."""
    return frozenset(
        place
        for place in range(numbers.width)
        if texts[str(place)].count() and texts[str(place)].count() == numbers.to_series(place).count()
    )


def _notes(name: str, line: Headline, sheets: int) -> tuple[str, ...]:
    several = f"The workbook has {sheets} sheets; {name!r} is read." if sheets > 1 else ""
    return tuple(note for note in (several, line.note("row")) if note)


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name[:60]) for name in names[:20])
