"""Sentences of a website that say how many people work for the company; pure.

Words for people are found first and only what stands near them is read, so that the cost stays linear in the text
whatever it holds. What speaks of others (customers' sizes, job offers, beginnings, parts of the staff) is left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from scoring.inferred.number_words import number_of

Scope = Literal["company", "group", "location"]

#: More people than the largest employers of the world have.
MAX_PEOPLE: Final = 3_000_000
_MOST_MENTIONS: Final = 60
#: A page of a company says it before; the rest is not read.
_MOST_CHARS: Final = 200_000
_BEFORE: Final = 110
_AFTER: Final = 50
_LONGEST_QUOTE: Final = 240

_PEOPLE: Final = re.compile(
    r"(?<!\w)(?:Mitarbeiter(?:innen|n|(?:[:*_/]-?|·)innen|Innen)?(?:\s+und\s+Mitarbeitern?)?|Mitarbeitenden?"
    r"|Mitarbeiterzahl"
    r"|Beschäftigten?|Angestellten?|Arbeitnehmer(?:innen|n)?|Kolleg(?:inn)?en|KollegInnen|Mitarbeiteranzahl"
    r"|Personen|Leuten?|Köpfen?|Menschen|Mann|Belegschaft|Fachleuten?|Profis|Experten|Fachkräften?|Spezialisten"
    r"|Handwerkern?|Technikern?|Monteuren?|Ingenieuren?|engineers|technicians|professionals|specialists|experts"
    r"|employees?|staff(?:\s+members)?|people|workers|team\s+members|workforce|headcount"
    r"|collaborateurs?|collaboratrices|employés|salariés|collaborators|collaboratori|dipendenti)(?!\w)",
    re.IGNORECASE,
)
#: Words that count people of whom one may speak for any reason: they need a verb or a team before or behind them.
_LOOSE: Final = re.compile(
    r"personen|leuten?|köpfen?|menschen|mann|fachleuten?|profis|experten|fachkräften?|spezialisten|handwerkern?"
    r"|technikern?|monteuren?|ingenieuren?|engineers|technicians|professionals|specialists|experts"
    r"|people|workers|kolleg\w*"
    r"|staff",
    re.IGNORECASE,
)
_STAFFED: Final = re.compile(
    r"\b(?:beschäftig\w+|arbeiten|team(?:s|stärke)?|belegschaft|mannschaft|zähl\w+|employ(?:s|ing|ed)?"
    r"|staff\s+of|workforce"
    r"|work\s+for|strong|mitarbeit\w*)\b",
    re.IGNORECASE,
)
_DIGITS: Final = r"(?<![\w/+.,:'’-])(?!0)(?:\d{1,3}(?:[.,'’ \u00a0]\d{3}){1,2}|\d{1,6})(?![\d/:])"
#: The same behind the dash of a range.
_UPPER_DIGITS: Final = r"(?!0)(?:\d{1,3}(?:[.,'’ \u00a0]\d{3}){1,2}|\d{1,6})(?![\d/:])"
_WORD_NUMBER: Final = r"(?<![\w-])[a-zA-ZäöüßÄÖÜ]{2,30}(?:-[a-z]{3,6})?(?:\s+(?:Dutzend|dozen|hundred|thousand))?(?!\w)"
_NUMBER: Final = rf"(?:{_DIGITS}|{_WORD_NUMBER})"
#: What may stand between the number and the people: small words that are neither determiners nor of time or share.
_ADJECTIVES: Final = (
    r"(?:\s+(?!unser|ihr|sein|neu|weiter|zusätzlich|ehemalig|alle|der\b|die\b|den\b|das\b|ein|jahre|seit|und\s+unser"
    r"|former|new|more\b|our\b|other|additional|nouveaux|anni)(?:(?-i:[a-zäöüß][\wäöüß-]*(?:e|en|er))|fest"
    r"|full-time|part-time|highly"
    r"|and|und|skilled|dedicated|qualified|experienced|professional|talented|committed|motivated|trained"
    r"|permanent|local"
    r"|passionate|specialised|specialized),?){0,4}"
)
_COUNT: Final = re.compile(
    rf"(?:(?P<from>{_NUMBER})\s*(?:[-\u2013]|\b(?:bis(?:\s+zu)?|to|und|and)\b)\s*(?=\w))?"
    rf"(?P<to>(?(from){_UPPER_DIGITS}|(?!))|{_NUMBER})(?P<plus>\s?\+)?"
    rf"(?P<between>{_ADJECTIVES})\s*[-\u2011]?\s*$",
    re.IGNORECASE,
)
_LABELLED: Final = re.compile(
    rf"^(?:zahl|anzahl)?(?:\s*\([^)]{{0,20}}\))?\s*(?::|=|\bbeträgt\b|\bliegt bei\b|\bof\b"
    rf"|\bvon\b)\s*(?P<about>ca\.?|circa"
    rf"|rund|etwa|über|about|over|around|approx\.?|>)?\s*(?:(?P<from>{_UPPER_DIGITS})\s*(?:[-\u2013]|bis"
    rf"|to)\s*)?(?P<to>{_UPPER_DIGITS})"
    rf"(?P<plus>\s?\+)?(?!\s*(?:%|Prozent|percent|€|EUR|Mio|Jahre|years|\.\d))",
    re.IGNORECASE,
)
_TEAM: Final = re.compile(
    r"(?<!\w)(?P<to>\d{1,4}|[a-zäöüß]{3,30}?)-?(?:köpfig\w*|\s*[-\u2011]?\s*mann[-\u2011])\s*-?\s*"
    r"(?:\w+\s+){0,2}?(?:Team|Belegschaft|Mannschaft|Betrieb|Unternehmen|Mitarbeiterteam)",
    re.IGNORECASE,
)
_ABOUT: Final = re.compile(
    r"(?:\b(?:rund|ca|circa|etwa|ungefähr|knapp|fast|gut|an die|about|around|some|approximately|approx|nearly"
    r"|almost|environ"
    r"|circa)\.?|~|≈)\s*$",
    re.IGNORECASE,
)
_OVER: Final = re.compile(
    r"(?:\b(?:über|mehr als|mindestens|over|more than|at least|plus de|oltre|più di)|>)\s*$", re.IGNORECASE
)
_UP_TO: Final = re.compile(
    r"\b(?:bis zu|maximal|höchstens|up to|weniger als|unter|less than|fewer than)\s*$", re.IGNORECASE
)
_BETWEEN: Final = re.compile(r"\b(?:zwischen|between)\s*$", re.IGNORECASE)
_DATE: Final = re.compile(
    r"(?:\b(?:seit|im jahre?|jahr|anno|since|in|ab|stand|\d{1,2}\.|januar|februar|märz|april|mai|juni|juli"
    r"|august|september"
    r"|oktober|november|dezember|january|february|march|june|july|october|december|copyright|©)\s*)$",
    re.IGNORECASE,
)
_YEARS: Final = range(1800, 2101)
#: Numbers that name something else than a count of people.
_NAMING: Final = re.compile(
    r"(?:\b(?:tel|telefon|fax|phone|mobil|plz|nr|no|hausnummer|§|art|artikel|abs|iso|din|en|kapitel"
    r"|punkt)\b[.:]?[\s\d()/+-]*"
    r"|\d[\d\s/()-]*[\s/-])$",
    re.IGNORECASE,
)
_FROM: Final = re.compile(r"\b(?:aus|von|from|auf)\s+(?:\w+\s+)?$", re.IGNORECASE)
_TEAM_OF: Final = re.compile(
    r"(?:team|belegschaft|mannschaft|mitarbeiterstab|stab|staff|workforce|total|insgesamt|headcount|anzahl|zahl)\s+"
    r"(?:besteht\s+|consists\s+)?"
    r"(?:aus|von|of)\s+(?:\w+\s+)?$",
    re.IGNORECASE,
)
_PART: Final = re.compile(
    r"\b(?:davon|darunter|including|of which|of whom|dont|inklusive|pro|je|per|jeder? der|suchen|gesucht|hiring"
    r"|hire|zusätzlich"
    r"|weitere[nr]?|plus)\s+(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)
#: "von 5 auf 60 Mitarbeiter" and, with a word of growth, "from 5 to 60 employees": the later number is today's.
_GROWN: Final = re.compile(
    rf"\b(?:von|from)\s+(?:[a-zäöüß]+\s+){{0,2}}?{_NUMBER}\s+(?:[a-zäöüß]+\s+){{0,2}}?(?:auf|to)\s+$", re.IGNORECASE
)
_GROWING: Final = re.compile(
    r"\b(?:gr[eo]w\w*|growth|doubled|tripled|increased|rose|risen|expanded|gewachsen|wuchs\w*|wachstum|gestiegen|stieg"
    r"|verdoppelt\w*|vergrößert\w*|erhöht\w*)\b",
    re.IGNORECASE,
)
#: The same behind the people: "Die Zahl der Beschäftigten stieg von 80 auf 130".
_GROWN_TO: Final = re.compile(
    rf"^(?:\s+[a-zäöüß]+){{0,3}}?\s+(?:von|from)\s+{_UPPER_DIGITS}\s+(?:auf|to)\s+(?P<about>ca\.?|rund|etwa|über"
    rf"|mehr als|about|over|around|more than)?\s*(?P<from>(?!))?(?P<to>{_UPPER_DIGITS})(?P<plus>\s?\+)?"
    r"(?!\s*(?:%|Prozent|percent|€|EUR|Mio|Jahre|years))",
    re.IGNORECASE,
)
#: "Mo-Fr 8-12 Mitarbeiter ..." tells hours, not people; so it does behind words for the times of opening.
_HOURS: Final = re.compile(
    r"\b(?:mo|di|mi|do|fr|sa|so|\w+tags?|mittwochs?|mon|tue|wed|thu|fri|sat|sun|\w+day|\w*zeit(?:en)?|hours|geöffnet"
    r"|open(?:ing)?|täglich|daily|werktags|von)\b[^;|]*$",
    re.IGNORECASE,
)
_MIDNIGHT: Final = 24
#: What is offered "für bis zu 12 Mitarbeiter" is for others' people.
_FOR: Final = re.compile(r"\b(?:für|for)\s+(?:teams?\s+)?(?:bis zu|up to|ab|über|over)?\s*$", re.IGNORECASE)
#: Whoever serves companies of some size does not speak of the own one, although "we" do so.
_SERVED: Final = re.compile(
    r"\b(?:serv\w+|support\w*|help\w*|advis\w+|for|für|berat\w+|betreu\w+|unterstütz\w+|begleit\w+|beliefer\w+)\s+"
    r"(?:[^\W\d]+\s+){0,6}?(?:companies|businesses|firms|organi[sz]ations|unternehmen|betrieben?|firmen)\s+"
    r"(?:ab|von|zwischen|bis|mit|with|of|from|between|up)\b",
    re.IGNORECASE,
)
#: "a business with 32 staff" counts people; "9-17 staff on site" does not.
_WITH: Final = re.compile(r"\b(?:with|has|have|of)\s+(?:[a-z]+\s+){0,2}$", re.IGNORECASE)
#: Clauses that speak of companies of some size, offers to them, open positions, events.
_OTHERS: Final = re.compile(
    r"\b(?:unternehmen|betrieben?|firmen|arbeitgebern?|kmu|organisationen|companies|businesses|organi[sz]ations"
    r"|employers|firms|kunden"
    r"|customers|clients)\s+(?:ab|von|zwischen|bis|mit|with|of|from|between|unter|über)\b"
    r"|\b(?:schulung|seminar|workshop|teilnehmer|gäste|räume|platz für|besucher|bewerb|stellenangebot|lizenz"
    r"|tarif|paket"
    r"|preis|participants|guests|licen[cs]es|seats|unsere[rs]? kunden|einwohner|inhabitants)",
    re.IGNORECASE,
)
#: "ab 20 Mitarbeitern" says from which size on something holds.
_FROM_SIZE: Final = re.compile(r"\bab\s+\d+\s+\w*(?:mitarbeit|beschäftig)|\bfrom\s+\d+\s+employees", re.IGNORECASE)
_SELF: Final = re.compile(
    r"\b(?:wir|uns|unser\w*|we|our|ein(?:em?|er)?\s+(?:\w+\s+){0,3}(?:unternehmen|betrieb|firma)"
    r"|als\s+(?:\w+\s+){0,2}(?:unternehmen|betrieb))\b",
    re.IGNORECASE,
)
_NOW: Final = re.compile(
    r"\b(?:heute|mittlerweile|inzwischen|aktuell|derzeit|momentan|insgesamt|today|currently|now|aujourd'hui"
    r"|oggi|beschäftig(?:t|en)"
    r"|employs?|zähl(?:t|en)|gehören|umfasst|verfügt)\b",
    re.IGNORECASE,
)
_THEN: Final = re.compile(
    r"\b(?:begann\w*|begonnen|starte(?:te\w*|n|d)|gestartet|anfangs|anfänglich|damals|ursprünglich|einst|früher"
    r"|ehemals|gründe(?:te\w*|n)"
    r"|gegründet(?!e)|zu beginn|founded|started|began|originally|formerly|at first|initially|wuchs|ziel|will"
    r"|werden wir|sollen)\b",
    re.IGNORECASE,
)
_GROUP: Final = re.compile(
    r"\b(?:weltweit\w*|konzern\w*|gruppe|unternehmensgruppe|worldwide|globally|global|group|international\w*)\b",
    re.IGNORECASE,
)
_PLACE: Final = re.compile(
    r"\b(?i:standort|werk|niederlassung|filiale|site|location|plant|branch)(?i:\s+in)?:?\s+(?P<place>[A-ZÄÖÜ][\wäöüß-]+)"
)
_LOCAL: Final = re.compile(
    r"(?<!\w)(?:Standort(?!en)|Niederlassung(?!en)|Filiale(?!n)|Werk(?!en|e\b)|site|location|branch|plant)(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A number of people as a sentence states it: `low` and `high` are null where the sentence leaves them open.

    `score` tells how plainly the sentence speaks of the company's own staff of today; `place` names the location of a
    mention that counts one location only.
    """

    people: float
    low: float | None
    high: float | None
    scope: Scope
    place: str
    score: int
    quote: str


