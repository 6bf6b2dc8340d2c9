"""The vectors of a company's chunks to one vector."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.config import EmbeddingConfig
from embeddings.errors import NotEncodedError
from embeddings.store import VectorStore
from embeddings.transform import unit

Array = NDArray[np.float32]

#: Rows of chunks held in memory at a time.
_SLICE: Final = 20_000
#: Chunks whose closeness differs by less are equally typical; the first by name is taken.
_DIGITS: Final = 6


class _Part(NamedTuple):
    """A slice of chunks sorted by company: numbers of the companies, weights, places of the vectors, and these."""

    companies: NDArray[np.uint32]
    weights: Array
    places: NDArray[np.uint32]
    vectors: Array


def pool(chunks: pl.DataFrame, customers: pl.Series, store: VectorStore, config: EmbeddingConfig) -> Array:
    """Give one vector of length 1 for each of the sorted `customers` from its chunks (CHUNKS), shape (n, d).

    "mean", "maxsim" and "idf": the mean of the chunks' vectors by their weights, which for "idf" hold the rarity of
    their words already (`embeddings.rarity.specific_weights`). "medoid": the one chunk whose cosine distances to all
    chunks of the company, by their weights, have the least sum (Kaufman and Rousseeuw 1987).
    Raises NotEncodedError if a chunk has no vector in `store`.
    """
    numbered = _numbered(chunks, customers)
    sums = np.zeros((len(customers), store.dimension), np.float32)
    for part in _parts(numbered, store):
        _add(sums, part)
    return _medoids(numbered, store, sums) if config.pooling == "medoid" else unit(sums)


def places_of(wanted: pl.Series, known: list[str]) -> NDArray[np.uint32]:
    """Give the place of each wanted chunk among the known ones. Raises NotEncodedError if one is not known."""
    table = pl.DataFrame({"chunk": known}, schema={"chunk": pl.String}).with_row_index("place")
    places = wanted.to_frame("chunk").join(table, on="chunk", how="left", maintain_order="left")["place"]
    if missing := places.null_count():
        raise NotEncodedError(f"{missing} chunks have no vector yet. Run the stage that encodes them: --from embed")
    return places.to_numpy()


def _numbered(chunks: pl.DataFrame, customers: pl.Series) -> pl.DataFrame:
    """Add each row's place in the sorted customers, and sort by it."""
    numbers = pl.DataFrame({"customer_id": customers}).with_row_index("company")
    return chunks.select("customer_id", "chunk", "weight").join(numbers, on="customer_id").sort("company", "chunk")


def _parts(numbered: pl.DataFrame, store: VectorStore) -> Iterator[_Part]:
    """Read the vectors of chunks, a slice at a time; a company may lie in two slices."""
    for rows in numbered.iter_slices(_SLICE):
        known, vectors = store.read(rows["chunk"].unique().to_list())
        places = places_of(rows["chunk"], known)
        yield _Part(rows["company"].to_numpy(), rows["weight"].to_numpy(), places, vectors)


def _add(sums: Array, part: _Part) -> None:
    """Add the weighted vectors of a slice to the sums of their companies, shape (companies, d)."""
    from scipy.sparse import csr_array

    first, last = int(part.companies[0]), int(part.companies[-1])
    shape = (last - first + 1, len(part.vectors))
    shares = csr_array((part.weights, (part.companies - first, part.places)), shape)
    sums[first : last + 1] += shares @ part.vectors


def _medoids(numbered: pl.DataFrame, store: VectorStore, sums: Array) -> Array:
    """Give each company's most typical chunk: for vectors of length 1 it is the one nearest to their weighted sum."""
    nearest = np.full(len(sums), -np.inf)
    medoids = np.zeros_like(sums)
    for part in _parts(numbered, store):
        closeness = np.einsum("ij,ij->i", part.vectors[part.places], sums[part.companies]).astype(np.float64)
        best = _best(part.companies, closeness.round(_DIGITS))
        better = best[closeness[best] > nearest[part.companies[best]] + 10.0**-_DIGITS]
        nearest[part.companies[better]] = closeness[better]
        medoids[part.companies[better]] = part.vectors[part.places[better]]
    return unit(medoids)


def _best(companies: NDArray[np.uint32], closeness: NDArray[np.float64]) -> NDArray[np.intp]:
    """Give for each company of a slice the first of its rows with the greatest closeness."""
    order = np.lexsort((-closeness, companies))
    first = np.r_[True, np.diff(companies[order]) > 0]
    return order[first]
