"""Stocks with a known law of revenue, made by code with a fixed seed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from embeddings.schema import company_vectors
from scoring.config import PotentialConfig
from scoring.potential import Rating, rate
from scoring.schema import CUSTOMERS

DIMENSION = 16
CODES = ("25.62", "25.61", "28.41", "43.21", "46.74", "62.01")
TOPICS = 8


@dataclass(frozen=True)
class Made:
    """A stock: customers, company vectors, and the true expected log10 revenue."""

    customers: pl.DataFrame
    companies: pl.DataFrame
    expected: np.ndarray


def make_stock(customers: int, *, seed: int = 1, inactive: float = 0.2, text: float = 0.3) -> Made:
    """Revenue follows headcount, industry and the topic of the text (its effect: `text`), each known in part."""
    rng = np.random.default_rng(seed)
    headcount = np.maximum(np.rint(10 ** rng.normal(1.5, 0.6, customers)), 1)
    industry, topic = rng.integers(0, len(CODES), customers), rng.integers(0, TOPICS, customers)
    directions = np.linalg.qr(rng.normal(size=(DIMENSION, TOPICS)))[0].T
    vectors = directions[topic] + rng.normal(0, 0.15, (customers, DIMENSION))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    effect = np.linspace(-1, 1, TOPICS)[topic] * text
    expected = 3 + 0.7 * np.log10(headcount) + np.linspace(-0.3, 0.3, len(CODES))[industry] + effect
    revenue = np.round(10 ** (expected + rng.normal(0, 0.25, customers)), 2)
    active = rng.random(customers) >= inactive
    ids = [f"K{row:05d}" for row in range(customers)]
    frame = pl.DataFrame(
        {
            "customer_id": ids,
            "name": ids,
            "industry": [CODES[i] if rng.random() < 0.9 else None for i in industry],
            "headcount": [float(h) if rng.random() < 0.9 else None for h in headcount],
            "revenue": [r if a else None for r, a in zip(revenue, active, strict=True)],
            "revenue_best": [float(r) if a else float(r) / 4 for r, a in zip(revenue, active, strict=True)],
        }
    )
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in CUSTOMERS.items() if name not in frame.columns]
    with_text = rng.random(customers) < 0.9
    companies = pl.DataFrame(
        {"customer_id": ids, "vector": vectors.astype(np.float32), "chunks": [1] * customers},
        schema=company_vectors(DIMENSION),
    ).filter(pl.Series(with_text))
    return Made(frame.with_columns(missing).select(*CUSTOMERS).cast(dict(CUSTOMERS)), companies, expected)


def quiet(done: int, total: int) -> None:
    """Take progress and show nothing."""
    assert 0 <= done <= total


@pytest.fixture(scope="session")
def stock_of() -> Callable[..., Made]:
    """Give the maker of stocks."""
    return make_stock


@pytest.fixture(scope="session")
def made() -> Made:
    """Give a stock of 400 customers with text."""
    return make_stock(400)


@pytest.fixture(scope="session")
def config() -> PotentialConfig:
    """Give settings with few folds: fast, and everything else as shipped."""
    return PotentialConfig(folds=3, neighbours=10)


@pytest.fixture(scope="session")
def rate_quietly(config: PotentialConfig) -> Callable[..., Rating]:
    """Give a function that rates customers with those settings."""

    def rate_with(
        customers: pl.DataFrame, companies: pl.DataFrame | None, settings: PotentialConfig = config
    ) -> Rating:
        return rate(customers, companies, settings, progress=quiet)

    return rate_with


@pytest.fixture(scope="session")
def rating(made: Made, rate_quietly: Callable[..., Rating]) -> Rating:
    """Give the rating of the stock of 400."""
    return rate_quietly(made.customers, made.companies)
