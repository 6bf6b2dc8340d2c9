"""A look at raw HTML before any parser sees it: deep nesting and floods of attributes stall parsers."""

import re
from typing import Final

# Real pages stay below 100 levels; parsers begin to take seconds beyond some ten thousand.
MAX_DEPTH: Final = 1_000
MAX_ATTRIBUTES: Final = 2_000
MAX_TAGS: Final = 200_000

_TAG: Final = re.compile(r"<(?:(!--)|(/?)([a-zA-Z][a-zA-Z0-9:-]*)([^<>]*))")
# Elements without content or whose end tag is usually left out, which a parser closes by itself.
_FLAT: Final = frozenset(
    re.findall(
        r"\w+",
        "area base body br col colgroup dd dt embed head hr html img input li link meta option p param source tbody td"
        " tfoot th thead tr track wbr",
    )
)
_OPAQUE: Final = frozenset({"script", "style", "textarea", "title", "iframe", "noembed", "xmp"})


def hostile(html: str) -> str:
    """Return why a page must not be parsed ("too_deep", "too_many_attributes", "too_many_tags"), or "".

    One pass in time linear in the page.
    """
    depth, tags, position = 0, 0, 0
    while match := _TAG.search(html, position):
        position = _behind(html, match)
        tags += 1
        depth += _step(match)
        depth = max(depth, 0)
        if depth > MAX_DEPTH:
            return "too_deep"
        if match[4] and match[4].count("=") > MAX_ATTRIBUTES and len(match[4].split()) > MAX_ATTRIBUTES:
            return "too_many_attributes"
        if tags > MAX_TAGS:
            return "too_many_tags"
    return ""


def _step(match: re.Match[str]) -> int:
    name = (match[3] or "").lower()
    if match[1] or name in _FLAT or match[4].endswith("/"):
        return 0
    return -1 if match[2] else 1


def _behind(html: str, match: re.Match[str]) -> int:
    """Return where to go on: behind comments, and behind the text of elements whose content is no markup."""
    if match[1]:
        end = html.find("-->", match.end())
        return len(html) if end < 0 else end + 3
    name = match[3].lower()
    if match[2] or name not in _OPAQUE:
        return match.end()
    end = html.find(f"</{match[3]}", match.end())
    return len(html) if end < 0 else end
