"""What is known of a customer apart from its own revenue: facts, and what its nearest *known* customers buy."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.config import NeighbourConfig
from embeddings.index import build
from embeddings.neighbours import nearest_in
from scoring.customers import Bools, Floats, Ints, Stock

Vectors = NDArray[np.float32]

#: Headcounts that an industry needs before its median stands in for a missing one.
_MIN_HEADCOUNTS: Final = 3
#: Rows handled at once: bounds memory at any size of stock.
BATCH: Final = 8192
#: Customers of one company beyond this many are not looked past when neighbours are searched.
_MOST_OF_ONE_COMPANY: Final = 50
#: Similarity below which a neighbour hardly counts; cosines of centred vectors.
_LEAST_SIMILARITY: Final = 0.02
#: Ratio of the variance of revenue around the line to that of slopes between neighbourhoods, both in log10.
_SLOPE_PENALTY: Final = 3.0
#: Neighbours worth of prior belief that a neighbourhood is like the rest.
_PRIOR: Final = 5.0


@dataclass(frozen=True)
class Facts:
    """What is known of n customers apart from text; nothing here depends on revenue.

    `log_headcount` is filled with the industry's median where `imputed`, and lies within the range of active customers;
    `headcount_sd` is the standard deviation in log10 of the headcounts that it may be instead, 0 where it is known.
    `levels` numbers the industry at each level, -1 where there is none.
    """

    log_headcount: Floats
    imputed: Bools
    levels: Ints
    headcount_sd: Floats

    def at(self, rows: Ints) -> "Facts":
        """Give the facts of some rows."""
        return Facts(self.log_headcount[rows], self.imputed[rows], self.levels[rows], self.headcount_sd[rows])

    def without_industry(self) -> "Facts":
        """Forget the industries."""
        return replace(self, levels=np.full_like(self.levels, -1))

    def without_headcount(self, log_headcount: float) -> "Facts":
        """Give every customer the same headcount."""
        same = np.full_like(self.log_headcount, log_headcount)
        return Facts(same, np.zeros_like(self.imputed), self.levels, np.zeros_like(same))

    def moved(self, sds: float) -> "Facts":
        """Move headcounts that are not known by so many standard deviations."""
        return replace(self, log_headcount=self.log_headcount + sds * self.headcount_sd)


def gather_facts(stock: Stock) -> Facts:
    """Fill missing headcounts with the median of the finest industry level that has three, else of the stock.

    Their standard deviation is that of the same industry, pooled with the stock's as if by five customers.
    """
    filled, levels = stock.log_headcount.copy(), stock.industries.levels
    imputed = np.isnan(filled)
    known = stock.log_headcount[~imputed]
    variance = np.full(len(stock), known.var() if len(known) else 0.0)
    overall = float(variance[0])
    filled[imputed] = np.median(known) if len(known) else 0.0
    for level in range(levels.shape[1]):
        for median, own, members, missing in _headcounts(stock.log_headcount, levels[:, level]):
            filled[missing] = median
            variance[missing] = (own * members + overall * _PRIOR) / (members + _PRIOR)
    seen = filled[stock.active] if stock.active.any() else filled
    spread = np.where(imputed, np.sqrt(variance), 0.0)
    return Facts(np.clip(filled, seen.min(), seen.max()), imputed, levels, spread)


def _headcounts(log_headcount: Floats, industry: Ints) -> Iterator[tuple[float, float, int, Ints]]:
    """Median, variance and number of known headcounts of each industry (n numbers), and its rows without one."""
    order = np.argsort(industry, kind="stable")
    numbers, starts = np.unique(industry[order], return_index=True)
    for number, rows in zip(numbers, np.split(order, starts[1:]), strict=True):
        missing = np.isnan(log_headcount[rows])
        known = log_headcount[rows[~missing]]
        if number >= 0 and missing.any() and len(known) >= _MIN_HEADCOUNTS:
            yield float(np.median(known)), float(known.var()), len(known), rows[missing]


@dataclass(frozen=True)
class Neighbourhood:
    """Nearest active customers of n customers by text, best first, the own company left out.

    `rows` (n x k) are row numbers in the stock, -1 where there is none; `similarity` (n x k) is the cosine of centred
    company vectors; `vectors` (n x d) is zero where a customer has no text.
    """

    rows: NDArray[np.int32]
    similarity: Vectors
    vectors: Vectors
    has_text: Bools


def find_neighbourhood(stock: Stock, companies: pl.DataFrame | None, k: int, tick: Callable[[], None]) -> Neighbourhood:
    """Find the `k` nearest active customers of each customer (companies in schema `company_vectors`, or None).

    Exact for up to 200,000 active customers, beyond that with a recall of .95 or more (`NeighbourConfig`).
    """
    if companies is None or companies.is_empty() or not stock.active.any():
        return _nowhere(len(stock))
    vectors, has_text = _aligned(stock, companies)
    spare = _largest_company(stock)
    frame = _only(_numbered(stock, companies), has_text)
    active = build(_only(frame, stock.active).drop("row"), NeighbourConfig(k=k + spare))
    rows = np.full((len(stock), k), -1, dtype=np.int32)
    similarity = np.zeros((len(stock), k), dtype=np.float32)
    for batch in frame.iter_slices(BATCH):
        found = nearest_in(active, batch.drop("row"), k + spare)
        _enter(found, stock, rows, similarity)
        tick()
    return Neighbourhood(rows, similarity, vectors, has_text)


def _nowhere(customers: int) -> Neighbourhood:
    return Neighbourhood(
        rows=np.full((customers, 0), -1, dtype=np.int32),
        similarity=np.zeros((customers, 0), dtype=np.float32),
        vectors=np.zeros((customers, 0), dtype=np.float32),
        has_text=np.zeros(customers, dtype=np.bool_),
    )


def _numbered(stock: Stock, companies: pl.DataFrame) -> pl.DataFrame:
    """Add the row of each company in the stock; companies that are no customers drop out."""
    return companies.join(_row_numbers(stock, "customer_id", "row"), on="customer_id").sort("row")


def _only(frame: pl.DataFrame, wanted: Bools) -> pl.DataFrame:
    return frame.filter(pl.Series(wanted[frame["row"].to_numpy()], dtype=pl.Boolean))


def _row_numbers(stock: Stock, name: str, number: str) -> pl.DataFrame:
    return pl.DataFrame({name: stock.customer_id, number: np.arange(len(stock))}, schema_overrides={name: pl.String})


def _aligned(stock: Stock, companies: pl.DataFrame) -> tuple[Vectors, Bools]:
    frame = _numbered(stock, companies)
    found = frame["vector"].to_numpy()
    vectors = np.zeros((len(stock), found.shape[1]), dtype=np.float32)
    vectors[frame["row"].to_numpy()] = np.nan_to_num(found)
    has_text: Bools = np.abs(vectors).sum(axis=1) > 0
    return vectors, has_text


def _largest_company(stock: Stock) -> int:
    """Neighbours that one's own company may take up: its other customers have the same site, hence the same text."""
    _, members = np.unique(stock.group[stock.active], return_counts=True)
    return min(int(members.max(initial=1)), _MOST_OF_ONE_COMPANY) - 1


