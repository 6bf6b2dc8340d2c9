"""Catalogues of words, one per language: those of the report, and of every package that has its own."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from potenzial.report.numbers import Language
from scoring.config import Target
from scoring.target import all_named


@dataclass(frozen=True)
class Texts:
    """The catalogue of one language: sentences with named gaps."""

    language: Language
    sentences: Mapping[str, str]

    def say(self, key: str, gaps: Mapping[str, str] | None = None) -> str:
        """The sentence of that key with its gaps filled; KeyError when the key or a gap is missing."""
        return self.sentences[key].format_map(gaps or {})

    def name(self, kind: str, value: str) -> str:
        """The word for a value such as a class or a verdict, or the value itself when it has none."""
        return self.sentences.get(f"{kind}.{value}", value)

    def words(self, kind: str) -> dict[str, str]:
        """All values of a kind with their words."""
        start = f"{kind}."
        return {key.removeprefix(start): word for key, word in self.sentences.items() if key.startswith(start)}


def load_texts(language: Language, target: Target = "revenue") -> Texts:
    """The report's catalogue, with the name of what the EUR are."""
    return catalogue("potenzial.report", language, target)


def catalogue(package: str, language: Language, target: Target = "revenue") -> Texts:
    """The catalogue that ships with a package, with the name of what the EUR are; a sentence is named `TABLE.KEY`."""
    file = resources.files(package) / "catalogue" / f"{language}.toml"
    return Texts(language, all_named(_flat(tomllib.loads(file.read_text(encoding="utf-8"))), target))


def _flat(tables: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {f"{table}.{key}": text for table, keys in tables.items() for key, text in keys.items()}
