"""How fast a configuration encodes and how much memory that takes, measured in a process of its own."""

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from embeddings.config import EmbeddingConfig

#: Passages that are encoded to measure the speed, and before it to warm up.
TEXTS: Final = 64
_WARM: Final = 8


@dataclass(frozen=True)
class Speed:
    """Passages encoded a second, and peak memory of the process (MB); None where the system does not tell."""

    texts_per_second: float
    memory_mb: float | None


def measure(chunks: pl.DataFrame, config: EmbeddingConfig) -> Speed | None:
    """Encode up to 64 passages (CHUNKS, chosen by their hash) with nothing kept; None without any passage.

    A fresh process, so that neither the memory nor the warm caches of another model are counted.
    """
    texts = chunks.unique("chunk").sort("chunk")["text"].head(TEXTS).to_list()
    if not texts:
        return None
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_timed, chunks, texts, config).result()


def _timed(chunks: pl.DataFrame, texts: Sequence[str], config: EmbeddingConfig) -> Speed:
    from embeddings.encoder import stock_encoder

    with tempfile.TemporaryDirectory() as folder:
        # A model that is fitted on the stock is fitted before the clock starts.
        encoder = stock_encoder(chunks, config, Path(folder))
    encoder.encode(texts[:_WARM])
    started = time.perf_counter()
    encoder.encode(texts)
    return Speed(len(texts) / max(time.perf_counter() - started, 1e-9), _peak_mb())


def _peak_mb() -> float | None:
    """Give the highest memory of this process (MB); None where the system does not tell."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux's getrusage also counts the process that started this one, so its own mark is read; in KiB.
        marks = [line.split()[1] for line in status.read_text("ascii", "replace").splitlines() if "VmHWM" in line]
        return int(marks[0]) / 2**10 if marks else None
    if sys.platform == "win32":
        return None
    import resource

    # Other systems count bytes on macOS, KiB elsewhere.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
