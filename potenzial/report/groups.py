"""Sums over groups of customers with their intervals, ready to be shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from potenzial.report.messages import Story
from potenzial.report.numbers import UNKNOWN
from potenzial.report.plain import LONGEST_NAME, shown

#: Groupings in the order they are shown; a section or an owner with little headroom is left out.
_SHOWN: Final = ("class_revenue", "owner", "section")
_MOST: Final = 8


@dataclass(frozen=True)
class Amount:
    """A sum in EUR per year and its 80 % interval."""

    value: str
    span: str


@dataclass(frozen=True)
class Group:
    """One group of customers; a `chip` is a class."""

    name: str
    chip: str
    customers: str
    revenue: str
    potential: Amount
    expected: Amount


@dataclass(frozen=True)
class Grouping:
    """The groups of one kind, most expected headroom first; `rest` says how many are left out."""

    title: str
    groups: tuple[Group, ...]
    rest: str


def groupings(story: Story) -> tuple[Grouping, ...]:
    """Sums by class, by owner and by section of industries; a kind with a single group says nothing."""
    if story.data.sums is None:
        return ()
    kinds = ((name, story.data.sums.filter(pl.col("grouping") == name)) for name in _SHOWN)
    return tuple(_grouping(story, name, rows) for name, rows in kinds if rows.height > 1)


def _grouping(story: Story, name: str, rows: pl.DataFrame) -> Grouping:
    ordered = rows if name == "class_revenue" else rows.sort("expected", "group", descending=[True, False])
    rest = max(ordered.height - _MOST, 0)
    return Grouping(
        title=story.say(f"sums.{name}"),
        groups=tuple(_group(story, name, row) for row in ordered.head(_MOST).iter_rows(named=True)),
        rest=story.counted("sums.rest", rest) if rest else "",
    )


def _group(story: Story, kind: str, row: Mapping[str, Any]) -> Group:
    return Group(
        name=shown(row[f"label_{story.data.language}"], LONGEST_NAME),
        chip=row["group"] if kind == "class_revenue" else "",
        customers=story.numbers.count(row["customers"]),
        revenue=story.numbers.money(row["revenue"]),
        potential=_amount(story, row, "potential"),
        expected=_amount(story, row, "expected"),
    )


def _amount(story: Story, row: Mapping[str, Any], name: str) -> Amount:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if low is None:
        return Amount(UNKNOWN, "")
    return Amount(story.numbers.money(row[name]), story.numbers.money_range(low, high))
