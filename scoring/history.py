"""What customers bought over the years: revenue of 12 months, best year, tenure, last purchase.

A history is kept as entries: an amount booked between two days. An order line starts and ends on one day, a column of a
year spans that year, so that both are added up by the same rules.

Annualising: a customer that made its first purchase within the 12 months looked at has been buying for a part of them
only; its revenue is scaled to 12 months by the days since then. With order lines the purchases of the first day are not
scaled: they open the time that is counted, and to count them in it would make every rare buyer look too large (the
length-biased first interval of a renewal process, Cox 1962). Nobody gets less than was booked. Below `MIN_MONTHS`
scaling would multiply chance, so the revenue stays as it is. Only customers with 12 months behind them train a model
(`trains`), and zeros never do.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import polars as pl

from scoring.errors import HistoryError

#: Amounts in EUR booked from `start` to `end`, both days included.
ENTRIES: Final = pl.Schema(
    {"customer_id": pl.String(), "start": pl.Date(), "end": pl.Date(), "amount": pl.Float64()},
)
#: First purchases that are known from elsewhere than the entries.
SINCE: Final = pl.Schema({"customer_id": pl.String(), "first_purchase": pl.Date()})
#: Where each customer stands on a day. `revenue` is EUR of the 12 months up to it, `annualised` the same scaled to 12
#: months for who bought for a part of them, `revenue_best` the best 12 of the last 36 months; `months` of the 12 since
#: the first purchase; `orders` days with a purchase (years, in a table of years) in the 12 months.
STANDING: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "revenue": pl.Float64(),
        "annualised": pl.Float64(),
        "revenue_best": pl.Float64(),
        "first_purchase": pl.Date(),
        "last_purchase": pl.Date(),
        "orders": pl.Int64(),
        "months": pl.Float64(),
        "trains": pl.Boolean(),
    }
)

#: Fewer months than this are not scaled to a year.
MIN_MONTHS: Final = 3.0
_YEAR_MONTHS: Final = 12
_BEST_OF_YEARS: Final = 3
#: The last month counts as recorded when something was bought in its last days.
_CLOSING_DAYS: Final = 7
_DECEMBER: Final = 12


@dataclass(frozen=True)
class Span:
    """Days from `start` to `end`, both included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Number of days."""
        return (self.end - self.start).days + 1


@dataclass(frozen=True, eq=False)
class History:
    """Purchases of all customers: `entries` (ENTRIES), `first_month` of the business year, and `since` (SINCE).

    Raises:
        HistoryError: there is no entry.
    """

    entries: pl.DataFrame
    first_month: int = 1
    since: pl.DataFrame = field(default_factory=SINCE.to_frame)

    def __post_init__(self) -> None:
        """Refuse a history of nothing."""
        if self.entries.is_empty():
            raise HistoryError("The history holds no purchase. Give a file with order lines or yearly revenue.")

    @property
    def recorded(self) -> Span:
        """From the first day of the first month on record to the last day of the last one that is recorded to its end.

        Order lines that stop in the middle of a month were exported then: that month does not count.
        """
        first, last = self.entries["start"].min(), self.entries["end"].max()
        assert isinstance(first, date)  # noqa: S101 - for type checkers: a history has entries, and they have days
        assert isinstance(last, date)  # noqa: S101 - as above
        closed = month_end(last)
        if (closed - last).days >= _CLOSING_DAYS:
            closed = last.replace(day=1) - timedelta(days=1)
        return Span(first.replace(day=1), max(closed, first))

    @property
    def years(self) -> tuple[int, ...]:
        """Business years that are on record from their first day to their last, named by the year they begin in."""
        recorded = self.recorded
        named = range(recorded.start.year - 1, recorded.end.year + 1)
        spans = ((year, self.year(year)) for year in named)
        return tuple(year for year, span in spans if span.start >= recorded.start and span.end <= recorded.end)

    def year(self, year: int) -> Span:
        """Days of the business year that begins in this calendar year."""
        start = date(year, self.first_month, 1)
        return Span(start, shifted(start, 1) - timedelta(days=1))


def month_end(day: date) -> date:
    """Last day of the month of a day."""
    following = date(day.year + 1, 1, 1) if day.month == _DECEMBER else date(day.year, day.month + 1, 1)
    return following - timedelta(days=1)


def shifted(day: date, years: int) -> date:
    """The same day some years later or earlier; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def last_year(as_of: date) -> Span:
    """The 12 months that end with a day."""
    following = as_of + timedelta(days=1)
    return Span(shifted(following, -1), as_of)


def of_orders(orders: pl.DataFrame, first_month: int = 1) -> History:
    """Make a history of order lines: `customer_id`, `date` and `amount` in EUR (credit notes below zero).

    Raises:
        HistoryError: there is none.
    """
    day = pl.col("date")
    entries = orders.select("customer_id", day.alias("start"), day.alias("end"), "amount")
    return History(_tidy(entries), first_month)


