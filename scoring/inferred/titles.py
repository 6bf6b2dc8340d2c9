"""Industry codes by the titles of the classification, for stocks in which hardly any code is given."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.config import EmbeddingConfig
from embeddings.encode import encode_missing
from embeddings.encoder import Encoder, encoder_key
from embeddings.schema import CHUNKS
from embeddings.store import VectorStore
from embeddings.transform import apply, unit
from scoring.industry import VERSIONS
from scoring.inferred.industry import Titles, by_titles, class_titles

Array = NDArray[np.float32]


def kept_encoding(encoder: Encoder, store: Path, config: EmbeddingConfig) -> Callable[[Sequence[str]], Array]:
    """Encode short texts, each only once: their vectors lie among those of the chunks in the file `store`."""

    def encode(texts: Sequence[str]) -> Array:
        marks = [f"title-{hashlib.blake2b(text.encode(), digest_size=16).hexdigest()}" for text in texts]
        rows = pl.DataFrame({"chunk": marks, "text": list(texts)}, schema={"chunk": pl.String, "text": pl.String})
        filled = {"customer_id": pl.lit(""), "kind": pl.lit("title"), "url": pl.lit(""), "weight": pl.lit(1.0)}
        chunks = rows.with_columns(**filled).select(*CHUNKS).cast(CHUNKS)
        encode_missing(chunks, encoder, store, config, progress=lambda _done, _total: None)
        with VectorStore.opened(store, encoder_key(encoder, config)) as vectors:
            known, found = vectors.read(marks)
        places = {mark: place for place, mark in enumerate(known)}
        return found[[places[mark] for mark in marks]]

    return encode


def nearest_titles(
    companies: pl.DataFrame, fitted: pl.DataFrame, encode: Callable[[Sequence[str]], Array]
) -> pl.DataFrame:
    """Give `customer_id`, `wz_2008`, `wz_2025`: the classes whose titles lie nearest to each company's vector.

    Args:
        companies: company_vectors of the stock.
        fitted: the transform that was fitted on the stock's vectors; the titles get it too, and their own mean taken
            away, since short titles lie apart from pages.
        encode: the model that made the vectors; texts (n) to vectors of length 1 (n x d).
    """
    names = companies["customer_id"].to_list()
    vectors = np.ascontiguousarray(companies["vector"].to_numpy(), np.float32)
    coded = {version: class_titles(version) for version in VERSIONS}
    texts = list(dict.fromkeys(title for _, titles in coded.values() for title in titles))
    moved = apply(encode(texts), fitted)
    places = dict(zip(texts, unit(moved - moved.mean(axis=0)), strict=True))
    books = {
        version: Titles(codes, titles, np.stack([places[title] for title in titles]))
        for version, (codes, titles) in coded.items()
    }
    return by_titles(names, vectors, books)
