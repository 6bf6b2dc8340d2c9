"""The profile of a stock: fill, ranges and odd values."""

from collections.abc import Callable
from datetime import date

import pytest

from potenzial.ingest import Import
from potenzial.ingest.profile import Profile, profiles

Reader = Callable[..., Import]
STOCK = (
    "customer_id;name;postcode;country;headcount;revenue;last_purchase\n"
    "1;A;1067;DE;0;-5,00;31.12.2024\n2;A;80331;DE;10;10,00;31.12.2024\n3;A;1010;AT;20;90,00;31.12.2024\n4;MÃ¼ller;;;;;\n"
)


@pytest.fixture
def found(read: Reader) -> dict[str, Profile]:
    """Profiles of the stock by column."""
    return {one.ours: one for one in profiles(read(STOCK).customers)}


def test_fill_and_ranges(found: dict[str, Profile]) -> None:
    """Numbers and days have their range, texts that of their lengths; empty columns are left out."""
    assert (found["headcount"].filled, found["headcount"].share, found["headcount"].distinct) == (3, 0.75, 3)
    assert (found["headcount"].low, found["headcount"].middle, found["headcount"].high) == ("0", "10", "20")
    assert (found["name"].low, found["name"].high) == ("1", "7")
    assert found["last_purchase"].low == found["last_purchase"].middle == str(date(2024, 12, 31))
    assert "city" not in found


@pytest.mark.parametrize(
    ("ours", "odd"),
    [
        ("name", ("1 value with garbled letters", "'A' stands with 3 customers")),
        ("postcode", ("1 German postcode without five digits",)),
        ("headcount", ("1 customer with 0 people",)),
        ("revenue", ("1 amount below 0", "the largest is 90% of the sum")),
        ("last_purchase", ("2024-12-31 stands with 3 customers",)),
        ("customer_id", ()),
    ],
)
def test_odd_values(found: dict[str, Profile], ours: str, odd: tuple[str, ...]) -> None:
    """What a person would stop at is told, and nothing where all is well."""
    assert found[ours].odd == odd