def of_years(years: pl.DataFrame, first_month: int = 1, since: pl.DataFrame | None = None) -> History:
    """Make a history of yearly revenue: `customer_id`, `year` (in which the business year begins), `revenue` in EUR.

    `since` (SINCE) tells first purchases; without it, who appears after the first year on record counts as new for the
    whole year it appears in, and nobody knows how much of that year it bought in.

    Raises:
        HistoryError: there is no revenue.
    """
    start = pl.date(pl.col("year"), first_month, 1)
    entries = years.filter(pl.col("revenue").is_not_null()).select(
        "customer_id", start.alias("start"), _last_day(start).alias("end"), pl.col("revenue").alias("amount")
    )
    return History(_tidy(entries), first_month, SINCE.to_frame() if since is None else since.match_to_schema(SINCE))


def _last_day(start: pl.Expr) -> pl.Expr:
    return start.dt.offset_by("1y").dt.offset_by("-1d")


def _tidy(entries: pl.DataFrame) -> pl.DataFrame:
    kept = entries.cast(ENTRIES).drop_nulls().filter(pl.col("amount").is_finite())
    return kept.sort("customer_id", "start", "end", "amount").match_to_schema(ENTRIES)


def revenue_in(history: History, span: Span) -> pl.DataFrame:
    """Add up what lies wholly within a span: `customer_id` and `revenue` in EUR, sorted; who has no entry is absent."""
    within = history.entries.filter(pl.col("start") >= span.start, pl.col("end") <= span.end)
    return within.group_by("customer_id").agg(revenue=pl.col("amount").sum()).sort("customer_id")


def standing(history: History, as_of: date) -> pl.DataFrame:
    """Tell where each customer stands at the end of a day that it had bought something by.

    Returns:
        STANDING, sorted by `customer_id`; credit notes alone are no purchase, so who has nothing else is absent.
    """
    window = last_year(as_of)
    known = _purchases(history, as_of)
    parts = [_revenue(history, window, "revenue"), _orders(history, window), _best(history, as_of)]
    parts += [_opening(history, known)]
    for part in parts:
        known = known.join(part, on="customer_id", how="left", maintain_order="left")
    amounts = pl.col("revenue", "revenue_best", "opening").fill_null(0.0)
    full = known.with_columns(amounts, pl.col("orders").fill_null(0), months=_months(history, window))
    return _judged(full, window).select(STANDING.names()).match_to_schema(STANDING)


def _purchases(history: History, as_of: date) -> pl.DataFrame:
    """First and last day of purchase of each customer up to a day."""
    bought = history.entries.filter(pl.col("amount") > 0, pl.col("end") <= as_of)
    # Of who is there from the first recorded day on, nothing says that it is new.
    begins = history.entries["start"].min()
    first = pl.when(pl.col("start") == begins).then("start").otherwise("end").min()
    days = bought.group_by("customer_id").agg(seen=first, last_purchase=pl.col("end").max()).sort("customer_id")
    joined = days.join(history.since, on="customer_id", how="left", maintain_order="left")
    return joined.with_columns(first_purchase=pl.coalesce("first_purchase", "seen")).drop("seen")


def _revenue(history: History, span: Span, name: str) -> pl.DataFrame:
    return revenue_in(history, span).rename({"revenue": name})


def _orders(history: History, span: Span) -> pl.DataFrame:
    bought = history.entries.filter(pl.col("amount") > 0, pl.col("start") >= span.start, pl.col("end") <= span.end)
    return bought.group_by("customer_id").agg(orders=pl.col("start").n_unique().cast(pl.Int64))


def _opening(history: History, known: pl.DataFrame) -> pl.DataFrame:
    """EUR of the day of the first purchase; nothing where only years are known."""
    of_a_day = history.entries.filter(pl.col("start") == pl.col("end"))
    firsts = of_a_day.join(known, on="customer_id").filter(pl.col("start") == pl.col("first_purchase"))
    return firsts.group_by("customer_id").agg(opening=pl.col("amount").sum())


def _best(history: History, as_of: date) -> pl.DataFrame:
    """Best 12 of the last 36 months, counted back from a day."""
    ends = [shifted(as_of + timedelta(days=1), -back) - timedelta(days=1) for back in range(_BEST_OF_YEARS)]
    frames = [_revenue(history, last_year(end), "revenue_best") for end in ends]
    return pl.concat(frames).group_by("customer_id").agg(pl.col("revenue_best").max())


def _months(history: History, window: Span) -> pl.Expr:
    """How many of the 12 months a customer has been buying in, as far as they are recorded."""
    begins = max(window.start, history.recorded.start)
    since = pl.max_horizontal("first_purchase", pl.lit(begins))
    days = (pl.lit(window.end) - since).dt.total_days() + 1
    return (_YEAR_MONTHS * days / window.days).clip(0, _YEAR_MONTHS)


def _judged(frame: pl.DataFrame, window: Span) -> pl.DataFrame:
    part = (pl.col("revenue") > 0) & pl.col("months").is_between(MIN_MONTHS, _YEAR_MONTHS, closed="left")
    scaled = pl.max_horizontal("revenue", (pl.col("revenue") - pl.col("opening")) * _YEAR_MONTHS / pl.col("months"))
    trains = (pl.col("revenue") > 0) & (pl.col("first_purchase") <= window.start)
    return frame.with_columns(annualised=pl.when(part).then(scaled).otherwise("revenue"), trains=trains)
