import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.classes import Thresholds, classify, thresholds
from scoring.config import ClassConfig
from scoring.errors import ConfigRangeError
from scoring.schema import CUSTOMERS, POTENTIAL_CLASSES, RATED, REVENUE_CLASSES

ABC = ClassConfig()
REVENUES = st.lists(st.none() | st.floats(-1e5, 1e8) | st.integers(0, 5).map(lambda step: step * 1e4), max_size=60)


def numbers(*values: float | None) -> pl.Series:
    """Revenue of a stock."""
    return pl.Series("revenue", values, dtype=pl.Float64)


def classed(
    revenue: list[float | None], potential: list[float | None], limits: Thresholds
) -> tuple[list[str], list[str]]:
    """Classes of revenue and of potential, customer by customer."""
    ids = [str(row) for row in range(len(revenue))]
    customers = pl.DataFrame({"customer_id": ids, "revenue": revenue}).match_to_schema(
        CUSTOMERS, missing_columns="insert"
    )
    rated = pl.DataFrame({"customer_id": ids, "potential": potential}).match_to_schema(RATED, missing_columns="insert")
    frame = classify(customers, rated, limits)
    return frame["class_revenue"].to_list(), frame["class_potential"].to_list()


def test_first_share_of_revenue_makes_a_and_next_share_b() -> None:
    """A is the first 80 % of revenue and B the next 15 %, each down to its smallest customer."""
    assert thresholds(numbers(5, 15, 80), ABC) == Thresholds(80, 15)


def test_customer_that_crosses_the_border_belongs_to_the_better_class() -> None:
    """The customer with whom 80 % is passed is still an A customer."""
    assert thresholds(numbers(79, 10, 7, 4), ABC) == Thresholds(10, 7)


def test_exact_border_survives_rounding_of_sums() -> None:
    """0.7 and 0.1 are 80 % of 1 although their binary sum is a little less."""
    assert thresholds(numbers(0.7, 0.1, 0.09, 0.06, 0.05), ABC) == Thresholds(0.1, 0.06)


def test_equal_revenue_is_in_the_same_class() -> None:
    """A stock where all buy the same has A customers only."""
    limits = thresholds(numbers(*[7.0] * 10), ABC)
    assert limits == Thresholds(7, 7)
    assert classed([7.0, 6.9], [7.0, 6.9], limits) == (["A", "C"], ["A", "C"])


def test_one_customer_is_an_a_customer() -> None:
    """The only customer sets both thresholds."""
    assert thresholds(numbers(500), ABC) == Thresholds(500, 500)


def test_revenue_that_is_missing_or_not_positive_does_not_count() -> None:
    """Null, NaN, infinite, zero and negative revenue leave the thresholds alone."""
    assert thresholds(numbers(None, math.nan, math.inf, 0, -50, 80, 15, 5), ABC) == Thresholds(80, 15)


@pytest.mark.parametrize("revenue", [[], [0.0, None], [-1.0]])
def test_without_revenue_nothing_can_be_classed(revenue: list[float | None]) -> None:
    """A stock without revenue has no thresholds, and potentials no data basis."""
    limits = thresholds(numbers(*revenue), ABC)
    assert not limits.known
    assert classed([0.0], [5000.0], limits) == (["inactive"], ["no data basis"])


def test_integer_revenue_is_accepted() -> None:
    """Whole EUR without decimals give the same thresholds."""
    assert thresholds(pl.Series([80, 15, 5]), ABC) == Thresholds(80, 15)


def test_fixed_thresholds_are_taken_as_they_are() -> None:
    """Method "fixed" ignores the revenue of the stock."""
    config = ClassConfig(method="fixed", a_from=50_000, b_from=10_000)
    assert thresholds(numbers(1, 2), config) == Thresholds(50_000, 10_000)


@pytest.mark.parametrize(("a_from", "b_from"), [(0, 0), (10, 10), (10, 20), (10, 0)])
def test_fixed_thresholds_must_descend_to_above_zero(a_from: float, b_from: float) -> None:
    """Fixed thresholds that contradict each other are named."""
    with pytest.raises(ConfigRangeError, match=r"classes\.a_from .*classes\.b_from"):
        thresholds(numbers(1), ClassConfig(method="fixed", a_from=a_from, b_from=b_from))


def test_shares_must_sum_to_one() -> None:
    """Shares that do not add up are named with their sum."""
    with pytest.raises(ConfigRangeError, match=r"classes\.shares .* sum to 1\.1"):
        thresholds(numbers(1), ClassConfig(shares=(0.8, 0.2, 0.1)))


def test_shares_may_be_rounded() -> None:
    """Shares written with three digits are close enough to 1."""
    assert thresholds(numbers(3, 2, 1), ClassConfig(shares=(0.333, 0.333, 0.3333))).known


@settings(deadline=None)
@given(REVENUES)
def test_a_customers_make_their_share_and_no_one_too_many(values: list[float | None]) -> None:
    """A customers make at least 80 % of revenue, and without the smallest of them it would be less."""
    bought = sorted((value for value in values if value is not None and value > 0), reverse=True)
    limits = thresholds(numbers(*values), ABC)
    in_a = [value for value in bought if value >= limits.a]
    above = [value for value in bought if value > limits.a]
    assert math.fsum(in_a) >= 0.8 * math.fsum(bought) * (1 - 1e-6)
    assert math.fsum(above) <= 0.8 * math.fsum(bought) * (1 + 1e-6)


@settings(deadline=None)
@given(REVENUES)
def test_thresholds_descend_and_class_order_follows_eur(values: list[float | None]) -> None:
    """A starts no lower than B, everyone has a class, and who buys more is never in a lower class."""
    limits = thresholds(numbers(*values), ABC)
    assert limits.a >= limits.b
    actual, potential = classed(values, [None if value is None else abs(value) for value in values], limits)
    assert set(actual) <= set(REVENUE_CLASSES)
    assert set(potential) <= set(POTENTIAL_CLASSES)
    ranked = [name for _, name in sorted(zip([value or 0 for value in values], actual, strict=True), reverse=True)]
    assert [name for name in ranked if name != "inactive"] == sorted(name for name in ranked if name != "inactive")


def test_actual_and_potential_are_classed_by_the_same_eur() -> None:
    """The same amount is in the same class whether it is bought or could be bought."""
    amounts: list[float | None] = [100.0, 99.9, 10.0, 9.9]
    assert classed(amounts, amounts, Thresholds(100, 10)) == (["A", "B", "B", "C"], ["A", "B", "B", "C"])


def test_missing_values_have_their_own_classes() -> None:
    """Revenue that is null, NaN, zero or negative is inactive; a potential that is null or NaN has no data basis."""
    actual, potential = classed([None, math.nan, 0.0, -5.0], [None, math.nan, 0.0, 20.0], Thresholds(100, 10))
    assert actual == ["inactive"] * 4
    assert potential == ["no data basis", "no data basis", "C", "B"]


def test_customers_that_were_not_rated_stay() -> None:
    """A customer without a row of the model keeps its place and has no data basis."""
    customers = pl.DataFrame({"customer_id": ["b", "a"], "revenue": [5.0, None]})
    frame = classify(
        customers.match_to_schema(CUSTOMERS, missing_columns="insert"), RATED.to_frame(), Thresholds(100, 10)
    )
    assert frame["customer_id"].to_list() == ["b", "a"]
    assert frame["class_potential"].to_list() == ["no data basis", "no data basis"]
