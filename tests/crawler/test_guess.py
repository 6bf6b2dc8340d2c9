import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.address import registrable, site_of
from crawler.guess import MAX_GUESSES, guessed_sites

LISTED = Path(__file__).parents[2].parent / "shared" / "data" / "finance_dach" / "companies_dach.csv"


def test_names_and_cities_make_domains() -> None:
    """The whole name comes first, with hyphens and without, then name and city, then the telling part."""
    assert guessed_sites("Müller Maschinenbau GmbH & Co. KG", "Bad Urach") == (
        "mueller-maschinenbau.de",
        "muellermaschinenbau.de",
        "mueller-bad-urach.de",
        "mueller.de",
        "mueller.com",
    )


@pytest.mark.parametrize(("country", "ending"), [("", ".de"), ("DE", ".de"), ("AT", ".at"), ("Österreich", ".at"),
                                                 ("CH", ".ch"), ("Schweiz", ".ch")])  # fmt: skip
def test_the_country_decides_the_ending(country: str, ending: str) -> None:
    """Austrian and Swiss companies are looked for at home."""
    assert guessed_sites("Otterwerk", country=country)[0] == f"otterwerk{ending}"


def test_a_mailbox_that_says_the_name_comes_first() -> None:
    """The part before the "@" is the company's own wording, unless it says nothing of the name."""
    assert guessed_sites("Metallbau Kötter", email="koetter.metallbau@gmx.de")[0] == "koetter-metallbau.de"
    assert guessed_sites("Metallbau Kötter", email="info@gmx.de")[0] == "metallbau-koetter.de"


@given(st.text(max_size=80), st.text(max_size=30), st.text(max_size=40), st.text(max_size=10))
def test_guesses_are_few_distinct_and_public(name: str, city: str, email: str, country: str) -> None:
    """Whatever the cells hold, at most six distinct sites come out, each one that a crawl takes."""
    found = guessed_sites(name, city, email, country)
    assert len(found) == len(set(found)) <= MAX_GUESSES
    assert all((site_of(site) or ("", ""))[0] == site for site in found)


@pytest.mark.skipif(not LISTED.is_file(), reason="the list of companies lies beside the repository")
def test_listed_companies_are_found_by_their_name() -> None:
    """Of listed companies with a known website at least two in five have one that is guessed."""
    with LISTED.open(encoding="utf-8") as file:
        rows = [(row, found) for row in csv.DictReader(file) if (found := site_of(row["website"] or ""))]
    hits = [registrable(site) in guessed_sites(row["name"], row["city"], "", row["country"]) for row, (site, _) in rows]
    assert sum(hits) / len(hits) > 0.4
