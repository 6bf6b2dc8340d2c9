"""A file of rows as text columns under our names, whatever it was written in."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from potenzial.ingest.columns import Match, Proposal, is_ours, match_columns, propose, require
from potenzial.ingest.config import InputConfig
from potenzial.ingest.dialect import Dialect

EXAMPLES = 3
#: Rows of the start of a file from whose values columns are proposed.
PEEK_ROWS = 200
#: Rows of a chunk that are looked through for examples.
_EXAMPLE_ROWS = 1_000
#: Where a row stands: its first line (row number in Parquet), and how many lines it spans.
PLACE = {"line": pl.Int64, "lines": pl.Int64}
#: Characters that steer terminals and end lines.
_MAX_ORIGINAL_CHARS = 2_000
_CONTROL = r"[\x00-\x1f\x7f-\x9f]+"
#: Cells of a ruled line; one sign alone stands for a missing value.
_RULE = "^[-=_+]{3,}$"
#: Invisible characters that turn the direction of reading, so that a name shows as another one.
_BIDI = "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"


@dataclass(frozen=True, eq=False)
class Grid:
    """A table that was read as a whole, from a workbook or a database.

    `frame` has `line`, `lines` and one column of text a position; `numeric` are positions that hold numbers alone;
    `notes` say what had to be decided on reading.
    """

    names: tuple[str, ...]
    frame: pl.DataFrame
    numeric: frozenset[int]
    format: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Answer:
    """What a database answers: names of columns, `frame` with columns named by position, positions of numbers."""

    names: tuple[str, ...]
    frame: pl.DataFrame
    numeric: frozenset[int]


@dataclass(frozen=True)
class Header:
    """Column names of a file, which of them are ours, and what is proposed for the others of ours.

    `dialect` says how a CSV file is written, `grid` holds what was read as a whole; a Parquet file has neither.
    """

    source: str
    names: tuple[str, ...]
    matches: tuple[Match, ...]
    proposals: tuple[Proposal, ...]
    dialect: Dialect | None = None
    grid: Grid | None = None

    def required(self) -> tuple[Match, ...]:
        """Give the matches of a file that has all required columns.

        Raises:
            ColumnsError: customer ids or names are missing.
        """
        require(self.matches, self.names, self.proposals, self.source)
        return self.matches

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be decided on reading."""
        return (self.grid.notes if self.grid else ()) + (self.dialect.notes if self.dialect else ())


@dataclass
class Tally:
    """What a column of the file holds: how many values, and the first distinct ones."""

    header: str
    filled: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, values: pl.Series) -> None:
        """Count the values of one chunk."""
        known = values.drop_nulls()
        self.filled += known.len()
        if len(self.examples) < EXAMPLES:
            plain = known.head(_EXAMPLE_ROWS).str.replace_all(_BIDI, "").str.replace_all(_CONTROL, " ")
            distinct = plain.unique(maintain_order=True).head(2 * EXAMPLES).to_list()
            fresh = [value for value in distinct if value not in self.examples]
            self.examples += fresh[: EXAMPLES - len(self.examples)]


@dataclass(frozen=True)
class Table:
    """Rows as text under our names, each with `line` and `lines`; rows that do not fit the header stand apart.

    `ragged` has `line`, `lines` and `reason`; `numeric` names our columns whose values were numbers in the file;
    `repeated` counts lines that hold the header once more.
    """

    frame: pl.DataFrame
    ragged: pl.DataFrame
    tallies: tuple[Tally, ...]
    blank: int
    numeric: frozenset[str] = frozenset()
    repeated: int = 0

    @property
    def rows(self) -> int:
        """All rows of the file that hold anything."""
        return self.frame.height + self.ragged.height


def header_of(
    source: str, names: Sequence[str], peek: pl.DataFrame, config: InputConfig, dialect: Dialect | None = None
) -> Header:
    """Match column names with ours; `peek` holds the first rows, one column a position.

    Raises:
        ColumnsError: header and mapping do not fit.
    """
    matches = match_columns(names, config, source)
    examples = {place: peek.to_series(place).drop_nulls().to_list() for place in range(peek.width)}
    return Header(source, tuple(names), matches, propose(names, matches, examples, config.columns), dialect)


