"""The guards against leaks, and the gate that they close."""

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from scoring.config import PotentialConfig
from scoring.potential import Rating
from scoring.potential.guards import Inspection, Seen, inspect
from scoring.potential.sentences import find_telltales
from scoring.schema import GUARDS

LEAK = "Umsatzangaben stammen aus der Rangliste 2024 der größten Betriebe."
TRADE = "Wir sind Mitglied im Fachverband der Großküchentechnik."


def _texts(customers: pl.DataFrame, telling: list[str], sentence: str) -> pl.DataFrame:
    """Give everybody a sentence of his own and some customers a shared one."""
    own = customers.select("customer_id", text=pl.format("Firma {} baut Maschinen seit jeher. ", "customer_id"))
    shared = pl.when(pl.col("customer_id").is_in(telling)).then(pl.lit(sentence)).otherwise(pl.lit(""))
    return own.with_columns(text=pl.col("text") + shared)


def _finding(found: Inspection, guard: str) -> dict[str, Any]:
    return found.guards.row(by_predicate=pl.col("guard") == guard, named=True)


@pytest.fixture(scope="module")
def honest(made: Any, rating: Rating, config: PotentialConfig) -> Inspection:  # noqa: ANN401 - a stock from conftest
    """Give the inspection of a stock in which nothing leaks."""
    some = made.customers.sample(40, seed=4)["customer_id"].to_list()
    return inspect(Seen(made.customers, made.companies, _texts(made.customers, some, TRADE)), rating, config)


def test_an_honest_stock_passes_every_guard(honest: Inspection, rating: Rating) -> None:
    """Where texts tell something and nothing leaks, controls gain nothing, and the gate stays open."""
    assert honest.verdict == "ready"
    assert honest.reason_de == rating.reason_de
    assert honest.guards.schema == GUARDS
    assert honest.guards["passed"].all()
    assert {"self-exclusion", "shuffled text", "shuffled target", "text gain", "shared sentences", "coverage"} <= set(
        honest.guards["guard"]
    )


@pytest.mark.parametrize(("sentence", "verdict"), [(LEAK, "usable"), (TRADE, "ready")])
def test_a_sentence_that_knows_the_revenue_is_named(
    made: Any,  # noqa: ANN401 - a stock from conftest
    rating: Rating,
    config: PotentialConfig,
    sentence: str,
    verdict: str,
) -> None:
    """A sentence with the largest only is named; one that speaks of revenue closes the gate, another is a notice."""
    largest = made.customers.drop_nulls("revenue").top_k(25, by="revenue")["customer_id"].to_list()
    found = inspect(Seen(made.customers, made.companies, _texts(made.customers, largest, sentence)), rating, config)
    finding = _finding(found, "shared sentences")
    assert found.verdict == verdict
    assert sentence in finding["detail_de"]
    assert "25 Kunden" in finding["detail_de"]
    assert finding["notice"] == (verdict == "ready")
    assert (sentence in found.reason_en) == (verdict == "usable")


def test_a_column_that_copies_the_revenue_is_named(made: Any, rating: Rating, config: PotentialConfig) -> None:  # noqa: ANN401 - a stock from conftest
    """A headcount column that is a rank by revenue, and an industry that is its class, are found and named."""
    ranks = made.customers.with_columns(
        headcount=pl.col("revenue").rank(),
        industry=pl.format("Gruppe {}", pl.col("revenue").log10().round(1)),
    )
    found = inspect(Seen(ranks, None, None), rating, config)
    assert found.verdict == "usable"
    assert not _finding(found, "column headcount")["passed"]
    assert not _finding(found, "column industry")["passed"]
    assert "Mitarbeitende" in found.reason_de


def test_a_gain_without_texts_is_told(made: Any, rating: Rating, config: PotentialConfig) -> None:  # noqa: ANN401 - a stock from conftest
    """Where the texts add nothing, the model is usable and the reason says where its gain comes from."""
    found = inspect(Seen(made.customers, None, None), rating, config)
    assert found.verdict == "usable"
    assert "Branche und Größe" in found.reason_de
    assert "industry and size" in found.reason_en


@pytest.mark.parametrize(("coverage", "passed"), [(0.89, True), (0.7, False)])
def test_a_coverage_that_is_off_is_told(
    made: Any,  # noqa: ANN401 - a stock from conftest
    rating: Rating,
    config: PotentialConfig,
    coverage: float,
    passed: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Far fewer customers below their estimate than promised put a reservation on the model."""
    figures = rating.figures.with_columns(coverage=pl.lit(coverage))
    found = inspect(Seen(made.customers, made.companies, None), replace(rating, figures=figures), config)
    assert _finding(found, "coverage")["passed"] == passed
    assert (found.verdict == "ready") == passed


def test_a_model_that_is_not_better_stays_so(made: Any, rating: Rating, config: PotentialConfig) -> None:  # noqa: ANN401 - a stock from conftest
    """No guard lifts a verdict: what does not beat the lookup, or has too few customers, stays as it is."""
    seen = Seen(made.customers.head(60), None, None)
    for verdict in ("not better than the lookup", "too few customers"):
        assert inspect(seen, replace(rating, verdict=verdict), config).verdict == verdict


def test_telltales_are_told_apart_from_chance() -> None:
    """Of 200 sentences that say nothing none is found; one that stands with the better half of the trade is."""
    rng = np.random.default_rng(3)
    residual = rng.normal(0, 0.3, 600)
    rows = [(int(row), f"Satz {chr(97 + place // 26)}{chr(97 + place % 26)} steht bei einigen Kunden hier.")
            for place in range(200) for row in rng.choice(600, 12, replace=False)]  # fmt: skip
    assert find_telltales(pl.DataFrame(rows, schema=["row", "text"], orient="row"), residual) == []
    best = np.argsort(-residual)[:150:5]
    rows += [(int(row), f"Revenue was ranked {row} by the trade journal.") for row in best]
    found = find_telltales(pl.DataFrame(rows, schema=["row", "text"], orient="row"), residual)
    assert [tale.companies for tale in found] == [30]
    assert found[0].speaks_of_revenue
    assert found[0].factor > 2
