"""Amounts of money in German, English and Swiss notation."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from potenzial.ingest.amounts import Sign, amounts, amounts_strict, cleaned, decide, evidence

#: Amounts to the cent; several, so that a column says what its decimal sign is.
CENTS = st.lists(st.integers(-(10**11), 10**11), min_size=1, max_size=20)


def read(texts: list[str | None], delimiter: str = ";") -> list[float | None]:
    """Read a column of amounts as an import does."""
    bare = pl.Series("revenue", texts, dtype=pl.String).to_frame().select(cleaned(pl.col("revenue")))["revenue"]
    sign = decide({"revenue": evidence(bare)}, delimiter)["revenue"].sign
    return amounts(bare, sign).to_list()


def english(cents: int) -> str:
    """Format cents as in "1,234.50"."""
    return f"{cents / 100:,.2f}"


def german(cents: int) -> str:
    """Format cents as in "1.234,50"."""
    return english(cents).translate(str.maketrans(",.", ".,"))


@given(CENTS, st.sampled_from(["{}", "{} €", "EUR {}", " {} EUR ", "\u00a0{}"]))
def test_german_amounts_come_back(cents: list[int], dress: str) -> None:
    """Formatted with grouping points and decimal comma, amounts are read as what they were."""
    assert read([dress.format(german(one)) for one in cents]) == [one / 100 for one in cents]


@given(CENTS, st.sampled_from([";", ",", "\t"]))
def test_english_amounts_come_back(cents: list[int], delimiter: str) -> None:
    """Formatted with grouping commas and decimal point, amounts are read as what they were."""
    assert read([english(one) for one in cents], delimiter) == [one / 100 for one in cents]


@given(st.lists(st.floats(-1e11, 1e11), min_size=1), st.sampled_from([",", "."]))
def test_plain_floats_come_back(numbers: list[float], sign: Sign) -> None:
    """Numbers without grouping are read bit for bit when the decimal sign is configured."""
    texts = pl.Series("revenue", [repr(number).replace(".", sign) for number in numbers])
    bare = texts.to_frame().select(cleaned(pl.col("revenue")))["revenue"]
    assert amounts_strict(bare, sign).to_list() == numbers


@given(st.lists(st.text(max_size=12)))
def test_any_text_is_read_or_refused(texts: list[str]) -> None:
    """Whatever stands in a cell gives a finite number or nothing."""
    values = pl.Series(read(list(texts)), dtype=pl.Float64).drop_nulls()
    assert values.is_finite().all()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 234,56 €", 1234.56),
        ("1'234.50", 1234.5),
        ("850-", -850.0),
        ("(12,50)", -12.5),
        ("\u2212 5,5", -5.5),
        ("1.234,-", 1234.0),
        ("1.234.567", 1234567.0),
        ("1,2E+05", 120000.0),
        ("+7", 7.0),
        ("-", None),
        ("k.A.", None),
        ("#NV", None),
        ("NaN", None),
        ("Infinity", None),
        ("1e300", None),
        ("12 34", None),
        ("1,2,3", None),
        ("5 Mio", 5_000_000.0),
        ("1,5 Mio. €", 1_500_000.0),
        ("12 T€", 12_000.0),
        ("1.234,5 TEUR-", -1_234_500.0),
        ("3 Tsd. EUR", 3_000.0),
        ("0,2 Mrd", 200_000_000.0),
        ("12 t", None),
        ("12 M", None),
        ("#DIV/0!", None),
        ("$5", None),
        ("", None),
        (None, None),
    ],
)
def test_ways_of_writing(text: str | None, value: float | None) -> None:
    """A single cell is read as people mean it, or not at all."""
    assert read([text]) == [value]


@pytest.mark.parametrize(
    ("texts", "delimiter", "first"),
    [
        (["1.234", "5,50"], ",", 1234.0),
        (["1.234", "5.50"], ";", 1.234),
        (["1,234", "5.50"], ";", 1234.0),
        (["1.234"], ";", 1234.0),
        (["1.234"], ",", 1.234),
        (["1,234"], ",", 1234.0),
        (["1,234"], "\t", 1.234),
        (["1.234", "12.500", "3.000"], ",", 1234.0),
        (["1,234", "12,500", "3,000"], ";", 1234.0),
        (["0.500", "1.234"], ";", 0.5),
    ],
)
def test_two_readings(texts: list[str], delimiter: str, first: float) -> None:
    """The whole column decides what "1.234" means, then the delimiter's custom."""
    assert read(list(texts), delimiter)[0] == first


def test_other_columns_decide_when_the_own_is_silent() -> None:
    """A column with nothing but "1.234" follows the file's other amounts."""
    silent, speaking = (evidence(pl.Series([text])) for text in ("1.234", "99.5"))
    decision = decide({"revenue": silent, "revenue_2024": speaking}, ";")["revenue"]
    assert decision.sign == "."
    assert "1 value such as '1.234'" in decision.doubt
    assert 'decimal = ","' in decision.doubt
