"""A look at raw HTML before any parser sees it: deep nesting and floods of attributes stall parsers."""

import re
from collections import Counter
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
# Their end tags close them alone, whatever lies above (HTML Standard, 13.2.6.4.7, the adoption agency algorithm).
_FORMATTING: Final = frozenset(re.findall(r"\w+", "a b big code em font i nobr s small strike strong tt u"))
# Their end tags close all that lies above; those of other elements count only as far as none of these lies above.
_SPECIAL: Final = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote button center details dialog dir div dl fieldset figcaption figure footer"
        " form frameset h1 h2 h3 h4 h5 h6 header hgroup main menu nav ol pre section select summary table ul",
    )
)
_BARRIERS: Final = frozenset({"applet", "marquee", "object", "template"})
# Beyond so many levels the start tag of an end tag is not looked for: keeps the time linear.
_LOOK_BACK: Final = 50
_COMMENT_END: Final = re.compile(r"--!?>")


def hostile(html: str) -> str:
    """Return why a page must not be parsed ("too_deep", "too_many_attributes", "too_many_tags"), or "".

    One pass in time linear in the page. What slips through ends with the worker that parses it.
    """
    nesting, tags, position = _Nesting(), 0, 0
    while match := _TAG.search(html, position):
        position = _behind(html, match)
        tags += 1
        nesting.step(match)
        if len(nesting.names) > MAX_DEPTH:
            return "too_deep"
        if match[4] and match[4].count("=") > MAX_ATTRIBUTES and len(match[4].split()) > MAX_ATTRIBUTES:
            return "too_many_attributes"
        if tags > MAX_TAGS:
            return "too_many_tags"
    return ""


class _Nesting:
    """The elements that a parser would hold open, outermost first."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._counts: Counter[str] = Counter()

    def step(self, match: re.Match[str]) -> None:
        """Take the next tag."""
        name = (match[3] or "").lower()
        if match[1] or name in _FLAT:
            return
        if match[2]:
            self._close(name)
        elif not (match[4].endswith("/") and self._is_foreign()):
            self.names.append(name)
            self._counts[name] += 1

    def _is_foreign(self) -> bool:
        """Say whether a slash at the end of a tag counts, which in HTML itself it does not."""
        return bool(self._counts["svg"] or self._counts["math"])

    def _close(self, name: str) -> None:
        if not self._counts[name]:
            return
        for place in range(len(self.names) - 1, max(-1, len(self.names) - 1 - _LOOK_BACK), -1):
            if self.names[place] == name:
                self._drop(place, place + 1 if name in _FORMATTING else len(self.names))
                return
            if self._holds(name, self.names[place]):
                return

    def _holds(self, name: str, above: str) -> bool:
        """Say whether an open element keeps an end tag from reaching those below it."""
        return name not in _FORMATTING and (above in _BARRIERS or (above in _SPECIAL and name not in _SPECIAL))

    def _drop(self, start: int, end: int) -> None:
        self._counts.subtract(self.names[start:end])
        del self.names[start:end]


def _behind(html: str, match: re.Match[str]) -> int:
    """Return where to go on: behind comments, and behind the text of elements whose content is no markup."""
    if match[1]:
        if re.compile(r"-?>").match(html, match.end()):
            return match.end()  # "<!-->" is a whole comment
        end = _COMMENT_END.search(html, match.end())
        return end.end() if end else len(html)
    name = match[3].lower()
    if match[2] or name not in _OPAQUE:
        return match.end()
    closing = re.compile(f"</{name}", re.IGNORECASE).search(html, match.end())
    return closing.start() if closing else len(html)
