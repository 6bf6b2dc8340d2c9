"""Which page of a site is worth the next request; pure.

A link is judged by its text first and its path second. Services and products say most about a company, then its
self-portrait; the Impressum is always wanted; news, shops, logins and legal texts are not.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import unquote, urlsplit

from crawler.page import Candidate, Link
from crawler.terms import ABOUT, CONTACT, IMPRESSUM, LANGUAGE_CODES, LANGUAGE_NAMES, LEGAL, PRODUCTS, SERVICES, UNWANTED
from crawler.urls import canonical, is_start, is_trap, key_of, language_in, page_key, same_site

_KINDS: Final = (
    ("products", PRODUCTS, 10.0),
    ("services", SERVICES, 10.0),
    ("about", ABOUT, 9.0),
    ("contact", CONTACT, 2.5),
)
_IMPRESSUM_SCORE: Final = 8.0
_OTHER_SCORE: Final = 3.0
# Where a page has no Impressum by that name, its legal notes may hold what belongs there.
_LEGAL_SCORE: Final = 4.0
_HOME_SCORE: Final = 20.0
# Candidates of one kind: hundreds of products must not push out the one page about the company.
_MAX_OF_KIND: Final = 28
#: Pages that one page can propose at most: so many of each of the seven kinds.
MAX_CANDIDATES: Final = 7 * _MAX_OF_KIND
# Addresses of a sitemap that are looked at: some 25 ms.
_MAX_JUDGED: Final = 400
# A second page of one kind says less than the first.
_REPEAT: Final = {"about": 6.0, "services": 3.0, "products": 3.0, "other": 1.0}
# Any page that is wanted at all is worth a place that nothing better needs.
_LEAST: Final = 0.1
_FROM_PATH: Final = -1.5
_UNWANTED_PATH: Final = -5.0
_LONG_TEXT: Final = 40
# Links of a page in another language lead to more of it, unless their address says otherwise.
_UNMARKED_OTHER: Final = -1.5
_WHOLE_PAGE: Final = frozenset({"frame", "refresh"})
_WORDS_TOO: Final = frozenset({"it", "no"})


def candidates(links: Iterable[Link], page: str, language: str | None, languages: Sequence[str]) -> list[Candidate]:
    """Return the pages of the same site that a page links to, best first, each once and at most `MAX_CANDIDATES`.

    `page` is the page's own URL, `language` its language, `languages` the preferred ones, best first.
    """
    listed, origin = list(links), _Origin(page, language, languages)
    judged = (origin.candidate(link, place) for place, link in enumerate(listed))
    return list(_best(found for found in (origin.away(listed), *judged) if found is not None))


def from_addresses(urls: Iterable[str], page: str, languages: Sequence[str]) -> list[Candidate]:
    """Return the pages of the same site among the addresses of a sitemap, best first; they have no words but their own.

    `page` is the URL of a page of the site, usually its home page. Of many addresses those with few folders are looked
    at, since thousands are articles and old news.
    """
    origin = _Origin(page, None, languages)
    shallow = sorted(urls, key=lambda url: url.count("/"))[:_MAX_JUDGED]
    return list(_best(found for url in shallow if (found := origin.candidate(Link(url), 0)) is not None))


def _best(found: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield each page once with its highest score, and one home page in a better language at most."""
    best: dict[str, Candidate] = {}
    for candidate in found:
        key = _SWITCH if candidate.why.startswith(_SWITCH) else key_of(candidate.url)
        if candidate.score > best.get(key, _NOTHING).score:
            best[key] = candidate
    ranked = sorted(best.values(), key=lambda candidate: (-candidate.score, candidate.url))
    kinds: Counter[str] = Counter()
    for candidate in ranked:
        kinds[candidate.kind] += 1
        if kinds[candidate.kind] <= _MAX_OF_KIND:
            yield candidate


def choose(left: Sequence[Candidate], kinds: Sequence[str], room: int) -> Candidate | None:
    """Return the page to fetch next of those not tried yet, or None when none of them is worth a request.

    `kinds` are the kinds of the pages already kept, `room` is how many more fit.
    """
    counts = Counter(kinds)
    impressum = [candidate for candidate in left if candidate.kind == "impressum" and not counts["impressum"]]
    others = [candidate for candidate in left if candidate.kind != "impressum" and _worth(candidate, counts) > 0]
    if room < 1 or (impressum and (room == 1 or not others)):
        return impressum[0] if impressum and room >= 1 else None
    return max(others, key=lambda candidate: (_worth(candidate, counts), candidate.url), default=None)


_NOTHING: Final = Candidate("", "", float("-inf"), "")
_SWITCH: Final = "home page in "


def _worth(candidate: Candidate, counts: Counter[str]) -> float:
    if candidate.kind == "home":
        return candidate.score
    if candidate.kind not in _REPEAT:
        return 0.0 if counts[candidate.kind] else max(_LEAST, candidate.score)
    return max(_LEAST, candidate.score - counts[candidate.kind] * _REPEAT[candidate.kind])


