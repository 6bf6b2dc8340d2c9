from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser as Page

from potenzial.origins import Origins, Tally
from potenzial.report import reached, regions, sizes
from potenzial.report.data import ReportData
from potenzial.report.html import render
from potenzial.report.summary import summarise
from scoring.schema import POTENTIAL

Stock = Callable[..., pl.DataFrame]
Report = Callable[..., ReportData]


def _text(html: str, selector: str) -> str:
    node = Page(html).css_first(selector)
    assert node is not None, selector
    return " ".join(node.text(separator=" ").split())


def test_areas_hold_all_german_addresses_and_no_other(make_stock: Stock) -> None:
    """The map of areas adds up to the addresses with a German postcode, most expected growth first."""
    stock = make_stock(120)
    foreign = stock.with_columns(
        postcode=pl.when(pl.int_range(pl.len()) < 20).then(pl.lit("8010")).otherwise("postcode")
    )
    areas = regions.by_area(foreign)
    german = foreign.filter(pl.col("postcode").str.len_chars() == 5)
    assert areas["customers"].sum() == german.height
    assert areas["expected"].sum() == pytest.approx(german["headroom_expected"].fill_nan(None).sum())
    assert areas["expected"].to_list() == sorted(areas["expected"], reverse=True)


def test_a_stock_without_german_postcodes_has_no_map(make_stock: Stock, make_report: Report) -> None:
    """Where fewer than half of the addresses can be placed, no map is drawn."""
    stock = make_stock(60).with_columns(postcode=pl.lit("8010"))
    assert Page(render(make_report(stock))).css_first("#regions") is None


def test_segments_add_up_to_the_stock(make_stock: Stock) -> None:
    """Branches and sizes hold every customer once, those without industry or headcount too."""
    stock = make_stock(90).with_columns(
        industry=pl.when(pl.int_range(pl.len()) < 10).then(None).otherwise("industry"),
        headcount=pl.when(pl.int_range(pl.len()) < 30).then(None).otherwise("headcount"),
    )
    found = sizes.by_segment(stock)
    assert found["customers"].sum() == stock.height
    assert found.filter(pl.col("size") == "unknown")["customers"].sum() == 30
    assert found.filter(pl.col("branch") == "")["customers"].sum() == 10


@given(st.lists(st.tuples(st.floats(1, 1e7), st.floats(0, 2e7)), min_size=20, max_size=60))
def test_hexagons_hold_every_rated_customer_near_its_place(amounts: list[tuple[float, float]]) -> None:
    """Each customer is counted in one hexagon, and no centre lies farther off than a hexagon is wide."""
    empty = dict.fromkeys(POTENTIAL)
    rows = [empty | {"potential": potential, "revenue": revenue} for potential, revenue in amounts]
    frame = pl.DataFrame(rows, schema=POTENTIAL)
    found = reached.hexagons(frame)
    assert found is not None
    assert found.frame["customers"].sum() == len(amounts)
    places = frame.select(x=pl.col("potential").log10(), y=reached.reached(frame))
    for x, y in places.iter_rows():
        near = found.frame.filter(((pl.col("x") - x).abs() <= found.width) & ((pl.col("y") - y).abs() <= 0.1))
        assert near.height >= 1


def test_sure_moves_are_those_with_a_high_chance_of_a_better_class(make_stock: Stock) -> None:
    """A move is sure from a chance of 80 % on of any class above today's, and A customers have none."""
    stock = make_stock(200).with_columns(p_a=pl.lit(0.5), p_b=pl.lit(0.35), p_c=pl.lit(0.15))
    cells = summarise(stock).cells
    for (today, _potential), cell in cells.items():
        assert cell.sure == (cell.customers if today in {"C", "inactive"} else 0)


def test_other_borders_are_shown_beside_todays(make_stock: Stock, make_report: Report) -> None:
    """The table of borders has five rows, today's in bold, and lower borders never make fewer A customers."""
    html = render(make_report(make_stock(300)))
    rows = Page(html).css("#whatif tbody tr")
    counts = [[int(cell.text().replace(".", "")) for cell in row.css("td")[:2]] for row in rows]
    assert len(rows) == 5
    assert [row.attributes.get("class") for row in rows] == [None, None, "own", None, None]
    assert all(low >= high for one, other in pairwise(counts) for low, high in zip(one, other, strict=True))


def test_visits_mark_what_they_reach(make_stock: Stock, make_report: Report) -> None:
    """With a number of visits the curve tells how much of the growth potential they reach; without one it does not."""
    data = make_report(make_stock(400))
    assert "40 Besuche:" in _text(render(replace(data, visits=40)), "#shares")
    assert "Besuche:" not in _text(render(data), "#shares")


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_data_page_names_sources_ages_and_what_was_left_out(
    make_stock: Stock, make_report: Report, language: str
) -> None:
    """Counts come with their share of the stock and in the reader's words, days as the reader writes them."""
    tallies = (Tally("website", "email", 20), Tally("headcount", "neighbours", 5), Tally("left_out", "rows", 3))
    told = Origins(tallies, date(2026, 1, 2), date(2026, 3, 4))
    data = replace(make_report(make_stock(40)), origins=told, language="de" if language == "de" else "en")
    text = _text(render(data), "#data").replace("\N{NO-BREAK SPACE}", " ")
    words = {
        "de": ("aus der E-Mail-Adresse 20 (50 %)", "abgelehnte Zeilen 3", "02.01.2026"),
        "en": ("from the e-mail address 20 (50%)", "rejected rows 3", "2 Jan 2026"),
    }[language]
    assert all(word in text for word in words)
