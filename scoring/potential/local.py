"""Log revenue over log headcount among text neighbours: each neighbourhood has a level and a slope of its own.

Sub-industries that only texts show differ in how much revenue grows with headcount. The line adds to the firmographics
what a ridge regression over the nearest known customers finds beyond them (Cleveland 1979, doi
10.1080/01621459.1979.10481038), and never falls with headcount.
"""

from typing import Final

import numpy as np

from scoring.customers import Floats
from scoring.features import Facts
from scoring.potential.firmographics import Firmographics

#: Share of the firmographics' own slope that is left at least.
_LEAST: Final = 0.1


def local_line(base: Firmographics, facts: Facts, line: Floats) -> Floats:
    """Expected log10 of EUR per year (n) from the columns LINE (n x 3); zeros mean "like the firmographics"."""
    level, slope, centre = line.T
    least = -(1.0 - _LEAST) * base.least_slope(facts)
    inside = np.clip(facts.log_headcount, base.knots_[0], base.knots_[-1])
    expected: Floats = base.predict(facts) + level + np.maximum(slope, least) * (inside - base.centre_ - centre)
    return expected


def fact_columns(base: Firmographics, facts: Facts, line: Floats) -> Floats:
    """Give FACT_COLUMNS of n customers (n x 5), `line` being their columns LINE."""
    return np.column_stack(
        [
            base.predict(facts),
            local_line(base, facts, line),
            facts.log_headcount,
            facts.imputed.astype(np.float64),
            base.industry_effect(facts),
        ]
    )
