"""What is fitted on the stock's vectors and applied to all of them, queries too.

Vectors of language models fill a narrow cone: any two texts are alike by cosine. A transform takes away what all
companies share, in three steps, each of which may be missing: the mean is subtracted; `removed` directions are
projected out; the dot products with the `axes` become the coordinates. The result is brought back to length 1.
"""

from typing import Final, Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.config import EmbeddingConfig
from embeddings.schema import transform as transform_schema

Array = NDArray[np.float32]
Doubles = NDArray[np.float64]

#: In a smaller stock the mean is mostly the company itself; taking it away would leave noise.
LEAST: Final = 10
#: A vector shorter than this is rounding.
_NOTHING: Final = 1e-5
#: Directions with less variance than this share of the strongest are rounding.
_FLAT: Final = 1e-9
#: Dimensions for one direction of the all-but-the-top, as its authors advise.
_PER_DIRECTION: Final = 100
#: Rows taken at a time when second moments are added up, and rows the shrinkage is estimated from.
_SLICE: Final = 20_000


class _Principal(NamedTuple):
    """Principal directions as rows, strongest first, shape (m, d), and the variance along each, shape (m,)."""

    directions: Doubles
    variances: Doubles


class _Fitted(NamedTuple):
    mean: Array
    removed: Doubles
    axes: Doubles | None


def fit(vectors: Array, config: EmbeddingConfig) -> pl.DataFrame:
    """Fit the configured transform on the stock's pooled vectors of length 1, shape (n, d); gives schema transform(d).

    "centre" subtracts the mean; "abtt" also removes the strongest principal directions (all-but-the-top: Mu and
    Viswanath 2018, arXiv 1702.01417); "whiten" makes the covariance the identity (Su et al. 2021, arXiv 2103.15316),
    the covariance shrunk as Ledoit and Wolf 2004 (doi 10.1016/S0047-259X(03)00096-4) advise, so that a small stock's
    chance directions are not blown up. `dimensions` > 0 keeps the strongest principal directions that are left. A stock
    of fewer than 10 companies is left as it is.
    """
    size = vectors.shape[1]
    if len(vectors) < LEAST:
        return _table(_Fitted(np.zeros(size, np.float32), np.zeros((0, size)), None))
    mean = np.zeros(size, np.float32) if config.transform == "none" else vectors.mean(axis=0, dtype=np.float32)
    removed, axes = _directions(vectors, mean, config)
    return _table(_Fitted(mean, removed, axes))


def apply(vectors: Array, table: pl.DataFrame) -> Array:
    """Transform vectors, shape (n, d), by a fitted table (transform(d)); gives rows of length 1, shape (n, m).

    A row that is zero stays zero, and one that lies on the mean becomes zero. Raises ValueError if the table was fitted
    for another dimension.
    """
    if vectors.shape[1] != (size := _dimension(table)):
        raise ValueError(f"vectors of length {vectors.shape[1]}, but the transform was fitted for length {size}")
    means = _rows(table, "mean")
    moved = unit(vectors - means) if len(means) else unit(vectors)
    moved *= vectors.any(axis=1, keepdims=True)
    return _projected(moved, _rows(table, "removed"), _rows(table, "axis"))


def unit(vectors: NDArray[np.floating]) -> Array:
    """Bring rows to length 1; a row of no length stays zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    safe = np.where(lengths > _NOTHING, lengths, np.inf)
    return (vectors / safe).astype(np.float32)


def _projected(vectors: Array, removed: Array, axes: Array) -> Array:
    """Take directions out and turn to the axes; both are linear, so that vectors may have length 1 before."""
    if len(removed):
        vectors = unit(vectors - (vectors @ removed.T) @ removed)
    return unit(vectors @ axes.T) if len(axes) else vectors


def _directions(vectors: Array, mean: Array, config: EmbeddingConfig) -> tuple[Doubles, Doubles | None]:
    """Give the directions to remove and the axes, as the configuration asks."""
    size = vectors.shape[1]
    if config.transform in {"none", "centre"} and not config.dimensions:
        return np.zeros((0, size)), None
    covariance = _second_moments(vectors, mean)
    if config.transform == "whiten":
        return np.zeros((0, size)), _whitening(_shrunk(covariance, vectors), config.dimensions)
    principal = _principal(covariance)
    top = (config.abtt_directions or max(1, size // _PER_DIRECTION)) if config.transform == "abtt" else 0
    # At least one direction stays, or nothing would be left of any company.
    top = max(0, min(top, len(principal.directions) - 1))
    kept = principal.directions[top : top + config.dimensions] if config.dimensions else None
    return principal.directions[:top], kept


def _second_moments(vectors: Array, mean: Array) -> Doubles:
    """Give the covariance around `mean`, shape (d, d), in double precision and a slice of rows at a time."""
    total = np.zeros((vectors.shape[1], vectors.shape[1]))
    for start in range(0, len(vectors), _SLICE):
        part = vectors[start : start + _SLICE].astype(np.float64) - mean
        total += part.T @ part
    return total / len(vectors)


def _shrunk(covariance: Doubles, vectors: Array) -> Doubles:
    """Mix the covariance with a round one of the same total; the share falls with the number of companies."""
    from sklearn.covariance import ledoit_wolf_shrinkage

    sample = vectors[:: -(-len(vectors) // _SLICE)].astype(np.float64)
    share = float(ledoit_wolf_shrinkage(sample)) * len(sample) / len(vectors)
    size = len(covariance)
    mixed: Doubles = (1 - share) * covariance + share * np.trace(covariance) / size * np.eye(size)
    return mixed


def _whitening(covariance: Doubles, dimensions: int) -> Doubles:
    """Give the axes that make the covariance the identity, the strongest first, all of them for 0."""
    principal = _principal(covariance)
    axes: Doubles = principal.directions / np.sqrt(principal.variances)[:, None]
    return axes[:dimensions] if dimensions else axes


def _principal(covariance: Doubles) -> _Principal:
    """Give the principal directions that have variance; each points to where its largest part is positive."""
    variances, columns = np.linalg.eigh(covariance)
    order = np.argsort(-variances, kind="stable")
    kept = order[variances[order] > _FLAT * max(float(variances[-1]), _FLAT)]
    directions = columns.T[kept]
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)
    return _Principal(directions * np.where(largest < 0, -1.0, 1.0), variances[kept])


def _table(fitted: _Fitted) -> pl.DataFrame:
    axes = np.zeros((0, len(fitted.mean))) if fitted.axes is None else fitted.axes
    parts = ["mean", *["removed"] * len(fitted.removed), *["axis"] * len(axes)]
    stacked = np.vstack([fitted.mean[None, :], fitted.removed, axes]).astype(np.float32)
    return pl.DataFrame({"part": parts, "vector": stacked}).cast(transform_schema(len(fitted.mean)))


def _rows(table: pl.DataFrame, part: Literal["mean", "removed", "axis"]) -> Array:
    """Give the vectors of one part, shape (rows, d)."""
    chosen = table.filter(pl.col("part") == part)["vector"]
    return chosen.to_numpy().astype(np.float32).reshape(len(chosen), _dimension(table))


def _dimension(table: pl.DataFrame) -> int:
    return int(table.schema["vector"].shape[0])  # type: ignore[attr-defined]  # the schema says it is an array
