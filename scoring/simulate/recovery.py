"""How much of the truth a ranking recovers: the figures of the benchmark, one row per world, seed and method."""

from typing import Final

import numpy as np
import polars as pl

from scoring.baselines import BANDS
from scoring.customers import Floats, Ints
from scoring.simulate.economy import SUBS
from scoring.simulate.methods import Ranking
from scoring.simulate.stock import Simulated

#: Groups with fewer addresses are left out of the calibration by group.
_LEAST: Final = 100

#: `spearman`: rank correlation of potential and wallet. `gap_5`, `gap_10`: gap of the 5 % and 10 % ranked first, as a
#: share of that of the best 5 % and 10 %. `sum_ratio`: sum of potentials over sum of wallets. `coverage`: share of the
#: addresses that buy (if active) less than the potential; should be `quantile`. `off_industry`, `off_size`: how far
#: coverage is off the quantile in the industry and headcount band (of at least 100 addresses) where it is worst.
#: `headroom_ratio`: sum of expected headrooms over sum of gaps. `interval_coverage`: share of the wallets that lie in
#: their published interval.
RECOVERY: Final = pl.Schema(
    {
        "world": pl.String(),
        "seed": pl.Int64(),
        "method": pl.String(),
        "customers": pl.Int64(),
        "quantile": pl.Float64(),
        "spearman": pl.Float64(),
        "gap_5": pl.Float64(),
        "gap_10": pl.Float64(),
        "sum_ratio": pl.Float64(),
        "coverage": pl.Float64(),
        "coverage_active": pl.Float64(),
        "coverage_inactive": pl.Float64(),
        "off_industry": pl.Float64(),
        "off_size": pl.Float64(),
        "headroom_ratio": pl.Float64(),
        "interval_coverage": pl.Float64(),
    }
)
#: Columns that are averaged over seeds.
FIGURES: Final = tuple(name for name, kind in RECOVERY.items() if kind == pl.Float64() and name != "quantile")


def recover(stock: Simulated, ranking: Ranking) -> dict[str, object]:
    """Measure one ranking against the truth; a row of RECOVERY, null where a figure says nothing of the method."""
    return {
        "world": stock.world.name,
        "seed": stock.seed,
        "method": ranking.method,
        "customers": stock.truth.height,
        "quantile": ranking.quantile,
        "gap_5": caught(_truth(stock, "gap"), ranking.score, 0.05),
        "gap_10": caught(_truth(stock, "gap"), ranking.score, 0.10),
        **_of_potential(stock, ranking),
        **_calibration(stock, ranking),
        **_of_wallets(stock, ranking),
    }


def caught(gap: Floats, score: Floats, share: float) -> float:
    """Gap (EUR per year, n) of the share of addresses with the highest score over that of the best such list.

    Equal scores share what they catch; NaN comes last.
    """
    contacts = max(1, round(share * len(gap)))
    ranked = np.where(np.isnan(score), -np.inf, score)
    lowest = np.partition(ranked, len(gap) - contacts)[len(gap) - contacts]
    sure, tied = ranked > lowest, ranked == lowest
    found = float(gap[sure].sum()) + float(gap[tied].mean()) * (contacts - int(sure.sum()))
    best = float(np.sort(gap)[len(gap) - contacts :].sum())
    return found / best if best > 0 else float("nan")


def _truth(stock: Simulated, column: str) -> Floats:
    return stock.truth.sort("customer_id")[column].cast(pl.Float64).to_numpy()


def _of_potential(stock: Simulated, ranking: Ranking) -> dict[str, float | None]:
    known = np.isfinite(ranking.potential)
    if not known.any():
        return {}
    frame = pl.DataFrame({"potential": ranking.potential[known], "wallet": _truth(stock, "wallet")[known]})
    spearman = frame.select(pl.corr("potential", "wallet", method="spearman")).item()
    return {"spearman": float(spearman), "sum_ratio": float(frame["potential"].sum()) / float(frame["wallet"].sum())}


def _of_wallets(stock: Simulated, ranking: Ranking) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    if ranking.headroom is not None:
        known = np.isfinite(ranking.headroom)
        found["headroom_ratio"] = float(ranking.headroom[known].sum() / _truth(stock, "gap")[known].sum())
    if ranking.interval is not None:
        (low, high), wallet = ranking.interval, _truth(stock, "wallet")
        known = np.isfinite(low)
        found["interval_coverage"] = _mean(((low <= wallet) & (wallet <= high))[known].astype(np.float64))
    return found


def _calibration(stock: Simulated, ranking: Ranking) -> dict[str, float | None]:
    """Compare the purchases with the potential; the floor at the own revenue is seen through.

    A potential that was raised to the own revenue equals it, so an active customer is covered if it buys *less*.
    """
    if ranking.quantile is None:
        return {}
    customers = stock.customers.sort("customer_id")
    known = np.isfinite(ranking.potential)
    active = customers["revenue"].is_not_null().to_numpy()
    bought = np.where(active, customers["revenue"].fill_null(0.0).to_numpy(), _truth(stock, "would_buy"))
    covered = (bought < ranking.potential).astype(np.float64)
    return {
        "coverage": _mean(covered[known]),
        "coverage_active": _mean(covered[known & active]),
        "coverage_inactive": _mean(covered[known & ~active]),
        "off_industry": _worst(
            covered[known], (_truth(stock, "sub_industry").astype(np.int64) // SUBS)[known], ranking.quantile
        ),
        "off_size": _worst(covered[known], _bands(stock)[known], ranking.quantile),
    }


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None


def _bands(stock: Simulated) -> Ints:
    return np.digitize(_truth(stock, "headcount"), BANDS).astype(np.int64)


def _worst(covered: Floats, group: Ints, quantile: float) -> float | None:
    off = [
        abs(float(covered[group == number].mean()) - quantile)
        for number in np.unique(group)
        if (group == number).sum() >= _LEAST
    ]
    return max(off) if off else None
