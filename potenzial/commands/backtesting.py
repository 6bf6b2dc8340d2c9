"""The command `backtest`, and how its result looks on the terminal."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from potenzial import tables
from potenzial.artifact import record, write_whole
from potenzial.backtests import RESULT, judged, shares
from potenzial.commands.output import Output
from potenzial.commands.running import reporter
from potenzial.interruption import interruptible
from potenzial.lock import only_run
from potenzial.owners import with_company_sites
from potenzial.project import Project, open_project
from potenzial.purchases import Purchases, read_project_purchases
from potenzial.report.numbers import Numbers
from scoring.backtest.judge import Case, Terms, backtest
from scoring.backtest.result import ABC, BY_HALF, IDEAL, LOOKUP, MODEL, RANDOM, RFM, Backtest, Decile, Lift, Matched
from scoring.resampling import Estimate

_NUMBERS = Numbers("en")
_ORDERS = {
    MODEL: "potential: most headroom first",
    LOOKUP: "industry x size lookup",
    RFM: "RFM (recency, frequency, revenue)",
    ABC: "ABC: most revenue first",
    RANDOM: "at random",
    IDEAL: "ideal, known only afterwards",
}
_OUTCOMES = {"grew": "bought 10 % more, or woke up", "class": "reached class A or B", "eur": "EUR more per customer"}


@dataclass(frozen=True)
class Asked:
    """What a user asks: a history file in place of the configured one, and year T; None chooses."""

    history: Path | None
    year: int | None


def backtest_project(config_path: Path, sample: int, asked: Asked, output: Output) -> None:
    """Judge the potential of an earlier year, print the outcome and write it to `out/backtest.json`.

    Raises:
        PotenzialError: the customers are not imported, or no history is named.
        InputError: the history cannot be read.
        HistoryError: it does not reach far enough.
    """
    project = open_project(config_path, sample)
    with interruptible() as interruption, only_run(project.folder / "data"):
        case, read = _case(project, asked.history)
        config = project.config
        terms = Terms(config.potential, config.classes, config.backtest.capacities, config.backtest.rounds)
        with reporter().stage("backtest", "steps") as advance:

            def tell(done: int, total: int) -> None:
                interruption.check()
                advance(done, total)

            found = backtest(case, terms, asked.year, progress=tell)
        path = project.out / RESULT
        write_whole(path, msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    output(shown(found, _remarks(project, read), path), {**msgspec.to_builtins(found), "file": str(path)})


def _case(project: Project, history: Path | None) -> tuple[Case, Purchases]:
    customers, read = tables.read(project, "customers"), read_project_purchases(project, history)
    if record(project.stage("crawl")) is not None:
        customers = with_company_sites(customers, tables.read(project, "owners"))
    vectors = tables.read(project, "company_vectors") if record(project.stage("embed")) is not None else None
    known = None if vectors is None or vectors.is_empty() else vectors
    return Case(customers, known, read.history), read


def _remarks(project: Project, read: Purchases) -> list[str]:
    rejected = f"Rejected rows with their reasons: {project.out / 'history_rejects.csv'}"
    return [*read.findings, *([rejected] if read.rejects.height else [])]


def shown(found: Backtest, remarks: list[str], path: Path) -> RenderableType:
    """Show lifts, deciles, matched customers, parts of the customers, and what limits them."""
    parts: list[RenderableType] = [_head(found), _lift_table(found), _margins(found)]
    parts += [_segments(found), _decile_table(found), _matched_table(found.matched)]
    notes = [f"- {note}" for note in (*remarks, *found.notes_en)]
    return Group(*_spaced(parts), Text("\n".join(["What limits these figures:", *notes])), Text(f"\nWritten: {path}"))


def _spaced(parts: list[RenderableType]) -> Iterator[RenderableType]:
    for part in parts:
        yield part
        yield Text()


def _head(found: Backtest) -> Text:
    who = found.population
    return Text(
        f"Rated with purchases up to {found.trained_until}, judged by those from {found.judged_from} to "
        f"{found.judged_until}.\n{who.customers:,} customers known then ({who.active:,} active, {who.inactive:,} "
        f"inactive; {who.new:,} new in the year), {who.trained:,} of them trained the model.\n"
        f"Revenue EUR {who.revenue:,.0f}, a year later EUR {who.after:,.0f}; who bought more bought EUR "
        f"{who.growth:,.0f} more in all.\nModel then: {found.verdict_en}"
    )


def _lift_table(found: Backtest) -> Table:
    capacities = sorted({one.capacity for one in found.lifts})
    called = {one.capacity: one.called for one in judged(found, "all")}
    heads = (f"first {_NUMBERS.percent(one)} ({called[one]:,})" for one in capacities)
    table = _table("Share of next year's growth met by calling the first addresses", "order", *heads)
    for name, label in _ORDERS.items():
        table.add_row(label, *(_caught(one) for one in judged(found, "all") if one.order == name))
    return table


def _caught(one: Lift) -> str:
    if one.order == RANDOM:
        return _NUMBERS.percent(one.caught.value, 1)
    return f"{_range(one.caught)}, lift {_NUMBERS.decimal(one.lift, 1)}"


def _range(one: Estimate) -> str:
    """`12.3% (8.1 to 16.0)`."""
    if one.low is None or one.high is None:
        return _NUMBERS.percent(one.value, 1)
    ends = f"{_NUMBERS.decimal(100 * one.low, 1)} to {_NUMBERS.decimal(100 * one.high, 1)}"
    return f"{_NUMBERS.percent(one.value, 1)} ({ends})"


def _margins(found: Backtest) -> Text:
    """Say of every rival whether the model is demonstrably ahead or behind, at the largest capacity."""
    most = max((one.capacity for one in found.lifts), default=0.0)
    rows = [one for one in judged(found, "all") if one.capacity == most and one.order not in {MODEL, IDEAL}]
    lines = [f"  {_ORDERS[one.order]}: {_points(one.margin)}" for one in rows if one.margin]
    return Text("\n".join([f"Margin of the potential at {_NUMBERS.percent(most)}, in points (95 % interval):", *lines]))


def _points(margin: Estimate) -> str:
    word = {1: "ahead", -1: "behind", 0: "no difference that can be told from chance"}[margin.sign]
    value, low, high = (None if one is None else 100 * one for one in (margin.value, margin.low, margin.high))
    ends = f"{_NUMBERS.decimal(low, 1)} to {_NUMBERS.decimal(high, 1)}"
    return f"{_NUMBERS.decimal(value, 1)} ({ends}): {word}"


def _segments(found: Backtest) -> Table:
    most = max((one.capacity for one in found.lifts), default=0.0)
    head = f"Parts of the customers, share of their growth among the first {_NUMBERS.percent(most)} of them"
    table = _table(
        head, "customers", "called", *(_ORDERS[name].partition(":")[0] for name in (MODEL, LOOKUP, RFM, ABC))
    )
    for segment, called, found_shares in shares(found, most, (MODEL, LOOKUP, RFM, ABC)):
        table.add_row(segment, f"{called:,}", *(_range(one) for one in found_shares))
    return table


def _decile_table(found: Backtest) -> Table:
    heads = ["potential", f"revenue {found.year}", f"{found.year + 1}", "growth", "bought 10 % more"]
    heads += [f"{found.year + 2}"] if found.judged_later else []
    table = _table("Tenths in the order of the list, means in EUR", "tenth", "customers", *heads)
    for one in found.deciles:
        table.add_row(*_decile(one))
    return table


def _decile(one: Decile) -> list[str]:
    money = [f"{value:,.0f}" for value in (one.potential, one.revenue, one.after, one.growth)]
    cells = [str(one.decile), f"{one.customers:,}", *money, _NUMBERS.percent(one.grew)]
    return cells if one.later is None else [*cells, f"{one.later:,.0f}"]


def _matched_table(matched: tuple[Matched, ...]) -> Table:
    by_half = any(part.rule == BY_HALF for part in matched)
    who = "the upper half by potential, beside the lower" if by_half else "A or B by potential, beside C by potential"
    title = f"C and inactive customers: {who}, matched by revenue, tenure, activity and industry"
    table = _table(title, "customers", "called", "matched", "outcome", "called", "alike", "difference (95 % interval)")
    for part in matched:
        for place, one in enumerate(part.outcomes if part.matched else ()):
            counts = (part.segment, f"{part.called:,}", f"{part.matched:,}") if place == 0 else ("", "", "")
            table.add_row(
                *counts, _OUTCOMES[one.outcome], *_compared(one.outcome, one.called, one.others, one.difference)
            )
    return table


def _compared(outcome: str, called: float | None, others: float | None, difference: Estimate) -> tuple[str, str, str]:
    if outcome == "eur":
        ends = f" ({_euro(difference.low)} to {_euro(difference.high)})" if difference.low is not None else ""
        return _euro(called), _euro(others), _euro(difference.value) + ends
    return _NUMBERS.percent(called, 1), _NUMBERS.percent(others, 1), _range(difference)


def _euro(value: float | None) -> str:
    return _NUMBERS.decimal(value)


def _table(title: str, first: str, *heads: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first)
    for head in heads:
        table.add_column(head, justify="left" if head == "outcome" else "right")
    return table
