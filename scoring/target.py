"""What the EUR of a stock are, revenue or contribution margin, and texts that say so."""

import re
from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Final

from scoring.config import Target
from scoring.wording import Words
from scoring.wording_de import GERMAN
from scoring.wording_en import ENGLISH

#: Words for revenue and their counterparts; both German nouns are masculine, so that articles stay right. A word in
#: braces is a gap of a sentence, not a word.
_TERMS: Final = (
    (r"kauf(?:t|en) weniger, als vergleichbare Kunden kaufen", "mit weniger Deckungsbeitrag als vergleichbare Kunden"),
    (r"buys? less than comparable customers do", "with less contribution margin than comparable customers"),
    (r"kaufen heute schon mehr", "bringen heute schon mehr"),
    (r"kaufen so viel", "bringen so viel"),
    (r"than intended buy", "than intended bring"),
    (r"kauft im Jahr", "Deckungsbeitrag im Jahr"),
    (r"buys a year", "contribution margin a year"),
    (
        r"So viel kaufen vergleichbare Kunden typischerweise im Jahr; das Potenzial ist, was starke unter ihnen kaufen",
        "So viel Deckungsbeitrag bringen vergleichbare Kunden typisch im Jahr; das Potenzial ist, was starke bringen",
    ),
    (
        r"So much do comparable customers typically buy in a year; the potential is what strong ones among them buy",
        "So much margin do comparable customers typically bring in a year; the potential is what strong ones bring",
    ),
    (r"\(Spalte revenue\)", "(Spalte margin)"),
    (r"\(column revenue\)", "(column margin)"),
    (r"Umsatzes\b", "Deckungsbeitrags"),
    (r"Umsatz(?=[a-zäöü])", "Deckungsbeitrags"),
    (r"Umsatz", "Deckungsbeitrag"),
    (r"Umsätze", "Deckungsbeiträge"),
    (r"umsatz\b", "deckungsbeitrag"),
    (r"(?<!\{)\brevenues\b", "contribution margins"),
    (r"(?<!\{)\brevenue\b(?!\})", "contribution margin"),
    (r"\bRevenue\b", "Contribution margin"),
)

#: Sentences that speak of buying for so many EUR: a customer buys for revenue, and brings contribution margin.
_BRINGS_DE: Final = MappingProxyType(
    {
        "range": "{} bringen typisch {} Deckungsbeitrag, starke {} im Jahr; {}",
        "strong_only": "starke {} bringen {} Deckungsbeitrag im Jahr; {}",
        "typical_only": "{} bringen typisch {} Deckungsbeitrag im Jahr",
        "at_top": "bringt mit {} Deckungsbeitrag schon so viel wie starke {} (typisch {})",
        "near_best": "bringt mit {} Deckungsbeitrag fast so viel wie im besten der letzten drei Jahre ({})",
        "best_year": "Brachte im besten der letzten drei Jahre {} Deckungsbeitrag",
        "best_year_today": "Brachte im besten der letzten drei Jahre {} Deckungsbeitrag; {}",
        "outlier": "bringt {} Deckungsbeitrag, vergleichbare Kunden typisch nur {}",
        "negative": "Deckungsbeitrag der letzten 12 Monate ist negativ ({}): Preise, Kosten und Gutschriften prüfen",
        "weak_peers": "Die ähnlichsten Kunden bringen wenig Deckungsbeitrag: {} von {} sind C-Kunden",
        "half_below": "Die Hälfte der vergleichbaren Kunden bringt unter {} Deckungsbeitrag im Jahr",
    }
)
_BRINGS_EN: Final = MappingProxyType(
    {
        "range": "{} typically bring a contribution margin of {}, strong ones {} a year; {}",
        "strong_only": "strong {} bring a contribution margin of {} a year; {}",
        "typical_only": "{} typically bring a contribution margin of {} a year",
        "at_top": "already brings a contribution margin of {}, as much as strong {} (typically {})",
        "near_best": "brings a contribution margin of {}, almost as much as in the best of the last three years ({})",
        "best_year": "Brought a contribution margin of {} in the best of the last three years",
        "best_year_today": "Brought a contribution margin of {} in the best of the last three years; {}",
        "outlier": "brings a contribution margin of {}, comparable customers typically only {}",
        "negative": "Contribution margin of the last 12 months is negative ({}): check prices, costs and credit notes",
        "weak_peers": "The most similar customers bring little contribution margin: {} of {} are C customers",
        "half_below": "Half of the comparable customers bring a contribution margin below {} a year",
    }
)


def named(text: str, target: Target) -> str:
    """Say a German or English text, which speaks of revenue, of the target; gaps in braces keep their names."""
    if target == "revenue":
        return text
    for term, counterpart in _TERMS:
        text = re.sub(term, counterpart, text)
    return text


def all_named(texts: Mapping[str, str], target: Target) -> dict[str, str]:
    """Say all texts of a catalogue of the target."""
    return {key: named(text, target) for key, text in texts.items()}


def list_words(target: Target) -> tuple[Words, Words]:
    """What the lists say of the target, in German and English."""
    if target == "revenue":
        return GERMAN, ENGLISH
    return _brought(GERMAN, _BRINGS_DE), _brought(ENGLISH, _BRINGS_EN)


def _brought(words: Words, brings: Mapping[str, str]) -> Words:
    said: dict[str, Any] = {one.name: _said(getattr(words, one.name)) for one in fields(words)}
    said.update(brings)
    return Words(**said)


def _said(value: object) -> object:
    return named(value, "margin") if isinstance(value, str) else value
