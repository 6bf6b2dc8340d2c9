"""The user's file to `CUSTOMERS`, with everything that was not taken over and why."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from potenzial.ingest import values
from potenzial.ingest.amounts import Decision, counted
from potenzial.ingest.config import InputConfig
from potenzial.ingest.datev import is_supplier
from potenzial.ingest.errors import EmptyError
from potenzial.ingest.ledger import Ledger
from potenzial.ingest.rejects import with_originals
from potenzial.ingest.schema import ROW_REJECTED
from potenzial.ingest.source import originals, read_header, read_rows
from potenzial.ingest.table import Header, Table
from potenzial.ingest.target import amounts_of, margin_gaps
from scoring.schema import CUSTOMERS

logger = logging.getLogger(__name__)

_SHOWN = 12
#: What the reasons of rows with a repeated customer id have in common.
REPEATED = "^(same customer as|customer_id stands already) in "


@dataclass(frozen=True)
class Import:
    """An imported stock: `customers` (`CUSTOMERS`, in the order of the file), `rejects` (`REJECTS`), and findings.

    `rows` counts all rows of the file that hold anything; `decimals` says how amounts were read.
    """

    customers: pl.DataFrame
    rejects: pl.DataFrame
    findings: tuple[str, ...]
    rows: int
    decimals: dict[str, Decision]

    @property
    def rejected(self) -> int:
        """Rows that were not taken over."""
        return self.rows - self.customers.height

    @property
    def rejected_share(self) -> float:
        """Share of the rows that were not taken over, 0 to 1; compare it with `max_rejected_share`."""
        return self.rejected / self.rows


def read_customers(path: Path, config: InputConfig) -> Import:
    """Read an address stock.

    Raises:
        InputError: nothing can be read; the message names file, column and the next step.
    """
    header = read_header(path, config)
    header.required()
    return convert(path, header, read_rows(path, header), config)


def convert(path: Path, header: Header, table: Table, config: InputConfig) -> Import:
    """Turn text columns into customers; every row ends up there or among the rejects.

    Raises:
        InputError: a whole column is unreadable, or no row can be used.
    """
    gaps = margin_gaps(table, config.target)
    header, table = amounts_of(header, table, config)
    ledger = Ledger(str(path), header.matches, "line" if header.dialect else "row", config.target)
    ledger.note(gaps)
    table = _without_suppliers(header, table, ledger)
    _note_file(header, table, ledger)
    ledger.reject_ragged(table.ragged)
    frame = _with_keys(table.frame, ledger)
    delimiter = header.dialect.delimiter if header.dialect else ""
    frame, decimals = values.read_revenue(frame, table.numeric, delimiter, config, ledger)
    frame = values.without_marks(_without_repeats(frame, ledger))
    frame = values.read_last_purchases(values.read_headcounts(frame, ledger), config, ledger)
    customers = _customers(values.read_sites(values.read_vat_ids(frame, ledger), ledger))
    _note_customers(customers, ledger)
    return _imported(path, header, table, customers, decimals, ledger)


def _imported(
    path: Path, header: Header, table: Table, customers: pl.DataFrame, decimals: dict[str, Decision], ledger: Ledger
) -> Import:
    listed = ledger.problems()
    rejects = with_originals(listed, originals(path, header, listed))
    if customers.is_empty():
        raise EmptyError(_none_left(path, table.rows, rejects))
    _note_rejects(rejects, table.rows - customers.height, ledger)
    rejected = table.rows - customers.height
    logger.debug("%s: %s, %s rejected", path, counted(customers.height, "customer"), counted(rejected, "row"))
    return Import(customers, rejects, tuple(ledger.findings), table.rows, decimals)


def _without_suppliers(header: Header, table: Table, ledger: Ledger) -> Table:
    """Leave creditors out of a DATEV file, which holds them beside the customers."""
    digits = header.dialect.accounts if header.dialect else 0
    if not digits:
        return table
    kept = table.frame.filter(~is_supplier(pl.col("customer_id"), digits))
    number = table.frame.height - kept.height
    ledger.note(f"{counted(number, 'account')} of suppliers (7… to 9…) left out." if number else "")
    return replace(table, frame=kept)


def _note_file(header: Header, table: Table, ledger: Ledger) -> None:
    for note in header.notes:
        ledger.note(note)
    if header.dialect:
        ledger.note(header.dialect.encoding.warning)
    used = {place for match in header.matches for place in (match.position, *match.more)}
    unused = [tally.header for place, tally in enumerate(table.tallies) if place not in used and tally.filled]
    if unused:
        more = f" and {len(unused) - _SHOWN} more" if len(unused) > _SHOWN else ""
        ledger.note(f"Columns not used: {', '.join(map(repr, unused[:_SHOWN]))}{more}.")
    if table.blank:
        ledger.note(f"{counted(table.blank, 'blank row')} skipped.")
    if table.repeated:
        ledger.note(f"{counted(table.repeated, 'line')} with the column names once more skipped.")


def _with_keys(frame: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    missing = pl.any_horizontal(pl.col("customer_id", "name").is_null())
    totals = _is_total(pl.col("customer_id")) | (pl.col("customer_id").is_null() & _is_total(pl.col("name")))
    ledger.reject(frame.filter(totals), "customer_id", "a line of totals, not a customer")
    frame = frame.filter(~totals)
    for ours in ("customer_id", "name"):
        ledger.reject(frame.filter(pl.col(ours).is_null()), ours, f"{ours} is missing")
    return frame.filter(~missing)


def _is_total(text: pl.Expr) -> pl.Expr:
    return text.str.contains(_TOTAL).fill_null(value=False)


#: Whole cells, so that "Total Deutschland GmbH" stays a customer.
_TOTAL = (
    r"(?i)^[*\s]*(zwischen|gesamt|end)?(summen?|gesamt|ergebnis|total|übertrag|sub-?total|grand total|sum|totals)"
    r"(\s+(gesamt|total|eur|€))?\s*[:*]*$"
)


def _without_repeats(frame: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    first = frame["customer_id"].is_first_distinct()
    repeated = frame.filter(~first)
    firsts = frame.filter(first).join(repeated.select("customer_id"), on="customer_id", how="semi")
    joined = repeated.join(firsts, on="customer_id", how="left", suffix="_first", maintain_order="left")
    compared = [name for name in frame.columns if name not in {"line", "lines", "customer_id"}]
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_first")) for name in compared)
    where = pl.format(f"{ledger.row_word} {{}}", "line_first")
    reason = pl.when(same).then(pl.format("same customer as in {}", where))
    ledger.reject(joined, "customer_id", reason.otherwise(pl.format("customer_id stands already in {}", where)))
    return frame.filter(first)


def _customers(frame: pl.DataFrame) -> pl.DataFrame:
    columns = [pl.col(name) if name in frame.columns else pl.lit(None).alias(name) for name in CUSTOMERS]
    return frame.select(columns).cast(CUSTOMERS)


def _note_customers(customers: pl.DataFrame, ledger: Ledger) -> None:
    damaged = customers.filter(pl.col("customer_id").str.contains(r"^[0-9][.,][0-9]+[eE]\+[0-9]+$"))
    if not damaged.is_empty():
        ledger.note(
            f"{ledger.shown('customer_id')}: Excel rounded {counted(damaged.height, 'number')} such as "
            f"{damaged['customer_id'][0]!r}. Export the file again without opening it there."
        )
    short = customers.filter(_GERMAN & pl.col("postcode").str.contains(r"^[0-9]{4}$")).height
    if short:
        ledger.note(f"{ledger.shown('postcode')}: {counted(short, 'German postcode')} of four digits: the 0 was lost.")
    shared = customers["site"].drop_nulls()
    if shared.len() > shared.n_unique():
        number = shared.len() - shared.n_unique()
        ledger.note(f"{counted(number, 'customer')} with a website that another customer has too; it is visited once.")


_GERMAN = pl.col("country").str.to_lowercase().is_in(["de", "d", "deutschland", "germany", "ger", "deu"])


def _note_rejects(rejects: pl.DataFrame, rejected: int, ledger: Ledger) -> None:
    if rejected:
        ledger.note(f"{counted(rejected, 'row')} rejected: {_reasons(rejects)}.")
    ignored = rejects.filter(pl.col("effect") != ROW_REJECTED)
    for column, number in ignored.group_by("column", maintain_order=True).len().iter_rows():
        row = ignored.filter(pl.col("column") == column).row(0, named=True)
        ledger.note(
            f"Column {column!r}: {counted(number, 'value')} ignored, the first in {ledger.row_word} {row['line']}: "
            f"{row['value'][:60]!r} ({row['reason']})."
        )


def _reasons(rejects: pl.DataFrame) -> str:
    """Count rejected rows by reason, without the numbers that differ from row to row."""
    rows = rejects.filter(pl.col("effect") == ROW_REJECTED)
    kind = (
        pl.col("reason")
        .str.replace(_EARLIER, "in an earlier $1")
        .str.replace(_RAGGED, "more or fewer fields than the header")
    )
    counts = rows.group_by(kind).agg(pl.col("line").n_unique()).sort("line", "reason", descending=[True, False])
    return "; ".join(f"{number:,} x {reason}" for reason, number in counts.head(_SHOWN).iter_rows())


_EARLIER = r"in (line|row) [0-9]+$"
_RAGGED = r"^[0-9,]+ fields?, but the header has [0-9,]+"


def _none_left(path: Path, rows: int, rejects: pl.DataFrame) -> str:
    first = rejects.row(0, named=True)
    none = f"none of the {rows:,} rows can" if rows > 1 else "the only row cannot"
    return (
        f"{path}: {none} be used ({_reasons(rejects)}). The first is line "
        f"{first['line']}: {(first['original'] or '')[:120]!r}. Mend the export, or the mapping in [input.columns]."
    )
