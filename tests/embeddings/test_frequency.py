from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from embeddings import frequency
from embeddings.config import EmbeddingConfig
from embeddings.encoder import load_encoder, stock_encoder
from embeddings.errors import ModelBrokenError, ModelMissingError

Make = Callable[..., pl.DataFrame]
CONFIG = EmbeddingConfig(model="tfidf")


@pytest.fixture
def chunks(make_chunks: Make) -> pl.DataFrame:
    """Give a small stock of three trades."""
    trades = ("Drehteile Frästeile Stahl", "Backwaren Brot Brötchen", "Steuerberatung Lohnbuchhaltung")
    return make_chunks(*((f"{n}", f"{trades[n % 3]} Nummer {n}") for n in range(30)))


def test_fitted_stock_places_new_texts(tmp_path: Path, chunks: pl.DataFrame) -> None:
    """A text that was not in the stock lies nearest to texts of its trade, and comes out the same after loading."""
    encoder = stock_encoder(chunks, CONFIG, tmp_path)
    known = encoder.encode(chunks["text"].to_list())
    new = load_encoder(CONFIG, tmp_path).encode(["Frästeile aus Stahl", "frische Brötchen"])
    assert "Drehteile" in chunks["text"][int((known @ new[0]).argmax())]
    assert "Brot" in chunks["text"][int((known @ new[1]).argmax())]
    assert np.array_equal(new, encoder.encode(["Frästeile aus Stahl", "frische Brötchen"]))


def test_text_without_known_letters_is_the_zero_vector(tmp_path: Path, chunks: pl.DataFrame) -> None:
    """Empty texts and signs the stock never saw have no direction; all others have length 1."""
    lengths = np.linalg.norm(frequency.fit(chunks, tmp_path).encode(["", "☎☎☎☎", "Brot"]), axis=1)
    assert np.allclose(lengths, [0, 0, 1], atol=1e-3)


def test_changed_stock_is_another_encoder(tmp_path: Path, chunks: pl.DataFrame) -> None:
    """The revision follows the stock's chunks, not their order."""
    first = frequency.fit(chunks, tmp_path).revision
    assert frequency.fit(chunks.reverse(), tmp_path).revision == first
    assert frequency.fit(chunks.head(20), tmp_path).revision != first


def test_unfitted_and_damaged_files_are_named(tmp_path: Path, chunks: pl.DataFrame) -> None:
    """Before a run, and after damage, the message names the file and the command."""
    with pytest.raises(ModelMissingError, match=r"tfidf\.npz.*potenzial run"):
        load_encoder(CONFIG, tmp_path)
    frequency.fit(chunks, tmp_path)
    path = tmp_path / "tfidf.npz"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ModelBrokenError, match=r"tfidf\.npz: damaged.*potenzial run"):
        load_encoder(CONFIG, tmp_path)


def test_too_little_text_is_refused(tmp_path: Path, make_chunks: Make) -> None:
    """Texts without any sign cannot be fitted on."""
    with pytest.raises(ModelMissingError, match="tfidf"):
        stock_encoder(make_chunks(("a", ""), ("b", " ")), CONFIG, tmp_path)


def test_few_texts_are_told_apart_as_far_as_they_differ(tmp_path: Path, make_chunks: Make) -> None:
    """A text alone has a vector, two texts have different ones, and those with the same letters have the same."""
    assert stock_encoder(make_chunks(("a", "Drehen")), CONFIG, tmp_path).encode(["Drehen"]) == pytest.approx(1.0)
    pair = make_chunks(("a", "Drehen und Fräsen"), ("b", "Brot"), ("c", "brot"))
    metal, bread, small = stock_encoder(pair, CONFIG, tmp_path).encode(pair["text"].to_list())
    assert metal @ bread < 0.5
    assert bread == pytest.approx(small)
