"""The command `simulate`: the benchmark on worlds with known wallets."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import polars as pl
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from potenzial.artifact import write_whole
from potenzial.commands.output import Output
from potenzial.commands.running import reporter
from potenzial.errors import ConfigError
from potenzial.interruption import interruptible
from scoring.config import PotentialConfig
from scoring.simulate import (
    GOAL,
    WORLDS,
    Mean,
    Outcome,
    Plan,
    World,
    averaged,
    judge_recovery,
    run_benchmark,
)

#: Title of each figure and whether it is shown in per cent.
_TITLES: Final[Mapping[str, tuple[str, bool]]] = {
    "spearman": ("rank corr.", False),
    "gap_5": ("gap at 5 %", True),
    "gap_10": ("gap at 10 %", True),
    "sum_ratio": ("sum / wallets", False),
    "coverage_active": ("cov. active", True),
    "coverage_inactive": ("cov. inactive", True),
    "off_industry": ("off, industry", True),
    "off_size": ("off, size", True),
    "headroom_ratio": ("headroom / gaps", False),
    "interval_coverage": ("in interval", True),
}


@dataclass(frozen=True)
class Asked:
    """What a user asks of `simulate`: names of worlds (none: all), addresses, seeds, and a file for all rows."""

    worlds: Sequence[str]
    customers: int
    seeds: int
    target: Path | None


def simulate(asked: Asked, output: Output) -> None:
    """Run the benchmark, print a table of each world and the goals, and write the rows if a file is named.

    Raises:
        ConfigError: there is no world of that name.
        KeyboardInterrupt: interrupted; nothing is written.
    """
    plan = Plan(_worlds(asked.worlds), asked.customers, asked.seeds, PotentialConfig())
    with interruptible() as interruption, reporter().stage("simulate", "steps") as advance:

        def step(done: int, total: int) -> None:
            interruption.check()
            advance(done, total)

        recovery = run_benchmark(plan, step)
    if asked.target is not None:
        write_whole(asked.target, recovery.write_csv().encode())
    means, outcome = averaged(recovery), judge_recovery(recovery)
    output(_shown(plan, means, outcome, asked.target), _values(plan, means, outcome))


def _worlds(names: Sequence[str]) -> tuple[World, ...]:
    unknown = [name for name in names if name not in WORLDS]
    if unknown:
        raise ConfigError(f"--world {unknown[0]}: there is no such world. Choose one of {', '.join(WORLDS)}.")
    return tuple(WORLDS[name] for name in dict.fromkeys(names or WORLDS))


def _values(plan: Plan, means: pl.DataFrame, outcome: Outcome) -> dict[str, object]:
    return {
        "customers": plan.customers,
        "seeds": plan.seeds,
        "quantile": plan.config.quantile,
        "worlds": [
            {
                "name": world.name,
                "about": world.about,
                "methods": means.filter(world=world.name).drop("world").to_dicts(),
            }
            for world in plan.worlds
        ],
        "goals": {**asdict(outcome), "goal": GOAL, "reached": outcome.reached, "behind": outcome.behind},
    }


def _shown(plan: Plan, means: pl.DataFrame, outcome: Outcome, target: Path | None) -> RenderableType:
    tables = [part for world in plan.worlds for part in (_table(world, means.filter(world=world.name)), Text())]
    written = [f"Written: {target}"] if target else []
    return Group(*tables, Text("\n".join([*_heading(plan), "", *_goals(outcome), *written])))


def _table(world: World, means: pl.DataFrame) -> Table:
    title = f"{world.name}: {world.about}"
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("method", no_wrap=True)
    for label, _ in _TITLES.values():
        table.add_column(label, justify="right")
    for row in means.iter_rows(named=True):
        table.add_row(str(row["method"]), *(_cell(row, name) for name in _TITLES))
    return table


def _cell(row: Mapping[str, object], name: str) -> str:
    value, error = row[name], row[f"{name}_se"]
    if not isinstance(value, float):
        return "-"
    in_percent = _TITLES[name][1]
    shown = _number(value, percent=in_percent)
    known = isinstance(error, float) and math.isfinite(error)
    return f"{shown} ± {_number(error, percent=in_percent)}" if known and isinstance(error, float) else shown


def _number(value: float, *, percent: bool) -> str:
    return f"{100 * value:.1f}" if percent else f"{value:.2f}"


def _heading(plan: Plan) -> list[str]:
    stocks = "1 stock" if plan.seeds == 1 else f"{plan.seeds} stocks"
    spread = "no ± with one stock" if plan.seeds == 1 else "± is the standard error over stocks"
    quantile = f"{plan.config.quantile:.0%}".replace("%", " %")
    return [
        f"{stocks} of {plan.customers:,} addresses a world; {spread}; gap, cov. and off in per cent.",
        "gap: wallet minus revenue of the addresses ranked first, of the best list of that length.",
        f"cov.: share that buys (if active) less than the potential, should be {quantile}.",
        "off: how far cov. is from that in the industry or size band (100 addresses or more) where it is worst.",
        "sum / wallets: sum of the potentials over the sum of the true wallets.",
        "headroom / gaps: sum of the expected headrooms over that of the true gaps.",
        "in interval: share of the wallets in their published interval, should be 80 %.",
    ]


def _goals(outcome: Outcome) -> list[str]:
    """Say whether the two goals are reached, also when they are missed."""
    reached, least = "reached" if outcome.reached else "MISSED", f"{100 * GOAL:.0f} %"
    caught = (
        f"{_with_error(outcome.model)} (lookup {_with_error(outcome.lookup)}, oracle {_with_error(outcome.oracle)})"
    )
    behind = f"MISSED, behind in {', '.join(outcome.behind)}" if outcome.behind else "reached"
    return [
        f"Goal 1, at 5 % of contacts the model catches at least {least} of the ideal gap, mean over the worlds:",
        f"  {reached}: {caught}",
        f"Goal 2, never behind the lookup at 5 % of contacts: {behind}",
        *(f"  {world}: {_points(lead)}" for world, lead in outcome.lead.items()),
    ]


def _with_error(mean: Mean) -> str:
    return f"{100 * mean.value:.1f}{_error(mean)} %"


def _points(lead: Mean) -> str:
    return f"{100 * lead.value:+.1f}{_error(lead)} points"


def _error(mean: Mean) -> str:
    return f" ± {100 * mean.error:.1f}" if math.isfinite(mean.error) else ""
