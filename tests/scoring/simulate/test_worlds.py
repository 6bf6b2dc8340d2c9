import math

import numpy as np
import polars as pl
import pytest

from embeddings.neighbours import nearest
from scoring.config import PotentialConfig
from scoring.customers import read_stock
from scoring.schema import CUSTOMERS
from scoring.simulate import TRUTH, WORLDS, Simulated, simulate
from scoring.simulate.methods import by_oracle

SIZE = 1200


@pytest.fixture(scope="module", params=sorted(WORLDS))
def stock(request: pytest.FixtureRequest) -> Simulated:
    """One stock of each world."""
    return simulate(WORLDS[request.param], SIZE, seed=5)


def _column(stock: Simulated, name: str) -> np.ndarray:
    return stock.truth[name].to_numpy()


def test_a_stock_is_what_the_product_takes(stock: Simulated) -> None:
    """Customers, vectors and truth have their schemas, one row per address, and vectors of length 1 for nearly all."""
    assert stock.customers.schema == CUSTOMERS
    assert stock.truth.schema == TRUTH
    assert stock.customers["customer_id"].to_list() == stock.truth["customer_id"].to_list()
    assert stock.truth["customer_id"].n_unique() == SIZE
    assert 0.88 * SIZE < stock.companies.height < 0.96 * SIZE
    assert np.allclose(np.linalg.norm(stock.companies["vector"].to_numpy(), axis=1), 1, atol=1e-5)


def test_nobody_buys_more_than_its_wallet(stock: Simulated) -> None:
    """Revenue is positive or missing and below the wallet; the gap is what is left."""
    revenue, wallet = stock.customers["revenue"].to_numpy(), _column(stock, "wallet")
    active = np.isfinite(revenue)
    assert (revenue[active] > 0).all()
    assert (revenue[active] < wallet[active]).all()
    assert np.allclose(_column(stock, "gap"), wallet - np.nan_to_num(revenue))


def test_the_share_of_inactive_addresses_is_that_of_the_world(stock: Simulated) -> None:
    """As many addresses are without revenue as the world says."""
    assert abs(stock.customers["revenue"].is_null().mean() - stock.world.inactive) < 0.01


def test_the_same_arguments_give_the_same_stock(stock: Simulated) -> None:
    """A stock depends on world, size and seed alone, and another seed gives another one."""
    again, other = (simulate(stock.world, SIZE, seed=seed) for seed in (5, 6))
    assert again.truth.equals(stock.truth)
    assert again.customers.equals(stock.customers)
    assert again.companies.equals(stock.companies)
    assert not np.allclose(_column(other, "wallet"), _column(stock, "wallet"))


def test_the_stated_law_of_a_wallet_covers_wallets_as_it_says(stock: Simulated) -> None:
    """The share of wallets under each quantile of their true law is that probability."""
    below = _column(stock, "wallet")[:, None] <= _column(stock, "wallet_quantiles")
    counts = stock.truth.group_by("family").len()["len"].to_numpy()
    # Branches of one chain share their luck: their number stands for fewer addresses.
    independent = SIZE**2 / float((counts**2).sum())
    for probability, place in ((0.1, 1), (0.5, 5), (0.9, 10)):
        error = math.sqrt(probability * (1 - probability) / independent)
        assert abs(below[:, place].mean() - probability) < 4 * error + 0.01


def test_the_oracle_expects_as_much_as_there_is(stock: Simulated) -> None:
    """The gap over the oracle's expected gap is 1 on average, among active and inactive addresses alike."""
    active = stock.customers["revenue"].is_not_null().to_numpy()
    # Where a headcount is drawn from a Pareto law the ratio has no finite variance.
    sized = stock.customers["headcount"].is_not_null().to_numpy()
    ratio = _column(stock, "gap") / _column(stock, "oracle_headroom")
    for rows in (active & sized, ~active & sized):
        error = ratio[rows].std() / math.sqrt(rows.sum())
        assert abs(ratio[rows].mean() - 1) < 4 * error + 0.02


