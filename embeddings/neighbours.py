"""Nearest neighbours of companies by exact search."""

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.schema import NEIGHBOURS

if TYPE_CHECKING:
    import faiss

#: Queries searched at a time.
_BATCH: Final = 2_048
#: Candidates beyond k, so that equals at the edge are chosen by id and not by the order of the pool.
_SLACK: Final = 16
#: Cosines that differ by less are equal: the last digits depend on where in the pool a vector lies.
_DIGITS: Final = 6


def nearest(queries: pl.DataFrame, pool: pl.DataFrame, k: int) -> pl.DataFrame:
    """Find the k nearest companies of the pool for each query (both company_vectors), never the query itself.

    Gives NEIGHBOURS sorted by customer and rank; equals are ordered by id. A pool of fewer gives all it has. Exact
    inner products by FAISS (Johnson, Douze, Jégou 2017, arXiv 1702.08734).
    """
    pool, queries = pool.sort("customer_id"), queries.sort("customer_id")
    wanted = min(k + 1 + _SLACK, pool.height)
    if not wanted or not queries.height:
        return NEIGHBOURS.to_frame()
    index = _index(vectors_of(pool))
    found = (_found(part, pool["customer_id"], index, wanted, k) for part in queries.iter_slices(_BATCH))
    return pl.concat(found).match_to_schema(NEIGHBOURS)


def vectors_of(frame: pl.DataFrame) -> NDArray[np.float32]:
    """Give the vectors of a frame (company_vectors) as an array, shape (n, d)."""
    return np.ascontiguousarray(frame["vector"].to_numpy(), np.float32)


def _index(vectors: NDArray[np.float32]) -> "faiss.IndexFlatIP":
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


def _found(queries: pl.DataFrame, names: pl.Series, index: "faiss.IndexFlatIP", wanted: int, k: int) -> pl.DataFrame:
    similarities, places = index.search(vectors_of(queries), wanted)
    candidates = pl.DataFrame(
        {
            "customer_id": queries["customer_id"].gather(np.repeat(np.arange(queries.height), wanted)),
            "neighbour_id": names.gather(places.ravel()),
            "similarity": similarities.ravel().round(_DIGITS),
        }
    )
    return _ranked(candidates, k)


def _ranked(candidates: pl.DataFrame, k: int) -> pl.DataFrame:
    """Order candidates by similarity, then id, and keep the k best of each customer."""
    others = candidates.filter(pl.col("customer_id") != pl.col("neighbour_id"))
    ordered = others.sort("customer_id", "similarity", "neighbour_id", descending=[False, True, False])
    rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("customer_id").alias("rank")
    return ordered.with_columns(rank).filter(pl.col("rank") <= k).select(NEIGHBOURS.names()).cast(NEIGHBOURS)
