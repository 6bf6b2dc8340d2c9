"""Chunks and company vectors of any configuration on a project's pages, made once and kept."""

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import polars as pl

from embeddings.config import EmbeddingConfig
from potenzial import artifact, stages, tables
from potenzial.artifact import Stage, key_of
from potenzial.pipeline import READS, Pipeline
from potenzial.progress import Advance
from potenzial.project import Project
from potenzial.stages import Texts

_TABLES = ("chunks", "company_vectors")
#: Settings that change how long encoding takes and where files lie, but no vector.
_NO_MATTER = ("device", "batch_size", "model_folder")
_KEY_LENGTH = 16


@dataclass(frozen=True)
class Embedded:
    """Chunks (CHUNKS) and company vectors (schema company_vectors) of one configuration."""

    chunks: pl.DataFrame
    companies: pl.DataFrame


class Vectors:
    """Makes vectors of the pages of one project; chunks that any run has encoded before are not encoded again."""

    def __init__(self, project: Project, pipeline: Pipeline) -> None:
        """Read the texts of a project.

        Raises:
            StageError: the crawl has not run.
        """
        self._project, self._texts = project, pipeline.texts()
        self._digests = {name: tables.record_of(project, name).digests[name] for name in READS["embed"]}

    def kept(self, config: EmbeddingConfig, advance: Advance) -> Embedded:
        """Give the vectors of the whole stock, kept below `data/lab` by a digest of pages and settings."""
        stage, key = self._stage(config)
        if artifact.fresh(stage, key) is None:
            artifact.make(stage, key, lambda: self._frames(self._texts, config, advance))
        return Embedded(*(artifact.read(stage.files[name], tables.SCHEMAS.get(name)) for name in _TABLES))

    def of(self, customers: pl.DataFrame, config: EmbeddingConfig, advance: Advance) -> Embedded:
        """Give the vectors of some customers (CUSTOMERS), of which only those of chunks are kept."""
        frames = self._frames(dataclasses.replace(self._texts, customers=customers), config, advance)
        return Embedded(*(frames[name] for name in _TABLES))

    @property
    def customers(self) -> pl.DataFrame:
        """All customers of the project (CUSTOMERS)."""
        return self._texts.customers

    @property
    def owners(self) -> pl.DataFrame:
        """Which website speaks for which customer."""
        return self._texts.owners

    def _stage(self, config: EmbeddingConfig) -> tuple[Stage, str]:
        settings = {name: value for name, value in msgspec.structs.asdict(config).items() if name not in _NO_MATTER}
        key = key_of("lab", stages.VERSIONS["embed"], settings, self._digests)
        folder = self._project.data / "lab" / key[:_KEY_LENGTH]
        return Stage("embed", folder, {name: folder / f"{name}.parquet" for name in _TABLES}), key

    def _frames(self, texts: Texts, config: EmbeddingConfig, advance: Advance) -> artifact.Frames:
        frames = stages.encoded(texts, config, self._project.vector_store, advance)
        return {name: tables.matched(name, frames[name]) for name in _TABLES}


def until(deadline: float, advance: Advance, error: Callable[[], Exception]) -> Advance:
    """Tell progress on and raise `error` once the deadline (of `time.monotonic`) has passed."""

    def tell(done: int, total: int) -> None:
        if time.monotonic() > deadline:
            raise error()
        advance(done, total)

    return tell