def mentions(text: str) -> tuple[Mention, ...]:
    """Find what a text says of the number of people who work for the company, in the order of the text.

    Years, phone numbers, beginnings ("Was mit zwei Mitarbeitern begann"), parts ("davon 5 Auszubildende"), sizes of
    other companies and job offers are passed over.
    """
    found: list[Mention] = []
    for line in text[:_MOST_CHARS].splitlines():
        for mention in _in_line(line):
            found.append(mention)
            if len(found) == _MOST_MENTIONS:
                return tuple(found)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Count:
    """A count as written: where it starts and ends in its line, its bounds, and what stands right before it."""

    start: int
    end: int
    low: float | None
    people: float
    high: float | None


def _in_line(line: str) -> Iterator[Mention]:
    taken = -1
    for count in _counts(line):
        if count.start > taken and (mention := _judged(line, count)) is not None:
            taken = count.end
            yield mention


def _counts(line: str) -> Iterator[_Count]:
    for match in _TEAM.finditer(line):
        if value := _value(match["to"]):
            yield _Count(match.start(), match.end(), value, value, value)
    for people in _PEOPLE.finditer(line):
        if (count := _before(line, people) or _behind(line, people)) is not None:
            yield count


def _before(line: str, people: re.Match[str]) -> _Count | None:
    """Read "rund 120 engagierte Mitarbeitende"."""
    start = max(people.start() - _BEFORE, 0)
    window = line[start : people.start()]
    first = next((match for match in _endings(window) if _value(match["to"]) is not None), None)
    if first is None or (_LOOSE.fullmatch(people[0]) and not _is_staffed(line, people, window[: first.start()])):
        return None
    return _count(first, window[: first.start()], start, people.end())


