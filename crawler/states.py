"""Pages that answer "all is well" and hold no content; pure.

A page is held to be one of these only where it says little: texts about missing pages, cookies or JavaScript exist.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

_LITTLE: Final = 1_500
# So little that its sentences are looked at too, not only title and headings.
_FEW_SENTENCES: Final = 300
# What a page without content still shows: a logo's text, "Loading ...".
_NEXT_TO_NOTHING: Final = 120
# A notice this many times as long as what is left of its page stands alone.
_WALL: Final = 5
_CONSENT_CHARS: Final = 6_000
_EVIDENCE: Final = 100

_MISSING: Final = re.compile(
    r"\b(fehler|error|http|status|code)\W{0,3}(404|410)\b|\b(404|410)\W{0,3}(fehler|error|seite|page|not|nicht|file)|^\W*404\W*$"
    r"|(seite|page|datei|dokument|inhalt|site)\s+(\S+\s+){0,4}?(nicht\s+(\S+\s+)?(gefunden|vorhanden|existier|verf(ü|ue)gbar)|existiert\s+(\S+\s+)?nicht)"
    r"|(page|file|site|content|document)\s+(\S+\s+){0,5}?(not\s+(be\s+)?(found|exist|available)|does\s?n.?t\s+exist|no\s+longer\s+(exists|available))"
    r"|^\W*(nicht\s+gefunden|not\s+found)\W*$|page\s+introuvable|pagina\s+non\s+trovata"
    r"|(seite|page)\s+(\S+\s+){0,4}?(gel(ö|oe)scht|entfernt|verschoben)\b",
    re.IGNORECASE,
)
_CLOSED: Final = re.compile(
    r"wartungsmodus|(wegen|aufgrund(\s+von)?|durch)\s+wartung|maintenance\s+mode"
    r"|(scheduled|under|down\s+for)\s+maintenance|be\s+(right\s+)?back\s+(soon|shortly)"
    r"|(seite|website|webseite|shop|homepage)\s+(\S+\s+){0,3}?(gewartet|(ü|ue)berarbeitet|in\s+wartung)"
    r"|bald\s+wieder\s+(da|online|erreichbar)\b|temporarily\s+(unavailable|offline|down)"
    r"|vor(ü|ue)bergehend\s+(nicht\s+(erreichbar|verf(ü|ue)gbar)|offline)",
    re.IGNORECASE,
)
_CHALLENGE: Final = re.compile(
    r"checking\s+(your|if\s+the\s+site)\s+.{0,30}(browser|connection)|just\s+a\s+moment\W|verify(ing)?\s+(that\s+)?you\s+are\s+(a\s+)?human"
    r"|are\s+you\s+(a\s+)?(human|robot)|(ich|sie)\s+(bin|sind)\s+kein\s+(ro)?bot|enable\s+javascript\s+and\s+cookies\s+to\s+continue"
    r"|attention\s+required!|ddos\s+protection\s+by|(sicherheits|browser)(ü|ue)berpr(ü|ue)fung|robot\s+challenge|bot\s+verification"
    r"|access\s+denied|zugriff\s+verweigert|request\s+(was\s+)?(blocked|rejected)",
    re.IGNORECASE,
)
_CONSENT: Final = re.compile(
    r"cookie|consent|privatsph(ä|ae)re|einwillig|zustimm|akzeptier|ablehn|datenschutz|privacy|tracking|personenbezogen|personal(ised|ized)?\s+(data|ads|anzeigen)"
    r"|drittanbieter|third.part|analyse|statistik|marketing|essen[zt]iell|notwendig|einstellungen|auswahl|speichern|impressum|dsgvo|gdpr"
    r"|accept|reject|decline|preferences|settings|widerruf|externe\s+medien|legitimate\s+interest|berechtigte",
    re.IGNORECASE,
)
_COOKIES: Final = re.compile(r"cookie|consent|einwillig", re.IGNORECASE)
_SCRIPT: Final = r"java\s?script"
_SWITCH_ON: Final = r"(enabled?|aktivier|activate|turn(ed)?\s+on|needs?|requires?|ben(ö|oe)tig|erforder|einschalten)"
_NEEDS_SCRIPT: Final = re.compile(f"{_SWITCH_ON}.{{0,60}}{_SCRIPT}|{_SCRIPT}.{{0,60}}{_SWITCH_ON}", re.IGNORECASE)


class Signs(msgspec.Struct, frozen=True, kw_only=True):
    """What tells a page without content: its `text`, and the cookie notices that were taken out of it (`notice`).

    `noscript` is what it says to visitors without scripts, `scripts` how many it has, `roots` the elements that scripts
    would fill.
    """

    title: str
    headings: Sequence[str]
    text: str
    notice: str = ""
    noscript: str = ""
    scripts: int = 0
    roots: Sequence[str] = ()


def state_of(signs: Signs) -> tuple[str, str]:
    """Return ("", "") for a page with content, else what it is and the words that show it.

    "soft_404": an error page, "maintenance": closed for now, "challenge": a check for browsers, "cookie_wall": a cookie
    notice and nothing else, "script_only": a page that scripts would have to fill.
    """
    if len(signs.text) > _LITTLE:
        return "", ""
    named = [signs.title, *signs.headings]
    said = [*named, *signs.text.split("\n")] if len(signs.text) <= _FEW_SENTENCES else named
    for state, pattern, lines in (
        ("challenge", _CHALLENGE, said),
        ("soft_404", _MISSING, named),
        ("maintenance", _CLOSED, said),
    ):
        if evidence := _first(pattern, lines):
            return state, evidence
    return _walled(signs) or _scripted(signs) or ("", "")


def _first(pattern: re.Pattern[str], lines: Iterable[str]) -> str:
    found = (line for line in lines if pattern.search(line))
    return _quoted(next(found, ""))


def _quoted(words: str) -> str:
    return f'"{" ".join(words.split())[:_EVIDENCE]}"' if words else ""


def _walled(signs: Signs) -> tuple[str, str] | None:
    """Say whether hardly a word is left of a page without the lines about consent."""
    lines = [*signs.text.split("\n"), *signs.notice.split("\n")]
    notices = [line for line in lines if _COOKIES.search(line)]
    left = sum(len(line) for line in signs.text.split("\n") if not _CONSENT.search(line))
    said = len(signs.text) + len(signs.notice)
    if not notices or said > _CONSENT_CHARS or left > _NEXT_TO_NOTHING or said < _WALL * max(left, 1):
        return None
    return "cookie_wall", _quoted(notices[0])


def _scripted(signs: Signs) -> tuple[str, str] | None:
    if len(signs.text) > _NEXT_TO_NOTHING or not signs.scripts:
        return None
    # In a head, parsers take the words of a noscript element for text of the page.
    if hint := _first(_NEEDS_SCRIPT, (signs.noscript, signs.text)):
        return "script_only", hint
    if signs.roots:
        return "script_only", f"nothing in {signs.roots[0]}"
    return None if signs.text else ("script_only", f"no text, {signs.scripts} scripts")
