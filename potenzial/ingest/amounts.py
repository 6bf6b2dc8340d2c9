"""Amounts of money as people write them: "1.234,56 €", "1234.5", "(12,50)", "1'234.00", "850-"."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

Sign = Literal[",", "."]

#: What stands for "no value" in exports; compared in lower case.
MISSING_MARKS = (
    *("-", "--", "–", "—", "k.a.", "k. a.", "keine angabe", "n/a", "n.a.", "n. a.", "null", "(null)", "(leer)", "?"),
    *("#n/a", "#nv", "#wert!", "#value!", "#bezug!", "#ref!", "#name?", "#div/0!", "#zahl!", "#num!"),
)
#: No customer's revenue is above this; such a value is a slip of columns.
MAX_EUR = 1e12
#: So many values with exactly three digits after their sign, and none with another number, are grouped thousands.
_ENOUGH_GROUPED = 3

#: Units and what stands for them; a single "t" or "m" may mean tonnes or a thousand, and is refused.
_UNITS = {
    r"t\s*€|t\s*eur|tsd\.?|tausend|k": "${1}e3$2",
    r"mio\.?|million(?:en)?": "${1}e6$2",
    r"mrd\.?|milliarden?": "${1}e9$2",
}
_FACTORS = {
    r"(?<![a-zäöü])(t\s*€|t\s*eur|tsd|k\s*€|in tausend)(?![a-zäöü])": 1_000,
    r"(?<![a-zäöü])(mio|millionen)(?![a-zäöü])": 1_000_000,
}
_SPACES = r"[\s\x{a0}\x{2007}\x{2009}\x{202f}'’\x{b4}`]"
_GROUPED = r"[1-9][0-9]{{0,2}}(?:(?:{group}[0-9]{{3}})+|(?:'[0-9]{{3}})+)"
_WHOLE = r"^[+-]?(?:(?:[0-9]+|" + _GROUPED + r")(?:{sign}[0-9]+)?|{sign}[0-9]+)(?:[eE][+-]?[0-9]{{1,3}})?$"
_SHAPES: dict[Sign, str] = {
    ",": _WHOLE.format(sign=",", group=r"\."),
    ".": _WHOLE.format(sign=r"\.", group=","),
}


@dataclass(frozen=True)
class Evidence:
    """How many values of a column read only with a decimal comma, only with a point, or differently with both."""

    comma: int
    point: int
    either: int
    example: str = ""

    @property
    def sign(self) -> Sign | None:
        """The sign that most values ask for, None when they do not say."""
        if self.comma == self.point:
            return None
        return "," if self.comma > self.point else "."


@dataclass(frozen=True)
class Decision:
    """The decimal sign of a column, and why; `doubt` is a sentence for the findings, empty when there is none."""

    sign: Sign
    why: str
    doubt: str = ""


def cleaned(text: pl.Expr) -> pl.Expr:
    """Strip currency, blanks and the ways of writing a minus from amounts; marks of missing values become null."""
    bare = (
        _written_out(text.str.strip_chars().str.replace_all("[\u2212\u2013\u2014]", "-"))
        .str.replace_all(r"(?i)€|\beuros?\b|\beur\b", "")
        .str.strip_chars()
        .str.replace(r"([,.])--?$", "${1}0")
        .str.replace(r"^\((.+)\)$", "-$1")
        .str.replace(r"^([^-]+)-$", "-$1")
        .str.replace(r"^([+-])\s+", "$1")
        .str.replace_all(_SPACES, "'")
    )
    missing = bare.str.to_lowercase().is_in([mark.replace(" ", "'") for mark in (*MISSING_MARKS, "", "na")])
    return pl.when(~missing).then(bare)


def _written_out(text: pl.Expr) -> pl.Expr:
    """Turn thousands and millions in words into powers of ten: "1,5 Mio €" becomes "1,5e6"."""
    for unit, power in _UNITS.items():
        text = text.str.replace(rf"(?i)^(.*[0-9]){_SPACES}*(?:{unit}){_SPACES}*(?:€|eur|euro)?{_SPACES}*(-?)$", power)
    return text


def factor_of(header: str) -> int:
    """Tell by what the amounts of a column have to be multiplied, by its name: 1000 for "Umsatz (T€)"."""
    told = [factor for pattern, factor in _FACTORS.items() if re.search(pattern, header, re.IGNORECASE)]
    return told[0] if told else 1


def evidence(bare: pl.Series) -> Evidence:
    """Count what the values of a cleaned column say of its decimal sign."""
    marked = bare.filter(bare.str.contains(r"[.,]").fill_null(value=False))
    comma, point = marked.str.contains(_SHAPES[","]), marked.str.contains(_SHAPES["."])
    either = marked.filter(comma & point)
    example = str(either[0]) if either.len() else ""
    return Evidence(int((comma & ~point).sum()), int((point & ~comma).sum()), either.len(), example)


def decide(columns: Mapping[str, Evidence], delimiter: str) -> dict[str, Decision]:
    """Decide the decimal sign of every column: by its own values, else the file's others, else its delimiter."""
    total = Evidence(sum(e.comma for e in columns.values()), sum(e.point for e in columns.values()), 0)
    return {name: _decided(own, total, delimiter) for name, own in columns.items()}


