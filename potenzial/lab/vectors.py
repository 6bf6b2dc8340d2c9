"""Chunks and company vectors of any configuration on a project's pages, made once and kept."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import msgspec
import polars as pl

from embeddings.config import EmbeddingConfig
from embeddings.encoders import Encoders
from potenzial import artifact, stages, tables
from potenzial.artifact import Stage, key_of
from potenzial.lab.trial import Likeness, by_mean
from potenzial.pipeline import READS, Pipeline
from potenzial.progress import Advance
from potenzial.project import Project
from potenzial.stages import Texts

_TABLES = ("chunks", "company_vectors", "transform")
#: Settings that change how long encoding takes and where files lie, but no vector.
_NO_MATTER = ("device", "batch_size", "model_folder")
_KEY_LENGTH = 16


@dataclass(frozen=True)
class Embedded:
    """Chunks (CHUNKS), company vectors (schema company_vectors) and their transform, of one configuration."""

    chunks: pl.DataFrame
    companies: pl.DataFrame
    transform: pl.DataFrame
    config: EmbeddingConfig
    store: Path

    @property
    def likeness(self) -> Likeness:
        """Who is nearest to whom: chunk by chunk where the configuration says so, else by the company vectors."""
        return Likeness(self.companies, self._by_chunk) if self.config.pooling == "maxsim" else Likeness(self.companies)

    def _by_chunk(self, companies: pl.DataFrame, k: int) -> pl.DataFrame:
        from embeddings.encoder import encoder_key, load_encoder
        from embeddings.maxsim import CANDIDATES, Passages, rescored

        key = encoder_key(load_encoder(self.config, self.store.parent), self.config)
        passages = Passages(self.chunks, self.store, key, self.transform)
        return rescored(by_mean(companies, CANDIDATES * k), passages, k, progress=lambda _done, _total: None)


class Vectors:
    """Makes vectors of the pages of one project; chunks that any run has encoded before are not encoded again."""

    def __init__(self, project: Project, pipeline: Pipeline) -> None:
        """Read the texts of a project.

        Raises:
            StageError: the crawl has not run.
        """
        self._project, self._texts = project, pipeline.texts()
        self._encoders = Encoders()
        self._digests = {name: tables.record_of(project, name).digests[name] for name in READS["embed"]}

    def kept(self, config: EmbeddingConfig, advance: Advance) -> Embedded:
        """Give the vectors of the whole stock, kept below `data/lab` by a digest of pages and settings."""
        stage, key = self._stage(config)
        if artifact.fresh(stage, key) is None:
            artifact.make(stage, key, lambda: self._frames(self._texts, config, advance))
        frames = {name: artifact.read(stage.files[name], tables.SCHEMAS.get(name)) for name in _TABLES}
        return self._embedded(frames, config)

    def folder(self, config: EmbeddingConfig) -> Path:
        """Where the vectors of a configuration are kept, made or not."""
        return self._stage(config)[0].folder

    def of(self, customers: pl.DataFrame, config: EmbeddingConfig, advance: Advance) -> Embedded:
        """Give the vectors of some customers (CUSTOMERS), of which only those of chunks are kept."""
        frames = self._frames(dataclasses.replace(self._texts, customers=customers), config, advance)
        return self._embedded(frames, config)

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

    def _embedded(self, frames: artifact.Frames, config: EmbeddingConfig) -> Embedded:
        chunks, companies, transform = (frames[name] for name in _TABLES)
        return Embedded(chunks, companies, transform, config, self._project.vector_store)

    def _frames(self, texts: Texts, config: EmbeddingConfig, advance: Advance) -> artifact.Frames:
        frames = stages.encoded(texts, config, self._project.vector_store, advance, self._encoders)
        return {name: tables.matched(name, frames[name]) for name in _TABLES}
