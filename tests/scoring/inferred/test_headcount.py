from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
import pytest

from crawler.schema import ORGANISATIONS, PAGES
from embeddings.schema import NEIGHBOURS
from scoring.config import InferConfig
from scoring.inferred import Evidence, infer
from scoring.inferred.headcount import said, with_neighbours
from scoring.schema import INFERRED

Customers = Callable[..., pl.DataFrame]


def _pages(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """Pages of `site`, `kind` and `text`."""
    columns = ("site", "kind", "text")
    found = [dict(zip(columns, row, strict=True)) | {"url": f"https://{row[0]}/{n}"} for n, row in enumerate(rows)]
    return pl.DataFrame(found, schema=PAGES)


def _organisations(*rows: tuple[str, int]) -> pl.DataFrame:
    found = [{"site": site, "url": f"https://{site}/", "employees": people} for site, people in rows]
    return pl.DataFrame(found, schema=ORGANISATIONS)


def _neighbours(pairs: Sequence[tuple[str, str, float]]) -> pl.DataFrame:
    found = [(one, other, rank, similarity) for rank, (one, other, similarity) in enumerate(pairs, 1)]
    return pl.DataFrame(found, schema=NEIGHBOURS, orient="row")


def _nothing(_done: int, _total: int) -> None:
    pass


def test_given_beats_structured_beats_text(customers: Customers) -> None:
    """What is given counts, else structured data, else the text; the website's word is kept with quote and address."""
    pages = _pages(*((f"{name}.de", "about", "Wir beschäftigen rund 20 Mitarbeitende.") for name in "abc"))
    stock = customers(
        {"customer_id": "1", "site": "a.de", "headcount": 12.0},
        {"customer_id": "2", "site": "b.de", "headcount": 0.0},
        {"customer_id": "3", "site": "c.de"},
        {"customer_id": "4"},
    )
    evidence = Evidence(pages, _organisations(("a.de", 30), ("b.de", 40)), NEIGHBOURS.to_frame())
    found = infer(stock, evidence, InferConfig(), progress=_nothing)
    assert found.schema == INFERRED
    assert found["headcount"].to_list() == [12, 40, 20, None]
    assert found["headcount_source"].to_list() == ["given", "structured", "text", None]
    assert found["headcount_website"].to_list() == [30, 40, 20, None]
    assert found["headcount_quote"][2] == "Wir beschäftigen rund 20 Mitarbeitende."
    assert found["headcount_url"][2] == "https://c.de/2"


def test_pages_on_the_company_are_believed_before_others() -> None:
    """Of several mentions the one that speaks of today on a page about the company counts."""
    pages = _pages(
        ("a.de", "other", "Das Projekt: 900 Mitarbeiter"),
        ("a.de", "about", "Heute zählt unser Betrieb 45 Beschäftigte."),
        ("a.de", "about", "Die Gruppe beschäftigt weltweit 7.000 Mitarbeiter."),
    )
    assert said(pages, ORGANISATIONS.to_frame(), _nothing)["headcount_website"].to_list() == [45]


def test_locations_are_added_up_where_no_total_stands() -> None:
    """Headcounts of named locations are summed to the least that there can be, and all their sentences are quoted."""
    text = "Am Standort Gießen arbeiten 40 Mitarbeiter.\nAm Standort Kassel arbeiten 25 Mitarbeiter."
    found = said(_pages(("a.de", "about", text)), ORGANISATIONS.to_frame(), _nothing).row(0, named=True)
    assert (found["headcount_website"], found["website_low"], found["website_high"]) == (65, 65, None)
    assert found["headcount_quote"] == text.replace("\n", " | ")


@pytest.fixture
def market() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Headcounts of 600 companies on a line, where neighbours are alike up to noise, and their 20 nearest."""
    rng = np.random.default_rng(7)
    place = rng.uniform(0, 1, 600)
    people = 10 ** (1 + 2 * place + rng.normal(0, 0.3, 600))
    names = [f"{number:03}" for number in range(600)]
    pairs = []
    for one in range(600):
        nearest = np.argsort(np.abs(place - place[one]))[1:21]
        pairs += [(names[one], names[other], 0.9) for other in nearest]
    return pl.DataFrame({"customer_id": names, "headcount": people}), _neighbours(pairs)


def test_intervals_of_neighbours_hold_what_they_promise(market: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """About four in five hidden headcounts lie within the interval, and estimates beat the stock's mean by far."""
    truth, neighbours = market
    hidden = truth.with_columns(
        headcount=pl.when(pl.col("customer_id").str.ends_with("5")).then(None).otherwise("headcount")
    )
    found = with_neighbours(hidden, neighbours, InferConfig()).join(truth, on="customer_id")
    inside = found.select(pl.col("headcount").is_between("estimate_low", "estimate_high").mean()).item()
    error = found.select((pl.col("estimate").log10() - pl.col("headcount").log10()).abs().mean()).item()
    plain = found.select((pl.col("headcount").log10() - truth["headcount"].log10().mean()).abs().mean()).item()
    assert found.height == 60
    assert 0.68 <= inside <= 0.95
    assert error < 0.6 * plain


def test_too_few_known_headcounts_give_no_estimate(market: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """With fewer known headcounts than the configured number neighbours tell nothing."""
    truth, neighbours = market
    few = truth.with_columns(headcount=pl.when(pl.col("customer_id") < "020").then("headcount"))
    assert with_neighbours(few, neighbours, InferConfig(min_known=30)).is_empty()


def test_customers_with_one_website_do_not_prove_each_other(customers: Customers) -> None:
    """A neighbour with the customer's own website tells nothing of its headcount."""
    others = [{"customer_id": f"K{number:02}", "site": f"{number}.de", "headcount": 10.0} for number in range(40)]
    twins = [
        {"customer_id": "T1", "site": "twin.de", "headcount": 900_000.0},
        {"customer_id": "T2", "site": "twin.de"},
    ]
    pairs = [(one["customer_id"], other["customer_id"], 0.5) for one in others for other in others if one is not other]
    pairs += [("T2", "T1", 1.0), ("T2", "K00", 0.5)]
    evidence = Evidence(PAGES.to_frame(), ORGANISATIONS.to_frame(), _neighbours(pairs))
    found = infer(customers(*others, *twins), evidence, InferConfig(), progress=_nothing)
    assert found.filter(customer_id="T2").select("headcount", "headcount_source").row(0)[1] == "neighbours"
    assert found.filter(customer_id="T2")["headcount"].item() < 100
