"""What the region adds to an estimate."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from scoring.potential import Rating
from scoring.potential.regions import Regions
from scoring.region import read_regions
from scoring.schema import CUSTOMERS

#: First digits of the postcode; customers in the last one buy far more.
_DIGITS = ("1", "4", "7", "9")


def _placed(customers: pl.DataFrame, effect: float) -> pl.DataFrame:
    """Deal postcodes out; revenue in the last zone is higher by `effect` in log10."""
    rng = np.random.default_rng(5)
    zone, digit = rng.integers(0, len(_DIGITS), customers.height), rng.integers(0, 10, customers.height)
    scale = np.where(zone == len(_DIGITS) - 1, 10.0**effect, 1.0)
    codes = [f"{_DIGITS[z]}{d}123" for z, d in zip(zone, digit, strict=True)]
    return customers.with_columns(
        postcode=pl.Series(codes), country=pl.lit("DE"), revenue=pl.col("revenue") * pl.Series(scale)
    )


@pytest.fixture(scope="module")
def regional(made: Any, rate_quietly: Callable[..., Rating]) -> pl.DataFrame:  # noqa: ANN401 - a stock from conftest
    """Give the rating of a stock where one of four zones buys four times as much, with its postcodes."""
    customers = _placed(made.customers, 0.6)
    rated = rate_quietly(customers, made.companies).rated
    return rated.join(customers.select("customer_id", "postcode"), on="customer_id").drop_nulls("typical")


def test_a_zone_that_buys_more_is_told_by_its_factor(regional: pl.DataFrame) -> None:
    """Where the postcode tells revenue, its factor comes near the truth, and its EUR are part of the sum."""
    rich = pl.col("postcode").str.starts_with("9")
    inside, outside = (regional.filter(where)["factor_region"].median() for where in (rich, ~rich))
    assert inside / outside == pytest.approx(10**0.6, rel=0.3)  # type: ignore[operator]  # numbers, as no row is null
    parts = regional.with_columns(pl.col("^eur_.*$").fill_null(0.0))
    total = parts.select(pl.sum_horizontal("^eur_.*$")).to_series()
    assert total.to_numpy() == pytest.approx(parts["typical"].to_numpy())


def test_a_region_without_signal_changes_nothing(
    made: Any,  # noqa: ANN401 - a stock from conftest
    rating: Rating,
    rate_quietly: Callable[..., Rating],
) -> None:
    """Postcodes dealt out at random leave estimates and figures as they are without any."""
    found = rate_quietly(_placed(made.customers, 0.0), made.companies)
    assert found.rated["factor_region"].drop_nulls().to_numpy() == pytest.approx(1.0)
    assert found.rated["typical"].to_list() == rating.rated["typical"].to_list()
    assert rating.rated["factor_region"].null_count() == rating.rated.height


def test_own_revenue_has_no_part_in_the_own_regional_factor(made: Any, rate_quietly: Callable[..., Rating]) -> None:  # noqa: ANN401 - a stock from conftest
    """A hundred times the own revenue leaves the factor of the own region as it is for that customer."""
    customers = _placed(made.customers, 0.6)
    asked = customers.drop_nulls("revenue")["customer_id"][11]
    mine = pl.col("customer_id") == asked
    raised = customers.with_columns(pl.when(mine).then(pl.col("revenue") * 100).otherwise(pl.col("revenue")))
    before, after = (
        rate_quietly(stock, made.companies).rated.filter(mine).select("factor_region", "typical")
        for stock in (customers, raised)
    )
    assert before.rows() == after.rows()


def test_regional_effects_shrink_with_few_customers() -> None:
    """Of two regions with the same mean the one with fewer customers is believed less, and unknown ones not at all."""
    rng = np.random.default_rng(1)
    sizes = (400, 400, 8, 400)
    paths = np.repeat(np.arange(len(sizes)), sizes)[:, None].astype(np.int64)
    levels = np.repeat([-0.3, 0.3, 0.3, 0.0], sizes)
    noise = rng.normal(0, 0.4, len(levels))
    for region in range(len(sizes)):
        noise[paths[:, 0] == region] -= noise[paths[:, 0] == region].mean()
    found = Regions(paths, levels + noise, rng.integers(0, 5, len(levels)).astype(np.int64), len(sizes))
    poor, rich, few, _middle = found.predict(np.arange(len(sizes))[:, None])
    assert 0.2 < rich - poor < 0.6
    assert 0 < few < rich
    assert found.predict(np.array([[-1]])) == pytest.approx(0.0)


def test_regions_are_read_from_postcode_or_city() -> None:
    """Country, first and first two digits; spellings of a country are one; a city stands in for a postcode."""
    rows = [
        ("DE", "70173", "Stuttgart"),
        ("Deutschland", "70 599", None),
        (None, "71034", ""),
        ("AT", "7000", None),
        ("DE", None, "Stuttgart"),
        ("DE", None, None),
    ]
    frame = pl.DataFrame(rows, schema=["country", "postcode", "city"], orient="row")
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in CUSTOMERS.items() if name not in frame.columns]
    levels = read_regions(frame.with_columns(missing).select(*CUSTOMERS))
    assert (levels[0] == levels[1]).all()
    assert levels[0, 1] == levels[2, 1]
    assert levels[0, 2] != levels[2, 2]
    assert levels[0, 1] not in levels[3:, :]
    assert levels[4, 0] == levels[0, 0]
    assert levels[4, 2] == -1
    assert (levels[5] == -1).all()
