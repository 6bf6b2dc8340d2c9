import numpy as np
import polars as pl
import pytest

from scoring.errors import ExperimentError
from scoring.experiment import ASSIGNMENT, HOLDOUT, VISIT, Plan, draw


def _customers(size: int = 400) -> pl.DataFrame:
    random = np.random.default_rng(2)
    return pl.DataFrame(
        {
            "customer_id": [f"{number:04d}" for number in range(size)],
            "website": [f"www.{number}.example" if number % 5 else None for number in range(size)],
            "headcount": [float(people) if people > 2 else None for people in random.integers(1, 600, size)],
            "class_potential": random.choice(["A", "B", "C"], size, p=[0.2, 0.3, 0.5]),
            "action": random.choice(["expansion", "reactivation", "keep"], size),
            "revenue": random.lognormal(6, 1, size),
            "potential": random.lognormal(8, 1, size),
            "headroom": random.lognormal(7, 1, size),
        }
    )


def test_the_arms_have_the_sizes_asked_for() -> None:
    """As many are visited as asked for, and the held-out share is that of all drawn."""
    drawn = draw(_customers(), Plan(visits=140, holdout=0.3, seed=1))
    arms = dict(drawn.assignment["arm"].value_counts().iter_rows())
    assert arms == {VISIT: 140, HOLDOUT: 60}
    assert drawn.assignment.schema == ASSIGNMENT
    assert drawn.assignment["customer_id"].is_unique().all()


def test_the_arms_are_alike_in_every_stratum() -> None:
    """Of every stratum about the same share is held out, but for less than one customer on either side of it."""
    drawn = draw(_customers(), Plan(visits=140, holdout=0.3, seed=1)).assignment
    strata = drawn.group_by("stratum").agg(pl.len(), (pl.col("arm") == HOLDOUT).sum().alias("held"))
    assert strata.height > 5
    assert strata.select((pl.col("held") - 0.3 * pl.col("len")).abs().max()).item() < 1.0


def test_the_same_seed_draws_the_same_list_from_any_order_of_rows() -> None:
    """A second draw with the same seed is equal, also from shuffled rows; another seed draws another list."""
    plan = Plan(visits=100, holdout=0.25, seed=5)
    first = draw(_customers(), plan).assignment
    assert draw(_customers().sample(fraction=1, shuffle=True, seed=3), plan).assignment.equals(first)
    assert not draw(_customers(), Plan(visits=100, holdout=0.25, seed=6)).assignment.equals(first)


def test_everybody_has_the_same_chance() -> None:
    """Over many seeds every customer is visited and held out about as often as any other."""
    customers, seeds = _customers(60), 400
    visits, held = np.zeros(60), np.zeros(60)
    for seed in range(seeds):
        drawn = draw(customers, Plan(visits=20, holdout=0.5, seed=seed)).assignment
        rows = drawn["customer_id"].cast(pl.Int64).to_numpy()
        visits[rows] += (drawn["arm"] == VISIT).to_numpy()
        held[rows] += (drawn["arm"] == HOLDOUT).to_numpy()
    spread = 4.5 * np.sqrt(seeds * (1 / 3) * (2 / 3))
    for counts in (visits, held):
        assert np.abs(counts - seeds / 3).max() < spread


def test_one_customer_of_a_company_can_be_drawn() -> None:
    """Of customers with one website only the one with most headroom takes part; those without one all do."""
    twins = _customers(30).with_columns(website=pl.lit("www.same.example"))
    customers = pl.concat([twins, _customers(60).tail(30).with_columns(website=pl.lit(None, pl.String))])
    drawn = draw(customers, Plan(visits=20, holdout=0.3, seed=1))
    assert (drawn.pool, drawn.same_company) == (31, 29)
    best = twins.sort("headroom").tail(1)["customer_id"].item()
    assert set(drawn.assignment["customer_id"]) & set(twins["customer_id"]) <= {best}


def test_too_small_a_pool_is_refused() -> None:
    """More visits than customers with a potential end in a message that names both numbers."""
    customers = _customers(50).with_columns(potential=pl.when(pl.col("action") != "keep").then("potential"))
    with pytest.raises(ExperimentError, match="45 visits and 19 customers held out need 64"):
        draw(customers, Plan(visits=45, holdout=0.3, seed=1))
