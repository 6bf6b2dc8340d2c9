import logging
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from embeddings import index
from embeddings.approximate import Kind, code_width
from embeddings.config import NeighbourConfig
from embeddings.errors import IndexBrokenError
from embeddings.index import Index
from embeddings.neighbours import nearest
from embeddings.schema import SEARCH

KINDS: tuple[Kind, ...] = ("flat", "hnsw", "ivf-pq")


def clustered(companies: int, seed: int = 0, dimension: int = 24) -> pl.DataFrame:
    """Give companies in thirty groups, as industries are, with vectors of length 1."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(30, dimension))
    vectors = centres[rng.integers(0, 30, companies)] + rng.normal(size=(companies, dimension))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = [f"c{n:05}" for n in range(companies)]
    return pl.DataFrame({"customer_id": ids, "vector": vectors.astype(np.float32)})


def config(kind: Kind, recall: float = 0.95) -> NeighbourConfig:
    """Give settings for ten neighbours."""
    return NeighbourConfig(k=10, index=kind, recall=recall)


def share_found(found: NDArray[np.int64], true: NDArray[np.int64]) -> float:
    """Give the share of the true neighbours that are found."""
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found, true, strict=True)]))


@pytest.fixture(scope="module")
def stock() -> pl.DataFrame:
    """Give a stock that is large enough for an approximate index."""
    return clustered(3_000)


@pytest.fixture(scope="module")
def indexes(stock: pl.DataFrame) -> dict[Kind, Index]:
    """Build one index of each kind."""
    return {kind: index.build(stock, config(kind)) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_recall_holds_its_floor_for_companies_it_was_not_measured_on(indexes: dict[Kind, Index], kind: Kind) -> None:
    """New companies find at least the configured share of their true neighbours."""
    queries = clustered(300, seed=1)["vector"].to_numpy()
    true = np.argsort(-(queries @ indexes["flat"].vectors.T), axis=1)[:, :10]
    assert indexes[kind].quality.recall >= 0.95
    assert share_found(indexes[kind].search(queries, 10)[1], true) >= 0.94


@pytest.mark.parametrize("kind", KINDS)
def test_cosines_are_those_of_the_whole_vectors_best_first(indexes: dict[Kind, Index], kind: Kind) -> None:
    """Similarities are exact and fall from rank to rank, whatever the index."""
    queries = indexes[kind].vectors[:50]
    similarity, rows = indexes[kind].search(queries, 10)
    true = np.einsum("qd,qkd->qk", queries, indexes[kind].vectors[rows])
    assert np.allclose(similarity, true, atol=2e-6)
    assert (np.diff(similarity, axis=1) <= 0).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("queries", [1, 40])
def test_a_filter_comes_before_the_search(indexes: dict[Kind, Index], kind: Kind, queries: int) -> None:
    """All k hits come from the rows that are allowed, and they are the best of those."""
    allowed = np.arange(7, 3_000, 50)
    vectors = indexes[kind].vectors
    _, rows = indexes[kind].search(vectors[:queries], 10, allowed)
    best = allowed[np.argsort(-(vectors[:queries] @ vectors[allowed].T), axis=1, kind="stable")[:, :10]]
    assert np.isin(rows, allowed).all()
    assert share_found(rows, best) > 0.99


@pytest.mark.parametrize("kind", ["hnsw", "ivf-pq"])
def test_a_filter_that_lets_many_pass_keeps_its_recall(indexes: dict[Kind, Index], kind: Kind) -> None:
    """An approximate search among a tenth of the companies still finds what it should."""
    allowed, vectors = np.arange(0, 3_000, 10), indexes[kind].vectors
    _, rows = replace(indexes[kind], exact_among=0).search(vectors[:200], 10, allowed)
    best = allowed[np.argsort(-(vectors[:200] @ vectors[allowed].T), axis=1, kind="stable")[:, :10]]
    assert np.isin(rows, allowed).all()
    assert share_found(rows, best) >= 0.95


def test_a_filter_may_leave_fewer_than_are_wanted_or_none(indexes: dict[Kind, Index]) -> None:
    """What is allowed is found whole; nothing allowed, nothing found."""
    one = indexes["ivf-pq"].vectors[:1]
    assert sorted(indexes["ivf-pq"].search(one, 10, [5, 9, 5])[1][0]) == [5, 9]
    assert indexes["ivf-pq"].search(one, 10, [])[1].shape == (1, 0)


@pytest.mark.parametrize("kind", ["hnsw", "ivf-pq"])
def test_the_same_vectors_give_the_same_neighbours(stock: pl.DataFrame, indexes: dict[Kind, Index], kind: Kind) -> None:
    """A second index, built from the rows in another order, answers exactly alike."""
    again = index.build(stock.sample(fraction=1, shuffle=True, seed=3), config(kind))
    first, second = (made.search(made.vectors, 10) for made in (indexes[kind], again))
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])
    assert again.digest == indexes[kind].digest


@settings(deadline=None, max_examples=25)  # a loaded machine is no fault
@given(equal=st.integers(2, 90), k=st.integers(1, 40), seed=st.integers(0, 5))
def test_equals_at_the_edge_are_chosen_by_id_however_many(equal: int, k: int, seed: int) -> None:
    """A chain of companies with one vector is entered in the order of the ids."""
    chain = np.tile(np.eye(1, 24, dtype=np.float32), (equal, 1))
    others = clustered(60, seed)["vector"].to_numpy()
    places = np.random.default_rng(seed).permutation(equal + 60)
    frame = pl.DataFrame(
        {"customer_id": [f"c{n:03}" for n in places], "vector": np.concatenate([chain, others])},
    )
    found = nearest(frame.head(equal), frame, k)
    members = sorted(frame["customer_id"].head(equal))
    for (customer,), rows in found.group_by("customer_id"):
        expected = [name for name in members if name != customer][:k]
        assert rows["neighbour_id"].to_list()[: len(expected)] == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_index_answers_as_before(indexes: dict[Kind, Index], kind: Kind, tmp_path: Path) -> None:
    """Saving and loading keeps ids, quality and every hit."""
    made = indexes[kind]
    made.save(tmp_path)
    loaded = index.load(tmp_path)
    assert (loaded.quality, loaded.digest) == (made.quality, made.digest)
    assert loaded.names.equals(made.names)
    assert np.array_equal(loaded.vectors, made.vectors)
    assert np.array_equal(loaded.search(made.vectors[:99], 10)[1], made.search(made.vectors[:99], 10)[1])


def test_saving_replaces_what_was_there(indexes: dict[Kind, Index], tmp_path: Path) -> None:
    """Only the files of the last index are kept."""
    indexes["flat"].save(tmp_path)
    indexes["hnsw"].save(tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
    assert index.load(tmp_path).quality.kind == "hnsw"


def test_a_file_cut_in_the_middle_is_refused(indexes: dict[Kind, Index], tmp_path: Path) -> None:
    """A damaged index names its file and the next step instead of ending the process."""
    indexes["ivf-pq"].save(tmp_path)
    file = next(tmp_path.glob("*.faiss"))
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(IndexBrokenError, match=r"not whole.*--from neighbours"):
        index.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{}", b'{"version": 1'])
def test_a_broken_description_is_refused(tmp_path: Path, content: bytes) -> None:
    """An index whose description cannot be read counts as none."""
    (tmp_path / "index.json").write_bytes(content)
    with pytest.raises(IndexBrokenError, match="no index can be read"):
        index.load(tmp_path)


def test_a_saved_index_is_used_only_for_its_own_vectors(stock: pl.DataFrame, tmp_path: Path) -> None:
    """The same stock loads what was saved; other vectors or settings, or a damaged file, build anew."""
    first = index.opened(tmp_path, stock, config("ivf-pq"))
    file = next(tmp_path.glob("*.faiss"))
    stamp = file.stat().st_mtime_ns
    assert index.opened(tmp_path, stock, config("ivf-pq")).digest == first.digest
    assert file.stat().st_mtime_ns == stamp
    file.write_bytes(b"broken")
    assert index.opened(tmp_path, stock, config("ivf-pq")).digest == first.digest
    other = index.opened(tmp_path, stock.head(2_000), config("ivf-pq"))
    assert len(other.names) == 2_000
    assert [path.stem for path in tmp_path.glob("*.faiss")] == [other.digest]


def test_an_exact_index_is_not_written_by_the_way(stock: pl.DataFrame, tmp_path: Path) -> None:
    """An exact index would only repeat the company vectors on disk."""
    assert index.opened(tmp_path, stock, NeighbourConfig()).quality.kind == "flat"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("companies", "kind", "expected"),
    [(200_000, "auto", "flat"), (200_001, "auto", "ivf-pq"), (999, "hnsw", "flat"), (1_000, "hnsw", "hnsw")],
)
def test_the_size_of_the_stock_chooses_the_kind(companies: int, kind: Kind, expected: Kind) -> None:
    """Small stocks are searched exactly; "auto" turns approximate beyond the configured size."""
    assert index.chosen(companies, NeighbourConfig(index=kind)) == expected


def test_where_the_floor_cannot_be_held_the_search_is_exact(caplog: pytest.LogCaptureFixture) -> None:
    """Vectors without any structure, coded by so little, fall back on exact search with a warning."""
    vectors = np.random.default_rng(0).normal(size=(1_500, 64)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    frame = pl.DataFrame({"customer_id": [f"c{n:04}" for n in range(1_500)], "vector": vectors})
    settings = msgspec.structs.replace(config("ivf-pq", 0.999), k=200)
    with caplog.at_level(logging.WARNING):
        made = index.build(frame, settings)
    assert made.quality.recall == 1.0
    assert (made.quality.kind == "flat") == ("the search is exact" in caplog.text)


def test_quality_is_a_table(indexes: dict[Kind, Index]) -> None:
    """What was measured goes into the run's tables: kind, recall, sample and effort."""
    frame = indexes["ivf-pq"].quality.frame
    assert frame.schema == SEARCH
    assert frame.select("index", "companies", "k", "sample").row(0) == ("ivf-pq", 3_000, 10, 400)


@given(dimension=st.integers(1, 2_000))
def test_codes_divide_a_vector_of_any_length(dimension: int) -> None:
    """Product quantisation needs pieces of equal length."""
    assert dimension % code_width(dimension) == 0
