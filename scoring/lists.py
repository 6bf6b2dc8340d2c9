"""The result of a run: every customer with potential, classes, action and reasons, and the lists drawn from it."""

from datetime import date

import polars as pl

from scoring.actions import assign
from scoring.classes import Thresholds, classify
from scoring.explain import explain
from scoring.schema import POTENTIAL


def build(
    customers: pl.DataFrame,
    rated: pl.DataFrame,
    keywords: pl.DataFrame,
    thresholds: Thresholds,
    *,
    as_of: date | None = None,
) -> pl.DataFrame:
    """Put together what is known, rated and advised.

    Args:
        customers: CUSTOMERS, one row per customer.
        rated: RATED; a customer without a row has no data basis.
        keywords: KEYWORDS.
        thresholds: EUR per year, of the same stock.
        as_of: day of the export; None takes the newest purchases of the stock for it.

    Returns:
        POTENTIAL: every customer once, most headroom first, those without a potential last, then by customer id.
        `revenue` stays null where it was; headroom counts it as zero.
    """
    classed = classify(customers, rated, thresholds).with_columns(headroom=headroom())
    explained = explain(assign(classed, thresholds, as_of), keywords, as_of)
    return _ordered(explained.select(POTENTIAL.names()).match_to_schema(POTENTIAL))


def headroom() -> pl.Expr:
    """EUR per year between `potential` and `revenue` (null counts as zero), not below zero; null without potential."""
    missing = pl.col("potential") - pl.max_horizontal(pl.col("revenue").fill_null(0.0), 0.0)
    return missing.clip(lower_bound=0.0)


def top(potential: pl.DataFrame, action: str, n: int) -> pl.DataFrame:
    """The `n` customers of one action with the most headroom, in the order of POTENTIAL."""
    return _ordered(potential.filter(pl.col("action") == action)).head(n)


def _ordered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort("headroom", "customer_id", descending=[True, False], nulls_last=True)
