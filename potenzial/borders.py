"""A stock classed by any borders: counts and EUR by class today and class by potential."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from scoring.classes import Thresholds, class_of, revenue_class
from scoring.schema import POTENTIAL_CLASSES, REVENUE_CLASSES

_AMOUNTS: Final = ("revenue", "potential", "headroom", "headroom_expected")


@dataclass(frozen=True)
class Cell:
    """Customers of one class today and one class by potential; EUR per year, potential and headroom at the quantile."""

    customers: int = 0
    revenue: float = 0.0
    potential: float = 0.0
    headroom: float = 0.0
    headroom_expected: float = 0.0

    def __add__(self, other: "Cell") -> "Cell":
        """The customers of both."""
        return Cell(*(getattr(self, name) + getattr(other, name) for name in ("customers", *_AMOUNTS)))


@dataclass(frozen=True)
class Classed:
    """A stock classed by some borders: what lies in each pair of class today and class by potential."""

    cells: Mapping[tuple[str, str], Cell]

    def cell(self, today: str, potential: str) -> Cell:
        """One pair of classes."""
        return self.cells.get((today, potential), Cell())

    def today(self, name: str) -> Cell:
        """All customers of a class today."""
        return sum((cell for (today, _), cell in self.cells.items() if today == name), Cell())

    def by_potential(self, name: str) -> Cell:
        """All customers of a class by potential."""
        return sum((cell for (_, potential), cell in self.cells.items() if potential == name), Cell())

    @property
    def above(self) -> Cell:
        """Customers whose class by potential is higher than that of today."""
        rank = {name: place for place, name in enumerate(REVENUE_CLASSES)}
        higher = (cell for (today, by), cell in self.cells.items() if by in rank and rank[by] < rank[today])
        return sum(higher, Cell())


def classed(frame: pl.DataFrame, limits: Thresholds) -> Classed:
    """Class customers (revenue, potential and their differences) by borders in EUR per year."""
    potential = class_of(pl.col("potential"), limits).fill_null(POTENTIAL_CLASSES[-1])
    amounts = [pl.col(name).fill_nan(None).sum() for name in _AMOUNTS]
    found = (
        frame.lazy()
        .group_by(today=revenue_class(limits), by=potential)
        .agg(pl.len().alias("customers"), *amounts)
        .collect()
    )
    rows = found.select("today", "by", "customers", *_AMOUNTS).iter_rows()
    return Classed({(now, by): Cell(*values) for now, by, *values in rows})