def _endings(window: str) -> Iterator[re.Match[str]]:
    """Give the readings of a window's end as a count and words behind it, the longest last words first."""
    for start in _starts(window):
        if match := _COUNT.match(window, start):
            yield match


_START: Final = re.compile(r"(?<![\w.,'’-])\w")


def _starts(window: str) -> list[int]:
    """Give the starts of the last words of a window from left to right; a count has few words."""
    return [match.start() for match in _START.finditer(window)][-12:]


def _is_staffed(line: str, people: re.Match[str], before: str) -> bool:
    if people[0].lower().startswith("staff") and _WITH.search(before):
        return True
    near = line[max(people.start() - _BEFORE, 0) : people.end() + _AFTER]
    return _STAFFED.search(near.replace(people[0], " ")) is not None


def _behind(line: str, people: re.Match[str]) -> _Count | None:
    """Read "Mitarbeiter: 50-100", "Zahl der Beschäftigten: 120" and "... stieg von 80 auf 130"."""
    after = line[people.end() : people.end() + _AFTER]
    match = _LABELLED.match(after) or _GROWN_TO.match(after)
    if match is None:
        return None
    before = match["about"] or ""
    return _count(match, before + " " if before else "", people.end(), people.end() + match.end())


def _count(match: re.Match[str], before: str, offset: int, end: int) -> _Count | None:
    high, low = _value(match["to"]), _value(match["from"]) if match["from"] else None
    if high is None or high > MAX_PEOPLE:
        return None
    start = offset + match.start()
    if low is not None and low < high and _FROM.search(before) and _GROWING.search(match.string + before):
        return _Count(start, end, *_bounds(high, "", plus=match["plus"] is not None))
    # "2010 bis 120 Mitarbeiter" is no range, and "50 und 100" one only behind "zwischen".
    if low is not None and low < high and (_BETWEEN.search(before) or not re.search(r"\b(?:und|and)\b", match[0][:40])):
        return _Count(start, end, low, round((low * high) ** 0.5, 1), high)
    return _Count(start, end, *_bounds(high, before, plus=match["plus"] is not None))


