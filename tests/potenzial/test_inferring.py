from collections.abc import Mapping
from io import StringIO

from rich.console import Console

from potenzial.commands.inferring import shown
from scoring.schema import INFERRED


def _said(facts: Mapping[str, object]) -> str:
    """What is printed of a row of INFERRED, with single blanks."""
    out = StringIO()
    Console(file=out, width=200).print(shown({**dict.fromkeys(INFERRED.names()), **facts}))
    return " ".join(out.getvalue().split())


def test_a_given_headcount_is_shown_beside_what_the_website_says() -> None:
    """A headcount that contradicts the website is shown with the quoted sentence, its address and both numbers."""
    said = _said(
        {
            "headcount": 12.0,
            "headcount_low": 12.0,
            "headcount_high": 12.0,
            "headcount_source": "given",
            "headcount_website": 120.0,
            "headcount_quote": "Wir sind 120 Mitarbeitende.",
            "headcount_url": "https://a.de/team",
        }
    )
    assert "12, given in your stock" in said
    assert "“Wir sind 120 Mitarbeitende.” (https://a.de/team)" in said
    assert "your stock says 12, the website 120" in said


def test_estimates_name_their_interval_and_codes_their_chance() -> None:
    """What similar companies tell is shown as an interval and with chances, and named as an estimate."""
    entry = {"code": "43.22", "title": "Installation", "confidence": 0.71}
    said = _said(
        {
            "headcount": 20.0,
            "headcount_low": 8.0,
            "headcount_high": 50.0,
            "headcount_source": "neighbours",
            "industry_code": "43.22",
            "industry_version": "WZ 2008",
            "industry_source": "neighbours",
            "industry_confidence": 0.71,
            "wz_2008": [entry, {**entry, "code": "43.21", "confidence": None}],
        }
    )
    assert "about 20 (8 to 50), estimated from similar companies" in said
    assert "WZ 2008 43.22, estimated from similar companies, 71% sure" in said
    assert "43.22 Installation 71% 43.21 Installation" in said


def test_bounds_that_a_website_leaves_open_are_worded() -> None:
    """Open bounds are said in words, and a customer of whom nothing is known is said to be unknown."""
    text = {"headcount": 50.0, "headcount_source": "text"}
    assert "about 50, its website says so" in _said(text)
    assert "50 or more, its website says so" in _said({**text, "headcount_low": 50.0})
    assert "up to 50, its website says so" in _said({**text, "headcount_high": 50.0})
    assert "headcount not known" in _said({})
