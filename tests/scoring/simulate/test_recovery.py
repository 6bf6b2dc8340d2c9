import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.config import PotentialConfig
from scoring.simulate import (
    METHODS,
    RECOVERY,
    WORLDS,
    Plan,
    Ranking,
    Simulated,
    averaged,
    caught,
    judge_recovery,
    recover,
    run_benchmark,
    simulate,
)

GAPS = st.lists(st.floats(0.01, 1e6), min_size=20, max_size=60)


@pytest.fixture(scope="module")
def stock() -> Simulated:
    """A stock of the world that has nothing special."""
    return simulate(WORLDS["log-additive"], 1500, seed=2)


def _ranking(potential: np.ndarray) -> Ranking:
    return Ranking("tried", potential, potential, 0.9)


@given(GAPS, st.integers(0, 2**32 - 1))
def test_no_list_catches_more_than_the_best_one(gaps: list[float], seed: int) -> None:
    """Any order of the addresses catches a share between 0 and 1, the true order all of it."""
    gap = np.array(gaps)
    score = np.random.default_rng(seed).normal(size=len(gap))
    assert 0 < caught(gap, score, 0.1) <= 1 + 1e-9
    assert caught(gap, gap, 0.1) == pytest.approx(1)


@given(GAPS)
def test_equal_scores_share_what_they_catch(gaps: list[float]) -> None:
    """Where all scores are equal the list catches the mean, whatever the order of the rows."""
    gap = np.array(gaps)
    contacts = max(1, round(0.1 * len(gap)))
    best = np.sort(gap)[-contacts:].sum()
    assert caught(gap, np.zeros(len(gap)), 0.1) == pytest.approx(gap.mean() * contacts / best)


def test_who_is_not_rated_is_contacted_last() -> None:
    """A missing score ranks below every other one."""
    assert caught(np.array([9.0, 1.0, 2.0]), np.array([np.nan, -5.0, -4.0]), 0.34) == pytest.approx(2 / 9)


def test_whoever_knows_the_wallets_recovers_all(stock: Simulated) -> None:
    """With potential = wallet, rank correlation, sum and the best list are perfect and everybody is covered."""
    wallet, gap = (stock.truth[name].to_numpy() for name in ("wallet", "gap"))
    found = recover(stock, Ranking("truth", wallet, gap, 0.9))
    assert [found[name] for name in ("spearman", "sum_ratio", "gap_5", "gap_10", "coverage")] == pytest.approx([1] * 5)


def test_coverage_sees_through_the_floor_at_the_own_revenue(stock: Simulated) -> None:
    """Nobody counts as covered by a potential that was merely raised to what it buys already."""
    revenue = stock.customers["revenue"].fill_null(0.0).to_numpy()
    found = recover(stock, _ranking(np.maximum(revenue, 1e-9)))
    assert found["coverage_active"] == 0


def test_calibration_by_group_finds_the_group_that_is_off(stock: Simulated) -> None:
    """A potential that covers everybody but one industry is off by the quantile there."""
    industry = stock.truth["sub_industry"].to_numpy() // 6
    potential = np.where(industry == 3, 1e-9, stock.truth["wallet"].to_numpy())
    found = recover(stock, _ranking(potential))
    assert found["off_industry"] == pytest.approx(0.9)


@pytest.fixture(scope="module")
def recovery() -> pl.DataFrame:
    """Two small stocks of a world, all methods."""
    plan = Plan([WORLDS["text-noise"]], 500, 2, PotentialConfig(folds=2, neighbours=10))
    told: list[tuple[int, int]] = []
    found = run_benchmark(plan, lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]
    return found


def test_every_method_is_measured_on_every_stock(recovery: pl.DataFrame) -> None:
    """There is one row per world, seed and ranking, and the model gives two rankings."""
    assert recovery.schema == RECOVERY
    assert recovery.height == 2 * (len(METHODS) + 1)
    assert recovery.select("world", "seed", "method").is_unique().all()


def test_chance_catches_least_and_the_oracle_most(recovery: pl.DataFrame) -> None:
    """On average the oracle is ahead of every method, and a shuffled list is behind model and lookup."""
    means = dict(recovery.group_by("method").agg(pl.col("gap_10").mean()).iter_rows())
    assert max(means, key=means.__getitem__) == "oracle"
    assert means["random"] < min(means["model"], means["industry x size"])


def test_means_and_errors_are_over_seeds(recovery: pl.DataFrame) -> None:
    """Each world and method has the mean over its stocks and the standard error of that mean."""
    means = averaged(recovery)
    row = means.row(0, named=True)
    values = recovery.filter(world=row["world"], method=row["method"])["gap_5"].to_numpy()
    assert row["gap_5"] == pytest.approx(values.mean())
    assert row["gap_5_se"] == pytest.approx(values.std(ddof=1) / np.sqrt(2))


def _figures(model: list[float], lookup: list[float]) -> pl.DataFrame:
    """Figures of two worlds with one stock each."""
    rows = [
        {"world": world, "seed": 1, "method": method, "gap_5": values[number]}
        for number, world in enumerate(("one", "two"))
        for method, values in (("model", model), ("industry x size", lookup), ("oracle", [0.9, 0.9]))
    ]
    return pl.DataFrame(rows, schema={name: RECOVERY[name] for name in ("world", "seed", "method", "gap_5")})


def test_the_goals_are_judged_by_the_mean_over_worlds_and_by_each_world() -> None:
    """A mean of 75 % reaches the first goal; one world behind the lookup misses the second, and is named."""
    outcome = judge_recovery(_figures([0.9, 0.6], [0.5, 0.7]))
    assert outcome.reached
    assert outcome.behind == ("two",)
    assert outcome.model.value == pytest.approx(0.75)
    assert not judge_recovery(_figures([0.8, 0.6], [0.5, 0.5])).reached
