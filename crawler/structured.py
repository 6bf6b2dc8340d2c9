"""Organisations in the JSON-LD of a page, in the words of schema.org; pure.

Sites write much that is not quite JSON or not quite schema.org, so whatever cannot be read is passed over.
"""

import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

from crawler.page import Organisation

Node: TypeAlias = dict[str, object]

_MAX_BLOCKS: Final = 20
_MAX_CHARS: Final = 300_000
_MAX_NODES: Final = 5_000
_MAX_FOUND: Final = 10
_MAX_VALUE: Final = 200
_MAX_EMPLOYEES: Final = 10_000_000
# Only what ends in one of these is an organisation, but for those that are not (schema.org 29).
_ORGANISATION: Final = re.compile(
    r"(organization|business|corporation|company|store|shop|dealer|repair|contractor|agency|agent|brewery|bakery|winery"
    r"|distillery|restaurant|hotel|motel|hostel|salon|pharmacy|clinic|dentist|physician|hospital|attorney|notary"
    r"|electrician|plumber|locksmith|florist|cooperative|consortium|library|school|university|ngo|airline"
    r"|accountingservice|financialservice|legalservice|professionalservice|homeandconstruction\w*|generalcontractor"
    r"|housepainter|roofing\w*|movingcompany|autorental|autowash|gasstation|employmentagency|selfstorage|drycleaningorlaundry"
    r"|taxiservice|emergencyservice|lodging\w*|internetcafe|childcare|recyclingcenter|animalshelter|newsmedia\w*)$"
)
_SCHEMA: Final = re.compile(r"^(?:https?://(?:www\.)?schema\.org/|schema:)", re.IGNORECASE)
# Organisations below these are others than the one behind the page.
_OTHERS: Final = frozenset(
    {
        "affiliation",
        "alumniof",
        "award",
        "brand",
        "customer",
        "funder",
        "isrelatedto",
        "itemreviewed",
        "knowsabout",
        "manufacturer",
        "memberof",
        "member",
        "parentorganization",
        "recognizedby",
        "review",
        "reviews",
        "reviewedby",
        "sponsor",
        "suborganization",
        "subjectof",
        "supplier",
        "mentions",
        "citation",
    }
)
_WRAPPING: Final = re.compile(
    r"^\s*(?:<!--|/\*\s*<!\[CDATA\[\s*\*/|//\s*<!\[CDATA\[|<!\[CDATA\[)|(?:-->|(?:/\*|//)?\s*\]\]>\s*(?:\*/)?)\s*$"
)
_TRAILING_COMMA: Final = re.compile(r",(\s*[}\]])")
_YEAR: Final = re.compile(r"(?<!\d)(1[2-9]\d\d|20\d\d)(?!\d)")
_NUMBER: Final = re.compile(r"\d{1,3}(?:[.,' ’]\d{3})+(?!\d)|\d+")
_VAT_ID: Final = re.compile(r"^\s*(?:DE|ATU|CHE)[\d .-]{6,}", re.IGNORECASE)


def organisations(blocks: Iterable[str]) -> tuple[Organisation, ...]:
    """Return the organisations that scripts of type "application/ld+json" describe, in their order, each once.

    Of a number of employees given as a range the middle counts. Other companies that a page tells of, such as makers
    of its products, are left out.
    """
    roots = [_decoded(block) for _, block in zip(range(_MAX_BLOCKS), blocks, strict=False)]
    nodes = [node for root in roots for node in _nodes(root)][:_MAX_NODES]
    by_id = {str(node["@id"]): node for node in nodes if "@id" in node and len(node) > 1}
    found = (_organisation(node, by_id) for node in nodes if _is_organisation(node))
    return tuple(dict.fromkeys(each for each in found if each != _NOTHING))[:_MAX_FOUND]


_NOTHING: Final = Organisation()


def _decoded(block: str) -> object:
    text = _WRAPPING.sub("", block[:_MAX_CHARS]).strip().rstrip(";")
    for attempt in (text, _TRAILING_COMMA.sub(r"\1", text)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _nodes(root: object) -> Iterator[Node]:
    """Yield all objects in a value, outer ones first, without those that belong to others."""
    waiting, seen = [root], 0
    while waiting and seen < _MAX_NODES:
        value = waiting.pop()
        seen += 1
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, dict):
            yield value
            waiting.extend(inner for key, inner in reversed(value.items()) if key.lower() not in _OTHERS)


def _is_organisation(node: Node) -> bool:
    return any(_ORGANISATION.search(_SCHEMA.sub("", name).lower()) for name in _texts(node.get("@type")))


def _organisation(node: Node, by_id: dict[str, Node]) -> Organisation:
    address = _address(node, by_id)
    return Organisation(
        name=_text(node.get("legalName")) or _text(node.get("name")),
        street=_text(address.get("streetAddress")),
        postcode=_text(address.get("postalCode")),
        city=_text(address.get("addressLocality")),
        vat_id=_vat_id(node),
        employees=_employees(_resolved(node.get("numberOfEmployees"), by_id)),
        founded=_year(node.get("foundingDate")),
    )


def _address(node: Node, by_id: dict[str, Node]) -> Node:
    """Return the postal address of an organisation or of its place; one written as plain text counts as its street."""
    place = _resolved(node.get("location"), by_id)
    for value in (node.get("address"), place.get("address") if isinstance(place, dict) else None):
        found = _resolved(value, by_id)
        if isinstance(found, dict):
            return found
        if isinstance(found, str):
            return {"streetAddress": found}
    return {}


def _resolved(value: object, by_id: dict[str, Node]) -> object:
    """Return the first of several values, and what it refers to if it is a reference."""
    value = next(iter(value), None) if isinstance(value, list) else value
    return by_id.get(str(value.get("@id")), value) if isinstance(value, dict) and len(value) == 1 else value


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [each for each in values[:_MAX_FOUND] if isinstance(each, str)]


def _text(value: object) -> str:
    """Return a value as one line; of several languages or spellings the first."""
    value = next(iter(value), None) if isinstance(value, list) else value
    value = value.get("@value", value.get("name")) if isinstance(value, dict) else value
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return " ".join("".join(char if char.isprintable() else " " for char in str(value)[: 2 * _MAX_VALUE]).split())[
        :_MAX_VALUE
    ]


def _vat_id(node: Node) -> str:
    tax_id = _text(node.get("taxID"))
    return _text(node.get("vatID")) or (tax_id if _VAT_ID.match(tax_id) else "")


def _employees(value: object) -> int | None:
    if isinstance(value, dict):
        ends = [_number(value.get(key)) for key in ("minValue", "maxValue")]
        known = [end for end in ends if end is not None]
        single = _number(value.get("value"))
        return single if single is not None else (sum(known) // len(known) if known else None)
    return _number(value)


def _number(value: object) -> int | None:
    """Return a number of people; text such as "10-50" counts as a range."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        numbers = [int(re.sub(r"\D", "", match)) for match in _NUMBER.findall(value[:_MAX_VALUE])[:2]]
        number = sum(numbers) // len(numbers) if numbers else -1
    else:
        number = int(value) if math.isfinite(value) else -1
    return number if 0 <= number <= _MAX_EMPLOYEES else None


def _year(value: object) -> int | None:
    match = _YEAR.search(_text(value))
    return int(match[0]) if match else None
