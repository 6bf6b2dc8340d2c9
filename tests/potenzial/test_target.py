"""What the EUR are called: revenue or contribution margin."""

import re
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from potenzial.report.numbers import Language
from potenzial.report.texts import load_texts
from potenzial.web.words import load_words
from scoring.target import list_words, named
from scoring.wording import Words

if TYPE_CHECKING:
    from scoring.config import Target

LANGUAGES: tuple[Language, ...] = ("de", "en")


def spoken(text: str) -> str:
    """What is said of a sentence, without the names of its gaps."""
    return re.sub(r"\{[^}]*\}", "", text).lower()


def sentences(words: Words) -> list[str]:
    """All sentences of the lists."""
    values = (getattr(words, one.name) for one in fields(words))
    return [value for value in values if isinstance(value, str)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_speaks_of_revenue_where_margin_counts(language: Language) -> None:
    """Report and web page say contribution margin throughout, and revenue throughout without it."""
    silent: dict[Target, str] = {"margin": "umsatz|umsätze|revenue", "revenue": "deckungsbeitr|contribution"}
    for target, words in silent.items():
        texts = load_texts(language, target).sentences | load_words(language, target).sentences
        assert [text for text in texts.values() if re.search(words, spoken(text))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_gaps_stay_as_they_are(language: Language) -> None:
    """A sentence of contribution margin takes the same gaps as that of revenue."""
    plain, said = load_texts(language).sentences, load_texts(language, "margin").sentences
    gaps = {key: re.findall(r"\{[^}]*\}", text) for key, text in plain.items()}
    assert {key: re.findall(r"\{[^}]*\}", text) for key, text in said.items()} == gaps


def test_reasons_speak_of_what_customers_bring() -> None:
    """Reasons take the same figures, name contribution margin, and never say that somebody buys for it."""
    for plain, said in zip(list_words("revenue"), list_words("margin"), strict=True):
        assert [text.count("{}") for text in sentences(plain)] == [text.count("{}") for text in sentences(said)]
        whole = " ".join(sentences(said))
        assert not re.search(r"umsatz|umsätze|revenue", whole, re.IGNORECASE)
        assert not re.search(
            r"\b(kauft|kaufen|kaufte|buys?|bought) (mit |typically |typisch )?\{", whole, re.IGNORECASE
        )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("20 % des Umsatzes", "20 % des Deckungsbeitrags"),
        ("eine andere Umsatzklasse", "eine andere Deckungsbeitragsklasse"),
        ("bester Jahresumsatz", "bester Jahresdeckungsbeitrag"),
        ("Ergänzen Sie Umsätze (Spalte revenue).", "Ergänzen Sie Deckungsbeiträge (Spalte margin)."),
        ("Revenue {revenue} of all revenues", "Contribution margin {revenue} of all contribution margins"),
    ],
)
def test_forms_of_the_word(text: str, said: str) -> None:
    """Cases, plurals and compounds are put right, names of gaps are not touched."""
    assert named(text, "margin") == said
    assert named(text, "revenue") == text
