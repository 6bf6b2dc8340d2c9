"""Vectors without any model: frequencies of letter groups, reduced by a singular value decomposition of the stock.

Latent semantic analysis (Deerwester et al. 1990) over groups of three to five letters within words, weighted by TF-IDF.
It knows nothing but the stock's own texts: words of one meaning in two languages stay strangers.
"""

import hashlib
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.errors import ModelBrokenError, ModelMissingError

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

Array = NDArray[np.float32]

_FILE: Final = "tfidf.npz"
_GROUPS: Final = 50_000
_DIMENSION: Final = 256
#: Chunks that the decomposition is fitted on at most, so that memory does not grow with the stock.
_SAMPLE: Final = 20_000
#: Raise it when the same chunks give other vectors.
_FORMAT: Final = 2


class FrequencyEncoder:
    """Letter groups, shape (g,), their inverse document frequencies (g,) and the directions kept (d, g)."""

    name = "tfidf"

    def __init__(self, groups: Sequence[str], idf: Array, directions: Array, revision: str) -> None:
        self.revision = revision
        self.dimension = len(directions)
        self._directions = directions
        self._counter = _counter(groups)
        self._counter.idf_ = idf

    def encode(self, texts: Sequence[str]) -> Array:
        """Give one vector of length 1 per text; a text that shares no letters with the stock has the zero vector."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        vectors = np.asarray(self._counter.transform(texts) @ self._directions.T, np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def fit(chunks: pl.DataFrame, folder: Path) -> FrequencyEncoder:
    """Fit on the distinct texts of chunks (CHUNKS), save in `folder` and return; the same chunks are not fitted twice.

    Raises ModelMissingError if there is too little text to fit on.
    """
    texts = chunks.select("chunk", "text").unique("chunk", keep="first").sort("chunk").head(_SAMPLE)
    revision = _revision(texts["chunk"])
    if (folder / _FILE).is_file() and (known := load(folder)).revision == revision:
        return known
    groups, idf, directions = _fitted(texts["text"].to_list())
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / f".{_FILE}"
    with scratch.open("wb") as file:
        np.savez_compressed(file, revision=revision, groups=groups, idf=idf, directions=directions)
    scratch.replace(folder / _FILE)
    return load(folder)


def load(folder: Path) -> FrequencyEncoder:
    """Read what `fit` saved in `folder`, without unpickling anything.

    Raises ModelMissingError if nothing was saved there, ModelBrokenError if it is damaged.
    """
    path = folder / _FILE
    if not path.is_file():
        raise ModelMissingError(f'{path}: [embedding] model = "tfidf" is fitted on the stock. Run: potenzial run')
    try:
        # A file that numpy opens by itself stays open if it is damaged.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as parts:
            directions = parts["directions"].astype(np.float32)
            return FrequencyEncoder(parts["groups"].tolist(), parts["idf"], directions, str(parts["revision"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ModelBrokenError(f"{path}: damaged ({error}). Delete it and run again: potenzial run") from error


def _revision(chunks: pl.Series) -> str:
    digest = hashlib.sha256(f"{_FORMAT} {_GROUPS} {_DIMENSION} ".encode())
    digest.update(" ".join(chunks).encode())
    return digest.hexdigest()[:16]


def _fitted(texts: list[str]) -> tuple[NDArray[np.str_], Array, NDArray[np.float16]]:
    from sklearn.decomposition import TruncatedSVD

    counter: Any = _counter(None)
    try:
        counts: Any = counter.fit_transform(texts)
    except ValueError as error:
        raise ModelMissingError(f'[embedding] model = "tfidf" finds no text to be fitted on ({error}).') from error
    model: Any = TruncatedSVD(min(_DIMENSION, *counts.shape), random_state=0)
    # It also measures how much variance is explained, which there is none of among texts with the same letters.
    with np.errstate(invalid="ignore"):
        directions = model.fit(counts).components_
    groups = np.array(counter.get_feature_names_out(), np.str_)
    return groups, counter.idf_.astype(np.float32), directions.astype(np.float16)


def _counter(groups: Sequence[str] | None) -> "TfidfVectorizer":
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(3, 5),
        sublinear_tf=True,
        max_features=_GROUPS if groups is None else None,
        vocabulary=groups,
        dtype=np.float32,  # pyright: ignore[reportArgumentType]  # guessed from the default
    )
