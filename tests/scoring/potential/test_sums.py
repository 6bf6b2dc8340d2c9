"""Sums over groups with intervals from simulation."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from embeddings.schema import KEYWORDS
from scoring.classes import Thresholds
from scoring.lists import build
from scoring.potential import Rating
from scoring.potential.sums import GROUPINGS, group_sums
from scoring.schema import SUMS

LIMITS = Thresholds(5_000.0, 1_000.0)


@pytest.fixture(scope="module")
def lists(made: Any, rating: Rating) -> pl.DataFrame:  # noqa: ANN401 - a stock from conftest
    """Give the lists of the stock of 400, looked after by two people."""
    owned = made.customers.with_columns(owner=pl.when(pl.int_range(pl.len()) < 150).then(pl.lit("Lang")))
    return build(owned, rating.rated, KEYWORDS.to_frame(), LIMITS)


@pytest.fixture(scope="module")
def sums(lists: pl.DataFrame, rating: Rating) -> pl.DataFrame:
    """Give the sums of those lists."""
    return group_sums(lists, rating.rated)


def _stock(sums: pl.DataFrame) -> dict[str, Any]:
    return sums.row(by_predicate=pl.col("grouping") == "stock", named=True)


def test_sums_are_those_of_the_lists(lists: pl.DataFrame, sums: pl.DataFrame) -> None:
    """The stock's sums are those of the lists, and each grouping that everybody belongs to adds up to them."""
    assert sums.schema == SUMS
    assert list(dict.fromkeys(sums["grouping"])) == list(GROUPINGS)
    whole = _stock(sums)
    assert whole["customers"] == lists.height
    for name, column in (("potential", "potential"), ("expected", "headroom_expected"), ("headroom", "headroom")):
        assert whole[name] == pytest.approx(lists[column].sum())
        for grouping in ("class_revenue", "class_potential"):
            assert sums.filter(pl.col("grouping") == grouping)[name].sum() == pytest.approx(whole[name])
    assert sums.filter(pl.col("grouping") == "owner")["customers"].to_list() == [150]
    assert set(sums.filter(pl.col("grouping") == "section")["group"]) == {"C", "F", "G", "J"}


def test_intervals_hold_their_sums_and_narrow_with_numbers(sums: pl.DataFrame) -> None:
    """Every sum lies in its interval, and the whole stock's is narrower, relative to its sum, than its parts' are."""
    known = sums.drop_nulls("expected_low")
    for name in ("potential", "headroom", "expected"):
        assert (known[f"{name}_low"] <= known[name]).all()
        assert (known[name] <= known[f"{name}_high"]).all()
    width = (pl.col("expected_high") - pl.col("expected_low")) / pl.col("expected")
    parts = known.filter(pl.col("grouping") == "section").select(width).to_series()
    whole = known.filter(pl.col("grouping") == "stock").select(width).item()
    assert 0.0 < whole < parts.max()


def test_simulation_is_repeatable(lists: pl.DataFrame, sums: pl.DataFrame, rating: Rating) -> None:
    """The same lists in another order give the same intervals."""
    again = group_sums(lists, rating.rated.sample(fraction=1, shuffle=True, seed=2))
    assert _stock(again) == _stock(sums)


def test_expected_interval_holds_the_truth(made: Any, lists: pl.DataFrame, sums: pl.DataFrame) -> None:  # noqa: ANN401 - a stock from conftest
    """What inactive customers of known kinds would buy on average lies in the interval of their expected sum."""
    inactive = made.customers.filter(pl.col("revenue").is_null())["customer_id"]
    rated = lists.filter(pl.col("customer_id").is_in(inactive.to_list()), pl.col("potential").is_not_null())
    place = {name: row for row, name in enumerate(made.customers["customer_id"])}
    expected = made.expected[[place[name] for name in rated["customer_id"]]]
    truth = float((10**expected * np.exp((np.log(10) * 0.25) ** 2 / 2)).sum())
    row = sums.row(by_predicate=(pl.col("grouping") == "class_revenue") & (pl.col("group") == "inactive"), named=True)
    assert 0.8 * row["expected_low"] <= truth <= 1.2 * row["expected_high"]


def test_a_stock_without_estimates_has_sums_without_intervals(lists: pl.DataFrame, rating: Rating) -> None:
    """Where nobody is rated, customers and revenue are added up and no interval is made up."""
    nothing = rating.rated.with_columns(pl.lit(None, rating.rated.schema["law"]).alias("law"))
    bare = group_sums(lists, nothing)
    assert bare["expected_low"].null_count() == bare.height
    assert _stock(bare)["revenue"] > 0
