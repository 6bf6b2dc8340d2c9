"""Classes A, B and C: the same EUR thresholds for what customers buy and for what they could buy."""

import math
from dataclasses import dataclass
from typing import Final

import polars as pl
from polars import selectors

from scoring.config import ClassConfig

NO_DATA_BASIS: Final = "no data basis"
INACTIVE: Final = "inactive"

_ROUNDING: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Lowest EUR per year of class A (`a`) and of class B (`b`); both infinite where the stock has no revenue."""

    a: float
    b: float

    @property
    def known(self) -> bool:
        """Whether there are thresholds to class by."""
        return math.isfinite(self.a)


def thresholds(revenue: pl.Series, config: ClassConfig) -> Thresholds:
    """Find the thresholds of a stock.

    Method "cumulative" is the usual ABC analysis: customers by descending revenue, A makes the first share of all
    revenue including the customer that crosses the border, B the next share; equal revenue is in the same class.

    Args:
        revenue: EUR per year of each customer; null, NaN, zero and negative revenue does not count.
        config: method, shares and fixed thresholds.

    Returns:
        The thresholds, with `a >= b`.
    """
    if config.method == "fixed":
        return Thresholds(config.a_from, config.b_from)
    return _cumulative(revenue, config.shares)


def _cumulative(revenue: pl.Series, shares: tuple[float, float, float]) -> Thresholds:
    values = revenue.cast(pl.Float64)
    counted = values.filter(values.is_finite() & (values > 0)).sort(descending=True)
    a = _smallest_of_first(counted, shares[0])
    return Thresholds(a, min(a, _smallest_of_first(counted, shares[0] + shares[1])))


def _smallest_of_first(descending: pl.Series, share: float) -> float:
    """Smallest revenue among the customers that make the first `share` of all revenue."""
    if descending.is_empty():
        return math.inf
    before = descending.cum_sum().shift(1, fill_value=0.0)
    # Sums of floats miss an exact border by a few units in the last place: 80 of 100 must not need one customer more.
    limit = share * float(descending.sum()) * (1 - _ROUNDING)
    return float(descending[int((before < limit).sum()) - 1])


def class_of(value: pl.Expr, limits: Thresholds) -> pl.Expr:
    """Class A, B or C of EUR per year; null stays null."""
    at_least_b = pl.when(value >= limits.b).then(pl.lit("B")).otherwise(pl.lit("C"))
    return pl.when(value.is_not_null()).then(pl.when(value >= limits.a).then(pl.lit("A")).otherwise(at_least_b))


def is_active(revenue: str = "revenue") -> pl.Expr:
    """Whether a customer bought in the last 12 months, from the column of that revenue."""
    return pl.col(revenue).fill_nan(None).fill_null(0.0) > 0


def revenue_class(limits: Thresholds, revenue: str = "revenue") -> pl.Expr:
    """Class of a column of revenue in EUR per year: A, B, C, or inactive without any."""
    return pl.when(is_active(revenue)).then(class_of(pl.col(revenue), limits)).otherwise(pl.lit(INACTIVE))


def potential_class(limits: Thresholds, potential: str = "potential") -> pl.Expr:
    """Class of a column of potential in EUR per year: A, B, C, or no data basis where it or the borders are unknown."""
    if not limits.known:
        return pl.lit(NO_DATA_BASIS)
    return class_of(pl.col(potential), limits).fill_null(NO_DATA_BASIS)


def classify(customers: pl.DataFrame, rated: pl.DataFrame, limits: Thresholds) -> pl.DataFrame:
    """Join customers with their potential and class both by the same thresholds.

    Args:
        customers: CUSTOMERS, one row per customer.
        rated: RATED; customers without a row have no data basis.
        limits: EUR per year.

    Returns:
        The rows and columns of `customers` in their order with null for NaN, the columns of `rated`, `class_revenue`
        (A, B, C, inactive) and `class_potential` (A, B, C, no data basis).
    """
    joined = customers.join(rated, on="customer_id", how="left", validate="1:1", maintain_order="left")
    return joined.with_columns(selectors.float().fill_nan(None)).with_columns(
        class_revenue=revenue_class(limits), class_potential=potential_class(limits)
    )
