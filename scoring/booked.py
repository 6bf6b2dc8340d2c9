"""The revenue of an address stock from its purchases: what the last 12 months brought, and who may train a model."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from scoring.errors import HistoryError
from scoring.history import History, last_year, standing
from scoring.schema import CUSTOMERS


@dataclass(frozen=True, eq=False)
class Booked:
    """Customers (CUSTOMERS) as their purchases show them, and in words what they rest on."""

    customers: pl.DataFrame
    note: str


def booked(customers: pl.DataFrame, history: History, today: date) -> Booked:
    """Replace revenue and best year of customers (CUSTOMERS) by those of their purchases, EUR per year.

    Who has no purchase on record has revenue 0. `trains` is true for who had bought before the last 12 months began;
    `annualised` scales the part year of all others (`scoring.history`).

    Raises:
        HistoryError: no customer of the stock has a purchase, or the last 12 months are not on record.
    """
    as_of = _as_of(history, today)
    stood = standing(history, as_of).drop("first_purchase", "orders", "months")
    joined = customers.join(stood, on="customer_id", how="left", suffix="_booked", maintain_order="left")
    known = joined["revenue_booked"].is_not_null()
    if not known.any():
        raise HistoryError(_strangers(customers, history))
    filled = joined.with_columns(
        revenue=pl.col("revenue_booked").fill_null(0.0),
        revenue_best=pl.col("revenue_best_booked").fill_null(0.0),
        last_purchase=pl.coalesce("last_purchase_booked", "last_purchase"),
        annualised=pl.col("annualised_booked"),
        trains=pl.col("trains_booked").fill_null(value=False),
    )
    return Booked(filled.select(CUSTOMERS.names()).match_to_schema(CUSTOMERS), _note(filled, as_of, int(known.sum())))


def _as_of(history: History, today: date) -> date:
    """The last day on record, or of the last whole year where the record is of years and this one is not over."""
    ends = [history.recorded.end, *(history.year(year).end for year in history.years)]
    past = [end for end in ends if end <= today]
    as_of = max(past, default=history.recorded.end)
    window = last_year(as_of)
    if not past or history.recorded.start > window.start:
        raise HistoryError(
            f"Purchases are recorded from {history.recorded.start} to {history.recorded.end}: less than 12 months that "
            "are over. Give a longer record, or leave purchases in [input] empty and give a column of revenue."
        )
    return as_of


def _strangers(customers: pl.DataFrame, history: History) -> str:
    theirs, ours = history.entries["customer_id"][0], customers["customer_id"][0]
    return (
        "None of the customers of the purchases stands in the address stock. Ids look like "
        f"{theirs!r} in the purchases and {ours!r} in the stock: map customer_id in [backtest.columns] to the column "
        "with the same numbers."
    )


def _note(customers: pl.DataFrame, as_of: date, known: int) -> str:
    active = customers.filter(pl.col("revenue") > 0)
    new = active.filter(~pl.col("trains")).height
    return (
        f"revenue is that of the 12 months up to {as_of}; {known:,} of {customers.height:,} customers have purchases "
        f"on record, {active.height:,} are active, {new:,} of them for less than 12 months (rated, not learnt from)."
    )
