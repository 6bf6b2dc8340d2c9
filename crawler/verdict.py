"""What became of a site, with the evidence in words; pure."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final

import msgspec

from crawler.address import registrable
from crawler.urls import host_of


class Verdict(StrEnum):
    """One word per site; "pending" means that its visit has not ended yet."""

    OK = "ok"
    MOVED = "moved"
    PARKED = "parked"
    DEAD = "dead"
    BLOCKED = "blocked"
    RESERVED = "reserved"
    EMPTY = "empty"
    ERROR = "error"
    TIMEOUT = "timeout"
    PENDING = "pending"


#: A later visit that ends so says nothing about the pages that an earlier one kept.
TRANSIENT: Final = frozenset({Verdict.ERROR, Verdict.TIMEOUT, Verdict.DEAD})


class Attempt(msgspec.Struct, frozen=True):
    """One request of a visit, as far as the verdict needs it."""

    kind: str
    url: str
    status: int | None
    reason: str
    detail: str


class Kept(msgspec.Struct, frozen=True):
    """One page that a visit kept."""

    kind: str
    url: str


#: Requests for what a site says about visits; all others are for its pages.
RULE_KINDS: Final = frozenset({"robots", "tdmrep"})

_PARKING_HOSTS: Final = frozenset(
    {
        "above.com",
        "afternic.com",
        "bodis.com",
        "dan.com",
        "domainmarkt.de",
        "hugedomains.com",
        "parkingcrew.net",
        "sedo.com",
        "sedoparking.com",
        "undeveloped.com",
    }
)
_PARKED: Final = re.compile(
    r"domain\s+(\S+\s+){0,4}?(zum\s+verkauf|zu\s+verkaufen|for\s+sale|verkauft\s+werden)"
    r"|domain\s+(kaufen|erwerben)|buy\s+this\s+domain|(this|diese)\s+domain\s+(is|ist|wurde)\s+(\S+\s+)?(geparkt|parked|reserviert)"
    r"|domain[- ]?parking|sedoparking|parkingcrew"
    r"|hier\s+entsteht\s+(in\s+k(ü|ue)rze\s+)?(eine|die|unsere)\s+(neue\s+)?(internet|web)"
    r"|(website|webseite|seite)\s+(is|ist|befindet\s+sich)\s+(currently\s+|derzeit\s+|noch\s+)?(under\s+construction|im\s+aufbau)"
    r"|default\s+web\s+(page|site)|apache2?\s+\S+\s+default\s+page|welcome\s+to\s+nginx",
    re.IGNORECASE,
)
# A company that writes about parked domains writes more than a parking page does.
_PARKED_CHARS: Final = 1_500

_REASONS: Final = {
    "dns": (Verdict.DEAD, "the name does not resolve"),
    "connect": (Verdict.DEAD, "no server takes a connection"),
    "tls": (Verdict.ERROR, "no secure connection can be made"),
    "timeout": (Verdict.TIMEOUT, "no complete answer in time"),
    "blocked_address": (Verdict.ERROR, "leads to an address that is not public"),
    "robots": (Verdict.BLOCKED, "robots.txt forbids the page"),
    "empty": (Verdict.EMPTY, "the page holds no text"),
    "budget": (Verdict.ERROR, "the requests allowed for one company are used up"),
    "redirect_loop": (Verdict.ERROR, "redirects lead nowhere"),
    "moved": (Verdict.MOVED, "leads to another domain"),
    "parked": (Verdict.PARKED, "a placeholder"),
    "reserved": (Verdict.RESERVED, "opt-out from text and data mining"),
}

_EVIDENT: Final = frozenset({"reserved", "parked", "moved"})
# Of several spellings of an address that all failed, the one that came furthest says most.
_REACH: Final = {"dns": 0, "bad_url": 1, "blocked_address": 2, "connect": 3, "tls": 4, "timeout": 5, "broken": 6}


def parked(title: str, text: str, url: str) -> str:
    """Return the words that show a page to be a placeholder of a domain without a website, or ""."""
    if registrable(host_of(url)) in _PARKING_HOSTS:
        return f"served by {registrable(host_of(url))}"
    match = _PARKED.search(f"{title}\n{text}") if len(text) <= _PARKED_CHARS else None
    return f'"{" ".join(match[0].split())[:80]}"' if match else ""


def judge(site: str, attempts: Sequence[Attempt], kept: Sequence[Kept], trouble: str) -> tuple[Verdict, str]:
    """Return the verdict on a site and its evidence.

    `trouble` is "" or why the visit ended early ("timeout" when the time for one company was used up).
    """
    if kept:
        return _with_pages(site, attempts, kept)
    if trouble:
        return (Verdict.TIMEOUT if trouble == "timeout" else Verdict.ERROR), f"the visit ended early: {trouble}"
    if not attempts:
        return Verdict.ERROR, "no request was possible"
    return _without_pages(attempts)


def _with_pages(site: str, attempts: Sequence[Attempt], kept: Sequence[Kept]) -> tuple[Verdict, str]:
    notes = [attempt.detail for attempt in attempts if attempt.reason == "ok" and attempt.detail]
    pages = f"{len(kept)} {'page' if len(kept) == 1 else 'pages'}: {', '.join(page.kind for page in kept)}"
    evidence = "; ".join(dict.fromkeys([pages, *notes]))
    home = registrable(host_of(kept[0].url))
    if home != registrable(site):
        return Verdict.MOVED, f"now at {home}; {evidence}"
    return Verdict.OK, evidence


def _without_pages(attempts: Sequence[Attempt]) -> tuple[Verdict, str]:
    """Judge by the most telling attempt: an evident state, else the last page asked for, else how far we came."""
    evident = [attempt for attempt in attempts if attempt.reason in _EVIDENT]
    pages = [attempt for attempt in attempts if attempt.kind not in RULE_KINDS and attempt.reason != "redirect"]
    homes = [attempt for attempt in pages if attempt.kind == "home"]
    furthest = max(attempts, key=lambda attempt: _REACH.get(attempt.reason, len(_REACH)))
    decisive = [furthest, *pages[-1:], *homes[-1:], *evident[-1:]][-1]
    verdict, words = _REASONS.get(decisive.reason, (Verdict.ERROR, f"the answer was {decisive.reason}"))
    return verdict, f"{decisive.url}: {decisive.detail or words}"
