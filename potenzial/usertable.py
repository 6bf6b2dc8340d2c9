"""Tables that users hand in beside the address stock: rows as text under our names, bad rows kept with their reason.

Cells are read as those of the address stock are (`potenzial.ingest`): encodings, delimiters, German numbers and dates.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from potenzial import workbook
from potenzial.ingest import amounts, dates
from potenzial.ingest.amounts import Decision
from potenzial.ingest.columns import Match
from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import ColumnsError, EmptyError, FileError
from potenzial.ingest.ledger import Ledger
from potenzial.ingest.rejects import with_originals
from potenzial.ingest.source import originals, read_header, read_rows
from potenzial.ingest.synonyms import SYNONYMS, plain
from potenzial.ingest.table import Header, Table
from potenzial.spreadsheet import FORMULA

#: Names that other exports give to the columns that such tables have.
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "customer_id": SYNONYMS["customer_id"],
    "date": (
        *("date", "datum", "belegdatum", "rechnungsdatum", "bestelldatum", "auftragsdatum", "lieferdatum"),
        *("buchungsdatum", "orderdate", "invoicedate", "purchasedate", "day", "tag"),
    ),
    "amount": (
        *("amount", "betrag", "nettobetrag", "umsatz", "nettoumsatz", "umsatzeur", "betrageur", "nettowert", "wert"),
        *("positionswert", "salesamount", "netamount", "revenue", "sales", "turnover", "total"),
    ),
    "year": ("year", "jahr", "geschaeftsjahr", "umsatzjahr", "fiscalyear", "businessyear"),
    "first_purchase": (
        *("firstpurchase", "firstorder", "kundeseit", "erstkauf", "ersterkauf", "erstbestellung", "customersince"),
        *("ersterumsatz", "ersterauftrag"),
    ),
}


@dataclass(eq=False)
class UserTable:
    """A table being read; `frame` holds the rows that are still good, `ledger` what was refused and why."""

    path: Path
    names: tuple[str, ...]
    frame: pl.DataFrame
    ledger: Ledger
    delimiter: str
    numeric: frozenset[str]
    config: InputConfig
    header: Header | None
    rows: int
    texts: pl.DataFrame = field(default_factory=pl.DataFrame)

    def has(self, *ours: str) -> bool:
        """Whether all of these columns are there."""
        return set(ours) <= set(self.frame.columns)

    def refuse(self, bad: pl.Series, ours: str, reason: str | pl.Expr) -> None:
        """Take rows out because of a column."""
        self.ledger.reject(self._with_id(self.frame.filter(bad)), ours, reason)
        self.frame = self.frame.filter(~bad)

    def need(self, *ours: str) -> None:
        """Take out rows in which one of these columns is empty."""
        for name in ours:
            self.refuse(self.frame[name].is_null(), name, f"{name} is missing")

    def read_amounts(self, *ours: str) -> None:
        """Turn columns into EUR; rows with an unreadable amount are taken out."""
        for name in ours:
            bare = self.frame.select(amounts.cleaned(pl.col(name)))[name]
            decision = self._decision(name, bare)
            read = amounts.amounts_strict if self._strict(decision) else amounts.amounts
            values = read(bare, decision.sign)
            bad = bare.is_not_null() & values.is_null()
            self.ledger.note(f"{self.ledger.shown(name)}: {decision.doubt}" if decision.doubt else "")
            strict = self.config.decimal or None
            self._swap(name, values, bad, amounts.reason(pl.col(name), strict))

    def read_dates(self, *ours: str) -> None:
        """Turn columns into dates; rows with an unreadable date are taken out."""
        form = self.config.date_format
        expected = f"{form!r}" if form else "2025-12-31 or 31.12.2025"
        for name in ours:
            bare = self.frame.select(dates.cleaned(pl.col(name), form))[name]
            values = bare.to_frame().select(dates.dates(pl.col(name), form))[name]
            bad = bare.is_not_null() & values.is_null()
            self._swap(name, values, bad, f"not a date such as {expected}, or out of range")

    def rejects(self) -> pl.DataFrame:
        """All refused rows (REJECTS), as they stand in the file."""
        listed = self.ledger.problems()
        if self.header is None:
            return with_originals(listed, self.texts.join(listed.select("line").unique(), on="line", how="semi"))
        return with_originals(listed, originals(self.path, self.header, listed))

    def _swap(self, name: str, values: pl.Series, bad: pl.Series, reason: str | pl.Expr) -> None:
        self.ledger.reject(self._with_id(self.frame.filter(bad)), name, reason)
        self.frame = self.frame.with_columns(values.alias(name)).filter(~bad)

    def _with_id(self, bad: pl.DataFrame) -> pl.DataFrame:
        """Rows as the ledger takes them: with a customer id, even where the table has no such column."""
        texts = bad.with_columns(pl.exclude("line", "lines").cast(pl.String))
        return texts if "customer_id" in bad.columns else texts.with_columns(customer_id=pl.lit(None, pl.String))

    def _strict(self, decision: Decision) -> bool:
        return bool(self.config.decimal) or decision.why == "numbers in the file"

    def _decision(self, name: str, bare: pl.Series) -> Decision:
        if self.config.decimal:
            return Decision(self.config.decimal, "configured")
        if name in self.numeric:
            return Decision(".", "numbers in the file")
        return amounts.decide({name: amounts.evidence(bare)}, self.delimiter)[name]


def read_user_table(
    path: Path, config: InputConfig, columns: Mapping[str, str], names: Mapping[str, tuple[str, ...]]
) -> UserTable:
    """Read a CSV, Parquet or XLSX table.

    Args:
        path: the file.
        config: encoding, delimiter, decimal sign and date format, as for the address stock; empty ones are detected.
        columns: our name -> the file's name, for what does not go by a known name.
        names: our name -> names that are known for it (`plain` form), better ones first.

    Raises:
        InputError: there is no such file, it is no table, or `columns` names what is not there.
    """
    _refuse_absent(path)
    plain_config = msgspec.structs.replace(config, columns={}, mapping="", database="")
    if workbook.is_workbook(path):
        return _of_sheet(path, plain_config, columns, names)
    header = read_header(path, plain_config)
    matches = matched(header.names, columns, names, str(path))
    matched_header = Header(header.source, header.names, matches, (), header.dialect)
    table = read_rows(path, matched_header)
    delimiter = header.dialect.delimiter if header.dialect else ""
    ledger = Ledger(str(path), matches, "line" if header.dialect else "row")
    ledger.reject_ragged(table.ragged)
    return _user_table(path, plain_config, matched_header, table, ledger, delimiter)


def _user_table(
    path: Path, config: InputConfig, header: Header, table: Table, ledger: Ledger, delimiter: str
) -> UserTable:
    return UserTable(
        path, header.names, unescaped(table.frame), ledger, delimiter, table.numeric, config, header, table.rows
    )


def _of_sheet(
    path: Path, config: InputConfig, columns: Mapping[str, str], names: Mapping[str, tuple[str, ...]]
) -> UserTable:
    sheet = workbook.read_sheet(path)
    matches = matched(sheet.names, columns, names, str(path))
    frame = sheet.frame.select("line", "lines", *(pl.col(str(one.position)).alias(one.ours) for one in matches))
    if frame.is_empty():
        raise EmptyError(f"{path}: the sheet holds column names but no row.")
    numeric = frozenset(one.ours for one in matches if one.position in sheet.numeric)
    ledger = Ledger(str(path), matches, "row")
    return UserTable(
        path, sheet.names, unescaped(frame), ledger, "", numeric, config, None, frame.height, sheet.originals
    )


def column_names(path: Path, config: InputConfig) -> tuple[str, ...]:
    """Read the column names alone; raises as `read_user_table`."""
    _refuse_absent(path)
    if workbook.is_workbook(path):
        return workbook.read_sheet(path).names
    return read_header(path, msgspec.structs.replace(config, columns={}, mapping="", database="")).names


def matched(
    headers: Sequence[str], columns: Mapping[str, str], names: Mapping[str, tuple[str, ...]], source: str
) -> tuple[Match, ...]:
    """Find our columns in a header: configured names first, then our own, then known ones.

    Raises:
        ColumnsError: a configured name is not there.
    """
    found: dict[str, int] = {}
    for ours, theirs in columns.items():
        if theirs not in headers:
            raise ColumnsError(
                f"{source}: there is no column {theirs!r} for {ours}. The header holds: {_list(headers)}."
            )
        found[ours] = headers.index(theirs)
    plains = [plain(name) for name in headers]
    for ours, known in names.items():
        candidates = (plains.index(name) for name in (plain(ours), *known) if name in plains)
        place = next((place for place in candidates if place not in found.values()), None)
        if ours not in found and place is not None:
            found[ours] = place
    return tuple(
        Match(ours, headers[place], place, "known name")
        for ours, place in sorted(found.items(), key=lambda one: one[1])
    )


def missing(table: UserTable, ours: Iterable[str], key: str) -> ColumnsError:
    """The error for columns that a table lacks; `key` is where they can be named."""
    return ColumnsError(
        f"{table.path}: no column for {' and '.join(ours)}. The header holds: {_list(table.names)}. "
        f'Name it in {key}, for example customer_id = "Kundennummer".'
    )


def unescaped(frame: pl.DataFrame) -> pl.DataFrame:
    """Drop the apostrophe that keeps spreadsheets from running a cell, so that exported ids come back as they were."""
    texts = pl.exclude("line", "lines")
    formula = texts.str.starts_with("'") & texts.str.slice(1).str.contains(FORMULA)
    return frame.with_columns(pl.when(formula).then(texts.str.slice(1)).otherwise(texts))


def _list(names: Sequence[str]) -> str:
    return ", ".join(repr(name[:60]) for name in names[:40])


def _refuse_absent(path: Path) -> None:
    if path.is_dir():
        raise FileError(f"{path}: this is a folder, not a file. Name the file itself.")
    if not path.is_file():
        raise FileError(f"{path}: there is no such file. Check the path; a relative one starts at the current folder.")
