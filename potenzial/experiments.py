"""Experiments of a project: drawn contact lists that are kept, and what they brought."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import polars as pl

from potenzial import artifact, tables
from potenzial.artifact import write_whole
from potenzial.config import BacktestConfig
from potenzial.errors import ProjectError
from potenzial.filters import parse_filter
from potenzial.handouts import write_handout
from potenzial.ingest.config import InputConfig
from potenzial.project import Project
from potenzial.purchases import read_purchases, year_columns
from potenzial.usertable import NAMES, UserTable, column_names, read_user_table
from scoring.customers import Floats
from scoring.errors import ExperimentError
from scoring.experiment import ASSIGNMENT, HOLDOUT, VISIT, Draw, Plan, draw
from scoring.history import History, Span, revenue_in
from scoring.kinship import stable_hash
from scoring.resampling import Estimate
from scoring.schema import POTENTIAL
from scoring.uplift import Qini, Trial, adjusted, intention_to_treat, qini

FOLDER: Final = "experiments"
_ASSIGNMENT: Final = "assignment.parquet"
_ABOUT: Final = "experiment.json"
#: Columns of the lists that are handed out; the arms look alike but for their names.
LIST_COLUMNS: Final = (
    "customer_id", "name", "postcode", "city", "owner", "action", "class_revenue", "class_potential", "revenue",
    "potential", "headroom",
)  # fmt: skip
_ID_LENGTH: Final = 8


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What an experiment was drawn with, as it is stored beside the assignment."""

    run_id: str
    drawn_on: str
    visits: int
    holdout: int
    seed: int
    where: str
    pool: int
    same_company: int
    smallest_eur: float
    smallest_share: float
    share_buying: float


@dataclass(frozen=True, eq=False)
class Experiment:
    """A stored experiment: what it was drawn with, who was drawn (ASSIGNMENT), and where it lies."""

    about: About
    assignment: pl.DataFrame
    folder: Path


def draw_experiment(project: Project, plan: Plan, where: str) -> tuple[Experiment, bool]:
    """Draw a contact list and keep it; gives it, and whether it was there already.

    The same list from the same customers with the same seed has the same run id and is not drawn twice.

    Raises:
        StageError: the customers are not rated yet.
        FilterError: the condition cannot be used.
        ExperimentError: too few customers.
    """
    lists = tables.read(project, "potential")
    chosen = lists.filter(parse_filter(where, POTENTIAL).keeps(lists)) if where else lists
    drawn = draw(chosen, plan)
    run_id = _run_id(drawn.assignment, plan, where)
    folder = project.folder / FOLDER / run_id
    if (folder / _ABOUT).is_file():
        return load_experiment(project, run_id), True
    about = _about(run_id, drawn, plan, where)
    _store(folder, about, drawn.assignment)
    for arm, name in ((VISIT, "visits"), (HOLDOUT, "holdout")):
        ids = drawn.assignment.filter(pl.col("arm") == arm).select("customer_id")
        handed = lists.join(ids, on="customer_id", how="semi").sort("customer_id").select(LIST_COLUMNS)
        write_handout(handed, folder / f"{name}.csv", project.config.report.language)
    return Experiment(about, drawn.assignment, folder), False


def _run_id(assignment: pl.DataFrame, plan: Plan, where: str) -> str:
    """Name a draw by what it is: the same people in the same arms, by the same wish."""
    people = ";".join(f"{name}={arm}" for name, arm in assignment.select("customer_id", "arm").iter_rows())
    text = f"{plan.visits}|{plan.holdout}|{plan.seed}|{where}|{people}"
    return hashlib.sha256(text.encode()).hexdigest()[:_ID_LENGTH]


def _about(run_id: str, drawn: Draw, plan: Plan, where: str) -> About:
    return About(
        run_id=run_id,
        drawn_on=datetime.now(tz=UTC).date().isoformat(),
        visits=plan.visits,
        holdout=plan.held_out,
        seed=plan.seed,
        where=where,
        pool=drawn.pool,
        same_company=drawn.same_company,
        smallest_eur=drawn.power.eur,
        smallest_share=drawn.power.share,
        share_buying=drawn.power.base,
    )


def _store(folder: Path, about: About, assignment: pl.DataFrame) -> None:
    """The description comes last: without it the folder holds no experiment."""
    folder.mkdir(parents=True, exist_ok=True)
    assignment.write_parquet(folder / _ASSIGNMENT)
    write_whole(folder / _ABOUT, msgspec.json.format(msgspec.json.encode(about), indent=2) + b"\n")


def load_experiment(project: Project, run_id: str) -> Experiment:
    """Read a stored experiment; without a run id the one drawn last.

    Raises:
        ProjectError: there is none, or none of that name.
    """
    folders = sorted(path.parent for path in (project.folder / FOLDER).glob(f"*/{_ABOUT}"))
    found = [msgspec.json.decode((folder / _ABOUT).read_bytes(), type=About) for folder in folders]
    wanted = [about for about in found if about.run_id == run_id] if run_id else found
    if not wanted:
        known = ", ".join(about.run_id for about in found) or "none"
        raise ProjectError(
            f"{project.folder / FOLDER}: there is no such experiment. Drawn so far: {known}. "
            "`potenzial experiment draw` makes one."
        )
    about = max(wanted, key=lambda one: (one.drawn_on, one.run_id))
    folder = project.folder / FOLDER / about.run_id
    return Experiment(about, artifact.read(folder / _ASSIGNMENT, ASSIGNMENT), folder)


