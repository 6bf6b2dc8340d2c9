"""What a treatment did in a stratified randomised experiment: intention to treat, and the Qini curve.

Customers count for the arm they were drawn into, whether or not anybody visited them (intention to treat): only that
keeps the arms alike. Everything is computed within strata, since the share of treated may differ from one to another.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np

from scoring.customers import Bools, Floats, Ints
from scoring.errors import ExperimentError
from scoring.resampling import Estimate, estimate

#: 97.5 % and 80 % points of the normal distribution: a two-sided test at 5 % that finds four of five true effects.
_TWO_SIDED: Final = 1.959964
_POWER: Final = 0.841621
#: An arm of a stratum needs two customers to show how far they differ.
_LEAST: Final = 2


@dataclass(frozen=True, eq=False)
class Trial:
    """The n customers of an experiment: which stratum, which arm, and the outcome (EUR, or 0 and 1)."""

    stratum: Ints
    treated: Bools
    outcome: Floats

    def __post_init__(self) -> None:
        """Refuse a trial in which nothing can be compared.

        Raises:
            ExperimentError: one of the arms is empty.
        """
        if self.treated.all() or not self.treated.any():
            raise ExperimentError("One arm of the experiment is empty, so there is nothing to compare.")

    def at(self, rows: Ints) -> "Trial":
        """Take some rows."""
        return Trial(self.stratum[rows], self.treated[rows], self.outcome[rows])


def intention_to_treat(trial: Trial) -> Estimate:
    """Difference of the arms' means per customer, strata weighted by size, with a 95 % interval.

    Post-stratified difference in means with Neyman's variance (Imbens and Rubin 2015, chapter 9). Strata with an empty
    arm count with their neighbours as one: they cannot be compared within. With fewer than two customers in an arm of
    some stratum the interval leaves out that stratum's variance.
    """
    stratum = joined_strata(trial)
    value, variance = 0.0, 0.0
    for number in np.unique(stratum):
        members = stratum == number
        share = float(members.mean())
        ours, others = trial.outcome[members & trial.treated], trial.outcome[members & ~trial.treated]
        value += share * (float(ours.mean()) - float(others.mean()))
        variance += share**2 * (_variance_of_mean(ours) + _variance_of_mean(others))
    spread = _TWO_SIDED * sqrt(variance)
    return Estimate(value, value - spread, value + spread)


def _variance_of_mean(values: Floats) -> float:
    return float(values.var(ddof=1)) / len(values) if len(values) >= _LEAST else 0.0


def joined_strata(trial: Trial) -> Ints:
    """Strata (n) with both arms; those with one arm only are joined, with the largest other one if need be."""
    lone = np.zeros(len(trial.stratum), dtype=np.bool_)
    for number in np.unique(trial.stratum):
        members = trial.stratum == number
        lone |= members & (trial.treated[members].all() or not trial.treated[members].any())
    joined: Ints = np.where(lone, -1, trial.stratum)
    if lone.any() and (trial.treated[lone].all() or not trial.treated[lone].any()):
        rest = joined[~lone]
        largest = int(np.bincount(rest - rest.min()).argmax() + rest.min()) if len(rest) else -1
        joined = np.where(lone, largest, joined)
    return joined


def adjusted(trial: Trial, before: Floats) -> Trial:
    """Take from the outcome what stratum and the EUR of the year before (n) foretold, which narrows the interval.

    CUPED (Deng et al. 2013, doi 10.1145/2433396.2433413) with the slope within strata; as `before` was there before
    the draw, the difference between the arms keeps its expectation.
    """
    stratum = joined_strata(trial)
    past, outcome = _centred(before, stratum), _centred(trial.outcome, stratum)
    scale = float(past @ past)
    slope = float(past @ outcome) / scale if scale > 0 else 0.0
    # The level of a stratum says nothing of the arms within it, but blurs a curve over all strata.
    return Trial(trial.stratum, trial.treated, float(trial.outcome.mean()) + outcome - slope * past)


def _centred(values: Floats, stratum: Ints) -> Floats:
    _, place = np.unique(stratum, return_inverse=True)
    means = np.bincount(place, weights=values) / np.bincount(place)
    rest: Floats = values - means[place]
    return rest


@dataclass(frozen=True, eq=False)
class Qini:
    """Gain per customer of the experiment when the first `share` (s) by a score are treated, against nobody.

    `gain` ends in the gain of treating all; `coefficient` is the area between the curve and the straight line of
    treating at random, in units of the outcome per customer: above 0, the score puts those first that respond most.
    """

    share: Floats
    gain: Floats
    coefficient: Estimate


def qini(trial: Trial, score: Floats, *, rounds: int, seed: int, steps: int = 20) -> Qini:
    """Draw the Qini curve of a score (n), higher first (Radcliffe 2007), with a bootstrap interval of its coefficient.

    Customers weigh the inverse of their arm's share in their stratum, so that unequal shares favour nobody. Samples are
    drawn anew within stratum and arm.
    """
    share = np.linspace(0.0, 1.0, steps + 1)
    curve = _curve(trial, score, share)
    again = [_coefficient(share, _curve(trial.at(rows), score[rows], share)) for rows in _redraws(trial, rounds, seed)]
    return Qini(share, curve, estimate(_coefficient(share, curve), np.array(again)))


def _curve(trial: Trial, score: Floats, share: Floats) -> Floats:
    order = np.argsort(-score, kind="stable")
    weights = arm_weights(trial)[order]
    ours, outcome = trial.treated[order], trial.outcome[order]
    reached = np.concatenate([[0.0], np.cumsum(weights) / weights.sum()])
    gains = [_mean_so_far(outcome, np.where(arm, weights, 0.0)) for arm in (ours, ~ours)]
    gain: Floats = np.interp(share, reached, np.concatenate([[0.0], reached[1:] * (gains[0] - gains[1])]))
    return gain


def _mean_so_far(outcome: Floats, weights: Floats) -> Floats:
    """Weighted mean of the first customers of one arm; 0 as long as there is none."""
    total = np.cumsum(weights)
    mean: Floats = np.divide(np.cumsum(weights * outcome), total, out=np.zeros(len(total)), where=total > 0)
    return mean


def arm_weights(trial: Trial) -> Floats:
    """Inverse share of the own arm in the own stratum (n)."""
    stratum = joined_strata(trial)
    _, cell = np.unique(np.column_stack([stratum, trial.treated]), axis=0, return_inverse=True)
    _, place = np.unique(stratum, return_inverse=True)
    weights: Floats = np.bincount(place)[place] / np.bincount(cell.ravel())[cell.ravel()]
    return weights


def _coefficient(share: Floats, gain: Floats) -> float:
    area = np.trapezoid(gain, share)
    return float(area - gain[-1] / 2)


def _redraws(trial: Trial, rounds: int, seed: int) -> Iterator[Ints]:
    """Give row numbers of bootstrap samples that keep the size of each arm of each stratum."""
    random = np.random.default_rng(seed)
    _, cell = np.unique(np.column_stack([trial.stratum, trial.treated]), axis=0, return_inverse=True)
    rows = np.argsort(cell.ravel(), kind="stable")
    counts = np.bincount(cell.ravel())
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    size, first = np.repeat(counts, counts), np.repeat(starts, counts)
    for _ in range(rounds):
        drawn: Ints = rows[first + (random.random(len(rows)) * size).astype(np.int64)]
        yield drawn


@dataclass(frozen=True)
class Power:
    """Smallest differences between the arms that a test at 5 % finds in four of five cases.

    `eur` per customer, from how far revenue differs; `share` of customers that buy, from `base`, the share that does.
    """

    eur: float
    share: float
    base: float


def power(revenue: Floats, treated: int, held_out: int) -> Power:
    """Tell what so many treated and held-out customers can show, by what customers of the pool (n) buy today.

    Two-sample formula (Cohen 1988, chapter 2). Revenue of today stands for that of the next year, and nothing is
    taken off for the strata, which are partly made of today's revenue: the experiment shows rather smaller effects.
    """
    scale = (_TWO_SIDED + _POWER) * sqrt(1 / treated + 1 / held_out)
    base = float((revenue > 0).mean())
    return Power(scale * float(revenue.std()), scale * sqrt(base * (1 - base)), base)
