"""`potenzial tune` without its printing: the search, and the test of its winner on customers it never saw."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from potenzial.config import Config
from potenzial.errors import ProjectError
from potenzial.lab.comparison import Entry, Terms
from potenzial.lab.measures import MEASURES
from potenzial.lab.race import Contestant, Cost, Figure, judge, known_of
from potenzial.lab.space import suggested
from potenzial.lab.trial import Trial, bench, run_trial
from potenzial.lab.vectors import Vectors, until
from potenzial.owners import with_company_sites
from potenzial.progress import Advance
from potenzial.stages import sampled
from scoring.classes import is_active

if TYPE_CHECKING:
    import optuna

#: Rounds of successive halving: each sample is twice the former, the last one is the whole.
ROUNDS: Final = 3
#: Active customers that the smallest sample must hold, else the figures are mostly noise.
_LEAST_ACTIVE: Final = 60
#: Part of the time that the search may take; the rest is for testing its winner.
_SEARCH: Final = 0.75
#: Customers kept back to test the winner, for each one that the search may see.
_KEPT_BACK: Final = 0.5


class OutOfTimeError(Exception):
    """The time for the search or the test is over."""


@dataclass(frozen=True)
class Budget:
    """How much a search may spend: seconds, and customers that it looks at (0: as many as can be)."""

    seconds: float
    sample: int


@dataclass(frozen=True)
class Tuned:
    """What a search found.

    The winner with its figure and the start's on the sample, how many configurations were looked at and how many of
    them given up early, and the winner's figure on the customers kept back (None: no time, or the start has won).
    """

    winner: Config
    is_start: bool
    value: float
    start_value: float
    tried: int
    given_up: int
    customers: int
    kept_back: int
    confirmed: Figure | None


def split(customers: pl.DataFrame, sample: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Choose customers (CUSTOMERS) for the search by the hash of their id, and half as many others for the test."""
    most = math.floor(customers.height / (1 + _KEPT_BACK))
    searched = sampled(customers, min(sample, most) if sample else most)
    both = sampled(customers, math.ceil(searched.height * (1 + _KEPT_BACK)))
    return searched, both.join(searched.select("customer_id"), on="customer_id", how="anti", maintain_order="left")


def tune(
    starts: Sequence[Entry], vectors: Vectors, own: Config, terms: Terms, budget: Budget, advance: Advance
) -> Tuned:
    """Search for the configuration with the best figure, within a time budget.

    Tree-structured Parzen estimator (Bergstra et al. 2011) with asynchronous successive halving (Li et al. 2020) as
    Optuna has them: most configurations are given up on a quarter or half of the sample. All starts are tried first.

    Raises:
        ProjectError: not even the first start could be measured in the time.
        NoCustomersError: the sample has too few active customers.
        EmbeddingError: a model is missing or broken.
    """
    began = time.monotonic()
    searched, kept_back = split(vectors.customers, budget.sample)
    end = began + _SEARCH * budget.seconds
    search = _Search(starts, _Track(vectors, own, terms, searched), terms.by, end, advance)
    study = search.run(began, own.potential.seed)
    finished = _finished(study)
    if not finished:
        raise ProjectError(
            f"{budget.seconds / 60:g} minutes were too short to measure {starts[0].name} once on {searched.height:,} "
            "customers. Passages encoded so far are kept: run the command again, give more --minutes or a smaller "
            "--sample."
        )
    winner = search.config_of(study.best_trial.number)
    is_start = winner == starts[0].config
    test = None
    if not is_start:
        test = _confirmed(winner, starts[0], _Track(vectors, own, terms, kept_back), began + budget.seconds)
    start_value = next((trial.value for trial in finished if trial.number == 0), None)
    return Tuned(
        winner,
        is_start,
        study.best_value,
        math.nan if start_value is None else start_value,
        len(study.trials),
        len(study.trials) - len(finished),
        searched.height,
        kept_back.height,
        test,
    )


def _finished(study: "optuna.Study") -> "list[optuna.trial.FrozenTrial]":
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


