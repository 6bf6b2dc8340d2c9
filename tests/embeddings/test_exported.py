import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from embeddings import backends, blocks, exported
from embeddings.config import EmbeddingConfig
from embeddings.encoder import Encoder, encoder_key, load_encoder
from embeddings.errors import ModelMissingError, ModelSettingsError, ModelUnfitError
from embeddings.rebuild import write_model
from embeddings.runtimes import Kind, Runtime, require_packages, share, spread
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
    return tmp_path_factory.mktemp("home")


@pytest.fixture(params=["onnx", "openvino"])
def runtime(request: pytest.FixtureRequest) -> Runtime:
    """Give each runtime that is installed."""
    name: Runtime = request.param
    try:
        require_packages(name)
    except ModelMissingError as error:
        pytest.skip(str(error))
    return name


def tiny(folder: Path, home: Path, **changes: object) -> Encoder:
    """Load the tiny model."""
    settings = {"model": str(folder), "device": "cpu", "chunk_tokens": 16, "model_folder": str(home)}
    return load_encoder(EmbeddingConfig(**{**settings, **changes}))


@pytest.mark.parametrize(("precision", "least"), [("float32", 0.99999), ("int8", 0.99)])
def test_exported_model_gives_the_vectors_of_torch(
    folder: Path, home: Path, runtime: Runtime, precision: str, least: float
) -> None:
    """Empty, odd and far too long texts get the vectors that torch gives them, in their order."""
    plain = tiny(folder, home, precision="float32").encode(TEXTS)
    vectors = tiny(folder, home, backend=runtime, precision=precision, batch_size=2).encode(TEXTS)
    assert (vectors * plain).sum(axis=1).min() > least
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_int8_vector_does_not_depend_on_its_batch(folder: Path, home: Path, runtime: Runtime) -> None:
    """A text has the same vector alone as among others."""
    encoder = tiny(folder, home, backend=runtime, precision="int8")
    assert np.allclose(encoder.encode(TEXTS)[2], encoder.encode([TEXTS[2]])[0], atol=1e-5)
    assert encoder.encode([]).shape == (0, 32)


def test_vectors_of_another_arithmetic_are_kept_apart(folder: Path, home: Path, runtime: Runtime) -> None:
    """Each precision of torch and of a runtime has a key of its own."""
    config = EmbeddingConfig()
    choices = [{"backend": backend, "precision": "float32"} for backend in ("torch", runtime)]
    choices += [{"backend": "torch", "precision": "bfloat16"}, {"backend": runtime, "precision": "int8"}]
    assert len({encoder_key(tiny(folder, home, **choice), config) for choice in choices}) == 4


def test_damaged_export_is_made_again(folder: Path, runtime: Runtime, tmp_path: Path) -> None:
    """An export that lost a byte is replaced by a whole one, and no scratch folder stays behind."""
    kind = Kind(runtime, "int8")
    made = exported.ensure(tmp_path, lambda: folder, "1", kind)
    network = made / "model.onnx"
    network.write_bytes(network.read_bytes()[:-1])
    assert not exported.is_intact(made)
    assert exported.ensure(tmp_path, lambda: folder, "1", kind) == made
    assert exported.is_intact(made)
    assert list(tmp_path.iterdir()) == [made]


def test_export_that_stands_needs_no_model(folder: Path, runtime: Runtime, tmp_path: Path) -> None:
    """Once it is made, the model it was made from is not asked for again."""
    made = exported.ensure(tmp_path, lambda: folder, "1", Kind(runtime, "int8"))

    def gone() -> Path:
        raise AssertionError

    assert exported.ensure(tmp_path, gone, "1", Kind(runtime, "int8")) == made


SILENT = """
import sys
from embeddings.runtimes import Kind, Share, open_network
from pathlib import Path
open_network(Path(sys.argv[1]) / "model.onnx", Kind("openvino", "int8"), Share(1, 1))
"""


