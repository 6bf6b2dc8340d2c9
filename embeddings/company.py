"""Vectors of chunks to one vector per company, seen against the stock."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from embeddings import transform
from embeddings.chunk import chunk_documents
from embeddings.config import EmbeddingConfig
from embeddings.encoder import Encoder, EncoderKey
from embeddings.pooling import pool
from embeddings.rarity import Rarity, rarity_of, specific_weights
from embeddings.schema import CHUNKS
from embeddings.schema import company_vectors as vectors_schema
from embeddings.store import VectorStore
from embeddings.transform import Array, unit

__all__ = ["Companies", "Stock", "company_vectors", "query_chunks", "query_vector", "unit"]


@dataclass(frozen=True, slots=True)
class Companies:
    """Company vectors (`frame`, schema company_vectors) and what made them comparable (`transform`, of that schema)."""

    frame: pl.DataFrame
    transform: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Stock:
    """What a query needs to lie among a stock's company vectors: its transform and the rarity of its words.

    `rarity` is used by the pooling "idf" and the choice "specific" only; None takes all words as equally rare.
    """

    transform: pl.DataFrame
    rarity: Rarity | None = None


def company_vectors(chunks: pl.DataFrame, store: Path, key: EncoderKey, config: EmbeddingConfig) -> Companies:
    """Pool the vectors of each company's chunks (CHUNKS) and transform them, as configured; each has length 1.

    Vectors of e5 models fill a narrow cone; without the stock's mean the cosine tells companies apart far better.
    A company that lies exactly on the mean has the zero vector. Sorted by customer. Raises NotEncodedError if a chunk
    has no vector in `store`.
    """
    counts = chunks.match_to_schema(CHUNKS).group_by("customer_id").len("chunks").sort("customer_id")
    weighed = specific_weights(chunks, rarity_of(chunks)) if config.pooling == "idf" else chunks
    with VectorStore.opened(store, key) as vectors:
        pooled = pool(weighed, counts["customer_id"], vectors, config)
    fitted = transform.fit(pooled, config)
    return Companies(_frame(counts, transform.apply(pooled, fitted)), fitted)


def query_chunks(documents: pl.DataFrame, config: EmbeddingConfig, rarity: Rarity | None = None) -> pl.DataFrame:
    """Cut the documents (DOCUMENTS) of one query like those of a company of the stock; gives CHUNKS as pooled."""
    chunks = chunk_documents(documents, config, rarity)
    return specific_weights(chunks, rarity) if rarity is not None and config.pooling == "idf" else chunks


def query_vector(documents: pl.DataFrame, encoder: Encoder, stock: Stock, config: EmbeddingConfig) -> Array:
    """Give the vector of one query's documents (DOCUMENTS) as a company of the stock would have it, shape (1, m).

    Zero if the documents hold no text.
    """
    chunks = query_chunks(documents, config, stock.rarity)
    if chunks.is_empty():
        return transform.apply(np.zeros((1, encoder.dimension), np.float32), stock.transform)
    vectors, weights = encoder.encode(chunks["text"].to_list()), chunks["weight"].to_numpy()
    summed = (vectors * weights[:, None]).sum(axis=0, keepdims=True)
    if config.pooling == "medoid":
        summed = vectors[[int((vectors @ summed[0]).argmax())]]
    return transform.apply(unit(summed), stock.transform)


def _frame(counts: pl.DataFrame, vectors: Array) -> pl.DataFrame:
    schema = vectors_schema(vectors.shape[1])
    columns = {"customer_id": counts["customer_id"], "vector": vectors, "chunks": counts["chunks"]}
    return pl.DataFrame(columns).cast(schema).match_to_schema(schema)
