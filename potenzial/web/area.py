"""A piece of the map: a polygon as it stands in an address, and who lies in it."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from potenzial.web.errors import BadRequestError

#: Corners of a polygon; a page sends fewer.
MOST_CORNERS: Final = 300
_LONGEST: Final = 6_000
_LEAST_CORNERS: Final = 3


@dataclass(frozen=True)
class Area:
    """A polygon by its corners (x, y) in the coordinates of the map; it closes itself."""

    corners: tuple[tuple[float, float], ...]

    @classmethod
    def parse(cls, text: str) -> "Area":
        """Read corners as `x,y` with blanks or semicolons between them.

        Raises:
            BadRequestError: these are no corners of a polygon.
        """
        try:
            pairs = [corner.split(",") for corner in text[: _LONGEST + 1].replace(";", " ").split()]
            corners = tuple((float(x), float(y)) for x, y in pairs)
        except ValueError as error:
            raise BadRequestError("area: corners as `x,y;x,y;x,y`.") from error
        if len(text) > _LONGEST or not _LEAST_CORNERS <= len(corners) <= MOST_CORNERS:
            raise BadRequestError(f"area: {_LEAST_CORNERS} to {MOST_CORNERS} corners.")
        if not all(math.isfinite(value) for corner in corners for value in corner):
            raise BadRequestError("area: corners are finite numbers.")
        return cls(corners)

    def __str__(self) -> str:
        """The corners as an address has them."""
        return ";".join(f"{x!r},{y!r}" for x, y in self.corners)

    def holds(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Say which points (n) lie in the polygon, by the even-odd rule as the page draws it."""
        odd = np.zeros(len(x), np.bool_)
        for (x0, y0), (x1, y1) in zip(self.corners, (*self.corners[1:], self.corners[0]), strict=True):
            if y0 == y1:
                continue
            crosses = (y0 > y) != (y1 > y)
            odd ^= crosses & (x < (x1 - x0) * (y - y0) / (y1 - y0) + x0)
        return odd


def inside(places: pl.DataFrame, area: Area) -> pl.Series:
    """Ids of the companies on the map (MAP) that lie in an area."""
    xs, ys = zip(*area.corners, strict=True)
    near = places.filter(pl.col("x").is_between(min(xs), max(xs)) & pl.col("y").is_between(min(ys), max(ys)))
    x, y = (near[name].cast(pl.Float64).to_numpy() for name in ("x", "y"))
    return near["customer_id"].filter(pl.Series(area.holds(x, y)))
