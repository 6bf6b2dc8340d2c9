"""Commands that read results: `status` and `explain`."""

from pathlib import Path

import msgspec
import polars as pl
from rich.console import Group
from rich.table import Table
from rich.text import Text

from potenzial import activity, artifact, tables
from potenzial.activity import Activity
from potenzial.artifact import Record
from potenzial.commands.output import Output
from potenzial.errors import UnknownIdError
from potenzial.progress import duration
from potenzial.project import TABLES, Project, open_project


def status(config_path: Path, sample: int, output: Output) -> None:
    """Show which stages are done, when, and with how many rows, and what is at work right now."""
    project = open_project(config_path, sample)
    records = {name: artifact.record(project.stage(name)) for name in TABLES}
    report = project.out / "report.html"
    values = {
        "folder": str(project.folder),
        "stages": {name: _stage_values(known) for name, known in records.items()},
        "report": str(report) if report.exists() else None,
        "at_work": None if (busy := _at_work(project)) is None else _work_values(busy),
    }
    table = _status_table(project, records, report)
    output(Group(table, Text(_work_line(busy))) if busy else table, values)


def _at_work(project: Project) -> Activity | None:
    found = activity.current(project.folder / "data")
    return found if found is not None and found.state == "running" else None


def _work_values(busy: Activity) -> dict[str, object]:
    return {**msgspec.to_builtins(busy), "seconds_left": busy.seconds_left}


def _work_line(busy: Activity) -> str:
    """Say in a line what is at work and how far it is."""
    line = f"At work: potenzial {busy.command} (process {busy.pid})"
    if busy.stage:
        line += f", {busy.stage}"
    if busy.total:
        line += f": {busy.done:,} of {busy.total:,} {busy.unit}"
    return line if busy.seconds_left is None else f"{line}, about {duration(busy.seconds_left)} left"


def _stage_values(known: Record | None) -> dict[str, object]:
    if known is None:
        return {"done": False}
    return {"done": True, "finished_at": known.finished_at, "seconds": round(known.seconds, 1), "rows": known.rows}


def _status_table(project: Project, records: dict[str, Record | None], report: Path) -> Table:
    table = Table("stage", "finished (UTC)", "seconds", "rows", title=str(project.folder), title_justify="left")
    for name, known in records.items():
        rows = ", ".join(f"{count:,} {what}" for what, count in known.rows.items()) if known else ""
        table.add_row(name, known.finished_at if known else "not yet", f"{known.seconds:.1f}" if known else "", rows)
    table.add_row("report", str(report) if report.exists() else "not yet", "", "")
    return table


def explain(config_path: Path, sample: int, customer_id: str, output: Output) -> None:
    """Show why a customer is rated as it is."""
    from potenzial.commands import inferring
    from potenzial.commands.explaining import shown
    from scoring.explain import explanation

    project = open_project(config_path, sample)
    rated = tables.read(project, "potential")
    keywords = tables.read(project, "keywords")
    known(customer_id, rated["customer_id"])
    found = explanation(customer_id, rated, keywords)
    facts = _inferred(project, customer_id)
    told = shown(found, project.config.input.target)
    parts = [told] if facts is None else [told, inferring.shown(facts)]
    output(Group(*parts), {**found.to_dict(), "inferred": facts})


def _inferred(project: Project, customer_id: str) -> dict[str, object] | None:
    """Read what is inferred of a customer; None in a project that was made before there was such a table."""
    table = tables.former(project, "inferred")
    row = None if table is None else table.filter(pl.col("customer_id") == customer_id)
    return None if row is None or row.is_empty() else row.row(0, named=True)


def known(customer_id: str, ids: pl.Series) -> None:
    """Refuse an id that is not there, and name those that differ in leading zeros, blanks or case only."""
    if customer_id in set(ids):
        return
    plain = pl.lit(customer_id).str.strip_chars().str.to_lowercase().str.strip_chars_start("0")
    alike = ids.to_frame("id").filter(pl.col("id").str.to_lowercase().str.strip_chars_start("0") == plain)["id"].head(3)
    hint = f"Did you mean {' or '.join(alike)}?" if len(alike) else "Ids are written as in the address stock."
    raise UnknownIdError(f"There is no customer `{customer_id}`. {hint}")
