"""The proof against the true wallets."""

import re

import numpy as np
import polars as pl
import pytest
from selectolax.lexbor import LexborHTMLParser

from potenzial.config import Config
from potenzial.demo.proof import lookup, proof, render
from potenzial.demo.proof_page import verdicts
from potenzial.demo.stock import DemoStock
from potenzial.errors import ProjectError
from scoring.schema import POTENTIAL


def lists(stock: DemoStock, potential: pl.Series) -> pl.DataFrame:
    """Return lists as the product writes them, with this potential."""
    facts = stock.customers.select(
        "customer_id", "name", "industry", "revenue", headcount=pl.col("headcount").cast(pl.Float64)
    )
    rated = facts.with_columns(
        potential=potential,
        potential_low=potential * 0.8,
        potential_high=potential * 1.25,
        class_potential=pl.when(potential > 20_000).then(pl.lit("A")).otherwise(pl.lit("C")),
    ).with_columns(headroom=(pl.col("potential") - pl.col("revenue")).clip(0.0))
    filled = rated.with_columns(headroom_expected=pl.col("headroom") * 0.3)
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in POTENTIAL.items() if name not in filled.columns]
    return filled.with_columns(missing).match_to_schema(POTENTIAL)


@pytest.fixture
def knowing(stock: DemoStock) -> pl.DataFrame:
    """Lists of a model that knows every wallet."""
    return lists(stock, stock.wallets["wallet"])


@pytest.fixture
def ignorant(stock: DemoStock) -> pl.DataFrame:
    """Lists of a model that has the wallets in reverse order of truth."""
    return lists(stock, 1e9 / stock.wallets["wallet"])


def test_a_model_that_knows_the_truth_reaches_the_ideal(stock: DemoStock, knowing: pl.DataFrame) -> None:
    """Perfect lists catch all that can be caught, with a perfect rank correlation and coverage."""
    data = proof(stock.wallets, knowing, Config())
    assert data.ranking("model").caught == pytest.approx((1.0, 1.0, 1.0))
    assert data.ranking("oracle").caught == (1.0, 1.0, 1.0)
    assert data.rank_correlation == pytest.approx(1.0)
    assert all(row.within == pytest.approx(1.0) for row in data.coverage)


def test_plain_ways_lie_between_chance_and_the_ideal(stock: DemoStock, knowing: pl.DataFrame) -> None:
    """Today's revenue beats chance and stays below the ideal; every curve ends with everything."""
    data = proof(stock.wallets, knowing, Config())
    assert data.ranking("random").caught[2] < data.ranking("revenue").caught[2] < 0.95
    for ranking in data.rankings:
        assert ranking.curve[0] == (0.0, 0.0)
        assert ranking.curve[-1] == pytest.approx((1.0, 1.0))
        assert all(np.diff([caught for _, caught in ranking.curve]) >= -1e-12)


def test_totals_are_those_of_the_stock(stock: DemoStock, knowing: pl.DataFrame) -> None:
    """The page's totals are those of the wallets and revenues."""
    data = proof(stock.wallets, knowing, Config())
    assert data.wallet == pytest.approx(stock.wallets["wallet"].sum())
    assert data.open_wallet == pytest.approx(data.wallet - data.revenue)
    assert data.customers == 300


def test_a_losing_model_is_called_one(stock: DemoStock, ignorant: pl.DataFrame) -> None:
    """Where plain ways catch more, the page says that the model loses."""
    data = proof(stock.wallets, ignorant, Config())
    assert all("verliert" in text for text in verdicts(data))
    assert "verliert" in render(data)


def test_a_winning_model_is_called_one(stock: DemoStock, knowing: pl.DataFrame) -> None:
    """Where the model catches more, the page says so, for the inactive ones too."""
    found = verdicts(proof(stock.wallets, knowing, Config()))
    assert len(found) == 4
    assert all("gewinnt" in text for text in found)


def test_the_page_is_self_contained_german_html(stock: DemoStock, knowing: pl.DataFrame) -> None:
    """The page says that its data is made up, loads nothing, and writes numbers as Germans do."""
    page = render(proof(stock.wallets, knowing, Config()))
    tree = LexborHTMLParser(page)
    assert "Diese Daten sind erfunden." in tree.text()
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//|@import|url\(""", page)
    assert len(tree.css("polyline")) == 6
    assert not re.search(r"\{\{|\bNone\b|\bnan\b|\binf\b", tree.text())
    assert re.search(r"\d,\d\sMio", tree.text())


def test_customers_without_a_rating_come_last(stock: DemoStock, knowing: pl.DataFrame) -> None:
    """Customers without a data basis are still counted and do not break the page."""
    unrated = pl.when(pl.int_range(pl.len()) % 3 != 0)
    names = ("potential", "potential_low", "potential_high", "headroom", "headroom_expected")
    partly = knowing.with_columns([unrated.then(pl.col(name)).alias(name) for name in names])
    data = proof(stock.wallets, partly, Config())
    assert data.customers == 300
    assert data.coverage[0].customers == 200
    assert data.ranking("model").caught[2] < 1.0
    assert "Alle bewerteten" in render(data)


def test_the_order_of_rows_makes_no_difference(stock: DemoStock, ignorant: pl.DataFrame) -> None:
    """Shuffled inputs give the same figures."""
    first = proof(stock.wallets, ignorant, Config())
    shuffled = proof(stock.wallets.sample(fraction=1, shuffle=True, seed=1), ignorant.reverse(), Config())
    assert shuffled.rankings == first.rankings
    assert shuffled.coverage == first.coverage


def test_lists_of_another_stock_are_refused(stock: DemoStock, knowing: pl.DataFrame) -> None:
    """Lists that are not those of the stock give an error that says what to do."""
    with pytest.raises(ProjectError, match="potenzial demo"):
        proof(stock.wallets.head(10), knowing, Config())


def test_the_lookup_is_the_quantile_of_the_cell() -> None:
    """A full cell gets its own quantile, a thin one that of its size band."""
    frame = pl.DataFrame(
        {
            "customer_id": [f"K-{number:03d}" for number in range(25)],
            "industry": ["25.62.0"] * 11 + ["43.21.0"] * 9 + ["25.61.0", "Elektro", None, "43.21.0", "25.62.0"],
            "headcount": [8.0] * 20 + [9.0, 7.0, None, 900.0, 8.0],
            "revenue": [100.0 * number for number in range(1, 12)] + [5_000.0] * 9 + [0.0] * 5,
        }
    )
    values = lookup(frame, 0.9)
    assert values[0] == values[20] == values[24] == 1_000.0
    assert values[11] == values[21] == 5_000.0
    assert values[22] == values[23] == 5_000.0


def test_a_lookup_without_active_customers_is_zero() -> None:
    """Nobody active: the lookup has nothing to say."""
    frame = pl.DataFrame({"customer_id": ["a"], "industry": [None], "headcount": [None], "revenue": [0.0]})
    frame = frame.with_columns(pl.col("industry").cast(pl.String), pl.col("headcount").cast(pl.Float64))
    assert lookup(frame, 0.9).to_list() == [0.0]
