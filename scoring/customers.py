"""The customers of a stock as arrays: who is known, what they buy, who belongs together."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from scoring.errors import NoCustomersError
from scoring.industry import Industries, read_industries

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_BYTES_OF_HASH: Final = 8


@dataclass(frozen=True)
class Stock:
    """The n customers of a stock, sorted by id.

    `log_revenue` is log10 of EUR per year of the last 12 months, NaN where a customer is not active; `floor` is the
    best EUR per year seen; `log_headcount` is NaN where the headcount is not known; `group` numbers companies:
    customers with one website are one company.
    """

    customer_id: tuple[str, ...]
    log_revenue: Floats
    floor: Floats
    log_headcount: Floats
    industries: Industries
    group: Ints

    @property
    def active(self) -> Bools:
        """Customers with revenue in the last 12 months (n): the model learns from them."""
        active: Bools = np.isfinite(self.log_revenue)
        return active

    def __len__(self) -> int:
        """Give the number of customers."""
        return len(self.customer_id)


def read_stock(customers: pl.DataFrame) -> Stock:
    """Turn customers (schema CUSTOMERS, any order) into arrays sorted by `customer_id`.

    A headcount of 0 counts as not known: exports write it for an empty field. Raises NoCustomersError without rows.
    """
    if customers.is_empty():
        raise NoCustomersError("There is no customer to rate: the stock has no rows. Check the customer file.")
    frame = customers.sort("customer_id")
    revenue, best = _positive(frame["revenue"]), _positive(frame["revenue_best"])
    return Stock(
        customer_id=tuple(frame["customer_id"].to_list()),
        log_revenue=_log10(revenue),
        floor=np.fmax(np.nan_to_num(revenue), np.nan_to_num(best)),
        log_headcount=_log10(np.maximum(_positive(frame["headcount"]), 1.0)),
        industries=read_industries(frame["industry"].to_list()),
        group=_groups(frame),
    )


def _positive(values: pl.Series) -> Floats:
    numbers = values.cast(pl.Float64).fill_null(np.nan).to_numpy()
    kept: Floats = np.where(np.isfinite(numbers) & (numbers > 0), numbers, np.nan)
    return kept


def _log10(values: Floats) -> Floats:
    logs: Floats = np.log10(values)
    return logs


def _groups(frame: pl.DataFrame) -> Ints:
    """Number the companies by a hash of their site, or of the id without one: stable whatever else is in the stock."""
    keys = frame.select(
        pl.when(pl.col("site").is_not_null() & (pl.col("site") != ""))
        .then("site:" + pl.col("site"))
        .otherwise("id:" + pl.col("customer_id"))
    ).to_series()
    return np.array([stable_hash(key) for key in keys], dtype=np.int64)


def stable_hash(key: str) -> int:
    """Hash a text to 63 bits, the same on every machine and in every run."""
    digest = hashlib.blake2b(key.encode(), digest_size=_BYTES_OF_HASH).digest()
    return int.from_bytes(digest, "big") >> 1


def deal_folds(groups: Ints, folds: int, seed: int) -> Ints:
    """Deal customers (their groups, n) into folds 0 to `folds` - 1 so that no company is in two of them.

    The fold follows from the hash of the company, not from its row. With few companies they are dealt in the order of
    that hash, which keeps the folds of one size; with many, the hash alone decides, so that a new customer leaves the
    folds of all others as they are.
    """
    unique, rows = np.unique(groups, return_inverse=True)
    hashes = _salted(unique, seed)
    if len(unique) < _MANY_COMPANIES:
        hashes = np.argsort(np.argsort(hashes, kind="stable"), kind="stable")
    dealt: Ints = (hashes % folds)[rows]
    return dealt


_MANY_COMPANIES: Final = 1000


def _salted(groups: Sequence[int] | Ints, seed: int) -> Ints:
    return np.array([stable_hash(f"{seed}:{group}") for group in groups], dtype=np.int64)
