from typing import Any

import polars as pl

from crawler.schema import FETCHES, PAGES, VERDICTS
from potenzial.documents import documents
from potenzial.funnel import Coverage, doubtful, failed_share, failures, funnel
from potenzial.owners import OWNERS
from scoring.schema import CUSTOMERS, RATED


def _customers() -> pl.DataFrame:
    rows = [
        {"customer_id": "1", "name": "A", "site": "a.de"},
        {"customer_id": "2", "name": "B", "site": "b.de", "text": "Wir fräsen."},
        {"customer_id": "3", "name": "C", "site": "c.de"},
        {"customer_id": "4", "name": "D", "text": "Blechbearbeitung"},
        {"customer_id": "5", "name": "A2", "site": "a.de"},
        {"customer_id": "6", "name": "E", "site": "e.de"},
        {"customer_id": "7", "name": "F"},
        {"customer_id": "8", "name": "G", "site": "g.de"},
    ]
    return pl.DataFrame(rows, schema=CUSTOMERS)


def _verdicts(*more: tuple[str, str, str, int]) -> pl.DataFrame:
    rows = [
        ("a.de", "ok", "", 1),
        ("b.de", "dead", "", 0),
        ("c.de", "blocked", "", 0),
        ("e.de", "ok", "", 2),
        ("f-guess.de", "ok", "", 2),
        ("f-other.de", "dead", "", 0),
        ("g.de", "parked", "", 0),
        *more,
    ]
    return pl.DataFrame(rows, schema=VERDICTS, orient="row")


def _owners() -> pl.DataFrame:
    rows = [
        ("1", "a.de", "website", "own", "", "", True),
        ("2", "b.de", "website", None, None, None, True),
        ("5", "a.de", "website", "doubtful", "", "", True),
        ("6", "e.de", "website", "foreign", "Impressum nennt X", "Impressum names X", False),
        ("7", "f-guess.de", "guess", "own", "", "", True),
        ("8", "g.de", "email", None, None, None, False),
    ]
    return pl.DataFrame(rows, schema=OWNERS, orient="row")


def _fetches(*rows: tuple[str, str, str]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=["site", "kind", "reason"], orient="row")
    return frame.match_to_schema(FETCHES, missing_columns="insert")


def _coverage(**changes: Any) -> Coverage:  # noqa: ANN401 - fields of a dataclass
    usual = {"customers": _customers(), "verdicts": _verdicts(), "owners": _owners(), "fetches": _fetches()}
    return Coverage(**{**usual, **changes})


def _counts(**changes: Any) -> dict[str, int]:  # noqa: ANN401 - as above
    return {step.label_en: step.count for step in funnel(_coverage(**changes))}


def test_the_funnel_counts_customers_at_each_step() -> None:
    """Every step counts the customers that got there: two of one site both, and one whose website was found."""
    rated = pl.DataFrame({"customer_id": ["1", "5"], "potential": [1.0, None]}).match_to_schema(
        RATED, missing_columns="insert"
    )
    assert _counts(rated=rated) == {
        "addresses": 8,
        "with a domain": 7,
        "website reachable": 6,
        "reading allowed": 5,
        "website is their own": 4,
        "with website text": 3,
        "with text (website or own)": 5,
        "rated": 1,
    }


def test_before_the_first_crawl_nothing_is_reached() -> None:
    """Without verdicts and owners the funnel ends at the domains, and there is no rating to count."""
    counts = _counts(verdicts=VERDICTS.to_frame(), owners=OWNERS.to_frame())
    assert list(counts.values()) == [8, 6, 0, 0, 0, 0, 2]


def test_text_of_an_earlier_visit_still_counts() -> None:
    """A site that fails today, or is being visited again, keeps the steps that its pages prove."""
    sites = pl.DataFrame([("a.de", "pending", "", 2), ("e.de", "error", "", 1)], schema=VERDICTS, orient="row")
    counts = _counts(verdicts=sites, owners=OWNERS.to_frame())
    assert list(counts.values())[2:6] == [3, 3, 3, 3]


def test_failures_are_counted_by_verdict() -> None:
    """Websites of the stock without usable text are counted, also somebody else's, but no failed guesses."""
    found = {failure.verdict: failure.count for failure in failures(_coverage())}
    assert found == {"dead": 1, "blocked": 1, "foreign": 1, "parked": 1}
    assert failed_share(_coverage()) == 4 / 5
    assert failed_share(_coverage(verdicts=VERDICTS.to_frame())) == 0


def test_verdicts_of_many_causes_name_them() -> None:
    """The home page's reason counts, or the last one where none was asked for; passed requests and guesses do not."""
    fetches = _fetches(
        ("b.de", "robots", "dns_timeout"),
        ("b.de", "home", "connect"),
        ("b.de", "other", "timeout"),
        ("c.de", "robots", "ok"),
        ("c.de", "robots", "http_403"),
        ("f-other.de", "home", "dns"),
        ("g.de", "home", "parked"),
    )
    causes = {failure.verdict: failure.causes for failure in failures(_coverage(fetches=fetches))}
    assert causes == {"dead": (("connect", 1),), "blocked": (("http_403", 1),), "foreign": (), "parked": ()}


def test_a_site_that_is_not_proven_is_told_from_a_foreign_one() -> None:
    """Text behind an e-mail address that nothing proves is not used, and says so."""
    owners = pl.DataFrame([("1", "a.de", "email", "doubtful", "", "", False)], schema=OWNERS, orient="row")
    found = {failure.verdict for failure in failures(_coverage(owners=owners))}
    assert "unproven" in found
    assert "foreign" not in found


def test_doubtful_websites_that_are_used_are_counted() -> None:
    """A website that the address file names is used without proof, and counted once however many customers it has."""
    assert doubtful(_coverage()) == 1
    assert doubtful(_coverage(owners=OWNERS.to_frame())) == 0


def test_a_site_that_moved_and_gave_text_is_no_failure() -> None:
    """What counts is whether pages are kept, not where they were found."""
    rows = [("a.de", "moved", "now at b.de; 1 page: home", 1), ("c.de", "moved", "leads to a page on facebook.com", 0)]
    tables = _coverage(verdicts=pl.DataFrame(rows, schema=VERDICTS, orient="row"))
    assert [(failure.verdict, failure.count) for failure in failures(tables)] == [("moved", 1)]
    assert failed_share(tables) == 0.5


def test_pages_and_own_texts_become_documents_of_each_customer() -> None:
    """Two customers of one website both get its pages, and an own text stands beside or instead of them."""
    row = {"site": "a.de", "url": "https://a.de/", "kind": "home", "title": "A", "text": "Drehen und Fräsen"}
    found = documents(_customers(), pl.DataFrame([row], schema=PAGES))
    assert found.select("customer_id", "kind", "text").rows() == [
        ("1", "home", "Drehen und Fräsen"),
        ("2", "own", "Wir fräsen."),
        ("4", "own", "Blechbearbeitung"),
        ("5", "home", "Drehen und Fräsen"),
    ]
