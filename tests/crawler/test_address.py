"""Website cells as users write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.address import registrable, site_of


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("www.Foo.de/", ("foo.de", "https://www.foo.de/")),
        ("foo.de", ("foo.de", "https://foo.de/")),
        ("http://foo.de/index.html", ("foo.de", "http://foo.de/index.html")),
        ("HTTPS://WWW.FOO.DE", ("foo.de", "https://www.foo.de/")),
        ("http//foo.de", ("foo.de", "http://foo.de/")),
        ("http:/foo.de", ("foo.de", "http://foo.de/")),
        ("https:\\\\foo.de", ("foo.de", "https://foo.de/")),
        ("http:// www.foo.de", ("foo.de", "http://www.foo.de/")),
        ("www.müller-söhne.de", ("xn--mller-shne-kcb9d.de", "https://www.xn--mller-shne-kcb9d.de/")),
        ("straße.de", ("xn--strae-oqa.de", "https://xn--strae-oqa.de/")),
        ("foo.de, www.bar.de", ("foo.de", "https://foo.de/")),
        ("siehe www.foo.co.uk", ("foo.co.uk", "https://www.foo.co.uk/")),
        ("foo.de:443/a b", ("foo.de", "https://foo.de/a")),
        ("foo.de/über-uns#team", ("foo.de", "https://foo.de/%C3%BCber-uns")),
        ("foo.de?id=3", ("foo.de", "https://foo.de/?id=3")),
        ("mueller.example", ("mueller.example", "https://mueller.example/")),
        ("info@foo.de www.foo.de", ("foo.de", "https://www.foo.de/")),
        ("foo.de.", ("foo.de", "https://foo.de/")),
    ],
)
def test_addresses_are_read_as_they_are_meant(cell: str, expected: tuple[str, str]) -> None:
    """A cell with a usable address gives the site without "www." and the address to start from."""
    assert site_of(cell) == expected


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "-",
        "keine",
        "k.A.",
        "n/a",
        "info@foo.de",
        "http://user:secret@foo.de",
        "http://127.0.0.1/",
        "192.168.1.1",
        "http://[::1]/",
        "http://2130706433/",
        "localhost",
        "http://foo.de:8080/",
        "ftp://foo.de/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "de",
        "co.uk",
        "foo.invalidtld",
        "http://foo_bar",
        "https://www.facebook.com/mueller-gmbh",
        "http://foo.de:99999/",
        "http://[foo.de",
        "a" * 100_000,
    ],
)
def test_cells_without_a_public_address_give_none(cell: str) -> None:
    """Notes, e-mail addresses, local names, numbers, credentials, odd ports and platforms are no company's website."""
    assert site_of(cell) is None


@given(st.text(max_size=200))
def test_any_cell_gives_an_address_that_is_stable_or_none(cell: str) -> None:
    """Whatever stands in a cell, the result is None or an address that reads back as itself."""
    found = site_of(cell)
    if found is not None:
        assert found[1].isascii()
        assert site_of(found[1]) == found


def test_registrable_domain_follows_the_public_suffix_list() -> None:
    """Hosts below a public suffix of several labels keep one label more than the suffix."""
    assert [registrable(host) for host in ("a.b.foo.co.uk", "www.foo.de", "localhost")] == [
        "foo.co.uk",
        "foo.de",
        "localhost",
    ]
