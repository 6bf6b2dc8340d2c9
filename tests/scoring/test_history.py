from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.errors import HistoryError
from scoring.history import History, last_year, of_orders, of_years, revenue_in, shifted, standing

END = date(2024, 12, 31)


def _orders(*rows: tuple[str, date, float]) -> History:
    return of_orders(pl.DataFrame(rows, schema=["customer_id", "date", "amount"], orient="row"))


def _of(history: History, name: str, as_of: date = END) -> dict[str, object]:
    return standing(history, as_of).row(by_predicate=pl.col("customer_id") == name, named=True)


def _early() -> tuple[str, date, float]:
    return ("first", date(2021, 1, 1), 1.0)


def test_revenue_is_that_of_the_last_twelve_months() -> None:
    """Revenue counts 12 months back from the day, the best year 36, and later purchases do not count at all."""
    history = _orders(
        ("a", date(2022, 3, 1), 900.0),
        ("a", date(2023, 12, 31), 70.0),
        ("a", date(2024, 1, 1), 10.0),
        ("a", END, 5.0),
        ("a", date(2025, 1, 1), 1000.0),
    )
    found = _of(history, "a")
    assert found["revenue"] == found["annualised"] == 15.0
    assert found["revenue_best"] == 900.0
    assert (found["first_purchase"], found["last_purchase"]) == (date(2022, 3, 1), END)
    assert (found["orders"], found["months"], found["trains"]) == (2, 12.0, True)


def test_part_years_are_scaled_without_the_opening_purchase() -> None:
    """Who began in the middle of the year is scaled by the days since, the first day's amount left unscaled."""
    start = date(2024, 7, 2)
    history = _orders(_early(), ("new", start, 500.0), ("new", date(2024, 10, 1), 300.0))
    found = _of(history, "new")
    part = ((END - start).days + 1) / 366
    assert found["months"] == pytest.approx(12 * part)
    assert found["annualised"] == pytest.approx(max(800.0, 300.0 / part))
    assert found["trains"] is False


def test_one_purchase_is_not_multiplied() -> None:
    """A single order of a new customer stays what was booked, and so does one of the last three months."""
    history = _orders(
        _early(), ("once", date(2024, 8, 1), 500.0), ("late", date(2024, 11, 1), 5.0), ("late", date(2024, 12, 1), 9.0)
    )
    assert _of(history, "once")["annualised"] == 500.0
    assert _of(history, "late")["annualised"] == 14.0


def test_zeros_and_credit_notes_never_train() -> None:
    """Who bought nothing in the 12 months, or got back what it bought, does not train; credit notes are no purchase."""
    history = _orders(
        ("idle", date(2022, 5, 1), 40.0),
        ("back", date(2022, 5, 1), 1.0),
        ("back", date(2024, 5, 1), -30.0),
        ("credit", date(2024, 5, 1), -30.0),
    )
    found = standing(history, END)
    assert found["customer_id"].to_list() == ["back", "idle"]
    assert found["revenue"].to_list() == [-30.0, 0.0]
    assert not found["trains"].any()


def test_years_count_as_whole_years() -> None:
    """A table of years gives the same revenue; who appears after its first year may have bought for a part of it."""
    table = pl.DataFrame(
        {"customer_id": ["a", "a", "b"], "year": [2023, 2024, 2024], "revenue": [100.0, 150.0, 50.0]},
    )
    history = of_years(table)
    assert history.years == (2023, 2024)
    assert (_of(history, "a")["revenue"], _of(history, "a")["trains"]) == (150.0, True)
    assert (_of(history, "b")["annualised"], _of(history, "b")["trains"]) == (50.0, False)
    since = pl.DataFrame({"customer_id": ["b"], "first_purchase": [date(2024, 7, 2)]})
    assert _of(of_years(table, since=since), "b")["annualised"] == pytest.approx(50.0 * 366 / 183)


def test_only_whole_business_years_are_recorded() -> None:
    """A year counts when it is on record from its first day to its last, whatever month it begins in."""
    orders = pl.DataFrame({"date": [date(2020, 7, 3), date(2023, 5, 30)]}).with_columns(
        customer_id=pl.lit("a"), amount=pl.lit(1.0)
    )
    assert of_orders(orders).years == (2021, 2022)
    assert of_orders(orders, first_month=6).years == (2021, 2022)
    assert of_orders(orders, first_month=7).years == (2020, 2021)
    assert of_orders(orders).recorded.end == date(2023, 5, 31)
    assert of_orders(orders.with_columns(pl.col("date").replace(date(2023, 5, 30), date(2023, 5, 9)))).recorded.end == (
        date(2023, 4, 30)
    )


def test_a_history_of_nothing_is_refused() -> None:
    """Without any purchase there is no history, and the message says what is needed."""
    with pytest.raises(HistoryError, match="order lines or yearly revenue"):
        of_orders(pl.DataFrame(schema={"customer_id": pl.String, "date": pl.Date, "amount": pl.Float64}))


LINES = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.dates(date(2022, 1, 1), date(2025, 6, 30)),
        st.floats(-1e4, 1e5, allow_nan=False).map(lambda value: round(value, 2)),
    ),
    min_size=1,
    max_size=30,
)


@settings(max_examples=60, deadline=None)
@given(lines=LINES)
def test_standing_agrees_with_adding_up_by_hand(lines: list[tuple[str, date, float]]) -> None:
    """Revenue is the sum of the lines of the 12 months, and the best year and the scaled one are never below it."""
    history = _orders(*lines)
    window = last_year(END)
    for row in standing(history, END).iter_rows(named=True):
        own = [amount for name, day, amount in lines if name == row["customer_id"] and window.start <= day <= END]
        assert row["revenue"] == pytest.approx(sum(own), abs=1e-6)
        assert row["revenue_best"] >= row["revenue"] or not own
        assert row["annualised"] >= row["revenue"]
        assert row["trains"] == (row["revenue"] > 0 and row["first_purchase"] <= window.start)


@settings(max_examples=40, deadline=None)
@given(lines=LINES, split=st.dates(date(2022, 1, 1), date(2025, 6, 29)))
def test_spans_that_touch_add_up(lines: list[tuple[str, date, float]], split: date) -> None:
    """Revenue of two spans that follow each other is that of both together."""
    history = _orders(*lines)
    whole = type(last_year(END))(date(2022, 1, 1), date(2025, 6, 30))
    parts = [type(whole)(whole.start, split), type(whole)(split + timedelta(days=1), whole.end)]
    total = sum(revenue_in(history, part)["revenue"].sum() for part in parts)
    assert total == pytest.approx(revenue_in(history, whole)["revenue"].sum(), abs=1e-3)


def test_leap_days_move_to_the_last_of_february() -> None:
    """A year after 29 February is 28 February."""
    assert shifted(date(2024, 2, 29), 1) == date(2025, 2, 28)
    assert last_year(date(2024, 2, 29)).start == date(2023, 3, 1)
