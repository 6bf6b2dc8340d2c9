"""Opt-outs from text and data mining, in the machine-readable forms that German law (UrhG 44b) asks sites to use.

Sources: TDM Reservation Protocol (W3C community group, 2024) for the header and meta element "tdm-reservation" (its
file is read in `tdmrep`); the Content-Signal line of robots.txt; its Content-Usage line (draft-ietf-aipref-attach); and
the widespread values "noai" and "noml" of X-Robots-Tag and meta robots.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

_NO_AI: Final = frozenset({"noai", "noml"})
_SIGNALS: Final = {
    "ai-input=no": "Content-Signal",
    "ai-train=no": "Content-Signal",
    "train-ai=n": "Content-Usage",
}
# X-Robots-Tag may name an agent first: "otherbot: noai" is not meant for us.
_FOR_AGENT: Final = re.compile(r"^\s*([a-z][a-z0-9_-]*)\s*:\s*(.*)$", re.IGNORECASE)
# Rules that have a value themselves: "max-snippet: 20, noai" is meant for everybody.
_WITH_VALUE: Final = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})


def in_signals(signals: Iterable[str]) -> str:
    """Return which Content-Signal or Content-Usage of robots.txt reserves the content, or "".

    A Content-Usage for some paths only counts for the whole site: rather too little is read than what is reserved.
    """
    found = next((word for signal in signals for word in _words(signal) if word in _SIGNALS), "")
    return f"robots.txt: {_SIGNALS[found]} {found}" if found else ""


def in_headers(headers: Mapping[str, Sequence[str]], agent: str) -> str:
    """Return which header reserves the page, or ""; names are in lower case, a repeated header has several values."""
    if any(value.strip() == "1" for value in headers.get("tdm-reservation", ())):
        return "header: tdm-reservation 1"
    rules = [_for_us(value, agent) for value in headers.get("x-robots-tag", ())]
    found = {word for rule in rules for word in _words(rule)} & _NO_AI
    return f"header: X-Robots-Tag {min(found)}" if found else ""


def _for_us(rules: str, agent: str) -> str:
    """Return the part of an X-Robots-Tag that is meant for the agent, "" if it is meant for another one."""
    match = _FOR_AGENT.match(rules)
    if match is None:
        return rules
    return match[2] if match[1].lower() in {agent.lower(), *_WITH_VALUE} else ""


def in_metas(metas: Iterable[tuple[str, str]], agent: str) -> str:
    """Return which meta element (name, content) reserves the page, or ""; names are in lower case."""
    for name, content in metas:
        if name == "tdm-reservation" and content.strip() == "1":
            return "meta: tdm-reservation 1"
        found = _words(content) & _NO_AI if name in {"robots", agent.lower()} else set()
        if found:
            return f"meta: robots {min(found)}"
    return ""


def noindex(headers: Mapping[str, Sequence[str]], metas: Iterable[tuple[str, str]], agent: str) -> str:
    """Return where a page asks search engines not to list it, or ""; that is no reservation, and only noted."""
    rules = {word for value in headers.get("x-robots-tag", ()) for word in _words(_for_us(value, agent))}
    if "noindex" in rules:
        return "header: X-Robots-Tag noindex"
    names = {"robots", agent.lower()}
    return "meta: robots noindex" if any("noindex" in _words(text) for name, text in metas if name in names) else ""


def _words(value: str) -> set[str]:
    # Several times as fast as a regular expression: a page can hold a megabyte of such values.
    return set(value.lower().replace(",", " ").replace(";", " ").split())
