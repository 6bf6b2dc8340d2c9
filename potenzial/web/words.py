"""The words of the pages, one folder of catalogues per language, and which language a reader gets."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

from potenzial.report.numbers import Language, Numbers
from potenzial.report.texts import Texts, load_texts
from scoring.config import Target
from scoring.target import all_named

#: The cookie that keeps the language once it was chosen.
COOKIE: Final = "potenzial_language"
LANGUAGES: Final[tuple[Language, ...]] = ("de", "en")
_LONGEST_HEADER: Final = 500


@dataclass(frozen=True)
class Words:
    """Everything that is said in one language: the pages' own sentences, the report's names, and number formats."""

    language: Language
    sentences: Mapping[str, str]
    report: Texts
    numbers: Numbers

    def say(self, key: str, gaps: Mapping[str, str] | None = None) -> str:
        """The sentence of that key with its gaps filled; KeyError when the key or a gap is missing."""
        return self.sentences[key].format_map(gaps or {})

    def counted(self, key: str, count: int, gaps: Mapping[str, str] | None = None) -> str:
        """The sentence for one or many (`KEY_one`, `KEY_many`); its gap `n` is the count."""
        form = f"{key}_one" if count == 1 else f"{key}_many"
        return self.say(form, {"n": self.numbers.count(count), **(gaps or {})})

    def known(self, table: str, key: str) -> str:
        """The word of that table, or the key itself where there is none."""
        return self.sentences.get(f"{table}.{key}", key)

    def source(self, source: str) -> str:
        """Where a fact comes from, in words."""
        return self.sentences.get(f"source.{source}", self.sentences["source.inferred"])

    def name(self, kind: str, value: str) -> str:
        """The word for a value such as a class or an action, or the value itself when it has none."""
        return self.report.name(kind, value)


def load_words(language: Language, target: Target = "revenue") -> Words:
    """Read the catalogues that ship with the package, in the name of what the EUR are.

    A sentence is named `TABLE.KEY`, whatever its file.
    """
    folder = resources.files("potenzial.web") / "catalogue" / language
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    sentences = {
        f"{table}.{key}": text
        for file in files
        for table, keys in tomllib.loads(file.read_text(encoding="utf-8")).items()
        for key, text in keys.items()
    }
    return Words(language, all_named(sentences, target), load_texts(language, target), Numbers(language))


def load_catalogues(target: Target = "revenue") -> dict[Language, Words]:
    """Read the catalogues of all languages."""
    return {language: load_words(language, target) for language in LANGUAGES}


def chosen(asked: str | None, kept: str | None, header: str | None, default: Language) -> Language:
    """The language that was asked for just now or kept from earlier, else the browser's first that there is."""
    wishes = (part.partition(";") for part in (header or "")[:_LONGEST_HEADER].split(","))
    ranked = sorted(wishes, key=lambda wish: -_weight(wish[2]))
    for wish in (asked, kept, *(name.strip()[:2].lower() for name, _, _ in ranked)):
        if known := _known(wish):
            return known
    return default


def _known(wish: str | None) -> Language | None:
    known: dict[str, Language] = {"de": "de", "en": "en"}
    return known.get(wish or "")


def _weight(parameter: str) -> float:
    """The weight of `q=0.8` in an Accept-Language header (RFC 9110); 1 without one."""
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
