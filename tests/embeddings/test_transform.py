from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from embeddings import transform
from embeddings.config import EmbeddingConfig
from embeddings.schema import transform as schema

Array = NDArray[np.float32]


def cone(rows: int = 400, size: int = 16, seed: int = 0) -> Array:
    """Give unit vectors in a narrow cone, with more spread along the first directions."""
    rng = np.random.default_rng(seed)
    spread = np.geomspace(0.5, 0.05, size)
    return transform.unit(np.eye(size)[-1] * 2 + rng.normal(size=(rows, size)) * spread)


def config(**settings: Any) -> EmbeddingConfig:  # noqa: ANN401 - settings are of many types
    """Give a configuration, checked."""
    return msgspec.convert(settings, EmbeddingConfig)


def test_none_leaves_vectors_as_they_are() -> None:
    """Without a transform vectors come back unchanged."""
    vectors = cone()
    assert np.allclose(transform.apply(vectors, transform.fit(vectors, config(transform="none"))), vectors, atol=1e-6)


def test_centre_takes_the_mean_away() -> None:
    """Centring gives each vector less the mean, at length 1."""
    vectors = cone()
    difference = vectors - vectors.mean(axis=0)
    found = transform.apply(vectors, transform.fit(vectors, config(transform="centre")))
    assert np.allclose(found, difference / np.linalg.norm(difference, axis=1, keepdims=True), atol=1e-5)


@pytest.mark.parametrize(("asked", "size", "removed"), [(0, 16, 1), (3, 16, 3), (0, 300, 3)])
def test_all_but_the_top_removes_the_strongest_directions(asked: int, size: int, removed: int) -> None:
    """What is left is at right angles to the strongest directions, one in a hundred dimensions unless asked."""
    vectors = cone(size=size)
    table = transform.fit(vectors, config(transform="abtt", abtt_directions=asked))
    found = transform.apply(vectors, table)
    top = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)[2][: removed + 1]
    along = np.abs(found @ top.T).max(axis=0)
    assert along[:removed].max() < 1e-3
    assert along[removed] > 0.1


def test_whitening_spreads_all_directions_alike() -> None:
    """The whitened stock has nearly the identity as its covariance, whatever it had before."""
    vectors = cone(rows=5_000)
    table = transform.fit(vectors, config(transform="whiten"))
    axes = np.array(table.filter(part="axis")["vector"].to_list())
    raw = (vectors - vectors.mean(axis=0)) @ axes.T
    spread = np.linalg.eigvalsh(np.cov(raw.T))
    assert spread.min() > 0.7
    assert spread.max() < 1.1


def test_whitening_a_small_stock_does_not_blow_up_chance() -> None:
    """With fewer companies than dimensions unseen vectors do not all turn to rarely seen directions."""
    vectors = cone(rows=60, size=128)
    axes = transform.fit(vectors, config(transform="whiten")).filter(part="axis")["vector"].to_numpy()
    lengths = np.linalg.norm(axes, axis=1)
    assert lengths.max() / lengths.min() < 20


@pytest.mark.parametrize("name", ["none", "centre", "abtt", "whiten"])
def test_reduction_keeps_the_strongest_directions(name: str) -> None:
    """With `dimensions` the cosines are those of the full vectors as well as that many directions can tell."""
    vectors = cone(rows=1_000)
    full = transform.apply(vectors, transform.fit(vectors, config(transform=name)))
    found = {}
    for dimensions in (4, 14):
        reduced = transform.apply(vectors, transform.fit(vectors, config(transform=name, dimensions=dimensions)))
        assert reduced.shape == (1_000, dimensions)
        found[dimensions] = float(np.abs(reduced @ reduced.T - full @ full.T).mean())
    assert found[14] < found[4] < 0.5
    assert found[14] < 0.1


def test_more_dimensions_than_there_are_change_no_cosine() -> None:
    """Asking for more dimensions than the stock has is no fault and turns the vectors only."""
    vectors = cone(rows=12)
    centred = transform.apply(vectors, transform.fit(vectors, config()))
    turned = transform.apply(vectors, transform.fit(vectors, config(dimensions=500)))
    assert turned.shape[1] <= 12
    assert np.allclose(turned @ turned.T, centred @ centred.T, atol=1e-4)


def test_queries_are_treated_like_the_stock() -> None:
    """A query is transformed by the table alone and lands where a company with the same vector lies."""
    vectors = cone()
    table = transform.fit(vectors, config(transform="abtt", dimensions=5))
    assert np.allclose(transform.apply(vectors[:1], table), transform.apply(vectors, table)[:1], atol=1e-6)


def test_a_query_of_another_model_is_refused() -> None:
    """Vectors of another length than the table was fitted for are named, not stretched."""
    with pytest.raises(ValueError, match="length 8, but the transform was fitted for length 16"):
        transform.apply(np.ones((1, 8), np.float32), transform.fit(cone(), config()))


@settings(deadline=None)  # a loaded machine is no fault
@given(
    rows=st.integers(0, 30),
    kind=st.sampled_from(["equal", "zero", "cone"]),
    name=st.sampled_from(["none", "centre", "abtt", "whiten"]),
    dimensions=st.integers(0, 20),
)
def test_any_stock_gives_finite_vectors(rows: int, kind: str, name: str, dimensions: int) -> None:
    """Empty, tiny, equal and zero stocks give vectors of length 1 or 0, never NaN."""
    stock = {"equal": np.repeat(cone(1), rows, 0), "zero": np.zeros((rows, 16), np.float32), "cone": cone(rows)}[kind]
    table = transform.fit(stock, config(transform=name, dimensions=dimensions))
    assert table.schema == schema(16)
    lengths = np.linalg.norm(transform.apply(stock, table), axis=1)
    assert np.all(np.isclose(lengths, 1, atol=1e-3) | (lengths == 0))


def test_fitting_twice_gives_the_same_table() -> None:
    """The table has no chance in it, and the rows' order moves it by rounding only."""
    vectors = cone()
    table = transform.fit(vectors, config(transform="abtt", dimensions=4))
    assert table.equals(transform.fit(vectors, config(transform="abtt", dimensions=4)))
    turned = transform.fit(vectors[::-1], config(transform="abtt", dimensions=4))
    assert np.allclose(table["vector"].to_numpy(), turned["vector"].to_numpy(), atol=1e-4)
