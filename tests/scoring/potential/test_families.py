"""Chains: one company, whose potential is allocated over its branches."""

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.potential import Rating
from scoring.potential.families import fill, read_families

Rate = Callable[..., Rating]
AMOUNTS = ("potential", "potential_low", "potential_high", "typical", "headroom_expected")
_money = st.floats(0, 1e6)


@given(total=_money, floors=st.lists(_money, min_size=1, max_size=6), data=st.data())
def test_a_split_adds_up_and_keeps_every_floor(total: float, floors: list[float], data: st.DataObject) -> None:
    """Branches add up to the company and none falls below its floor; floors beyond the company stand as they are."""
    weights = data.draw(st.lists(st.floats(0.01, 10), min_size=len(floors), max_size=len(floors)))
    share = np.array(weights) / sum(weights)
    amounts = fill(total, np.array(floors), share)
    assert amounts.sum() == pytest.approx(max(total, sum(floors)), rel=1e-9, abs=1e-9)
    assert (amounts >= np.array(floors) * (1 - 1e-9)).all()


def test_without_floors_a_split_follows_the_shares() -> None:
    """A branch with three times the people gets three times the amount."""
    assert fill(100.0, np.zeros(2), np.array([0.75, 0.25])).tolist() == [75.0, 25.0]


@pytest.fixture(scope="module")
def chain(made: Any) -> pl.DataFrame:  # noqa: ANN401 - a stock from conftest
    """Give the stock and a copy of an inactive customer as a chain of three branches, of 30, 10 and 10 people."""
    base = made.customers.filter(pl.col("revenue").is_null(), pl.col("industry").is_not_null()).head(1)
    branch = base.with_columns(site=pl.lit("kette.de"), revenue_best=pl.lit(None, pl.Float64))
    branches = [
        branch.with_columns(customer_id=pl.lit(f"Z{place}"), headcount=pl.lit(people))
        for place, people in enumerate((30.0, 10.0, 10.0))
    ]
    return pl.concat([made.customers, *branches])


def test_a_chain_is_allocated_not_multiplied(made: Any, chain: pl.DataFrame, rate_quietly: Rate) -> None:  # noqa: ANN401 - a stock from conftest
    """The branches of a chain add up to the potential of one company with all their people, split by people."""
    single = chain.filter(pl.col("customer_id") == "Z0").with_columns(customer_id=pl.lit("Z0"), headcount=pl.lit(50.0))
    one = rate_quietly(pl.concat([made.customers, single]), made.companies).rated.filter(pl.col("customer_id") == "Z0")
    three = rate_quietly(chain, made.companies).rated.filter(pl.col("customer_id").str.starts_with("Z"))
    assert three["family"].to_list() == ["Z0"] * 3
    for name in AMOUNTS:
        assert three[name].sum() == pytest.approx(one[name].item(), rel=1e-6)
        assert three[name][0] == pytest.approx(3 * three[name][1], rel=1e-6)
    assert np.diff(three["law"].to_list()[:2], axis=0)[0] == pytest.approx(np.log10(1 / 3), abs=1e-4)


def test_a_company_is_the_sum_of_its_branches(chain: pl.DataFrame) -> None:
    """Revenue, best years and people add up; the same number with every branch is the company's own."""
    active = chain.with_columns(
        revenue=pl.when(pl.col("customer_id") == "Z1").then(500.0).otherwise("revenue"),
        headcount=pl.when(pl.col("customer_id").str.starts_with("Z")).then(80.0).otherwise("headcount"),
    )
    for frame, people in ((chain, 50.0), (active, 80.0)):
        merged = read_families(frame, None).merged
        row = merged.customer_id.index("Z1" if frame is active else "Z0")
        assert 10 ** merged.log_headcount[row] == pytest.approx(people)
        assert np.isfinite(merged.log_revenue[row]) == (frame is active)
        assert len(merged) == len(chain) - 2
