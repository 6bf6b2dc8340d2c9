from pathlib import Path

import numpy as np
import polars as pl
import pytest

from embeddings import blocks, exported
from embeddings.config import EmbeddingConfig
from embeddings.encoder import Encoder, encoder_key, load_encoder
from embeddings.errors import ModelMissingError, ModelSettingsError
from embeddings.rebuild import write_model
from embeddings.weights import read_packed

TEXTS = ["ab a b", "", "b", "ab " * 4000, "☎ ab", "a a b"]


@pytest.fixture(scope="module")
def folder(tiny_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rebuild the tiny model once."""
    folder = tmp_path_factory.mktemp("model")
    write_model(read_packed(tiny_file), folder)
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder in which exports of this file's tests are kept."""
    pytest.importorskip("onnx", reason="needs the extra onnx")
    pytest.importorskip("onnxruntime", reason="needs the extra onnx")
    return tmp_path_factory.mktemp("home")


def tiny(folder: Path, home: Path, **changes: object) -> Encoder:
    """Load the tiny model."""
    settings = {"model": str(folder), "device": "cpu", "chunk_tokens": 16, "model_folder": str(home)}
    return load_encoder(EmbeddingConfig(**{**settings, **changes}))


@pytest.mark.parametrize(("precision", "least"), [("float32", 0.99999), ("int8", 0.99)])
def test_exported_model_gives_the_vectors_of_torch(folder: Path, home: Path, precision: str, least: float) -> None:
    """Empty, odd and far too long texts get the vectors that torch gives them, in their order."""
    plain = tiny(folder, home, precision="float32").encode(TEXTS)
    vectors = tiny(folder, home, backend="onnx", precision=precision, batch_size=2).encode(TEXTS)
    assert (vectors * plain).sum(axis=1).min() > least
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_int8_vector_does_not_depend_on_its_batch(folder: Path, home: Path) -> None:
    """A text has the same vector alone as among others."""
    encoder = tiny(folder, home, precision="int8")
    assert np.allclose(encoder.encode(TEXTS)[2], encoder.encode([TEXTS[2]])[0], atol=1e-5)
    assert encoder.encode([]).shape == (0, 32)


def test_vectors_of_another_arithmetic_are_kept_apart(folder: Path, home: Path) -> None:
    """Torch, ONNX in full precision and ONNX in whole numbers have keys of their own."""
    config = EmbeddingConfig()
    choices = [{}, {"backend": "onnx", "precision": "float32"}, {"precision": "int8"}]
    assert len({encoder_key(tiny(folder, home, **choice), config) for choice in choices}) == 3


def test_damaged_export_is_made_again(folder: Path, home: Path, tmp_path: Path) -> None:
    """An export that lost a byte is replaced by a whole one, and no scratch folder stays behind."""
    made = exported.ensure(tmp_path, folder, "1", "int8")
    network = made / "model.onnx"
    network.write_bytes(network.read_bytes()[:-1])
    assert home.is_dir()
    assert not exported.is_intact(made)
    assert exported.ensure(tmp_path, folder, "1", "int8") == made
    assert exported.is_intact(made)
    assert list(tmp_path.iterdir()) == [made]


@pytest.mark.parametrize(("backend", "precision"), [("torch", "int8"), ("onnx", "bfloat16")])
def test_contradicting_settings_are_refused(folder: Path, tmp_path: Path, backend: str, precision: str) -> None:
    """A precision that the backend does not know is refused by name."""
    with pytest.raises(ModelSettingsError, match=f"{backend}.*{precision}"):
        tiny(folder, tmp_path, backend=backend, precision=precision)


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without ONNX Runtime the message says what to install, and which backend needs nothing."""
    monkeypatch.setattr("embeddings.exported._PACKAGES", ("onnx", "no_such_package"))
    with pytest.raises(ModelMissingError, match=r"no_such_package.*potenzial\[onnx\].*torch"):
        exported.ensure(tmp_path, tmp_path, "1", "int8")


def test_weights_on_a_grid_of_four_bits_are_kept_exactly() -> None:
    """Weights that were packed with four bits come back as they were; others with eight bits, nearly."""
    rng = np.random.default_rng(5)
    numbers = rng.integers(-8, 8, (6, 64)).astype(np.float32)
    numbers[:, ::32] = -8
    grid, free = numbers * np.float32(0.25), rng.normal(size=(6, 64)).astype(np.float32)
    assert blocks.pack(grid).bits == 4
    assert np.array_equal(blocks.unpack(blocks.pack(grid)), grid)
    assert blocks.pack(free).bits == 8
    assert np.abs(blocks.unpack(blocks.pack(free)) - free).max() < 0.03


def test_static_model_is_encoded(tmp_path: Path) -> None:
    """A static model, which has no longest text, is loaded from its folder."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "query": 1, "ab": 2}, unk_token="[UNK]"))  # noqa: S106 - no secret
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)], device="cpu").save(str(tmp_path))
    vectors = tiny(tmp_path, tmp_path, precision="float32").encode(["ab", "x y"])
    assert vectors.shape == (2, 8)
    assert pl.Series(np.linalg.norm(vectors, axis=1)).is_close(1.0, abs_tol=1e-5).all()
