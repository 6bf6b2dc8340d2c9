"""Which page of a site is worth the next request; pure.

A link is judged by its text first and its path second. Services and products say most about a company, then its
self-portrait; the Impressum is always wanted; news, shops, logins and legal texts are not.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec

from crawler.page import Link
from crawler.terms import ABOUT, CONTACT, IMPRESSUM, LANGUAGE_CODES, LANGUAGE_NAMES, PRODUCTS, SERVICES, UNWANTED
from crawler.urls import canonical, is_trap, page_key, same_site

_KINDS: Final = (
    ("products", PRODUCTS, 10.0),
    ("services", SERVICES, 10.0),
    ("about", ABOUT, 9.0),
    ("contact", CONTACT, 2.5),
)
_IMPRESSUM_SCORE: Final = 8.0
_OTHER_SCORE: Final = 3.0
_HOME_SCORE: Final = 20.0
# A second page of one kind says less than the first.
_REPEAT: Final = {"about": 6.0, "services": 3.0, "products": 3.0, "other": 1.0}
# Any page that is wanted at all is worth a place that nothing better needs.
_LEAST: Final = 0.1
_FROM_PATH: Final = -1.5
_UNWANTED_PATH: Final = -5.0
_LONG_TEXT: Final = 40


class Candidate(msgspec.Struct, frozen=True):
    """A page that could be fetched: what it seems to be, its score (higher is better) and why."""

    url: str
    kind: str
    score: float
    why: str


def candidates(links: Iterable[Link], page: str, language: str | None, languages: Sequence[str]) -> list[Candidate]:
    """Return the pages of the same site that a page links to, best first, each once.

    `page` is the page's own URL, `language` its language, `languages` the preferred ones, best first.
    """
    best: dict[str, Candidate] = {}
    for place, link in enumerate(links):
        found = _candidate(link, place, page, language, languages)
        if found is not None and found.score > best.get(page_key(found.url), _NOTHING).score:
            best[page_key(found.url)] = found
    return sorted(best.values(), key=lambda candidate: (-candidate.score, candidate.url))


def choose(known: Iterable[Candidate], done: set[str], kinds: Sequence[str], room: int) -> Candidate | None:
    """Return the page to fetch next, or None when nothing is left that is worth a request.

    `done` holds the keys of pages already tried, `kinds` the kinds of the pages already kept, `room` how many more fit.
    """
    left = [candidate for candidate in known if page_key(candidate.url) not in done]
    counts = Counter(kinds)
    impressum = [candidate for candidate in left if candidate.kind == "impressum" and not counts["impressum"]]
    others = [candidate for candidate in left if candidate.kind != "impressum" and _worth(candidate, counts) > 0]
    if room < 1 or (impressum and (room == 1 or not others)):
        return impressum[0] if impressum and room >= 1 else None
    return max(others, key=lambda candidate: (_worth(candidate, counts), candidate.url), default=None)


_NOTHING: Final = Candidate("", "", float("-inf"), "")


def _worth(candidate: Candidate, counts: Counter[str]) -> float:
    if candidate.kind == "home":
        return candidate.score
    if candidate.kind not in _REPEAT:
        return 0.0 if counts[candidate.kind] else max(_LEAST, candidate.score)
    return max(_LEAST, candidate.score - counts[candidate.kind] * _REPEAT[candidate.kind])


def _candidate(link: Link, place: int, page: str, language: str | None, languages: Sequence[str]) -> Candidate | None:
    url = canonical(link.url)
    if not url or not same_site(url, page) or page_key(url) == page_key(page) or is_trap(url):
        return None
    if link.origin in {"frame", "refresh"}:
        return Candidate(url, "home", _HOME_SCORE, link.origin)
    if target := _switched_to(link):
        wanted = language != languages[0] and target == languages[0]
        return Candidate(url, "home", _HOME_SCORE, f"in {target}") if wanted else None
    return _judged(url, link.text, place, languages)


def _switched_to(link: Link) -> str:
    """Return the language that a link leads to if it only switches the language."""
    if link.origin.startswith("hreflang:"):
        return link.origin.partition(":")[2] or "x"
    text = link.text.strip().lower()
    return text if text in LANGUAGE_CODES else LANGUAGE_NAMES.get(text, "")


def _judged(url: str, text: str, place: int, languages: Sequence[str]) -> Candidate | None:
    path = unquote(urlsplit(url).path)
    kind, score, why = _kind(text.lower(), path.lower())
    if not kind:
        return None
    score -= min(place / 100, 2.0) + 0.5 * max(0, path.strip("/").count("/")) + (2.0 if len(text) > _LONG_TEXT else 0.0)
    return Candidate(url, kind, score + _language_score(path, languages), why)


def _kind(text: str, path: str) -> tuple[str, float, str]:
    """Return (kind, score, why); an empty kind means that the page is not wanted."""
    for source, name in ((text, "text"), (path, "path")):
        if match := re.search(IMPRESSUM, source):
            return "impressum", _IMPRESSUM_SCORE, f'{name} "{match[0]}"'
    if re.search(UNWANTED, text):
        return "", 0.0, ""
    unwanted = bool(re.search(UNWANTED, path))
    if found := _first_kind(text, "text"):
        return found[0], found[1] + (_UNWANTED_PATH if unwanted else 0.0), found[2]
    if unwanted:
        return "", 0.0, ""
    if found := _first_kind(path, "path"):
        return found[0], found[1] + _FROM_PATH, found[2]
    return "other", _OTHER_SCORE, "linked"


def _first_kind(source: str, name: str) -> tuple[str, float, str] | None:
    for kind, pattern, score in _KINDS:
        if match := re.search(pattern, source):
            return kind, score, f'{name} "{match[0]}"'
    return None


def _language_score(path: str, languages: Sequence[str]) -> float:
    code = path.strip("/").split("/")[0].lower().partition("-")[0]
    if code not in LANGUAGE_CODES:
        return 0.0
    if code == languages[0]:
        return 1.0
    return -3.0 if code in languages else -8.0
