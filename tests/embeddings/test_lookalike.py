from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from embeddings.errors import UnknownCompanyError
from embeddings.lookalike import lookalikes, near_ids, sketch

Make = Callable[..., pl.DataFrame]


@pytest.fixture
def companies(make_vectors: Make) -> pl.DataFrame:
    """Give four companies on a quarter circle and one opposite."""
    return make_vectors(east=(1, 0), north=(0, 1), middle=(0.7071, 0.7071), near=(0.9, 0.4359), west=(-1, 0))


def test_one_company_has_its_neighbours(companies: pl.DataFrame) -> None:
    """The lookalikes of one company are its neighbours, without itself."""
    found = lookalikes(companies, ["east"], 3)
    assert found["neighbour_id"].to_list() == ["near", "middle", "north"]
    assert found["customer_id"].unique().to_list() == ["east"]


def test_several_companies_speak_together(companies: pl.DataFrame) -> None:
    """The lookalikes of a group are nearest to its mean, and no seed is among them, however often it is named."""
    found = lookalikes(companies, ["east", "north", "east"], 9)
    assert found["neighbour_id"].to_list() == ["middle", "near", "west"]
    assert found["customer_id"][0] == "east + north"


@pytest.mark.parametrize("ids", [["nobody"], ["east", "nobody"]])
def test_unknown_company_is_named(companies: pl.DataFrame, ids: list[str]) -> None:
    """An id without a vector is named together with what to check, and the known ones are not."""
    with pytest.raises(UnknownCompanyError, match=r"'nobody'.*website.*leading zeros") as caught:
        lookalikes(companies, ids, 3)
    assert "east" not in str(caught.value)


def test_no_company_is_asked_for(companies: pl.DataFrame) -> None:
    """An empty list of seeds is refused in words."""
    with pytest.raises(UnknownCompanyError, match="at least one"):
        lookalikes(companies, [], 3)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("10002", "K-10002"), ("k 010002", "K-10002"), ("X10002", "K-10002"), ("Meier", "Maier"), ("", None)],
)
def test_an_unknown_id_has_near_ones(name: str, meant: str | None) -> None:
    """Signs, case, zeros and prefix are forgiven first, then a wrong letter; nothing is near to nothing."""
    found = near_ids(name, pl.Series(["K-10001", "K-10002", "Maier", "Schulz"]))
    assert found == ([meant] if meant else [])


def test_a_sketch_estimates_cosines() -> None:
    """Vectors that differ in few directions lose nothing, and the best of others are nearly the same."""
    rng = np.random.default_rng(1)
    flat = rng.normal(size=(500, 40)) @ rng.normal(size=(40, 96))
    falling = rng.normal(size=(4_000, 96)) / np.arange(1, 97)
    few, many = ((part / np.linalg.norm(part, axis=1, keepdims=True)).astype(np.float32) for part in (flat, falling))
    assert np.allclose(sketch(few).cosines(few[0]), few @ few[0], atol=1e-5)
    best, near = (set(np.argsort(-cosines)[:100]) for cosines in (many @ many[0], sketch(many).cosines(many[0])))
    assert len(best & near) >= 90
