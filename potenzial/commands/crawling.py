"""Commands about the visits of websites: `crawl status` and `retry`."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from crawler.crawl import Standing, requeue, standing, visited
from potenzial import artifact, tables
from potenzial.commands.output import Output, stdout
from potenzial.commands.running import counted, run_project
from potenzial.funnel import Coverage, failures, funnel
from potenzial.lock import only_run
from potenzial.owners import OWNERS
from potenzial.pipeline import Pipeline, Span, crawl_config
from potenzial.progress import LogReporter
from potenzial.project import STAGES, Project, open_project, ready
from potenzial.report.causes import advice, causes
from potenzial.report.data import Failure, Step
from potenzial.report.numbers import Numbers
from potenzial.report.texts import Texts, load_texts

_BAR = 24
_NUMBERS = Numbers("en")


def status(config_path: Path, sample: int, output: Output) -> None:
    """Show how far the crawl is, how many customers it reaches, and why websites failed; also while it runs.

    Raises:
        StageError: the address stock has not been read yet.
    """
    project = open_project(config_path, sample)
    ready(project)
    sites = known_sites(project)
    stands = standing(sites, crawl_config(project), project.crawl_folder)
    reached = coverage_now(project, sites)
    steps, failed = funnel(reached), [failure for failure in failures(reached) if failure.verdict != "pending"]
    output(shown(stands, steps, failed), values(stands, steps, failed))


def retry(config_path: Path, last: str, sample: int) -> int:
    """Visit again what failed and may succeed now, then go on with the later stages; gives the exit code.

    Raises:
        StageError: the address stock has not been read yet.
        PotenzialError: as for `run_project`.
    """
    project, span = open_project(config_path, sample), Span("", last or STAGES[-1])
    ready(project)
    with only_run(project.folder / "data"):
        queued = requeue(known_sites(project), project.crawl_folder)
    if not queued:
        stdout().print("No website failed for a reason that may have passed. `potenzial crawl status` names the rest.")
        return 0
    stdout().print(f"{counted(queued, 'website')} to try again")
    return run_project(project, span, "failed")


def known_sites(project: Project) -> pl.DataFrame:
    """The websites that a crawl of this project is about (`crawler.schema.SITES`).

    Raises:
        StageError: the address stock has not been read yet.
    """
    return Pipeline(project, LogReporter()).claims().sites


def coverage_now(project: Project, sites: pl.DataFrame) -> Coverage:
    """What says how far each customer got at this moment: the crawler's own memory, which is ahead of the tables."""
    verdicts, fetches = visited(sites, project.crawl_folder)
    owners = tables.read(project, "owners") if artifact.record(project.stage("crawl")) else OWNERS.to_frame()
    rated = tables.read(project, "rated") if artifact.record(project.stage("potential")) else None
    return Coverage(tables.read(project, "customers"), verdicts, owners, fetches, rated)


def values(stands: Standing, steps: tuple[Step, ...], failed: list[Failure]) -> Mapping[str, object]:
    """The same for programs; times in ISO 8601."""
    texts = load_texts("en")
    return {
        "sites": {
            "total": stands.total,
            "done": stands.done,
            "active": stands.open,
            "waiting": stands.waiting,
            "pending": _pending(stands),
            "due": stands.due,
        },
        "next_at": None if stands.next_at is None else datetime.fromtimestamp(stands.next_at, UTC).isoformat(),
        "retryable": stands.retryable,
        "verdicts": dict(stands.verdicts),
        "coverage": [{"step": step.label_en, "customers": step.count} for step in steps],
        "failures": [_failure_values(texts, failure) for failure in failed],
    }


def shown(stands: Standing, steps: tuple[Step, ...], failed: list[Failure]) -> RenderableType:
    """The same for people: three tables and what to do next."""
    lines = [_sites(stands), _coverage(steps)]
    lines += [_failures(failed)] if failed else []
    return Group(*lines, _next(stands))


def _failure_values(texts: Texts, failure: Failure) -> dict[str, object]:
    return {
        "verdict": failure.verdict,
        "sites": failure.count,
        "causes": dict(failure.causes),
        "advice": advice(texts, failure.verdict),
    }


def _pending(stands: Standing) -> int:
    return max(stands.total - stands.done - stands.open - stands.waiting, 0)


def _sites(stands: Standing) -> Table:
    table = _table("Websites", "", ("", "right"), "")
    until = "until the next run" if stands.next_at is None else f"the first until {_clock(stands.next_at)}"
    for name, count, note in (
        ("visited", stands.done, ""),
        ("being visited", stands.open, "or cut short: the next run goes on with them"),
        ("waiting", stands.waiting, until),
        ("not visited yet", _pending(stands), ""),
        ("in all", stands.total, f"{_NUMBERS.count(stands.due)} due now"),
    ):
        table.add_row(name, _NUMBERS.count(count), note if count else "")
    return table


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _coverage(steps: tuple[Step, ...]) -> Table:
    table = _table("Customers reached", "", ("", "right"), ("", "right"), "")
    whole = max(steps[0].count, 1)
    for step in steps:
        part = min(step.count / whole, 1.0)
        bar = Text("█" * round(part * _BAR), style="blue")
        table.add_row(step.label_en, _NUMBERS.count(step.count), _NUMBERS.percent(part), bar)
    return table


def _failures(failed: list[Failure]) -> Table:
    texts = load_texts("en")
    table = _table("Websites without usable text", "reason", ("sites", "right"), "causes", "what to do")
    for failure in failed:
        table.add_row(
            texts.name("verdict", failure.verdict),
            _NUMBERS.count(failure.count),
            causes(texts, _NUMBERS, failure.causes),
            advice(texts, failure.verdict),
        )
    return table


def _table(title: str, *columns: str | tuple[str, str]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False)
    for column in columns:
        heading, side = (column, "left") if isinstance(column, str) else column
        table.add_column(heading, justify="right" if side == "right" else "left", overflow="fold")
    table.show_header = any(column.header for column in table.columns)
    return table


def _next(stands: Standing) -> Text:
    lines = []
    if stands.open or _pending(stands):
        lines.append("`potenzial run` goes on with the visits.")
    if stands.retryable:
        websites = counted(stands.retryable, "failed website")
        lines.append(f"{websites} may answer by now: `potenzial retry` tries again.")
    return Text("\n".join(lines) or "No failed website is likely to answer by now.")
