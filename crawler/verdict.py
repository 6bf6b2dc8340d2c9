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
    OPTED_OUT = "opted_out"
    FOREIGN = "foreign"
    LANGUAGE = "language"
    SCRIPTS = "script_only"
    WALL = "cookie_wall"
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
    """One page that a visit kept; `language` is an ISO 639-1 code or None."""

    kind: str
    url: str
    language: str | None = None


#: Requests for what a site says about visits and pages; all others are for its pages.
RULE_KINDS: Final = frozenset({"robots", "tdmrep", "sitemap"})

_PARKING_HOSTS: Final = frozenset(
    {
        "above.com",
        "afternic.com",
        "atom.com",
        "bodis.com",
        "buydomains.com",
        "dan.com",
        "domainmarkt.de",
        "dynadot.com",
        "epik.com",
        "hugedomains.com",
        "parkingcrew.net",
        "parklogic.com",
        "sedo.com",
        "sedo.de",
        "sedoparking.com",
        "spaceship.com",
        "undeveloped.com",
        "uniregistry.com",
    }
)
_SITE: Final = (
    r"(web ?seite|web ?site|web ?pr(ä|ae)senz|internet ?(seite|pr(ä|ae)senz|auftritt)|homepage|seite|page|site)"
)
_TAKEN: Final = r"(geparkt|parked|reserviert|regist(riert|ered)|freigeschaltet|expired|abgelaufen|gesperrt|suspended)"
_HOSTS: Final = (
    r"(strato|ionos|1&1|1und1|hetzner|all-inkl|united-domains|domainfactory|host\s?europe|godaddy|checkdomain|netcup"
    r"|infomaniak|hostpoint|world4you|easyname)"
)
_SOLD: Final = (
    r"domain\s+(\S+\s+){0,4}?(zum\s+verkauf|zu\s+verkaufen|for\s+sale|verkauft\s+werden|steht\s+.{0,20}zur\s+verf(ü|ue)gung)",
    r"domain\s+(kaufen|erwerben|pachten)\b|(buy|purchase|get|make\s+an?\s+offer\s+(on|for))\s+this\s+domain",
    r"inhaber\s+dieser\s+domain\s+.{0,40}(verkauf|park)|owner\s+of\s+this\s+domain\s+.{0,40}(sale|sell|park)",
    r"interested\s+in\s+(buying\s+)?this\s+domain|interesse\s+an\s+dieser\s+domain",
    r"domain[- ]?parking|parked\s+(free|domain)|sedo\s*domain|sedoparking|parkingcrew|namedrive|domain\s+inquiry",
)
_RESERVED: Final = (
    rf"(this|diese|dieser)\s+domain(name)?\s+(is|ist|wurde|has\s+been)\s+(\S+\s+){{0,4}}?{_TAKEN}",
    r"domain\s+(erfolgreich\s+)?(registriert|reserviert|reserved|not\s+configured|nicht\s+konfiguriert)\b",
    rf"(auf|unter|f(ü|ue)r)\s+(dieser|diese)\s+(domain|adresse)\s+.{{0,30}}(noch\s+)?kein(e|en)?\s+(\S+\s+)?{_SITE}",
    rf"{_SITE}\s+(\S+\s+){{0,2}}(wurde|ist)\s+(\S+\s+)?(soeben|gerade)\s+freigeschaltet",
    r"(this\s+)?account\s+has\s+been\s+suspended|dieses?\s+(konto|account)\s+wurde\s+gesperrt",
)
_BEGINNING: Final = (
    rf"hier\s+entsteht\s+(in\s+k(ü|ue)rze\s+)?(bald\s+)?(ein|eine|die|der|unsere|unser|meine)\s+(\S+\s+)?({_SITE}|web|internet)",
    rf"{_SITE}\s+(is|ist|befindet\s+sich|wird)\s+(\S+\s+){{0,2}}?(under\s+construction|im\s+(auf|um)bau|in\s+bearbeitung|in\s+arbeit)",
    r"^\s*(website\s+)?(coming\s+soon|under\s+construction|im\s+aufbau|baustelle)\W*$",
)
_DEFAULTS: Final = (
    r"default\s+(web\s*|domain\s+|server\s+)?(page|site)\b|default\s+plesk\s+page|apache2?\s+(\S+\s+){0,2}(default|test)\s+page",
    r"(page|seite)\s+(is\s+|wurde\s+|was\s+)?(generated|created|erzeugt|generiert)\s+(by|von|durch)\s+(plesk|cpanel|ispconfig|confixx)",
    r"welcome\s+to\s+(nginx|centos|openresty|caddy)|^\s*it\s+works!?\s*$|^\s*iis\s+windows(\s+server)?\s*$|^\s*index\s+of\s+/",
    r"if\s+you\s+are\s+the\s+(owner|administrator)\s+of\s+this\s+(web\s?site|domain)",
    rf"{_HOSTS}\b.{{0,60}}\b(domain\s+(reserv|regist|geparkt|parking)|platzhalter|placeholder|default)",
    r"^\s*(wordpress\W+installation|just\s+another\s+wordpress\s+site|hello\s+world!?)\s*$",
)
_PARKED: Final = re.compile("|".join((*_SOLD, *_RESERVED, *_BEGINNING, *_DEFAULTS)), re.IGNORECASE | re.MULTILINE)
# A company that writes about parked domains writes more than a parking page does.
_PARKED_CHARS: Final = 1_500


