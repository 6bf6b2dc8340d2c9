"""The commands `runs list`, `runs name` and `runs delete`."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from potenzial.commands.output import Output, stdout
from potenzial.lock import only_run
from potenzial.project import open_project
from potenzial.report.numbers import Numbers
from potenzial.runs import store
from potenzial.runs.schema import RunRecord

_NUMBERS = Numbers("en")


def listed(config_path: Path, output: Output) -> None:
    """Show all kept runs, the newest first."""
    project = open_project(config_path)
    runs = store.every(project.folder)
    output(_shown(runs, project.config.run.keep_runs), {"runs": [msgspec.to_builtins(one) for one in runs]})


def _shown(runs: Sequence[RunRecord], most: int) -> RenderableType:
    if not runs:
        return Text("No run is kept yet: `potenzial run` keeps each that found something new.")
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("run", no_wrap=True)
    table.add_column("name", overflow="fold")
    for head in ("customers", "rated", "revenue", "potential", "quantile (coverage)", "expected growth"):
        table.add_column(head, justify="right")
    for head in ("A / B from", "model"):
        table.add_column(head)
    for one in runs:
        table.add_row(*_cells(one))
    note = f"{most:,} runs are kept, and all that have a name; [run] keep_runs in potenzial.toml changes that."
    return Group(table, Text(f"{note}\nCompare two: potenzial diff {store.PREVIOUS} {store.LATEST}", style="dim"))


def _cells(one: RunRecord) -> list[str | Text]:
    coverage = "unknown" if one.coverage is None else _NUMBERS.percent(one.coverage, 1)
    return [
        one.run,
        Text(one.name),
        f"{one.customers:,}",
        f"{one.rated:,}",
        *(_NUMBERS.money(amount) for amount in (one.revenue, one.potential)),
        f"{one.quantile} ({coverage})",
        _NUMBERS.money(one.headroom_expected),
        f"{_NUMBERS.euro(one.a)} / {_NUMBERS.euro(one.b)}",
        one.verdict,
    ]


def name(config_path: Path, run: str, new: str) -> None:
    """Give a run a name, or take it away with an empty one.

    Raises:
        RunError: there is no such run, or the name cannot be used.
    """
    project = open_project(config_path)
    with only_run(project.folder / "data"):
        renamed = store.rename(project.folder, run, new)
    told = f"is now called {renamed.name!r}" if renamed.name else "has no name any more"
    stdout().print(f"Run {renamed.run} {told}.")


def delete(config_path: Path, runs: Sequence[str]) -> None:
    """Delete kept runs; the results of the project stay.

    Raises:
        RunError: one of them is not there; none is deleted then.
    """
    project = open_project(config_path)
    with only_run(project.folder / "data"):
        found = {store.find(project.folder, run).run for run in runs}
        for run in sorted(found):
            store.delete(project.folder, run)
    stdout().print(f"Deleted: {', '.join(sorted(found))}.")