def plain_names(headers: Iterable[str]) -> list[str]:
    """Give column names on one line, without characters that steer terminals or the direction of reading.

    A name that stands there a second time becomes "Ort (2)".
    """
    names = [" ".join(re.sub(_CONTROL, " ", re.sub(_BIDI, "", header)).split()) for header in headers]
    return [_numbered(name, names[:place]) for place, name in enumerate(names)]


def _numbered(name: str, before: Sequence[str]) -> str:
    """Tell the second "Telefon" from the first; of our own names the caller has to know that they stand twice."""
    count = sum(one.casefold() == name.casefold() for one in before)
    return f"{name} ({count + 1})" if name and count and not is_ours(name.casefold()) else name


def add_up(chunk: pl.DataFrame, tallies: Sequence[Tally], matches: Sequence[Match]) -> tuple[pl.DataFrame, int, int]:
    """Count a chunk of text columns named by their positions.

    Gives its matched ones, the number of rows that are blank or ruled lines, and that of rows that repeat the header.
    """
    values = pl.exclude(*PLACE)
    tidy = chunk.with_columns(values.str.strip_chars())
    tidy = tidy.with_columns(pl.when(values != "").then(values))
    full = tidy.filter(~pl.all_horizontal(values.is_null() | values.str.contains(_RULE)))
    names = [pl.col(str(place)) == tally.header for place, tally in enumerate(tallies)]
    # Lists printed page by page repeat their header.
    kept = full.filter(~pl.all_horizontal(name.fill_null(value=True) for name in names))
    for place, tally in enumerate(tallies):
        tally.add(kept[str(place)])
    ours = [_filled(match) for match in matches]
    return kept.select(*PLACE, *ours), tidy.height - full.height, full.height - kept.height


def _filled(match: Match) -> pl.Expr:
    """The values of one of our columns: of the first of its columns that is filled, or of all in a row."""
    parts = [one_line(pl.col(str(place)), match.ours) for place in (match.position, *match.more)]
    if match.joined:
        complete = pl.all_horizontal(part.is_not_null() for part in parts)
        return pl.when(complete).then(pl.concat_str(parts, separator=" ")).alias(match.ours)
    return pl.coalesce(parts).alias(match.ours)


def grid_table(grid: Grid, matches: Sequence[Match]) -> Table:
    """Give the rows of a grid under our names."""
    tallies = tuple(Tally(name) for name in grid.names)
    frame, blank, repeated = add_up(grid.frame, tallies, matches)
    numeric = frozenset(match.ours for match in matches if match.position in grid.numeric and not match.more)
    return Table(frame, pl.DataFrame(schema=PLACE | {"reason": pl.String}), tallies, blank, numeric, repeated)


def grid_originals(grid: Grid, places: pl.DataFrame) -> pl.DataFrame:
    """Give rows with their cells joined: `line` and `original` for places with `line`."""
    rows = grid.frame.join(places.select("line").unique(), on="line", how="semi")
    joined = pl.concat_str(pl.exclude(*PLACE).fill_null(""), separator=";")
    return rows.select("line", original=joined.str.slice(0, _MAX_ORIGINAL_CHARS))


def one_line(values: pl.Expr, ours: str) -> pl.Expr:
    """Take out what steers terminals or the direction of reading; texts keep their line ends. Empty becomes null."""
    seen = values.str.replace_all(_BIDI, "")
    if ours == "text":
        clean = seen.str.replace_all("\r\n?", "\n").str.replace_all(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]+", " ")
    else:
        clean = seen.str.replace_all(_CONTROL, " ")
    bare = clean.str.strip_chars()
    return pl.when(bare != "").then(bare)


def empty(matches: Sequence[Match]) -> pl.DataFrame:
    """Give a table without rows for these columns."""
    return pl.DataFrame(schema=PLACE | {match.ours: pl.String for match in matches})


def header_of_grid(source: str, grid: Grid, config: InputConfig) -> Header:
    """Match the names of a grid with ours.

    Raises:
        ColumnsError: header and mapping do not fit.
    """
    peek = grid.frame.head(PEEK_ROWS).drop(*PLACE).with_columns(pl.all().str.strip_chars().replace("", None))
    return replace(header_of(source, grid.names, peek, config), grid=grid)
