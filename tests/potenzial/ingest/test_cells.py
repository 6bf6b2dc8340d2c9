"""Headcounts, dates and websites as they stand in cells."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from potenzial.ingest import sites
from potenzial.ingest.dates import cleaned, dates
from potenzial.ingest.headcount import read_people
from potenzial.ingest.website import of_email, of_website, plain_addresses
from scoring.schema import CUSTOMERS

DAYS = st.dates(date(1950, 1, 1), date(2068, 12, 31))


@pytest.mark.parametrize(
    ("text", "people", "kind"),
    [
        ("120", 120, "exact"),
        ("1.200", 1200, "exact"),
        ("1,200", 1200, "exact"),
        ("12,5", 12.5, "exact"),
        ("0", 0, "exact"),
        ("ca. 120", 120, "about"),
        ("~ 1 200 Mitarbeiter", 1200, "about"),
        ("120 MA", 120, "exact"),
        ("50-99", 70.4, "range"),
        ("50 \u2013 99 Beschäftigte", 70.4, "range"),
        ("50 bis 99", 70.4, "range"),
        ("0-9", 3, "range"),
        (">500", 500, "bound"),
        ("500+", 500, "bound"),
        ("über 1.000", 1000, "bound"),
        ("-", None, "missing"),
        ("unbekannt", None, "missing"),
    ],
)
def test_headcounts(text: str, people: float | None, kind: str) -> None:
    """Numbers, ranges and limits of people are read, ranges as their geometric middle."""
    read = read_people(text)
    assert (read.value, read.kind, read.error) == (people, kind, "")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("-5", "cannot be negative"),
        ("viele", "not a number of people"),
        ("99-50", "runs backwards"),
        ("10.000.000", "more than"),
        ("9" * 1000, "not a number of people"),
    ],
)
def test_headcounts_refused(text: str, error: str) -> None:
    """What cannot be a number of people is refused with the reason."""
    read = read_people(text)
    assert read.value is None
    assert error in read.error


@given(st.text(max_size=80))
def test_any_headcount_is_read_or_refused(text: str) -> None:
    """Whatever stands in a cell gives a number of people that exists, or nothing."""
    value = read_people(text).value
    assert value is None or 0 <= value <= 5_000_000


def read_dates(texts: list[str], date_format: str = "") -> list[date | None]:
    """Read a column of dates as an import does."""
    bare = cleaned(pl.col("x"), date_format)
    return pl.DataFrame({"x": texts}).select(dates(bare, date_format)).to_series().to_list()


@given(DAYS, st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%Y%m%d", "%Y-%m-%d 12:30:00", "%Y-%m-%dT23:59:59.5Z"]))
def test_dates_come_back(day: date, form: str) -> None:
    """ISO and German dates, with or without a time of day, are read as what they were."""
    assert read_dates([day.strftime(form)]) == [day]


@given(DAYS, st.sampled_from(["%m/%d/%Y", "%d-%m-%Y", "%d.%m.%Y %H:%M"]))
def test_configured_dates_come_back(day: date, form: str) -> None:
    """A configured format reads dates written in it."""
    assert read_dates([day.strftime(form)], form) == [day]


def test_dates_that_are_none() -> None:
    """Placeholders, impossible days and unknown formats give no date; short ones do."""
    texts = ["31.12.9999", "00.00.0000", "30.02.2024", "05/31/2024", "soon", "-"]
    assert read_dates(texts) == [None] * len(texts)
    assert read_dates(["5.3.24"]) == [date(2024, 3, 5)]


@pytest.mark.parametrize(
    ("cell", "site"),
    [
        ("www.Foo.de/", "foo.de"),
        ("https://foo.de/index.html", "foo.de"),
        ("foo.jimdo.com", "foo.jimdo.com"),
        ("-", None),
        ("keine", None),
    ],
)
def test_websites(cell: str, site: str | None) -> None:
    """A website cell gives its site; a mark of nothing gives none without complaint."""
    assert (of_website(cell).site, of_website(cell).error) == (site, "")


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("https://www.facebook.com/foo", "portal"),
        ("de-de.facebook.com/foo", "portal"),
        ("www.wlw.de/de/firma/foo", "portal"),
        ("www.ebay.de/usr/foo", "portal"),
        ("in Arbeit", "not a public web address"),
        ("http://192.168.0.1/", "not a public web address"),
    ],
)
def test_websites_refused(cell: str, error: str) -> None:
    """Portals and what is no public address are refused with the reason."""
    assert of_website(cell).site is None
    assert error in of_website(cell).error


@pytest.mark.parametrize(
    ("cell", "site"),
    [
        ("info@foo.de", "foo.de"),
        ("Foo <info@mail.foo.de>; x@y.de", "foo.de"),
        ("foo@GMX.de", None),
        ("foo@t-online.de", None),
        ("foo@googlemail.com", None),
        ("foo@facebook.com", None),
        ("foo", None),
        ("@" * 100_000, None),
    ],
)
def test_emails(cell: str, site: str | None) -> None:
    """The domain of an e-mail address is a site unless mailboxes are given away there."""
    assert of_email(cell).site == site


def test_sites_are_distinct() -> None:
    """Each site comes once, with its shortest start address, and customers without one do not count."""
    rows = {
        "site": ["b.de", "a.de", "b.de", None],
        "website": ["https://b.de/shop", "https://a.de/", "https://b.de/", None],
    }
    customers = pl.DataFrame(rows).select(
        pl.col(name) if name in rows else pl.lit(None).alias(name) for name in CUSTOMERS
    )
    assert sites(customers).rows() == [("a.de", "https://a.de/"), ("b.de", "https://b.de/")]


HOSTS = st.from_regex(r"[a-z0-9-]{1,12}\.(de|com|net|org|info|ch|eu|at|co\.at|co\.uk)", fullmatch=True)
WRITTEN = st.tuples(
    st.sampled_from(["", "http://", "https://", "HTTP://"]), st.sampled_from(["", "www.", "WWW."]), HOSTS
)


@given(st.lists(st.tuples(WRITTEN, st.sampled_from(["", "/", "/x", "?a"])), min_size=1), st.booleans())
def test_plain_websites_are_told_as_all_others(cells: list[tuple[tuple[str, str, str], str]], capitals: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    """The quick way through a column of websites gives what looking at each cell gives."""
    texts = ["".join(parts) + tail for parts, tail in cells]
    texts += [text.upper() for text in texts] if capitals else ["facebook.com", "www.de", "wlw.de"]
    for text, site, url, error in plain_addresses(pl.Series("website", texts)).iter_rows():
        one = of_website(text)
        assert (one.site, one.url, one.error) == (site, url, error)
