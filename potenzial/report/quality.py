"""Figures of the model beside its baselines, put so that a reader can judge them."""

import math
from dataclasses import dataclass
from typing import Final

import polars as pl

from scoring.potential.evaluation import LOOKUP, MODEL

#: Verdicts of the gate that let a gain count; empty stands for no gate.
PASSED: Final = ("", "ready")
#: Gain over the lookup below which the two count as equally good.
_TIE: Final = 0.01
#: Deviation of the measured coverage from the quantile that is still counted as hitting it.
_COVERAGE_TOLERANCE: Final = 0.02


@dataclass(frozen=True)
class Figure:
    """One model at one quantile; `gain` is by how much its pinball loss (log10 EUR) is below the lookup's."""

    model: str
    pinball: float
    coverage: float
    customers: int
    gain: float | None


@dataclass(frozen=True)
class Quality:
    """All models at the quantile that the report shows, best first, and the verdict of the model's gate."""

    quantile: float
    gate: str
    figures: tuple[Figure, ...]

    @property
    def model(self) -> Figure | None:
        """The model itself, None when it was too small a stock to measure it."""
        return next((figure for figure in self.figures if figure.model == MODEL), None)

    @property
    def outcome(self) -> str:
        """`better`, `equal` or `worse` than the lookup, or `unknown`; a gain that the gate doubts is none."""
        gain = self.model.gain if self.model else None
        if gain is None:
            return "unknown"
        if gain <= -_TIE:
            return "worse"
        return "better" if gain >= _TIE and self.gate in PASSED else "equal"

    @property
    def covers(self) -> bool:
        """Whether the model's measured coverage lies within two points of the quantile."""
        return self.model is not None and abs(self.model.coverage - self.quantile) <= _COVERAGE_TOLERANCE


def compare(figures: pl.DataFrame, quantile: float, gate: str) -> Quality:
    """Reads a frame of schema `scoring.schema.FIGURES` at one quantile; rows without measured values drop out."""
    rows = [
        row
        for row in figures.iter_rows(named=True)
        if math.isclose(row["quantile"] or 0.0, quantile, abs_tol=1e-6)
        and _measured(row["pinball"])
        and _measured(row["coverage"])
    ]
    base = next((row["pinball"] for row in rows if row["model"] == LOOKUP), None)
    found = (
        Figure(row["model"], row["pinball"], row["coverage"], row["customers"], _gain(row["pinball"], base))
        for row in rows
    )
    return Quality(quantile, gate, tuple(sorted(found, key=lambda figure: (figure.pinball, figure.model))))


def _measured(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _gain(pinball: float, base: float | None) -> float | None:
    return 1 - pinball / base if base else None
