"""The stock in sums: everything that the report charts, added up before it is drawn."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from scoring.classes import INACTIVE, NO_DATA_BASIS
from scoring.schema import POTENTIAL_CLASSES, REVENUE_CLASSES

#: Classes that sales hardly looks after today, and those that deserve it.
SMALL: Final = ("C", INACTIVE)
LARGE: Final = ("A", "B")
#: Actions that send a sales rep to the customer.
WORKED: Final = ("expansion", "reactivation")
#: Points of a concentration curve, besides zero.
_POINTS: Final = 100
_AMOUNTS: Final = ("revenue", "headroom", "headroom_expected")
#: Chance of a better class from which on a move is called sure.
SURE: Final = 0.8


@dataclass(frozen=True)
class Cell:
    """A group of customers: how many, their revenue, growth potential and its expected value in EUR per year.

    `sure` of them are of a better class than today with a chance of at least 80 %.
    """

    customers: int = 0
    revenue: float = 0.0
    headroom: float = 0.0
    expected: float = 0.0
    sure: int = 0

    def __add__(self, other: "Cell") -> "Cell":
        """Both groups together."""
        return Cell(
            self.customers + other.customers,
            self.revenue + other.revenue,
            self.headroom + other.headroom,
            self.expected + other.expected,
            self.sure + other.sure,
        )


@dataclass(frozen=True)
class Curve:
    """Cumulated share of the growth potential over the share of addresses, both from 0 to 1."""

    addresses: tuple[float, ...]
    headroom: tuple[float, ...]


@dataclass(frozen=True)
class Summary:
    """Sums of a stock by actual class and potential class, and the concentration of its growth potential."""

    cells: Mapping[tuple[str, str], Cell]
    rated: int
    active: int
    worked: int
    by_model: tuple[float, ...]
    by_revenue: tuple[float, ...]

    def group(self, rows: Sequence[str] = REVENUE_CLASSES, columns: Sequence[str] = POTENTIAL_CLASSES) -> Cell:
        """All customers of these actual and potential classes together."""
        return sum((self.cells.get((row, column), Cell()) for row in rows for column in columns), Cell())

    def top_count(self, share: float) -> int:
        """How many addresses that share is, rounded up to whole ones."""
        return math.ceil(round(share * len(self.by_model), 9))

    def held(self, share: float) -> float | None:
        """Share of the growth potential that the best addresses by potential hold; None without potential."""
        return _held(self.by_model, self.top_count(share))

    def held_by_revenue(self, share: float) -> float | None:
        """As `held`, with the addresses taken in the order of their revenue."""
        return _held(self.by_revenue, self.top_count(share))

    def curve(self) -> Curve:
        """Concentration with the addresses taken in the order of their growth potential."""
        return _curve(self.by_model)

    def curve_by_revenue(self) -> Curve:
        """Concentration with the addresses taken in the order of their revenue."""
        return _curve(self.by_revenue)


def share(part: float, whole: float) -> float | None:
    """Part of a whole, None where there is no whole."""
    return part / whole if whole > 0 else None


def summarise(customers: pl.DataFrame) -> Summary:
    """Adds up a frame of schema `scoring.schema.POTENTIAL`; unknown amounts count as zero EUR."""
    rows = _complete(customers)
    return Summary(
        cells=_cells(rows),
        rated=rows.filter(pl.col("class_potential") != NO_DATA_BASIS).height,
        active=rows.filter(pl.col("class_revenue") != INACTIVE).height,
        worked=rows.filter(_risers() & pl.col("action").is_in(WORKED)).height,
        by_model=_cumulated(rows, "headroom"),
        by_revenue=_cumulated(rows, "revenue"),
    )


def _risers() -> pl.Expr:
    return pl.col("class_revenue").is_in(SMALL) & pl.col("class_potential").is_in(LARGE)


def _complete(customers: pl.DataFrame) -> pl.DataFrame:
    return customers.select(
        "customer_id",
        "action",
        pl.col("class_revenue").fill_null(INACTIVE),
        pl.col("class_potential").fill_null(NO_DATA_BASIS),
        *(pl.col(name).fill_nan(None).fill_null(0.0) for name in _AMOUNTS),
        sure=(_chance_of_better(customers.columns) >= SURE).fill_null(value=False),
    )


def _chance_of_better(columns: Sequence[str]) -> pl.Expr:
    """The chance that a customer's wallet is of a better class than its revenue; null where chances are not held."""
    if "p_a" not in columns:
        return pl.lit(None, pl.Float64)
    today = pl.col("class_revenue").fill_null(INACTIVE)
    better = pl.when(today.is_in(SMALL)).then(pl.col("p_a") + pl.col("p_b")).when(today == "B").then("p_a")
    return better.otherwise(0.0).fill_nan(None)


def _cells(rows: pl.DataFrame) -> dict[tuple[str, str], Cell]:
    groups = rows.group_by("class_revenue", "class_potential").agg(
        pl.len(), pl.col(_AMOUNTS).sum(), pl.col("sure").sum()
    )
    return {(row, column): Cell(*amounts) for row, column, *amounts in groups.iter_rows()}


def _cumulated(rows: pl.DataFrame, order: str) -> tuple[float, ...]:
    """Growth potential of the first, the first two, ... addresses in EUR; ties go by customer id."""
    best_first = rows.sort([order, "customer_id"], descending=[True, False])
    return tuple(best_first["headroom"].cum_sum().to_list())


def _held(cumulated: Sequence[float], count: int) -> float | None:
    if not cumulated or count == 0:
        return None
    return share(cumulated[count - 1], cumulated[-1])


def _curve(cumulated: Sequence[float]) -> Curve:
    """At most a hundred steps, so that a curve of 55,000 addresses is as small as one of 100."""
    counts = np.unique(np.linspace(0, len(cumulated), _POINTS + 1).round().astype(int))
    heights = np.concatenate([[0.0], cumulated])[counts] / cumulated[-1]
    return Curve(tuple((counts / len(cumulated)).tolist()), tuple(heights.tolist()))
