"""What the import notes on its way: problems of rows and values, and findings in words."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from potenzial.ingest.columns import Match
from potenzial.ingest.errors import ValuesError
from potenzial.ingest.rejects import problems
from potenzial.ingest.schema import REJECTS, ROW_REJECTED, VALUE_IGNORED
from potenzial.ingest.table import PLACE
from scoring.config import Target

#: From this share of unreadable values on, the column is taken to be another one than it is mapped to.
UNREADABLE_SHARE = 0.9
#: Fewer values than this do not condemn a column that customers can do without.
MIN_JUDGED = 10


@dataclass
class Ledger:
    """Problems and findings of one import; `matches` knows what the file calls our columns."""

    source: str
    matches: Sequence[Match]
    row_word: str
    target: Target = "revenue"
    findings: list[str] = field(default_factory=list)
    listed: list[pl.DataFrame] = field(default_factory=list)

    def header(self, ours: str) -> str:
        """What the file calls one of our columns."""
        return next((match.header for match in self.matches if match.ours == ours), ours)

    def shown(self, ours: str) -> str:
        """A column for messages: the file's name, and ours if it differs."""
        header = self.header(ours)
        said = f"{self.target}{ours.removeprefix('revenue')}" if ours.startswith("revenue") else ours
        return f"Column {header!r}" if header.casefold() == said else f"Column {header!r} ({said})"

    def note(self, finding: str) -> None:
        """Keep a finding, unless it is empty."""
        if finding:
            self.findings.append(finding)

    def reject(self, bad: pl.DataFrame, ours: str, reason: str | pl.Expr) -> None:
        """List rows as rejected because of a column."""
        self.listed.append(problems(bad, ours, self.header(ours), reason, ROW_REJECTED))

    def ignore(self, bad: pl.DataFrame, ours: str, reason: str | pl.Expr) -> None:
        """List values as ignored; their rows stay."""
        self.listed.append(problems(bad, ours, self.header(ours), reason, VALUE_IGNORED))

    def reject_ragged(self, ragged: pl.DataFrame) -> None:
        """List rows that do not fit the header."""
        nothing = pl.lit(None, pl.String)
        self.listed.append(
            ragged.select(
                *PLACE,
                nothing.alias("customer_id"),
                nothing.alias("column"),
                nothing.alias("value"),
                "reason",
                pl.lit(ROW_REJECTED).alias("effect"),
            )
        )

    def refuse_unreadable(self, bad: pl.DataFrame, values: int, ours: str, advice: str, least: int = 1) -> None:
        """Refuse a column of which nearly all values are unreadable.

        Raises:
            ValuesError: the message shows the first such value.
        """
        if values < least or bad.height < UNREADABLE_SHARE * values or bad.is_empty():
            return
        row = bad.row(0, named=True)
        raise ValuesError(
            f"{self.source}: {self.shown(ours)} cannot be read: {bad.height:,} of "
            f"{values:,} values, the first in {self.row_word} {row['line']}: {row[ours][:80]!r}. {advice}"
        )

    def problems(self) -> pl.DataFrame:
        """All problems: the columns of `REJECTS` but for `original`, and `lines`."""
        columns = PLACE | {name: dtype for name, dtype in REJECTS.items() if name not in {"line", "original"}}
        return pl.concat([pl.DataFrame(schema=columns), *self.listed])
