"""Which customers change their potential class between two configurations, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Final

import polars as pl

from potenzial.lab.trial import Trial
from scoring.classes import Thresholds, classify
from scoring.schema import POTENTIAL_CLASSES

#: Factors closer than this do not explain a change.
_TELLING: Final = 1.05
_NAMED: Final = 2
#: Columns of RATED by what they are called.
_WORDS: Final = {
    "factor_industry": "industry", "factor_headcount": "size", "factor_text": "text", "factor_region": "region",
}  # fmt: skip


@dataclass(frozen=True)
class Peers:
    """How many of all nearest customers stayed, and the names of some that came and went."""

    kept: int
    all: int
    came: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One customer whose class changes, and why.

    Potential in EUR per year and class before and after; factors of "industry", "size", "text" and "region" that moved
    the potential, before and after, the one that moved it most first; what became of the peers (None without any).
    """

    customer_id: str
    name: str
    potential: tuple[float | None, float | None]
    classes: tuple[str, str]
    factors: Mapping[str, tuple[float, float]]
    peers: Peers | None


@dataclass(frozen=True)
class Changes:
    """All changes between two contestants, largest step first; `matrix` counts customers by class before and after."""

    before: str
    after: str
    customers: int
    changed: tuple[Change, ...]
    matrix: Mapping[tuple[str, str], int]


def class_changes(before: Trial, after: Trial, customers: pl.DataFrame, limits: Thresholds) -> Changes:
    """Compare the classes that two contestants give customers (CUSTOMERS) by the same EUR thresholds."""
    frames = [_classed(trial, customers, limits) for trial in (before, after)]
    joined = frames[0].join(frames[1], on="customer_id", suffix="_after", maintain_order="left")
    pairs = joined.group_by("class_potential", "class_potential_after").len()
    changed = joined.filter(pl.col("class_potential") != pl.col("class_potential_after"))
    names = dict(customers.select("customer_id", "name").iter_rows())
    ordered = changed.with_columns(step=_step()).sort("step", "customer_id", descending=[True, False], nulls_last=True)
    return Changes(
        before.name,
        after.name,
        joined.height,
        tuple(_change(row, names) for row in ordered.iter_rows(named=True)),
        {(one, other): count for one, other, count in pairs.iter_rows()},
    )


def _classed(trial: Trial, customers: pl.DataFrame, limits: Thresholds) -> pl.DataFrame:
    columns = ("customer_id", "potential", "class_potential", *_WORDS, "peers", "revenue_best")
    return classify(customers, trial.rated, limits).select(columns)


def _step() -> pl.Expr:
    """How far the class moves, then how far the potential does, in log10."""
    grades = {name: float(number) for number, name in enumerate(POTENTIAL_CLASSES)}
    places = [pl.col(name).replace_strict(grades) for name in ("class_potential", "class_potential_after")]
    moved = (pl.col("potential_after").log10() - pl.col("potential").log10()).abs()
    return 10 * (places[0] - places[1]).abs() + moved.fill_null(0.0)


def _change(row: Mapping[str, object], names: Mapping[str, str | None]) -> Change:
    potentials = (_number(row["potential"]), _number(row["potential_after"]))
    customer = str(row["customer_id"])
    classes = (str(row["class_potential"]), str(row["class_potential_after"]))
    return Change(customer, names.get(customer) or "", potentials, classes, _factors(row), _peers(row, names))


def _number(value: object) -> float | None:
    return value if isinstance(value, float) else None


def _factors(row: Mapping[str, object]) -> dict[str, tuple[float, float]]:
    moved = {}
    for column, word in _WORDS.items():
        before, after = _number(row[column]), _number(row[f"{column}_after"])
        if before and after:
            moved[word] = (before, after)
    steps = {word: abs(log(after / before)) for word, (before, after) in moved.items()}
    telling = [word for word in moved if exp(steps[word]) >= _TELLING]
    return {word: moved[word] for word in sorted(telling, key=lambda word: -steps[word])}


def _peers(row: Mapping[str, object], names: Mapping[str, str | None]) -> Peers | None:
    before, after = _ids(row["peers"]), _ids(row["peers_after"])
    if not before and not after:
        return None
    came = _named([peer for peer in after if peer not in before], names)
    gone = _named([peer for peer in before if peer not in after], names)
    return Peers(len(set(before) & set(after)), max(len(before), len(after)), came, gone)


def _ids(peers: object) -> list[str]:
    return [peer["customer_id"] for peer in peers] if isinstance(peers, Sequence) else []


def _named(peers: Sequence[str], names: Mapping[str, str | None]) -> tuple[str, ...]:
    return tuple(names.get(peer) or peer for peer in peers[:_NAMED])
