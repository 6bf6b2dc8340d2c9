"""Commands that do the work: `run`, its dry run, and `report`."""

import logging
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from rich.table import Table

from crawler.config import Visits
from potenzial.activity import recorded
from potenzial.commands.output import stderr, stdout
from potenzial.errors import RunError
from potenzial.funnel import failed_share, failures
from potenzial.ingest.schema import ROW_REJECTED
from potenzial.interruption import interruptible
from potenzial.lock import only_run
from potenzial.pipeline import Pipeline, Span
from potenzial.progress import LogReporter, Reporter, TerminalReporter
from potenzial.project import Project, open_project, ready
from potenzial.reporting import coverage, write_results
from potenzial.runs.keep import keep, measured_coverage
from potenzial.runs.schema import RunRecord
from potenzial.runs.store import LATEST, PREVIOUS, check_name, every
from scoring.target import named

logger = logging.getLogger(__name__)


def run(config_path: Path, first: str, last: str, sample: int, name: str = "") -> int:
    """Run the stages, keep the run under a name if one is given, and print what came out; gives the exit code.

    Raises:
        RunError: the run cannot have this name.
    """
    project, span = open_project(config_path, sample), Span(first, last)
    if name:
        _refuse_unkept(span, sample)
        check_name(project.folder, name)
    return run_project(project, span, name=name)


def _refuse_unkept(span: Span, sample: int) -> None:
    """Refuse a name for what is not kept.

    Raises:
        RunError: a sample, or a run that ends before its lists.
    """
    if sample or not span.reports:
        part = "a sample" if sample else "a run that ends before its report"
        raise RunError(f"{part} is not kept, so it cannot have a name. Leave out --name, --sample and --until.")


def run_project(project: Project, span: Span, visits: Visits = "due", name: str = "") -> int:
    """Run the stages of a project, with all visits that are due or only those that failed; gives the exit code.

    A finished run of the whole stock is kept, under `name` if one is given.

    Raises:
        PotenzialError: the run could not start, or a stage's input is missing.
        KeyboardInterrupt: interrupted; finished work is kept.
    """
    ready(project)
    data = project.folder / "data"
    with (
        interruptible() as interruption,
        only_run(data),
        recorded(data, "run", reporter(), sample=project.sample) as told,
    ):
        pipeline = Pipeline(project, told, interruption.check, visits)
        pipeline.run(span)
        if span.reports:
            kept = None if project.sample else keep(project, name)
            path = write_results(project, pipeline)
            stdout().print(_summary(project, pipeline, path), soft_wrap=True)
            stdout().print(_told_of(kept, project), soft_wrap=True)
        return _exit_code(project, pipeline, span)


def plan(config_path: Path, first: str, last: str, sample: int) -> int:
    """Print what a run would do, and do nothing."""
    project, span = open_project(config_path, sample), Span(first, last)
    ready(project)
    table = Table("stage", "would be", "", title="Dry run: nothing is written", title_justify="left")
    for step in Pipeline(project, reporter()).plan(span):
        table.add_row(step.stage, "kept" if step.fresh else "made", step.detail)
    stdout().print(table)
    return 0


def report(config_path: Path, sample: int) -> None:
    """Write the report and the lists again from the stages up to the potential.

    Raises:
        StageError: the potential has not been estimated yet.
    """
    project = open_project(config_path, sample)
    ready(project)
    with interruptible() as interruption, only_run(project.folder / "data"):
        pipeline = Pipeline(project, reporter(), interruption.check)
        pipeline.relist()
        path = write_results(project, pipeline)
    stdout().print(f"Report: {path}")


def reporter() -> Reporter:
    """Bars on a terminal, log lines elsewhere."""
    return TerminalReporter(stderr()) if sys.stderr.isatty() else LogReporter()


def _exit_code(project: Project, pipeline: Pipeline, span: Span) -> int:
    """1 when more rows or websites failed than the configuration allows."""
    shares = [_rejected(project, pipeline)] if not project.sample else []
    if "crawl" in span.tables:
        shares.append(_failed_sites(project))
    # Every share above its limit is told, not only the first.
    above = [share.warn() for share in shares]
    return int(any(above))


