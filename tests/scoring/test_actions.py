from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.actions import assign, reference_date
from scoring.classes import Thresholds, classify
from scoring.lists import headroom
from scoring.schema import ACTIONS, CUSTOMERS, RATED

LIMITS = Thresholds(100_000, 10_000)
TODAY = date(2026, 11, 1)


def advised(limits: Thresholds = LIMITS, as_of: date | None = TODAY, **facts: Any) -> str:  # noqa: ANN401 - cells of any column
    """Action of one customer with these facts."""
    row = pl.DataFrame({"customer_id": ["1"], **{name: [value] for name, value in facts.items()}})
    customers = row.select(pl.col(name).cast(kind) for name, kind in CUSTOMERS.items() if name in row.columns)
    rated = row.select(pl.col(name).cast(kind) for name, kind in RATED.items() if name in row.columns)
    frame = classify(
        customers.match_to_schema(CUSTOMERS, missing_columns="insert"),
        rated.match_to_schema(RATED, missing_columns="insert"),
        limits,
    )
    return str(assign(frame.with_columns(headroom=headroom()), limits, as_of)["action"].item())


@pytest.mark.parametrize(
    ("revenue", "potential", "action"),
    [
        (5_000, 10_000, "expansion"),
        (5_000, 9_999, "keep"),
        (20_000, 100_000, "expansion"),
        (20_000, 39_999, "keep"),
        (20_000, 40_000, "expansion"),
        (300_000, 399_999, "keep"),
        (300_000, 400_000, "expansion"),
        (300_000, 300_000, "keep"),
    ],
)
def test_active_customers_expand_to_a_better_class_or_by_a_large_headroom(
    revenue: float, potential: float, action: str
) -> None:
    """A better class, an A customer's revenue more, or a doubling worth a B customer is expansion; else keep."""
    assert advised(revenue=revenue, potential=potential, typical=potential) == action


@pytest.mark.parametrize("revenue", [0.0, None])
def test_former_customers_are_won_back(revenue: float | None) -> None:
    """A customer without revenue in the last 12 months that bought before is for reactivation."""
    assert advised(revenue=revenue, potential=50_000, revenue_best=9_000, last_purchase=date(2024, 3, 1)) == (
        "reactivation"
    )


def test_addresses_without_any_purchase_are_for_reactivation_too() -> None:
    """An address without a recorded purchase has a potential that must not be hidden."""
    assert advised(revenue=None, potential=50_000) == "reactivation"


@pytest.mark.parametrize("revenue", [None, 0.0, 250_000.0])
def test_without_data_basis_the_data_are_checked(revenue: float | None) -> None:
    """Nobody is told to keep or expand a customer about whom nothing is known."""
    assert advised(revenue=revenue, potential=None) == "check"


def test_a_stock_without_revenue_is_to_be_checked() -> None:
    """Without thresholds there is no class to act upon."""
    assert advised(Thresholds(float("inf"), float("inf")), revenue=None, potential=9_000) == "check"


def test_negative_revenue_is_to_be_checked() -> None:
    """Credit notes above invoices are no reason for a visit."""
    assert advised(revenue=-10.0, potential=50_000) == "check"


def test_recent_purchase_without_revenue_is_to_be_checked() -> None:
    """Who bought last month is not to be won back, whatever the revenue column says."""
    assert advised(revenue=0.0, potential=50_000, last_purchase=TODAY - timedelta(days=30)) == "check"
    assert advised(revenue=0.0, potential=50_000, last_purchase=TODAY - timedelta(days=370)) == "reactivation"


@pytest.mark.parametrize(
    ("revenue", "typical", "action"), [(90_000, 8_000, "check"), (90_000, 9_500, "keep"), (9_000, 100, "keep")]
)
def test_customers_far_above_their_comparison_are_checked(revenue: float, typical: float, action: str) -> None:
    """Ten times what is typical means that the comparison does not fit, unless it is about small change."""
    assert advised(revenue=revenue, potential=revenue, typical=typical) == action


def test_outliers_with_large_headroom_are_expanded() -> None:
    """An outlier that fell from a much better year is worth a visit before its data are worth a check."""
    assert advised(revenue=90_000, potential=250_000, typical=5_000) == "expansion"


def test_reference_date_ignores_a_few_mistyped_dates() -> None:
    """A future typo among many purchases does not make all others look old."""
    days = [TODAY - timedelta(days=step) for step in range(300)]
    assert reference_date(pl.Series([date(2206, 1, 1), None, *days])) == days[2]


@pytest.mark.parametrize("dates", [0, 1, 19])
def test_reference_date_needs_purchases(dates: int) -> None:
    """A stock with fewer than 20 dates has no reference, and its actions need none."""
    assert reference_date(pl.Series([None, *[TODAY] * dates], dtype=pl.Date)) is None
    assert advised(as_of=None, revenue=0.0, potential=50_000) == "reactivation"
    assert advised(as_of=None, revenue=0.0, potential=50_000, last_purchase=date(2021, 5, 1)) == "reactivation"


@settings(deadline=None)
@given(
    revenue=st.none() | st.floats(-1e6, 1e7),
    potential=st.none() | st.floats(0, 1e7),
    typical=st.none() | st.floats(0, 1e6),
    last=st.none() | st.dates(date(2000, 1, 1), date(2030, 1, 1)),
)
def test_everyone_has_an_action_that_fits_the_activity(
    revenue: float | None, potential: float | None, typical: float | None, last: date | None
) -> None:
    """Reactivation is for the inactive only, expansion and keep for the active only, and all are rated."""
    action = advised(revenue=revenue, potential=potential, typical=typical, last_purchase=last)
    assert action in ACTIONS
    assert (action == "reactivation") <= (not revenue or revenue <= 0)
    assert (action in {"expansion", "keep"}) <= (revenue is not None and revenue > 0)
    assert (action != "check") <= (potential is not None)
