"""The map as a page draws it: one row for each company on it that the reader may see, packed into few bytes."""

import struct
import threading
from dataclasses import dataclass
from typing import Final

import polars as pl

from potenzial import tables
from potenzial.report.plain import shown
from potenzial.web.stock import Portfolio, Stock
from scoring.schema import POTENTIAL_CLASSES, REVENUE_CLASSES

_LONGEST: Final = 60
_PHRASES: Final = 2


@dataclass(frozen=True, eq=False)
class Chart:
    """Companies on the map (`places`: MAP with owner, amounts and classes, sorted by id), and names of its groups."""

    made: tuple[str, str]
    places: pl.DataFrame
    names: dict[int, str]

    @property
    def run(self) -> str:
        """What tells the map of this run from others."""
        return f"{self.made[0][:12]}-{self.made[1]}"

    def packed(self) -> bytes:
        """The companies as little-endian columns.

        How many (uint32), then x, y, expected growth in EUR (float32, NaN unknown), group (int16), class by potential
        and class by revenue (uint8, places in the lists of classes).
        """
        frame = self.places
        columns = (
            frame["x"].cast(pl.Float32).to_numpy(),
            frame["y"].cast(pl.Float32).to_numpy(),
            frame["headroom_expected"].cast(pl.Float32).fill_null(float("nan")).to_numpy(),
            frame["cluster"].cast(pl.Int16).to_numpy(),
            _numbered(frame["class_potential"], POTENTIAL_CLASSES).to_numpy(),
            _numbered(frame["class_revenue"], REVENUE_CLASSES).to_numpy(),
        )
        parts = (column.astype(column.dtype.newbyteorder("<")).tobytes() for column in columns)
        return struct.pack("<I", frame.height) + b"".join(parts)

    def groups(self) -> pl.DataFrame:
        """One row for each group: cluster, customers, those above their class, revenue, expected growth; best first."""
        rank = {name: number for number, name in enumerate(REVENUE_CLASSES)}
        potential, today = (
            pl.col(name).replace_strict(rank, default=None) for name in ("class_potential", "class_revenue")
        )
        return (
            self.places.with_columns(pl.col("class_potential", "class_revenue").cast(pl.String))
            .group_by("cluster")
            .agg(
                customers=pl.len(),
                above=(potential < today).sum(),
                revenue=pl.col("revenue").sum(),
                expected=pl.col("headroom_expected").sum(),
            )
            .sort("expected", "cluster", descending=[True, False])
        )


def _numbered(column: pl.Series, names: tuple[str, ...]) -> pl.Series:
    places = {name: number for number, name in enumerate(names)}
    return column.cast(pl.String).fill_null(names[-1]).replace_strict(places, return_dtype=pl.UInt8)


class Charts:
    """Gives the map of the newest results; it is put together once and kept until a run has finished."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._lock = threading.Lock()
        self._whole: Chart | None = None

    def of(self, portfolio: Portfolio) -> Chart:
        """The part of the map that a reader may see.

        Raises:
            StageError: there is no map yet.
        """
        with self._lock:
            if self._whole is None or self._whole.made != portfolio.stock.made:
                self._whole = _drawn(portfolio.stock)
            whole = self._whole
        if portfolio.viewer.sees_all:
            return whole
        return Chart(whole.made, whole.places.filter(portfolio.mine), whole.names)


def _drawn(stock: Stock) -> Chart:
    columns = (
        "customer_id",
        "name",
        "city",
        "owner",
        "revenue",
        "headroom_expected",
        "class_potential",
        "class_revenue",
    )
    rated = stock.frame.select(*columns)
    places = tables.read(stock.project, "map").join(rated, on="customer_id", how="inner").sort("customer_id")
    groups = tables.read(stock.project, "clusters")
    names = {
        number: shown(", ".join(phrases[:_PHRASES]), _LONGEST) or str(number + 1)
        for number, phrases in zip(groups["cluster"], groups["phrases"].to_list(), strict=True)
    }
    return Chart(stock.made, places, names)
