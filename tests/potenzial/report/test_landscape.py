from collections.abc import Callable

import numpy as np
import polars as pl
from selectolax.lexbor import LexborHTMLParser as Page

from embeddings.map import Atlas
from embeddings.schema import CLUSTERS, MAP
from potenzial.report.data import ReportData
from potenzial.report.html import render
from potenzial.report.landscape import MOST_DOTS, Landscape, landscape
from potenzial.report.messages import tell

Stock = Callable[..., pl.DataFrame]
Report = Callable[..., ReportData]
PHRASES = (["CNC-Fräsen", "Lohnfertigung"], ["Dachsanierung"], [])


def atlas_of(customers: pl.DataFrame, phrases: tuple[list[str], ...] = PHRASES) -> Atlas:
    """Give a map on which the customers lie in as many heaps as there are lists of phrases."""
    rng, count = np.random.default_rng(2), len(phrases)
    labels = np.arange(customers.height) % count
    angles = 2 * np.pi * labels / count
    places = np.stack([np.cos(angles), np.sin(angles)], axis=1) * 0.7 + rng.normal(0, 0.1, (len(labels), 2))
    frame = pl.DataFrame(
        {"customer_id": customers["customer_id"], "x": places[:, 0], "y": places[:, 1], "cluster": labels}
    )
    sizes = [int((labels == label).sum()) for label in range(count)]
    groups = pl.DataFrame({"cluster": range(count), "companies": sizes, "phrases": list(phrases)}, schema=CLUSTERS)
    return Atlas(frame.cast(MAP), groups)


def laid_out(data: ReportData) -> Landscape:
    """Give the map of a report that has one."""
    found = landscape(tell(data))
    assert found is not None
    return found


def test_the_report_shows_each_company_and_each_group(make_stock: Stock, make_report: Report) -> None:
    """A dot stands for each company on the map, in both drawings, and the table counts all of them."""
    stock = make_stock(60)
    page = Page(render(make_report(stock, atlas=atlas_of(stock.head(50)))))
    assert len(page.css("#map .wide .dots circle")) == len(page.css("#map .narrow .dots circle")) == 50
    assert sum(int(cell.text()) for cell in page.css("#map tbody .number:nth-child(3)")) == 50
    assert "10 Adressen ohne Text fehlen" in page.css("#map .caption")[0].text()
    assert page.css('nav a[href="#map"]')


def test_groups_stand_in_the_order_of_their_growth_potential(make_stock: Stock, make_report: Report) -> None:
    """The first group has the most growth potential and is named in the title unless it has no name."""
    stock = make_stock(60)
    first = pl.int_range(pl.len()) % 3 == 1
    rich = stock.with_columns(headroom=pl.when(first).then(9e6).otherwise(1.0))
    found = laid_out(make_report(rich, atlas=atlas_of(rich)))
    assert found.groups[0].name == "Dachsanierung"
    assert found.title.startswith("Gruppe „Dachsanierung“")
    assert {group.name for group in found.groups} > {"Dachsanierung", "CNC-Fräsen"}
    assert any(group.name.startswith("Gruppe ") for group in found.groups)
    assert [float(group.width) for group in found.groups] == sorted(
        (float(g.width) for g in found.groups), reverse=True
    )


def test_everything_stays_on_the_sheet(make_stock: Stock, make_report: Report) -> None:
    """Places beyond the window are drawn on its edge, and no name leaves the drawing."""
    stock = make_stock(40)
    drawn = atlas_of(stock)
    far = Atlas(drawn.places.with_columns(pl.col("x") * 5), drawn.groups)
    for sheet in (laid_out(make_report(stock, atlas=far)).wide, laid_out(make_report(stock, atlas=far)).narrow):
        assert all(0 < dot.x < sheet.width and 0 < dot.y < sheet.height for dot in sheet.dots)
        assert all(0 < label.x < sheet.width and 0 < label.y < sheet.height for label in sheet.labels)


def test_names_do_not_hide_each_other(make_stock: Stock, make_report: Report) -> None:
    """Groups in one place have their names side by side or below each other."""
    stock = make_stock(24)
    drawn = atlas_of(stock, (["Stanzteile"], ["Drehteile"], ["Frästeile"]))
    heap = Atlas(drawn.places.with_columns(pl.col("x", "y") * 0.01), drawn.groups)
    labels = laid_out(make_report(stock, atlas=heap)).wide.labels
    gaps = [(abs(a.x - b.x), abs(a.y - b.y)) for a in labels for b in labels if a != b]
    assert all(across > 80 or down >= 20 for across, down in gaps)


def test_hostile_names_are_harmless(make_stock: Stock, make_report: Report) -> None:
    """Markup in names and phrases appears as text, on the map and in the table."""
    evil = "<script>alert(1)</script>"
    stock = make_stock(30).with_columns(name=pl.lit(evil))
    html = render(make_report(stock, atlas=atlas_of(stock, ([evil, evil],))))
    assert Page(html).css("script") == []
    assert html.count("&lt;script&gt;") > 30


def test_a_large_stock_is_drawn_as_a_sample(make_stock: Stock, make_report: Report) -> None:
    """Of a large stock a sample is drawn, the note says so, and the file stays small."""
    stock = pl.concat([make_stock(1_000)] * 8).with_columns(pl.row_index().cast(pl.String).alias("customer_id"))
    data = make_report(stock, atlas=atlas_of(stock))
    found = laid_out(data)
    assert len(found.wide.dots) == MOST_DOTS
    assert "1.500 von 8.000" in found.note
    assert len(render(data).encode()) < 1_000_000


def test_without_a_map_the_report_has_no_section_for_it(make_stock: Stock, make_report: Report) -> None:
    """Results made without a map, or with nobody on it, give a report without that section and its link."""
    stock = make_stock(20)
    for nothing in (None, Atlas(MAP.to_frame(), CLUSTERS.to_frame())):
        html = render(make_report(stock, atlas=nothing))
        assert "#map" not in html
        assert 'id="map"' not in html
