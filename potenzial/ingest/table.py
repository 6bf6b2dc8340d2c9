"""A file of rows as text columns under our names, whatever it was written in."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import polars as pl

from potenzial.ingest.columns import Match, Proposal, match_columns, propose, require
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
_CONTROL = r"[\x00-\x1f\x7f-\x9f]+"
#: Invisible characters that turn the direction of reading, so that a name shows as another one.
_BIDI = "[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"


@dataclass(frozen=True)
class Header:
    """Column names of a file, which of them are ours, and what is proposed for the others of ours.

    `dialect` says how a CSV file is written; a Parquet file has none.
    """

    source: str
    names: tuple[str, ...]
    matches: tuple[Match, ...]
    proposals: tuple[Proposal, ...]
    dialect: Dialect | None = None

    def required(self) -> tuple[Match, ...]:
        """Give the matches of a file that has all required columns.

        Raises:
            ColumnsError: customer ids or names are missing.
        """
        require(self.matches, self.names, self.proposals, self.source)
        return self.matches


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

    `ragged` has `line`, `lines` and `reason`; `numeric` names our columns whose values were numbers in the file.
    """

    frame: pl.DataFrame
    ragged: pl.DataFrame
    tallies: tuple[Tally, ...]
    blank: int
    numeric: frozenset[str] = frozenset()

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
    """Give column names on one line, without characters that steer terminals or the direction of reading."""
    return [" ".join(re.sub(_CONTROL, " ", re.sub(_BIDI, "", header)).split()) for header in headers]


def add_up(chunk: pl.DataFrame, tallies: Sequence[Tally], matches: Sequence[Match]) -> tuple[pl.DataFrame, int]:
    """Count a chunk of text columns named by their positions; give its matched ones and the number of blank rows."""
    values = pl.exclude(*PLACE)
    tidy = chunk.with_columns(values.str.strip_chars())
    tidy = tidy.with_columns(pl.when(values != "").then(values))
    kept = tidy.filter(~pl.all_horizontal(values.is_null()))
    for place, tally in enumerate(tallies):
        tally.add(kept[str(place)])
    ours = [one_line(pl.col(str(match.position)), match.ours).alias(match.ours) for match in matches]
    return kept.select(*PLACE, *ours), tidy.height - kept.height


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
