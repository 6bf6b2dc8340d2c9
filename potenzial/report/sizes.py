"""Expected growth by branch and size: where whole segments are worth a campaign."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from potenzial.report.palette import heat
from potenzial.report.plain import LONGEST_NAME, shown
from potenzial.report.summary import share
from scoring.potential.sums import section_labels, sections

if TYPE_CHECKING:
    from potenzial.report.messages import Story

#: Size classes by headcount (Commission Recommendation 2003/361/EC, without its limits of turnover).
BANDS: Final = ("micro", "small", "medium", "large", "unknown")
_ENDS: Final = (10, 50, 250)
#: Branches with a row of their own.
_MOST: Final = 8


@dataclass(frozen=True)
class Segment:
    """Customers of one branch and size: how many, what growth is expected, and its colour; empty without any."""

    customers: str
    expected: str
    colour: str


@dataclass(frozen=True)
class Branch:
    """One branch with its segments by size, and its sum at the end."""

    name: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Sizes:
    """The table with its message."""

    title: str
    branches: tuple[Branch, ...]
    rest: str


def sizes(story: "Story") -> Sizes | None:
    """Put branches and sizes into a table; None without expected growth."""
    frame = by_segment(story.data.customers)
    total = float(frame["expected"].sum())
    if total <= 0:
        return None
    branches = (
        frame.group_by("branch").agg(pl.col("expected").sum()).sort("expected", "branch", descending=[True, False])
    )
    first: list[str] = branches["branch"].head(_MOST).to_list()
    most = float(frame.filter(pl.col("branch").is_in(first))["expected"].to_numpy().max())
    rows = tuple(_branch(story, frame, name, most) for name in first)
    left = branches.height - len(first)
    return Sizes(_title(story, frame, total), rows, story.counted("sizes.rest", left) if left else "")


def by_segment(customers: pl.DataFrame) -> pl.DataFrame:
    """Customers and expected growth (EUR per year) by `branch` (letter of the section, or words) and `size`."""
    named = pl.Series("branch", sections(customers["industry"].to_list()), pl.String).fill_null("")
    headcount = pl.col("headcount")
    micro, small, medium = _ENDS
    size = (
        pl.when(headcount.is_null() | headcount.is_nan())
        .then(pl.lit("unknown"))
        .when(headcount < micro)
        .then(pl.lit("micro"))
        .when(headcount < small)
        .then(pl.lit("small"))
        .when(headcount < medium)
        .then(pl.lit("medium"))
        .otherwise(pl.lit("large"))
    )
    grouped = customers.with_columns(named).group_by("branch", size=size)
    return grouped.agg(
        pl.len().alias("customers"), pl.col("headroom_expected").fill_nan(None).sum().alias("expected")
    ).sort("branch", "size")


def branch_name(story: "Story", branch: str) -> str:
    """A branch in the reader's words."""
    if not branch:
        return story.say("sizes.unknown_branch")
    german, english = section_labels(branch)
    return shown(german if story.data.language == "de" else english, LONGEST_NAME)


def _branch(story: "Story", frame: pl.DataFrame, name: str, most: float) -> Branch:
    own = frame.filter(pl.col("branch") == name)
    found = {size: (customers, expected) for _branch, size, customers, expected in own.iter_rows()}
    cells = [_segment(story, found.get(band, (0, 0.0)), most) for band in BANDS]
    whole = _segment(story, (int(own["customers"].sum()), float(own["expected"].sum())), 0.0)
    return Branch(branch_name(story, name), (*cells, whole))


def _segment(story: "Story", found: tuple[int, float], most: float) -> Segment:
    customers, expected = found
    if not customers:
        return Segment("", "", "")
    colour = heat(expected / most) if most > 0 else ""
    return Segment(story.counted("matrix.customers", customers), story.numbers.money(expected), colour)


def _title(story: "Story", frame: pl.DataFrame, total: float) -> str:
    best = frame.filter(pl.col("size") != "unknown", pl.col("branch") != "").sort(
        "expected", "branch", "size", descending=[True, False, False]
    )
    if best.is_empty():
        return story.say("sizes.title_plain")
    branch, size, customers, expected = best.row(0)
    gaps = {
        "branch": branch_name(story, branch),
        "size": story.say(f"sizes.{size}"),
        "share": story.numbers.percent(share(expected, total)),
        "customers": story.counted("matrix.customers", customers),
    }
    return story.say("sizes.title", gaps)
