"""What to do with a customer: expansion, reactivation, keep or check.

The first rule that holds decides:

1. check         there is no data basis, so no potential
2. check         revenue of the last 12 months is negative: credit notes outweigh invoices
3. check         a purchase in the last months is on record, but no revenue: one of the two is wrong
4. reactivation  no revenue in the last 12 months. This includes addresses without any recorded purchase: records of
                 purchases rarely reach back for ever, and the only other choice would be to hide their potential
5. expansion     the potential is in a better class than the revenue, or the headroom is worth a customer of its own
6. check         an A or B customer buys at least ten times what comparable customers typically buy, and twice what is
                 unusual in this stock: the facts that it is compared by (industry, headcount, website) hardly describe
                 the buyer
7. keep          everyone else buys what the potential suggests
"""

from datetime import date
from typing import Final

import polars as pl

from scoring.classes import NO_DATA_BASIS, Thresholds, is_active

_RANK: Final = {"A": 3, "B": 2, "C": 1}
_OUTLIER_RATIO: Final = 10.0
#: A little less than a year, as the newest purchase of a stock is a little older than its export.
_RECENT_DAYS: Final = 335
#: Share of purchase dates up to the reference date; a handful of mistyped future dates must not move it.
_REFERENCE_SHARE: Final = 0.99
#: Fewer purchase dates do not tell when a stock was exported: the newest may be years old.
_REFERENCE_DATES: Final = 20


def reference_date(last_purchase: pl.Series) -> date | None:
    """Day to which a stock is up to date: its newest purchase but for the newest hundredth; None below 20 dates."""
    days = last_purchase.drop_nulls().sort()
    if len(days) < _REFERENCE_DATES:
        return None
    newest: date = days[round(_REFERENCE_SHARE * (len(days) - 1))]
    return newest


def is_rated() -> pl.Expr:
    """Whether a customer has a potential class."""
    return pl.col("class_potential") != NO_DATA_BASIS


def is_negative() -> pl.Expr:
    """Whether revenue of the last 12 months is below zero."""
    return (pl.col("revenue") < 0).fill_null(value=False)


def is_unbooked(as_of: date | None) -> pl.Expr:
    """Whether a purchase in the last months is on record, but no revenue."""
    recent = pl.col("last_purchase") > pl.lit(as_of, pl.Date) - pl.duration(days=_RECENT_DAYS)
    return (recent & ~is_active()).fill_null(value=False)


def outlier_ratio(frame: pl.DataFrame) -> float:
    """Multiple of `typical` from which on a customer does not fit its comparison: twice the usual upper end, or ten."""
    upper = frame.filter(pl.col("typical") > 0).select(pl.col("potential_high") / pl.col("typical")).to_series()
    usual = upper.quantile(0.5)
    return max(_OUTLIER_RATIO, 2 * (usual or 0.0))


def _is_outlier(ratio: float) -> pl.Expr:
    beyond = pl.col("revenue") >= ratio * pl.col("typical")
    return (pl.col("class_revenue").is_in(["A", "B"]) & (pl.col("typical") > 0) & beyond).fill_null(value=False)


def _grows(limits: Thresholds) -> pl.Expr:
    """Whether potential is in a better class, or headroom is an A customer's revenue or a doubling worth a B."""
    headroom = pl.col("headroom")
    better = _rank("class_potential") > _rank("class_revenue")
    doubled = (headroom >= limits.b) & (headroom >= pl.col("revenue"))
    return (better | (headroom >= limits.a) | doubled).fill_null(value=False)


def _rank(column: str) -> pl.Expr:
    return pl.col(column).replace_strict(_RANK, default=0, return_dtype=pl.Int8)


def assign(frame: pl.DataFrame, limits: Thresholds, as_of: date | None = None) -> pl.DataFrame:
    """Add `action` by the rules above.

    Args:
        frame: has `revenue`, `typical`, `potential_high` and `headroom` in EUR per year, `last_purchase`,
            `class_revenue` and `class_potential`.
        limits: EUR per year.
        as_of: day of the export; None takes the newest purchases of the stock for it. With fewer than 20 of those
            rule 3 holds for nobody.

    Returns:
        The frame with `action`, never null.
    """
    day = as_of or reference_date(frame["last_purchase"])
    doubtful = ~is_rated() | is_negative() | is_unbooked(day)
    return frame.with_columns(
        action=pl.when(doubtful)
        .then(pl.lit("check"))
        .when(~is_active())
        .then(pl.lit("reactivation"))
        .when(_grows(limits))
        .then(pl.lit("expansion"))
        .when(_is_outlier(outlier_ratio(frame)))
        .then(pl.lit("check"))
        .otherwise(pl.lit("keep"))
    )