def _bounds(value: float, before: str, *, plus: bool) -> tuple[float | None, float, float | None]:
    if plus or _OVER.search(before):
        return value, value, None
    if _UP_TO.search(before):
        return None, value, value
    return (None, value, None) if _ABOUT.search(before) else (value, value, value)


def _value(written: str) -> float | None:
    """Read a count in digits or words; 0 is none."""
    digits = re.sub(r"[.,'’ \u00a0]", "", written)
    number = int(digits) if digits.isdecimal() else number_of(written)
    return float(number) if number else None


def _judged(line: str, count: _Count) -> Mention | None:
    """Weigh what the sentence says; null where it speaks of something else."""
    before, clause = line[max(count.start - _BEFORE, 0) : count.start], _clause(line, count)
    others = _FROM_SIZE.search(clause) or (_OTHERS.search(clause) and not _SELF.search(clause))
    grown = _is_grown(line, count, before)
    if others or _SERVED.search(clause) or (not grown and _misleads(line, count, before)):
        return None
    now, then = grown or _NOW.search(clause) is not None, _THEN.search(clause) is not None
    if then and not now:
        return None
    scope, place = _scope(_sentence(line, count))
    score = 2 * now + (_SELF.search(clause) is not None) + (count.people > 1)
    return Mention(count.people, count.low, count.high, scope, place, score, _sentence(line, count))


