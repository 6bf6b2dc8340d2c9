import polars as pl

from crawler.schema import PAGES, VERDICTS
from potenzial.documents import documents
from potenzial.funnel import Coverage, failed_share, failures, funnel
from scoring.schema import CUSTOMERS, RATED


def _customers() -> pl.DataFrame:
    rows = [
        {"customer_id": "1", "name": "A", "site": "a.de"},
        {"customer_id": "2", "name": "B", "site": "b.de", "text": "Wir fräsen."},
        {"customer_id": "3", "name": "C", "site": "c.de"},
        {"customer_id": "4", "name": "D", "text": "Blechbearbeitung"},
        {"customer_id": "5", "name": "A2", "site": "a.de"},
    ]
    return pl.DataFrame(rows, schema=CUSTOMERS)


def _verdicts() -> pl.DataFrame:
    rows = [("a.de", "ok", "", 1), ("b.de", "dead", "", 0), ("c.de", "blocked", "", 0)]
    return pl.DataFrame(rows, schema=VERDICTS, orient="row")


def _pages() -> pl.DataFrame:
    row = {"site": "a.de", "url": "https://a.de/", "kind": "home", "title": "A", "text": "Drehen und Fräsen"}
    return pl.DataFrame([row], schema=PAGES)


def _counts() -> dict[str, int]:
    rated = pl.DataFrame({"customer_id": ["1", "5"], "potential": [1.0, None]}).match_to_schema(
        RATED, missing_columns="insert"
    )
    return {step.label_en: step.count for step in funnel(Coverage(_customers(), _verdicts(), _pages(), rated))}


def test_the_funnel_counts_customers_at_each_step() -> None:
    """Every step counts the customers that got there, two customers of one site both."""
    assert _counts() == {
        "addresses": 5,
        "with a domain": 4,
        "website reachable": 3,
        "reading allowed": 2,
        "with website text": 2,
        "with text (website or own)": 4,
        "rated": 1,
    }


def test_failures_are_counted_by_verdict() -> None:
    """Websites without text are counted by verdict, the share of all of them is given."""
    assert {failure.verdict: failure.count for failure in failures(_verdicts())} == {"dead": 1, "blocked": 1}
    assert failed_share(_verdicts()) == 2 / 3
    assert failed_share(VERDICTS.to_frame()) == 0


def test_a_site_that_moved_and_gave_text_is_no_failure() -> None:
    """What counts is whether pages are kept, not where they were found."""
    rows = [("a.de", "moved", "now at b.de; 1 page: home", 1), ("c.de", "moved", "leads to a page on facebook.com", 0)]
    verdicts = pl.DataFrame(rows, schema=VERDICTS, orient="row")
    assert [(failure.verdict, failure.count) for failure in failures(verdicts)] == [("moved", 1)]
    assert failed_share(verdicts) == 0.5


def test_pages_and_own_texts_become_documents_of_each_customer() -> None:
    """Two customers of one website both get its pages, and an own text stands beside or instead of them."""
    found = documents(_customers(), _pages())
    assert found.select("customer_id", "kind", "text").rows() == [
        ("1", "home", "Drehen und Fräsen"),
        ("2", "own", "Wir fräsen."),
        ("4", "own", "Blechbearbeitung"),
        ("5", "home", "Drehen und Fräsen"),
    ]
