"""`rate` on stocks with a known law of revenue."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from polars.testing import assert_frame_equal

from scoring.config import PotentialConfig
from scoring.errors import ConfigRangeError, NoCustomersError
from scoring.potential import Rating, rate
from scoring.potential.evaluation import nothing_known
from scoring.schema import FIGURES, RATED

Rate = Callable[..., Rating]


class Made(Protocol):
    """A stock from conftest."""

    customers: pl.DataFrame
    companies: pl.DataFrame
    expected: NDArray[np.float64]


def _of(rating: Rating, customer: str) -> dict[str, Any]:
    return rating.rated.row(by_predicate=pl.col("customer_id") == customer, named=True)


def _figure(rating: Rating, model: str, column: str) -> float:
    row = rating.figures.filter(pl.col("model") == model, pl.col("quantile") == 0.9)
    return float(row[column].item())


def test_tables_have_their_schema_and_every_customer(made: Made, rating: Rating) -> None:
    """Each customer appears once, sorted, in the published columns."""
    assert rating.rated.schema == RATED
    assert rating.figures.schema == FIGURES
    assert rating.rated["customer_id"].to_list() == sorted(made.customers["customer_id"])


def test_interval_contains_potential_and_own_best(made: Made, rating: Rating) -> None:
    """Low <= potential <= high, none of them below the customer's own best year, and the typical below the high end."""
    both = rating.rated.join(made.customers, on="customer_id").drop_nulls("potential")
    assert (both["potential_low"] <= both["potential"]).all()
    assert (both["potential"] <= both["potential_high"]).all()
    assert (both["potential_low"] >= both["revenue_best"]).all()
    assert (both["typical"] <= both["potential_high"]).all()
    assert (both["headroom_expected"] >= 0).all()


def test_model_beats_the_lookup_and_is_calibrated(rating: Rating) -> None:
    """Where texts tell something, the model gains on the lookup and covers what it promises."""
    assert rating.verdict == "ready"
    assert _figure(rating, "potenzial", "pinball") < 0.9 * _figure(rating, "industry x size", "pinball")
    assert _figure(rating, "potenzial", "coverage") == pytest.approx(0.9, abs=0.04)
    assert set(rating.figures["model"]) == {
        "potenzial",
        "constant",
        "industry",
        "industry x size",
        "linear quantile regression",
    }


def test_inactive_customers_are_rated_as_well(made: Made, rating: Rating) -> None:
    """Customers without revenue get an estimate near the truth, from the active ones."""
    inactive = made.customers["revenue"].is_null().to_numpy()
    typical = np.log10(rating.rated["typical"].fill_null(np.nan).to_numpy())
    known = inactive & np.isfinite(typical)
    assert known.sum() > 50
    assert np.corrcoef(typical[known], made.expected[known])[0, 1] > 0.8


@pytest.mark.parametrize("factor", [0.01, 0.5, 40.0])
def test_own_revenue_never_reaches_the_own_estimate(
    made: Made, rating: Rating, rate_quietly: Rate, factor: float
) -> None:
    """Whatever an active customer's own revenue is, what the model says of it stays exactly the same."""
    row = made.customers.filter(pl.col("revenue").is_not_null()).row(17, named=True)
    mine = pl.col("customer_id") == row["customer_id"]
    changed = made.customers.with_columns(
        [pl.when(mine).then(pl.col(name) * factor).otherwise(pl.col(name)) for name in ("revenue", "revenue_best")]
    )
    before, after = _of(rating, row["customer_id"]), _of(rate_quietly(changed, made.companies), row["customer_id"])
    for name in ("typical", "factor_industry", "factor_headcount", "factor_text", "peers"):
        assert after[name] == before[name]
    model = before["potential"] if before["potential"] > row["revenue"] else None
    if model is not None and row["revenue"] * factor < model:
        assert after["potential"] == model
    else:
        assert after["potential"] >= row["revenue"] * factor


def test_order_of_rows_does_not_matter(made: Made, rating: Rating, rate_quietly: Rate) -> None:
    """The same stock in another order gives the same tables."""
    shuffled = made.customers.sample(fraction=1, shuffle=True, seed=3)
    again = rate_quietly(shuffled, made.companies.sample(fraction=1, shuffle=True, seed=4))
    assert_frame_equal(again.rated, rating.rated)
    assert_frame_equal(again.figures, rating.figures)


