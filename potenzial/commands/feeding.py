"""The commands `feedback` and `feedback-list`."""

from dataclasses import asdict
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from potenzial.commands.output import Output, stdout
from potenzial.feedback import REJECTS, VERDICTS, Agreement, Feedback, Wanted, agreement, take_feedback
from potenzial.feedback import write_blind_list as write_blind
from potenzial.feedback import write_list as write_shown
from potenzial.lock import only_feedback
from potenzial.overrides import NAME
from potenzial.project import Project, open_project
from potenzial.report.numbers import Numbers

_NUMBERS = Numbers("en")


def feedback(config_path: Path, file: Path, output: Output) -> None:
    """Take a list that came back from the reps, and show how far they agree.

    Raises:
        PotenzialError: the customers are not rated, or the overrides cannot be read.
        InputError: the file cannot be read.
    """
    project = open_project(config_path)
    with only_feedback(project.folder / "data"):
        found = take_feedback(project, file)
    groups = list(agreement(found.answers))
    output(_shown(project, found, groups), _values(found, groups))


def _shown(project: Project, found: Feedback, groups: list[Agreement]) -> RenderableType:
    table = Table("group", "", title="What reps say of the ratings", title_justify="left")
    for head in ("answers", *VERDICTS, "fits", "estimates", "estimate / potential", "in the interval"):
        table.add_column(head, justify="right")
    for one in groups:
        table.add_row(one.kind, Text(one.group), *_cells(one))
    return Group(table, Text("\n".join(["", *_sentences(project, found)])))


def _cells(one: Agreement) -> list[str]:
    counts = [f"{one.verdicts[verdict]:,}" for verdict in VERDICTS]
    within = _NUMBERS.percent(one.within / one.estimates) if one.estimates else ""
    ratio = "" if one.ratio is None else _NUMBERS.decimal(one.ratio, 2)
    fits = "" if one.fits is None else _NUMBERS.percent(one.fits)
    return [f"{one.answers:,}", *counts, fits, f"{one.estimates:,}" if one.estimates else "", ratio, within]


def _sentences(project: Project, found: Feedback) -> list[str]:
    rejected = found.rejects["line"].n_unique()
    counts = f"{found.answers.height:,} answers, {found.unanswered:,} left empty, {rejected:,} rejected"
    told = [f"{found.rows:,} rows: {counts}."]
    told += [f"Rejected rows with their reasons: {project.out / REJECTS}"] if rejected else []
    told += [
        f"Answers so far: {found.stored:,}; pairs for a later training: {project.folder / 'feedback' / 'pairs.parquet'}"
    ]
    if found.overrides.height:
        path = project.folder / NAME
        told += [
            f"{found.overrides.height:,} overrides of class and action, each until its expiry date: {path}",
            "`potenzial report` writes the lists with them; reasons say so, estimates and training stay as they are.",
        ]
    return told


def _values(found: Feedback, groups: list[Agreement]) -> dict[str, object]:
    return {
        "rows": found.rows,
        "answers": found.answers.height,
        "unanswered": found.unanswered,
        "rejects": found.rejects.to_dicts(),
        "agreement": [{**asdict(one), "fits": one.fits} for one in groups],
        "overrides": found.overrides.to_dicts(),
    }


def write_list(config_path: Path, wanted: Wanted, path: Path | None) -> None:
    """Write a list with the model's numbers for reps to answer to."""
    project = open_project(config_path)
    target = path or project.out / "feedback.xlsx"
    count = write_shown(project, wanted, target)
    stdout().print(f"{count:,} customers: {target}\n{_BACK}", soft_wrap=True)


def write_blind_list(config_path: Path, wanted: Wanted, path: Path | None) -> None:
    """Write a list without the model's numbers for reps to estimate."""
    project = open_project(config_path)
    target = path or project.out / "feedback-blind.xlsx"
    count = write_blind(project, wanted, target)
    stdout().print(f"{count:,} customers, none with a number of the model: {target}\n{_BACK}", soft_wrap=True)


_BACK = "When it comes back: potenzial feedback FILE"
