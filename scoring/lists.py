"""The result of a run: every customer with potential, classes, action and reasons, and the lists drawn from it."""

from datetime import date

import numpy as np
import polars as pl

from scoring.actions import assign
from scoring.classes import Thresholds, classify
from scoring.config import Target
from scoring.explain import explain
from scoring.potential.law import class_chances, read_laws
from scoring.schema import POTENTIAL


def build(
    customers: pl.DataFrame,
    rated: pl.DataFrame,
    keywords: pl.DataFrame,
    thresholds: Thresholds,
    *,
    as_of: date | None = None,
    target: Target = "revenue",
) -> pl.DataFrame:
    """Put together what is known, rated and advised.

    Args:
        customers: CUSTOMERS, one row per customer.
        rated: RATED; a customer without a row has no data basis.
        keywords: KEYWORDS.
        thresholds: EUR per year, of the same stock.
        as_of: day of the export; None takes the newest purchases of the stock for it.
        target: what the EUR in the columns of amounts are.

    Returns:
        POTENTIAL: every customer once, most headroom first, those without a potential last, then by customer id.
        `revenue` stays null where it was; headroom counts it as zero.
    """
    classed = classify(customers, rated, thresholds).with_columns(headroom=headroom())
    likely = with_chances(classed, thresholds)
    explained = explain(assign(likely, thresholds, as_of), keywords, as_of, target)
    return _ordered(explained.select(POTENTIAL.names()).match_to_schema(POTENTIAL))


def headroom() -> pl.Expr:
    """EUR per year between `potential` and `revenue` (null counts as zero), not below zero; null without potential."""
    missing = pl.col("potential") - pl.max_horizontal(pl.col("revenue").fill_null(0.0), 0.0)
    return missing.clip(lower_bound=0.0)


def with_chances(classed: pl.DataFrame, limits: Thresholds) -> pl.DataFrame:
    """Add `p_a`, `p_b` and `p_c`: how likely the wallet is of each class, given that it is at least the revenue.

    Null without a law of the wallet (`RATED`), and everywhere in a stock without thresholds.
    """
    names = ("p_a", "p_b", "p_c")
    known = classed["law"].is_not_null().to_numpy()
    found = np.full((classed.height, len(names)), np.nan)
    if limits.known and known.any():
        own = classed["revenue"].fill_null(0.0).to_numpy()[known]
        found[known] = class_chances(read_laws(classed["law"].drop_nulls()), own, limits.a, limits.b)
    columns = (pl.Series(name, found[:, place], pl.Float64) for place, name in enumerate(names))
    return classed.with_columns(columns).with_columns(pl.col(names).fill_nan(None))


def top(potential: pl.DataFrame, action: str, n: int) -> pl.DataFrame:
    """The `n` customers of one action with the most headroom, in the order of POTENTIAL."""
    return _ordered(potential.filter(pl.col("action") == action)).head(n)


def _ordered(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort("headroom", "customer_id", descending=[True, False], nulls_last=True)
