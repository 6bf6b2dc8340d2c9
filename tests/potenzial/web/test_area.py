import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.schema import MAP
from potenzial.web.area import Area, inside
from potenzial.web.errors import BadRequestError

_NUMBERS = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(_NUMBERS, _NUMBERS), min_size=3, max_size=40))
def test_an_area_comes_back_from_its_address(corners: list[tuple[float, float]]) -> None:
    """A polygon written into an address is read as the same polygon."""
    area = Area(tuple(corners))
    assert Area.parse(str(area)) == area


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(-2, 2)), min_size=1, max_size=50))
def test_a_triangle_holds_what_lies_on_the_inner_side_of_all_its_edges(points: list[tuple[float, float]]) -> None:
    """Membership agrees with the three half planes of a triangle, away from its edges."""
    corners = ((-1.0, -1.0), (1.5, -0.5), (0.0, 1.2))
    x, y = np.array(points).T
    sides = []
    for (x0, y0), (x1, y1) in zip(corners, (*corners[1:], corners[0]), strict=True):
        sides.append((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0))
    clear = np.min(np.abs(sides), axis=0) > 1e-9
    assert (Area(corners).holds(x, y)[clear] == (np.min(sides, axis=0) > 0)[clear]).all()


def test_ids_of_an_area_are_those_inside() -> None:
    """Of companies on the map those in the polygon are named, in the order of the map."""
    places = pl.DataFrame({"customer_id": ["a", "b", "c"], "x": [0.1, 0.9, 3.0], "y": [0.1, 0.8, 0.5], "cluster": 0})
    assert inside(places.cast(MAP), Area.parse("0,0;1,0;1,1;0,1")).to_list() == ["a", "b"]


@pytest.mark.parametrize("text", ["", "1,2", "1,2;3,4", "1,2;3,4;5", "1,2;3,4;5,nan", "a,b;c,d;e,f", "1,1;" * 400])
def test_what_is_no_polygon_is_refused(text: str) -> None:
    """An area without three finite corners, or with too many, is refused by name."""
    with pytest.raises(BadRequestError, match="area"):
        Area.parse(text)
