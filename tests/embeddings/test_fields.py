import polars as pl
import pytest

from crawler.schema import ORGANISATIONS, PAGES
from embeddings.fields import TEXTS, site_texts


@pytest.fixture
def pages() -> pl.DataFrame:
    """Give one page with all fields and one with its main text only."""
    full = ("a.test", "http://a.test/", "home", "Titel", "Kurz gesagt", "de", "Haupttext", ["Drehen", "Fräsen"])
    bare = ("b.test", "http://b.test/", "about", None, None, None, "Nur Text", None)
    return pl.DataFrame([full, bare], schema=PAGES, orient="row")


@pytest.fixture
def organisations() -> pl.DataFrame:
    """Give an organisation that says the same on two pages, and one that says nothing."""
    said = ("a.test", "Muster GmbH", "Weg 1", "12345", "Kiel", None, 120, 1990)
    rows = [(said[0], f"http://a.test/{n}", *said[1:]) for n in (2, 1)]
    rows.append(("b.test", "http://b.test/", None, "Weg 2", None, None, None, None, None))
    return pl.DataFrame(rows, schema=ORGANISATIONS, orient="row")


def test_the_default_reads_title_and_main_text(pages: pl.DataFrame, organisations: pl.DataFrame) -> None:
    """With the default fields a page's text is its main text and nothing else."""
    texts = site_texts(pages, organisations, ("title", "main"))
    assert texts.schema == TEXTS
    assert texts.select("title", "text").rows() == [("Titel", "Haupttext"), (None, "Nur Text")]


@pytest.mark.parametrize(
    ("fields", "first", "second"),
    [
        (("headings", "description", "main"), "Kurz gesagt\nDrehen\nFräsen\nHaupttext", "Nur Text"),
        (("headings",), "Drehen\nFräsen", None),
        (("main", "description"), "Kurz gesagt\nHaupttext", "Nur Text"),
        (("title",), "", ""),
    ],
)
def test_chosen_fields_are_joined_in_reading_order(
    pages: pl.DataFrame, organisations: pl.DataFrame, fields: tuple[str, ...], first: str, second: str | None
) -> None:
    """Fields stand in one order whatever the order of their names, and what a page lacks leaves no gap."""
    assert site_texts(pages, organisations, fields)["text"].to_list() == [first, second]


def test_structured_data_is_a_text_of_its_own(pages: pl.DataFrame, organisations: pl.DataFrame) -> None:
    """Name, people and year are said once a site, its address never, and a site without them has no such text."""
    texts = site_texts(pages, organisations, ("main", "structured")).filter(kind="structured")
    assert texts.select("site", "url").rows() == [("a.test", "http://a.test/1")]
    assert texts["text"][0].splitlines() == [
        "Muster GmbH",
        "Mitarbeitende / employees: 120",
        "gegründet / founded: 1990",
    ]
