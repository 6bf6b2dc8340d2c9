"""What is said of companies found, in German and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from potenzial.lookalikes.evidence import Contrast
from potenzial.report.numbers import Language, Numbers


@dataclass(frozen=True, slots=True)
class Words:
    """One language: names of bands, and sentences with gaps."""

    language: Language
    bands: Mapping[str, str]
    own_text: str
    industry: str
    people: str
    headings: Mapping[str, str]


GERMAN: Final = Words(
    "de",
    MappingProxyType({"very": "sehr ähnlich", "similar": "ähnlich", "somewhat": "etwas ähnlich", "hardly": "kaum"}),
    "eigener Text",
    "Branche {}",
    "{} Mitarbeitende statt {}",
    MappingProxyType(
        {
            "rank": "Rang", "customer_id": "Kundennummer", "name": "Name", "postcode": "PLZ", "city": "Ort",
            "band": "Ähnlichkeit", "score": "Punktwert", "closer_than": "näher als (Anteil der Paare)",
            "class_revenue": "Klasse heute", "class_potential": "Klasse Potenzial", "revenue": "Umsatz 12 Monate (EUR)",
            "potential": "Potenzial (EUR im Jahr)", "headcount": "Mitarbeitende", "industry_label": "Branche",
            "website": "Website", "shared": "Gemeinsam", "own": "Nur dort", "differs": "Unterschiede",
            "known_as": "Schon Kunde", "nearest": "Ähnlichste A-Kunden",
            "potential_low": "Potenzial von (EUR)", "potential_high": "Potenzial bis (EUR)",
            "similarity": "Nähe zu A-Kunden",
        }
    ),
)  # fmt: skip
ENGLISH: Final = Words(
    "en",
    MappingProxyType({"very": "very similar", "similar": "similar", "somewhat": "somewhat", "hardly": "hardly"}),
    "own text",
    "industry: {}",
    "{} employees instead of {}",
    MappingProxyType(
        {
            "rank": "rank", "customer_id": "customer id", "name": "name", "postcode": "postcode", "city": "city",
            "band": "similarity", "score": "score", "closer_than": "closer than (share of pairs)",
            "class_revenue": "class today", "class_potential": "class by potential",
            "revenue": "revenue 12 months (EUR)", "potential": "potential (EUR a year)", "headcount": "headcount",
            "industry_label": "industry", "website": "website", "shared": "both", "own": "only there",
            "differs": "differences", "known_as": "already customer", "nearest": "most similar A customers",
            "potential_low": "potential from (EUR)", "potential_high": "potential to (EUR)",
            "similarity": "closeness to A customers",
        }
    ),
)  # fmt: skip
WORDS: Final[Mapping[Language, Words]] = MappingProxyType({"de": GERMAN, "en": ENGLISH})


def differences(found: Contrast, words: Words) -> str:
    """Say in which facts a company differs, on one line; empty where it does not, or nothing is known."""
    numbers, said = Numbers(words.language), list[str]()
    industry = found.industry if words.language == "de" else found.industry_en
    if industry:
        said.append(words.industry.format(industry))
    if found.headcount is not None:
        said.append(words.people.format(numbers.decimal(found.headcount), numbers.decimal(found.usual)))
    return "; ".join(said)
