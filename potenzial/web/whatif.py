"""What other borders of the classes would change: where they are, and how far they may be moved."""

import polars as pl

from potenzial.web.stock import Portfolio
from scoring.classes import Thresholds, thresholds


def borders(portfolio: Portfolio) -> Thresholds:
    """The borders of the last run, which hold for the whole stock."""
    return thresholds(portfolio.stock.frame["revenue"], portfolio.stock.project.config.classes)


def span(frame: pl.DataFrame, limits: Thresholds) -> tuple[float, float]:
    """From where to where a border may be moved: the amounts that customers buy or could buy, in EUR per year."""
    values = pl.concat([frame["revenue"], frame["potential"]]).filter(
        pl.concat([frame["revenue"], frame["potential"]]) > 0
    )
    low, high = values.quantile(0.01), values.quantile(0.999)
    known = limits.known
    lowest = min(low or 1.0, limits.b if known else 1.0)
    highest = max(high or 1e6, limits.a if known else 1.0, lowest * 10)
    return max(lowest, 1.0), highest
