"""Which website speaks for which customer."""

import polars as pl
import pytest

from crawler.config import CrawlConfig
from crawler.schema import ADDRESSES, OWNERSHIP, PAGES, SITES
from potenzial.documents import documents
from potenzial.owners import OWNERS, claims, owners, with_company_sites, with_used_sites
from scoring.customers import read_stock
from scoring.schema import CUSTOMERS


def customer(number: str, site: str | None = None, source: str | None = None, **more: str) -> dict[str, str | None]:
    """Return a customer named after its number."""
    website = f"https://{site}/" if site else None
    return {"customer_id": number, "name": f"Otter {number}", "site": site, "site_source": source,
            "website": website, **more}  # fmt: skip


def stock(*rows: dict[str, str | None]) -> pl.DataFrame:
    """Return customers."""
    return pl.DataFrame(list(rows), schema=CUSTOMERS)


def judged(customers: pl.DataFrame, *found: tuple[str, str, str], guess: bool = False) -> pl.DataFrame:
    """Return the owners of these customers, with (customer, site, ownership) for sites that gave text."""
    config = CrawlConfig(guess_websites=guess)
    addresses = claims(customers, config).addresses
    rows = [(*one, "wie gesehen", "as seen", customers.filter(customer_id=one[0])["site"][0] is None) for one in found]
    return owners(customers, addresses, pl.DataFrame(rows, schema=OWNERSHIP, orient="row"))


@pytest.mark.parametrize(
    ("source", "ownership", "used"),
    [
        ("website", "own", True),
        ("website", "doubtful", True),
        ("website", "foreign", False),
        ("email", "own", True),
        ("email", "doubtful", False),
        ("email", "foreign", False),
    ],
)
def test_what_a_site_has_to_be_to_speak(source: str, ownership: str, used: bool) -> None:  # noqa: FBT001 - expectation
    """A website of the address file speaks unless it is foreign, the domain of an e-mail only when it is own."""
    found = judged(stock(customer("1", "a.example", source)), ("1", "a.example", ownership))
    assert found.schema == OWNERS
    assert found.rows() == [("1", "a.example", source, ownership, "wie gesehen", "as seen", used)]


def test_sites_without_text_stay_in_the_table() -> None:
    """A site that gave no text has no ownership; only one that the address file names counts as the customer's."""
    found = judged(stock(customer("1", "a.example", "website"), customer("2", "b.example", "email")))
    assert found.select("customer_id", "ownership", "used").rows() == [("1", None, True), ("2", None, False)]


def test_nothing_is_guessed_unless_asked_for() -> None:
    """Only sites that customers name are visited; asked to, the crawl also tries names of those without one."""
    customers = stock(customer("1", "a.example", "website"), customer("2", city="Ulm"))
    plain = claims(customers, CrawlConfig())
    assert (plain.sites.rows(), plain.addresses["id"].to_list()) == ([("a.example", "https://a.example/")], ["1"])
    wide = claims(customers, CrawlConfig(guess_websites=True))
    assert (wide.sites.schema, wide.addresses.schema) == (SITES, ADDRESSES)
    assert set(wide.sites["site"]) == set(wide.addresses["site"]) > {"a.example", "otter-2.de"}
    assert wide.addresses.filter("guessed")["id"].unique().to_list() == ["2"]


def test_a_site_that_is_named_and_guessed_is_visited_once() -> None:
    """A guess that another customer names keeps that customer's start address."""
    named = customer("1", "otter-2.de", "website") | {"website": "http://otter-2.de/start"}
    wide = claims(stock(named, customer("2")), CrawlConfig(guess_websites=True))
    assert wide.sites.filter(site="otter-2.de").rows() == [("otter-2.de", "http://otter-2.de/start")]
    assert wide.addresses.filter(site="otter-2.de").sort("id")["guessed"].to_list() == [False, True]


def test_the_likeliest_of_several_own_guesses_speaks() -> None:
    """Guesses that gave no text are left out, and at most one of the others is used."""
    guesses = claims(stock(customer("2", city="Ulm")), CrawlConfig(guess_websites=True)).addresses["site"].to_list()
    seen = [("2", guesses[0], "foreign"), ("2", guesses[2], "own"), ("2", guesses[1], "own")]
    found = judged(stock(customer("2", city="Ulm")), *seen, guess=True)
    assert set(found["site"]) == set(guesses[:3])
    assert found.filter("used").select("site", "source").rows() == [(guesses[1], "guess")]


def test_no_text_of_an_unused_site_reaches_the_documents() -> None:
    """Texts of foreign websites and unproven e-mail domains speak for nobody; a proven guess speaks."""
    customers = stock(
        customer("1", "own.example", "website"),
        customer("2", "foreign.example", "website", text="Eigener Text"),
        customer("3", "mail.example", "email"),
        customer("4"),
    )
    found = judged(
        customers,
        ("1", "own.example", "own"),
        ("2", "foreign.example", "foreign"),
        ("3", "mail.example", "doubtful"),
        ("4", "otter-4.de", "own"),
        guess=True,
    )
    sites = ["own.example", "foreign.example", "mail.example", "otter-4.de"]
    pages = pl.DataFrame([{"site": site, "url": site, "kind": "home", "text": site} for site in sites], schema=PAGES)
    texts = documents(with_used_sites(customers, found), pages)
    assert texts.select("customer_id", "text").rows() == [
        ("1", "own.example"),
        ("2", "Eigener Text"),
        ("4", "otter-4.de"),
    ]


def test_lists_show_websites_that_are_the_customers() -> None:
    """A named website is shown whatever was found there, an unproven e-mail domain is not, a proven guess is."""
    customers = stock(customer("1", "a.example", "website"), customer("2", "b.example", "email"), customer("4"))
    found = judged(customers, ("1", "a.example", "foreign"), ("2", "b.example", "doubtful"), ("4", "otter-4.de", "own"),
                   guess=True)  # fmt: skip
    shown = with_used_sites(customers, found)
    assert shown.schema == CUSTOMERS
    assert shown.select("website", "site", "site_source").rows() == [
        ("https://a.example/", None, None),
        (None, None, None),
        ("https://otter-4.de/", "otter-4.de", "guess"),
    ]


def test_customers_at_one_site_stay_one_company() -> None:
    """One used site, or one e-mail domain that nobody else runs, makes one company; a foreign site makes none."""
    customers = stock(
        customer("1", "a.example", "website"),
        customer("2", "a.example", "email"),
        customer("3", "foreign.example", "website"),
        customer("4", "foreign.example", "website"),
        customer("5"),
    )
    found = judged(
        customers,
        ("1", "a.example", "own"),
        ("2", "a.example", "doubtful"),
        ("3", "foreign.example", "foreign"),
        ("4", "foreign.example", "foreign"),
    )
    groups = read_stock(with_company_sites(customers, found)).group
    assert groups[0] == groups[1]
    assert len(set(groups)) == 4


def test_the_order_of_customers_is_kept() -> None:
    """Rows come out as they went in, none lost and none doubled."""
    customers = stock(customer("2", "b.example", "email"), customer("1", "a.example", "website"), customer("3"))
    found = judged(customers, ("1", "a.example", "own"))
    assert with_used_sites(customers, found)["customer_id"].to_list() == ["2", "1", "3"]
    assert with_company_sites(customers, found)["customer_id"].to_list() == ["2", "1", "3"]
