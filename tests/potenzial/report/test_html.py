import re
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter

import polars as pl
import pytest
from msgspec import structs
from selectolax.lexbor import LexborHTMLParser as Page

from potenzial.report.data import Failure, ReportData
from potenzial.report.html import render
from potenzial.runs.difference import Kept, difference
from potenzial.runs.schema import KEPT, RunRecord
from scoring.schema import FIGURES, POTENTIAL

Stock = Callable[..., pl.DataFrame]
Report = Callable[..., ReportData]
HOSTILE = (
    "<script>alert('x')</script><img src=//evil.example/x onerror=alert(1)> =cmd|'/c calc'!A1 \u202eHbmG {{7*7}} %s {n}"
)


def text_of(html: str, selector: str = "body") -> str:
    """The visible text of the first element that fits, with single plain spaces."""
    node = Page(html).css_first(selector)
    assert node is not None, selector
    return " ".join(node.text(separator=" ").split())


@pytest.fixture(scope="module")
def shared() -> dict[str, str]:
    """Reports of one language are rendered once for all tests that only read them."""
    return {}


@pytest.fixture
def usual(shared: dict[str, str], make_stock: Stock, make_report: Report) -> dict[str, str]:
    """The report on a usual stock in German and in English."""
    if not shared:
        data = make_report(make_stock(400))
        shared.update({language: render(replace(data, language=language)) for language in ("de", "en")})
    return shared


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_document_is_whole_and_loads_nothing(usual: dict[str, str], language: str) -> None:
    """The report has a strict policy, no scripts and no sources, and every reference leads to one element."""
    page = Page(usual[language])
    policy = page.css_first('meta[http-equiv="Content-Security-Policy"]')
    assert policy is not None
    assert (policy.attributes["content"] or "").startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert page.css("script, link, iframe, object, embed, form, base, image, use, foreignObject") == []
    assert page.css("[src], [srcset], [background], [ping], [action]") == []
    assert "url(" not in usual[language]
    assert "@import" not in usual[language]
    assert not re.search(r"<[^>]*\son\w+=", usual[language])
    ids = [node.attributes["id"] for node in page.css("[id]")]
    assert len(ids) == len(set(ids))
    wanted = [(node.attributes["href"] or "")[1:] for node in page.css('a[href^="#"]')]
    wanted += [node.attributes["aria-labelledby"] or "" for node in page.css("[aria-labelledby]")]
    assert wanted
    assert set(wanted) <= set(ids)


def test_tags_are_closed_in_order(usual: dict[str, str]) -> None:
    """Every element that needs an end has one in the right place."""
    void, open_tags = {"meta", "br", "col", "rect", "path", "line"}, []
    body = re.sub(r"<style>.*?</style>", "", usual["de"], flags=re.DOTALL)
    for end, name, empty in re.findall(r"<(/?)([a-z][a-z0-9]*)[^>]*?(/?)>", body):
        if end:
            assert open_tags.pop() == name
        elif name not in void and not empty:
            open_tags.append(name)
    assert open_tags == []


def test_links_to_websites_are_careful(usual: dict[str, str]) -> None:
    """Links out of the report are http or https and tell the site nothing."""
    links = Page(usual["de"]).css('a:not([href^="#"])')
    assert links
    for link in links:
        assert (link.attributes["href"] or "").startswith(("https://", "http://"))
        assert link.attributes["rel"] == "noreferrer noopener"


def test_numbers_are_written_in_the_language_of_the_report(usual: dict[str, str]) -> None:
    """German text has decimal commas and T€, English text has neither."""
    german, english = text_of(usual["de"], "main"), text_of(usual["en"], "main")
    assert re.search(r"\d,\d (Mio\. €|T€)", german)
    assert not re.search(r"\d\.\d+ ?%", german)
    assert re.search(r"€\d+(\.\d)?[km]", english)
    assert "T€" not in english
    assert "Kunden" not in english.replace("A-Kunden", "")


def test_the_sum_of_potential_never_stands_alone(usual: dict[str, str]) -> None:
    """The tile of the growth potential carries its quantile, its measured coverage and the expected value."""
    tile = Page(usual["de"]).css(".tile")[2].text(separator=" ").replace("\N{NO-BREAK SPACE}", " ")
    assert "90-%-Quantil" in tile
    assert "gemessene Abdeckung 89,6 %" in tile
    assert "Nüchtern erwartet:" in tile


def test_synthetic_data_is_announced(make_stock: Stock, make_report: Report) -> None:
    """Made-up data is announced on top, real data is not."""
    stock = make_stock(30)
    assert "Erfundene Daten" in text_of(render(make_report(stock)), ".synthetic")
    assert Page(render(make_report(stock, synthetic=False))).css_first(".synthetic") is None


def test_both_drawings_scale_and_hold_the_figures(usual: dict[str, str]) -> None:
    """Bars, curve and portfolio are drawn for laptop and phone, scale by their view box, and label in German."""
    drawings = Page(usual["de"]).css(".chart:not(.areas) > svg")
    assert len(drawings) == 6
    assert all("viewbox" in {name.lower() for name in svg.attributes} for svg in drawings)
    assert all("width" not in svg.attributes for svg in drawings)
    assert re.search(r"\d+\s%", drawings[0].text())
    assert "NaN" not in usual["de"]
    assert "undefined" not in usual["de"]


def test_top_lists_are_ranked_by_growth_potential(make_stock: Stock, make_report: Report) -> None:
    """A top list holds the customers of its action with the largest growth potential, best first."""
    stock = make_stock(200)
    best = stock.filter(pl.col("action") == "expansion").sort("headroom", descending=True).head(5)
    page = Page(render(make_report(stock, top=5)))
    shown = [node.text() for node in page.css("#expansion .company > bdi")]
    assert shown == best["name"].to_list()
    assert len(page.css("#expansion tbody tr:first-child li")) == 3


