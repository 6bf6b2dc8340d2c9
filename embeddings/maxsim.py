"""Companies compared chunk by chunk: for each chunk of one the most similar chunk of the other.

MaxSim is the late interaction of Khattab and Zaharia 2020 (ColBERT, arXiv 2004.12832), here between passages instead of
words, by their weights, and as the mean of both directions, so that two companies are as alike as the other way round.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings import transform
from embeddings.encode import Progress
from embeddings.encoder import EncoderKey
from embeddings.pooling import places_of
from embeddings.schema import NEIGHBOURS
from embeddings.store import VectorStore

Array = NDArray[np.float32]

#: Candidates compared anew for each neighbour that is kept.
CANDIDATES: Final = 4
#: Customers whose candidates are compared at a time; bounds the chunk vectors in memory.
_BATCH: Final = 32
#: Similarities that differ by less are equal.
_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Passages:
    """Where a stock's chunk vectors lie: its chunks (CHUNKS), the file of vectors, their encoder, the transform."""

    chunks: pl.DataFrame
    store: Path
    key: EncoderKey
    transform: pl.DataFrame


class Own(NamedTuple):
    """The transformed vectors of one company's chunks, shape (n, m), and their shares, shape (n,), 1 in sum."""

    vectors: Array
    shares: Array


def rescored(found: pl.DataFrame, passages: Passages, k: int, *, progress: Progress) -> pl.DataFrame:
    """Order candidates (NEIGHBOURS) anew by MaxSim and keep the k best of each customer; gives NEIGHBOURS.

    Equals are ordered by id. Progress counts customers. Raises NotEncodedError if a chunk has no vector.
    """
    customers = found.match_to_schema(NEIGHBOURS)["customer_id"].unique().sort()
    kept = [NEIGHBOURS.to_frame()]
    for start in range(0, len(customers), _BATCH):
        pairs = found.filter(pl.col("customer_id").is_in(customers[start : start + _BATCH].implode()))
        kept.append(_ranked(_compared(pairs, passages), k))
        progress(min(start + _BATCH, len(customers)), len(customers))
    return pl.concat(kept)


def similar(query: Own, candidates: Sequence[str], passages: Passages) -> pl.DataFrame:
    """Compare a query with companies; columns customer_id and similarity (-1 to 1), the most similar first.

    A candidate without chunks has no row. Raises NotEncodedError if a chunk has no vector.
    """
    known = own_vectors(candidates, passages)
    columns = {"customer_id": list(known), "similarity": [maxsim(query, own) for own in known.values()]}
    frame = pl.DataFrame(columns, schema={"customer_id": pl.String, "similarity": pl.Float32})
    return frame.sort("similarity", "customer_id", descending=[True, False])


def own_vectors(customers: Sequence[str], passages: Passages) -> dict[str, Own]:
    """Read the chunk vectors of companies; one without chunks is left out."""
    names = pl.Series("customer_id", customers, dtype=pl.String).unique()
    chunks = passages.chunks.filter(pl.col("customer_id").is_in(names.implode())).sort("customer_id", "chunk")
    with VectorStore.opened(passages.store, passages.key) as store:
        known, vectors = store.read(chunks["chunk"].unique(maintain_order=True).to_list())
    turned = transform.apply(vectors, passages.transform)[places_of(chunks["chunk"], known)] if known else vectors
    counts = chunks.group_by("customer_id", maintain_order=True).len()
    borders = np.cumsum(counts["len"].to_numpy())[:-1]
    parts = zip(np.split(turned, borders), np.split(chunks["weight"].to_numpy(), borders), strict=True)
    return {
        name: Own(own, weights / weights.sum())
        for name, (own, weights) in zip(counts["customer_id"], parts, strict=False)
    }


def maxsim(one: Own, other: Own) -> float:
    """Give the mean over both directions of the weighted best cosines, -1 to 1, rounded to six digits."""
    cosines = one.vectors @ other.vectors.T
    there, back = one.shares @ cosines.max(axis=1), other.shares @ cosines.max(axis=0)
    return round(float(there + back) / 2, _DIGITS)


def _compared(pairs: pl.DataFrame, passages: Passages) -> pl.DataFrame:
    known = own_vectors([*pairs["customer_id"].unique(), *pairs["neighbour_id"].unique()], passages)
    scores = [
        maxsim(known[one], known[other]) for one, other in pairs.select("customer_id", "neighbour_id").iter_rows()
    ]
    return pairs.with_columns(pl.Series("similarity", scores, dtype=pl.Float32))


def _ranked(pairs: pl.DataFrame, k: int) -> pl.DataFrame:
    ordered = pairs.sort("customer_id", "similarity", "neighbour_id", descending=[False, True, False])
    rank = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("customer_id").alias("rank")
    return ordered.with_columns(rank).filter(pl.col("rank") <= k).match_to_schema(NEIGHBOURS)
