"""Sums with intervals and the guards' findings, as the report shows them."""

from collections.abc import Callable

import polars as pl
import pytest
from selectolax.lexbor import LexborHTMLParser as Page

from potenzial.report.data import ReportData
from potenzial.report.html import render
from scoring.schema import GUARDS, SUMS

Stock = Callable[..., pl.DataFrame]
Report = Callable[..., ReportData]


def _row(grouping: str, group: str, expected: float) -> dict[str, object]:
    amounts = dict.fromkeys(("potential", "headroom", "expected"), expected)
    ends = {f"{name}_{end}": expected * by for name in amounts for end, by in (("low", 0.5), ("high", 2.0))}
    words = {"label_de": group, "label_en": group}
    return {"grouping": grouping, "group": group, "customers": 7, "revenue": 1e3, **words, **amounts, **ends}


@pytest.fixture
def page(make_stock: Stock, make_report: Report) -> Page:
    """Give a report with sums of three owners and two findings, one of them hostile."""
    owners = [_row("owner", name, amount) for name, amount in (("Amt", 1e4), ("<b>Lang</b>", 9e6), ("Berg", 5e5))]
    sums = pl.DataFrame([_row("stock", "all", 4e6), *owners], schema=SUMS)
    found = [("self-exclusion", True, False, "ok", "ok"), ("shared sentences", False, False, "<i>Satz</i>", "x")]
    guards = pl.DataFrame(found, schema=GUARDS, orient="row")
    report = make_report(make_stock(40), sums=sums, guards=guards, gate="usable", verdict="Mit Vorbehalt: Satz.")
    return Page(render(report))


def test_every_sum_stands_with_its_interval(page: Page) -> None:
    """Groups come by expected headroom, and each sum, the stock's in its tile as well, has its range."""
    table = page.css_first("#sums table")
    assert table is not None
    text = " ".join(table.text(separator=" ").split())
    assert text.index("<b>Lang</b>") < text.index("Berg") < text.index("Amt")
    assert "4,5–18,0" in text
    tiles = page.css_first(".tiles")
    assert tiles is not None
    assert "2,0–8,0" in tiles.text()


def test_what_a_guard_found_is_told_first_and_escaped(page: Page) -> None:
    """What is off comes before what passed, in words that cannot become markup, and the reservation warns on top."""
    told = [item.text() for item in page.css(".guards li")]
    assert ["<i>Satz</i>" in told[0], "ok" in told[1]] == [True, True]
    warning = page.css_first(".warning")
    assert warning is not None
    assert "Mit Vorbehalt" in warning.text()


def test_without_sums_there_is_no_section(make_stock: Stock, make_report: Report) -> None:
    """A report whose run left no sums names no section of them and leaves no dangling link."""
    html = render(make_report(make_stock(40)))
    assert 'id="sums"' not in html
    assert 'href="#sums"' not in html