def test_openvino_reports_to_nobody(folder: Path, tmp_path: Path) -> None:
    """Running a model by OpenVINO leaves no identity of its maker's reports in the home folder."""
    pytest.importorskip("onnx", reason="needs the extra openvino")
    if importlib.util.find_spec("openvino") is None:
        pytest.skip("needs the extra openvino")
    made = exported.ensure(tmp_path / "models", lambda: folder, "1", Kind("openvino", "int8"))
    home = tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home)}
    subprocess.run([sys.executable, "-c", SILENT, made], check=True, env=environment, timeout=120)
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("missing", "settings", "expected"),
    [
        ([], {}, Kind("openvino", "int8")),
        (["openvino"], {}, None),
        ([], {"precision": "int8"}, Kind("openvino", "int8")),
        (["openvino"], {"precision": "int8"}, Kind("onnx", "int8")),
        ([], {"precision": "float32"}, None),
        ([], {"precision": "bfloat16"}, None),
        ([], {"device": "cuda:1"}, None),
        (["openvino"], {"backend": "openvino"}, Kind("openvino", "int8")),
        ([], {"backend": "openvino", "precision": "bfloat16"}, Kind("openvino", "bfloat16")),
        ([], {"backend": "torch"}, None),
    ],
)
def test_backend_is_chosen_by_what_is_there(
    monkeypatch: pytest.MonkeyPatch, missing: list[str], settings: dict[str, str], expected: Kind | None
) -> None:
    """What is left open goes to OpenVINO where it is installed and the model runs on the processor."""
    monkeypatch.setattr(backends, "missing_packages", lambda _name: missing)
    assert backends.choose(EmbeddingConfig(**{"device": "cpu", **settings})) == expected


@pytest.mark.parametrize(("backend", "precision"), [("torch", "int8"), ("onnx", "bfloat16")])
def test_contradicting_settings_are_refused(folder: Path, tmp_path: Path, backend: str, precision: str) -> None:
    """A precision that the backend does not know is refused by name."""
    with pytest.raises(ModelSettingsError, match=f"{backend}.*{precision}"):
        tiny(folder, tmp_path, backend=backend, precision=precision)


@pytest.mark.parametrize("name", ["onnx", "openvino"])
def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: Runtime) -> None:
    """Without the runtime the message says what to install, and which backend needs nothing."""
    monkeypatch.setattr("embeddings.runtimes._PACKAGES", {name: ("msgspec", "no_such_package")})
    with pytest.raises(ModelMissingError, match=rf"needs no_such_package.*potenzial\[{name}\].*torch"):
        exported.ensure(tmp_path, lambda: tmp_path, "1", Kind(name, "int8"))


@given(
    texts=st.lists(st.text(max_size=9), max_size=20),
    at_once=st.integers(1, 4),
    most=st.integers(1, 8),
)
def test_spread_texts_keep_their_places(texts: list[str], at_once: int, most: int) -> None:
    """Whatever the parts, every text's vector stands at its place, and no part is larger than allowed."""
    sizes: list[int] = []

    def encode(part: list[str]) -> NDArray[np.float32]:
        sizes.append(len(part))
        return np.array([[len(text)] for text in part], np.float32)

    assert spread(texts, encode, 1, at_once, most)[:, 0].tolist() == [len(text) for text in texts]
    assert sum(sizes) == len(texts)
    assert max(sizes, default=0) <= most


@pytest.mark.parametrize("cores", [1, 2, 3, 4, 7, 16, 64])
def test_cores_are_shared_out_without_crowding(cores: int) -> None:
    """Batches at a time and threads for each never need more cores than there are, and waste few."""
    batches, threads = share(cores)
    assert cores - 3 <= batches * threads <= cores


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
    """A static model, which no runtime can take, is run by torch unless the configuration insists on another."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "query": 1, "ab": 2}, unk_token="[UNK]"))  # noqa: S106 - no secret
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)], device="cpu").save(str(tmp_path))
    vectors = tiny(tmp_path, tmp_path / "home").encode(["ab", "x y"])
    assert vectors.shape == (2, 8)
    assert pl.Series(np.linalg.norm(vectors, axis=1)).is_close(1.0, abs_tol=1e-5).all()
    require_packages("onnx")
    with pytest.raises(ModelUnfitError, match="torch"):
        tiny(tmp_path, tmp_path / "home", backend="onnx")
