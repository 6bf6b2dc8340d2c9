from collections.abc import Callable

import polars as pl
import pytest

from potenzial.report.palette import CLASS_COLOURS, INK, contrast, heat, readable_on
from potenzial.report.summary import LARGE, SMALL, summarise
from scoring.schema import POTENTIAL

Stock = Callable[..., pl.DataFrame]


def test_sums_by_class_are_those_of_the_frame(make_stock: Stock) -> None:
    """Every customer and every EUR is in exactly one cell."""
    stock = make_stock(500)
    everyone = summarise(stock).group()
    assert everyone.customers == 500
    assert everyone.revenue == pytest.approx(stock["revenue"].sum())
    assert everyone.headroom == pytest.approx(stock["headroom"].sum())
    small = stock.filter(pl.col("class_revenue").is_in(SMALL) & pl.col("class_potential").is_in(LARGE))
    assert summarise(stock).group(SMALL, LARGE).customers == small.height


def test_the_best_tenth_holds_the_largest_headrooms(make_stock: Stock) -> None:
    """Concentration adds up the largest growth potentials, and by revenue those of the largest customers."""
    stock = make_stock(200)
    summary, total = summarise(stock), stock["headroom"].sum()
    assert summary.top_count(0.1) == 20
    assert summary.held(0.1) == pytest.approx(stock["headroom"].top_k(20).sum() / total)
    largest = stock.sort("revenue", "customer_id", descending=[True, False]).head(20)["headroom"].sum()
    assert summary.held_by_revenue(0.1) == pytest.approx(largest / total)


def test_curves_rise_from_nothing_to_all(make_stock: Stock) -> None:
    """A curve of any stock has at most 101 points, never falls, and the model's is above that by revenue."""
    summary = summarise(make_stock(3_000))
    curve, by_revenue = summary.curve(), summary.curve_by_revenue()
    assert (curve.addresses[0], curve.headroom[0], curve.addresses[-1]) == (0, 0, 1)
    assert curve.headroom[-1] == pytest.approx(1)
    assert len(curve.headroom) <= 101
    assert list(curve.headroom) == sorted(curve.headroom)
    assert all(one >= other - 1e-9 for one, other in zip(curve.headroom, by_revenue.headroom, strict=True))


def test_rows_do_not_change_the_sums_by_their_order(make_stock: Stock) -> None:
    """The same customers in another order give the same concentration."""
    stock = make_stock(300)
    shuffled = stock.sample(fraction=1, shuffle=True, seed=3)
    assert summarise(shuffled).held_by_revenue(0.1) == pytest.approx(summarise(stock).held_by_revenue(0.1))


def test_an_empty_stock_has_no_shares() -> None:
    """Without customers there are counts of zero and no shares."""
    summary = summarise(POTENTIAL.to_frame())
    assert summary.group().customers == 0
    assert summary.held(0.1) is None


@pytest.mark.parametrize("background", [*CLASS_COLOURS.values(), "#ffffff"])
def test_labels_are_readable_on_every_class(background: str) -> None:
    """Text on a class colour has the contrast that WCAG asks of normal text."""
    assert contrast(readable_on(background), background) >= 4.5


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.7, 1.0, 2.0, -1.0])
def test_dark_text_is_readable_on_every_heat(share: float) -> None:
    """The matrix's text has the contrast that WCAG asks of normal text on any cell."""
    assert contrast(INK, heat(share)) >= 4.5