def _enter(found: pl.DataFrame, stock: Stock, rows: NDArray[np.int32], similarity: Vectors) -> None:
    """Write neighbours (NEIGHBOURS) of other companies, best first, into the arrays (n x k)."""
    numbered = found.join(_row_numbers(stock, "customer_id", "own"), on="customer_id").join(
        _row_numbers(stock, "neighbour_id", "other"), on="neighbour_id"
    )
    numbered = numbered.sort("own", "rank")
    own, other = numbered["own"].to_numpy(), numbered["other"].to_numpy()
    foreign = stock.group[own] != stock.group[other]
    own, other, cosine = own[foreign], other[foreign], numbered["similarity"].to_numpy()[foreign]
    _, first, count = np.unique(own, return_index=True, return_counts=True)
    place = np.arange(len(own)) - np.repeat(first, count)
    kept = place < rows.shape[1]
    rows[own[kept], place[kept]] = other[kept]
    similarity[own[kept], place[kept]] = cosine[kept]


def _batches(rows: Ints) -> Iterator[Ints]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


@dataclass(frozen=True)
class Explained:
    """Log10 revenue of m known customers by headcount and industry, and by headcount; their mean log10 headcount."""

    by_both: Floats
    by_headcount: Floats
    centre: float


@dataclass(frozen=True)
class Signals:
    """What the known customers of one training set say, by row of the stock (n); only rows in `pool` are read.

    `adjusted` is log10 revenue minus what headcount and industry explain, `sized` minus what headcount explains; `top`
    marks the customers with the highest revenue, `towards_top` (d) the direction in which their texts differ;
    `centre` is their mean log10 headcount.
    """

    pool: Bools
    adjusted: Floats
    sized: Floats
    top: Bools
    towards_top: Vectors
    centre: float


