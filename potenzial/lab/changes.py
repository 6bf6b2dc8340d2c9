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
_WORDS: Final = {"factor_industry": "industry", "factor_headcount": "size", "factor_text": "text"}


@dataclass(frozen=True)
class Change:
    """One customer whose class changes: potential in EUR per year and class before and after, and why in words."""

    customer_id: str
    name: str
    potential: tuple[float | None, float | None]
    classes: tuple[str, str]
    why: tuple[str, ...]


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
    return Change(customer, names.get(customer) or "", potentials, classes, _why(row, names))


def _number(value: object) -> float | None:
    return value if isinstance(value, float) else None


def _why(row: Mapping[str, object], names: Mapping[str, str | None]) -> tuple[str, ...]:
    """Say which of industry, size and text moved the potential, and which peers came and went."""
    return (*_factors(row), *_peers(row, names)) or ("the spread among comparable customers",)


def _factors(row: Mapping[str, object]) -> list[str]:
    ratios = {}
    for column, word in _WORDS.items():
        before, after = _number(row[column]), _number(row[f"{column}_after"])
        if before and after:
            ratios[word] = (before, after, abs(log(after / before)))
    telling = {word: ends for word, ends in ratios.items() if exp(ends[2]) >= _TELLING}
    ordered = sorted(telling, key=lambda word: -telling[word][2])
    return [f"{word} factor ×{telling[word][0]:.2f} → ×{telling[word][1]:.2f}" for word in ordered]


def _peers(row: Mapping[str, object], names: Mapping[str, str | None]) -> list[str]:
    before, after = _ids(row["peers"]), _ids(row["peers_after"])
    if not before and not after:
        return []
    kept = len(set(before) & set(after))
    came = _named([peer for peer in after if peer not in before], names)
    gone = _named([peer for peer in before if peer not in after], names)
    said = [f"{kept} of {max(len(before), len(after))} nearest customers kept"]
    return said + ([f"new: {came}"] if came else []) + ([f"gone: {gone}"] if gone else [])


def _ids(peers: object) -> list[str]:
    return [peer["customer_id"] for peer in peers] if isinstance(peers, Sequence) else []


def _named(peers: Sequence[str], names: Mapping[str, str | None]) -> str:
    return ", ".join(names.get(peer) or peer for peer in peers[:_NAMED])
