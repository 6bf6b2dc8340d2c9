"""What an Impressum says: who runs the website, where, under which VAT id and register number.

German, Austrian and Swiss forms are read (§ 5 DDG, § 5 ECG, Art. 3 UWG). All of it works on the text of the page, line
by line, since these pages have no common markup; what a page says in JSON-LD is added.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, takewhile
from typing import Final, TypeVar

import msgspec

from crawler.company_names import LEGAL_FORM
from crawler.page import Organisation

#: Longer pages are terms or privacy notes; what tells the owner stands at their beginning.
_MAX_CHARS: Final = 20_000
_MAX_SECTION: Final = 3_000
_MAX_PIECE: Final = 160
_MAX_NAME: Final = 100
_MAX_FOUND: Final = 12
_MAX_WORDS: Final = 8
_MIN_LETTERS: Final = 3
#: Pieces above an address that may belong to it; fewer where nothing says that it begins.
_BLOCK: Final = 6
_UNOPENED: Final = 3

T = TypeVar("T")

_DE_VAT: Final = re.compile(r"(?<![A-Z0-9])DE[\s.:-]{0,2}((?:\d[\s./-]?){8}\d)(?![\s./-]?\d)", re.IGNORECASE)
_AT_VAT: Final = re.compile(
    r"(?<![A-Z0-9])(?:AT[\s.-]{0,2})?U[\s.-]{0,2}((?:\d[\s.-]?){7}\d)(?![\s.-]?\d)", re.IGNORECASE
)
_CH_VAT: Final = re.compile(r"(?<![A-Z0-9])CHE[\s.-]{0,2}((?:\d[\s.'’-]?){8}\d)(?![\s.-]?\d)", re.IGNORECASE)
_BARE_DE_VAT: Final = re.compile(
    r"(?:USt|Umsatzsteuer)[\w .-]{0,5}-?\s?Id[a-zäöü. -]{0,30}:?\s{0,3}((?:\d ?){8}\d)(?![\s./-]?\d)", re.IGNORECASE
)
_ABROAD: Final = "(?:BE|BG|CY|CZ|DK|EE|EL|ES|FI|FR|HR|HU|IE|IT|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI)[A-Z0-9]{8,12}"
_OTHER_VAT: Final = re.compile(rf"(?:USt|UID|VAT|TVA|IVA|BTW|MwSt)[\w .-]{{0,30}}:?\s{{0,3}}(?P<id>{_ABROAD})\b")
_VAT_ID: Final = re.compile(rf"(DE\d{{9}}|ATU\d{{8}}|CHE\d{{9}}|{_ABROAD})(?:MWST|TVA|IVA|VAT)?")

_COURT: Final = r"(?:Amtsgericht|Registergericht|Handelsgericht|Landesgericht|AG|HG|LG)[ :]{1,3}(?:AG |Amtsgericht )?"
_REGISTER: Final = re.compile(
    r"(?<![A-Z0-9])(?P<kind>HRA|HRB|GnR|VR|PR|FN)[ .:-]{0,3}(?:Nr\.?|Nummer)?[ .:-]{0,3}"
    r"(?P<number>\d{1,3}(?:[ .]\d{3}){1,2}|\d{1,9})[ -]?(?P<letter>[A-Za-z])?(?![A-Za-z0-9])"
)
_FN: Final = re.compile(
    r"(?:Firmenbuch(?:nummer|nr)?|FB-?Nr)[\w .-]{0,12}?[\s:.]{1,3}(?:FN ?)?"
    r"(?P<number>\d{2,6}) ?(?P<letter>[a-z])(?![a-z0-9])",
    re.IGNORECASE,
)
_CH_REGISTER: Final = re.compile(r"(?<![A-Z0-9])(?:CH|FL)[- ](\d[\d.-]{8,16}\d)")
_SEAT: Final = re.compile(
    rf"{_COURT}(?P<court>[A-ZÄÖÜ][\wäöüß.-]*"
    rf"(?: (?!HR|FN|Nr|GnR|VR|PR|Registern)(?:am|an|der|im|a\.|[A-ZÄÖÜ(])[\wäöüß.()-]*){{0,3}})"
)

_LABEL: Final = re.compile(r"^[^:]{1,40}:\s+|:$")
_DIVIDERS: Final = re.compile(r"\s*(?:[|•·;\t]|,\s| [–—-] )\s*")
_COUNTRY: Final = r"(?:D|DE|A|AT|CH|FL|LI)"
_CITY: Final = r"(?P<city>[A-ZÄÖÜ][^\d,;|:@]{1,40})"
_PLACE: Final = re.compile(
    rf"(?<![\d/.+,-])(?<!\d )(?:(?:{_COUNTRY}\s?[-–]?\s?)?(?P<long>\d{{5}})\s{_CITY}"
    rf"|(?:^|{_COUNTRY}\s?[-–]\s?)(?P<short>[1-9]\d{{3}})\s{_CITY.replace('city', 'town')})"
)
_NO_CITY: Final = re.compile(
    r"(?:fax|tel|telefon|mobil|e-?mail|amtsgericht|finanzamt|hr[ab]\b|ust"
    r"|registergericht|uhr|euro?\b|mitarbeit|alle?\b)",
    re.IGNORECASE,
)
_NO_POSTCODE: Final = re.compile(r"(?:fax|tel|telefon|mobil|hr[ab]|fn|nr|nummer)[ .:]*$", re.IGNORECASE)
_STREET: Final = re.compile(r"\s\d{1,4}\s?[a-z]?(?:\s?[-/+]\s?\d{1,4}\s?[a-z]?)?$", re.IGNORECASE)

#: Lines behind which the one who runs the site is named.
_OPENERS: Final = re.compile(
    r"(?:impressum|imprint|legal notice|anbieterkennzeichnung|angaben (?:gem|nach|zum|laut)|(?:dienste)?anbieter"
    r"|betreiber|herausgeber|medieninhaber|inhaber|firma|firmenname|firmenwortlaut|unternehmen|name|verantwortlich"
    r"|website ?(?:betreiber|inhaber)|informationspflicht|kontakt|contact|anschrift|adresse|postanschrift)\b",
    re.IGNORECASE,
)
#: Lines from which on others are named: authors of the pages, services, authorities, the law.
_CLOSERS: Final = re.compile(
    r"(?:haftung|disclaimer|urheberrecht|copyright|datenschutz|externe links|verlinkung|bild(?:nachweis|quelle|er)"
    r"|foto(?:s|grafie|nachweis)?\b|konzept|gestaltung|(?:web)?design|umsetzung|realisi|technische|programmierung|hosting"
    r"|webhosting|provider|agentur\b|erstellt|website (?:by|von)|online-?streit|streitbeilegung|streitschlichtung"
    r"|verbraucher|eu-?streit|aufsichtsbeh|zust(?:ä|ae)ndige|kammer\b|berufshaftpflicht|versicher|bankverbindung|cookies?\b"
    r"|google|facebook|quelle)",
    re.IGNORECASE,
)
_NO_NAME: Final = re.compile(
    r"(?:tel|telefon|fon|phone|fax|telefax|mobil|e-?mail|mail|web|www|internet|uid|iban|bic|hr[ab]|sitz|home|men(?:ü|u)"
    r"|start(?:seite)?|willkommen|kontakt|anschrift|adresse|anfahrt|leistungen|unternehmen|(?:ü|ue)ber uns|vorstand"
    r"|impressum|aufsichtsrat|mitglied|kammer|diese[rs]?|wir|ihre?|unser|so|hier|die|der|das|für|schweiz|deutschland|germany"
    r"|(?:ö|oe)sterreich|angaben|inhaltlich)\b"
    r"|ust\b|ust-|umsatzsteuer|steuer-?(?:nummer|nr|id|\s)|handelsreg|firmenbuch|register|amtsgericht|gerichtsstand"
    r"|gesch(?:ä|ae)ftsf|vertret|vertreten|postfach|(?:ö|oe)ffnungs|gem(?:ä|ae)(?:ß|ss)|§|datenschutz|verantwortlich|http",
    re.IGNORECASE,
)
_FORM: Final = re.compile(rf"(?<![\w.&])(?:{LEGAL_FORM})(?![\w&-])")
_LINKS: Final = frozenset({"&", "+", "und", "u.", "-", "für", "of", "and", "the", "von", "am", "im", "zu", "an", "van"})
_ARTICLES: Final = frozenset({"der", "die", "das", "dem", "den", "des"})
_LEADERS: Final = re.compile(
    r"(?:die|der|das|dem|den|des|firma|fa\.?|copyright|©|impressum|anbieter|betreiber|inhaber(?:in)?|herausgeber|wir|by|von"
    r"|gesch(?:ä|ae)ftsf(?:ü|ue)hrer(?:in)?|komplement(?:ä|ae)rin|gesellschafterin|medieninhaber|registergericht|unsere?"
    r"|(?:19|20)\d\d|handelsregister|verantwortlich|f(?:ü|ue)r|und|&|\+|-|am|im|an|zu|the|of|website|homepage|kontaktinformationen)",
    re.IGNORECASE,
)


class Place(msgspec.Struct, frozen=True):
    """A postcode and its city as they are written; "" where one is not said."""

    postcode: str = ""
    city: str = ""


class Register(msgspec.Struct, frozen=True):
    """A number in a commercial register, such as "HRB12345", and its court where that is named."""

    number: str
    court: str = ""


class Imprint(msgspec.Struct, frozen=True, kw_only=True):
    """Who runs a website: `names` with the most likely one first; `source` is "Impressum", "JSON-LD" or ""."""

    names: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    vat_ids: tuple[str, ...] = ()
    registers: tuple[Register, ...] = ()
    source: str = ""


def read_imprint(text: str, organisations: Sequence[Organisation] = ()) -> Imprint:
    """Read the text of an Impressum, one line per block, and what the site says of itself in JSON-LD."""
    text = text[:_MAX_CHARS]
    pieces = _operator(_pieces(text))
    names, places = _names(pieces), [found for place in range(len(pieces)) for found in _places_at(pieces, place)]
    known = [organisation for organisation in organisations if organisation.name]
    addresses = [Place(one.postcode, one.city) for one in organisations if one.postcode or one.city]
    return Imprint(
        names=_distinct([*names, *(organisation.name[:_MAX_NAME] for organisation in known)]),
        places=_distinct([*places, *addresses]),
        vat_ids=_distinct([*vat_ids(text), *_declared(organisations)]),
        registers=_distinct(registers(text)),
        source="Impressum" if names or places else "JSON-LD" if known or addresses else "",
    )


def section(text: str) -> str:
    """Return the part of a page that is an Impressum, for sites that have no page of its own for it; "" if none is."""
    found = re.search(r"(?im)^(?:impressum|imprint|anbieterkennzeichnung|angaben gem\S{1,3} § ?5)\b.{0,60}$", text)
    part = text[found.start() :][:_MAX_SECTION] if found else ""
    return part if _first_place(_pieces(part)) >= 0 or any(vat_ids(part)) else ""


def vat_ids(text: str) -> Iterator[str]:
    """Yield the VAT ids of a text as capitals and digits: "DE123456789", "ATU12345678", "CHE123456789"."""
    for country, pattern in (("DE", _DE_VAT), ("DE", _BARE_DE_VAT), ("ATU", _AT_VAT), ("CHE", _CH_VAT)):
        for match in pattern.finditer(text):
            yield country + re.sub(r"\D", "", match[1])
    for match in _OTHER_VAT.finditer(text):
        yield match["id"]


def vat_id(cell: str) -> str:
    """Return the VAT id that a cell holds, in the form of `vat_ids`, or ""."""
    match = _VAT_ID.fullmatch(re.sub(r"[^A-Z0-9]", "", cell.upper()))
    return match[1] if match else next(vat_ids(cell), "")


def registers(text: str) -> Iterator[Register]:
    """Yield the register numbers of a text, each with its court where the text names one only nearby."""
    courts = [(match.start(), match["court"].strip(" .-(")) for match in _SEAT.finditer(text)]
    for match in _REGISTER.finditer(text):
        number = re.sub(r"\D", "", match["number"]).lstrip("0") or "0"
        letter = (match["letter"] or "").upper()
        yield Register(match["kind"].upper() + number + letter, _nearest(courts, match.start()))
    for match in _FN.finditer(text):
        yield Register(f"FN{match['number'].lstrip('0')}{match['letter'].upper()}", _nearest(courts, match.start()))
    for match in _CH_REGISTER.finditer(text):
        yield Register("CH" + re.sub(r"\D", "", match[1]))


def _nearest(courts: Sequence[tuple[int, str]], place: int) -> str:
    near = [(abs(start - place), court) for start, court in courts if abs(start - place) <= _MAX_PIECE]
    return min(near)[1] if near else ""


def _declared(organisations: Iterable[Organisation]) -> Iterator[str]:
    return (found for one in organisations if one.vat_id and (found := vat_id(one.vat_id)))


def _pieces(text: str) -> list[str]:
    """Cut a text into what stands alone: lines, and parts of lines that stand for lines; labels keep their colon."""
    found: list[str] = []
    for line in text.split("\n"):
        label, rest = _labelled(" ".join(line.split()))
        found += [label] if label else []
        found += [piece for piece in _DIVIDERS.split(rest) if piece]
    return found


def _labelled(line: str) -> tuple[str, str]:
    match = _LABEL.match(line)
    return (match[0].strip(), line[match.end() :]) if match else ("", line)


def _operator(pieces: list[str]) -> list[str]:
    """Return the pieces up to where others are named: behind the first address, if there is one at all."""
    first = _first_place(pieces)
    ends = [place for place, piece in enumerate(pieces) if place > first and _CLOSERS.match(piece)]
    return pieces[: ends[0]] if ends and first >= 0 else pieces


def _first_place(pieces: Sequence[str]) -> int:
    """Return the position of the first piece with postcode and city, -1 without one."""
    return next((place for place in range(len(pieces)) if _places_at(pieces, place)), -1)


def _places_at(pieces: Sequence[str], place: int) -> list[Place]:
    piece = pieces[place]
    # In tables, postcode and city stand in cells of their own.
    whole = f"{piece} {pieces[place + 1]}" if piece.isdecimal() and place + 1 < len(pieces) else piece
    return [found for match in _PLACE.finditer(whole[:_MAX_PIECE]) if (found := _place(match)) is not None]


def _place(match: re.Match[str]) -> Place | None:
    city = (match["city"] or match["town"]).strip(" .-–(")
    other = _NO_POSTCODE.search(match.string[: match.start()]) or _NO_CITY.match(city) or _FORM.search(city)
    return None if other or not city else Place(match["long"] or match["short"], city)


def _names(pieces: Sequence[str]) -> list[str]:
    """Return the names in the pieces; those of the block that the first address ends come first."""
    block = _block(pieces)
    return [
        *(name for piece in block for name in _firms(piece)),
        *(piece for piece in block if _is_name(piece)),
        *(name for piece in pieces for name in _firms(piece)),
        *_announced(pieces),
    ]


def _block(pieces: Sequence[str]) -> Sequence[str]:
    """Return what stands right above the first address, from the line that opens it on."""
    first = _first_place(pieces)
    above = pieces[max(0, first - _BLOCK) : first] if first > 0 else []
    opened = [place for place, piece in enumerate(above) if _OPENERS.match(piece)]
    return above[opened[-1] + 1 :] if opened and opened[-1] + 1 < len(above) else above[-_UNOPENED:]


def _announced(pieces: Sequence[str]) -> Iterator[str]:
    """Yield what stands behind a label that announces the one who runs the site."""
    for label, piece in pairwise(pieces):
        if label.endswith(":") and _OPENERS.match(label) and _is_name(piece):
            yield piece


def _is_name(piece: str) -> bool:
    letters = sum(char.isalpha() for char in piece)
    if letters < _MIN_LETTERS or len(piece) > _MAX_NAME or piece[0].isdecimal():
        return False
    other = _NO_NAME.match(piece) or _STREET.search(piece) or _PLACE.search(piece)
    return not (other or "@" in piece or piece.endswith((":", ".", "!", "?")))


def _firms(piece: str) -> Iterator[str]:
    """Yield the names with a legal form in a piece: the capitalised words before the form, and the form."""
    start = 0
    for form in _FORM.finditer(piece):
        name = _firm(piece[start : form.start()], form[0])
        start = form.end()
        if name:
            yield name


def _firm(before: str, form: str) -> str:
    tokens = re.split(r"[:|•·–—©®;,()\"„“”»«]", before[-_MAX_PIECE:])[-1].split()
    run = tokens if _is_whole(tokens) else _capitalised(tokens)
    while run and _LEADERS.fullmatch(run[0]):
        run = run[1:]
    gap = "" if run and run[-1].endswith("-") else " "
    return f"{' '.join(run)}{gap}{form}" if any(char.isalnum() for char in "".join(run)) else ""


def _is_whole(tokens: Sequence[str]) -> bool:
    """Say whether words before a legal form are a name and no sentence; a name may begin in lower case."""
    return len(tokens) <= _MAX_WORDS and not any(
        token[0].islower() and token not in _LINKS and token not in _ARTICLES for token in tokens[1:]
    )


def _capitalised(tokens: Sequence[str]) -> list[str]:
    kept = takewhile(lambda token: token[0].isupper() or token[0].isdecimal() or token in _LINKS, reversed(tokens))
    return list(kept)[:_MAX_WORDS][::-1]


def _distinct(found: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(found))[:_MAX_FOUND]
