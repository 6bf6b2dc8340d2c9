"""One back-test from end to end."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from scoring.backtest.customers import Then, divisions, then, years_to_judge
from scoring.backtest.lift import Resampling, deciles, lifts
from scoring.backtest.matching import GREW, matched
from scoring.backtest.notes import notes
from scoring.backtest.orders import orders
from scoring.backtest.result import MODEL, Backtest, Population
from scoring.classes import thresholds
from scoring.config import ClassConfig, PotentialConfig
from scoring.customers import Floats, read_stock
from scoring.errors import HistoryError
from scoring.history import History
from scoring.potential import rate

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Case:
    """What is judged: customers (CUSTOMERS) and company vectors as they stand today, and the purchases on record."""

    customers: pl.DataFrame
    companies: pl.DataFrame | None
    history: History


@dataclass(frozen=True)
class Terms:
    """On what terms: the model's and the classes' settings, shares that can be called, bootstrap rounds."""

    potential: PotentialConfig
    classes: ClassConfig
    capacities: tuple[float, ...]
    rounds: int


def backtest(case: Case, terms: Terms, year: int | None = None, *, progress: Progress) -> Backtest:
    """Rate with the purchases up to the end of year T, and judge by those of T + 1 and, if recorded, T + 2.

    Year T is the last one whose following year is on record unless it is given. Thresholds of the classes are those of
    T. Who had not bought by the end of T is left out, since nobody knows whether the stock held the address then.

    Raises:
        HistoryError: the years are not on record, or nobody had been buying for 12 months by then.
    """
    chosen = years_to_judge(case.history, year)
    back = then(case.customers, case.history, chosen)
    if not back.trains.any():
        raise HistoryError(_nobody_trains(case.history, chosen))
    rating = rate(back.customers, _vectors(case, back), terms.potential, progress=progress)
    potential = _potential(back, rating.rated)
    limits = thresholds(pl.Series(back.base), terms.classes)
    stock = read_stock(back.customers)
    scores = orders(back, stock, potential, terms.potential)
    resampling = Resampling(terms.rounds, terms.potential.seed)
    spans = case.history.year(chosen), case.history.year(chosen + 1)
    said = notes(back, case.history, chosen)
    return Backtest(
        year=chosen,
        trained_until=spans[0].end.isoformat(),
        judged_from=spans[1].start.isoformat(),
        judged_until=spans[1].end.isoformat(),
        judged_later=back.later is not None,
        thresholds=(limits.a, limits.b),
        quantile=terms.potential.quantile,
        verdict=rating.verdict,
        verdict_de=rating.reason_de,
        verdict_en=rating.reason_en,
        population=_population(back),
        deciles=deciles(back, potential, scores[MODEL], GREW),
        lifts=tuple(lifts(back, stock.group, scores, terms.capacities, resampling)),
        matched=tuple(matched(back, stock.group, divisions(stock), potential, limits, resampling)),
        notes_de=said["de"],
        notes_en=said["en"],
    )


def _vectors(case: Case, back: Then) -> pl.DataFrame | None:
    """Vectors of the customers that are judged: others are no neighbours then."""
    if case.companies is None:
        return None
    return case.companies.join(back.customers.select("customer_id"), on="customer_id", how="semi")


def _potential(back: Then, rated: pl.DataFrame) -> Floats:
    joined = back.customers.select("customer_id").join(rated, on="customer_id", how="left", maintain_order="left")
    values: Floats = joined["potential"].fill_null(np.nan).to_numpy()
    return values


def _population(back: Then) -> Population:
    return Population(
        customers=len(back.base),
        active=int(back.active.sum()),
        inactive=int((~back.active).sum()),
        new=int(back.new.sum()),
        trained=int(back.trains.sum()),
        revenue=float(back.base.sum()),
        after=float(back.after.sum()),
        growth=float(np.maximum(back.growth, 0.0).sum()),
        later_customers=back.newcomers,
        later_revenue=back.newcomer_revenue,
    )


def _nobody_trains(history: History, year: int) -> str:
    span = history.recorded
    return (
        f"Nobody had been buying for 12 months by the end of {year}: purchases are recorded from {span.start} on. "
        "Take a later year with --year, or a file that reaches further back."
    )
