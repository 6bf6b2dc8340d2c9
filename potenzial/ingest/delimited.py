"""CSV files to tables; rows that do not fit the header are kept apart with the reason."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import polars as pl

from potenzial.ingest.amounts import counted
from potenzial.ingest.columns import Match
from potenzial.ingest.config import InputConfig
from potenzial.ingest.dialect import MAX_LINE_CHARS, Dialect, detect, open_lines
from potenzial.ingest.headline import joined
from potenzial.ingest.rows import Record, Tape, fits, records
from potenzial.ingest.table import PEEK_ROWS, PLACE, Header, Table, Tally, add_up, empty, header_of, plain_names

#: Rows turned into columns at once; bounds the memory taken by Python objects.
CHUNK_ROWS = 50_000
#: Longest original of a reject; the file itself has the rest.
MAX_ORIGINAL_CHARS = 2_000


@dataclass
class _Chunk:
    rows: list[list[str]] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    ragged: list[tuple[int, int, str]] = field(default_factory=list)

    def add(self, record: Record, width: int) -> None:
        if record.fields is not None and len(record.fields) == width:
            self.rows.append(record.fields)
            self.places.append((record.line, record.lines))
        elif record.fields:
            self._add_odd(record, record.fields, width)
        elif record.fields is None:
            reason = (
                f"a field is longer than {csv.field_size_limit():,} characters, or the line than {MAX_LINE_CHARS:,}"
            )
            self.ragged.append((record.line, record.lines, reason))

    def _add_odd(self, record: Record, fields: list[str], width: int) -> None:
        if fits(fields, width):
            self.rows.append(fields[:width])
            self.places.append((record.line, record.lines))
        elif not _is_rule(fields):
            torn = " (a quotation mark is opened and not closed)" if record.torn else ""
            reason = f"{counted(len(fields), 'field')}, but the header has {width}{torn}"
            self.ragged.append((record.line, record.lines, reason))

    def frame(self, width: int) -> pl.DataFrame:
        columns = list(zip(*self.rows, strict=True)) or [()] * width
        lines, spans = zip(*self.places, strict=True) if self.places else ((), ())
        values = [pl.Series(str(place), column, dtype=pl.String) for place, column in enumerate(columns)]
        return pl.DataFrame([pl.Series("line", lines, pl.Int64), pl.Series("lines", spans, pl.Int64), *values])


def _is_rule(fields: list[str]) -> bool:
    """Tell blank lines and the ruled lines of printed lists, which are no rows."""
    return not "".join(fields).strip(" \t-=_+")


def read_header(path: Path, config: InputConfig) -> Header:
    """Read the column names of a CSV file and match them with ours.

    Raises:
        InputError: the file is no CSV table, or header and mapping do not fit.
    """
    dialect = detect(path, config)
    names, body = _opened(path, dialect)
    peek = _Chunk()
    for record in islice(body, PEEK_ROWS):
        peek.add(record, len(names))
    text = peek.frame(len(names)).drop(*PLACE)
    return header_of(str(path), names, text.with_columns(pl.all().str.strip_chars().replace("", None)), config, dialect)


def read_rows(path: Path, dialect: Dialect, matches: Sequence[Match]) -> Table:
    """Read all rows of a CSV file; memory grows with the matched columns only."""
    names, body = _opened(path, dialect)
    tallies = tuple(Tally(name) for name in names)
    frames, ragged, blank, repeated = [empty(matches)], [], 0, 0
    for chunk in _chunks(body, len(names)):
        frame, blanks, repeats = add_up(chunk.frame(len(names)), tallies, matches)
        frames.append(frame)
        ragged += chunk.ragged
        blank += blanks
        repeated += repeats
    apart = pl.DataFrame(ragged, schema=PLACE | {"reason": pl.String}, orient="row")
    return Table(pl.concat(frames), apart, tallies, blank, repeated=repeated)


def originals(path: Path, dialect: Dialect, places: pl.DataFrame) -> pl.DataFrame:
    """Read rows as they stand in the file: `line` and `original` for places with `line` and `lines`."""
    wanted = dict(places.select(*PLACE).unique().iter_rows())
    lines = enumerate(open_lines(path, dialect.encoding.codec), 1)
    found = {number: _joined(line, lines, wanted[number]) for number, line in lines if number in wanted}
    return pl.DataFrame(
        {"line": list(found), "original": list(found.values())}, schema={"line": pl.Int64, "original": pl.String}
    )


def _joined(first: str, lines: Iterator[tuple[int, str]], count: int) -> str:
    text = first + "".join(line for _, line in islice(lines, count - 1))
    return text.rstrip("\r\n")[:MAX_ORIGINAL_CHARS]


def _opened(path: Path, dialect: Dialect) -> tuple[list[str], Iterator[Record]]:
    """Read up to the end of the header; give the column names and the records after it."""
    tape = Tape(islice(open_lines(path, dialect.encoding.codec), dialect.skip, None), dialect.skip)
    head = records(tape, dialect.delimiter, None)
    rows = [record.fields or [] for record in islice(head, dialect.heads)]
    names = plain_names(joined(*rows) if len(rows) > 1 else rows[0])
    return names, records(tape, dialect.delimiter, len(names))


def _chunks(body: Iterator[Record], width: int) -> Iterator[_Chunk]:
    chunk = _Chunk()
    for record in body:
        chunk.add(record, width)
        if len(chunk.rows) == CHUNK_ROWS:
            yield chunk
            chunk = _Chunk()
    yield chunk
