"""How much of the growth that came would have been met by calling few addresses, in one order or another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoring.backtest.customers import Then
from scoring.backtest.result import IDEAL, MODEL, RANDOM, Decile, Lift
from scoring.customers import Bools, Floats, Ints
from scoring.resampling import company_draws, estimate

_TENTHS = 10


class Ranked:
    """Customers in the order of a score, with what each is worth; equal scores at the border count in part."""

    def __init__(self, score: Floats, worth: Floats) -> None:
        _, level = np.unique(-score, return_inverse=True)
        self._level: Ints = level.astype(np.int64)
        self._levels, self._worth = int(level.max(initial=-1)) + 1, worth

    def caught(self, weights: Floats, shares: Floats) -> Floats:
        """Share of all worth among the first `shares` (s) of the customers, each counted by its weight (n)."""
        customers = np.bincount(self._level, weights=weights, minlength=self._levels)
        worth = np.bincount(self._level, weights=weights * self._worth, minlength=self._levels)
        total = worth.sum()
        if total <= 0:
            return np.full(len(shares), np.nan)
        ends, sums = np.cumsum(customers), np.cumsum(worth)
        # Within a level the sum grows evenly: interpolation counts customers at the border in part.
        met: Floats = np.interp(shares * customers.sum(), np.append(0.0, ends), np.append(0.0, sums)) / total
        return met


@dataclass(frozen=True)
class Resampling:
    """How intervals are made: bootstrap rounds and the seed."""

    rounds: int
    seed: int


def lifts(
    then: Then, groups: Ints, orders: Mapping[str, Floats], capacities: Sequence[float], resampling: Resampling
) -> Iterator[Lift]:
    """Judge every order in every segment at every capacity; worth is the EUR that a customer bought more."""
    for segment, members in segments(then).items():
        worth = np.maximum(then.growth[members], 0.0)
        of_segment = {name: Ranked(score[members], worth) for name, score in orders.items()}
        of_segment[IDEAL] = Ranked(worth, worth)
        yield from _lifts(segment, of_segment, groups[members], np.array(capacities), resampling)


def segments(then: Then) -> dict[str, Bools]:
    """Who belongs to which part (n each)."""
    everybody = np.ones(len(then.base), dtype=np.bool_)
    return {"all": everybody, "active": then.active, "inactive": ~then.active, "new": then.new, "tenured": ~then.new}


def _lifts(
    segment: str, ranked: Mapping[str, Ranked], groups: Ints, shares: Floats, resampling: Resampling
) -> Iterator[Lift]:
    if not len(groups):
        return
    once = np.ones(len(groups))
    found = {name: order.caught(once, shares) for name, order in ranked.items()}
    drawn = list(company_draws(groups, resampling.rounds, resampling.seed))
    again = {name: np.array([order.caught(weights, shares) for weights in drawn]) for name, order in ranked.items()}
    # Whom chance calls is a share of everything, on average and without any variation worth stating.
    found[RANDOM], again[RANDOM] = shares, np.tile(shares, (len(drawn), 1))
    for name in found:
        for place, share in enumerate(shares):
            value, others = float(found[name][place]), again[name][:, place]
            margins = again[MODEL][:, place] - others
            margin = None if name == MODEL else estimate(float(found[MODEL][place]) - value, margins)
            yield Lift(
                segment=segment,
                order=name,
                capacity=float(share),
                called=round(float(share) * len(groups)),
                caught=estimate(value, others),
                lift=value / float(share) if np.isfinite(value) else None,
                margin=margin,
            )


def deciles(then: Then, potential: Floats, score: Floats, tolerance: float) -> tuple[Decile, ...]:
    """Cut the customers with a potential into tenths in the order of the list: most headroom first."""
    rated = np.flatnonzero(np.isfinite(potential))
    order = rated[np.lexsort((rated, -potential[rated], -score[rated]))]
    grew = then.grew(tolerance)
    parts = [part for part in np.array_split(order, _TENTHS) if len(part)]
    return tuple(_decile(number, part, then, potential, grew) for number, part in enumerate(parts, 1))


def _decile(number: int, rows: Ints, then: Then, potential: Floats, grew: Bools) -> Decile:
    return Decile(
        decile=number,
        customers=len(rows),
        potential=float(potential[rows].mean()),
        revenue=float(then.base[rows].mean()),
        after=float(then.after[rows].mean()),
        later=None if then.later is None else float(then.later[rows].mean()),
        growth=float(then.growth[rows].mean()),
        grew=float(grew[rows].mean()),
    )
