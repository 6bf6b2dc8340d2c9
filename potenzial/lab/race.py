"""Figures of all contestants on the same resampled companies, so that their differences are paired."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl

from potenzial.lab.measures import MEASURES, Known, stability
from potenzial.lab.resample import Interval, Mean, Statistic, draws, interval
from potenzial.lab.trial import Bench, Trial
from scoring.customers import Floats

Verdict = Literal["reference", "better", "worse", "no difference", ""]

#: Bootstrap samples behind every interval.
ROUNDS: Final = 500


@dataclass(frozen=True)
class Figure:
    """A contestant's figure with its 95 % interval, and its difference from the reference with the paired one."""

    own: Interval
    difference: Interval
    verdict: Verdict


@dataclass(frozen=True)
class Cost:
    """What a contestant costs; None where not measured.

    Texts encoded a second and peak memory (MB) of a process that does nothing else, and MB of its company vectors.
    """

    texts_per_second: float | None
    memory_mb: float | None
    vectors_mb: float


@dataclass(frozen=True)
class Place:
    """One line of the leaderboard; `figures` by the names of `MEASURES`, `stability` from -1 to 1."""

    name: str
    control: bool
    figures: Mapping[str, Figure]
    stability: float
    chunks: int
    companies: int
    cost: Cost


@dataclass(frozen=True)
class Contestant:
    """A contestant that has run, and what is known of it apart from its figures."""

    trial: Trial
    control: bool
    chunks: int
    companies: int
    cost: Cost


def known_of(shared: Bench, capacity: float) -> Known:
    """Gather what the figures need that does not depend on the contestant; `capacity` is a share of the customers."""
    stock, config = shared.stock, shared.potential
    top = shared.top.astype(np.float64)
    return Known(stock.log_revenue, top, stock.group, config.quantile, config.interval, capacity)


def judge(contestants: Sequence[Contestant], known: Known, by: str, seed: int) -> tuple[Place, ...]:
    """Rank contestants by one of `MEASURES`, best first; the first one given is the reference of all differences.

    Every difference is measured on the same bootstrap samples of companies. A verdict says whether its 95 % interval
    leaves out zero; of twenty such verdicts on equal contestants one is wrong.
    """
    statistics = {name: _paired(name, contestants, known) for name in MEASURES}
    resampled = _resampled(statistics, known, seed)
    plain = np.ones(len(known.group))
    places = [_place(number, contestants, statistics, resampled, plain) for number in range(len(contestants))]
    return tuple(sorted(places, key=lambda place: _rank(place, by)))


def _paired(name: str, contestants: Sequence[Contestant], known: Known) -> list[Statistic]:
    """The figure of each contestant; means are taken over the customers of whom every contestant says something."""
    reference = contestants[0].trial
    built = [MEASURES[name].build(known, contestant.trial, reference) for contestant in contestants]
    means = [statistic for statistic in built if isinstance(statistic, Mean)]
    if len(means) < len(built):
        return built
    common = np.all([np.isfinite(mean.values) for mean in means], axis=0)
    return [Mean(np.where(common, mean.values, np.nan)) for mean in means]


def _resampled(statistics: Mapping[str, Sequence[Statistic]], known: Known, seed: int) -> dict[str, Floats]:
    """Figures of all contestants (contestants x rounds) by measure."""
    rounds = [
        {name: [statistic.at(weights) for statistic in row] for name, row in statistics.items()}
        for weights in draws(known.group, ROUNDS, seed)
    ]
    return {name: np.array([values[name] for values in rounds]).T for name in statistics}


def _place(
    number: int,
    contestants: Sequence[Contestant],
    statistics: Mapping[str, Sequence[Statistic]],
    resampled: Mapping[str, Floats],
    plain: Floats,
) -> Place:
    contestant = contestants[number]
    figures = {}
    for name, row in statistics.items():
        own, reference = row[number].at(plain), row[0].at(plain)
        difference = interval(own - reference, resampled[name][number] - resampled[name][0])
        verdict = "reference" if number == 0 else _verdict(name, difference)
        figures[name] = Figure(interval(own, resampled[name][number]), difference, verdict)
    return Place(
        contestant.trial.name,
        contestant.control,
        figures,
        stability(contestant.trial),
        contestant.chunks,
        contestant.companies,
        contestant.cost,
    )


def _verdict(name: str, difference: Interval) -> Verdict:
    sign = MEASURES[name].sign * difference.sign
    if MEASURES[name].sign == 0 or not np.isfinite(difference.low):
        return ""
    return {1: "better", -1: "worse", 0: "no difference"}[sign]  # type: ignore[return-value]  # the three are verdicts


def _rank(place: Place, by: str) -> tuple[bool, float, str]:
    value = place.figures[by].own.value
    return (not np.isfinite(value), -MEASURES[by].sign * value, place.name)


def table(places: Sequence[Place]) -> pl.DataFrame:
    """The leaderboard with one row for each contestant and measure, for programs."""
    rows = [
        {
            "place": number,
            "config": place.name,
            "control": place.control,
            "measure": name,
            "value": figure.own.value,
            "low": figure.own.low,
            "high": figure.own.high,
            "difference": figure.difference.value,
            "difference_low": figure.difference.low,
            "difference_high": figure.difference.high,
            "verdict": figure.verdict,
        }
        for number, place in enumerate(places, 1)
        for name, figure in place.figures.items()
    ]
    return pl.DataFrame(rows, infer_schema_length=None)
