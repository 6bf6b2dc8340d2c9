"""Results as lists: the formats that commands offer, and where the files go."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from potenzial.commands.output import stdout
from potenzial.errors import QuestionError
from potenzial.lookalikes.sheet import csv_text, write_csv, write_xlsx
from potenzial.project import Project

Format = Literal["table", "json", "csv", "xlsx"]


@dataclass(frozen=True)
class Sheet:
    """A readable frame with the name of its file, the title of its workbook, and what its rows are called."""

    frame: pl.DataFrame
    name: str
    title: str
    rows: str


def format_of(kind: str, *, as_json: bool) -> Format:
    """Choose how to print.

    Raises:
        QuestionError: there is no such format.
    """
    chosen = "json" if as_json else kind
    for one in get_args(Format):
        if chosen == one:
            return one  # type: ignore[no-any-return]  # get_args forgets that these are the literals
    raise QuestionError(f"--format takes {', '.join(get_args(Format))}, not {kind!r}.")


def written(sheet: Sheet, project: Project, kind: Format, path: Path | None) -> None:
    """Write CSV to stdout unless a file is named; a workbook always goes to a file."""
    language = project.config.report.language
    if kind == "csv" and path is None:
        sys.stdout.write(csv_text(sheet.frame, language))
        return
    target = path or project.out / f"{sheet.name}.xlsx"
    if kind == "csv":
        write_csv(sheet.frame, target, language)
    else:
        write_xlsx(sheet.frame, target, f"Potenzial: {sheet.title}")
    stdout().print(f"{sheet.frame.height:,} {sheet.rows}: {target}", soft_wrap=True)
