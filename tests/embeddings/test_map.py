from typing import Any

import numpy as np
import polars as pl
import pytest

from embeddings.config import MapConfig
from embeddings.map import LEAST_TRUST, atlas, trust
from embeddings.schema import CLUSTERS, KEYWORDS, MAP
from embeddings.schema import company_vectors as vectors_schema

NO_PHRASES = KEYWORDS.to_frame()
CONFIG = MapConfig()
TRADES = 5


def stock(size: int, seed: int = 0, prefix: str = "c") -> pl.DataFrame:
    """Give companies of five trades in turn, each near the vector of its trade."""
    rng = np.random.default_rng(seed)
    rows = np.eye(TRADES, 24)[np.arange(size) % TRADES] + rng.normal(0, 0.12, (size, 24))
    vectors = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    names = [f"{prefix}{number:04}" for number in range(size)]
    frame = pl.DataFrame({"customer_id": names, "vector": vectors.astype(np.float32), "chunks": [1] * size})
    return frame.cast(vectors_schema(24))


def places(frame: pl.DataFrame) -> np.ndarray:
    """Give the coordinates of a map."""
    return frame.select("x", "y").to_numpy()


def shared(frame: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Give the rows of a map whose companies are on the other one too."""
    return frame.join(other, on="customer_id", how="semi", maintain_order="left")


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    """A stock and its map, drawn once for all tests that only read them."""
    companies = stock(80)
    return {"companies": companies, "places": atlas(companies, NO_PHRASES, CONFIG).places}


def test_companies_with_one_text_lie_in_one_place() -> None:
    """Where all companies have the same vector there is nothing to draw, and nothing fails."""
    same = stock(60).with_columns(pl.col("vector").first())
    assert not places(atlas(same, NO_PHRASES, CONFIG).places).any()


def test_companies_that_do_the_same_lie_together(known: dict[str, Any]) -> None:
    """Neighbours on the map are neighbours by text, and almost all lie within 1 of the middle."""
    drawn = known["places"]
    assert drawn.schema == MAP
    assert drawn["customer_id"].is_sorted()
    assert trust(known["companies"]["vector"].to_numpy(), places(drawn)) > 0.9
    assert (np.abs(places(drawn)) <= 1.001).mean() > 0.95


def test_the_same_stock_gives_the_same_map_in_any_order(known: dict[str, Any]) -> None:
    """The order of the rows does not matter."""
    again = atlas(known["companies"].reverse(), NO_PHRASES, CONFIG)
    assert again.places.equals(known["places"])


def test_known_companies_keep_place_and_group(known: dict[str, Any]) -> None:
    """When companies come and go, those that stay do not move, and the new ones lie among their like."""
    companies = pl.concat([known["companies"].tail(70), stock(30, seed=9, prefix="new")])
    later = atlas(companies, NO_PHRASES, CONFIG, known["places"]).places
    assert later.height == 100
    assert shared(later, known["places"]).equals(shared(known["places"], later))
    assert trust(companies.sort("customer_id")["vector"].to_numpy(), places(later)) > LEAST_TRUST
    assert later.select("x", "y").is_unique().all()


def test_a_map_of_other_vectors_is_drawn_anew(known: dict[str, Any]) -> None:
    """After a change of the model the former places no longer fit and are given up."""
    vectors = known["companies"]["vector"].to_numpy()
    changed = known["companies"].with_columns(
        vector=pl.Series(np.random.default_rng(4).permutation(vectors)).cast(pl.Array(pl.Float32, 24))
    )
    assert not atlas(changed, NO_PHRASES, CONFIG, known["places"]).places.equals(known["places"])


def test_a_stock_of_mostly_new_companies_is_drawn_anew(known: dict[str, Any]) -> None:
    """A map that knows less than half of the companies is not built upon."""
    companies = pl.concat([known["companies"].head(20), stock(40, seed=9, prefix="new")])
    assert atlas(companies, NO_PHRASES, CONFIG, known["places"]).places.equals(
        atlas(companies, NO_PHRASES, CONFIG).places
    )


def test_another_number_of_groups_moves_nobody(known: dict[str, Any]) -> None:
    """When the number of groups is changed, only the groups change."""
    later = atlas(known["companies"], NO_PHRASES, MapConfig(clusters=3), known["places"])
    assert places(later.places).tolist() == places(known["places"]).tolist()
    assert later.groups["cluster"].to_list() == [0, 1, 2]


def test_a_large_stock_is_drawn_from_a_sample() -> None:
    """Companies beyond the sample are placed among those most like them."""
    companies = stock(180)
    drawn = atlas(companies, NO_PHRASES, MapConfig(drawn_from=100)).places
    assert drawn.height == 180
    assert trust(companies["vector"].to_numpy(), places(drawn)) > LEAST_TRUST


@pytest.mark.parametrize("size", [0, 1, 3, 13])
def test_tiny_stocks_have_a_map(size: int) -> None:
    """From no company to a handful, all that have a vector get a finite place and a group."""
    drawn = atlas(stock(size), NO_PHRASES, CONFIG)
    assert drawn.places.schema == MAP
    assert drawn.groups.schema == CLUSTERS
    assert drawn.places.height == size
    assert np.isfinite(places(drawn.places)).all()
    assert drawn.groups["companies"].sum() == size
    assert atlas(stock(size), NO_PHRASES, CONFIG, drawn.places).places.equals(drawn.places)


def test_equal_companies_and_those_without_direction_get_places() -> None:
    """A chain with one text and companies on the stock's mean are on the map with finite places."""
    vectors = np.zeros((30, 24), np.float32)
    vectors[:20, 0] = 1
    companies = stock(30).with_columns(vector=pl.Series(vectors).cast(pl.Array(pl.Float32, 24)))
    drawn = atlas(companies, NO_PHRASES, CONFIG).places
    assert np.isfinite(places(drawn)).all()
