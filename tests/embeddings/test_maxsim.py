from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from embeddings.company import company_vectors
from embeddings.config import EmbeddingConfig
from embeddings.encode import encode_missing
from embeddings.encoder import Encoder, encoder_key
from embeddings.maxsim import Own, Passages, maxsim, own_vectors, rescored, similar
from embeddings.neighbours import nearest
from embeddings.schema import NEIGHBOURS

Make = Callable[..., pl.DataFrame]
CONFIG = EmbeddingConfig(pooling="maxsim")


@pytest.fixture
def passages(tmp_path: Path, encoder: Encoder, make_chunks: Make) -> Passages:
    """Give twenty companies: "a" and "b" share one trade of several, the others have one each."""
    rows = [("a", "Stahl drehen"), ("a", "Brot backen"), ("a", "Autos lackieren"), ("b", "Stahl drehen")]
    rows += [(f"c{n:02}", f"Gewerbe{n} Ware{n}") for n in range(18)] + [(f"c{n:02}", "Startseite") for n in range(18)]
    chunks, store = make_chunks(*rows), tmp_path / "vectors.sqlite"
    encode_missing(chunks, encoder, store, CONFIG, progress=lambda _done, _total: None)
    key = encoder_key(encoder, CONFIG)
    return Passages(chunks, store, key, company_vectors(chunks, store, key, CONFIG).transform)


def test_one_common_trade_is_found(passages: Passages) -> None:
    """A company that does one of several things is alike by that chunk, and both directions agree."""
    known = own_vectors(["a", "b", "c00"], passages)
    assert maxsim(known["a"], known["b"]) > maxsim(known["a"], known["c00"]) + 0.3
    assert maxsim(known["a"], known["b"]) == maxsim(known["b"], known["a"])
    assert maxsim(known["a"], known["a"]) == pytest.approx(1, abs=1e-3)


def test_maxsim_weighs_chunks() -> None:
    """A chunk without a partner lowers the similarity by its share."""
    two = Own(np.eye(2, dtype=np.float32), np.array([0.75, 0.25], np.float32))
    one = Own(np.eye(2, dtype=np.float32)[:1], np.ones(1, np.float32))
    assert maxsim(two, one) == pytest.approx((0.75 + 1) / 2)


def test_candidates_are_ranked_anew(passages: Passages, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each customer keeps its k best candidates by their chunks, ranked from 1, in batches of any size."""
    key = passages.key
    frame = company_vectors(passages.chunks, passages.store, key, CONFIG).frame
    found = nearest(frame, frame, 12)
    told: list[tuple[int, int]] = []
    kept = rescored(found, passages, 3, progress=lambda done, total: told.append((done, total)))
    assert kept.schema == NEIGHBOURS
    assert kept.group_by("customer_id").len()["len"].unique().to_list() == [3]
    assert kept.filter(customer_id="b")["neighbour_id"][0] == "a"
    assert kept.sort("customer_id", "rank").equals(kept)
    assert told[-1] == (20, 20)
    monkeypatch.setattr("embeddings.maxsim._BATCH", 3)
    assert rescored(found, passages, 3, progress=lambda _done, _total: None).equals(kept)


def test_no_candidates_give_an_empty_table(passages: Passages) -> None:
    """A stock of one company has nobody to compare and no fault."""
    assert rescored(NEIGHBOURS.to_frame(), passages, 3, progress=lambda _done, _total: None).is_empty()


def test_a_query_is_compared_with_candidates(passages: Passages) -> None:
    """Candidates come back with the most similar first, and one without text has no row."""
    query = own_vectors(["b"], passages)["b"]
    found = similar(query, ["c01", "a", "nobody", "b"], passages)
    assert found["customer_id"].to_list() == ["b", "a", "c01"]
    assert similar(query, [], passages).is_empty()
