"""The synthetic stock: what is in the file, and what is hidden behind it."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from wz_code import WZ

from potenzial.demo.content import Content
from potenzial.demo.stock import CUSTOMERS_FILE, EXPORTED, WALLETS, DemoStock, generate


@pytest.fixture(scope="module")
def large() -> DemoStock:
    """The stock of the demo itself."""
    return generate(1_000, 20260101)


def explained(truth: np.ndarray, *columns: np.ndarray) -> float:
    """Return the share of variance that a linear regression on the columns explains."""
    design = np.column_stack([np.ones(len(truth)), *columns])
    weights, *_ = np.linalg.lstsq(design, truth, rcond=None)
    return float(1 - (truth - design @ weights).var() / truth.var())


def test_the_same_numbers_give_the_same_stock() -> None:
    """Customers, wallets and hosts come out alike for the same size and seed, and differently for another seed."""
    first, second, other = generate(80, 3), generate(80, 3), generate(80, 4)
    for name in ("customers", "wallets", "hosts"):
        assert_frame_equal(getattr(first, name), getattr(second, name))
    assert not first.customers.equals(other.customers)


@pytest.mark.parametrize("size", [1, 2, 17])
def test_any_size_is_possible(size: int) -> None:
    """Tiny stocks hold what was asked for, in the promised columns."""
    stock = generate(size, 1)
    assert stock.customers.height == stock.wallets.height == size
    assert stock.customers.schema == CUSTOMERS_FILE
    assert stock.wallets.schema == WALLETS


@pytest.mark.parametrize(("size", "seed"), [(0, 1), (-5, 1), (3, -1)])
def test_impossible_sizes_are_refused(size: int, seed: int) -> None:
    """A stock without customers and a negative seed raise an error that names them."""
    with pytest.raises(ValueError, match=f"not {size} and {seed}"):
        generate(size, seed)


def test_ids_names_and_domains_are_unique(large: DemoStock) -> None:
    """No two companies share an id, a name or a domain."""
    assert large.customers["customer_id"].is_unique().all()
    assert large.customers["name"].is_unique().all()
    assert large.hosts["host"].is_unique().all()


def test_domains_are_reserved_ones_that_dns_could_hold(large: DemoStock) -> None:
    """Every host lies under .example and keeps within 63 characters a label."""
    assert large.hosts["host"].str.ends_with(".example").all()
    assert max(len(label) for host in large.hosts["host"] for label in host.split(".")) <= 63


def test_industry_codes_are_those_of_the_official_list(large: DemoStock) -> None:
    """Each value that looks like a code is a code of WZ 2008."""
    book = WZ(version="2008")
    codes = large.customers["industry"].drop_nulls().unique().sort()
    found = codes.filter(codes.str.contains(r"^\d"))
    assert len(found) >= 15
    assert all(book.get(code).code == code for code in found)


def test_facts_are_missing_as_often_as_in_real_stocks(large: DemoStock) -> None:
    """Website, industry, headcount and notes are there in the promised shares."""
    share = {name: large.customers[name].null_count() / 1_000 for name in CUSTOMERS_FILE}
    assert 0.14 < share["website"] < 0.22
    assert 0.06 < share["industry"] < 0.14
    assert 0.20 < share["headcount"] < 0.30
    assert 0.86 < share["text"] < 0.94
    assert share["name"] == share["postcode"] == share["revenue"] == 0


def test_postcodes_are_text_of_five_digits(large: DemoStock) -> None:
    """Leading zeros of postcodes survive."""
    assert large.customers["postcode"].str.contains(r"^\d{5}$").all()
    assert large.customers["postcode"].str.starts_with("0").any()


def test_revenue_never_exceeds_the_wallet(large: DemoStock) -> None:
    """No year's revenue is above the true demand, and none is negative."""
    frame = large.customers.join(large.wallets, on="customer_id")
    for name in ("revenue", "revenue_2025", "revenue_2024"):
        assert frame.select((pl.col(name) <= pl.col("wallet") + 0.01).all()).item()
        assert frame.select((pl.col(name) >= 0).all()).item()


def test_last_purchase_agrees_with_revenue(large: DemoStock) -> None:
    """Active customers bought within a year; inactive ones earlier or never."""
    recent = pl.col("last_purchase") >= EXPORTED.replace(year=EXPORTED.year - 1)
    active = large.customers.filter(pl.col("revenue") > 0)
    asleep = large.customers.filter(pl.col("revenue") == 0)
    assert active.select(recent.all()).item()
    assert not asleep.select(recent.any()).item()
    never = asleep.filter(pl.col("last_purchase").is_null())
    assert 0 < never.height < asleep.height
    assert never.select(pl.sum_horizontal("revenue_2024", "revenue_2025").sum()).item() == 0


def test_revenue_is_spread_like_that_of_a_real_trade(large: DemoStock) -> None:
    """A third is inactive, few customers make most of the revenue, and the total is that of a mid-sized dealer."""
    revenue = large.customers["revenue"].sort(descending=True)
    assert 4e6 < revenue.sum() < 15e6
    assert 0.35 <= (revenue == 0).sum() / 1_000 <= 0.40
    assert 0.45 < revenue.head(50).sum() / revenue.sum() < 0.75


def test_needs_tell_what_industry_and_headcount_do_not(large: DemoStock) -> None:
    """Industry and headcount explain about half of log demand; the hidden needs lift that above four fifths."""
    wallet = np.log10(large.wallets["wallet"].to_numpy())
    industry = large.customers["industry"].fill_null("").to_dummies().to_numpy()
    headcount = large.customers["headcount"]
    size = np.column_stack([np.log10(headcount.fill_null(10).to_numpy()), headcount.is_null().to_numpy()])
    needs = np.array(
        [
            company.need.mix * company.need.profile.effect
            + (1 - company.need.mix) * (company.need.beside.effect if company.need.beside else 0)
            + sum(trait.effect for trait in company.need.traits)
            for company in large.companies
        ]
    )
    assert 0.38 < explained(wallet, industry, size) < 0.56
    assert explained(wallet, industry, size, needs) > 0.76
    assert 0.45 < needs.std() < 0.65


def test_building_blocks_are_consistent(content: Content) -> None:
    """Shares of the profiles sum to one, and every trade has a profile that deals or hardly works with tools."""
    for trade in content.trades:
        assert sum(profile.share for profile in trade.profiles) == pytest.approx(1.0), trade.key
        assert min(profile.effect for profile in trade.profiles) < -0.3, trade.key
        assert abs(sum(profile.share * profile.effect for profile in trade.profiles)) < 0.1, trade.key


def test_large_stocks_do_not_run_out_of_names() -> None:
    """Five thousand companies still have five thousand names."""
    assert generate(5_000, 1).customers["name"].n_unique() == 5_000
