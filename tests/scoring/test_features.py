"""Text neighbours of customers."""

import numpy as np
import polars as pl

from embeddings.schema import company_vectors
from scoring.customers import Stock, read_stock
from scoring.features import FEATURES, Explained, find_neighbourhood, gather_facts, neighbour_features, read_signals
from scoring.schema import CUSTOMERS


def _stock(revenue: list[float | None], industry: str = "Handel") -> Stock:
    ids = [f"{row:02d}" for row in range(len(revenue))]
    frame = pl.DataFrame({"customer_id": ids, "revenue": revenue, "headcount": 10.0, "industry": industry})
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in CUSTOMERS.items() if name not in frame.columns]
    return read_stock(frame.with_columns(missing).select(*CUSTOMERS).cast(dict(CUSTOMERS)))


def _on_a_circle(degrees: list[float]) -> pl.DataFrame:
    angle = np.deg2rad(degrees)
    vectors = np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    ids = [f"{row:02d}" for row in range(len(degrees))]
    return pl.DataFrame({"customer_id": ids, "vector": vectors, "chunks": 1}, schema=company_vectors(2))


def _no_tick() -> None:
    return None


def test_neighbours_are_the_nearest_active_others() -> None:
    """Inactive customers find neighbours but are none; the customer itself is none either."""
    stock = _stock([1.0, None, 1.0, 1.0])
    near = find_neighbourhood(stock, _on_a_circle([0, 10, 30, 90]), 3, _no_tick)
    assert near.rows.tolist() == [[2, 3, -1], [0, 2, 3], [0, 3, -1], [2, 0, -1]]
    assert near.similarity[1, 0] == np.float32(np.cos(np.deg2rad(10)).round(6))


def test_a_company_without_text_has_no_neighbours() -> None:
    """A missing row and a zero vector both count as no text."""
    stock = _stock([1.0, 1.0, 1.0])
    companies = _on_a_circle([0, 10]).with_columns(
        vector=pl.when(pl.col("customer_id") == "01")
        .then(pl.lit([0.0, 0.0], pl.Array(pl.Float32, 2)))
        .otherwise("vector")
    )
    near = find_neighbourhood(stock, companies, 2, _no_tick)
    assert near.has_text.tolist() == [True, False, False]
    assert (near.rows == -1).all()


def test_features_read_the_pool_alone() -> None:
    """Revenue outside the pool changes nothing; revenue within it shows in the mean of the neighbours."""
    revenue: list[float | None] = [100.0, 100.0, 10_000.0, 10_000.0, 100.0, 100.0]
    degrees = [0.0, 5.0, 90.0, 95.0, 2.0, 93.0]
    pool, rows = np.arange(4), np.array([4, 5])

    def features(values: list[float | None]) -> np.ndarray:
        stock = _stock(values)
        near = find_neighbourhood(stock, _on_a_circle(degrees), 5, _no_tick)
        flat = np.full(4, 3.0)
        signals = read_signals(near, stock, pool, Explained(flat, flat, 1.0), 0.5)
        return neighbour_features(near, stock, gather_facts(stock).log_headcount, signals, rows, 2)

    before, after = features(revenue), features([*revenue[:4], 1e9, 1.0])
    assert before.shape == (2, len(FEATURES))
    assert (before == after).all()
    mean = FEATURES.index("near_sized_k")
    assert before[0, mean] < 0 < before[1, mean]
    share = FEATURES.index("near_top_share_k")
    assert before[:, share].round(6).tolist() == [0.0, 1.0]


def test_missing_headcounts_take_the_median_of_their_industry() -> None:
    """The finest level with three known headcounts decides, and unseen sizes are cut to those of active customers."""
    ids = [f"{row:02d}" for row in range(9)]
    headcount = [10, 10, 10, 1000, 1000, 1000, None, None, 10**6]
    industry = ["Handel"] * 3 + ["Bau"] * 3 + ["Bau", None, "Handel"]
    frame = pl.DataFrame(
        {"customer_id": ids, "headcount": headcount, "industry": industry, "revenue": [1.0] * 8 + [None]}
    )
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in CUSTOMERS.items() if name not in frame.columns]
    facts = gather_facts(read_stock(frame.with_columns(missing).select(*CUSTOMERS).cast(dict(CUSTOMERS))))
    assert facts.imputed.tolist() == [False] * 6 + [True, True, False]
    assert facts.log_headcount[6] == 3.0
    assert facts.log_headcount[7] == 3.0
    assert facts.log_headcount[8] == 3.0
