"""The revenue of a stock from its purchases."""

from datetime import date

import polars as pl
import pytest

from scoring.booked import booked
from scoring.customers import read_stock
from scoring.errors import HistoryError
from scoring.history import of_orders, of_years
from scoring.schema import CUSTOMERS

TODAY = date(2026, 11, 15)


def _customers(*names: str) -> pl.DataFrame:
    rows = [{"customer_id": name, "revenue": 99.0, "revenue_best": 999.0} for name in names]
    return pl.DataFrame(rows, schema_overrides=CUSTOMERS).match_to_schema(CUSTOMERS, missing_columns="insert")


def _monthly(name: str, first: date, amount: float) -> list[tuple[str, date, float]]:
    months = ((year, month) for year in range(2024, 2027) for month in range(1, 13))
    days = [date(year, month, 28) for year, month in months]
    return [(name, day, amount) for day in days if first <= day <= date(2026, 10, 31)]


def _orders() -> pl.DataFrame:
    rows = _monthly("old", date(2024, 1, 1), 100.0) + _monthly("new", date(2026, 5, 1), 100.0)
    rows += [("gone", date(2024, 3, 1), 500.0)]
    return pl.DataFrame(rows, schema={"customer_id": pl.String, "date": pl.Date, "amount": pl.Float64}, orient="row")


def test_order_lines_tell_revenue_and_who_trains() -> None:
    """Revenue is that of the last 12 months; a new customer is scaled but does not train, a silent one has none."""
    found = booked(_customers("old", "new", "gone", "never"), of_orders(_orders()), TODAY)
    rows = {row["customer_id"]: row for row in found.customers.iter_rows(named=True)}
    assert (rows["old"]["revenue"], rows["old"]["trains"]) == (1200.0, True)
    assert (rows["new"]["revenue"], rows["new"]["trains"]) == (600.0, False)
    assert 1000 < rows["new"]["annualised"] < 1250
    assert (rows["gone"]["revenue"], rows["gone"]["revenue_best"]) == (0.0, 500.0)
    assert (rows["never"]["revenue"], rows["never"]["revenue_best"]) == (0.0, 0.0)
    assert "up to 2026-10-31" in found.note
    assert "2 are active, 1 of them for less than 12 months" in found.note


def test_a_part_year_is_rated_and_not_learnt_from() -> None:
    """A stock takes the scaled revenue as the customer's own, and counts it among those that are only rated."""
    stock = read_stock(booked(_customers("old", "new"), of_orders(_orders()), TODAY).customers)
    assert stock.customer_id == ("new", "old")
    assert stock.active.tolist() == [False, True]
    assert stock.own[0] > 1000
    assert stock.own[1] == 1200.0
    assert stock.floor[0] == 600.0


def test_a_year_that_is_not_over_does_not_count() -> None:
    """With revenue of years the last whole one stands for the last 12 months."""
    years = pl.DataFrame({"customer_id": ["old"] * 3, "year": [2024, 2025, 2026], "revenue": [10.0, 20.0, 5.0]})
    found = booked(_customers("old"), of_years(years), TODAY)
    assert found.customers["revenue"].to_list() == [20.0]
    assert "up to 2025-12-31" in found.note


def test_short_records_and_foreign_ids_are_refused() -> None:
    """Less than 12 months cannot be told from a small customer, and ids that match nothing are named."""
    orders = _orders()
    with pytest.raises(HistoryError, match="less than 12 months"):
        booked(_customers("old"), of_orders(orders.filter(pl.col("date") > date(2026, 2, 1))), TODAY)
    with pytest.raises(HistoryError, match="Ids look like 'gone' in the purchases and 'K1' in the stock"):
        booked(_customers("K1"), of_orders(orders), TODAY)
