"""Small rated frames for the export."""

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest

from scoring.schema import POTENTIAL

_ROW: dict[str, Any] = {
    "customer_id": "0007",
    "name": "Müller & Söhne GmbH",
    "postcode": "01067",
    "city": "Dresden",
    "owner": "Petra Lang",
    "industry": "25.62",
    "industry_label": "Mechanik",
    "industry_label_en": "Machining",
    "headcount": 12.4,
    "website": "www.mueller.example",
    "last_purchase": date(2026, 3, 9),
    "revenue": 1234.5,
    "revenue_best": 2000.0,
    "potential": 9876.5,
    "potential_low": 5000.0,
    "potential_high": 12000.0,
    "typical": 4000.0,
    "headroom": 8642.0,
    "headroom_expected": 900.0,
    "class_revenue": "C",
    "class_potential": "A",
    "action": "expansion",
    "reason_de": "Grund eins · Grund zwei",
    "reason_en": "reason one · reason two",
    "against_de": "Dagegen",
    "against_en": "Against",
    "basis": "text+headcount",
    "factor_industry": 1.25,
    "factor_headcount": 0.8,
    "factor_text": None,
    "factor_region": 1.0,
    "p_a": 0.4,
    "p_b": 0.5,
    "p_c": 0.1,
    "confidence": "high",
    "eur_base": 3000.0,
    "eur_industry": 1500.0,
    "eur_headcount": 500.0,
    "eur_text": None,
    "eur_region": 0.0,
    "peers": [],
}


@pytest.fixture
def make_rows() -> Callable[..., pl.DataFrame]:
    """Makes a frame of schema POTENTIAL with one row for each set of changed values."""

    def rows(*changes: dict[str, Any]) -> pl.DataFrame:
        return pl.DataFrame([{**_ROW, **change} for change in changes], schema=POTENTIAL)

    return rows
