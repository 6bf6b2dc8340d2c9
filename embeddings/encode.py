"""Chunks to vectors, only those that have none yet."""

import logging
from collections.abc import Callable
from pathlib import Path

import polars as pl

from embeddings.config import EmbeddingConfig
from embeddings.encoder import Encoder, encoder_key
from embeddings.schema import CHUNKS
from embeddings.store import VectorStore

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]


def encode_missing(
    chunks: pl.DataFrame, encoder: Encoder, store: Path, config: EmbeddingConfig, *, progress: Progress
) -> int:
    """Encode the chunks (CHUNKS) that `store` has no vector for, and return their number.

    A text that several companies share is encoded once. Every batch is committed as soon as it is done, so that a
    killed run loses at most one. Progress counts all distinct chunks, those already there included.
    Raises StoreBrokenError if the store is damaged.
    """
    texts = chunks.match_to_schema(CHUNKS).select("chunk", "text").unique("chunk", keep="first", maintain_order=True)
    with VectorStore.opened(store, encoder_key(encoder, config), encoder.dimension) as vectors:
        missing = _longest_first(texts.join(vectors.chunks().to_frame(), on="chunk", how="anti"))
        done = texts.height - missing.height
        progress(done, texts.height)
        for batch in missing.iter_slices(config.batch_size):
            vectors.add(batch["chunk"].to_list(), encoder.encode(batch["text"].to_list()))
            done += batch.height
            progress(done, texts.height)
    log.info("Encoded %d of %d distinct chunks", missing.height, texts.height)
    return missing.height


def _longest_first(missing: pl.DataFrame) -> pl.DataFrame:
    """Put texts of like length side by side, so that batches hold little padding.

    The order depends on the texts alone: after a kill the same batches follow, and the same vectors come out.
    """
    return missing.sort(pl.col("text").str.len_chars(), "chunk", descending=[True, False])
