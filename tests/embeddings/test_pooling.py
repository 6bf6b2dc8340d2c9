from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from embeddings.company import company_vectors
from embeddings.config import EmbeddingConfig
from embeddings.encode import encode_missing
from embeddings.encoder import Encoder, encoder_key

Make = Callable[..., pl.DataFrame]
Pool = Callable[..., dict[str, np.ndarray]]


@pytest.fixture
def pooled(tmp_path: Path, encoder: Encoder) -> Pool:
    """Encode chunks and give the vector of each company, without any transform."""

    def pool(chunks: pl.DataFrame, pooling: str) -> dict[str, np.ndarray]:
        config = msgspec.convert({"pooling": pooling, "transform": "none"}, EmbeddingConfig)
        store = tmp_path / "vectors.sqlite"
        encode_missing(chunks, encoder, store, config, progress=lambda _done, _total: None)
        frame = company_vectors(chunks, store, encoder_key(encoder, config), config).frame
        return dict(zip(frame["customer_id"], frame["vector"].to_numpy(), strict=True))

    return pool


def test_idf_listens_to_what_is_rare(pooled: Pool, make_chunks: Make, encoder: Encoder) -> None:
    """A passage that every company has says less than a company's own."""
    rows = [(f"{n:02}", "Herzlich willkommen") for n in range(30)] + [("00", "Schaftfräser")]
    plain, weighed = (pooled(make_chunks(*rows), name)["00"] for name in ("mean", "idf"))
    common, special = encoder.encode(["Herzlich willkommen", "Schaftfräser"])
    assert plain @ common == pytest.approx(plain @ special, abs=1e-3)
    assert weighed @ special > weighed @ common + 0.3


def test_medoid_is_the_most_typical_chunk(pooled: Pool, make_chunks: Make, encoder: Encoder) -> None:
    """The company's vector is that of the chunk nearest to all its chunks, however the store is read."""
    texts = ["Stahl drehen", "Stahl drehen fräsen", "Stahl fräsen", "Betriebsausflug"]
    found = pooled(make_chunks(*(("a", text) for text in texts)), "medoid")["a"]
    assert found @ encoder.encode(["Stahl drehen fräsen"])[0] == pytest.approx(1, abs=1e-3)


def test_medoid_heeds_weights(pooled: Pool, make_chunks: Make, encoder: Encoder) -> None:
    """A chunk that weighs more than all others together is the most typical one."""
    found = pooled(make_chunks(("a", "eins", 1.0), ("a", "zwei", 1.0), ("a", "drei", 9.0)), "medoid")["a"]
    assert found @ encoder.encode(["drei"])[0] == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("pooling", ["mean", "idf", "medoid"])
def test_slices_of_the_store_change_nothing(
    pooled: Pool, make_chunks: Make, monkeypatch: pytest.MonkeyPatch, pooling: str
) -> None:
    """A company whose chunks lie in several slices has the same vector, whatever the order of the rows."""
    rows = [(f"{n:02}", f"Stahl Teil{n % 5} Nummer{part}") for n in range(20) for part in range(4)]
    whole = pooled(make_chunks(*rows), pooling)
    monkeypatch.setattr("embeddings.pooling._SLICE", 3)
    sliced = pooled(make_chunks(*rows).sample(fraction=1, shuffle=True, seed=1), pooling)
    assert all(np.allclose(whole[name], sliced[name], atol=1e-3) for name in whole)