class _Track:
    """Customers on which configurations are measured."""

    def __init__(self, vectors: Vectors, own: Config, terms: Terms, customers: pl.DataFrame) -> None:
        self._vectors, self._own, self.terms, self.customers = vectors, own, terms, customers

    def smaller(self, size: int) -> "_Track":
        """The same with only so many customers."""
        return _Track(self._vectors, self._own, self.terms, sampled(self.customers, size))

    @property
    def active(self) -> int:
        """Active customers."""
        return self.customers.filter(is_active()).height

    def run(self, name: str, config: Config, seeds: int, told: Advance) -> Trial:
        """Measure one configuration."""
        made = self._vectors.of(self.customers, config.embedding, told)
        shared = bench(with_company_sites(self.customers, self._vectors.owners), self._own.potential, seeds)
        return run_trial(name, made.companies, config.potential, shared, lambda: told(0, 0))

    def judged(self, trials: Sequence[Trial], seeds: int) -> Figure:
        """Compare the second of two trials with the first."""
        shared = bench(with_company_sites(self.customers, self._vectors.owners), self._own.potential, seeds)
        cost = Cost(None, None, 0.0)
        entered = [Contestant(trial, control=False, chunks=0, companies=0, cost=cost) for trial in trials]
        places = judge(entered, known_of(shared, self.terms.capacity), self.terms.by, self._own.potential.seed)
        return next(place for place in places if place.name == trials[1].name).figures[self.terms.by]

    def value(self, trial: Trial) -> float:
        """Give the figure that the search goes by."""
        shared = bench(with_company_sites(self.customers, self._vectors.owners), self._own.potential, 1)
        known = known_of(shared, self.terms.capacity)
        return MEASURES[self.terms.by].build(known, trial, trial).at(np.ones(len(known.group)))


class _Search:
    """One study: which configurations were tried, and when it has to end."""

    def __init__(self, starts: Sequence[Entry], track: _Track, by: str, end: float, advance: Advance) -> None:
        self._starts, self._track, self._end, self._advance = starts, track, end, advance
        self._sign = MEASURES[by].sign
        self._tried: dict[int, Config] = {}

    def run(self, began: float, seed: int) -> "optuna.Study":
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(
            direction="maximize" if self._sign > 0 else "minimize",
            sampler=optuna.samplers.TPESampler(seed=seed),
            pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2),
        )
        total = round(self._end - began)

        def told(_study: optuna.Study, _trial: optuna.trial.FrozenTrial) -> None:
            self._advance(min(round(time.monotonic() - began), total), total)

        study.optimize(
            self._measure, timeout=max(self._end - time.monotonic(), 1.0), catch=OutOfTimeError, callbacks=[told]
        )
        return study

    def config_of(self, number: int) -> Config:
        """The configuration that a trial had."""
        return self._tried[number]

    def _measure(self, trial: "optuna.Trial") -> float:
        import optuna

        config = self._config(trial)
        if config in self._tried.values():
            raise optuna.TrialPruned
        self._tried[trial.number] = config
        told = until(self._end, _untold, OutOfTimeError)
        value = math.nan
        for step, track in self._rounds():
            value = track.value(track.run("", config, 1, told))
            trial.report(value, step)
            if trial.number >= len(self._starts) and trial.should_prune():
                raise optuna.TrialPruned
        return value

    def _config(self, trial: "optuna.Trial") -> Config:
        """The starts as they are, then what Optuna chooses."""
        if trial.number < len(self._starts):
            return self._starts[trial.number].config
        return suggested(trial, self._starts)

    def _rounds(self) -> list[tuple[int, _Track]]:
        """Samples that double, those left out that hold too few active customers, with their share of the smallest."""
        size = self._track.customers.height
        tracks = [(2**number, self._track.smaller(size >> (ROUNDS - 1 - number))) for number in range(ROUNDS - 1)]
        return [
            *((step, track) for step, track in tracks if track.active >= _LEAST_ACTIVE),
            (2 ** (ROUNDS - 1), self._track),
        ]


def _untold(_done: int, _total: int) -> None:
    """The bar shows the time, not the single configuration."""


def _confirmed(winner: Config, start: Entry, track: _Track, end: float) -> Figure | None:
    """Measure winner and start on customers that the search never saw; None if the time is over."""
    told = until(end, _untold, OutOfTimeError)
    seeds = track.terms.seeds
    try:
        trials = [track.run(start.name, start.config, seeds, told), track.run("winner", winner, seeds, told)]
    except OutOfTimeError:
        return None
    return track.judged(trials, seeds)