def test_hostile_text_is_shown_and_harmless(make_stock: Stock, make_report: Report) -> None:
    """Markup, formulas, direction overrides and endless names appear as plain short text, wherever they come in."""
    names = ["name", "city", "owner", "postcode", "reason_de", "against_de", "industry_label"]
    stock = make_stock(60).with_columns(pl.lit(HOSTILE + "x" * 10_000).alias(name) for name in names)
    data = make_report(
        stock.with_columns(website=pl.lit("javascript:alert(1)")),
        title=HOSTILE,
        failures=(Failure(HOSTILE, 3),),
    )
    html = render(data)
    page = Page(html)
    assert page.css("script, img") == []
    assert "javascript:" not in html
    assert "\u202e" not in html
    assert len(html) < 300_000
    assert text_of(html, "#expansion .company > bdi").startswith("<script>alert(")


def test_a_model_that_does_not_beat_the_lookup_is_announced(
    make_stock: Stock, make_report: Report, make_figures: Stock
) -> None:
    """What a reader sees before the first number is that the model is no better than the lookup."""
    data = make_report(make_stock(40), figures=make_figures(pinball=0.09), verdict="Grund der Prüfung.")
    html = render(data)
    assert "20 % ungenauer" in text_of(html, ".warning").replace("\N{NO-BREAK SPACE}", " ")
    assert html.index('class="banner warning"') < html.index('class="tiles"')
    assert "Grund der Prüfung." in text_of(html, "#quality .lead")
    assert Page(html).css_first(".tile.warn") is not None


@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("size", [0, 1, 3])
def test_tiny_stocks_give_a_whole_report(make_stock: Stock, make_report: Report, size: int, language: str) -> None:
    """Without customers or with a few the report is complete and draws no curve."""
    stock = make_stock(size) if size else POTENTIAL.to_frame()
    html = render(make_report(stock, language=language, figures=FIGURES.to_frame()))
    assert len(Page(html).css(".tile")) == 6
    assert Page(html).css("[aria-labelledby=curve-title] .chart") == []
    assert "nan" not in text_of(html).lower().split()
    assert "inf" not in text_of(html).lower().split()


def test_a_stock_without_revenue_says_so(make_stock: Stock, make_report: Report) -> None:
    """Without any revenue there are no thresholds, no revenue bar, and words that stay true."""
    stock = make_stock(80).with_columns(
        revenue=None, revenue_best=None, class_revenue=pl.lit("inactive"), action=pl.lit("reactivation")
    )
    html = render(make_report(stock.cast(dict(POTENTIAL))))
    assert "keine Schwellen in Euro" in text_of(html, "#matrix .caption")
    assert "Umsatz gibt es noch keinen" in text_of(html, "#bars-title")
    assert "Umsatz 12 Monate" not in text_of(html, "[aria-labelledby=bars-title] .wide")


def test_a_stock_without_any_rating_says_so(make_stock: Stock, make_report: Report) -> None:
    """Where nothing can be rated the report says it and shows neither curve nor lists."""
    stock = make_stock(80).with_columns(
        pl.lit(None, pl.Float64).alias(name) for name in ("potential", "headroom", "headroom_expected")
    )
    stock = stock.with_columns(class_potential=pl.lit("no data basis"), action=pl.lit("check"))
    html = render(make_report(stock))
    assert text_of(html, "#matrix-title") == "Keine Adresse konnte bewertet werden"
    assert text_of(html, "#expansion h2") == "Ausbau: keine Empfehlung"
    assert Page(html).css(".top") == []


def test_a_large_stock_renders_fast_and_small(make_stock: Stock, make_report: Report) -> None:
    """A stock of 55,000 customers gives a file as small as any other within seconds."""
    stock = make_stock(2_000)
    large = pl.concat([stock] * 28).with_columns(pl.row_index().cast(pl.String).alias("customer_id"))
    data, start = make_report(large), perf_counter()
    html = render(data)
    assert perf_counter() - start < 30
    assert len(html.encode()) < 1_000_000


def test_the_report_tells_what_changed_since_the_last_run(make_stock: Stock, make_report: Report) -> None:
    """Bridge, classes that moved and borders of a former run stand in the report, its name escaped; none without it."""
    customers = make_stock(60)
    data = make_report(customers)
    assert Page(render(data)).css_first("#change") is None
    kept = customers.with_columns(
        site=pl.lit(None, pl.String), text=pl.lit(None, pl.Int64), overridden=pl.lit(value=False)
    ).select(KEPT.names())
    record = RunRecord(
        run="20260101-120000", name="<i>Herbst", finished_at="2026-01-01T12:00:00+00:00", potenzial="0", customers=60,
        rated=60, revenue=0.0, potential=0.0, headroom=0.0, headroom_expected=1_000.0, quantile=0.9, coverage=0.9,
        a=10_000.0, b=1_000.0, verdict="ready", settings={"classes.method": '"fixed"'}, method={}, made_from="",
    )  # fmt: skip
    former = Kept(record, kept.head(50).with_columns(pl.col("revenue") + 5, class_potential=pl.lit("C")))
    now = structs.replace(record, name="", a=5_000.0, settings={"classes.method": '"cumulative"'})
    html = render(replace(data, change=difference(former, Kept(now, kept))))
    told = text_of(html, "#change")
    assert "Seit dem Lauf <i>Herbst (01.01.2026)" in told
    for said in ("neu hinzugekommen 10", "A ab 10.000 €", "so ist es eingestellt", 'classes.method: "fixed"'):
        assert said in told.replace("\N{NO-BREAK SPACE}", " ")
    assert "<i>Herbst" not in html
    assert 'href="#change"' in html
