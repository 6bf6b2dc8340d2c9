"""Lists that are handed to people: CSV or XLSX in their language, safe to open in a spreadsheet."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from potenzial.lookalikes.sheet import write_csv, write_xlsx
from potenzial.report.numbers import Language
from potenzial.report.texts import Texts, load_texts
from potenzial.spreadsheet import safe
from scoring.config import Target

#: Headings that the catalogue of the report does not have.
_HEADINGS: Final[Mapping[Language, Mapping[str, str]]] = MappingProxyType(
    {
        "de": {
            "feedback": "Rückmeldung",
            "comment": "Kommentar",
            "estimate": "Eigene Schätzung (EUR/Jahr)",
            "list": "Liste",
        },
        "en": {
            "feedback": "feedback",
            "comment": "comment",
            "estimate": "own estimate (EUR/year)",
            "list": "list",
        },
    }
)
_NAMED: Final = MappingProxyType({"class_revenue": "class", "class_potential": "class", "action": "action"})


def write_handout(frame: pl.DataFrame, path: Path, language: Language, target: Target = "revenue") -> None:
    """Write columns of POTENTIAL, and those that people fill in, as CSV or, by the name of the file, XLSX."""
    readable = worded(frame, language, target)
    if path.suffix.lower() == ".xlsx":
        write_xlsx(readable, path, path.stem)
    else:
        write_csv(readable, path, language)


def _named(values: pl.Series, kind: str, texts: Texts) -> pl.Series:
    words = [None if value is None else texts.name(kind, value) for value in values]
    return pl.Series(values.name, words, pl.String)


def worded(frame: pl.DataFrame, language: Language, target: Target = "revenue") -> pl.DataFrame:
    """Name columns and classes in a language; amounts are whole EUR, and no text is a formula."""
    texts = load_texts(language, target)
    named = [_named(frame[column], kind, texts) for column, kind in _NAMED.items() if column in frame.columns]
    whole = [name for name, dtype in frame.schema.items() if dtype == pl.Float64]
    said = frame.with_columns(*named, pl.col(whole).round(0, mode="half_away_from_zero").cast(pl.Int64))
    guarded = said.with_columns(safe(name) for name, dtype in said.schema.items() if dtype == pl.String)
    own = _HEADINGS[language]
    return guarded.rename({name: own.get(name) or texts.say(f"export.{name}") for name in frame.columns})
