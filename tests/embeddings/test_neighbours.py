from collections.abc import Callable

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.neighbours import nearest
from embeddings.schema import NEIGHBOURS

Make = Callable[..., pl.DataFrame]


def random_frame(companies: int, seed: int) -> pl.DataFrame:
    """Give companies with random unit vectors."""
    vectors = np.random.default_rng(seed).normal(size=(companies, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = [f"c{n:03}" for n in range(companies)]
    return pl.DataFrame({"customer_id": ids, "vector": vectors, "chunks": pl.Series([1] * companies, dtype=pl.Int32)})


@settings(deadline=None, max_examples=50)  # a loaded machine is no fault
@given(companies=st.integers(1, 60), k=st.integers(1, 70), seed=st.integers(0, 9))
def test_exact_neighbours_of_any_stock(companies: int, k: int, seed: int) -> None:
    """Each company has its k most similar others, or all of them, ranked from 1 and never itself."""
    frame = random_frame(companies, seed)
    found = nearest(frame, frame, k)
    assert found.schema == NEIGHBOURS
    assert found.filter(pl.col("customer_id") == pl.col("neighbour_id")).is_empty()
    vectors = frame["vector"].to_numpy()
    for (customer,), rows in found.group_by("customer_id"):
        similar = vectors @ vectors[frame["customer_id"].to_list().index(customer)]
        best = np.sort(np.delete(similar, frame["customer_id"].to_list().index(customer)))[::-1][:k]
        assert rows["rank"].to_list() == list(range(1, len(best) + 1))
        assert np.allclose(rows["similarity"], best, atol=1e-5)
    assert found.height == companies * min(k, companies - 1)


def test_equals_are_ordered_by_id_whatever_the_order_of_the_pool(make_vectors: Make) -> None:
    """Among companies with the same vector the smaller ids win, also at the edge of k."""
    frame = make_vectors(q=(1, 0), f=(0.6, 0.8), b=(0.6, 0.8), d=(0.6, 0.8), a=(0.6, 0.8))
    for seed in range(5):
        pool = frame.sample(fraction=1, shuffle=True, seed=seed)
        found = nearest(frame.filter(pl.col("customer_id") == "q"), pool, 3)
        assert found["neighbour_id"].to_list() == ["a", "b", "d"]


def test_queries_need_not_be_in_the_pool(make_vectors: Make) -> None:
    """A new company finds its neighbours in a pool that does not hold it."""
    found = nearest(make_vectors(new=(1, 0)), make_vectors(x=(0, 1), y=(0.8, 0.6)), 1)
    assert found.rows() == [("new", "y", 1, np.float32(0.8))]


def test_many_queries_are_answered_in_batches() -> None:
    """More queries than one batch holds are all answered, in order."""
    frame = random_frame(2_100, 1)
    found = nearest(frame, frame.head(5), 2)
    assert found["customer_id"].n_unique() == 2_100
    assert found.select("customer_id", "rank").equals(found.select("customer_id", "rank").sort("customer_id", "rank"))


def test_empty_tables_have_no_neighbours() -> None:
    """Without queries or without a pool the answer is empty."""
    frame = random_frame(3, 1)
    assert nearest(frame.clear(), frame, 5).is_empty()
    assert nearest(frame, frame.clear(), 5).schema == NEIGHBOURS
