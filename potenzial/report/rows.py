"""Rows of the report's tables, ready to be shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from potenzial.report.causes import advice, causes
from potenzial.report.data import Failure
from potenzial.report.messages import Story
from potenzial.report.numbers import UNKNOWN
from potenzial.report.palette import heat
from potenzial.report.plain import LONGEST_NAME, shown, web_link
from potenzial.report.quality import Figure
from potenzial.report.summary import LARGE, SMALL, Cell, share
from scoring.classes import NO_DATA_BASIS
from scoring.explain import REASON_SEPARATOR
from scoring.schema import POTENTIAL_CLASSES, REVENUE_CLASSES

#: Longest place or person, and longest reason.
_SHORT: Final = 40
_REASON: Final = 240
_MOST_REASONS: Final = 3


@dataclass(frozen=True)
class Customer:
    """One customer of a top list; `link` is address and host of the website, None without a safe one."""

    rank: str
    name: str
    place: str
    link: tuple[str, str] | None
    owner: str
    class_revenue: str
    class_potential: str
    revenue: str
    potential: str
    interval: str
    headroom: str
    reasons: tuple[str, ...]
    against: str


@dataclass(frozen=True)
class TopList:
    """One action's best customers by growth potential, and how many the action has in all."""

    action: str
    title: str
    rows: tuple[Customer, ...]
    shown: str


def top_list(story: Story, action: str) -> TopList:
    """The first customers of an action by growth potential; ties go by customer id."""
    chosen = story.data.customers.filter(pl.col("action") == action)
    best = chosen.sort("headroom", "customer_id", descending=[True, False], nulls_last=True).head(story.data.top)
    rows = tuple(_customer(story, rank, row) for rank, row in enumerate(best.iter_rows(named=True), start=1))
    limited = story.say("list.shown", {"n": story.numbers.count(len(rows))}) if len(rows) < chosen.height else ""
    return TopList(action, story.counted(f"list.{action}_title", chosen.height), rows, limited)


def _customer(story: Story, rank: int, row: Mapping[str, Any]) -> Customer:
    language, numbers = story.data.language, story.numbers
    return Customer(
        rank=numbers.count(rank),
        name=shown(row["name"], LONGEST_NAME) or shown(row["customer_id"], LONGEST_NAME),
        place=" ".join(filter(None, (shown(row["postcode"], _SHORT), shown(row["city"], _SHORT)))),
        link=web_link(row["website"]),
        owner=shown(row["owner"], _SHORT),
        class_revenue=row["class_revenue"],
        class_potential=row["class_potential"],
        revenue=numbers.money(row["revenue"] or 0.0),
        potential=numbers.money(row["potential"]),
        interval=numbers.money_range(row["potential_low"], row["potential_high"]),
        headroom=numbers.money(row["headroom"]),
        reasons=_reasons(row[f"reason_{language}"]),
        against=shown(row[f"against_{language}"], _REASON),
    )


def _reasons(joined: str | None) -> tuple[str, ...]:
    parts = (joined or "").split(REASON_SEPARATOR)[:_MOST_REASONS]
    return tuple(filter(None, (shown(part, _REASON) for part in parts)))


@dataclass(frozen=True)
class Field:
    """One field of the matrix; `colour` is empty for sums, `marked` for the underrated customers.

    `sure` is the share of customers that are sure to be of a better class than today; empty where there is none above.
    """

    customers: str
    revenue: str
    headroom: str
    colour: str
    marked: bool
    sure: str


@dataclass(frozen=True)
class MatrixRow:
    """One actual class with its fields by potential class and its sum; an empty `name` is the sum of all."""

    name: str
    fields: tuple[Field, ...]


def matrix(story: Story) -> tuple[MatrixRow, ...]:
    """Actual classes by potential classes, with a last row and a last column of sums."""
    most = max((cell.headroom for cell in story.summary.cells.values()), default=0.0)
    rows = [MatrixRow(name, _fields(story, (name,), most)) for name in REVENUE_CLASSES]
    return (*rows, MatrixRow("", _fields(story, REVENUE_CLASSES, 0.0)))


def _fields(story: Story, names: tuple[str, ...], most: float) -> tuple[Field, ...]:
    inner = (_field(story, names, (column,), most) for column in POTENTIAL_CLASSES)
    return (*inner, _field(story, names, POTENTIAL_CLASSES, 0.0))