def test_peers_are_other_active_customers(made: Made, rating: Rating) -> None:
    """Up to five peers, best first, all active, never the customer itself, none without text."""
    active = set(made.customers.drop_nulls("revenue")["customer_id"])
    texts = set(made.companies["customer_id"])
    for customer, peers in rating.rated.select("customer_id", "peers").iter_rows():
        names = [peer["customer_id"] for peer in peers]
        similarities = [peer["similarity"] for peer in peers]
        assert customer not in names
        assert set(names) <= active & texts
        assert similarities == sorted(similarities, reverse=True)
        assert len(names) == (5 if customer in texts else 0)


def test_basis_names_what_is_known(made: Made, rating: Rating) -> None:
    """The basis lists text, industry and headcount where known; without any there is no estimate at all."""
    texts = set(made.companies["customer_id"])
    both = rating.rated.join(made.customers, on="customer_id")
    for row in both.iter_rows(named=True):
        parts = {"text": row["customer_id"] in texts, "industry": row["industry"], "headcount": row["headcount"]}
        assert row["basis"] == ("+".join(name for name, known in parts.items() if known) or "none")
        assert (row["potential"] is None) == (row["basis"] == "none")
        assert (row["factor_text"] is None) == (not parts["text"])


def test_factors_follow_the_law(made: Made, rating: Rating) -> None:
    """Large customers get a larger headcount factor, and the text factor follows the hidden topic."""
    both = rating.rated.join(made.customers, on="customer_id").drop_nulls(["factor_headcount", "factor_text"])
    ranks = both.select(pl.corr("factor_headcount", "headcount", method="spearman")).item()
    assert ranks > 0.95
    assert both["factor_text"].log10().std() == pytest.approx(0.2, abs=0.08)


def test_euros_add_up_to_what_is_typical(rating: Rating) -> None:
    """The stock's base and the EUR amounts of industry, headcount and text add up to the typical revenue."""
    parts = rating.rated.drop_nulls("typical").with_columns(pl.col("^eur_.*$").fill_null(0.0))
    total = parts.select(pl.sum_horizontal("eur_base", "eur_industry", "eur_headcount", "eur_text")).to_series()
    assert total.to_numpy() == pytest.approx(parts["typical"].to_numpy())
    large = parts.filter(pl.col("factor_headcount") > 1)
    assert (large["eur_headcount"] > 0).all()


def test_confidence_falls_with_what_is_not_known(made: Made, rating: Rating, rate_quietly: Rate) -> None:
    """Customers of whom one thing only is known are never sure, and without an estimate there is no confidence."""
    assert set(rating.rated["confidence"].drop_nulls()) <= {"high", "medium", "low"}
    assert (
        rating.rated.filter(pl.col("potential").is_null())["confidence"].null_count()
        == rating.rated.select(pl.col("potential").is_null().sum()).item()
    )
    alone = rating.rated.filter(pl.col("basis").is_in(["text", "industry", "headcount"]))
    assert alone.height > 0
    assert "high" not in alone["confidence"].to_list()
    few = made.customers.drop_nulls(["revenue", "industry"]).head(15)
    assert set(rate_quietly(few, None).rated["confidence"]) == {"low"}


def test_wallets_lie_in_their_intervals(made: Made, rating: Rating) -> None:
    """About eight of ten inactive customers of known kind have their wallet within it, if the two assumptions hold."""
    rng, config = np.random.default_rng(8), PotentialConfig()
    lift = rng.normal(config.wallet_lift, 0.3, len(made.expected))
    lifted = made.expected + lift * 0.25 * 1.2816  # the normal distribution's 0.9 quantile
    wallet = 10 ** (lifted + np.sqrt(config.wallet_share) * rng.normal(0, 0.25, len(made.expected)))
    frame = made.customers.with_columns(wallet=pl.Series(wallet)).join(rating.rated, on="customer_id")
    known = frame.filter(pl.col("revenue").is_null(), pl.col("basis") == "text+industry+headcount")
    within = known.select(pl.col("wallet").is_between("potential_low", "potential_high").mean()).item()
    assert within == pytest.approx(0.8, abs=0.15)