def test_the_oracle_ranks_by_the_gap_and_rates_by_the_law_of_purchases(stock: Simulated) -> None:
    """The oracle's score goes with the gap, and its potential is the asked quantile of what the address would buy."""
    ranking = by_oracle(stock, PotentialConfig(quantile=0.8, interval=(0.5, 0.9)), lambda _done, _total: None)[0]
    frame = pl.DataFrame({"score": ranking.score, "gap": _column(stock, "gap")})
    assert frame.select(pl.corr("score", "gap", method="spearman")).item() > 0.75
    floor = stock.customers["revenue"].fill_null(0.0).to_numpy()
    law = np.maximum(_column(stock, "purchase_quantiles")[:, 8], floor)
    assert np.allclose(ranking.potential, law)


def _same_sub_industry(stock: Simulated) -> float:
    """Share of the ten nearest companies by text that are of the same sub-industry."""
    found = nearest(stock.companies, stock.companies, 10)
    subs = dict(stock.truth.select("customer_id", "sub_industry").iter_rows())
    pairs = zip(found["customer_id"], found["neighbour_id"], strict=True)
    return float(np.mean([subs[one] == subs[other] for one, other in pairs]))


def test_texts_tell_the_sub_industry_only_where_they_mean_something() -> None:
    """Neighbours by text share the sub-industry in one world and only by chance where texts are noise."""
    assert 0.5 < _same_sub_industry(simulate(WORLDS["log-additive"], SIZE, 1)) < 0.9
    assert _same_sub_industry(simulate(WORLDS["text-noise"], SIZE, 1)) < 0.04


def _slopes(world: str) -> np.ndarray:
    """Elasticity of the wallet in the headcount, of each sub-industry with enough addresses."""
    truth = simulate(WORLDS[world], 4000, 1).truth
    logs = truth.select("sub_industry", x=pl.col("headcount").log10(), y=pl.col("wallet").log10())
    fits = logs.group_by("sub_industry").agg(slope=pl.cov("x", "y") / pl.col("x").var())
    return fits["slope"].to_numpy()


def test_the_worth_of_headcount_differs_between_sub_industries_only_with_interactions() -> None:
    """The elasticity of the wallet scatters several times as much in the world with interactions."""
    assert _slopes("interactions").std() > 3 * _slopes("log-additive").std()


def test_attention_makes_revenue_mislead_about_industries() -> None:
    """Where reps look after some industries only, the share of wallet differs much more between industries."""

    def spread(world: str) -> float:
        made = simulate(WORLDS[world], 4000, 1)
        joined = made.truth.join(made.customers.select("customer_id", "revenue"), on="customer_id").drop_nulls(
            "revenue"
        )
        share = joined.group_by(pl.col("sub_industry") // 6).agg((pl.col("revenue") / pl.col("wallet")).mean())
        return float(share["revenue"].std())

    assert spread("attention") > 3 * spread("log-additive")


def test_postcodes_tell_wallets_in_one_world_only() -> None:
    """Two-digit areas differ in their wallets where the world says so, and otherwise by chance."""

    def spread(world: str) -> float:
        made = simulate(WORLDS[world], 4000, 2)
        logs = made.truth.join(made.customers.select("customer_id", "postcode"), on="customer_id")
        areas = logs.group_by(pl.col("postcode").str.slice(0, 1)).agg(pl.col("wallet").log10().mean())
        return float(areas["wallet"].std())

    assert spread("regions") > 3 * spread("log-additive")


def test_branches_share_site_text_and_headcount_and_divide_one_wallet() -> None:
    """A chain's addresses have one site, one headcount and one vector, and count as one company in the model."""
    made = simulate(WORLDS["chains"], SIZE, 3)
    families = made.truth.group_by("family").agg(pl.len().alias("branches"), pl.col("headcount").n_unique())
    chains = families.filter(pl.col("branches") > 1)
    assert 0.35 * SIZE < chains["branches"].sum() < 0.45 * SIZE
    assert chains["headcount"].max() == 1
    joined = made.companies.join(made.truth.select("customer_id", "family"), on="customer_id")
    assert joined.select(pl.struct("family", "vector").n_unique()).item() == joined["family"].n_unique()
    assert len(np.unique(read_stock(made.customers).group)) == families.height
