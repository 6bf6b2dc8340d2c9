"""The distribution of wallets: probabilities, truncation at own revenue, bounded tails."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from scoring.potential.law import LEVELS, Law, class_chances, expected_headroom, given_own, law_of, wallets, with_tails

Floats = NDArray[np.float64]

_steps = st.lists(st.floats(0.0, 0.4), min_size=len(LEVELS), max_size=len(LEVELS))
_own = st.one_of(st.just(0.0), st.floats(0.01, 1e12))


def _law(start: float, steps: list[float]) -> Law:
    return with_tails((start + np.cumsum(steps))[None, :])


@pytest.fixture(scope="module")
def normal() -> Law:
    """Give the law of a lognormal wallet around 10,000 EUR with a standard deviation of 0.4 in log10."""
    levels = np.linspace(0.005, 0.995, 199)
    scipy_stats = pytest.importorskip("scipy.stats")
    return law_of(levels, scipy_stats.norm.ppf(levels, 4.0, 0.4)[None, :])


@given(start=st.floats(-2, 6), steps=_steps, own=_own)
def test_headroom_is_never_negative_and_bounded_by_the_support(start: float, steps: list[float], own: float) -> None:
    """Whatever a customer buys, its headroom lies between zero and what the largest possible wallet leaves."""
    law = _law(start, steps)
    headroom = expected_headroom(law, np.array([own]))[0]
    assert 0.0 <= headroom <= max(10.0 ** law.logs[0, -1] - own, 0.0) + 1e-9 * own + 1e-6


@given(start=st.floats(-2, 6), steps=_steps, own=_own, a=st.floats(0.1, 1e9), share=st.floats(0.001, 1.0))
def test_chances_are_probabilities(start: float, steps: list[float], own: float, a: float, share: float) -> None:
    """The chances of the classes lie between 0 and 1 and sum to 1; no class below the own one has a chance."""
    chances = class_chances(_law(start, steps), np.array([own]), a, a * share)[0]
    assert chances.sum() == pytest.approx(1.0)
    assert (chances >= -1e-9).all()
    if own >= a:
        assert chances[0] == pytest.approx(1.0)


@given(start=st.floats(-2, 6), steps=_steps, raised=_steps, a=st.floats(0.1, 1e9))
def test_higher_quantiles_never_mean_less(start: float, steps: list[float], raised: list[float], a: float) -> None:
    """For a customer without revenue, higher quantiles give at least the headroom and the chance of A as before."""
    nothing, low = np.zeros(1), _law(start, steps)
    high = with_tails(low.logs[:, 1:-1] + np.array(raised))
    if (np.diff(high.logs) < 0).any():
        high = with_tails(np.maximum.accumulate(high.logs[:, 1:-1], axis=1))
    shorter_tail = high.logs[0, -1] < low.logs[0, -1] or high.logs[0, 0] < low.logs[0, 0]
    if not shorter_tail:
        assert expected_headroom(high, nothing)[0] >= expected_headroom(low, nothing)[0] * (1 - 1e-9)
        assert class_chances(high, nothing, a, a)[0, 0] >= class_chances(low, nothing, a, a)[0, 0] - 1e-9


@given(start=st.floats(-2, 6), steps=_steps, own=_own, levels=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_interval_never_crosses_nor_falls_below_own_revenue(
    start: float, steps: list[float], own: float, levels: tuple[float, float]
) -> None:
    """Quantiles given the own revenue rise with their level and are at least that revenue."""
    law = _law(start, steps)
    low, high = (given_own(law, np.array([own]), level)[0] for level in sorted(levels))
    assert own * (1 - 1e-9) <= low <= high * (1 + 1e-9)


def test_law_agrees_with_the_distribution_it_was_made_from(normal: Law) -> None:
    """For a lognormal wallet, headroom and chances agree with a simulation of a million draws."""
    draws = 10 ** np.random.default_rng(1).normal(4.0, 0.4, 1_000_000)
    for own in (0.0, 3_000.0, 20_000.0, 60_000.0):
        left = draws[draws >= own]
        assert expected_headroom(normal, np.array([own]))[0] == pytest.approx((left - own).mean(), rel=0.1)
        chances = class_chances(normal, np.array([own]), 30_000, 8_000)[0]
        assert chances[0] == pytest.approx((left >= 30_000).mean(), abs=0.03)
        assert given_own(normal, np.array([own]), 0.5)[0] == pytest.approx(np.median(left), rel=0.08)


def test_headroom_beyond_the_support_is_zero_and_reached_without_a_jump(normal: Law) -> None:
    """Headroom falls to zero as the own revenue approaches the largest possible wallet, and stays there."""
    top = 10.0 ** normal.logs[0, -1]
    near = [expected_headroom(normal, np.array([top * share]))[0] / top for share in (0.9, 0.99, 0.999, 1.0, 50.0)]
    assert near == sorted(near, reverse=True)
    assert near[2] < 1e-3
    assert near[3:] == [0.0, 0.0]


def test_everybody_alike_is_no_special_case() -> None:
    """Where all comparable customers buy the same, the wallet is that amount, and more than it leaves no headroom."""
    law = law_of(np.array([0.1, 0.5, 0.9]), np.full((3, 3), 3.0))
    own = np.array([0.0, 1000.0, 2000.0])
    assert expected_headroom(law, own) == pytest.approx([1000.0, 0.0, 0.0])
    assert class_chances(law, own, 1500.0, 500.0).tolist() == [[0, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_own_revenue_moves_the_wallet_as_bayes_rule_says(normal: Law) -> None:
    """With normal wallets and uncertain shares and lifts, the law given the own revenue is that of such wallets."""
    rng, draws, scatter = np.random.default_rng(3), 1_000_000, 0.4
    share, lift = rng.normal(0.5, 0.17, draws), rng.normal(0.6, 0.3, draws)
    level = 4.0 + lift * 1.2816 * scatter
    for own in (3.6, 4.0, 4.5):
        wallet = level + share * (own - 4.0) + np.sqrt(0.25) * scatter * rng.normal(size=draws)
        law = wallets(normal, np.array([10.0**own]), 0.5, 0.6)
        found = [law.quantile(np.array([at]))[0] for at in (0.1, 0.5, 0.9)]
        assert found == pytest.approx(np.quantile(wallet, [0.1, 0.5, 0.9]), abs=0.02)
    unknown = wallets(normal, np.zeros(1), 0.5, 0.6)
    found = [unknown.quantile(np.array([at]))[0] for at in (0.1, 0.5, 0.9)]
    wallet = level + np.sqrt(0.5) * scatter * rng.normal(size=draws)
    assert found == pytest.approx(np.quantile(wallet, [0.1, 0.5, 0.9]), abs=0.02)


def test_one_odd_customer_is_not_expected_of_all_others() -> None:
    """Where the outermost quantiles are a thousand times what the others say, the expected wallet hardly moves."""
    levels = np.linspace(0.005, 0.995, 199)
    usual = pytest.importorskip("scipy.stats").norm.ppf(levels, 4.0, 0.4)
    odd = np.where(levels > 0.98, usual + 3.0, usual)
    calm, spoilt = (expected_headroom(law_of(levels, row[None, :]), np.zeros(1))[0] for row in (usual, odd))
    assert calm < spoilt < 1.6 * calm
