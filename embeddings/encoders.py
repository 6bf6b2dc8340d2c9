"""An encoder that is loaded once and used by whoever needs it next."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from embeddings.config import EmbeddingConfig
from embeddings.encoder import Encoder, load_encoder, stock_encoder

if TYPE_CHECKING:
    import polars as pl

#: Settings that an encoder goes by; the others say what is encoded and what becomes of its vectors.
_SETTINGS = (
    "model",
    "revision",
    "prompt",
    "device",
    "backend",
    "precision",
    "batch_size",
    "chunk_tokens",
    "model_folder",
)


class Encoders:
    """Keeps the encoder that was asked for last, so that it is loaded and checked once; one at a time, for memory."""

    def __init__(self) -> None:
        self._kept: tuple[EmbeddingConfig, Encoder] | None = None

    def load(self, config: EmbeddingConfig, fitted: Path | None = None) -> Encoder:
        """Give the configured encoder, as `load_encoder` does; it raises the same."""
        if config.model == "tfidf":
            return load_encoder(config, fitted)
        settings = _of_encoder(config)
        if self._kept is None or self._kept[0] != settings:
            self._kept = None
            self._kept = (settings, load_encoder(config, fitted))
        return self._kept[1]

    def of_stock(self, chunks: "pl.DataFrame", config: EmbeddingConfig, fitted: Path) -> Encoder:
        """Give the configured encoder, fitted to chunks (CHUNKS) where it is of that kind, as `stock_encoder` does."""
        return stock_encoder(chunks, config, fitted) if config.model == "tfidf" else self.load(config, fitted)


def _of_encoder(config: EmbeddingConfig) -> EmbeddingConfig:
    """Keep the settings that the encoder goes by, and no others."""
    values = msgspec.structs.asdict(config)
    return EmbeddingConfig(**{name: values[name] for name in _SETTINGS})
