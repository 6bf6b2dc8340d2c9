import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.schema import KEYWORDS
from scoring.classes import Thresholds, thresholds
from scoring.config import ClassConfig
from scoring.lists import build, top
from scoring.schema import CUSTOMERS, POTENTIAL, RATED

DOCS = Path(__file__).parents[2] / "docs" / "lists.md"
LIMITS = Thresholds(100_000, 10_000)
MONEY = st.none() | st.floats(0, 1e6)


def table(schema: pl.Schema, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows of a schema; what is not given is null."""
    return pl.DataFrame([{name: row.get(name) for name in schema.names()} for row in rows], schema=schema)


def listed(rows: list[dict[str, Any]], limits: Thresholds = LIMITS) -> pl.DataFrame:
    """POTENTIAL of these customers, none of which has keywords."""
    return build(table(CUSTOMERS, rows), table(RATED, rows), KEYWORDS.to_frame(), limits)


def test_most_headroom_comes_first_and_unknown_last() -> None:
    """The list is sorted by headroom, equal headroom by customer number, and customers without potential end it."""
    rows = [
        {"customer_id": "e", "name": "E"},
        {"customer_id": "d", "name": "D", "revenue": 20.0, "potential": 10.0},
        {"customer_id": "c", "name": "C", "potential": 50.0},
        {"customer_id": "b", "name": "B", "revenue": 10.0, "potential": 60.0},
        {"customer_id": "a", "name": "A", "revenue": -10.0, "potential": 70.0},
    ]
    result = listed(rows)
    assert result["customer_id"].to_list() == ["a", "b", "c", "d", "e"]
    assert result["headroom"].to_list() == [70.0, 50.0, 50.0, 0.0, None]
    assert result["revenue"].to_list() == [-10.0, 10.0, None, 20.0, None]


def test_facts_pass_through_unchanged() -> None:
    """What the stock and the model say stands in the list as it came."""
    row = {
        **{name: name for name, kind in POTENTIAL.items() if kind == pl.String},
        **{name: 7.0 for name, kind in POTENTIAL.items() if kind == pl.Float64},
        "last_purchase": date(2026, 1, 2),
        "peers": [{"customer_id": "p", "similarity": 0.5}],
    }
    result = listed([row]).row(0, named=True)
    passed = (set(CUSTOMERS.names()) | set(RATED.names())) & set(POTENTIAL.names())
    assert {name: result[name] for name in passed} == {name: row[name] for name in passed}


def test_empty_stock_gives_an_empty_list() -> None:
    """Without customers there is a list without rows and with all columns."""
    result = listed([])
    assert result.schema == POTENTIAL
    assert result.is_empty()


def test_customers_unknown_to_the_model_are_kept() -> None:
    """No row is lost when the model says nothing of it."""
    customers = table(CUSTOMERS, [{"customer_id": "a", "name": "A"}])
    result = build(customers, RATED.to_frame(), KEYWORDS.to_frame(), LIMITS)
    assert result.select("customer_id", "class_potential", "action").rows() == [("a", "no data basis", "check")]


def test_two_ratings_of_one_customer_are_refused() -> None:
    """A customer must not appear twice because the model rated it twice."""
    rows = [{"customer_id": "a", "name": "A"}]
    with pytest.raises(pl.exceptions.ComputeError):
        build(table(CUSTOMERS, rows), table(RATED, rows * 2), KEYWORDS.to_frame(), LIMITS)


def test_documentation_names_every_column() -> None:
    """Each column of the result stands in docs/lists.md with its type of value."""
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == POTENTIAL.names()


def test_top_takes_the_best_of_one_action() -> None:
    """The head of an action's list is its most headroom, from any order of rows."""
    rows = [
        {"customer_id": str(step), "name": "N", "revenue": 5.0 * (step % 2), "potential": 20_000.0 + step}
        for step in range(9)
    ]
    result = listed(rows).sample(fraction=1, shuffle=True, seed=1)
    assert top(result, "expansion", 2)["customer_id"].to_list() == ["7", "5"]
    assert top(result, "reactivation", 99)["customer_id"].to_list() == ["8", "6", "4", "2", "0"]
    assert top(result, "keep", 3).is_empty()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.fixed_dictionaries({"revenue": MONEY, "potential": MONEY}), max_size=20))
def test_list_is_complete_whatever_is_known(facts: list[dict[str, Any]]) -> None:
    """Every customer is listed once, with classes, action and a headroom that is known where the potential is."""
    rows = [{"customer_id": f"{place:03}", "name": "N", **fact} for place, fact in enumerate(facts)]
    result = listed(rows, thresholds(table(CUSTOMERS, rows)["revenue"], ClassConfig()))
    assert result.schema == POTENTIAL
    assert sorted(result["customer_id"]) == [row["customer_id"] for row in rows]
    assert result.select("class_revenue", "class_potential", "action").null_count().row(0) == (0, 0, 0)
    assert (result["headroom"].is_null() == result["potential"].is_null()).all()
    assert (result["headroom"].drop_nulls() >= 0).all()
