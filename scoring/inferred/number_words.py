"""Numbers written as words, German and English, from one to 9,999; pure."""

import re
from typing import Final

_GERMAN: Final = (
    ("eins", 1),
    ("zwei", 2),
    ("drei", 3),
    ("vier", 4),
    ("fünf", 5),
    ("sechs", 6),
    ("sieben", 7),
    ("acht", 8),
    ("neun", 9),
    ("zehn", 10),
    ("elf", 11),
    ("zwölf", 12),
    ("dreizehn", 13),
    ("vierzehn", 14),
    ("fünfzehn", 15),
    ("sechzehn", 16),
    ("siebzehn", 17),
    ("achtzehn", 18),
    ("neunzehn", 19),
    ("ein", 1),
    ("eine", 1),
    ("zwo", 2),
)
_ENGLISH: Final = (
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("a", 1),
)
_ONES: Final = dict((*_GERMAN, *_ENGLISH))
_TENS: Final = {
    "zwanzig": 20,
    "dreißig": 30,
    "vierzig": 40,
    "fünfzig": 50,
    "sechzig": 60,
    "siebzig": 70,
    "achtzig": 80,
    "neunzig": 90,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_BELOW_TEN: Final = 10
_SCALES: Final = (("tausend", 1000), ("thousand", 1000), ("hundert", 100), ("hundred", 100))
_DOZENS: Final = {"dutzend": 12, "dozen": 12}
_JOINT: Final = re.compile(r"[\s-]+|(?<=hundred)and(?=\w)")
_LONGEST: Final = 60


def number_of(words: str) -> int | None:
    """Read a number in words ("hundertfünfundzwanzig", "twenty-five", "zwei Dutzend"), null if it is none.

    Bare articles ("ein", "a") are no number.
    """
    text = words.strip().lower().replace("dreissig", "dreißig")
    if len(text) > _LONGEST or text in {"ein", "eine", "einen", "einem", "einer", "a"}:
        return None
    joined = _JOINT.sub("", re.sub(r"\s+and\s+", "", text))
    return _scaled(joined)


def _scaled(text: str) -> int | None:
    """Read what stands before and after the largest scale word."""
    for scale, size in (*_DOZENS.items(), *_SCALES):
        before, found, after = text.partition(scale)
        if found:
            many = _scaled(before) if before else 1
            rest = _scaled(after.removeprefix("und")) if after else 0
            return None if many is None or rest is None or rest >= size else many * size + rest
    return _below_hundred(text)


def _below_hundred(text: str) -> int | None:
    if text in _ONES or text in _TENS:
        return _ONES.get(text) or _TENS.get(text)
    one, found, ten = text.partition("und")
    if found and ten in _TENS and _ONES.get(one, _BELOW_TEN) < _BELOW_TEN:
        return _ONES[one] + _TENS[ten]
    return next((size + _ONES[text.removeprefix(word)] for word, size in _TENS.items() if _english(text, word)), None)


def _english(text: str, ten: str) -> bool:
    """Say whether a word is this multiple of ten with a digit behind it."""
    return text.startswith(ten) and _ONES.get(text.removeprefix(ten), _BELOW_TEN) < _BELOW_TEN
