"""A synthetic rated stock of a tool trade, as realistic as a report needs, and reports made of it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from potenzial.report.data import Fact, Failure, ReportData, Step, Timing
from scoring.classes import Thresholds, class_of, thresholds
from scoring.config import ClassConfig
from scoring.potential.evaluation import LOOKUP, MODEL
from scoring.schema import FIGURES, POTENTIAL

_TRADES = (
    "Metallbau",
    "Zerspanungstechnik",
    "Maschinenbau",
    "Elektrotechnik",
    "Tischlerei",
    "Dachtechnik",
    "Formenbau",
)
_NAMES = ("Müller", "Schröder", "Weiß", "Özdemir", "Brandstätter", "Kowalski", "Nüßlein", "von der Heide", "Jansen")
_FORMS = ("GmbH", "GmbH & Co. KG", "KG", "AG", "e. K.", "GbR")
_CITIES = (("01067", "Dresden"), ("48143", "Münster"), ("73230", "Kirchheim unter Teck"), ("89073", "Ulm"))
_OWNERS = ("Petra Lang", "Jörg Behrens", "Aylin Kaya", None)


@pytest.fixture
def make_stock() -> Callable[..., pl.DataFrame]:
    """Makes a frame of schema POTENTIAL with that many customers, the same one every time."""
    return _stock


def _stock(size: int, seed: int = 1) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    wallet = rng.lognormal(9.6, 1.25, size)
    bought = rng.random(size) < 0.62
    revenue = np.where(bought, wallet * rng.beta(1.1, 3.5, size), 0.0).round(2)
    potential = np.where(rng.random(size) < 0.06, np.nan, np.maximum(wallet * rng.lognormal(0, 0.35, size), revenue))
    limits = thresholds(pl.Series(revenue), ClassConfig())
    rows = pl.DataFrame(list(_rows(rng, size)), infer_schema_length=None).with_columns(
        revenue=pl.Series(revenue),
        revenue_best=pl.Series(revenue * 1.1),
        potential=pl.Series(potential).fill_nan(None),
    )
    return _rated(rows, limits).cast(dict(POTENTIAL))


def _rows(rng: np.random.Generator, size: int) -> Iterator[dict[str, Any]]:
    for number in range(size):
        trade, name = _TRADES[rng.integers(len(_TRADES))], _NAMES[rng.integers(len(_NAMES))]
        postcode, city = _CITIES[rng.integers(len(_CITIES))]
        headcount = float(rng.integers(2, 400))
        yield {
            "customer_id": f"{10_000 + number:07d}",
            "name": f"{name} {trade} {_FORMS[rng.integers(len(_FORMS))]}",
            "postcode": postcode,
            "city": city,
            "owner": _OWNERS[rng.integers(len(_OWNERS))],
            "industry": "25.62",
            "industry_label": trade,
            "industry_label_en": trade,
            "headcount": headcount,
            "website": f"www.{trade.lower()}-{number}.example",
            "last_purchase": date(2026, 10, 1) - timedelta(days=int(rng.integers(900))),
            "reason_de": f"Ähnlich zu Ihren A-Kunden Weiß Formenbau GmbH und Jansen KG "
            f"· ca. {headcount:.0f} Mitarbeitende · Website nennt „CNC-Fräsen“, „Lohnfertigung“ (Leistungen)",
            "reason_en": f"Similar to your A customers Weiß Formenbau GmbH and Jansen KG "
            f"· about {headcount:.0f} employees · website names “CNC-Fräsen”, “Lohnfertigung” (services)",
            "against_de": "Website seit 2019 unverändert" if number % 3 == 0 else None,
            "against_en": "website unchanged since 2019" if number % 3 == 0 else None,
            "basis": "text, industry, headcount",
            "factor_industry": 1.21,
            "factor_headcount": 0.87,
            "factor_text": 1.4,
            "factor_region": 1.05,
            "eur_base": 9000.0,
            "eur_industry": 1800.0,
            "eur_headcount": -1200.0,
            "eur_text": 3100.0,
            "eur_region": 400.0,
            "confidence": "medium",
            "peers": [{"customer_id": f"{10_000 + int(rng.integers(size)):07d}", "similarity": 0.83}],
        }


def _rated(rows: pl.DataFrame, limits: Thresholds) -> pl.DataFrame:
    """Adds classes, actions and amounts derived from revenue and potential."""
    active = pl.col("revenue") > 0
    headroom = (pl.col("potential") - pl.col("revenue")).clip(0)
    classed = rows.with_columns(
        potential_low=pl.col("potential") * 0.6,
        potential_high=pl.col("potential") * 1.5,
        typical=pl.col("potential") * 0.3,
        headroom=headroom,
        headroom_expected=headroom * 0.18,
        p_a=pl.lit(0.2),
        p_b=pl.lit(0.3),
        p_c=pl.lit(0.5),
        class_revenue=pl.when(active).then(class_of(pl.col("revenue"), limits)).otherwise(pl.lit("inactive")),
        class_potential=class_of(pl.col("potential"), limits).fill_null("no data basis"),
    )
    rises = pl.col("class_potential") < pl.col("class_revenue")
    return classed.with_columns(
        action=pl.when(pl.col("potential").is_null())
        .then(pl.lit("check"))
        .when(~active)
        .then(pl.lit("reactivation"))
        .when(rises)
        .then(pl.lit("expansion"))
        .otherwise(pl.lit("keep"))
    ).select(POTENTIAL.names())


@pytest.fixture
def make_figures() -> Callable[..., pl.DataFrame]:
    """Makes a frame of schema FIGURES in which the model has the given loss and coverage; the lookup loses 0.0750."""
    return _figures


def _figures(pinball: float = 0.0643, coverage: float = 0.896) -> pl.DataFrame:
    losses = {"constant": 0.1287, "industry": 0.1101, LOOKUP: 0.0750, "linear quantile regression": 0.0709}
    rows = [(name, 0.9, loss, 0.9, 612) for name, loss in losses.items()]
    rows += [(MODEL, 0.9, pinball, coverage, 612), (MODEL, 0.8, 0.1, 0.8, 612), (LOOKUP, 0.8, 0.01, 0.8, 612)]
    return pl.DataFrame(rows, schema=FIGURES, orient="row")


@pytest.fixture
def make_report() -> Callable[..., ReportData]:
    """Makes the data of a report on a stock; named fields replace the usual ones."""

    def report(customers: pl.DataFrame, **changes: Any) -> ReportData:  # noqa: ANN401 - fields of a dataclass
        return replace(_report(customers), **changes)

    return report


def _report(customers: pl.DataFrame) -> ReportData:
    size, borders = customers.height, thresholds(customers["revenue"], ClassConfig())
    return ReportData(
        title="Umsatzpotenzial Werkzeughandel",
        language="de",
        generated_on=date(2026, 11, 5),
        synthetic=True,
        customers=customers,
        figures=_figures(),
        thresholds=(borders.a, borders.b),
        quantile=0.9,
        interval=(0.1, 0.9),
        funnel=(
            Step("Adressen", "Addresses", size),
            Step("mit Website", "with website", int(size * 0.93)),
            Step("erreichbar", "reachable", int(size * 0.81)),
            Step("Zugriff erlaubt", "access allowed", int(size * 0.79)),
            Step("mit Text", "with text", int(size * 0.77)),
            Step("bewertet", "rated", customers["potential"].count()),
        ),
        failures=tuple(Failure(name, size // part) for name, part in (("dead", 12), ("parked", 40), ("reserved", 60))),
        facts=(
            Fact("Version", "Version", "0.1.0"),
            Fact("Sprachmodell", "Language model", "intfloat/multilingual-e5-small, mitgeliefert"),
            Fact("Startwert", "Seed", "20260101"),
            Fact("Prüfsumme der Eingabe", "Digest of the input", "sha256:" + "3f9a" * 16),
        ),
        timings=(Timing("crawl", 84.2), Timing("embed", 201.0), Timing("potential", 12.4)),
    )
