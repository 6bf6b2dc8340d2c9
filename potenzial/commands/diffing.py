"""The command `diff`: what changed between two kept runs, and by what."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import polars as pl
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from potenzial.commands.output import for_people, for_programs
from potenzial.commands.sheet import Format, Sheet, written
from potenzial.project import open_project
from potenzial.report.numbers import Numbers
from potenzial.runs.between import between
from potenzial.runs.difference import Difference
from potenzial.runs.wording import Wording

_NUMBERS: Final = Numbers("en")
_AMOUNTS: Final = ("revenue", "potential", "headroom_expected")
#: Longest value of a setting that is shown.
_LONGEST: Final = 60


def diff(config_path: Path, runs: tuple[str, str], most: int, kind: Format, path: Path | None) -> None:
    """Compare two kept runs, on the terminal or in a file.

    Raises:
        RunError: a run is not there or damaged.
    """
    project = open_project(config_path)
    found = between(project, *runs)
    if kind == "table":
        for_people(_shown(found, Wording.of("en", project.config.input.target), most), {})
    elif kind == "json":
        for_programs("", _values(found, Wording.of("en", project.config.input.target)))
    else:
        frame = Wording.of(project.config.report.language, project.config.input.target).sheet(found.customers)
        title = f"{found.before.called} / {found.after.called}"
        written(Sheet(frame, "diff", title, "customers"), project, kind, path)


def _shown(found: Difference, words: Wording, most: int) -> RenderableType:
    head = Text.assemble(
        ("From ", "bold"), (found.before.called, "bold cyan"), (" to ", "bold"), (found.after.called, "bold cyan")
    )
    sentences = Text("\n".join(words.sentences(found)))
    parts: list[RenderableType] = [head, sentences, _bridge(found, words)]
    if not found.moved.is_empty():
        parts += [_moved(found, words), *_customers(found, words, most)]
    if found.settings:
        parts.append(_settings(found))
    return Group(*parts)


def _bridge(found: Difference, words: Wording) -> Table:
    table = Table(title="The way from one sum to the other, EUR per year", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("by")
    for column in ("customers", "revenue", "potential", "expected growth"):
        table.add_column(column, justify="right")
    for row in found.bridge.iter_rows(named=True):
        end = row["step"] in {"before", "after"}
        if end or row["customers"]:
            amounts = (_NUMBERS.decimal(row[name]) if end else _signed(row[name]) for name in _AMOUNTS)
            table.add_row(words.step(row["step"]), f"{row['customers']:,}", *amounts, style="bold" if end else "")
    return table


def _signed(value: float) -> str:
    return f"+{_NUMBERS.decimal(value)}" if round(value) > 0 else _NUMBERS.decimal(value)


def _moved(found: Difference, words: Wording) -> Table:
    table = Table("class of", "from", "to", "by", title="Classes that changed", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("customers", justify="right")
    for row in found.moved.iter_rows(named=True):
        why = words.cause(row["why"])
        table.add_row(row["figure"], row["before"], row["after"], why, f"{row['customers']:,}")
    return table


def _customers(found: Difference, words: Wording, most: int) -> tuple[RenderableType, ...]:
    """The customers whose class changed: potential classes first, the largest steps in EUR before smaller ones."""
    steps = [
        (pl.col(f"{name}_after").fill_null(0.0) - pl.col(f"{name}_before").fill_null(0.0)).abs()
        for name in ("potential", "revenue")
    ]
    moved = found.customers.filter(pl.col("why_potential").is_not_null() | pl.col("why_revenue").is_not_null())
    ordered = moved.sort(pl.col("why_potential").is_null(), pl.max_horizontal(steps) * -1, "customer_id")
    if not most or moved.is_empty():
        return ()
    title = f"Customers whose class changed ({min(most, moved.height):,} of {moved.height:,})"
    table = Table("id", "company", "class of", "", title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("EUR per year", justify="right")
    for head in ("by", "own data that changed"):
        table.add_column(head, overflow="fold")
    for row in ordered.head(most).iter_rows(named=True):
        table.add_row(Text(row["customer_id"]), Text(row["name"] or ""), *_change(row, words))
    return (table,)


def _change(row: Mapping[str, Any], words: Wording) -> tuple[str, ...]:
    figure = "potential" if row["why_potential"] else "revenue"
    ends = ("before", "after")
    classes = " → ".join(row[f"class_{figure}_{end}"] for end in ends)
    amounts = " → ".join(_NUMBERS.decimal(row[f"{figure}_{end}"]) for end in ends)
    fields = ", ".join(words.texts.say(f"field.{name}") for name in row["changed"])
    return figure, classes, amounts, words.cause(row[f"why_{figure}"]), fields


def _settings(found: Difference) -> Table:
    table = Table("setting", "before", "after", title="Settings that changed", title_justify="left", box=SIMPLE_HEAD)
    for key, before, after in found.settings:
        table.add_row(key, Text(before[:_LONGEST]), Text(after[:_LONGEST]))
    return table


def _values(found: Difference, words: Wording) -> dict[str, Any]:
    return {
        "before": msgspec.to_builtins(found.before),
        "after": msgspec.to_builtins(found.after),
        "summary": words.sentences(found),
        "bridge": found.bridge.to_dicts(),
        "moved": found.moved.to_dicts(),
        "settings": [dict(zip(("key", "before", "after"), one, strict=True)) for one in found.settings],
        "customers": found.customers.filter(pl.col("cause").is_not_null() | pl.col("why_potential").is_not_null())
        .to_dicts(),
    }  # fmt: skip
