from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from embeddings.errors import ModelBrokenError
from embeddings.weights import BLOCK, read_packed, unpack

BLOCKS = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])


@settings(deadline=None)  # a loaded machine is no fault
@given(values=hnp.arrays(np.int8, st.integers(1, 20).map(lambda n: (n, BLOCK)), elements=st.integers(-8, 7)))
def test_packed_values_come_back_as_they_were(values: np.ndarray) -> None:
    """Nibbles packed low half first, with an offset of 8, unpack to the values times their scale."""
    blocks = np.zeros(len(values), BLOCKS)
    blocks["scale"] = 0.25
    shifted = (values + 8).astype(np.uint8)
    blocks["nibbles"] = shifted[:, : BLOCK // 2] | shifted[:, BLOCK // 2 :] << 4
    assert np.array_equal(unpack(blocks).reshape(values.shape), values * 0.25)


def test_reads_shape_vocabulary_and_tensors(tiny_file: Path) -> None:
    """A well-formed file gives its sizes, its pieces with scores, its character map and every tensor."""
    model = read_packed(tiny_file)
    assert (model.shape.hidden, model.shape.layers, model.shape.inner, model.shape.positions) == (32, 1, 64, 16)
    assert model.vocabulary.pieces[:6] == ("<s>", "<pad>", "</s>", "<unk>", "▁", "▁a")
    assert model.vocabulary.scores[0] == -1
    assert model.vocabulary.characters == {"ß": "ab", "\t": " "}
    assert model.tensors["emb.word"].shape == (320,)
    assert np.abs(model.tensors["l0.q.w"]).max() <= 0.8


@settings(deadline=None)  # a loaded machine is no fault
@given(share=st.floats(0, 0.999))
def test_cut_file_is_named_as_damaged(tiny_file: Path, tmp_path_factory: pytest.TempPathFactory, share: float) -> None:
    """A file cut off at any byte is refused with its name and the way to reinstall it."""
    whole = tiny_file.read_bytes()
    cut = tmp_path_factory.mktemp("cut") / "cut.bin"
    cut.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ModelBrokenError, match=r"cut\.bin.*pip install"):
        read_packed(cut)


@pytest.mark.parametrize(("place", "byte"), [(0, b"X"), (4, b"\x09"), (40, b"\x10")])
def test_other_format_is_refused(tiny_file: Path, tmp_path: Path, place: int, byte: bytes) -> None:
    """Another magic word, version or block size is refused rather than misread."""
    data = bytearray(tiny_file.read_bytes())
    data[place : place + 1] = byte
    (tmp_path / "other.bin").write_bytes(data)
    with pytest.raises(ModelBrokenError):
        read_packed(tmp_path / "other.bin")


def test_missing_file_is_named(tmp_path: Path) -> None:
    """A file that is not there is refused with its name."""
    with pytest.raises(ModelBrokenError, match=r"absent\.bin"):
        read_packed(tmp_path / "absent.bin")