def test_more_headcount_never_means_less_potential(made: Made, rate_quietly: Rate) -> None:
    """Twins that differ in headcount only are ordered by it in every published quantile."""
    row = made.customers.filter(pl.col("revenue").is_null()).head(1)
    ladder = [
        row.with_columns(customer_id=pl.lit(f"Z{h:06d}"), headcount=pl.lit(float(h)), revenue_best=pl.lit(0.0))
        for h in (1, 3, 9, 30, 99, 400, 9000)
    ]
    rated = rate_quietly(pl.concat([made.customers, *ladder]), made.companies).rated.filter(
        pl.col("customer_id").str.starts_with("Z")
    )
    for name in ("potential_low", "potential", "potential_high", "typical"):
        assert rated[name].is_sorted()


def test_nothing_to_gain_is_said(stock_of: Callable[..., Made], rate_quietly: Rate) -> None:
    """Revenue by pure chance makes the verdict say that the model is no better than the lookup."""
    made = stock_of(300)
    revenue = 10 ** np.random.default_rng(5).normal(4, 0.5, 300)
    customers = made.customers.with_columns(revenue=pl.Series(revenue), revenue_best=pl.Series(revenue))
    rating = rate_quietly(customers, made.companies)
    assert rating.verdict == "not better than the lookup"
    assert "nicht nachweisbar" in rating.reason_de
    assert "not demonstrably" in rating.reason_en


def test_customers_of_one_site_are_no_evidence_for_each_other(made: Made, rate_quietly: Rate) -> None:
    """Branches that share a website are no peers, and one's revenue does not move the other's estimate."""
    pair = made.customers.filter(pl.col("revenue").is_not_null())["customer_id"][3:5].to_list()
    shared = made.customers.with_columns(
        site=pl.when(pl.col("customer_id").is_in(pair)).then(pl.lit("kette.de")).otherwise(None)
    )
    vector = made.companies.filter(pl.col("customer_id") == pair[0])
    companies = pl.concat(
        [
            made.companies.filter(~pl.col("customer_id").is_in(pair)),
            vector,
            vector.with_columns(customer_id=pl.lit(pair[1])),
        ]
    )
    first = rate_quietly(shared, companies)
    raised = shared.with_columns(
        revenue=pl.when(pl.col("customer_id") == pair[1]).then(1e7).otherwise(pl.col("revenue"))
    )
    second = rate_quietly(raised, companies)
    assert _of(second, pair[0])["typical"] == _of(first, pair[0])["typical"]
    assert pair[1] not in [peer["customer_id"] for peer in _of(first, pair[0])["peers"]]
    assert len(vector) == 1


def test_without_text_the_rest_still_counts(made: Made, rate_quietly: Rate) -> None:
    """A stock without any text is rated by industry and headcount."""
    rating = rate_quietly(made.customers, None)
    assert set(rating.rated["basis"]) <= {"industry+headcount", "industry", "headcount", "none"}
    assert rating.rated["peers"].list.len().max() == 0
    assert _figure(rating, "potenzial", "pinball") < _figure(rating, "constant", "pinball")


def test_few_active_customers_get_the_plain_quantile(made: Made, rate_quietly: Rate) -> None:
    """Below the needed number everybody gets the quantile of the other active ones, and it is said plainly."""
    active = made.customers.drop_nulls(["revenue", "industry"]).head(19)
    rest = made.customers.filter(pl.col("revenue").is_null(), pl.col("industry").is_not_null()).head(5)
    rating = rate_quietly(pl.concat([active, rest]), made.companies)
    assert rating.verdict == "too few customers"
    assert "19" in rating.reason_de
    assert "19" in rating.reason_en
    inactive = rating.rated.filter(pl.col("customer_id").is_in(rest["customer_id"].to_list()))
    assert inactive["typical"].n_unique() == 1
    assert inactive["typical"][0] == pytest.approx(active["revenue"].sort()[9])


@pytest.mark.parametrize("active", [0, 1, 2])
def test_hardly_any_customer_is_no_crash(made: Made, rate_quietly: Rate, active: int) -> None:
    """With no other active customer to compare with there is no estimate; with one, that one."""
    customers = made.customers.drop_nulls("industry")
    chosen = pl.concat(
        [customers.drop_nulls("revenue").head(active), customers.filter(pl.col("revenue").is_null()).head(2)]
    )
    rating = rate_quietly(chosen, made.companies)
    assert rating.verdict == "too few customers"
    assert rating.rated.height == active + 2
    assert rating.rated["potential"].null_count() == {0: 2, 1: 1, 2: 0}[active]
    assert len(rating.figures) == (3 if active == 2 else 0)
    assert ("niemand wird bewertet" in rating.reason_de) == (active == 0)
    assert ("nobody is rated" in rating.reason_en) == (active == 0)