@dataclass(frozen=True)
class Arm:
    """One arm: customers, how many of them bought, and EUR per customer."""

    customers: int
    bought: int
    mean: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """What an experiment brought from `span` (None for a plain table of outcomes), by intention to treat.

    `eur` is the difference per customer, `eur_adjusted` the same with the revenue at the draw taken into account,
    `bought` that of the share that bought; `found` of the drawn customers stand in the file, the others count as zero.
    """

    about: About
    span: Span | None
    visited: Arm
    held_out: Arm
    eur: Estimate
    eur_adjusted: Estimate
    bought: Estimate
    qini: Qini
    found: int
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Window:
    """Which purchases count: from a day (None: the day after the draw) to a day (None: the last on record)."""

    start: date | None
    end: date | None


def evaluate_experiment(project: Project, experiment: Experiment, file: Path, window: Window) -> Outcome:
    """Compare the arms by what they bought since the draw.

    `file` holds order lines or yearly revenue, or a table of `customer_id` and `revenue` since the draw.

    Raises:
        InputError, HistoryError: the file cannot be read.
        ExperimentError: no whole year follows the draw, or no drawn customer stands in the file.
    """
    config = project.config
    read = _outcomes(file, config.input, config.backtest, experiment.about, window)
    drawn = experiment.assignment.join(read.revenue, on="customer_id", how="left", suffix="_after")
    found = drawn["revenue_after"].count()
    if not found:
        raise ExperimentError(
            f"{file}: none of the {drawn.height:,} drawn customers has a purchase there. Ids must be those of the "
            "stock."
        )
    ordered = drawn.sort("customer_id").with_columns(pl.col("revenue_after").fill_null(0.0))
    return _outcome(experiment.about, read, ordered, found, config.backtest.rounds)


@dataclass(frozen=True, eq=False)
class _Read:
    revenue: pl.DataFrame
    span: Span | None
    findings: tuple[str, ...]


def _outcomes(file: Path, source: InputConfig, config: BacktestConfig, about: About, window: Window) -> _Read:
    names = column_names(file, source)
    # Names that are configured for the history need not stand in a plain table of outcomes.
    columns = {ours: theirs for ours, theirs in config.columns.items() if theirs in names}
    table = read_user_table(file, source, columns, NAMES)
    is_plain = table.has("customer_id", "amount") and not table.has("date") and not table.has("year")
    if not is_plain or year_columns(names):
        read = read_purchases(file, source, config)
        span = _span(read.history, about, window)
        return _Read(revenue_in(read.history, span), span, (*_early(span, about), *read.findings))
    table.need("customer_id")
    table.read_amounts("amount")
    revenue = table.frame.group_by("customer_id").agg(revenue=pl.col("amount").sum()).sort("customer_id")
    return _Read(revenue, None, _left_out(table))


def _left_out(table: UserTable) -> tuple[str, ...]:
    refused = table.ledger.problems()
    if refused.is_empty():
        return ()
    number, reason = refused["line"].n_unique(), refused["reason"][0]
    return (f"{number:,} of {table.rows:,} rows left out, the first: {reason}.",)


def _span(history: History, about: About, window: Window) -> Span:
    """Days after the draw up to the end of the records; of yearly revenue only the years that begin after it count."""
    start = window.start or date.fromisoformat(about.drawn_on) + timedelta(days=1)
    end = window.end or history.recorded.end
    days = history.entries.filter(pl.col("start") >= start, pl.col("end") <= end)
    if days.is_empty():
        raise ExperimentError(
            f"Nothing is on record between {start} and {end}: purchases are recorded from {history.recorded.start} to "
            f"{history.recorded.end}. Name another start with --from, or a file that reaches further."
        )
    return Span(start, end)


def _early(span: Span, about: About) -> tuple[str, ...]:
    if span.start > date.fromisoformat(about.drawn_on):
        return ()
    return (f"Days before the draw ({about.drawn_on}) are counted too: differences there are chance, not an effect.",)


def _outcome(about: About, read: _Read, drawn: pl.DataFrame, found: int, rounds: int) -> Outcome:
    after, before = drawn["revenue_after"].to_numpy(), drawn["revenue"].to_numpy()
    _, stratum = np.unique(drawn["stratum"].to_numpy(), return_inverse=True)
    treated = (drawn["arm"] == VISIT).to_numpy()
    trial = Trial(stratum.astype(np.int64), treated, after)
    narrowed = adjusted(trial, before)
    seed = stable_hash(about.run_id) % 2**32
    return Outcome(
        about=about,
        span=read.span,
        visited=_arm(after[treated]),
        held_out=_arm(after[~treated]),
        eur=intention_to_treat(trial),
        eur_adjusted=intention_to_treat(narrowed),
        bought=intention_to_treat(Trial(trial.stratum, treated, (after > 0).astype(np.float64))),
        qini=qini(narrowed, drawn["headroom"].fill_null(0.0).to_numpy(), rounds=rounds, seed=seed),
        found=found,
        findings=read.findings,
    )


def _arm(after: Floats) -> Arm:
    return Arm(len(after), int((after > 0).sum()), float(after.mean()))
