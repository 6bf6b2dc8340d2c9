"""What was not taken over, row by row and value by value, as a table and as a file for Excel."""

import csv
import re
from pathlib import Path

import polars as pl

from potenzial.ingest.schema import REJECTS, VALUE_IGNORED
from potenzial.spreadsheet import FORMULA

_FORMULA = re.compile(FORMULA)
_NUMBER = re.compile(r"[+-]?[0-9.,]+")
#: Longest value shown in a reject.
MAX_VALUE_CHARS = 200


def problems(
    bad: pl.DataFrame, ours: str, column: str, reason: str | pl.Expr, effect: str = VALUE_IGNORED
) -> pl.DataFrame:
    """List the rows of `bad` (with `line`, `lines`, `customer_id` and the column `ours`) as problems of that column.

    The result has the columns of `REJECTS` but for `original`, and `lines`.
    """
    return bad.select(
        "line",
        "lines",
        "customer_id",
        pl.lit(column, pl.String).alias("column"),
        pl.col(ours).str.slice(0, MAX_VALUE_CHARS).alias("value"),
        (pl.lit(reason) if isinstance(reason, str) else reason).alias("reason"),
        pl.lit(effect).alias("effect"),
    )


def with_originals(listed: pl.DataFrame, originals: pl.DataFrame) -> pl.DataFrame:
    """Join rows as they stand in the file to problems; gives `REJECTS` in the order of the file."""
    joined = listed.join(originals, on="line", how="left")
    return joined.select(*REJECTS).sort("line", "effect", "column", nulls_last=True).match_to_schema(REJECTS)


def write_rejects(rejects: pl.DataFrame, path: Path) -> None:
    """Write `REJECTS` as a CSV that a German Excel opens by double click; without rejects no file is left.

    Cells that Excel would run as formulas get an apostrophe in front; plain numbers such as -5 stay as they are.
    """
    if rejects.is_empty():
        path.unlink(missing_ok=True)
        return
    part = path.with_name(path.name + ".partial")
    with part.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow(rejects.columns)
        writer.writerows([_harmless(cell) for cell in row] for row in rejects.iter_rows())
    part.replace(path)


def _harmless(cell: str | int | None) -> str | int | None:
    if isinstance(cell, str) and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
