"""The difference of two runs as tables of words: where the sums come from, and whose class moved by what."""

from datetime import datetime
from typing import Final

import polars as pl

from potenzial.report.numbers import Numbers
from potenzial.report.plain import LONGEST_NAME, shown
from potenzial.report.tables import Row, Table
from potenzial.runs.difference import Difference
from potenzial.runs.schema import RunRecord
from potenzial.runs.wording import Wording

_AMOUNTS: Final = ("revenue", "potential", "headroom_expected")
_ENDS: Final = ("before", "after")
#: Rows of the table of classes that moved.
_MOST: Final = 12
_NOTHING: Final = "–"


def title(found: Difference, words: Wording) -> str:
    """The message of a difference: what is expected now, and what was then."""
    gaps = {
        "run": called(found.before, words.numbers),
        "before": words.numbers.money(found.before.headroom_expected),
        "after": words.numbers.money(found.after.headroom_expected),
    }
    return words.texts.say("table.title", gaps)


def called(record: RunRecord, numbers: Numbers) -> str:
    """The name of a run with its day, or day and time of one without a name."""
    moment = datetime.fromisoformat(record.finished_at)
    day = numbers.day(moment.date())
    return f"{shown(record.name, LONGEST_NAME)} ({day})" if record.name else f"{day}, {moment:%H:%M} UTC"


def tables(found: Difference, words: Wording) -> tuple[Table, ...]:
    """The bridge of the sums, and the classes that moved if there are any."""
    return (_bridge(found, words), *([] if found.moved.is_empty() else [_moved(found, words)]))


def notes(found: Difference, words: Wording) -> tuple[str, ...]:
    """What besides the tables has to be known: borders, quantiles, settings."""
    settings = (
        words.texts.say("table.setting", {"key": key, "before": _short(before), "after": _short(after)})
        for key, before, after in found.settings
    )
    return (*words.sentences(found)[1:], *settings)


def _short(value: str) -> str:
    return shown(value, LONGEST_NAME) or _NOTHING


def _bridge(found: Difference, words: Wording) -> Table:
    heads = tuple(words.texts.say(f"table.{name}") for name in ("by", "customers", *_AMOUNTS))
    rows = tuple(
        Row(words.step(step["step"]), _amounts(step, words), own=step["step"] in _ENDS)
        for step in found.bridge.iter_rows(named=True)
        if step["step"] in _ENDS or step["customers"]
    )
    return Table(heads, rows, words.texts.say("table.bridge_caption"))


def _amounts(step: dict[str, object], words: Wording) -> tuple[str, ...]:
    values = [_number(step[name]) for name in _AMOUNTS]
    signed = step["step"] not in _ENDS
    told = [("+" if signed and value > 0 else "") + words.numbers.money(value) for value in values]
    return (words.numbers.decimal(_number(step["customers"])), *told)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _moved(found: Difference, words: Wording) -> Table:
    """Who went from one class to another: one row each for class, from and to, the causes side by side."""
    keys = ("figure", "before", "after")
    counts = found.moved.group_by("why").agg(pl.col("customers").sum())
    causes: list[str] = counts.sort("customers", "why", descending=True)["why"].to_list()
    wide = found.moved.pivot("why", index=keys, values="customers", aggregate_function="sum")
    every = wide.with_columns(all=pl.sum_horizontal(causes)).sort("all", *keys, descending=[True, False, False, False])
    heads = (
        words.texts.say("table.class"), words.texts.say("table.customers"), *(words.cause(cause) for cause in causes),
    )  # fmt: skip
    rows = tuple(_move(row, ["all", *causes], words) for row in every.head(_MOST).iter_rows(named=True))
    rest = every.height - len(rows)
    told = [words.texts.say("table.rest", {"n": str(rest)})] if rest else []
    return Table(heads, rows, " ".join([words.texts.say("table.moved_caption"), *told]))


def _move(row: dict[str, object], columns: list[str], words: Wording) -> Row:
    ends = {end: words.named.name("class", str(row[end])) for end in _ENDS}
    counts = (words.numbers.decimal(_number(row[name])) if row[name] else _NOTHING for name in columns)
    return Row(words.texts.say(f"table.of_{row['figure']}", ends), tuple(counts))
