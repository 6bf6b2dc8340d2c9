"""The estimate for a stock with too few active customers: the plain quantile of the other active ones."""

import numpy as np

from scoring.customers import Floats, Stock
from scoring.quantile import rank_quantile


def pooled_quantiles(stock: Stock, grid: Floats) -> Floats:
    """Quantiles (n x g) of the log10 EUR per year of all active customers outside the customer's own company.

    NaN where there is no other active customer.
    """
    quantiles = np.full((len(stock), len(grid)), np.nan)
    everybody = _quantiles(stock.log_revenue[stock.active], grid)
    quantiles[:] = everybody
    own = stock.group[:, None] == stock.group[stock.active]
    for row in np.flatnonzero(own.any(axis=1)):
        quantiles[row] = _quantiles(stock.log_revenue[stock.active][~own[row]], grid)
    return quantiles


def _quantiles(log_revenue: Floats, grid: Floats) -> Floats:
    if not len(log_revenue):
        return np.full(len(grid), np.nan)
    return np.array([rank_quantile(log_revenue, q) for q in grid])
