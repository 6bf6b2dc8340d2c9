"""Purchases of earlier years from a file: order lines, one row a year, or one column a year."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl

from potenzial.config import BacktestConfig
from potenzial.errors import ConfigError
from potenzial.ingest.amounts import counted
from potenzial.ingest.config import InputConfig
from potenzial.ingest.customers import Import
from potenzial.ingest.rejects import write_rejects
from potenzial.ingest.synonyms import NO_REVENUE_WORDS, REVENUE_WORDS, plain
from potenzial.ingest.values import NO_SALES
from potenzial.project import Project
from potenzial.usertable import NAMES, UserTable, column_names, missing, read_user_table
from scoring.booked import booked
from scoring.errors import HistoryError
from scoring.history import SINCE, History, of_orders, of_years

_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_OURS: Final = re.compile(r"revenue_(?:19|20)\d\d")
_KEY: Final = "[backtest.columns]"


@dataclass(frozen=True, eq=False)
class Purchases:
    """A history with what was left out of it: `rejects` (REJECTS) and findings in words; `rows` of the file."""

    history: History
    rejects: pl.DataFrame
    findings: tuple[str, ...]
    rows: int


def history_file(project: Project, named: Path | None) -> Path:
    """The file that a command names, else the one of the configuration.

    Raises:
        ConfigError: neither names one.
    """
    if named is not None:
        return named
    if project.config.backtest.history:
        return project.folder / project.config.backtest.history
    raise ConfigError(
        "There is no history to judge by. Name a file with order lines (customer, date, amount) or yearly revenue with "
        "--history, or set history in [backtest]."
    )


def read_project_purchases(project: Project, named: Path | None) -> Purchases:
    """Read the history of a project and write what was left out to `out/history_rejects.csv`.

    Raises:
        ConfigError: no file is named.
        InputError, HistoryError: as for `read_purchases`.
    """
    config = project.config
    found = read_purchases(history_file(project, named), config.input, config.backtest)
    project.out.mkdir(parents=True, exist_ok=True)
    write_rejects(found.rejects, project.out / "history_rejects.csv")
    return found


def with_purchases(read: Import, project: Project) -> Import:
    """Give an imported stock the revenue, best year and last purchase that `purchases` in [input] tells, if it is set.

    Raises:
        InputError: the file cannot be read, or has no columns of a history.
        HistoryError: no row can be used, none is of a customer of the stock, or less than 12 months are recorded.
    """
    file = project.purchases_file
    if file is None:
        return read
    found = read_purchases(file, project.input, project.config.backtest)
    told = booked(read.customers, found.history, datetime.now(tz=UTC).date())
    project.out.mkdir(parents=True, exist_ok=True)
    write_rejects(found.rejects, project.out / "history_rejects.csv")
    notes = (*(f"{file.name}: {one}" for one in found.findings), f"{file.name}: {told.note}")
    kept = (one for one in read.findings if NO_SALES not in one)
    return replace(read, customers=told.customers, findings=(*kept, *notes))


def read_purchases(path: Path, source: InputConfig, config: BacktestConfig) -> Purchases:
    """Read order lines or yearly revenue; every row ends up in the history or among the rejects.

    Raises:
        ConfigError: the target is contribution margin, and no column is said to hold it.
        InputError: the file cannot be read, or has no columns of a history.
        HistoryError: no row can be used.
    """
    _refuse_unknown(config.columns)
    _refuse_revenue(config.columns, source)
    years = year_columns(column_names(path, source)) if source.target == "revenue" else {}
    table = read_user_table(path, source, {**years, **config.columns}, NAMES)
    if not table.has("customer_id"):
        raise missing(table, ["customer_id"], _KEY)
    table.need("customer_id")
    named = sorted({*years, *(ours for ours in config.columns if _OURS.fullmatch(ours))})
    history = _read(table, named, config.first_month)
    return Purchases(history, table.rejects(), _findings(table), table.rows)


def _refuse_unknown(columns: Mapping[str, str]) -> None:
    for ours in columns:
        if ours not in NAMES and not _OURS.fullmatch(ours):
            raise ConfigError(
                f"{_KEY}: {ours!r} is none of our columns: {', '.join(NAMES)}, revenue_2024 and its like."
            )


def _refuse_revenue(columns: Mapping[str, str], source: InputConfig) -> None:
    """Refuse to take amounts for contribution margin that nobody said are: their usual names are those of revenue."""
    if source.target == "margin" and not any(ours == "amount" or _OURS.fullmatch(ours) for ours in columns):
        raise ConfigError(
            f'{_KEY}: target = "margin" in [input], so say which column of the file holds the contribution margin: '
            'amount = "DB", or margin of years such as revenue_2024 = "DB 2024"; or set target = "revenue".'
        )


def year_columns(names: Sequence[str]) -> dict[str, str]:
    """Columns that mean revenue and name one year, such as "Umsatz 2024": under our name `revenue_2024`."""
    found: dict[str, str] = {}
    for header in names:
        name = plain(header)
        years = _YEAR.findall(name)
        if len(years) == 1 and _means_revenue(name.replace(years[0], "")):
            found.setdefault(f"revenue_{years[0]}", header)
    return found


def _means_revenue(name: str) -> bool:
    return any(word in name for word in REVENUE_WORDS) and not any(word in name for word in NO_REVENUE_WORDS)


def _read(table: UserTable, years: Sequence[str], first_month: int) -> History:
    if table.has("date", "amount"):
        return _orders(table, first_month)
    if table.has("year", "amount"):
        return _long_years(table, first_month)
    if years:
        return _wide_years(table, years, first_month)
    raise missing(table, ["date and amount (order lines), or revenue of a year such as 'Umsatz 2024'"], _KEY)


def _orders(table: UserTable, first_month: int) -> History:
    table.need("date", "amount")
    table.read_dates("date")
    table.read_amounts("amount")
    today = datetime.now(tz=UTC).date()
    table.refuse(table.frame["date"] > today, "date", "lies in the future")
    _refuse_none(table)
    return of_orders(table.frame.select("customer_id", "date", "amount"), first_month)


def _long_years(table: UserTable, first_month: int) -> History:
    table.need("year", "amount")
    table.read_amounts("amount")
    year = table.frame["year"].str.extract(r"^\s*((?:19|20)[0-9]{2})", 1).cast(pl.Int64, strict=False)
    table.refuse(year.is_null(), "year", "not a year such as 2024")
    kept = table.frame.with_columns(year.drop_nulls().alias("year"))
    _refuse_none(table)
    return of_years(kept.select("customer_id", "year", revenue="amount"), first_month, _since(table))


def _wide_years(table: UserTable, years: Sequence[str], first_month: int) -> History:
    table.read_amounts(*years)
    table.refuse(~table.frame["customer_id"].is_first_distinct(), "customer_id", "customer_id stands already above")
    since = _since(table)
    _refuse_none(table)
    long = table.frame.unpivot(on=list(years), index="customer_id", variable_name="year", value_name="revenue")
    return of_years(long.with_columns(pl.col("year").str.tail(4).cast(pl.Int64)), first_month, since)


def _since(table: UserTable) -> pl.DataFrame:
    """First purchases, where the table has them."""
    if not table.has("first_purchase"):
        return SINCE.to_frame()
    table.read_dates("first_purchase")
    known = table.frame.filter(pl.col("first_purchase").is_not_null())
    return known.group_by("customer_id").agg(pl.col("first_purchase").min()).sort("customer_id")


def _refuse_none(table: UserTable) -> None:
    if table.frame.is_empty():
        reasons = table.ledger.problems()["reason"].unique().sort().head(3).to_list()
        raise HistoryError(f"{table.path}: none of the {table.rows:,} rows can be used ({'; '.join(reasons)}).")


def _findings(table: UserTable) -> tuple[str, ...]:
    refused = table.ledger.problems()["line"].n_unique()
    told = f"{counted(refused, 'row')} of {table.rows:,} rejected." if refused else ""
    return tuple(finding for finding in (*table.ledger.findings, told) if finding)