def _field(story: Story, names: tuple[str, ...], columns: tuple[str, ...], most: float) -> Field:
    cell = story.summary.group(names, columns)
    risers = most > 0 and cell.customers > 0 and names[0] in SMALL and columns[0] in LARGE
    return Field(
        customers=story.counted("matrix.customers", cell.customers) if cell.customers else "",
        revenue=story.numbers.money(cell.revenue),
        headroom=UNKNOWN if columns == (NO_DATA_BASIS,) else f"+{story.numbers.money(cell.headroom)}",
        colour=_colour(cell, most),
        marked=risers,
        sure=_sure(story, cell, names, columns),
    )


def _sure(story: Story, cell: Cell, names: tuple[str, ...], columns: tuple[str, ...]) -> str:
    """The share of sure moves in one field that lies above today's class."""
    single = len(names) == len(columns) == 1 and columns[0] in REVENUE_CLASSES
    rises = single and REVENUE_CLASSES.index(columns[0]) < REVENUE_CLASSES.index(names[0]) and columns[0] in LARGE
    return story.numbers.percent(share(cell.sure, cell.customers)) if rises and cell.customers else ""


def _colour(cell: Cell, most: float) -> str:
    return heat(cell.headroom / most) if most > 0 else ""


@dataclass(frozen=True)
class Level:
    """A counted row with a bar; `width` is the bar's length in percent."""

    name: str
    count: str
    share: str
    width: str


def funnel(story: Story) -> tuple[Level, ...]:
    """Steps from address to rating, each against all addresses."""
    german, addresses = story.data.language == "de", story.data.customers.height
    return tuple(
        _level(story, step.label_de if german else step.label_en, step.count, addresses) for step in story.data.funnel
    )


@dataclass(frozen=True)
class Loss:
    """Websites without usable text for one reason, with its causes and what to do about it."""

    level: Level
    causes: str
    advice: str


def failures(story: Story) -> tuple[Loss, ...]:
    """Websites without usable text by reason, most first."""
    total = sum(failure.count for failure in story.data.failures)
    counted = (failure for failure in story.data.failures if failure.count)
    ordered = sorted(counted, key=lambda failure: (-failure.count, failure.verdict))
    return tuple(_loss(story, failure, total) for failure in ordered)


def _loss(story: Story, failure: Failure, total: int) -> Loss:
    return Loss(
        _level(story, story.texts.name("verdict", failure.verdict), failure.count, total),
        causes(story.texts, story.numbers, failure.causes),
        advice(story.texts, failure.verdict),
    )


def _level(story: Story, name: str, count: int, total: int) -> Level:
    part = count / total if total else 0.0
    return Level(
        shown(name, LONGEST_NAME),
        story.numbers.count(count),
        story.numbers.percent(part),
        f"{min(part, 1.0) * 100:.2f}",
    )


@dataclass(frozen=True)
class Estimator:
    """One model or baseline in words; `own` marks the model of this report."""

    name: str
    pinball: str
    coverage: str
    gain: str
    own: bool


def estimators(story: Story) -> tuple[Estimator, ...]:
    """Model and baselines, best first."""
    return tuple(
        Estimator(
            name=shown(story.texts.name("estimator", figure.model), LONGEST_NAME),
            pinball=story.numbers.decimal(figure.pinball, 4),
            coverage=story.numbers.percent(figure.coverage, 1),
            gain=_gain(story, figure),
            own=figure is story.quality.model,
        )
        for figure in story.quality.figures
    )


def _gain(story: Story, figure: Figure) -> str:
    if figure.gain is None:
        return story.numbers.percent(None)
    if figure.model == story.quality.rival:
        return story.say("quality.gain_base")
    if figure.gain == 0:
        return story.say("quality.gain_same")
    form = "better" if figure.gain > 0 else "worse"
    return story.say(f"quality.gain_{form}", {"gain": story.numbers.percent(abs(figure.gain), 1)})


def facts(story: Story) -> tuple[tuple[str, str], ...]:
    """Facts of the run by name, in the report's language."""
    german = story.data.language == "de"
    return tuple(
        (shown(fact.label_de if german else fact.label_en, LONGEST_NAME), shown(fact.value, _REASON))
        for fact in story.data.facts
    )


def timings(story: Story) -> tuple[tuple[str, str], ...]:
    """Stages and how long each took."""
    return tuple(
        (shown(story.texts.name("stage", timing.stage), LONGEST_NAME), story.numbers.seconds(timing.seconds))
        for timing in story.data.timings
    )