class _Origin:
    """The page that links are judged from, with the languages of the page and of our wishes."""

    def __init__(self, page: str, language: str | None, languages: Sequence[str]) -> None:
        self._page = page
        self._key = page_key(page)
        self._language = language
        self._languages = languages
        self._is_home = is_start(page)

    def away(self, links: Sequence[Link]) -> Candidate | None:
        """Return where a home page leads that consists of a frame or refresh to another site: its company has moved."""
        targets = [link for link in links if link.origin in _WHOLE_PAGE and canonical(link.url)]
        if not self._is_home or not targets or any(same_site(link.url, self._page) for link in targets):
            return None
        return Candidate(canonical(targets[0].url), "home", _HOME_SCORE, targets[0].origin)

    def candidate(self, link: Link, place: int) -> Candidate | None:
        """Return what a link promises; `place` is how many links stand before it."""
        url = canonical(link.url)
        if not url or not same_site(url, self._page) or key_of(url) == self._key or is_trap(url):
            return None
        if link.origin in _WHOLE_PAGE:
            return Candidate(url, "home", _HOME_SCORE, link.origin)
        if target := _switched_to(link):
            return self._switch(url, target)
        return self._judged(url, link.text, place)

    def _switch(self, url: str, target: str) -> Candidate | None:
        """Return the same page in another language, if we like that better."""
        rank = self._rank(target)
        if rank >= self._rank(self._language):
            return None
        if self._is_home:
            return Candidate(url, "home", _HOME_SCORE - rank, f"{_SWITCH}{target}")
        return self._judged(url, "", 0)

    def _rank(self, language: str | None) -> int:
        return self._languages.index(language) if language in self._languages else len(self._languages)

    def _judged(self, url: str, text: str, place: int) -> Candidate | None:
        split = urlsplit(url)
        kind, score, why = _kind(text.lower(), unquote(f"{split.path}?{split.query}").lower())
        if not kind:
            return None
        depth = max(0, split.path.strip("/").count("/"))
        score -= min(place / 100, 2.0) + 0.5 * depth + (2.0 if len(text) > _LONG_TEXT else 0.0)
        return Candidate(url, kind, score + self._language_score(url), why)

    def _language_score(self, url: str) -> float:
        """Return what the language of a page adds: the one that its address names, else the one of the page here."""
        named = language_in(url, LANGUAGE_CODES)
        if not named:
            same = self._language is None or self._language == self._languages[0]
            return 0.0 if same else _UNMARKED_OTHER
        if named == self._languages[0]:
            return 1.0
        return -3.0 if named in self._languages else -8.0


def _switched_to(link: Link) -> str:
    """Return the language that a link leads to if it only switches the language."""
    if link.origin.startswith("hreflang:"):
        return link.origin.partition(":")[2] or "x"
    text = link.text.strip().lower()
    if text not in LANGUAGE_CODES:
        return LANGUAGE_NAMES.get(text, "")
    # Two letters can be a trade as well: "IT".
    return text if text not in _WORDS_TOO or language_in(link.url, LANGUAGE_CODES) == text else ""


def _kind(text: str, address: str) -> tuple[str, float, str]:
    """Return (kind, score, why) by the words of a link, else by its address; an empty kind means: not wanted."""
    if found := _impressum(text, address):
        return found
    unwanted = bool(re.search(UNWANTED, address))
    if re.search(UNWANTED, text):
        return "", 0.0, ""
    if found := _by_words(text, address):
        return found[0], found[1] + (_UNWANTED_PATH if unwanted else 0.0), found[2]
    if unwanted:
        return "", 0.0, ""
    kind, score, why = _first_kind(address, "path") or ("other", _OTHER_SCORE - _FROM_PATH, "linked")
    return kind, score + _FROM_PATH, why


def _by_words(text: str, address: str) -> tuple[str, float, str] | None:
    """Judge by the words of a link; "Advice from our experts" on a link to the contact page is no service."""
    found, led = _first_kind(text, "text"), _first_kind(address, "path")
    return led if found and led and led[0] == "contact" else found


def _impressum(text: str, address: str) -> tuple[str, float, str] | None:
    for pattern, score, source, name in (
        (IMPRESSUM, _IMPRESSUM_SCORE, text, "text"),
        (IMPRESSUM, _IMPRESSUM_SCORE, address, "path"),
        (LEGAL, _LEGAL_SCORE, text, "text"),
    ):
        if match := re.search(pattern, source):
            return "impressum", score, f'{name} "{match[0]}"'
    return None


def _first_kind(source: str, name: str) -> tuple[str, float, str] | None:
    for kind, pattern, score in _KINDS:
        if match := re.search(pattern, source):
            return kind, score, f'{name} "{match[0]}"'
    return None
