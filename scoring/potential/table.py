"""The published table: estimates in EUR per year, floored at the own best year, null where nothing is known."""

from typing import Final

import numpy as np
import polars as pl

from scoring.config import PotentialConfig
from scoring.customers import Bools, Floats
from scoring.features import Neighbourhood
from scoring.potential.model import STEPS, Data, Prediction, known_parts
from scoring.schema import PEER, RATED

#: Value of `basis` where neither text nor industry nor headcount is known.
NO_BASIS: Final = "none"
_PEERS: Final = 5
_ESTIMATES: Final = (
    "potential",
    "potential_low",
    "potential_high",
    "typical",
    "headroom_expected",
)


def rated_table(data: Data, prediction: Prediction, config: PotentialConfig) -> pl.DataFrame:
    """Turn a prediction for all customers of the stock into the table RATED, sorted by `customer_id`.

    The own best year raises potential and both ends of the interval, so that low <= potential <= high always holds.
    `headroom_expected` is the mean of max(0, Y - revenue) over the calibrated distribution of Y, the revenue of
    comparable customers: what one customer of this kind buys more than this one does, on average.
    """
    stock, known = data.stock, known_parts(data)
    basis = _basis(known)
    low, high = config.interval
    floored = {
        "potential": config.quantile,
        "potential_low": low,
        "potential_high": high,
    }
    columns = {name: np.maximum(10.0 ** prediction.at(q), stock.floor) for name, q in floored.items()}
    columns["typical"] = 10.0 ** prediction.at(0.5)
    columns["headroom_expected"] = _expected_headroom(prediction, stock.log_revenue)
    factors = {
        "factor_industry": np.where(known["industry"], prediction.factors.industry, np.nan),
        "factor_headcount": np.where(known["headcount"], prediction.factors.headcount, np.nan),
        "factor_text": np.where(known["text"], prediction.factors.text, np.nan),
    }
    estimated = basis != NO_BASIS
    return pl.DataFrame(
        {
            "customer_id": stock.customer_id,
            **{name: _shown(columns[name], estimated) for name in _ESTIMATES},
            "basis": basis,
            **{name: _shown(values, estimated) for name, values in factors.items()},
            "industry_label": stock.industries.titles,
            "industry_label_en": stock.industries.titles_en,
            "peers": pl.Series(_peers(data.near, stock.customer_id), dtype=pl.List(PEER)),
        },
        schema_overrides=RATED,
    ).select(*RATED)


def _basis(known: dict[str, Bools]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    rows = zip(*known.values(), strict=True)
    texts = ["+".join(name for name, there in zip(known, row, strict=True) if there) or NO_BASIS for row in rows]
    return np.array(texts, dtype=object)


def _shown(values: Floats, estimated: Bools) -> pl.Series:
    return pl.Series(np.where(estimated, values, np.nan)).fill_nan(None)


def _expected_headroom(prediction: Prediction, log_revenue: Floats) -> Floats:
    """Mean of max(0, Y - revenue) over equal steps of probability (n), EUR per year; no revenue counts as 0."""
    revenue = np.where(np.isfinite(log_revenue), 10.0**log_revenue, 0.0)
    total = np.zeros(len(revenue))
    for step in range(STEPS):
        total += np.maximum(10.0 ** prediction.at((step + 0.5) / STEPS) - revenue, 0.0)
    expected: Floats = total / STEPS
    return expected


def _peers(near: Neighbourhood, customer_id: tuple[str, ...]) -> list[list[dict[str, object]]]:
    """Up to five nearest active customers of each customer; none without text."""
    return [
        [
            {"customer_id": customer_id[row], "similarity": float(similarity)}
            for row, similarity in zip(rows[:_PEERS], similarities[:_PEERS], strict=True)
            if row >= 0
        ]
        for rows, similarities in zip(near.rows, near.similarity, strict=True)
    ]
