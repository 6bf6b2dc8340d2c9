from datetime import date
from pathlib import Path

import polars as pl
import pytest

from embeddings.map import Atlas
from embeddings.schema import CLUSTERS, KEYWORDS, MAP
from potenzial.export.atlas import COLUMNS, write_map
from scoring.schema import POTENTIAL


@pytest.fixture
def customers() -> pl.DataFrame:
    """Three customers, one of them without industry and potential."""
    rows = pl.DataFrame(
        {
            "customer_id": ["a", "b", "c"],
            "name": ["Muster\u202e AG", "Beispiel GmbH", "Fern KG"],
            "industry_label": ["Metallbau", None, "Handel"],
            "potential": [9_000.0, None, 50.0],
            "class_potential": ["A", "no data basis", "C"],
            "last_purchase": [date(2026, 1, 1), None, None],
        }
    )
    missing = {name: pl.lit(None, dtype) for name, dtype in POTENTIAL.items() if name not in rows.columns}
    return rows.with_columns(**missing).select(POTENTIAL.names()).cast(dict(POTENTIAL))


def test_the_map_is_written_for_other_tools(tmp_path: Path, customers: pl.DataFrame) -> None:
    """Each company on the map has its row with place, group, class, and a text to search."""
    places = pl.DataFrame([("b", 0.5, -1.0, 1), ("a", 0.0, 0.25, 0)], schema=MAP, orient="row")
    groups = pl.DataFrame(
        {"cluster": [0, 1], "companies": [1, 1], "phrases": [["Drehteile", "Frästeile", "Stanzteile"], []]},
        schema=CLUSTERS,
    )
    keywords = pl.DataFrame(
        [("a", "Drehteile", 1.0, "home", None), ("a", "Edelstahl", 0.5, "home", None)], schema=KEYWORDS, orient="row"
    )
    write_map(Atlas(places, groups), customers, keywords, tmp_path / "out" / "map.parquet")
    found = pl.read_parquet(tmp_path / "out" / "map.parquet")
    assert found.schema == COLUMNS
    assert found.select("id", "x", "y", "class", "potential").rows() == [
        ("a", 0.0, 0.25, "A", 9_000.0),
        ("b", 0.5, -1.0, "no data basis", None),
    ]
    assert found["text"].to_list() == ["Muster AG · Metallbau · Drehteile, Edelstahl", "Beispiel GmbH"]
    assert found["cluster"].to_list() == ["0 Drehteile, Frästeile", "1"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["map.parquet"]
