"""The customers of a back-test: as they stood at the end of the year, and what they bought afterwards."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from scoring.customers import Bools, Floats, Ints, Stock
from scoring.errors import HistoryError
from scoring.history import History, Span, revenue_in, standing


@dataclass(frozen=True, eq=False)
class Then:
    """The n customers that had bought by the end of year T, sorted by id.

    `customers` is CUSTOMERS as of then: `revenue` only of those that train a model. EUR columns: `revenue` booked in T,
    `base` the same scaled to 12 months for who was new, `best`, `after` booked in T + 1, `later` in T + 2 or None.
    `orders` counts days with purchases, `recency` is days since the last one. `newcomers` counts the other customers of
    the stock that bought for the first time after T, with `newcomer_revenue` EUR in T + 1.
    """

    customers: pl.DataFrame
    revenue: Floats
    base: Floats
    best: Floats
    after: Floats
    later: Floats | None
    orders: Ints
    recency: Ints
    new: Bools
    trains: Bools
    newcomers: int
    newcomer_revenue: float

    @property
    def active(self) -> Bools:
        """Who bought in T."""
        active: Bools = self.base > 0
        return active

    @property
    def growth(self) -> Floats:
        """EUR more in T + 1 than in T."""
        return self.after - self.base

    def grew(self, tolerance: float) -> Bools:
        """Who bought more by that share, or woke up."""
        grew: Bools = np.where(self.active, self.after >= (1 + tolerance) * self.base, self.after > 0)
        return grew


def years_to_judge(history: History, year: int | None) -> int:
    """Choose T: the one asked for, else the last whose next year is on record.

    Raises:
        HistoryError: a year that is needed is not on record from its first day to its last.
    """
    recorded = history.years
    possible = [first for first in recorded if first + 1 in recorded]
    if year is None and possible:
        return possible[-1]
    if year in possible:
        return year
    span = history.recorded
    wanted = f"The years {year} and {year + 1} are" if year is not None else "Two years after each other are"
    listed = ", ".join(map(str, recorded)) or "none"
    raise HistoryError(
        f"{wanted} needed, each on record from its first day to its last. Purchases are recorded from {span.start} to "
        f"{span.end}; whole years: {listed}. A business year that begins in another month is set by first_month in "
        "[backtest]."
    )


def then(customers: pl.DataFrame, history: History, year: int) -> Then:
    """Put customers (CUSTOMERS) back to the end of a year; who had not bought by then is left out.

    Raises:
        HistoryError: no customer of the stock had bought by then.
    """
    as_of = history.year(year).end
    now = customers.drop("annualised", "trains")
    stood = now.join(standing(history, as_of), on="customer_id", suffix="_then").sort("customer_id")
    if stood.is_empty():
        raise HistoryError(_strangers(customers, history))
    after = _bought(stood, history, history.year(year + 1))
    has_later = year + 2 in history.years
    first = pl.col("first_purchase")
    newcomers = _newcomers(customers, stood, history, history.year(year + 1))
    return Then(
        customers=_as_then(stood, customers.columns),
        revenue=_positive(stood["revenue_then"]),
        base=_positive(stood["annualised"]),
        best=_positive(stood["revenue_best_then"]),
        after=after,
        later=_bought(stood, history, history.year(year + 2)) if has_later else None,
        orders=stood["orders"].to_numpy(),
        recency=stood.select((pl.lit(as_of) - pl.col("last_purchase_then")).dt.total_days()).to_series().to_numpy(),
        new=stood.select(first > history.year(year).start).to_series().to_numpy(),
        trains=stood["trains"].to_numpy(),
        newcomers=newcomers.height,
        newcomer_revenue=float(newcomers["revenue"].sum()),
    )


def _strangers(customers: pl.DataFrame, history: History) -> str:
    theirs, ours = history.entries["customer_id"][0], customers["customer_id"][0]
    return (
        "None of the customers of the history stands in the address stock with a purchase by then. Ids look like "
        f"{theirs!r} in the history and {ours!r} in the stock: map customer_id in [backtest.columns] to the column "
        "with the same numbers."
    )


def _as_then(stood: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    return stood.with_columns(
        revenue=pl.when("trains").then("revenue_then"),
        revenue_best=pl.col("revenue_best_then"),
        last_purchase=pl.col("last_purchase_then"),
    ).select(columns)


def _bought(stood: pl.DataFrame, history: History, span: Span) -> Floats:
    """Revenue of a span in the order of the customers; credit notes that outweigh purchases count as nothing bought."""
    joined = stood.select("customer_id").join(
        revenue_in(history, span), on="customer_id", how="left", maintain_order="left"
    )
    return _positive(joined["revenue"])


def _positive(values: pl.Series) -> Floats:
    kept: Floats = np.maximum(values.fill_null(0.0).to_numpy(), 0.0)
    return kept


def _newcomers(customers: pl.DataFrame, stood: pl.DataFrame, history: History, span: Span) -> pl.DataFrame:
    others = customers.join(stood, on="customer_id", how="anti").select("customer_id")
    return others.join(revenue_in(history, span), on="customer_id").filter(pl.col("revenue") > 0)


def divisions(stock: Stock) -> Ints:
    """Industry of each customer at the level of divisions (n), -1 where it is not known; free text has one level."""
    levels = stock.industries.levels
    finest = levels[:, min(1, levels.shape[1] - 1)]
    chosen: Ints = np.where(finest >= 0, finest, levels[:, 0])
    return chosen
