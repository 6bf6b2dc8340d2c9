from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from potenzial.report.numbers import UNKNOWN, Numbers

GERMAN, ENGLISH = Numbers("de"), Numbers("en")
_UNITS = {"€": 1, "T€": 1e3, "Mio. €": 1e6, "Mrd. €": 1e9}


def spaced(text: str) -> str:
    """The text with plain spaces."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("value", "german", "english"),
    [
        (0, "0 €", "€0"),
        (850.4, "850 €", "€850"),
        (999.6, "1 T€", "€1k"),
        (6_500, "6,5 T€", "€6.5k"),
        (9_960, "10 T€", "€10k"),
        (45_499, "45 T€", "€45k"),
        (999_600, "1,0 Mio. €", "€1.0m"),
        (1_240_000, "1,2 Mio. €", "€1.2m"),
        (123_456_789, "123 Mio. €", "€123m"),
        (2_340_000_000, "2,3 Mrd. €", "€2.3bn"),
        (-6_500, "\u22126,5 T€", "\u2212€6.5k"),
        (None, UNKNOWN, UNKNOWN),
        (float("nan"), UNKNOWN, UNKNOWN),
        (float("inf"), UNKNOWN, UNKNOWN),
    ],
)
def test_money_is_short_in_both_languages(value: float | None, german: str, english: str) -> None:
    """Amounts are written in two to three digits in the unit that fits."""
    assert spaced(GERMAN.money(value)) == german
    assert ENGLISH.money(value) == english


@given(st.floats(min_value=-1e12, max_value=1e12))
def test_short_money_stays_close_to_the_amount(value: float) -> None:
    """Reading a short amount back gives the amount to five percent, and never four digits before the mark."""
    number, unit = spaced(GERMAN.money(value)).split(" ", maxsplit=1)
    read = float(number.replace(".", "").replace(",", ".").replace("\u2212", "-")) * _UNITS[unit]
    assert abs(read - value) <= max(0.051 * abs(value), 0.5)
    assert abs(value) >= 999.5e9 or len(number.lstrip("\u2212").split(",")[0]) <= 3


@given(st.floats(min_value=-1e15, max_value=1e15), st.integers(min_value=0, max_value=4))
def test_decimals_read_back(value: float, places: int) -> None:
    """A German number read as a German number is the value rounded to its places."""
    text = GERMAN.decimal(value, places)
    read = float(text.replace(".", "").replace(",", ".").replace("\u2212", "-"))
    assert read == float(f"{value:.{places}f}")
    assert text.translate({ord("."): ",", ord(","): "."}) == ENGLISH.decimal(value, places)


@given(st.floats(min_value=0, max_value=1), st.integers(min_value=0, max_value=2))
def test_only_none_and_all_are_written_as_such(share: float, places: int) -> None:
    """A share is written as 0 or 100 percent only when it is exactly that."""
    text = ENGLISH.percent(share, places)
    assert (text == f"{0:.{places}f}%") == (share == 0)
    assert (text == f"{100:.{places}f}%") == (share == 1)


def test_percent_carries_the_marks_of_its_language() -> None:
    """German has a decimal comma and a space before the sign."""
    assert spaced(GERMAN.percent(0.1234, 1)) == "12,3 %"
    assert ENGLISH.percent(0.1234, 1) == "12.3%"
    assert spaced(GERMAN.percent(0.0001)) == "< 1 %"
    assert spaced(GERMAN.percent(0.9999, 1)) == "> 99,9 %"
    assert GERMAN.percent(None) == UNKNOWN


@pytest.mark.parametrize(
    ("low", "high", "german", "english"),
    [
        (45_000, 90_000, "45–90 T€", "€45k–€90k"),
        (450, 2_600, "450 €–2,6 T€", "€450–€2.6k"),
        (45_100, 45_200, "45 T€", "€45k"),
        (1_200_000, 3_000_000, "1,2–3,0 Mio. €", "€1.2m–€3.0m"),
        (None, 3_000, UNKNOWN, UNKNOWN),
    ],
)
def test_ranges_name_a_shared_unit_once(low: float | None, high: float, german: str, english: str) -> None:
    """A range names its unit once in German, and collapses when both ends read the same."""
    assert spaced(GERMAN.money_range(low, high)) == german
    assert ENGLISH.money_range(low, high) == english


def test_dates_and_durations_do_not_depend_on_the_machine() -> None:
    """Days and durations are written as the language has them."""
    assert GERMAN.day(date(2026, 11, 5)) == "05.11.2026"
    assert ENGLISH.day(date(2026, 11, 5)) == "5 Nov 2026"
    assert spaced(GERMAN.seconds(84.25)) == "84,2 s"
    assert spaced(GERMAN.seconds(201)) == "3,4 min"
    assert spaced(ENGLISH.seconds(9_000)) == "2.5 h"
    assert spaced(GERMAN.euro(1_234_567.4)) == "1.234.567 €"