def parked(title: str, text: str, url: str) -> str:
    """Return the words that show a page to be a placeholder of a domain without a website, or ""."""
    if (domain := registrable(host_of(url))) in _PARKING_HOSTS:
        return f"served by {domain}"
    match = _PARKED.search(f"{title}\n{text}") if len(text) <= _PARKED_CHARS else None
    return f'"{" ".join(match[0].split())[:80]}"' if match else ""


_REASONS: Final = {
    "dns": (Verdict.DEAD, "the name does not resolve"),
    "dns_timeout": (Verdict.ERROR, "no name server answers for the name"),
    "connect": (Verdict.DEAD, "no server takes a connection"),
    "tls": (Verdict.ERROR, "no secure connection can be made"),
    "certificate": (Verdict.ERROR, "the certificate is not valid"),
    "timeout": (Verdict.TIMEOUT, "no complete answer in time"),
    "blocked_address": (Verdict.ERROR, "leads to an address that is not public"),
    "robots": (Verdict.BLOCKED, "robots.txt forbids the page"),
    "challenge": (Verdict.BLOCKED, "the server wants to check a browser first"),
    "soft_404": (Verdict.ERROR, "the page says that it does not exist"),
    "maintenance": (Verdict.ERROR, "closed for maintenance"),
    "cookie_wall": (Verdict.WALL, "the page holds a cookie notice only"),
    "script_only": (Verdict.SCRIPTS, "the page is made by scripts only"),
    "empty": (Verdict.EMPTY, "the page holds no text"),
    "budget": (Verdict.ERROR, "the requests allowed for one company are used up"),
    "redirect_loop": (Verdict.ERROR, "redirects lead nowhere"),
    "moved": (Verdict.MOVED, "leads to another domain"),
    "parked": (Verdict.PARKED, "a placeholder"),
    "reserved": (Verdict.RESERVED, "opt-out from text and data mining"),
    "opted_out": (Verdict.OPTED_OUT, "on the list of opt-outs"),
    "foreign": (Verdict.FOREIGN, "the website of another company"),
}
_PASSED: Final = frozenset({"ok", "unchanged"})
_REFUSALS: Final = frozenset({"http_401", "http_402", "http_403", "http_407", "http_451"})

# These hold whatever pages there are.
_FINAL: Final = frozenset({"opted_out", "foreign"})
_EVIDENT: Final = frozenset({"reserved", "parked", "moved"})
# Of several spellings of an address that all failed, the one that came furthest says most.
_REACH: Final = (
    "dns",
    "bad_url",
    "dns_timeout",
    "blocked_address",
    "connect",
    "tls",
    "timeout",
    "certificate",
    "broken",
)


def judge(
    site: str, attempts: Sequence[Attempt], kept: Sequence[Kept], trouble: str, languages: Sequence[str] = ()
) -> tuple[Verdict, str]:
    """Return the verdict on a site and its evidence.

    `trouble` is "" or why the visit ended early ("timeout" when the time for one company was used up); `languages` are
    the preferred ones: pages that are all in others make the verdict "language".
    """
    if final := [attempt for attempt in attempts if attempt.reason in _FINAL]:
        return _of(final[-1])
    if kept:
        return _with_pages(site, attempts, kept, languages)
    if trouble:
        return (Verdict.TIMEOUT if trouble == "timeout" else Verdict.ERROR), f"the visit ended early: {trouble}"
    if not attempts:
        return Verdict.ERROR, "no request was possible"
    return _without_pages(attempts)


def _with_pages(
    site: str, attempts: Sequence[Attempt], kept: Sequence[Kept], languages: Sequence[str]
) -> tuple[Verdict, str]:
    notes = [attempt.detail for attempt in attempts if attempt.reason in _PASSED and attempt.detail]
    pages = f"{len(kept)} {'page' if len(kept) == 1 else 'pages'}: {', '.join(page.kind for page in kept)}"
    evidence = "; ".join(dict.fromkeys([pages, *notes]))
    home = registrable(host_of(kept[0].url))
    if home != registrable(site):
        return Verdict.MOVED, f"now at {home}; {evidence}"
    if others := _other_languages(kept, languages):
        return Verdict.LANGUAGE, f"in {', '.join(others)} only; {evidence}"
    return Verdict.OK, evidence


def _other_languages(kept: Sequence[Kept], languages: Sequence[str]) -> list[str]:
    """Return the languages of the pages if none is a preferred one; a page whose language is unknown may be in one."""
    found = {page.language for page in kept}
    return [] if not languages or None in found or found & set(languages) else sorted(map(str, found))


def _without_pages(attempts: Sequence[Attempt]) -> tuple[Verdict, str]:
    """Judge by the most telling attempt: an evident state, else the last page asked for, else how far we came."""
    evident = [attempt for attempt in attempts if attempt.reason in _EVIDENT]
    pages = [attempt for attempt in attempts if attempt.kind not in RULE_KINDS and attempt.reason != "redirect"]
    homes = [attempt for attempt in pages if attempt.kind == "home"]
    furthest = max(attempts, key=_reach)
    return _of([furthest, *pages[-1:], *homes[-1:], *evident[-1:]][-1])


def _reach(attempt: Attempt) -> int:
    return _REACH.index(attempt.reason) if attempt.reason in _REACH else len(_REACH)


def _of(attempt: Attempt) -> tuple[Verdict, str]:
    """Return what one attempt means for its site."""
    refused = attempt.reason in _REFUSALS
    unknown = (Verdict.BLOCKED if refused else Verdict.ERROR), f"the answer was {attempt.reason}"
    verdict, words = _REASONS.get(attempt.reason, unknown)
    return verdict, f"{attempt.url}: {attempt.detail or words}"
