"""The benchmark: every method on every world with several seeds, and the two goals."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from scoring.config import PotentialConfig
from scoring.simulate.methods import LOOKUP, METHODS, MODEL, ORACLE
from scoring.simulate.recovery import FIGURES, RECOVERY, recover
from scoring.simulate.stock import simulate
from scoring.simulate.worlds import World

#: Called with what is done and what there is in all.
Progress = Callable[[int, int], None]

#: Share of the ideal gap that the first 5 % of the model's list are to catch, on average over the worlds.
GOAL: Final = 0.75
#: Steps of the progress display for one method on one stock.
_STEPS: Final = 20


@dataclass(frozen=True)
class Plan:
    """What is simulated: worlds, addresses of each stock, stocks of each world (seeds 1, 2, ...), model settings."""

    worlds: Sequence[World]
    customers: int
    seeds: int
    config: PotentialConfig


@dataclass(frozen=True)
class Mean:
    """A mean over stocks with its standard error, NaN for a single stock."""

    value: float
    error: float


@dataclass(frozen=True)
class Outcome:
    """The two goals: gap caught by the first 5 %, on average over the worlds, and the model minus the lookup by world.

    Means and errors are over seeds; `behind` names the worlds in which the model catches less than the lookup.
    """

    model: Mean
    lookup: Mean
    oracle: Mean
    lead: dict[str, Mean]

    @property
    def reached(self) -> bool:
        """Whether the first goal is reached."""
        return self.model.value >= GOAL

    @property
    def behind(self) -> tuple[str, ...]:
        """Worlds in which the model is behind the lookup."""
        return tuple(world for world, lead in self.lead.items() if lead.value < 0)


def run_benchmark(plan: Plan, progress: Progress) -> pl.DataFrame:
    """Measure every method on every stock: the table RECOVERY. `progress` counts steps of work."""
    total = len(plan.worlds) * plan.seeds * len(METHODS) * _STEPS
    rows: list[dict[str, object]] = []
    progress(0, total)
    for number, (world, seed) in enumerate(_stocks(plan)):
        stock = simulate(world, plan.customers, seed)
        for place, method in enumerate(METHODS.values()):
            start = (number * len(METHODS) + place) * _STEPS
            rankings = method(stock, plan.config, _part(progress, start, total))
            rows.extend(recover(stock, ranking) for ranking in rankings)
            progress(start + _STEPS, total)
    return pl.DataFrame(rows, schema=RECOVERY)


def _stocks(plan: Plan) -> Iterator[tuple[World, int]]:
    return ((world, seed) for world in plan.worlds for seed in range(1, plan.seeds + 1))


def _part(progress: Progress, start: int, total: int) -> Progress:
    return lambda done, of: progress(start + (_STEPS - 1) * done // max(of, 1), total)


def averaged(recovery: pl.DataFrame) -> pl.DataFrame:
    """Average RECOVERY over seeds: one row per world and method, each figure with its standard error `NAME_se`."""
    errors = [(pl.col(name).std() / pl.col(name).count().sqrt()).alias(f"{name}_se") for name in FIGURES]
    means = [pl.col(name).mean() for name in FIGURES]
    return recovery.group_by("world", "method", maintain_order=True).agg(pl.len().alias("seeds"), *means, *errors)


def judge_recovery(recovery: pl.DataFrame) -> Outcome:
    """Hold the figures (RECOVERY) against the two goals."""
    wide = recovery.pivot("method", index=["world", "seed"], values="gap_5", maintain_order=True)
    by_seed = wide.group_by("seed", maintain_order=True).agg(pl.col(MODEL, LOOKUP, ORACLE).mean())
    leads = wide.with_columns(lead=pl.col(MODEL) - pl.col(LOOKUP))
    return Outcome(
        model=_mean(by_seed[MODEL]),
        lookup=_mean(by_seed[LOOKUP]),
        oracle=_mean(by_seed[ORACLE]),
        lead={str(world): _mean(rows["lead"]) for (world,), rows in leads.group_by("world", maintain_order=True)},
    )


def _mean(values: pl.Series) -> Mean:
    kept = values.drop_nulls()
    value, spread = kept.mean(), kept.std()
    error = float(spread) / len(kept) ** 0.5 if isinstance(spread, float) else float("nan")
    return Mean(float(value) if isinstance(value, float) else float("nan"), error)
