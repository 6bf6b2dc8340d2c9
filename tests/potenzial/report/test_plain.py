import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from potenzial.report.plain import shown, web_link


@given(st.text(), st.integers(min_value=1, max_value=60))
def test_shown_text_is_one_short_visible_line(text: str, limit: int) -> None:
    """Whatever comes in, one line of visible characters within the limit comes out."""
    line = shown(text, limit)
    assert len(line) <= limit
    assert line == line.strip()
    assert all(unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for letter in line)


def test_direction_overrides_and_line_ends_vanish() -> None:
    """A name cannot turn the text around it or break its line."""
    assert shown("Mül\u202eler\r\n GmbH\u200b", 40) == "Müller GmbH"
    assert shown("x" * 10_000, 20) == "x" * 19 + "…"
    assert shown(None, 20) == ""


@pytest.mark.parametrize(
    "website", ["javascript:alert(1)", "data:text/html,x", "ftp://foo.de", "foo", "", None, "http://[::1"]
)
def test_only_public_web_addresses_become_links(website: str | None) -> None:
    """Nothing but http and https addresses of public hosts is linked."""
    assert web_link(website) is None


def test_bare_hosts_become_links() -> None:
    """A website cell without a scheme links to the site."""
    assert web_link("www.Foo.de/Über uns") is not None
    address, host = web_link("www.Foo.de") or ("", "")
    assert address.startswith(("https://www.foo.de", "http://www.foo.de"))
    assert host == "foo.de"
