"""Numbers of people as people write them: "120", "1.200", "50-99", "ca. 120", ">500", "120 MA"."""

import math
import re
from dataclasses import dataclass

from potenzial.ingest.amounts import MISSING_MARKS

#: The largest employer of the world has fewer people; such a value is a slip of columns.
MAX_PEOPLE = 5_000_000

_NUMBER = r"(\d{1,3}(?:[.,'\s]\d{3})+|\d+(?:[.,]\d{1,2})?)"
_ABOUT = re.compile(r"^(?:ca\.?|circa|etwa|rund|about|approx\.?|~|≈)\s*", re.IGNORECASE)
_PEOPLE = re.compile(
    r"\s*(?:ma|mitarbeiter(?:/?-?innen)?|mitarbeitende|besch[äa]e?ftigte|personen|employees|people|staff|fte|vza?)\.?$",
    re.IGNORECASE,
)
_RANGE = re.compile(rf"{_NUMBER}\s*(?:-|bis|to|\.\.)\s*{_NUMBER}", re.IGNORECASE)
_BOUND = re.compile(
    rf"(?:>=?|<=?|≥|≤|über|ueber|ab|mehr als|mind\.?|mindestens|bis(?: zu)?|unter|over|under|up to|more than|less than)"
    rf"\s*{_NUMBER}|{_NUMBER}\s*(?:\+|und mehr|and more|or more)",
    re.IGNORECASE,
)
_PLAIN = re.compile(_NUMBER)
_NEGATIVE = re.compile(rf"-\s*{_NUMBER}")
_MAX_CELL = 60


@dataclass(frozen=True)
class People:
    """A headcount; `kind` is "exact", "about", "range", "bound" or "missing", and `error` says why there is none."""

    value: float | None
    kind: str
    error: str = ""


def read_people(text: str) -> People:
    """Read a headcount; a range gives its geometric middle, as company sizes are spread on a log scale."""
    bare = re.sub(r"[\u2010-\u2015\u2212]", "-", text.strip())
    if bare.casefold() in {*MISSING_MARKS, "", "na", "unbekannt", "unknown"}:
        return People(None, "missing")
    if len(bare) > _MAX_CELL:
        return _unreadable()
    bare = _PEOPLE.sub("", bare)
    about = _ABOUT.sub("", bare)
    return _number(about, "exact" if about == bare else "about")


def _number(bare: str, kind: str) -> People:
    if match := _PLAIN.fullmatch(bare):
        return _limited(_float(match[1]), kind)
    if match := _RANGE.fullmatch(bare):
        return _middle(_float(match[1]), _float(match[2]))
    if match := _BOUND.fullmatch(bare):
        return _limited(_float(match[1] or match[2]), "bound")
    if _NEGATIVE.fullmatch(bare):
        return People(None, "missing", "a headcount cannot be negative")
    return _unreadable()


def _middle(low: float, high: float) -> People:
    if high < low:
        return People(None, "missing", "the range runs backwards")
    # "0-9" has no geometric middle; the smallest company has one person.
    return _limited(round(math.sqrt(max(low, 1.0) * max(high, 1.0)), 1), "range")


def _limited(value: float, kind: str) -> People:
    if value > MAX_PEOPLE:
        return People(None, "missing", f"more than {MAX_PEOPLE:,} people")
    return People(value, kind)


def _unreadable() -> People:
    return People(None, "missing", "not a number of people")


def _float(text: str) -> float:
    # Three digits after a sign are grouped thousands: nobody counts thousandths of people.
    grouped = re.fullmatch(r"\d{1,3}(?:[.,'\s]\d{3})+", text)
    return float(re.sub(r"\D", "", text)) if grouped else float(text.replace(",", "."))
