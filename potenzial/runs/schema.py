"""What is kept of a run: a record of it, and a row for each customer."""

import math
from collections.abc import Mapping
from typing import Final

import msgspec
import polars as pl

from scoring.classes import Thresholds

#: A customer as a run rated it; amounts in EUR per year. `text` tells texts of websites apart (null without any);
#: `overridden` says that the class is not that of the potential, as somebody of the sales force knew better.
KEPT: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "name": pl.String(),
        "owner": pl.String(),
        "postcode": pl.String(),
        "industry": pl.String(),
        "headcount": pl.Float64(),
        "site": pl.String(),
        "text": pl.Int64(),
        "revenue": pl.Float64(),
        "revenue_best": pl.Float64(),
        "last_purchase": pl.Date(),
        "potential": pl.Float64(),
        "potential_low": pl.Float64(),
        "potential_high": pl.Float64(),
        "headroom": pl.Float64(),
        "headroom_expected": pl.Float64(),
        "class_revenue": pl.String(),
        "class_potential": pl.String(),
        "action": pl.String(),
        "confidence": pl.String(),
        "overridden": pl.Boolean(),
    }
)


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a run found and by which settings; amounts in EUR per year, `finished_at` in UTC (ISO 8601).

    `a` and `b` are the lowest amounts of the classes, null in a stock without revenue; `coverage` is the share of
    customers whose revenue stays below their potential, out of fold (null for too few); `settings` holds every key of
    the configuration as text; `method` the versions of stages and libraries that bear on an estimate; `made_from` is
    the digest of the lists.
    """

    run: str
    name: str = ""
    finished_at: str
    potenzial: str
    customers: int
    rated: int
    revenue: float
    potential: float
    headroom: float
    headroom_expected: float
    quantile: float
    coverage: float | None
    a: float | None
    b: float | None
    verdict: str
    settings: Mapping[str, str]
    method: Mapping[str, str]
    made_from: str

    @property
    def thresholds(self) -> Thresholds:
        """Lowest EUR per year of class A and B, infinite where there are none."""
        return Thresholds(*(math.inf if value is None else value for value in (self.a, self.b)))

    @property
    def called(self) -> str:
        """Its name, or its id where it has none."""
        return self.name or self.run