def read_signals(near: Neighbourhood, stock: Stock, pool: Ints, base: Explained, top_share: float) -> Signals:
    """Gather what the customers in `pool` (m rows) say.

    `base` is what explains their log10 revenue without text.
    """
    revenue = stock.log_revenue[pool]
    top = revenue >= np.quantile(revenue, 1.0 - top_share)
    vectors = near.vectors[pool]
    return Signals(
        pool=_spread_out(len(stock), pool, np.ones(len(pool), dtype=np.bool_)),
        adjusted=_spread_out(len(stock), pool, revenue - base.by_both),
        sized=_spread_out(len(stock), pool, revenue - base.by_headcount),
        top=_spread_out(len(stock), pool, top),
        towards_top=vectors[top].mean(axis=0) - vectors.mean(axis=0),
        centre=base.centre,
    )


def _spread_out(size: int, rows: Ints, values: NDArray[Any]) -> NDArray[Any]:
    spread = np.zeros(size, dtype=values.dtype)
    spread[rows] = values
    return spread


def neighbour_features(
    near: Neighbourhood, stock: Stock, log_headcount: Floats, signals: Signals, rows: Ints, k: int
) -> Floats:
    """Describe the known neighbours of `rows` (m) at three widths, k / 5, k and 2 k; zeros mean "like the rest".

    A neighbour counts by its squared similarity. The result (m x FEATURES) never reads the revenue of a row outside the
    pool, nor of the own company.
    """
    if not near.rows.shape[1]:
        return np.zeros((len(rows), len(FEATURES)))
    parts = [_describe(near, stock, log_headcount, signals, batch, k) for batch in _batches(rows)]
    return np.concatenate(parts) if parts else np.zeros((0, len(FEATURES)))


#: A line, over log headcount, through what the widest circle of neighbours buys beyond what headcount and industry
#: explain: its height at their mean log headcount, its slope, and that mean less the mean of all known customers.
LINE: Final = ("near_level", "near_slope", "near_log_headcount")
_WIDTH_FEATURES: Final = ("adjusted", "sized", "spread", "top_share")
FEATURES: Final = (
    *(f"near_{name}_{width}" for width in ("few", "k", "many") for name in _WIDTH_FEATURES),
    "near_similarity",
    "near_same_industry_sized",
    "near_same_industry_share",
    "near_top_similarity",
    *LINE,
)


def _describe(near: Neighbourhood, stock: Stock, log_headcount: Floats, signals: Signals, rows: Ints, k: int) -> Floats:
    found = near.rows[rows]
    usable = (found >= 0) & signals.pool[found]
    order = np.cumsum(usable, axis=1)
    weight = np.where(usable, np.maximum(near.similarity[rows], _LEAST_SIMILARITY).astype(np.float64) ** 2, 0.0)
    columns: list[Floats] = []
    for width in (max(k // 5, 1), k, 2 * k):
        share = _normalised(np.where(order <= width, weight, 0.0))
        columns.extend(_weighted(share, signals, found, trust=width / (width + _PRIOR)))
    same = share * (stock.industries.levels[found, 0] == stock.industries.levels[rows, 0][:, None])
    total = same.sum(axis=1)
    widest = (
        (share * near.similarity[rows]).sum(axis=1),
        (same * signals.sized[found]).sum(axis=1) / (total + 1.0 / _PRIOR),
        total,
        near.vectors[rows] @ signals.towards_top,
        *_line(share, log_headcount[found] - signals.centre, signals.adjusted[found], 2 * k),
    )
    return np.column_stack([*columns, *widest]).astype(np.float64)


def _line(share: Floats, log_headcount: Floats, adjusted: Floats, neighbours: int) -> tuple[Floats, Floats, Floats]:
    """Level, slope and centre (LINE) of a weighted regression with a ridge penalty on the slope."""
    centre, level = (share * log_headcount).sum(axis=1), (share * adjusted).sum(axis=1)
    off = log_headcount - centre[:, None]
    slope = (share * off * (adjusted - level[:, None])).sum(axis=1)
    slope /= (share * off**2).sum(axis=1) + _SLOPE_PENALTY / neighbours
    return level, slope, centre


def _normalised(weight: Floats) -> Floats:
    total = weight.sum(axis=1, keepdims=True)
    share: Floats = weight / np.where(total > 0, total, 1.0)
    return share


def _weighted(share: Floats, signals: Signals, found: NDArray[np.int32], trust: float) -> tuple[Floats, ...]:
    adjusted = signals.adjusted[found]
    mean = (share * adjusted).sum(axis=1)
    spread = np.sqrt((share * (adjusted - mean[:, None]) ** 2).sum(axis=1))
    sized = (share * signals.sized[found]).sum(axis=1)
    return trust * mean, trust * sized, spread, (share * signals.top[found]).sum(axis=1)
