"""Is a website the company's? What its Impressum says is held against the company's address; pure.

Two signs have to agree before a site counts as own: the name and the place, or a number that only one company has (VAT
id, register). One sign alone leaves a doubt: names such as "Müller" are common, and one building houses many firms.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import groupby, pairwise
from typing import Final

import msgspec
import polars as pl

from crawler import ownership_words as say
from crawler.address import registrable
from crawler.company_names import Likeness, Word, likeness, plain, words
from crawler.imprint import Imprint, Register, read_imprint, registers, section, vat_id
from crawler.ownership_words import Said
from crawler.page import Organisation
from crawler.schema import ADDRESSES, ORGANISATIONS, OWNERSHIP, PAGES

#: So far from the postcode may the name stand, in characters, for both to be one address.
_NEAR: Final = 250
_MAX_TEXT: Final = 200_000
_MIN_WORD_OF_DOMAIN: Final = 4
_MIN_INITIALS: Final = 3
_COUNTRY_OF_VAT: Final = 2
#: First words of the names of many cities, which do not tell them apart.
_CITY_LEADERS: Final = frozenset({"bad", "sankt", "st", "gross", "klein", "neu", "alt", "ober", "unter", "markt"})


class Ownership(StrEnum):
    """Whose website it is."""

    OWN = "own"
    DOUBTFUL = "doubtful"
    FOREIGN = "foreign"


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """A company as an address file knows it, "" where something is not known; `guessed` when its site was."""

    name: str
    postcode: str = ""
    city: str = ""
    vat_id: str = ""
    register_number: str = ""
    guessed: bool = False


class Match(msgspec.Struct, frozen=True):
    """Whose website it is, with the evidence in words of both languages."""

    ownership: Ownership
    evidence: Said


class SitePage(msgspec.Struct, frozen=True):
    """Kind (one of `schema.PAGE_KINDS`) and text of a page."""

    kind: str
    text: str


class _Signs(msgspec.Struct, frozen=True):
    """What agrees between an Impressum and an address; None where one of them does not say."""

    name: Likeness
    named: str
    postcode: bool | None
    city: bool | None
    vat: bool | None
    register: str

    @property
    def place(self) -> bool | None:
        """Whether the places agree, by postcode or by city: large companies have postcodes of their own."""
        if self.postcode or self.city:
            return True
        return None if self.postcode is None and self.city is None else False


def match(address: Address, imprint: Imprint, site: str, other_text: str) -> Match:
    """Say whether a site is the company's; `other_text`, that of its other pages, speaks where the Impressum is silent.

    A site that was guessed is own only by what the Impressum says, and not by the city alone.
    """
    signs = _signs(address, imprint)
    found = _by_numbers(address, imprint, signs) or _by_name(address, imprint, signs, site, other_text)
    return Match(found.ownership, say.listed((_named(imprint, signs), found.evidence)))


def site_imprint(pages: Sequence[SitePage], organisations: Sequence[Organisation]) -> Imprint:
    """Read who runs a site out of its pages: its Impressum, such a part of another page, or its contact page."""
    texts = [page.text for page in pages if page.kind == "impressum"] or [section(page.text) for page in pages]
    imprint = read_imprint("\n".join(text for text in texts if text), organisations)
    if imprint.names and imprint.places:
        return imprint
    contact = "\n".join(page.text for page in pages if page.kind == "contact")
    more = read_imprint(contact)
    return msgspec.structs.replace(
        imprint,
        names=imprint.names or more.names,
        places=imprint.places or more.places,
        vat_ids=imprint.vat_ids or more.vat_ids,
        registers=imprint.registers or more.registers,
        source=imprint.source if imprint.names or not more.source else "contact page",
    )


def judge_ownership(addresses: pl.DataFrame, pages: pl.DataFrame, organisations: pl.DataFrame) -> pl.DataFrame:
    """Say for each address whether the site it names is the company's.

    Args:
        addresses: `schema.ADDRESSES`; several may name one site.
        pages: `schema.PAGES` of these sites; a site without pages is not judged.
        organisations: `schema.ORGANISATIONS` of these sites.

    Returns:
        `schema.OWNERSHIP`, sorted by id and site.
    """
    claimed = addresses.match_to_schema(ADDRESSES).sort("site", "id")
    told = _organisations(organisations.match_to_schema(ORGANISATIONS))
    texts = _site_pages(pages.match_to_schema(PAGES).join(claimed, on="site", how="semi"))
    by_site = {site: list(rows) for site, rows in groupby(claimed.iter_rows(named=True), key=lambda row: row["site"])}
    found = [row for site, read in texts for row in _judged(site, read, told.get(site, []), by_site[site])]
    return pl.DataFrame(found, schema=OWNERSHIP, orient="row").sort("id", "site")


def _judged(
    site: str, pages: Sequence[SitePage], organisations: Sequence[Organisation], rows: Iterable[dict[str, object]]
) -> Iterator[tuple[object, ...]]:
    imprint = site_imprint(pages, organisations)
    text = "\n".join(page.text for page in pages)
    for row in rows:
        found = match(address_of(row), imprint, site, text)
        yield row["id"], site, found.ownership.value, found.evidence.de, found.evidence.en, row["guessed"]


def address_of(row: dict[str, object]) -> Address:
    """Return a row of `schema.ADDRESSES` as a value."""
    known = {name: str(row[name] or "") for name in ("name", "postcode", "city", "vat_id", "register_number")}
    return Address(**known, guessed=bool(row["guessed"]))


def _site_pages(pages: pl.DataFrame) -> Iterator[tuple[str, list[SitePage]]]:
    rows = pages.sort("site", "url").select("site", "kind", "text").iter_rows()
    for site, group in groupby(rows, key=lambda row: str(row[0])):
        yield site, [SitePage(kind or "", text or "") for _, kind, text in group]


def _organisations(table: pl.DataFrame) -> dict[str, list[Organisation]]:
    found: dict[str, list[Organisation]] = {}
    for row in table.sort("site", "url", "name").iter_rows(named=True):
        name, postcode, city, vat = (str(row[key] or "") for key in ("name", "postcode", "city", "vat_id"))
        found.setdefault(row["site"], []).append(Organisation(name=name, postcode=postcode, city=city, vat_id=vat))
    return found


def _signs(address: Address, imprint: Imprint) -> _Signs:
    mine = words(address.name, address.city)
    compared = [(likeness(mine, words(name, address.city)), name) for name in imprint.names]
    best = max(compared, key=lambda pair: pair[0], default=(Likeness.DIFFERENT, ""))
    return _Signs(
        name=best[0],
        named=best[1],
        postcode=_any_equal(_digits(address.postcode), [_digits(place.postcode) for place in imprint.places]),
        city=_any_equal(_city(address.city), [_city(place.city) for place in imprint.places]),
        vat=_same_vat(vat_id(address.vat_id), imprint.vat_ids),
        register=_same_register(address.register_number, imprint.registers),
    )


def _any_equal(mine: str, theirs: Sequence[str]) -> bool | None:
    known = [one for one in theirs if one]
    return mine in known if mine and known else None


def _digits(postcode: str) -> str:
    # Spreadsheets eat the leading zero of East German postcodes.
    return re.sub(r"\D", "", postcode).lstrip("0")


def _city(city: str) -> str:
    """Return what a city is told by: "Halle (Saale)" and "Halle/Saale" are one, "Bad Urach" and "Bad Boll" are not."""
    tokens = plain(city).split()
    return " ".join(tokens[: 2 if tokens and tokens[0] in _CITY_LEADERS else 1])


def _same_vat(mine: str, theirs: Sequence[str]) -> bool | None:
    """Compare with the VAT ids of the same country: a company may have one in each."""
    comparable = [one for one in theirs if one[:_COUNTRY_OF_VAT] == mine[:_COUNTRY_OF_VAT]]
    return mine in comparable if mine and comparable else None


def _same_register(mine: str, theirs: Sequence[Register]) -> str:
    """Return the number that both name, "" without one; numbers of different courts are different ones."""
    bare = re.fullmatch(r"\s*0*(\d{3,9})\s*([A-Za-z])?\s*", mine)
    for known in registers(mine):
        for other in theirs:
            if other.number == known.number and _same_court(known.court, other.court):
                return other.number
    wanted = f"{bare[1]}{(bare[2] or '').upper()}" if bare else ""
    return next((other.number for other in theirs if wanted and other.number.lstrip("ABCDEFGHNPRV") == wanted), "")


def _same_court(mine: str, theirs: str) -> bool:
    return not mine or not theirs or _city(mine) == _city(theirs)


def _named(imprint: Imprint, signs: _Signs) -> Said:
    """Say whom the site names, the closest name first."""
    name = signs.named if signs.name > Likeness.DIFFERENT else next(iter(imprint.names), "")
    place = next((f"{one.postcode} {one.city}".strip() for one in imprint.places), "")
    said = ", ".join(part for part in (f'"{name}"' if name else "", place) if part)
    source = say.SOURCES.get(imprint.source, Said(imprint.source, imprint.source))
    return say.NAMES.of(source, said) if said else say.NOTHING


def _by_numbers(address: Address, imprint: Imprint, signs: _Signs) -> Match | None:
    if signs.vat:
        return Match(Ownership.OWN, say.VAT_AGREES.of(vat_id(address.vat_id)))
    if signs.register:
        return Match(Ownership.OWN, say.REGISTER_AGREES.of(signs.register))
    if signs.vat is False:
        alike = signs.name >= Likeness.LIKE and signs.place is not False
        known = say.VAT_DIFFERS.of(", ".join(imprint.vat_ids), vat_id(address.vat_id))
        return Match(Ownership.DOUBTFUL if alike else Ownership.FOREIGN, known)
    return None


def _by_name(address: Address, imprint: Imprint, signs: _Signs, site: str, text: str) -> Match:
    if not imprint.names:
        return _without_name(address, imprint, site, text)
    if signs.name >= Likeness.LIKE:
        return _with_like_name(address, signs, text)
    if signs.name == Likeness.UNCLEAR or signs.place is not False:
        return Match(Ownership.DOUBTFUL, say.AND.of(_degree(signs.name), _place_words(signs)))
    if imprint.source != "Impressum":
        return Match(Ownership.DOUBTFUL, say.OTHERS_UNPROVEN)
    if told := _told(address, text):
        return Match(Ownership.DOUBTFUL, say.OTHERS_BUT_A_PAGE.of(told))
    return Match(Ownership.FOREIGN, say.OTHERS)


def _with_like_name(address: Address, signs: _Signs, text: str) -> Match:
    if _places_suffice(address, signs):
        return Match(Ownership.OWN, say.AND.of(_degree(signs.name), _place_words(signs)))
    told = "" if address.guessed or (signs.place is None and not _digits(address.postcode)) else _told(address, text)
    if told:
        return Match(Ownership.OWN, say.AND_A_PAGE.of(_degree(signs.name), told))
    return Match(Ownership.DOUBTFUL, say.BUT.of(_degree(signs.name), _place_words(signs)))


def _places_suffice(address: Address, signs: _Signs) -> bool:
    """Whether the place is enough beside the name; a name that only holds the other one needs the postcode."""
    if signs.postcode:
        return True
    if signs.city and (signs.postcode is None or not address.guessed):
        return signs.name == Likeness.SAME or signs.postcode is None
    unknown = not (address.postcode or address.city)
    return unknown and signs.name == Likeness.SAME and not address.guessed


def _without_name(address: Address, imprint: Imprint, site: str, text: str) -> Match:
    told = _told(address, text)
    missing = say.NO_COMPANY if imprint.source or imprint.vat_ids else say.NO_IMPRESSUM
    if not told:
        return Match(Ownership.DOUBTFUL, missing)
    if address.guessed or not _sounds_like(site, words(address.name, address.city)):
        return Match(Ownership.DOUBTFUL, say.BUT_A_PAGE.of(missing, told))
    return Match(Ownership.OWN, say.BUT_A_PAGE_AND_DOMAIN.of(missing, told))


def _degree(name: Likeness) -> Said:
    degrees = {Likeness.SAME: say.AGREES, Likeness.LIKE: say.AGREES_IN_PART, Likeness.UNCLEAR: say.SHARES_A_WORD}
    return degrees.get(name, say.ANOTHER)


def _place_words(signs: _Signs) -> Said:
    if signs.postcode:
        return say.POSTCODE_AGREES
    if signs.city:
        return say.CITY_AGREES
    return say.NO_PLACE if signs.place is None else say.ANOTHER_PLACE


def _told(address: Address, text: str) -> str:
    """Return the company's name and place if a text names them close to each other, "" otherwise."""
    wanted = {word.text for word in words(address.name, address.city) if word.kind != "place"}
    place = plain(address.postcode) or plain(address.city)
    if not wanted or not place:
        return ""
    folded = f" {plain(text[:_MAX_TEXT])} "
    for found in re.finditer(f" {re.escape(place)} ", folded):
        near = folded[max(0, found.start() - _NEAR) : found.end() + _NEAR].split()
        if wanted <= {*near, *(first + second for first, second in pairwise(near))}:
            return f'"{address.name}", {" ".join(part for part in (address.postcode, address.city) if part)}'
    return ""


def _sounds_like(site: str, name: Sequence[Word]) -> bool:
    label = plain(registrable(site).partition(".")[0]).replace(" ", "")
    telling = any(word.telling and len(word.text) >= _MIN_WORD_OF_DOMAIN and word.text in label for word in name)
    initials = "".join(word.text[0] for word in name)
    joined = "".join(word.text for word in name)
    return telling or label == joined or (len(initials) >= _MIN_INITIALS and label == initials)
