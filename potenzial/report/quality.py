"""Figures of the model beside its baselines, put so that a reader can judge them."""

import math
from dataclasses import dataclass
from typing import Final

import polars as pl

from scoring.potential.evaluation import MODEL, TABLES

#: Verdicts of the gate that prove a gain, the second with a reservation.
_PROVEN: Final = ("ready", "usable")
#: Verdicts that let a gain count; empty stands for no gate.
PASSED: Final = ("", *_PROVEN)
#: Verdicts that call for no word of caution.
SOUND: Final = ("", "ready")
#: Gain over the best plain table below which the two count as equally good, unless the gate has proven it.
_TIE: Final = 0.01
#: Deviation of the measured coverage from the quantile that is still counted as hitting it.
_COVERAGE_TOLERANCE: Final = 0.02
#: Two-sided level at which a larger deviation is more than chance.
_CHANCE: Final = 0.05


@dataclass(frozen=True)
class Figure:
    """One model at one quantile; `gain` is by how much its pinball loss (log10 EUR) is below the best plain table's."""

    model: str
    pinball: float
    coverage: float
    customers: int
    gain: float | None


@dataclass(frozen=True)
class Quality:
    """All models at the quantile that the report shows, best first, and the verdict of the model's gate.

    `rival` is the best plain table, the same that the gate compares with; empty where none was measured.
    """

    quantile: float
    gate: str
    rival: str
    figures: tuple[Figure, ...]

    @property
    def model(self) -> Figure | None:
        """The model itself, None when it was too small a stock to measure it."""
        return next((figure for figure in self.figures if figure.model == MODEL), None)

    @property
    def outcome(self) -> str:
        """`better`, `unproven`, `equal` or `worse` than the best plain table, or `unknown`; the gate has the last word.

        A gain that the gate doubts is `unproven`, one that it has proven counts however small it is.
        """
        gain = self.model.gain if self.model else None
        if gain is None:
            return "unknown"
        if gain >= _TIE or (gain > 0 and self.gate in _PROVEN):
            return "better" if self.gate in PASSED else "unproven"
        return "worse" if gain <= -_TIE else "equal"

    @property
    def calibration(self) -> str:
        """`hit` within two points of the quantile, `chance` where luck may miss more, else `missed`; or `unknown`."""
        if self.model is None:
            return "unknown"
        if abs(self.model.coverage - self.quantile) <= _COVERAGE_TOLERANCE:
            return "hit"
        return "chance" if _chance(self.model, self.quantile) >= _CHANCE else "missed"


def _chance(figure: Figure, quantile: float) -> float:
    """How often as many customers or more deviate by luck alone: the p-value of a two-sided binomial test."""
    # Imported here: it takes most of a second, and most reports have no deviation to test.
    from scipy.stats import binomtest

    covered = round(figure.coverage * figure.customers)
    return float(binomtest(covered, figure.customers, quantile).pvalue)


def compare(figures: pl.DataFrame, quantile: float, gate: str) -> Quality:
    """Reads a frame of schema `scoring.schema.FIGURES` at one quantile; rows without measured values drop out."""
    rows = [
        row
        for row in figures.iter_rows(named=True)
        if math.isclose(row["quantile"] or 0.0, quantile, abs_tol=1e-6)
        and _measured(row["pinball"])
        and _measured(row["coverage"])
    ]
    tables = {row["model"]: row["pinball"] for row in rows if row["model"] in TABLES}
    rival = min(tables, key=lambda name: tables[name], default="")
    base = tables.get(rival)
    found = (
        Figure(row["model"], row["pinball"], row["coverage"], row["customers"], _gain(row["pinball"], base))
        for row in rows
    )
    return Quality(quantile, gate, rival, tuple(sorted(found, key=lambda figure: (figure.pinball, figure.model))))


def _measured(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _gain(pinball: float, base: float | None) -> float | None:
    return 1 - pinball / base if base else None
