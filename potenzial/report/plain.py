"""Text from outside made fit for show: no invisible characters, no direction overrides, no endless cells."""

import unicodedata
from typing import Final

from crawler.address import site_of

#: Longest name in a cell of the report; companies have long names, attackers longer ones.
LONGEST_NAME: Final = 90
_ELLIPSIS: Final = "…"
#: Control, format (direction overrides, zero width), surrogate and private-use characters and those without meaning.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def shown(text: str | None, limit: int) -> str:
    """One line of at most `limit` characters that shows what it holds; longer text ends in an ellipsis."""
    start = (text or "")[: limit * 4]
    seen = "".join(" " if letter.isspace() else letter for letter in start if _visible(letter))
    line = " ".join(seen.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + _ELLIPSIS


def _visible(letter: str) -> bool:
    return letter.isspace() or unicodedata.category(letter) not in _INVISIBLE


def web_link(website: str | None) -> tuple[str, str] | None:
    """Address (http or https) and host of a website cell, or None when it holds no public web address."""
    found = site_of(website or "")
    return (found[1], found[0]) if found else None
