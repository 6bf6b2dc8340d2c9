"""`potenzial tune` without its printing: the search, and the test of its winner on customers it never saw."""

import dataclasses
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import polars as pl

from potenzial.config import Config
from potenzial.errors import ProjectError
from potenzial.lab.comparison import Entry, Terms
from potenzial.lab.measures import MEASURES, Known
from potenzial.lab.race import Contestant, Cost, Figure, judge, known_of
from potenzial.lab.space import suggested
from potenzial.lab.trial import Bench, Trial, bench, run_trial
from potenzial.lab.vectors import Vectors
from potenzial.lab.wording import Wording
from potenzial.owners import with_company_sites
from potenzial.progress import Advance
from potenzial.stages import sampled
from scoring.classes import is_active
from scoring.errors import NoCustomersError

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
    """How much a search may spend: seconds, customers that it looks at and configurations (0: as many as can be)."""

    seconds: float
    sample: int
    trials: int = 0


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
        ProjectError: not even the first start could be measured in the time, or the figure not at all.
        NoCustomersError: the sample has too few active customers.
        EmbeddingError: a model is missing or broken.
    """
    clock = _started(budget, advance)
    searched, kept_back = split(vectors.customers, budget.sample)
    search = _Search(starts, _rounds(searched, vectors, own, terms), terms.by, clock)
    study = search.run(own.potential.seed, budget.trials)
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
        late = dataclasses.replace(clock, end=clock.began + budget.seconds)
        test = _confirmed(winner, starts[0], late, lambda: _Track.of(kept_back, vectors, own, terms))
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


def _started(budget: Budget, advance: Advance) -> "_Clock":
    """Start the clock of the search."""
    began = time.monotonic()
    return _Clock(began, began + _SEARCH * budget.seconds, budget.seconds, advance)


def _finished(study: "optuna.Study") -> "list[optuna.trial.FrozenTrial]":
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


@dataclass(frozen=True)
class _Clock:
    """Shows the time gone by at every step of the work, and ends it (OutOfTimeError) at `end` of `time.monotonic`."""

    began: float
    end: float
    seconds: float
    advance: Advance

    def tell(self, _done: int, _total: int) -> None:
        now = time.monotonic()
        if now > self.end:
            raise OutOfTimeError
        self.advance(min(round(now - self.began), round(self.seconds)), round(self.seconds))

    @property
    def left(self) -> float:
        """Seconds to the end; the first configuration is at least begun."""
        return max(self.end - time.monotonic(), 1.0)


@dataclass(frozen=True)
class _Track:
    """Customers on which configurations are measured, and what all of them share there, prepared once."""

    vectors: Vectors
    terms: Terms
    customers: pl.DataFrame
    shared: Bench
    known: Known

    @classmethod
    def of(cls, customers: pl.DataFrame, vectors: Vectors, own: Config, terms: Terms) -> Self:
        """Prepare customers (CUSTOMERS)."""
        shared = bench(with_company_sites(customers, vectors.owners), own.potential, terms.seeds)
        return cls(vectors, terms, customers, shared, known_of(shared, terms.capacity))

    def run(self, name: str, config: Config, seeds: int, told: Advance) -> Trial:
        """Measure one configuration with this many seeds."""
        made = self.vectors.of(self.customers, config.embedding, told)
        shared = dataclasses.replace(self.shared, seeds=seeds)
        return run_trial(name, made.likeness, config.potential, shared, lambda: told(0, 0))

    def judged(self, trials: Sequence[Trial]) -> Figure:
        """Compare the second of two trials with the first."""
        cost = Cost(None, None, 0.0)
        entered = [Contestant(trial, control=False, chunks=0, companies=0, cost=cost) for trial in trials]
        places = judge(entered, self.known, self.terms.by, self.shared.potential.seed)
        return next(place for place in places if place.name == trials[1].name).figures[self.terms.by]

    def value(self, trial: Trial) -> float:
        """Give the figure that the search goes by."""
        return MEASURES[self.terms.by].build(self.known, trial, trial).at(np.ones(len(self.known.group)))


def _rounds(searched: pl.DataFrame, vectors: Vectors, own: Config, terms: Terms) -> dict[int, _Track]:
    """Samples that double, those left out that hold too few active customers, by their share of the smallest."""
    sizes = {2**number: searched.height >> (ROUNDS - 1 - number) for number in range(ROUNDS - 1)}
    samples = {step: sampled(searched, size) for step, size in sizes.items()}
    enough = {step: sample for step, sample in samples.items() if _active(sample) >= _LEAST_ACTIVE}
    last = {2 ** (ROUNDS - 1): searched}
    return {step: _Track.of(sample, vectors, own, terms) for step, sample in (enough | last).items()}


def _active(customers: pl.DataFrame) -> int:
    return customers.filter(is_active()).height


class _Search:
    """One study: which configurations were tried, and when it has to end."""

    def __init__(self, starts: Sequence[Entry], rounds: Mapping[int, _Track], by: str, clock: _Clock) -> None:
        self._starts, self._rounds, self._clock = starts, rounds, clock
        self._by, self._sign = by, MEASURES[by].sign
        self._tried: dict[int, Config] = {}

    def run(self, seed: int, trials: int) -> "optuna.Study":
        import optuna

        # Optuna warns with a traceback of a trial that the end of the time cut off, which is how every search ends.
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.create_study(
            direction="maximize" if self._sign > 0 else "minimize",
            sampler=optuna.samplers.TPESampler(seed=seed),
            pruner=optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=2),
        )
        study.optimize(self._measure, trials or None, timeout=self._clock.left, catch=OutOfTimeError)
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
        value = math.nan
        for step, track in self._rounds.items():
            value = self._known(track.value(track.run("", config, 1, self._clock.tell)))
            trial.report(value, step)
            if trial.number >= len(self._starts) and trial.should_prune():
                raise optuna.TrialPruned
        return value

    def _known(self, value: float) -> float:
        if math.isnan(value):
            title = Wording.of("en").title(self._by)
            raise ProjectError(
                f"{title} cannot be measured on this stock: it lacks texts, industries or active customers for it. "
                "Choose another figure with --by."
            )
        return value

    def _config(self, trial: "optuna.Trial") -> Config:
        """The starts as they are, then what Optuna chooses."""
        if trial.number < len(self._starts):
            return self._starts[trial.number].config
        return suggested(trial, self._starts)


def _confirmed(winner: Config, start: Entry, clock: _Clock, prepared: Callable[[], _Track]) -> Figure | None:
    """Measure winner and start on customers that the search never saw; None without time or active customers."""
    try:
        track = prepared()
        seeds = track.terms.seeds
        trials = [
            track.run(start.name, start.config, seeds, clock.tell),
            track.run("winner", winner, seeds, clock.tell),
        ]
    except (OutOfTimeError, NoCustomersError):
        return None
    return track.judged(trials)