@dataclass(frozen=True)
class Share:
    """A share of something that failed, the configured limit, and what to do about it."""

    what: str
    share: float
    limit: float
    key: str
    advice: str

    def warn(self) -> bool:
        """Log a warning if the share is above its limit."""
        if self.share <= self.limit:
            return False
        logger.warning(
            "The results are complete, but %.1f %% of %s: more than the limit of %.1f %% (%s). %s",
            100 * self.share, self.what, 100 * self.limit, self.key, self.advice,
        )  # fmt: skip
        return True


def _rejected(project: Project, pipeline: Pipeline) -> Share:
    rows = pipeline.table("rejects").filter(pl.col("effect") == ROW_REJECTED)["line"].n_unique()
    share = rows / max(rows + pipeline.table("customers").height, 1)
    advice = f"See {project.out / 'rejects.csv'} for each row and its reason."
    limit = project.config.input.max_rejected_share
    return Share("the rows of the address file were rejected", share, limit, "input.max_rejected_share", advice)


def _failed_sites(project: Project) -> Share:
    reached = coverage(project)
    reasons = ", ".join(f"{failure.count} {failure.verdict}" for failure in failures(reached))
    advice = f"They were: {reasons}. `potenzial crawl status` says what to do about each."
    limit = project.config.run.max_failed_sites_share
    return Share("the websites gave no usable text", failed_share(reached), limit, "run.max_failed_sites_share", advice)


def _summary(project: Project, pipeline: Pipeline, path: Path) -> str:
    """The outcome in a few lines; sums carry their quantile and coverage."""
    lists = pipeline.table("potential")
    lines = [
        f"\n{counted(lists.height, 'customer')}, {lists['potential'].count():,} rated",
        f"{named('Revenue', project.config.input.target)} of the last 12 months: EUR {lists['revenue'].sum():,.0f}",
        _headroom(project, lists, pipeline),
        f"Expansion: {counted(_action(lists, 'expansion'), 'customer')}",
        f"Reactivation: {counted(_action(lists, 'reactivation'), 'customer')}",
        "Model: {}: {}".format(*pipeline.table("gate").select("verdict", "reason_en").row(0)),
        *(f"Guard: {finding}" for finding in _told(pipeline.table("guards"))),
        *(f"Note: {finding}" for finding in pipeline.table("findings")["finding"]),
        f"Results: {project.out}",
        f"Report:  {path}",
    ]
    return "\n".join(lines)


def _told_of(kept: RunRecord | None, project: Project) -> str:
    """Say under which name the run is kept, and how to compare it with the one before."""
    if kept is None:
        return "Run:     not kept, as it is a sample"
    former = len(every(project.folder)) > 1
    advice = f" (what changed: potenzial diff {PREVIOUS} {LATEST})" if former else ""
    return f"Run:     {kept.called}{advice}"


def _told(guards: pl.DataFrame) -> list[str]:
    """What guards found without closing the gate; what closes it stands in the gate's reason."""
    return guards.filter(pl.col("notice"))["detail_en"].to_list()


def _headroom(project: Project, lists: pl.DataFrame, pipeline: Pipeline) -> str:
    quantile, figures = project.config.potential.quantile, pipeline.table("figures")
    measured = measured_coverage(figures, quantile)
    covered = "not known for so few customers" if measured is None else f"{100 * measured:.1f} % out of fold"
    ends = pipeline.table("sums").filter(pl.col("grouping") == "stock").select("expected_low", "expected_high")
    low, high = ends.row(0) if ends.height else (None, None)
    span = f" (with 80 % probability {low:,.0f} to {high:,.0f})" if low is not None and high is not None else ""
    return (
        f"Growth potential: EUR {lists['headroom'].sum():,.0f} at quantile {quantile} (coverage {covered}); "
        f"expected value EUR {lists['headroom_expected'].sum():,.0f}{span}"
    )


def counted(number: int, noun: str) -> str:
    """Say a number of things: "1 customer", "2,000 customers"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _action(lists: pl.DataFrame, action: str) -> int:
    return lists.filter(pl.col("action") == action).height
