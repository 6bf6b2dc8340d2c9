import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.inferred.number_words import number_of

ONES = ["", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"]
TEENS = {10: "zehn", 11: "elf", 12: "zwölf", 16: "sechzehn", 17: "siebzehn"}
TENS = ["", "", "zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]


def _written(number: int) -> str:
    """Write a number as German does."""
    for size, word in ((1000, "tausend"), (100, "hundert")):
        if number >= size:
            many, rest = divmod(number, size)
            return ONES[many] + word + (_written(rest) if rest else "")
    if number < 20:
        return TEENS.get(number) or ("eins" if number == 1 else ONES[number % 10] + ("zehn" if number > 12 else ""))
    ten, one = divmod(number, 10)
    return f"{ONES[one]}und{TENS[ten]}" if one else TENS[ten]


@given(st.integers(min_value=1, max_value=9_999))
def test_german_number_words_are_read_back(number: int) -> None:
    """Each number below ten thousand written as one German word is read as that number."""
    assert number_of(_written(number)) == number


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("Twenty-five", 25),
        ("a hundred", 100),
        ("two hundred and ten", 210),
        ("zwei Dutzend", 24),
        ("dozen", 12),
        ("dreissig", 30),
        ("fourteen", 14),
    ],
)
def test_english_words_and_dozens_are_read(words: str, number: int) -> None:
    """English number words, dozens and Swiss spellings are numbers too."""
    assert number_of(words) == number


@given(st.text(max_size=80))
def test_any_other_text_gives_nothing_or_a_number(text: str) -> None:
    """No text raises, and what is read is positive."""
    assert (number_of(text) or 1) > 0


@pytest.mark.parametrize("word", ["ein", "a", "", "und", "Mitarbeiter", "hundertzwanzigtausendste", "zehnzehn"])
def test_articles_and_other_words_are_no_numbers(word: str) -> None:
    """Articles and words that only resemble numbers are none."""
    assert number_of(word) is None