def _decided(own: Evidence, total: Evidence, delimiter: str) -> Decision:
    if own.sign:
        return Decision(own.sign, "its values", _mixed(own))
    if total.sign and not own.comma:
        return Decision(total.sign, "the file's other amounts", _either(own, total.sign, "as in the other columns"))
    usual: Sign = "." if delimiter == "," else ","
    if own.either >= _ENOUGH_GROUPED and not own.comma:
        sign: Sign = "," if "." in own.example else "."
        return Decision(sign, "three digits in every group", _either(own, sign, "always three digits follow"))
    why = "files with comma as delimiter" if delimiter == "," else "files that are not separated by comma"
    return Decision(usual, f"usual in {why}", _either(own, usual, f"as is usual in {why}"))


def _mixed(own: Evidence) -> str:
    other = min(own.comma, own.point)
    if not other:
        return ""
    return f"{counted(other, 'value')} with the other decimal sign: read as written, because only one reading fits."


def _either(own: Evidence, sign: Sign, why: str) -> str:
    if not own.either:
        return ""
    read = own.example.replace(",", "") if sign == "." else own.example.replace(".", "").replace(",", ".")
    return (
        f"{counted(own.either, 'value')} such as {own.example!r} with two possible readings: read as {read} ({why}). "
        f'If that is wrong, set decimal = "{"," if sign == "." else "."}" in [input].'
    )


def amounts(bare: pl.Series, sign: Sign) -> pl.Series:
    """Read cleaned amounts; a value that fits only the other sign is read with that; null where none fits."""
    mine = _read(bare, sign)
    return mine.fill_null(_read(bare, "." if sign == "," else ","))


def amounts_strict(bare: pl.Series, sign: Sign) -> pl.Series:
    """Read cleaned amounts with this decimal sign only; null where it does not fit."""
    return _read(bare, sign)


def reason(text: pl.Expr, sign: Sign | None) -> pl.Expr:
    """Say why an amount cannot be read; `sign` is the configured decimal sign, if any."""
    wanted = {",": " with a decimal comma, as configured", ".": " with a decimal point, as configured", None: ""}[sign]
    return (
        pl.when(text.str.contains(r"(?i)^\s*[+-]?(nan|inf|infinity)\s*$"))
        .then(pl.lit("not a finite number"))
        .when(text.str.contains(r"(?i)[$£¥]|\b(usd|chf|gbp|sfr)\b"))
        .then(pl.lit("not in EUR: convert it"))
        .when(text.str.contains(r"(?i)[0-9]\s*(k|t|tsd|teur|t€|mio|mrd|mill?ion(en)?|m|bn)\b"))
        .then(pl.lit("has a unit: write the amount out in EUR"))
        .when(text.str.contains(r"^[\s0-9.,'+-]{13,}$"))
        .then(pl.lit("not an amount that any customer reaches"))
        .otherwise(pl.lit(f"not an amount of money{wanted}"))
    )


def _read(bare: pl.Series, sign: Sign) -> pl.Series:
    fitting = bare.set(~bare.str.contains(_SHAPES[sign]), None)
    plain = fitting.str.replace_all(r"[.']" if sign == "," else r"[,']", "").str.replace(",", ".", literal=True)
    value = plain.str.strip_prefix("+").cast(pl.Float64, strict=False)
    return value.set(~(value.is_finite() & (value.abs() <= MAX_EUR)), None)


def counted(number: int, noun: str) -> str:
    """Say a number of things: "1 value", "1,200 values"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
