"""Nearest neighbours of companies."""

from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl

from embeddings.config import NeighbourConfig
from embeddings.index import Index, build, vectors_of
from embeddings.schema import NEIGHBOURS

__all__ = ["nearest", "nearest_in", "vectors_of"]

#: Queries answered between two reports of progress.
_BATCH: Final = 2_048


def nearest(queries: pl.DataFrame, pool: pl.DataFrame, k: int, config: NeighbourConfig | None = None) -> pl.DataFrame:
    """Find the k nearest companies of the pool for each query (both company_vectors), never the query itself.

    Gives NEIGHBOURS sorted by customer and rank; equals are ordered by id. A pool of fewer gives all it has. Without a
    configuration the search is exact; who asks one pool many times builds its index once and calls `nearest_in`.
    """
    return nearest_in(build(pool, config or NeighbourConfig(index="flat")), queries, k)


def nearest_in(
    index: Index, queries: pl.DataFrame, k: int, *, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> pl.DataFrame:
    """Find the k nearest companies of an index for each query (company_vectors), never the query itself.

    Gives NEIGHBOURS as `nearest` does; `progress` counts queries.
    """
    placed = _placed(queries, index.names)
    found = [NEIGHBOURS.to_frame()]
    for start in range(0, placed.height, _BATCH):
        found.append(_found(placed.slice(start, _BATCH), index, k))
        progress(min(start + _BATCH, placed.height), placed.height)
    return pl.concat(found).match_to_schema(NEIGHBOURS)


def _placed(queries: pl.DataFrame, names: pl.Series) -> pl.DataFrame:
    """Sort queries by id and add each one's own row in the index, -1 where it is not there."""
    rows = pl.DataFrame({"customer_id": names}).with_row_index("own").cast({"own": pl.Int64})
    ordered = queries.sort("customer_id").join(rows, on="customer_id", how="left", maintain_order="left")
    return ordered.with_columns(pl.col("own").fill_null(-1))


def _found(queries: pl.DataFrame, index: Index, k: int) -> pl.DataFrame:
    similarity, rows = index.search(vectors_of(queries), k + 1)
    others = (rows != queries["own"].to_numpy()[:, None]) & (rows >= 0)
    rank = np.cumsum(others, axis=1)
    kept = others & (rank <= k)
    columns = {
        "customer_id": queries["customer_id"].gather(np.nonzero(kept)[0]),
        "neighbour_id": index.names.gather(rows[kept]),
        "rank": rank[kept],
        "similarity": similarity[kept],
    }
    return pl.DataFrame(columns).cast(NEIGHBOURS)
