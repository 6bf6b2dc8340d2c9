"""A selection of customers as a file for spreadsheets, with a note of it in the audit log before it leaves."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import polars as pl

from potenzial.handouts import worded
from potenzial.lookalikes.sheet import csv_text, write_xlsx
from potenzial.report.numbers import Language
from potenzial.report.texts import load_texts
from potenzial.web.errors import BadRequestError
from potenzial.web.query import Query, select
from potenzial.web.site import Visit
from potenzial.web.stock import Portfolio

Format = Literal["csv", "xlsx"]

#: Rows that a workbook may have: larger ones take spreadsheets minutes to open.
MOST_XLSX_ROWS: Final = 200_000
_ROWS_AT_ONCE: Final = 50_000
_BOM: Final = "\ufeff"
_COLUMNS: Final = (
    "customer_id", "name", "postcode", "city", "owner", "action", "class_revenue", "class_potential", "revenue",
    "potential", "potential_low", "potential_high", "confidence", "headroom", "headroom_expected", "industry_label",
    "headcount", "website", "last_purchase", "reasons", "against", "peers",
)  # fmt: skip


@dataclass(frozen=True)
class Export:
    """A file that is ready to leave: where it lies for now, the folder to delete afterwards, and its rows."""

    path: Path
    folder: tempfile.TemporaryDirectory[str]
    rows: int


def export(visit: Visit, query: Query, kind: Format) -> Export:
    """Write the customers of a list to a file, in its order and the reader's language, and note it.

    Raises:
        BadRequestError: the selection is too large for a workbook.
        FilterError: the condition cannot be used.
        OSError: there is no room for the file, or the note cannot be written.
    """
    portfolio = visit.portfolio
    found = select(portfolio, query)
    if kind == "xlsx" and found.count > MOST_XLSX_ROWS:
        raise BadRequestError(f"A workbook takes {MOST_XLSX_ROWS:,} rows, these are {found.count:,}: take CSV.")
    folder = tempfile.TemporaryDirectory(prefix="potenzial-")
    path = Path(folder.name) / f"potenzial.{kind}"
    write = {"csv": _write_csv, "xlsx": _write_xlsx}[kind]
    write(portfolio, found.places, path, visit.words.language)
    visit.site.audit.note(
        "export", visit.viewer.who, {"what": "customers", "filter": query.filters, "format": kind, "rows": found.count}
    )
    return Export(path, folder, found.count)


def _write_csv(portfolio: Portfolio, places: pl.Series, path: Path, language: Language) -> None:
    """Write in batches: a whole large stock with its reasons does not fit into the memory that a page may take."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(_BOM)
        for start in range(0, max(len(places), 1), _ROWS_AT_ONCE):
            text = csv_text(_readable(portfolio, places.slice(start, _ROWS_AT_ONCE), language), language)
            file.write(text if start == 0 else text.partition("\r\n")[2])


def _write_xlsx(portfolio: Portfolio, places: pl.Series, path: Path, language: Language) -> None:
    write_xlsx(_readable(portfolio, places, language), path, "Potenzial")


def _readable(portfolio: Portfolio, places: pl.Series, language: Language) -> pl.DataFrame:
    rows = portfolio.rows(places)
    texts = load_texts(language)
    confidences = {name: texts.name("confidence", name) for name in ("high", "medium", "low")}
    german = language == "de"
    chosen = rows.with_columns(
        pl.col("confidence").replace(confidences),
        pl.coalesce("industry_label" if german else "industry_label_en", "industry_label").alias("industry_label"),
        pl.col(f"reason_{language}").alias("reasons"),
        pl.col(f"against_{language}").alias("against"),
        pl.Series("peers", _peers(portfolio, rows), pl.String),
    )
    return worded(chosen.select(_COLUMNS), language, portfolio.stock.project.config.input.target)


def _peers(portfolio: Portfolio, rows: pl.DataFrame) -> list[str | None]:
    """The names of the peers that the reader may see."""
    ids = rows["peers"].explode().struct.field("customer_id").drop_nulls().unique()
    named = portfolio.stock.frame.select(pl.col("customer_id", "name").gather(portfolio.stock.places(ids).drop_nulls()))
    names = {one: name or one for one, name in named.iter_rows()}
    return [
        "; ".join(names[peer["customer_id"]] for peer in cell) if cell is not None else None for cell in rows["peers"]
    ]
