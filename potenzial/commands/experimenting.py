"""The commands `experiment draw` and `experiment evaluate`."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from potenzial.commands.output import Output
from potenzial.experiments import (
    About,
    Experiment,
    Outcome,
    Window,
    draw_experiment,
    evaluate_experiment,
    load_experiment,
)
from potenzial.lock import only_run
from potenzial.project import open_project
from potenzial.report.numbers import Numbers
from scoring.experiment import HOLDOUT, VISIT, Plan
from scoring.resampling import Estimate

_NUMBERS = Numbers("en")


def draw(config_path: Path, plan: Plan, where: str, output: Output) -> None:
    """Draw a contact list, keep it, and say what it can show.

    Raises:
        PotenzialError: the customers are not rated, or the condition cannot be used.
        ExperimentError: too few customers.
    """
    project = open_project(config_path)
    with only_run(project.folder / "data"):
        drawn, known = draw_experiment(project, plan, where)
    values = {"about": drawn.about, "folder": str(drawn.folder), "drawn_before": known, "strata": _strata(drawn)}
    from msgspec import to_builtins

    output(_drawn(drawn, known=known), to_builtins(values))


def _drawn(drawn: Experiment, *, known: bool) -> RenderableType:
    about = drawn.about
    again = f"This list was drawn on {about.drawn_on} already; it stays as it is." if known else "Drawn by chance."
    table = Table(
        "stratum: class by potential / action / size", title=f"Experiment {about.run_id}", title_justify="left"
    )
    table.add_column("visit", justify="right")
    table.add_column("held out", justify="right")
    for name, visits, held_out in _strata(drawn):
        table.add_row(name, f"{visits:,}", f"{held_out:,}")
    return Group(table, Text(f"\n{again}\n{_can_show(about)}\n{_files(drawn)}"))


def _can_show(about: About) -> str:
    who = f"{about.visits:,} visits and {about.holdout:,} held out, of {about.pool:,} that could be drawn"
    others = f" ({about.same_company:,} more share a website with one of them)" if about.same_company else ""
    return (
        f"{who}{others}.\nSmallest effect that this size shows in four of five cases (test at 5 %): "
        f"EUR {about.smallest_eur:,.0f} per customer and year, or {100 * about.smallest_share:.1f} points more "
        f"customers that buy ({_NUMBERS.percent(about.share_buying)} do today).\nIf visits are expected to bring less, "
        "draw more or choose with --where customers whose revenue differs less."
    )


def _files(drawn: Experiment) -> str:
    return (
        f"Visit: {drawn.folder / 'visits.csv'}\nDo not visit, and do not hand out: {drawn.folder / 'holdout.csv'}\n"
        f"Afterwards: potenzial experiment evaluate HISTORY --id {drawn.about.run_id}"
    )


def _strata(drawn: Experiment) -> list[tuple[str, int, int]]:
    counts = drawn.assignment.group_by("stratum", "arm").len()
    table = {(stratum, arm): number for stratum, arm, number in counts.iter_rows()}
    names = sorted({stratum for stratum, _ in table})
    return [(name, table.get((name, VISIT), 0), table.get((name, HOLDOUT), 0)) for name in names]


@dataclass(frozen=True)
class Asked:
    """Which experiment is evaluated by which file: `run_id` empty for the last; days None for the usual ones."""

    run_id: str
    file: Path
    start: datetime | None
    end: datetime | None

    @property
    def window(self) -> Window:
        """Days whose purchases count."""
        return Window(_day(self.start), _day(self.end))


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def evaluate(config_path: Path, asked: Asked, output: Output) -> None:
    """Compare the arms of an experiment by what was bought afterwards.

    Raises:
        PotenzialError: there is no such experiment.
        InputError, ScoringError: the file does not tell the outcome.
    """
    project = open_project(config_path)
    found = evaluate_experiment(project, load_experiment(project, asked.run_id), asked.file, asked.window)
    output(_evaluated(found), _values(found))


def _evaluated(found: Outcome) -> RenderableType:
    arms = Table("arm", title=f"Experiment {found.about.run_id}, {_since(found)}", title_justify="left")
    for head in ("customers", "bought", "EUR per customer"):
        arms.add_column(head, justify="right")
    for name, arm in (("visit", found.visited), ("held out", found.held_out)):
        share = _NUMBERS.percent(arm.bought / arm.customers, 1)
        arms.add_row(name, f"{arm.customers:,}", f"{arm.bought:,} ({share})", f"{arm.mean:,.0f}")
    return Group(arms, Text("\n".join(["", *_sentences(found)])))


def _since(found: Outcome) -> str:
    return "outcomes as given" if found.span is None else f"purchases from {found.span.start} to {found.span.end}"


def _sentences(found: Outcome) -> list[str]:
    coefficient = found.qini.coefficient
    missing = found.visited.customers + found.held_out.customers - found.found
    return [
        "Difference by intention to treat: everybody counts for the arm drawn, visited or not (95 % interval).",
        f"  EUR per customer:                   {_money(found.eur)}: {_verdict(found.eur)}",
        f"  the same, past revenue considered:  {_money(found.eur_adjusted)}: {_verdict(found.eur_adjusted)}",
        f"  customers that bought, in points:   {_points(found.bought)}: {_verdict(found.bought)}",
        f"Qini coefficient of the order by headroom: EUR {_money(coefficient)} per customer: {_ordering(coefficient)}",
        *(
            [f"{missing:,} drawn customers do not stand in the file; they count as having bought nothing."]
            * (missing > 0)
        ),
        *found.findings,
    ]


def _verdict(one: Estimate) -> str:
    return {1: "visits brought more", -1: "visits brought less", 0: "no effect that can be told from chance"}[one.sign]


def _ordering(one: Estimate) -> str:
    return {
        1: "customers with more predicted headroom responded more",
        -1: "customers with more predicted headroom responded less",
        0: "whether those with more headroom respond more cannot be told",
    }[one.sign]


def _money(one: Estimate) -> str:
    value, low, high = (_NUMBERS.decimal(number) for number in (one.value, one.low, one.high))
    return f"{value} ({low} to {high})"


def _points(one: Estimate) -> str:
    parts = (None if number is None else 100 * number for number in (one.value, one.low, one.high))
    value, low, high = (_NUMBERS.decimal(number, 1) for number in parts)
    return f"{value} ({low} to {high})"


def _values(found: Outcome) -> dict[str, object]:
    from msgspec import to_builtins

    curve = [{"share": share, "gain": gain} for share, gain in zip(found.qini.share, found.qini.gain, strict=True)]
    values = to_builtins({name: getattr(found, name) for name in _PLAIN})
    return {**values, "qini": {"coefficient": to_builtins(found.qini.coefficient), "curve": curve}}


_PLAIN = ("about", "span", "visited", "held_out", "eur", "eur_adjusted", "bought", "found", "findings")
