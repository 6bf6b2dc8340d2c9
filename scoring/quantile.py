"""Quantiles as ranks, and the loss that measures a predicted quantile."""

import math
from typing import Final

import numpy as np

from scoring.customers import Floats


def rank_quantile(values: Floats, quantile: float) -> float:
    """The ceil((n + 1) q)-th smallest of n > 0 values, the largest where that rank exceeds n."""
    rank = min(_rank(len(values), quantile), len(values))
    return float(np.partition(values, rank - 1)[rank - 1])


def has_own_bound(customers: int, quantile: float) -> bool:
    """Whether a group of so many customers bounds this quantile itself."""
    return _rank(customers, quantile) <= customers


def _rank(customers: int, quantile: float) -> int:
    # 20 * 0.55 comes out a little above 11; the rank is 11 all the same.
    return math.ceil((customers + 1) * quantile - _ROUNDING)


_ROUNDING: Final = 1e-9


def pinball(log_revenue: Floats, predicted: Floats, quantile: float) -> Floats:
    """Pinball loss of each customer in log10 EUR (n); its expectation is least at the true quantile.

    Koenker and Bassett 1978, doi 10.2307/1913643.
    """
    over = log_revenue - predicted
    loss: Floats = np.maximum(quantile * over, (quantile - 1.0) * over)
    return loss
