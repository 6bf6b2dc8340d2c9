from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from embeddings.clusters import MOST_CLUSTERS, cluster_count, clustered, joined, named_clusters
from embeddings.schema import CLUSTERS, KEYWORDS

Make = Callable[..., pl.DataFrame]


@pytest.fixture
def make_keywords() -> Make:
    """Build KEYWORDS from rows (customer, phrase)."""

    def build(*rows: tuple[str, str]) -> pl.DataFrame:
        full = [(customer, phrase, 1.0, "home", None) for customer, phrase in rows]
        return pl.DataFrame(full, schema=KEYWORDS, orient="row")

    return build


def members(*clusters: int) -> pl.DataFrame:
    """Give companies c0, c1, ... in these groups."""
    return pl.DataFrame({"customer_id": [f"c{n}" for n in range(len(clusters))], "cluster": clusters})


def trades(sizes: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Give unit vectors in tight bundles of these sizes, far from each other."""
    rng = np.random.default_rng(seed)
    rows = np.repeat(np.eye(len(sizes), 8), sizes, axis=0) + rng.normal(0, 0.02, (sum(sizes), 8))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_companies_that_are_alike_share_a_group_and_the_largest_is_first() -> None:
    """Three bundles of vectors become three groups, numbered by size."""
    labels = clustered(trades((5, 30, 12)), 3, seed=1)
    assert labels.tolist() == [2] * 5 + [0] * 30 + [1] * 12


def test_the_same_seed_gives_the_same_groups() -> None:
    """Groups depend on vectors and seed only."""
    vectors = np.random.default_rng(3).normal(size=(300, 16)).astype(np.float32)
    assert (clustered(vectors, 0, seed=5) == clustered(vectors, 0, seed=5)).all()


def test_equal_companies_make_fewer_groups_than_asked_for() -> None:
    """A stock of one text repeated is one group."""
    assert set(clustered(np.ones((40, 4), np.float32) / 2, 5, seed=1)) == {0}


@pytest.mark.parametrize(("companies", "count"), [(1, 1), (3, 2), (20, 2), (200, 10), (55_000, MOST_CLUSTERS)])
def test_number_of_groups_follows_the_stock(companies: int, count: int) -> None:
    """A small stock has few groups and a large one no more than a reader tells apart."""
    assert cluster_count(companies) == count


def test_new_companies_join_and_known_ones_stay() -> None:
    """A new company joins the nearest former group, and no known company changes its own."""
    vectors, former = trades((4, 4)), np.array([7, 7, 7, -1, 2, 2, 2, -1], np.int32)
    assert joined(vectors, former).tolist() == [7, 7, 7, 7, 2, 2, 2, 2]


def test_groups_are_named_by_what_sets_them_apart(make_keywords: Make) -> None:
    """What all companies say names no group, and no phrase names two."""
    rows = [(f"c{n}", "Wartung") for n in range(20)]
    rows += [(f"c{n}", "Blechbearbeitung" if n < 10 else "Dachsanierung") for n in range(20)]
    named = named_clusters(members(*[0] * 10, *[1] * 10), make_keywords(*rows))
    assert named.schema == CLUSTERS
    assert named["companies"].to_list() == [10, 10]
    assert [phrases[0] for phrases in named["phrases"]] == ["Blechbearbeitung", "Dachsanierung"]
    assert named["phrases"].explode().is_unique().all()


def test_single_users_and_forbidden_words_name_no_group(make_keywords: Make) -> None:
    """A brand of one company and the places of the stock stay out, also within a phrase and in other letters."""
    rows = [("c0", "Xyloflex"), ("c0", "Werk ULM"), ("c1", "Werk Ulm"), ("c2", "Ulm"), ("c3", "Ulm")]
    rows += [("c2", "Stanzteile"), ("c3", "Stanzteile")]
    named = named_clusters(members(*[0] * 16), make_keywords(*rows), {"Ulm"})
    assert named["phrases"].to_list() == [["Stanzteile"]]


def test_a_phrase_within_another_is_left_out(make_keywords: Make) -> None:
    """A name does not say the same thing twice."""
    rows = [(f"c{n}", phrase) for n in range(9) for phrase in ("CNC-Fräsen", "Fräsen", "Drehteile")]
    phrases = named_clusters(members(*[0] * 16), make_keywords(*rows))["phrases"][0].to_list()
    assert sorted(phrases) == ["CNC-Fräsen", "Drehteile"]


def test_groups_without_phrases_are_still_counted(make_keywords: Make) -> None:
    """A group whose companies have no phrases has none, and an empty stock has no groups."""
    assert named_clusters(members(0, 0), make_keywords()).rows() == [(0, 2, [])]
    empty = members().cast({"customer_id": pl.String, "cluster": pl.Int32})
    assert named_clusters(empty, make_keywords()).is_empty()
