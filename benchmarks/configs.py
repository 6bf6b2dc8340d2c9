"""What each shipped configuration costs and gives on the same pages: quality, companies per hour, memory.

Usage: python benchmarks/configs.py PROJECT COMPANIES.csv TITLES.csv [sites [companies [titles]]]

PROJECT is a folder in which `potenzial run` has crawled websites; its pages are read and nothing is written there.
COMPANIES.csv has columns `summary` and `industry`, TITLES.csv has `de`, `en`, `fr` and `it`, one meaning a row.

Each configuration runs in a process of its own: it cuts the pages of a sample of sites into chunks, encodes all of
them into a fresh store and pools them. Companies per hour and peak memory are of that.
Then P@10 and hit@1 are measured.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from embeddings.chunk import chunk_documents
from embeddings.company import company_vectors
from embeddings.config import EmbeddingConfig
from embeddings.encode import encode_missing
from embeddings.encoder import Encoder, encoder_key, stock_encoder
from embeddings.schema import DOCUMENTS
from potenzial.config import load

CONFIGS = ("default", "fast", "thorough", "zero")
FOLDER = Path(__file__).parent.parent / "configs"


@dataclass(frozen=True)
class Sample:
    """Crawled pages, listed companies (summary, industry) and titles in four languages, all without any order."""

    pages: pl.DataFrame
    companies: pl.DataFrame
    titles: pl.DataFrame


@dataclass(frozen=True)
class Figures:
    """What one configuration reached; memory is the peak of the process in MB after encoding the sites."""

    sites: int
    chunks: int
    seconds: float
    memory: float
    precision: float
    hits: tuple[float, ...]


def main() -> None:
    """Measure the shipped configurations one after the other."""
    project, companies, titles = (Path(argument) for argument in sys.argv[1:4])
    sizes = [int(size) for size in sys.argv[4:]] + [300, 500, 200][len(sys.argv[4:]) :]
    sample = Sample(
        _pages(project, sizes[0]), _listed(companies, sizes[1]), pl.read_csv(titles).sample(sizes[2], seed=1)
    )
    print(f"{sizes[0]} sites, {sample.companies.height} listed companies, {sample.titles.height} titles")
    print("config     chunks a site  sites/hour  peak MB   P@10  hit@1 en   fr    it")
    for name in CONFIGS:
        # A fresh process, so that neither memory nor warm caches of another model are counted.
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            found = pool.submit(measured, name, sample).result()
        each, pace = found.chunks / found.sites, 3600 * found.sites / found.seconds
        hits = " ".join(f"{hit:.3f}" for hit in found.hits)
        print(
            f"{name:10} {each:13.1f} {pace:11,.0f} {found.memory:8.0f}   {found.precision:.3f}  {hits}",
            flush=True,
        )


def _pages(project: Path, sites: int) -> pl.DataFrame:
    """Read the pages of a sample of sites as documents."""
    pages = pl.read_parquet(project / "data" / "pages.parquet")
    chosen = pages["site"].unique().sort()
    kept = pages.filter(pl.col("site").is_in(chosen.sample(min(sites, len(chosen)), seed=1).implode()))
    return kept.rename({"site": "customer_id"}).match_to_schema(DOCUMENTS, extra_columns="ignore")


def _listed(path: Path, companies: int) -> pl.DataFrame:
    table = pl.read_csv(path, infer_schema_length=None).drop_nulls(["summary", "industry"])
    return table.sample(min(companies, table.height), seed=1).select("summary", "industry")


def measured(name: str, sample: Sample) -> Figures:
    """Measure one configuration."""
    config = load(FOLDER / f"{name}.toml").embedding
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        chunks, _encoder, _vectors = _encoded(sample.pages, config, Path(folder) / "sites")
        seconds = time.perf_counter() - started
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        precision = _precision(sample.companies, config, Path(folder) / "listed")
        hits = _across(sample.titles, config, Path(folder) / "titles")
    return Figures(chunks["customer_id"].n_unique(), chunks.height, seconds, memory, precision, hits)


def _encoded(
    documents: pl.DataFrame, config: EmbeddingConfig, folder: Path
) -> tuple[pl.DataFrame, Encoder, pl.DataFrame]:
    """Cut, encode and pool documents (DOCUMENTS): chunks, the encoder, and company vectors."""
    chunks = chunk_documents(documents, config)
    encoder = stock_encoder(chunks, config, folder)
    store = folder / "vectors.sqlite"
    encode_missing(chunks, encoder, store, config, progress=lambda _done, _total: None)
    return chunks, encoder, company_vectors(chunks, store, encoder_key(encoder, config), config).frame


def _precision(listed: pl.DataFrame, config: EmbeddingConfig, folder: Path) -> float:
    """Share of the ten nearest companies that are of the company's own industry."""
    names = [f"{row:06}" for row in range(listed.height)]
    _chunks, _encoder, vectors = _encoded(_documents(names, listed["summary"]), config, folder)
    industry = pl.DataFrame({"customer_id": names, "industry": listed["industry"]})
    own = vectors.join(industry, on="customer_id", how="left", maintain_order="left")["industry"].to_numpy()
    matrix = vectors["vector"].to_numpy()
    similarity = matrix @ matrix.T
    np.fill_diagonal(similarity, -2)
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :10]
    return float((own[nearest] == own[:, None]).mean())


def _across(titles: pl.DataFrame, config: EmbeddingConfig, folder: Path) -> tuple[float, ...]:
    """Share of German titles whose nearest English, French and Italian title is the same one, each list centred."""
    texts = pl.concat([titles[language] for language in ("de", "en", "fr", "it")])
    documents = _documents([f"{row:06}" for row in range(len(texts))], texts)
    encoder = stock_encoder(chunk_documents(documents, config), config, folder)
    parts = []
    for language in ("de", "en", "fr", "it"):
        part = encoder.encode(titles[language].to_list())
        part = part - part.mean(axis=0)
        parts.append(part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-9))
    return tuple(float(((parts[0] @ part.T).argmax(1) == np.arange(len(part))).mean()) for part in parts[1:])


def _documents(names: list[str], texts: pl.Series) -> pl.DataFrame:
    rows = [(name, "own", None, None, text) for name, text in zip(names, texts, strict=True)]
    return pl.DataFrame(rows, schema=DOCUMENTS, orient="row")


if __name__ == "__main__":
    main()
