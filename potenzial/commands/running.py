"""Commands that do the work: `run`, its dry run, and `report`."""

import logging
import signal
import sys
from pathlib import Path

import polars as pl
from rich.table import Table

from potenzial.commands.output import stderr, stdout
from potenzial.funnel import failed_share
from potenzial.ingest.schema import ROW_REJECTED
from potenzial.lock import only_run
from potenzial.pipeline import Pipeline, Span
from potenzial.progress import LogReporter, Reporter, TerminalReporter
from potenzial.project import Project, open_project
from potenzial.reporting import write_results

logger = logging.getLogger(__name__)


def run(config_path: Path, first: str, last: str, sample: int) -> int:
    """Run the stages and print what came out; gives the exit code."""
    return run_project(open_project(config_path, sample), Span(first, last))


def run_project(project: Project, span: Span) -> int:
    """Run the stages of a project; gives the exit code.

    Raises:
        PotenzialError: the run could not start, or a stage's input is missing.
        KeyboardInterrupt: interrupted; finished work is kept.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    with only_run(project.folder / "data"):
        pipeline = Pipeline(project, reporter())
        pipeline.run(span)
        if span.reports:
            path = write_results(project, pipeline)
            stdout().print(_summary(project, pipeline, path))
        return _exit_code(project, pipeline, span)


def plan(config_path: Path, first: str, last: str, sample: int) -> int:
    """Print what a run would do, and do nothing."""
    project, span = open_project(config_path, sample), Span(first, last)
    table = Table("stage", "would be", "", title="Dry run: nothing is written", title_justify="left")
    for step in Pipeline(project, reporter()).plan(span):
        table.add_row(step.stage, "kept" if step.fresh else "made", step.detail)
    stdout().print(table)
    return 0


def report(config_path: Path, sample: int) -> None:
    """Write the report and the lists again."""
    project = open_project(config_path, sample)
    path = write_results(project, Pipeline(project, reporter()))
    stdout().print(f"Report: {path}")


def reporter() -> Reporter:
    """Bars on a terminal, log lines elsewhere."""
    return TerminalReporter(stderr()) if sys.stderr.isatty() else LogReporter()


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _exit_code(project: Project, pipeline: Pipeline, span: Span) -> int:
    """1 when more rows or websites failed than the configuration allows."""
    rejects, customers = pipeline.table("rejects"), pipeline.table("customers").height
    rejected, limit = (
        rejects.filter(pl.col("effect") == ROW_REJECTED)["line"].n_unique(),
        project.config.input.max_rejected_share,
    )
    failed = _above("rows of the address file rejected", rejected / max(rejected + customers, 1), limit)
    if "crawl" in span.tables:
        share, allowed = failed_share(pipeline.table("verdicts")), project.config.run.max_failed_sites_share
        failed = _above("websites without usable text", share, allowed) or failed
    return 1 if failed else 0


def _above(what: str, share: float, limit: float) -> bool:
    if share <= limit:
        return False
    logger.warning("%.1f %% %s: more than the limit of %.1f %%", 100 * share, what, 100 * limit)
    return True


def _summary(project: Project, pipeline: Pipeline, path: Path) -> str:
    """The outcome in a few lines; sums carry their quantile and coverage."""
    lists = pipeline.table("potential")
    lines = [
        f"\n{lists.height:,} customers, {lists['potential'].count():,} rated",
        f"Revenue of the last 12 months: EUR {lists['revenue'].sum():,.0f}",
        _headroom(project, lists, pipeline.table("figures")),
        f"Expansion: {_action(lists, 'expansion'):,} customers; reactivation: {_action(lists, 'reactivation'):,}",
        f"Model: {pipeline.table('gate')['reason_en'].item()}",
        *(f"Note: {finding}" for finding in pipeline.table("findings")["finding"]),
        f"Results: {project.out}",
        f"Report:  {path}",
    ]
    return "\n".join(lines)


def _headroom(project: Project, lists: pl.DataFrame, figures: pl.DataFrame) -> str:
    quantile = project.config.potential.quantile
    ours = figures.filter((pl.col("model") == "potenzial") & (pl.col("quantile") == quantile))["coverage"].to_list()
    covered = f"{100 * ours[0]:.1f} % out of fold" if ours and ours[0] is not None else "not known for so few customers"
    return (
        f"Growth potential: EUR {lists['headroom'].sum():,.0f} at quantile {quantile} (coverage {covered}); "
        f"expected value EUR {lists['headroom_expected'].sum():,.0f}"
    )


def _action(lists: pl.DataFrame, action: str) -> int:
    return lists.filter(pl.col("action") == action).height
