"""Back-tests of a made-up trade whose customers move towards a wallet that industry and headcount tell."""

from collections.abc import Callable
from datetime import date

import msgspec
import numpy as np
import polars as pl
import pytest

from scoring.backtest import Backtest, Case, Terms, backtest
from scoring.backtest.lift import Ranked
from scoring.backtest.result import ABC, IDEAL, LOOKUP, MODEL, RANDOM, RFM
from scoring.config import ClassConfig, PotentialConfig
from scoring.errors import HistoryError
from scoring.history import History, of_orders, of_years
from scoring.schema import CUSTOMERS

TERMS = Terms(PotentialConfig(folds=3), ClassConfig(), (0.05, 0.1), 100)
SIZE = 360


def _nothing(_done: int, _total: int) -> None:
    """Progress that nobody looks at."""


def _stock(seed: int = 4, *, follows: float = 1.0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Customers with industry and headcount, and revenue of 2021 to 2024 that moves towards their wallets.

    `follows` = 0 takes growth from chance alone.
    """
    random = np.random.default_rng(seed)
    people = random.integers(3, 300, SIZE).astype(float)
    industry = random.choice(["Metallbau", "Tischlerei", "Elektro"], SIZE)
    wallet = 60 * people * np.array([4.0, 1.0, 0.3])[np.searchsorted(["Elektro", "Metallbau", "Tischlerei"], industry)]
    share = random.beta(1.0, 2.0, SIZE)
    first = np.where(random.random(SIZE) < 0.15, 0.0, wallet * share)
    years = [np.where(random.random(SIZE) < 0.2, 0.0, wallet * share), first, first * random.lognormal(0, 0.1, SIZE)]
    for earlier in years[:2]:
        earlier[:15] = 0.0
    step = follows * 0.4 * (wallet - years[2]) + (1 - follows) * random.normal(0, 200, SIZE)
    years.append(np.maximum(years[2] + step * (random.random(SIZE) < 0.5), 0.0))
    ids = [f"{number:04d}" for number in range(SIZE)]
    customers = pl.DataFrame({"customer_id": ids, "name": ids, "industry": industry, "headcount": people})
    full = customers.with_columns(pl.lit(None).alias(name) for name in CUSTOMERS if name not in customers.columns)
    table = [pl.DataFrame({"customer_id": ids, "year": 2021 + at, "revenue": each}) for at, each in enumerate(years)]
    return full.select(CUSTOMERS.names()).cast(CUSTOMERS), pl.concat(table).filter(pl.col("revenue") > 0)


@pytest.fixture(scope="module")
def found() -> Backtest:
    """A back-test of a stock in which growth follows the wallets."""
    customers, years = _stock()
    return backtest(Case(customers, None, of_years(years)), TERMS, progress=_nothing)


def _caught(result: Backtest, order: str, capacity: float = 0.1, segment: str = "all") -> float:
    rows = [one for one in result.lifts if (one.order, one.capacity, one.segment) == (order, capacity, segment)]
    assert rows[0].caught.value is not None
    return rows[0].caught.value


def test_the_last_year_with_a_following_one_is_judged(found: Backtest) -> None:
    """T is the last year whose next one is on record; the days and the customers are counted."""
    assert (found.year, found.trained_until, found.judged_until) == (2023, "2023-12-31", "2024-12-31")
    who = found.population
    assert who.customers == who.active + who.inactive
    assert 0 < who.trained < who.active
    assert not found.judged_later


def test_a_model_that_knows_the_wallets_is_ahead(found: Backtest) -> None:
    """Where growth follows the wallets, the potential demonstrably meets more of it than ABC, RFM and chance."""
    for rival in (ABC, RFM, RANDOM):
        row = next(one for one in found.lifts if (one.order, one.capacity, one.segment) == (rival, 0.1, "all"))
        assert row.margin is not None
        assert row.margin.sign == 1
    assert _caught(found, RANDOM) == pytest.approx(0.1)
    assert max(_caught(found, order) for order in (MODEL, LOOKUP, RFM, ABC)) <= _caught(found, IDEAL)


def test_deciles_hold_all_customers_and_fall(found: Backtest) -> None:
    """The tenths hold every rated customer once, and growth falls from the first to the last."""
    assert [one.decile for one in found.deciles] == list(range(1, 11))
    assert sum(one.customers for one in found.deciles) == found.population.customers
    assert found.deciles[0].growth > found.deciles[4].growth > found.deciles[9].growth


def test_called_customers_grow_more_than_those_alike(found: Backtest) -> None:
    """C and inactive customers that are called grow by more EUR than matched ones that are not."""
    part = next(one for one in found.matched if one.segment == "all")
    assert 0 < part.matched <= part.called
    difference = next(one.difference for one in part.outcomes if one.outcome == "eur")
    assert difference.sign == 1


def test_without_anything_to_know_nobody_is_ahead() -> None:
    """Where growth is chance alone, the potential is not demonstrably ahead of calling at random."""
    customers, years = _stock(follows=0.0)
    result = backtest(Case(customers, None, of_years(years)), TERMS, progress=_nothing)
    row = next(one for one in result.lifts if (one.order, one.capacity, one.segment) == (RANDOM, 0.05, "all"))
    assert row.margin is not None
    assert row.margin.sign <= 0


def test_what_came_after_does_not_reach_the_ratings() -> None:
    """Purchases after T change neither the potential of the tenths nor the orders, only what they are judged by."""
    customers, years = _stock()
    other = years.with_columns(revenue=pl.when(pl.col("year") == 2024).then(7.0).otherwise("revenue"))
    one, two = (backtest(Case(customers, None, of_years(table)), TERMS, progress=_nothing) for table in (years, other))
    assert [part.potential for part in one.deciles] == [part.potential for part in two.deciles]
    assert [part.revenue for part in one.deciles] == [part.revenue for part in two.deciles]
    assert one.population.after != two.population.after


def test_a_second_year_after_is_shown_where_it_is_recorded() -> None:
    """With T two years back, the tenths say what was bought in the year after the next."""
    customers, years = _stock()
    result = backtest(Case(customers, None, of_years(years)), TERMS, 2022, progress=_nothing)
    assert result.judged_later
    assert all(part.later is not None for part in result.deciles)


def test_newcomers_are_left_out_and_told() -> None:
    """Who bought for the first time after T is not judged, and a note says how many that are."""
    customers, years = _stock()
    late = years.filter((pl.col("customer_id") >= "0010") | (pl.col("year") == 2024))
    result = backtest(Case(customers, None, of_years(late)), TERMS, progress=_nothing)
    first = late.group_by("customer_id").agg(pl.col("year").min())
    newcomers = first.filter(pl.col("year") == 2024).height
    assert result.population.later_customers == newcomers >= 10
    assert any(f"{newcomers} customers bought for the first time after 2023" in note for note in result.notes_en)
    assert any("nicht zufällig" in note for note in result.notes_de)


def test_a_back_test_can_be_stored_and_read(found: Backtest) -> None:
    """Written as JSON and read again it is the same."""
    assert msgspec.json.decode(msgspec.json.encode(found), type=Backtest) == found


@pytest.mark.parametrize(
    ("change", "year", "match"),
    [
        (lambda years: years.filter(pl.col("year") == 2024), None, "Two years after each other"),
        (lambda years: years, 2024, "The years 2024 and 2025"),
        (lambda years: years.with_columns(customer_id="x" + pl.col("customer_id")), None, "Ids look like 'x0"),
    ],
)
def test_histories_that_do_not_reach_are_refused(
    change: Callable[[pl.DataFrame], pl.DataFrame], year: int | None, match: str
) -> None:
    """A missing year, a year without outcome and foreign ids end in a message that names them."""
    customers, years = _stock()
    with pytest.raises(HistoryError, match=match):
        backtest(Case(customers, None, of_years(change(years))), TERMS, year, progress=_nothing)


def test_without_twelve_months_nobody_trains() -> None:
    """When records begin in the middle of T, nobody has bought for 12 months, and the message says so."""
    customers, _ = _stock()
    ids = customers["customer_id"].to_list()
    days = [date(2022, 12, 29), date(2023, 12, 30)]
    rows = [(name, day, 10.0) for name in ids for day in days]
    rows += [(ids[0], date(2020, 12, 31), -1.0)]
    history: History = of_orders(pl.DataFrame(rows, schema=["customer_id", "date", "amount"], orient="row"))
    with pytest.raises(HistoryError, match="12 months"):
        backtest(Case(customers, None, history), TERMS, 2022, progress=_nothing)


def test_equal_scores_share_the_border() -> None:
    """Of customers with equal scores at the border the same part of each counts, whatever their order."""
    ranked = Ranked(np.array([2.0, 1.0, 1.0, 0.0]), np.array([1.0, 4.0, 0.0, 5.0]))
    met = ranked.caught(np.ones(4), np.array([0.25, 0.5, 1.0]))
    assert met == pytest.approx([0.1, 0.3, 1.0])


def test_the_lookup_is_a_real_rival(found: Backtest) -> None:
    """The lookup knows industry and size too and is well above chance, so being ahead of chance alone is not enough."""
    assert _caught(found, LOOKUP) > 1.5 * _caught(found, RANDOM)
    assert _caught(found, MODEL) > _caught(found, RFM)
