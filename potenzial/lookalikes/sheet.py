"""Companies found as CSV and XLSX, in the language and number format of the project's report."""

import io
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from potenzial.lookalikes.wording import WORDS, Words
from potenzial.report.numbers import Language
from potenzial.report.texts import load_texts
from potenzial.spreadsheet import safe
from scoring.config import Target
from scoring.schema import POTENTIAL_CLASSES, REVENUE_CLASSES
from scoring.target import named

#: Between the parts of one cell.
_JOINT: Final = "; "
_WHOLE: Final = ("revenue", "potential", "potential_low", "potential_high", "headcount")
_CLASSES: Final = ("class_revenue", "class_potential")
#: Phrases in one cell, on each side.
_QUOTED: Final = 5
_SEPARATORS: Final = MappingProxyType({"de": ";", "en": ","})


def readable(
    frame: pl.DataFrame, columns: Sequence[str], language: Language, target: Target = "revenue"
) -> pl.DataFrame:
    """Name the columns and values of HITS or PROSPECTS as readers of a spreadsheet expect, in the order of `columns`.

    Amounts are whole EUR; text that a spreadsheet would take for a formula gets a leading apostrophe.
    """
    words = WORDS[language]
    worded = frame.with_columns(_worded(frame, words))
    chosen = worded.select(columns)
    guarded = chosen.with_columns(safe(name) for name, dtype in chosen.schema.items() if dtype == pl.String)
    return guarded.rename({name: named(words.headings[name], target) for name in columns})


def _worded(frame: pl.DataFrame, words: Words) -> list[pl.Expr | pl.Series]:
    """What of a table has to be put into words; both tables have amounts and an industry, only HITS has phrases."""
    label = "industry_label" if words.language == "de" else "industry_label_en"
    texts = load_texts(words.language)
    classes = {name: texts.name("class", name) for name in (*REVENUE_CLASSES, *POTENTIAL_CLASSES)}
    phrases = [name for name in ("shared", "own") if name in frame.columns]
    quoted = (pl.Series(name, [_phrases(cell, words) for cell in frame[name]], pl.String) for name in phrases)
    said = [pl.col("band").replace(dict(words.bands)), pl.col(f"differs_{words.language}").alias("differs")]
    amounts = [name for name in _WHOLE if name in frame.columns]
    return [
        *quoted,
        pl.col([name for name in _CLASSES if name in frame.columns]).replace(classes),
        *(said if phrases else []),
        pl.coalesce(label, "industry_label").alias("industry_label"),
        pl.col(amounts).round(0, mode="half_away_from_zero").cast(pl.Int64),
        pl.col("score").round(3),
    ]


def _phrases(cell: Sequence[dict[str, str | None]], words: Words) -> str:
    """`CNC-Fräsen (https://…); Lohnfertigung (https://…)`."""
    return _JOINT.join(f"{phrase['phrase']} ({phrase['url'] or words.own_text})" for phrase in cell[:_QUOTED])


def csv_text(frame: pl.DataFrame, language: Language) -> str:
    """Write a readable frame as CSV with the separators of the language, lines ended by CRLF (RFC 4180)."""
    file = io.StringIO()
    frame.write_csv(
        file,
        separator=_SEPARATORS[language],
        decimal_comma=language == "de",
        line_terminator="\r\n",
        float_precision=3,
    )
    return file.getvalue()


def write_csv(frame: pl.DataFrame, path: Path, language: Language) -> None:
    """Write a readable frame as a CSV file with byte order mark, which spreadsheets need to see that it is UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(csv_text(frame, language), encoding="utf-8-sig", newline="")


def write_xlsx(frame: pl.DataFrame, path: Path, title: str) -> None:
    """Write a readable frame as a workbook of one sheet; text is never taken for a formula or a link.

    Raises:
        OSError: the file cannot be written.
    """
    from xlsxwriter import Workbook  # type: ignore[import-untyped]  # ships no types

    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with Workbook(str(path), options) as workbook:
        workbook.set_properties({"title": title})
        frame.write_excel(
            workbook,
            worksheet="Potenzial",
            table_style="Table Style Light 1",
            dtype_formats={pl.Float64: "0.000", pl.Float32: "0.000", pl.Int64: "#,##0"},
            freeze_panes=(1, 0),
            autofit=True,
        )