def _is_grown(line: str, count: _Count, before: str) -> bool:
    """Say whether a count is what another one has become."""
    plain = _ABOUT.sub("", _OVER.sub("", before))
    auf = _GROWN.search(plain) or (_FROM.search(plain) and _GROWING.search(_sentence(line, count)))
    return bool(auf) and count.low is not None


def _is_hours(count: _Count, before: str) -> bool:
    ends = (count.low, count.high)
    return all(end is not None and end <= _MIDNIGHT for end in ends) and _HOURS.search(before) is not None


def _is_bare_year(line: str, count: _Count) -> bool:
    """Say whether a number is rather a year: nothing in its clause speaks of who works here today."""
    clause = _PEOPLE.sub("", _clause(line, count))
    return not any(sign.search(clause) for sign in (_NOW, _STAFFED, _SELF))


def _misleads(line: str, count: _Count, before: str) -> bool:
    plain = _ABOUT.sub("", _OVER.sub("", before))
    year = count.low == count.high and count.people in _YEARS and "." not in line[count.start : count.start + 5]
    hours = count.low != count.high and _is_hours(count, before)
    if hours or _FOR.search(plain) or (year and (_DATE.search(plain) or _is_bare_year(line, count))):
        return True
    if _NAMING.search(plain) or _PART.search(plain):
        return True
    return _FROM.search(plain) is not None and _TEAM_OF.search(plain) is None


def _scope(sentence: str) -> tuple[Scope, str]:
    if _LOCAL.search(sentence) and not re.search(r"\ban\s+\w+\s+Standorten\b", sentence):
        place = _PLACE.search(sentence)
        return "location", place["place"] if place else ""
    return ("group", "") if _GROUP.search(sentence) else ("company", "")


_STOP: Final = re.compile(r"[.!?](?=\s+[A-ZÄÖÜ])|[|•·]")
_CLAUSE: Final = re.compile(r"[,;\u2013](?=\s)|\s-\s")


def _sentence(line: str, count: _Count) -> str:
    """Give the sentence with a count, at most `_LONGEST_QUOTE` characters, as it stands on the page."""
    start, end = _span(line, count, _STOP)
    if end - start > _LONGEST_QUOTE:
        start = max(start, count.start - _LONGEST_QUOTE // 2)
        end = min(end, start + _LONGEST_QUOTE)
    return " ".join(line[start:end].split())


def _clause(line: str, count: _Count) -> str:
    start, end = _span(line, count, _STOP)
    part = line[start:end]
    inner = _Count(count.start - start, count.end - start, None, 0, None)
    first, last = _span(part, inner, _CLAUSE)
    return part[first:last]


def _span(line: str, count: _Count, border: re.Pattern[str]) -> tuple[int, int]:
    """Give the borders around a count; only some hundred characters on both sides are looked at."""
    least = max(count.start - _LONGEST_QUOTE, 0)
    starts = [match.end() for match in border.finditer(line, least, count.start)]
    after = border.search(line, count.end, min(count.end + _LONGEST_QUOTE, len(line)))
    end = after.start() + 1 if after else min(count.end + _LONGEST_QUOTE, len(line))
    return (starts[-1] if starts else least), end