def test_a_stock_of_which_nothing_is_known_is_told_what_to_add() -> None:
    """Where nobody can be rated for want of facts, both languages name what is missing and the columns that help."""
    judgement = nothing_known()
    for reason in (judgement.reason_de, judgement.reason_en):
        assert "website, text, industry, headcount" in reason
    assert "niemand wird bewertet" in judgement.reason_de
    assert "nobody is rated" in judgement.reason_en


def test_constant_revenue_and_odd_numbers_are_survived(made: Made, rate_quietly: Rate) -> None:
    """Ties, zeros, infinities and impossible headcounts yield finite estimates."""
    odd = made.customers.with_columns(
        revenue=pl.when(pl.int_range(pl.len()) % 7 == 0).then(0.0).otherwise(1000.0),
        revenue_best=pl.when(pl.int_range(pl.len()) % 11 == 0).then(float("nan")).otherwise(1000.0),
        headcount=pl.when(pl.int_range(pl.len()) % 5 == 0).then(float("inf")).otherwise(pl.col("headcount") * 0),
        industry=pl.lit("Handel"),
    )
    rating = rate_quietly(odd, made.companies)
    assert rating.rated["potential"].is_finite().all()
    assert rating.rated["potential"].to_numpy() == pytest.approx(1000.0, rel=1e-3)
    assert rating.verdict == "not better than the lookup"


def test_empty_stock_and_contradicting_settings_are_refused(made: Made, rate_quietly: Rate) -> None:
    """No rows, or a quantile outside its interval, is an error that says what to do."""
    with pytest.raises(NoCustomersError, match="no rows"):
        rate_quietly(made.customers.clear(), None)
    with pytest.raises(ConfigRangeError, match=r"interval = \[0.8, 0.85\]"):
        rate_quietly(made.customers, None, PotentialConfig(quantile=0.9, interval=(0.8, 0.85)))


def test_progress_rises_to_its_total(made: Made, config: PotentialConfig) -> None:
    """Progress never falls, keeps its total and ends at it."""
    calls: list[tuple[int, int]] = []
    rate(made.customers.head(60), made.companies, config, progress=lambda done, total: calls.append((done, total)))
    assert [done for done, _ in calls] == sorted(done for done, _ in calls)
    assert len({total for _, total in calls}) == 1
    assert calls[-1][0] == calls[-1][1]


def test_texts_of_strangers_and_of_inactive_customers_only_do_no_harm(made: Made, rate_quietly: Rate) -> None:
    """Vectors of companies outside the stock are ignored, and texts of inactive customers alone teach nothing."""
    strangers = made.companies.with_columns(customer_id="X" + pl.col("customer_id"))
    plain = rate_quietly(made.customers, None)
    assert_frame_equal(rate_quietly(made.customers, strangers).rated, plain.rated)
    inactive = made.customers.filter(pl.col("revenue").is_null())["customer_id"].to_list()
    rating = rate_quietly(made.customers, made.companies.filter(pl.col("customer_id").is_in(inactive)))
    columns = ["potential", "typical", "headroom_expected"]
    known = pl.col("basis") != "none"
    both = rating.rated.join(plain.rated.filter(known), on="customer_id", suffix="_plain")
    for column in columns:
        assert both[column].to_numpy() == pytest.approx(both[f"{column}_plain"].to_numpy(), rel=1e-6)


@pytest.mark.parametrize("seed", [2, 5, 8])
@pytest.mark.parametrize("size", [42, 50])
def test_small_stocks_are_not_blown_up(stock_of: Callable[..., Made], rate_quietly: Rate, size: int, seed: int) -> None:
    """With few active customers no potential lies far beyond what the largest customer buys."""
    made = stock_of(size, seed=seed)
    potential = rate_quietly(made.customers, None).rated["potential"].max()
    assert potential < 12 * made.customers["revenue"].max()
