"""The file in which a host reserves its pages from text and data mining.

Source: TDM Reservation Protocol (W3C community group, 2024), "TDM file on the origin server".
"""

from typing import Final, cast

import msgspec

from crawler.robots import escaped, matches, path_of

TDMREP_PATH: Final = "/.well-known/tdmrep.json"
#: A longer file is cut off, is then no JSON any more and counts as none.
MAX_TDMREP_BYTES: Final = 64 * 1024
# Each page is held against each rule.
_MAX_RULES: Final = 1_000
# Some write the number as text.
_VALUES: Final = frozenset({0, 1, "0", "1"})


class Reservation(msgspec.Struct, frozen=True):
    """One rule of the file; `location` is a pattern as in robots.txt, escaped as URLs are."""

    location: str
    reserved: bool


def parse_tdmrep(body: bytes) -> tuple[Reservation, ...]:
    """Return the rules of a file; what is no rule is passed over, and a file that is no JSON list holds none."""
    try:
        found: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    entries = cast("list[object]", found)[:_MAX_RULES] if isinstance(found, list) else []
    return tuple(rule for entry in entries for rule in _rules(entry))


def in_file(rules: tuple[Reservation, ...], url: str) -> str:
    """Return which rule reserves the page, or ""; the longest matching pattern decides, a reservation wins a draw."""
    path = path_of(url)
    matching = [rule for rule in rules if matches(rule.location, path)]
    best = max(matching, key=lambda rule: (len(rule.location), rule.reserved), default=None)
    return f"{TDMREP_PATH}: tdm-reservation 1 for {best.location[:80]}" if best and best.reserved else ""


def _rules(entry: object) -> list[Reservation]:
    if not isinstance(entry, dict):
        return []
    rule = cast("dict[str, object]", entry)
    location, value = rule.get("location"), rule.get("tdm-reservation")
    if not isinstance(location, str) or not isinstance(value, int | str) or value not in _VALUES:
        return []
    pattern = location if location.startswith(("/", "*")) else f"/{location}"
    return [Reservation(escaped(pattern.encode("utf-8", "replace").decode("latin-1")), reserved=value in {1, "1"})]
