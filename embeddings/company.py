"""Vectors of chunks to one vector per company, centred on the stock."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.config import EmbeddingConfig
from embeddings.encoder import EncoderKey
from embeddings.errors import NotEncodedError
from embeddings.schema import CHUNKS
from embeddings.schema import centre as centre_schema
from embeddings.schema import company_vectors as vectors_schema
from embeddings.store import VectorStore

Array = NDArray[np.float32]

#: In a smaller stock the mean is mostly the company itself; taking it away would leave noise.
LEAST_FOR_CENTRE: Final = 10
#: A difference of unit vectors shorter than this is rounding.
_NOTHING: Final = 1e-5
#: Rows of chunks held in memory at a time.
_SLICE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Companies:
    """Company vectors (`frame`, schema company_vectors) and what was taken from them (`centre`, schema centre)."""

    frame: pl.DataFrame
    centre: pl.DataFrame


def company_vectors(chunks: pl.DataFrame, store: Path, key: EncoderKey, config: EmbeddingConfig) -> Companies:
    """Give each company with chunks (CHUNKS) the weighted mean of its chunks' vectors, centred, of length 1.

    Vectors of e5 models fill a narrow cone; without the stock's mean the cosine tells companies apart far better.
    A company that lies exactly on the mean has the zero vector. Sorted by customer. Raises NotEncodedError if a chunk
    has no vector in `store`.
    """
    counts = chunks.match_to_schema(CHUNKS).group_by("customer_id").len("chunks").sort("customer_id")
    with VectorStore.opened(store, key) as vectors:
        pooled = unit(_pooled(chunks, counts["customer_id"], vectors))
    centre = pooled.mean(axis=0) if config.centre and len(pooled) >= LEAST_FOR_CENTRE else np.zeros(pooled.shape[1:])
    return Companies(_frame(counts, centred(pooled, centre.astype(np.float32))), _centre_frame(centre))


def centred(vectors: Array, centre: Array) -> Array:
    """Take the stock's mean, shape (d,), from vectors, shape (n, d), and bring them back to length 1."""
    return unit(vectors - centre)


def _pooled(chunks: pl.DataFrame, customers: pl.Series, store: VectorStore) -> Array:
    """Add up the weighted vectors of each company's chunks, a slice of chunks at a time, shape (companies, d)."""
    from scipy.sparse import csr_array

    pooled = np.zeros((len(customers), store.dimension), np.float32)
    for rows in _numbered(chunks, customers).iter_slices(_SLICE):
        known, vectors = store.read(rows["chunk"].unique().to_list())
        places = _places(rows["chunk"], known)
        first, last = _ends(rows["company"])
        shares = csr_array(
            (rows["weight"].to_numpy(), (rows["company"].to_numpy() - first, places)), (last - first + 1, len(known))
        )
        pooled[first : last + 1] += shares @ vectors
    return pooled


def _numbered(chunks: pl.DataFrame, customers: pl.Series) -> pl.DataFrame:
    """Add each row's place in the sorted customers, and sort by it."""
    numbers = pl.DataFrame({"customer_id": customers}).with_row_index("company")
    return chunks.select("customer_id", "chunk", "weight").join(numbers, on="customer_id").sort("company", "chunk")


def _ends(numbers: pl.Series) -> tuple[int, int]:
    return int(numbers[0]), int(numbers[-1])


def _places(wanted: pl.Series, known: list[str]) -> NDArray[np.uint32]:
    """Give the place of each wanted chunk among the known ones."""
    table = pl.DataFrame({"chunk": known}, schema={"chunk": pl.String}).with_row_index("place")
    places = wanted.to_frame("chunk").join(table, on="chunk", how="left", maintain_order="left")["place"]
    if missing := places.null_count():
        raise NotEncodedError(f"{missing} chunks have no vector yet. Run the stage that encodes them: --from embed")
    return places.to_numpy()


def unit(vectors: NDArray[np.floating]) -> Array:
    """Bring rows to length 1; a row of no length stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    safe = np.where(lengths > _NOTHING, lengths, np.inf)
    return (vectors / safe).astype(np.float32)


def _frame(counts: pl.DataFrame, vectors: Array) -> pl.DataFrame:
    schema = vectors_schema(vectors.shape[1])
    columns = {"customer_id": counts["customer_id"], "vector": vectors, "chunks": counts["chunks"]}
    return pl.DataFrame(columns).cast(schema).match_to_schema(schema)


def _centre_frame(centre: NDArray[np.floating]) -> pl.DataFrame:
    return pl.DataFrame({"vector": [centre.tolist()]}, schema=centre_schema(len(centre)))
