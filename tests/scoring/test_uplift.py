import numpy as np
import pytest

from scoring.errors import ExperimentError
from scoring.uplift import Trial, adjusted, arm_weights, intention_to_treat, joined_strata, power, qini


def _trial(effect: float, size: int = 2000, seed: int = 1) -> tuple[Trial, np.ndarray, np.ndarray]:
    """Strata that differ in level and in the share of treated; a score that says who responds; revenue before."""
    random = np.random.default_rng(seed)
    stratum = random.integers(0, 4, size)
    treated = random.random(size) < np.array([0.5, 0.8, 0.6, 0.7])[stratum]
    before = random.lognormal(3, 1, size) + 100 * stratum
    score = random.random(size)
    outcome = before + 100 * stratum + random.normal(0, 5, size) + 2 * effect * score * treated
    return Trial(stratum.astype(np.int64), treated, outcome), score, before


def test_an_effect_is_found_and_its_absence_too() -> None:
    """The interval holds the true mean effect although strata differ in level and share, and zero without an effect."""
    for effect in (20.0, 0.0):
        trial, _, before = _trial(effect)
        found = intention_to_treat(adjusted(trial, before))
        assert found.low is not None
        assert found.high is not None
        assert found.low <= effect <= found.high
        assert found.sign == (1 if effect else 0)


def test_past_revenue_narrows_the_interval() -> None:
    """Taking the year before into account leaves the difference about the same and makes the interval much smaller."""
    trial, _, before = _trial(20.0)
    plain, narrowed = intention_to_treat(trial), intention_to_treat(adjusted(trial, before))
    assert narrowed.high - narrowed.low < 0.5 * (plain.high - plain.low)
    assert plain.low < narrowed.value < plain.high


def test_intervals_cover_as_often_as_they_say() -> None:
    """Of 200 experiments without effect about one in twenty has an interval without zero."""
    signs = [intention_to_treat(_trial(0.0, size=200, seed=seed)[0]).sign for seed in range(200)]
    assert 0 < np.count_nonzero(signs) < 24


def test_qini_tells_a_good_order_from_a_bad_one() -> None:
    """The coefficient is above zero for a score that puts responders first, below for its reverse, else about zero."""
    trial, score, before = _trial(20.0)
    trial = adjusted(trial, before)
    good, bad = (qini(trial, value, rounds=200, seed=1) for value in (score, -score))
    assert good.coefficient.sign == 1
    assert bad.coefficient.sign == -1
    chance = qini(trial, np.random.default_rng(9).random(len(score)), rounds=200, seed=1)
    assert chance.coefficient.sign == 0
    assert good.gain[0] == 0.0
    assert good.gain[-1] == pytest.approx(intention_to_treat(trial).value, abs=2.0)


def test_qini_is_the_same_every_time() -> None:
    """The same experiment and seed give the same curve and interval."""
    trial, score, _ = _trial(20.0, size=300)
    first, second = (qini(trial, score, rounds=50, seed=7) for _ in range(2))
    assert first.coefficient == second.coefficient
    assert np.array_equal(first.gain, second.gain)


def test_a_stratum_with_one_arm_is_joined() -> None:
    """Customers of strata with one arm are compared with each other, or with the largest stratum if need be."""
    treated = np.array([True, False, True, False, True])
    both = Trial(np.array([1, 1, 1, 2, 3]), treated, np.arange(5.0))
    assert joined_strata(both).tolist() == [1, 1, 1, -1, -1]
    one = Trial(np.array([1, 1, 1, 1, 3]), treated, np.arange(5.0))
    assert joined_strata(one).tolist() == [1, 1, 1, 1, 1]
    assert np.isfinite(intention_to_treat(both).value)
    assert arm_weights(both)[:3] == pytest.approx([1.5, 3.0, 1.5])


def test_an_experiment_without_comparison_is_refused() -> None:
    """With an empty arm there is nothing to compare."""
    with pytest.raises(ExperimentError, match="empty"):
        Trial(np.array([1, 1]), np.array([True, True]), np.zeros(2))


def test_power_is_what_the_interval_shows() -> None:
    """The smallest effect is about 2.8 standard errors, and halves with four times the customers."""
    revenue = np.random.default_rng(3).lognormal(5, 1, 4000)
    few, many = power(revenue, 100, 50), power(revenue, 400, 200)
    assert few.eur == pytest.approx(2 * many.eur)
    assert few.eur == pytest.approx(2.8016 * revenue.std() * np.sqrt(1 / 100 + 1 / 50), rel=1e-3)
    assert few.share == 0.0
