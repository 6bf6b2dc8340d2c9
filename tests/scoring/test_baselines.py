"""The plain rivals of the model."""

import numpy as np
import pytest

from scoring.baselines import BASELINES
from scoring.features import Facts
from scoring.quantile import has_own_bound, pinball, rank_quantile


def _facts(headcount: list[float], industry: list[int]) -> Facts:
    levels = np.column_stack([industry, np.full((len(industry), 3), -1)]).astype(np.int64)
    zeros = np.zeros(len(headcount))
    return Facts(np.log10(np.array(headcount)), zeros > 0, levels, zeros)


def test_rank_quantile_covers_the_next_value() -> None:
    """Of nine exchangeable values the largest is the 0.9 quantile for the tenth; eight values bound nothing."""
    assert rank_quantile(np.arange(9.0), 0.9) == 8.0
    assert has_own_bound(9, 0.9)
    assert not has_own_bound(8, 0.9)
    assert rank_quantile(np.arange(19.0), 0.5) == 9.0
    assert rank_quantile(np.arange(19.0), 0.55) == 10.0


def test_pinball_is_least_at_the_quantile() -> None:
    """Of all constants the 0.9 quantile has the least loss, and a miss above costs nine times one below."""
    values = np.random.default_rng(1).normal(size=4000)
    losses = [pinball(values, np.full(4000, shift), 0.9).mean() for shift in np.linspace(0, 3, 61)]
    assert np.linspace(0, 3, 61)[int(np.argmin(losses))] == pytest.approx(1.28, abs=0.1)
    assert pinball(np.array([1.0, -1.0]), np.zeros(2), 0.9).tolist() == pytest.approx([0.9, 0.1])


def test_lookup_reads_its_cell_then_falls_back() -> None:
    """A filled cell gives its own quantile, a thin one that of the size band, an unknown one that of all."""
    known = _facts([7] * 12 + [70] * 12 + [700] * 3, [1] * 12 + [1] * 6 + [2] * 6 + [3] * 3)
    revenue = np.repeat([1.0, 2.0, 9.0], [12, 12, 3])
    wanted = _facts([7, 70, 5000], [1, 2, 4])
    assert BASELINES["industry x size"](known, revenue, wanted, 0.5).tolist() == [1.0, 2.0, 2.0]
    assert BASELINES["industry"](known, revenue, wanted, 0.99).tolist() == [2.0, 9.0, 9.0]
    assert BASELINES["constant"](known, revenue, wanted, 0.99).tolist() == [9.0] * 3


def test_linear_quantile_regression_finds_the_line() -> None:
    """It recovers the slope of log headcount and the shift of an industry."""
    rng = np.random.default_rng(2)
    headcount, industry = 10 ** rng.uniform(0, 3, 600), rng.integers(0, 2, 600)
    revenue = 3 + 0.7 * np.log10(headcount) + 0.5 * industry + rng.normal(0, 0.1, 600)
    wanted = _facts([10, 100, 100], [0, 0, 1])
    low, middle, high = BASELINES["linear quantile regression"](
        _facts(list(headcount), list(industry)), revenue, wanted, 0.5
    )
    assert middle - low == pytest.approx(0.7, abs=0.05)
    assert high - middle == pytest.approx(0.5, abs=0.05)
