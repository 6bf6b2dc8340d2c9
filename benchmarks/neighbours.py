"""Measure building, searching and loading the index of company vectors, beside FAISS called bare.

Usage: python benchmarks/neighbours.py [COMPANIES:KIND ...], by default 10000:flat 100000:flat 100000:ivf-pq. The
vectors (384 dimensions) are made up: 500 groups, and directions of falling spread as encoders give them. "bare" is
`engine.search` of the same FAISS index with the same effort and k: no ids, no order among equals, the company itself
among its neighbours. Both search the same companies, 2,000 or 20,000, in turns, three times; the quickest counts.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.approximate import parameters
from embeddings.config import NeighbourConfig
from embeddings.index import Index, build, load
from embeddings.neighbours import nearest_in

DIMENSION, GROUPS, K = 384, 500, 50
#: Companies searched; an approximate search of few would measure what is done once for all.
QUERIES = {"flat": 2_000, "ivf-pq": 20_000, "hnsw": 20_000}
BLOCK = 100_000


def stock(companies: int) -> pl.DataFrame:
    """Make up companies with vectors of length 1."""
    rng = np.random.default_rng(7)
    spread = (np.arange(1, DIMENSION + 1) ** -0.5).astype(np.float32)
    centres = rng.standard_normal((GROUPS, DIMENSION), np.float32)
    vectors = np.empty((companies, DIMENSION), np.float32)
    for start in range(0, companies, BLOCK):
        part = vectors[start : start + BLOCK]
        part[:] = rng.standard_normal(part.shape, np.float32) * 0.8 + centres[rng.integers(0, GROUPS, len(part))]
        part *= spread
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return pl.DataFrame({"customer_id": [f"c{n:07}" for n in range(companies)], "vector": vectors})


def seconds(work: Callable[[], object]) -> float:
    """Time one call."""
    started = perf_counter()
    work()
    return perf_counter() - started


def median_ms(work: Callable[[int], object]) -> float:
    """Give the median time of fifty calls in milliseconds."""
    return float(np.median([seconds(lambda n=n: work(n)) for n in range(50)])) * 1e3


def bare(index: Index, queries: NDArray[np.float32]) -> object:
    """Search with FAISS alone."""
    effort = index.quality.effort
    params = parameters(index.quality.kind, effort, None) if effort.probes else None
    return index.engine.search(queries, K, params=params)


def measure(companies: int, kind: str) -> None:
    """Print one line of the table."""
    frame = stock(companies)
    started = perf_counter()
    index = build(frame, NeighbourConfig(k=K, index=kind))
    built = perf_counter() - started
    asked = QUERIES[index.quality.kind]
    queries = frame.gather(np.linspace(0, companies - 1, asked).astype(np.int64))
    vectors = queries["vector"].to_numpy()
    pairs = [(seconds(lambda: nearest_in(index, queries, K)), seconds(lambda: bare(index, vectors))) for _ in range(3)]
    ours, theirs = (min(times) for times in zip(*pairs, strict=True))
    one = median_ms(lambda n: index.search(vectors[n : n + 1], K))
    some = np.arange(0, companies, 3)
    filtered = median_ms(lambda n: index.search(vectors[n : n + 1], K, some))
    with tempfile.TemporaryDirectory() as folder:
        index.save(Path(folder))
        opened = seconds(lambda: load(Path(folder))) * 1e3
        size = sum(file.stat().st_size for file in Path(folder).iterdir()) / 1e6
    batch = (ours / asked * 1e3, theirs / asked * 1e3, ours / theirs)
    cells = (f"{companies:,}", kind, f"{index.quality.recall:.3f}", f"{built:.1f}", *(f"{cell:.2f}" for cell in batch))
    print("|", " | ".join((*cells, f"{one:.1f}", f"{filtered:.1f}", f"{opened:.0f}", f"{size:.0f}")), "|", flush=True)


def main() -> None:
    """Measure what is asked for."""
    print("| companies | index | recall@50 | build s | ours ms/query | bare ms/query | ratio | one query ms ", end="")
    print("| filtered to a third ms | load ms | MB |")
    print("|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for case in sys.argv[1:] or ["10000:flat", "100000:flat", "100000:ivf-pq"]:
        companies, _, kind = case.partition(":")
        measure(int(companies), kind)


if __name__ == "__main__":
    main()
