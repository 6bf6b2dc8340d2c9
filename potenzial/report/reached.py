"""How much of its potential each customer gives already: the portfolio as hexagons, and what it says."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from potenzial.report.summary import share

if TYPE_CHECKING:
    from potenzial.report.messages import Story

Floats = NDArray[np.float64]
#: Below this share of the potential a customer is said to give little of it.
LITTLE: Final = 0.25
#: Hexagons side by side over the width of the drawing.
_ACROSS: Final = 22
#: Width over height of the drawing.
_SHAPE: Final = 1.6
#: Fewer customers make dots, not a picture.
_LEAST: Final = 20


@dataclass(frozen=True)
class Hexagons:
    """Centres (log10 EUR potential, share reached) and customers of each hexagon, and the width of one in log10 EUR."""

    frame: pl.DataFrame
    low: float
    high: float
    width: float


def hexagons(customers: pl.DataFrame) -> Hexagons | None:
    """Count rated customers by hexagon (Carr et al. 1987, doi 10.1080/01621459.1987.10478445); None for too few."""
    rated = customers.filter(pl.col("potential") > 0)
    if rated.height < _LEAST:
        return None
    x = rated["potential"].log10().to_numpy()
    y = reached(rated).to_numpy()
    low, high = math.floor(2 * x.min()) / 2, math.ceil(2 * x.max() + 1e-9) / 2
    width = (high - low) / _ACROSS
    # The height of a hexagon in shares, so that it is regular in a drawing of that shape.
    height = _SHAPE / _ACROSS * 2 / math.sqrt(3)
    columns, rows = _nearest((x - low) / width, y / (0.75 * height))
    frame = pl.DataFrame({"x": low + columns * width, "y": rows * 0.75 * height})
    counted = frame.with_columns(pl.col("x", "y").round(6)).group_by("x", "y").agg(pl.len().alias("customers"))
    return Hexagons(counted.sort("x", "y"), low, high, width)


def _nearest(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The nearest centre among those of even and of odd rows, which stand half a hexagon aside."""
    even = (np.round(x), 2 * np.round(y / 2))
    odd = (np.floor(x) + 0.5, 2 * np.floor(y / 2) + 1)
    # Rows stand three quarters of a height apart, columns a width: distances in widths.
    step = math.sqrt(3) / 2
    distances = [(x - one) ** 2 + ((y - other) * step) ** 2 for one, other in (even, odd)]
    nearer = distances[0] <= distances[1]
    return np.where(nearer, even[0], odd[0]), np.where(nearer, even[1], odd[1])


def reached(rated: pl.DataFrame) -> pl.Series:
    """Revenue as a share of the potential, from 0 to 1."""
    revenue = pl.col("revenue").fill_nan(None).fill_null(0.0).clip(0.0)
    return rated.select((revenue / pl.col("potential")).clip(0.0, 1.0)).to_series()


def title(story: "Story") -> str:
    """Say how many customers give little of their potential, and how much of the expected growth is theirs."""
    rated = story.data.customers.filter(pl.col("potential") > 0)
    few = rated.filter(reached(rated) < LITTLE)
    total = float(rated["headroom_expected"].fill_nan(None).sum())
    gaps = {
        "n": story.numbers.count(few.height),
        "all": story.numbers.count(rated.height),
        "little": story.numbers.percent(LITTLE),
        "share": story.numbers.percent(share(float(few["headroom_expected"].fill_nan(None).sum()), total)),
    }
    return story.say("reached.title", gaps)
