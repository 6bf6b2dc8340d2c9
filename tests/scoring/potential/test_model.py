"""The fitted model: order of its quantiles, what is missing, words, and who is outside its support."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np
import polars as pl
import pytest
from scipy import sparse

from scoring.config import PotentialConfig
from scoring.customers import read_stock
from scoring.features import find_neighbourhood, gather_facts
from scoring.potential.conformal import Sizes, SizeShifts
from scoring.potential.model import Data, Model, Prediction
from scoring.potential.moments import Ridge, moments_of, ridges
from scoring.potential.support import outside_support
from scoring.potential.words import read_words


class Made(Protocol):
    """A stock from conftest."""

    customers: pl.DataFrame
    companies: pl.DataFrame
    expected: np.ndarray


def _no_tick() -> None:
    return None


def _data(customers: pl.DataFrame, companies: pl.DataFrame) -> Data:
    stock = read_stock(customers)
    return Data(stock, gather_facts(stock), find_neighbourhood(stock, companies, 40, _no_tick))


@pytest.fixture(scope="module")
def data(stock_of: Callable[..., Made]) -> Data:
    """Give the data of 500 customers, some without headcount, industry or text."""
    made = stock_of(500)
    return _data(made.customers, made.companies)


@pytest.fixture(scope="module")
def model(data: Data, config: PotentialConfig) -> Model:
    """Give a model fitted on all active customers."""
    return Model(data, np.flatnonzero(data.stock.active), config, _no_tick)


@pytest.fixture(scope="module")
def prediction(data: Data, model: Model) -> Prediction:
    """Give what it predicts for the inactive customers."""
    return model.predict(np.flatnonzero(~data.stock.active))


def test_quantiles_never_cross(prediction: Prediction) -> None:
    """In each row the quantiles ascend."""
    assert (np.diff(prediction.quantiles, axis=1) >= 0).all()


def test_every_quantile_rises_with_headcount(data: Data, model: Model, config: PotentialConfig) -> None:
    """Over a grid of headcounts, all else equal, no quantile of any customer falls."""
    active, wanted = np.flatnonzero(data.stock.active), np.flatnonzero(~data.stock.active)
    before = np.full((len(wanted), 1), -np.inf)
    for log_headcount in np.linspace(*np.quantile(data.facts.log_headcount, [0, 1]), 9):
        moved = data.facts.log_headcount.copy()
        moved[wanted] = log_headcount
        facts = replace(data.facts, log_headcount=moved, imputed=data.facts.imputed & data.stock.active)
        facts = replace(facts, headcount_sd=np.where(facts.imputed, facts.headcount_sd, 0.0))
        after = Model(replace(data, facts=facts), active, config, _no_tick).predict(wanted).quantiles
        assert (after >= before - 1e-9).all()
        before = after
    assert model.firmographics_.least_slopes_.min() >= 0


def test_missing_facts_widen_the_estimate(data: Data, prediction: Prediction) -> None:
    """Customers without headcount or industry have a wider interval than others, on average."""
    wanted = np.flatnonzero(~data.stock.active)
    width = prediction.at(0.95) - prediction.at(0.5)
    missing = data.facts.imputed[wanted] | (data.facts.levels[wanted, 0] < 0)
    assert width[missing].mean() > 1.1 * width[~missing].mean()


def test_missing_headcounts_carry_their_interval(data: Data) -> None:
    """A headcount that is given has no doubt; one that is not has the scatter of its industry."""
    facts = data.facts
    assert (facts.headcount_sd[~facts.imputed] == 0).all()
    known = facts.log_headcount[~facts.imputed]
    assert facts.headcount_sd[facts.imputed] == pytest.approx(known.std(), rel=0.35)


def test_ridge_without_a_fold_is_the_ridge_of_the_others() -> None:
    """Leaving a fold out by subtraction gives what a fit on the other folds gives, dense or sparse."""
    rng = np.random.default_rng(1)
    design, target = rng.normal(size=(90, 7)), rng.normal(size=90)
    for one in (design, sparse.csr_matrix(design)):
        parts = [moments_of([one[start : start + 30]], target[start : start + 30]) for start in (0, 30, 60)]
        left_out = ridges(parts, 2.0)[0].predict([one])
        others = Ridge(moments_of([design[30:]], target[30:]), 2.0).predict([design])
        assert left_out == pytest.approx(others)


def test_size_bands_get_their_own_scatter_but_never_fall() -> None:
    """Large customers that scatter less get a lower shift, no faster than the location rises."""
    rng = np.random.default_rng(2)
    log_headcount = np.repeat([0.5, 2.5], 500)
    band = np.repeat([0, 4], 500)
    beyond = rng.normal(0, np.repeat([0.6, 0.1], 500))[:, None] - 0.4
    grid, knots = np.array([0.9]), np.array([0.0, 1.0, 3.0])
    steep = SizeShifts(beyond, Sizes(log_headcount, band, lambda at: at, knots), grid)
    flat = SizeShifts(beyond, Sizes(log_headcount, band, np.zeros_like, knots), grid)
    small, large = steep.at(Sizes(np.array([0.5, 2.5]), np.array([0, 4]), np.zeros_like, knots))[:, 0]
    assert small > large + 0.3
    even = flat.at(Sizes(np.linspace(0, 3, 20), np.zeros(20, dtype=np.int64), np.zeros_like, knots))[:, 0]
    assert (np.diff(even) >= 0).all()


def test_words_that_tell_revenue_help(data: Data, config: PotentialConfig) -> None:
    """A word that only large buyers use raises those who use it, and figures are no words."""
    active = np.flatnonzero(data.stock.active)
    high = np.nan_to_num(data.stock.log_revenue) > np.median(data.stock.log_revenue[active])
    said = ["Presswerk 4711" if loud else ("Kiosk 0815" if row % 2 else "Laden 99") for row, loud in enumerate(high)]
    texts = pl.DataFrame({"customer_id": data.stock.customer_id, "text": said})
    words = read_words(texts, data.stock.customer_id)
    assert words is not None
    assert words.shape == (len(data.stock), 3)
    known, wanted = active[::2], active[1::2]
    predicted = Model(replace(data, words=words), known, config, _no_tick).predict(wanted).at(0.5)
    plain = Model(data, known, config, _no_tick).predict(wanted).at(0.5)
    raised = (predicted - plain)[high[wanted]].mean()
    assert raised > 0
    assert raised > (predicted - plain)[~high[wanted]].mean() + 0.03


@pytest.mark.parametrize("texts", [[], ["nur einer"], ["", None, ""]])
def test_hardly_any_words_are_none(texts: list[str | None]) -> None:
    """Without words that three customers share there are no word vectors."""
    ids = tuple(f"{row}" for row in range(len(texts)))
    frame = pl.DataFrame({"customer_id": ids, "text": texts}, schema={"customer_id": pl.String, "text": pl.String})
    assert read_words(frame, ids) is None


def test_strange_texts_of_no_industry_are_outside_support(stock_of: Callable[..., Made]) -> None:
    """A text unlike all others is no basis, unless the industry is known."""
    made = stock_of(300)
    odd = made.customers.filter(pl.col("revenue").is_null())["customer_id"][:2].to_list()
    vector = np.zeros(16, dtype=np.float32)
    away = -np.mean(made.companies["vector"].to_numpy(), axis=0)
    vector += (away / np.linalg.norm(away)).astype(np.float32)
    strange = pl.DataFrame({"customer_id": odd, "vector": [vector] * 2, "chunks": [1, 1]}, schema=made.companies.schema)
    others = made.companies.filter(~pl.col("customer_id").is_in(odd))
    customers = made.customers.with_columns(
        industry=pl.when(pl.col("customer_id") == odd[0])
        .then(None)
        .when(pl.col("customer_id") == odd[1])
        .then(pl.lit("25.62"))
        .otherwise("industry")
    )
    data = _data(customers, pl.concat([others, strange]))
    flagged = outside_support(data)
    rows = [data.stock.customer_id.index(name) for name in odd]
    assert flagged[rows].tolist() == [True, False]
    assert flagged.mean() < 0.02
