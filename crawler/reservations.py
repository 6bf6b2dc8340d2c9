"""Opt-outs from text and data mining, in the machine-readable forms that German law (UrhG 44b) asks sites to use.

Sources: TDM Reservation Protocol (W3C community group, 2024) for the header and meta element "tdm-reservation";
the Content-Signal line of robots.txt; and the widespread values "noai" and "noml" of X-Robots-Tag and meta robots.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

_NO_AI: Final = frozenset({"noai", "noml"})
_SIGNALS: Final = ("ai-input", "ai-train")
# X-Robots-Tag may name an agent first: "otherbot: noai" is not meant for us.
_FOR_AGENT: Final = re.compile(r"^\s*([a-z][a-z0-9_-]*)\s*:\s*(.*)$", re.IGNORECASE)
# Rules that have a value themselves: "max-snippet: 20, noai" is meant for everybody.
_WITH_VALUE: Final = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})


def in_signals(signals: Iterable[str]) -> str:
    """Return which Content-Signal of robots.txt reserves the content, or ""."""
    for signal in signals:
        for part in re.split(r"[,;\s]+", signal.lower()):
            key, _, value = part.partition("=")
            if key in _SIGNALS and value in {"no", "n"}:
                return f"robots.txt: Content-Signal {key}=no"
    return ""


def in_headers(headers: Mapping[str, str], agent: str) -> str:
    """Return which header reserves the page, or ""; names are in lower case."""
    if headers.get("tdm-reservation", "").strip() == "1":
        return "header: tdm-reservation 1"
    rules = headers.get("x-robots-tag", "")
    match = _FOR_AGENT.match(rules)
    if match and match[1].lower() not in {agent.lower(), *_WITH_VALUE}:
        return ""
    found = _words(match[2] if match else rules) & _NO_AI
    return f"header: X-Robots-Tag {min(found)}" if found else ""


def in_metas(metas: Iterable[tuple[str, str]], agent: str) -> str:
    """Return which meta element (name, content) reserves the page, or ""; names are in lower case."""
    for name, content in metas:
        if name == "tdm-reservation" and content.strip() == "1":
            return "meta: tdm-reservation 1"
        found = _words(content) & _NO_AI if name in {"robots", agent.lower()} else set()
        if found:
            return f"meta: robots {min(found)}"
    return ""


def _words(value: str) -> set[str]:
    return set(re.split(r"[,;\s]+", value.lower()))
