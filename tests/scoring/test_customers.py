"""Customers as arrays, and the folds that keep companies together."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from scoring.customers import deal_folds, read_stock
from scoring.schema import CUSTOMERS


def _customers(**columns: list[object]) -> pl.DataFrame:
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in CUSTOMERS.items() if name not in columns]
    return pl.DataFrame(columns).with_columns(missing).select(*CUSTOMERS).cast(dict(CUSTOMERS))


def test_only_positive_finite_revenue_makes_a_customer_active() -> None:
    """Null, zero, negative and infinite revenue do not count, and the floor is the best year seen."""
    stock = read_stock(
        _customers(
            customer_id=["f", "e", "d", "c", "b", "a"],
            revenue=[None, 0.0, -5.0, float("inf"), 100.0, 1000.0],
            revenue_best=[70.0, None, None, None, 400.0, 20.0],
            headcount=[0.0, 0.5, None, float("nan"), 10.0, 1.0],
        )
    )
    assert stock.customer_id == ("a", "b", "c", "d", "e", "f")
    assert stock.active.tolist() == [True, True, False, False, False, False]
    assert stock.log_revenue[:2].tolist() == [3.0, 2.0]
    assert stock.floor.tolist() == [1000.0, 400.0, 0.0, 0.0, 0.0, 70.0]
    assert np.isnan(stock.log_headcount).tolist() == [False, False, True, True, False, True]
    assert stock.log_headcount[[0, 1, 4]].tolist() == [0.0, 1.0, 0.0]


def test_one_site_is_one_company() -> None:
    """Customers with the same site share their group, customers without a site stand for themselves."""
    stock = read_stock(_customers(customer_id=["a", "b", "c", "d"], site=["x.de", "x.de", None, ""]))
    assert stock.group[0] == stock.group[1]
    assert len(set(stock.group.tolist())) == 3


@given(st.lists(st.integers(0, 2**40), min_size=10, max_size=300), st.integers(2, 10))
def test_folds_keep_companies_together_and_are_even(groups: list[int], folds: int) -> None:
    """A company lies in one fold, companies spread evenly over all folds, and the order of rows does not matter."""
    array = np.array(groups, dtype=np.int64)
    dealt = deal_folds(array, folds, 7)
    by_group = dict(zip(groups, dealt.tolist(), strict=True))
    assert dealt.tolist() == [by_group[group] for group in groups]
    sizes = np.bincount(list(by_group.values()), minlength=folds)
    assert sizes.max() - sizes.min() <= 1
    assert deal_folds(array[::-1], folds, 7)[::-1].tolist() == dealt.tolist()


def test_a_new_customer_leaves_the_folds_of_a_large_stock_alone() -> None:
    """With thousands of companies each keeps its fold when others come and go, and folds are of like size."""
    groups = np.arange(5000, dtype=np.int64)
    before, after = deal_folds(groups, 5, 7), deal_folds(np.append(groups, 99_999), 5, 7)
    assert (after[:-1] == before).all()
    assert np.bincount(before).min() > 900
