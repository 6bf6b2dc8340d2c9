"""Numbers, dates and names as a sales rep reads them, in the language of a `Words`.

All of it is Polars expressions: a part that is null makes the sentence null, and a null sentence is not said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from scoring.schema import FACTORS

_NAME_CHARS: Final = 60
_THOUSAND: Final = 1e3
_MILLION: Final = 1e6
_BILLION: Final = 1e9
#: From here on one decimal would round to ten.
_TEN: Final = 9.95
_ROUNDS_UP: Final = 0.9995


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language: number format, units, and every sentence as a template with `{}` for its parts."""

    code: str
    decimal: str
    group: str
    money: str
    units: tuple[str, str, str, str]
    month: str
    quoted: str
    two: str
    below: str
    from_: str
    between: str
    bands: Mapping[str, str]
    kinds: Mapping[str, str]

    # Reasons.
    peers: Mapping[str, str]
    one_peer: str
    two_peers: str
    one_person: str
    headcount: str
    comparable: str
    everyone: str
    range: str
    strong_only: str
    typical_only: str
    at_top: str
    near_best: str
    best_year: str
    best_year_today: str
    site_names: str
    own_names: str
    like_peer: str
    more_industry: str
    more_headcount: str
    more_text: str
    more_region: str

    # What the customer buys now.
    today: str
    today_last: str
    today_best: str
    never: str
    unreported: str
    unreported_last: str

    # Reasons to check.
    unknown: str
    silent_site: str
    no_comparison: str
    outlier: str
    negative: str
    unbooked: str

    # Reasons against.
    complete_first: str
    no_rating: str
    poor_comparison: str
    pooled: str
    stale_purchase: str
    old_purchase: str
    no_purchase: str
    only_industry: str
    only_headcount: str
    weak_peers: str
    no_close_peer: str
    less_industry: str
    less_headcount: str
    less_text: str
    less_region: str
    abroad: str
    wide: str
    no_text: str
    no_headcount: str
    half_below: str
    unknown_suppliers: str

    @property
    def more(self) -> dict[str, str]:
        """Sentences that a factor above 1 speaks for, by its column."""
        return {f"factor_{name}": getattr(self, f"more_{name}") for name in FACTORS}

    @property
    def less(self) -> dict[str, str]:
        """Sentences that a factor below 1 speaks for, by its column."""
        return {f"factor_{name}": getattr(self, f"less_{name}") for name in FACTORS}


def money(value: pl.Expr, words: Words) -> pl.Expr:
    """EUR per year in two to three digits: 850 €, 6,5 T€, 45 T€, 1,2 Mio. € or €850, €6.5k, €45k, €1.2m."""
    size = value.abs()
    steps = (1.0, _THOUSAND, _MILLION, _BILLION)
    # What would round to 1.000 T€ is 1 Mio. €.
    step = pl.sum_horizontal((size >= upper * _ROUNDS_UP).cast(pl.Int8) for upper in steps[1:])
    scaled = value / _by_step(step, steps)
    number = pl.when((step == 0) | (scaled.abs() >= _TEN)).then(_whole(scaled)).otherwise(decimal(scaled, words))
    return pl.format(words.money, number, _by_step(step, words.units))


def _by_step(step: pl.Expr, choices: tuple[float, ...] | tuple[str, ...]) -> pl.Expr:
    return pl.coalesce(*(pl.when(step == index).then(pl.lit(choice)) for index, choice in enumerate(choices)))


def decimal(value: pl.Expr, words: Words) -> pl.Expr:
    """One decimal, unless it is zero."""
    text = value.round(1).cast(pl.String).str.strip_suffix(".0")
    return text.str.replace(".", words.decimal, literal=True)


def _whole(value: pl.Expr) -> pl.Expr:
    return value.round(0).cast(pl.Int64, strict=False).cast(pl.String)


def count(value: pl.Expr, words: Words) -> pl.Expr:
    """A whole number of zero or more with its thousands grouped: 1.234 or 1,234."""
    digits = _whole(value)
    # Polars' regular expressions have no look-ahead, so thousands are counted on the reversed digits.
    grouped = digits.str.reverse().str.replace_all(r"(\d{3})", "${1}" + words.group)
    return grouped.str.strip_suffix(words.group).str.reverse()


def month(day: pl.Expr, words: Words) -> pl.Expr:
    """A date to the month: 03.2024 or Mar 2024."""
    return day.dt.strftime(words.month)


def one_line(text: pl.Expr, chars: int = _NAME_CHARS) -> pl.Expr:
    """Text from outside fit for a sentence: one line, no control characters, no separator dot, at most `chars` long.

    Empty text becomes null.
    """
    bare = text.str.replace_all(r"\p{Cf}+", "").str.replace_all(r"[\p{C}\p{Z}\s]+", " ")
    plain = bare.str.replace_all("·", "-", literal=True).str.strip_chars()
    # Between words, unless the first word alone is too long.
    words = plain.str.slice(0, chars - 1).str.replace(r"(\S)[ ,-]+\S*$", "${1}")
    cut = pl.concat_str(words, pl.lit("…"))
    short = pl.when(plain.str.len_chars() > chars).then(cut).otherwise(plain)
    return pl.when(short != "").then(short)


def quote(phrase: pl.Expr, words: Words) -> pl.Expr:
    """A phrase in the quotation marks of the language, its own taken off."""
    return pl.format(words.quoted, phrase.str.replace_all('[„“”"«»]', ""))


def capital(sentence: pl.Expr) -> pl.Expr:
    """The sentence with its first letter in upper case."""
    return pl.concat_str(sentence.str.slice(0, 1).str.to_uppercase(), sentence.str.slice(1))
