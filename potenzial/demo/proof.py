"""The proof that only a demo can give: the lists of the model held against the true wallets of the synthetic stock."""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from potenzial.config import Config
from potenzial.demo.economy import Floats
from potenzial.demo.proof_data import CONTACTS, Coverage, ProofData, Ranking
from potenzial.demo.proof_page import page
from potenzial.errors import ProjectError

#: Size bands of the lookup in people, as a controller cuts them.
_BANDS: Final = (5, 20, 100)
#: A cell of the lookup with fewer active customers is replaced by a coarser one.
_MIN_CELL: Final = 10
#: Points of a curve.
_POINTS: Final = 50


def proof(wallets: pl.DataFrame, potential: pl.DataFrame, config: Config) -> ProofData:
    """Hold the lists against the truth.

    `wallets` is `demo.stock.WALLETS`, `potential` `scoring.schema.POTENTIAL` of the same stock; EUR per year.

    Raises:
        ProjectError: the lists are not those of this stock.
    """
    truth = wallets.select("customer_id", "wallet")
    frame = potential.join(truth, on="customer_id", how="inner").sort("customer_id")
    if frame.is_empty() or frame.height != wallets.height or frame.height != potential.height:
        raise ProjectError(
            f"the lists hold {potential.height} customers, the demo's stock {wallets.height}, and both share "
            f"{frame.height}: the proof needs the lists of the same demo. Run `potenzial demo` again."
        )
    frame = frame.with_columns(pl.col("revenue").fill_null(0.0), lookup=lookup(potential, config.potential.quantile))
    frame = frame.with_columns(open=(pl.col("wallet") - pl.col("revenue")).clip(lower_bound=0.0))
    asleep = frame.filter(pl.col("revenue") <= 0)
    return ProofData(
        customers=frame.height,
        active=frame.height - asleep.height,
        revenue=_total(frame, "revenue"),
        wallet=_total(frame, "wallet"),
        open_wallet=_total(frame, "open"),
        quantile=config.potential.quantile,
        interval=config.potential.interval,
        rank_correlation=_spearman(frame, "potential"),
        revenue_correlation=_spearman(frame, "revenue"),
        rankings=_rankings(frame),
        inactive=_rankings(asleep) if asleep.height else (),
        coverage=_coverage(frame),
    )


def render(data: ProofData) -> str:
    """Return the proof as one self-contained HTML page in German."""
    return page(data)


def lookup(potential: pl.DataFrame, quantile: float) -> pl.Series:
    """Rate customers as a controller does: the quantile of active customers of the same industry and size band.

    Rows in the order of `customer_id`; EUR per year. A cell with fewer than ten active customers falls back on the
    size band, then the industry, then all; without any active customer everybody gets 0.
    """
    reached = [(pl.col("headcount") >= band).cast(pl.Int8()) for band in _BANDS]
    keyed = potential.sort("customer_id").with_columns(
        cell_industry=pl.col("industry").str.to_lowercase().str.extract(r"^\s*(\d\d|.+)").fill_null(""),
        cell_band=pl.when(pl.col("headcount").is_not_null()).then(pl.sum_horizontal(reached)).otherwise(-1),
    )
    active = keyed.filter(pl.col("revenue") > 0)
    level = pl.col("revenue").quantile(quantile, "higher")
    for number, keys in enumerate((("cell_industry", "cell_band"), ("cell_band",), ("cell_industry",))):
        cells = active.group_by(keys).agg(level.alias(f"level_{number}"), pl.len().alias("size"))
        keyed = keyed.join(cells.filter(pl.col("size") >= _MIN_CELL).drop("size"), on=keys, how="left")
    rest = active["revenue"].quantile(quantile, "higher") or 0.0
    best = pl.coalesce("level_0", "level_1", "level_2", pl.lit(rest))
    return keyed.sort("customer_id").select(lookup=best)["lookup"]


def _rankings(frame: pl.DataFrame) -> tuple[Ranking, ...]:
    """Rank by what each way knows; ties are broken by the id, which tells nothing."""
    orders = {
        "model": pl.col("headroom").fill_null(-1.0),
        "expected": pl.col("headroom_expected").fill_null(-1.0),
        "lookup": pl.col("lookup") - pl.col("revenue"),
        "revenue": pl.col("revenue"),
        "oracle": pl.col("open"),
    }
    gains = frame.sort("customer_id")["open"].to_numpy()
    ranked = {key: gains[_order(frame, by)] for key, by in orders.items()}
    # Calling at random catches the average each time.
    ranked["random"] = np.full(frame.height, gains.mean())
    ideal = np.cumsum(ranked["oracle"])
    return tuple(_ranking(key, np.cumsum(values), ideal) for key, values in ranked.items())


def _order(frame: pl.DataFrame, by: pl.Expr) -> NDArray[np.int64]:
    values = frame.sort("customer_id").select(by.alias("by"))["by"].to_numpy()
    return np.argsort(-values, kind="stable")


def _ranking(key: str, caught: Floats, ideal: Floats) -> Ranking:
    size, total = len(caught), float(ideal[-1]) or 1.0
    calls = [max(1, round(share * size)) - 1 for share in CONTACTS]
    shares = tuple(float(caught[call] / (ideal[call] or 1.0)) for call in calls)
    steps = np.unique(np.linspace(0, size, _POINTS + 1).round().astype(np.int64))
    curve = [(int(step) / size, float(caught[step - 1]) / total if step else 0.0) for step in steps]
    return Ranking(key, shares, tuple(curve))


def _coverage(frame: pl.DataFrame) -> tuple[Coverage, ...]:
    rated = frame.filter(pl.col("potential_low").is_not_null())
    groups = [("all", rated)]
    groups += [(name, rated.filter(pl.col("class_potential") == name)) for name in ("A", "B", "C")]
    groups.append(("customers", rated.filter(pl.col("revenue") > 0)))
    groups.append(("inactive", rated.filter(pl.col("revenue") <= 0)))
    return tuple(_covered(name, group) for name, group in groups if group.height)


def _covered(name: str, group: pl.DataFrame) -> Coverage:
    below = (group["wallet"] < group["potential_low"]).to_numpy()
    above = (group["wallet"] > group["potential_high"]).to_numpy()
    medians = group.select(pl.median("wallet", "potential")).row(0)
    within = 1.0 - float(below.mean()) - float(above.mean())
    return Coverage(name, group.height, float(below.mean()), within, float(above.mean()), *medians)


def _spearman(frame: pl.DataFrame, column: str) -> float:
    known = frame.filter(pl.col(column).is_not_null())
    value = known.select(pl.corr(column, "wallet", method="spearman")).item() if known.height > 1 else None
    return float("nan") if value is None else float(value)


def _total(frame: pl.DataFrame, column: str) -> float:
    return float(frame[column].sum())
