"""The customers of a stock as arrays: who is known, what they buy, who belongs together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from scoring.errors import NoCustomersError
from scoring.industry import Industries, read_industries
from scoring.kinship import alike, common, company_keys, components, labelled, linked, stable_hash, text_keys
from scoring.region import read_regions

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Stock:
    """The n customers of a stock, sorted by id.

    `log_revenue` is log10 of EUR per year of the last 12 months, NaN where a customer is not active or, having bought
    for a part of them only, trains no model; `own` is the same in EUR per year, part years scaled to 12 months, 0 for
    who bought nothing; `floor` is the best EUR per year seen; `log_headcount` is NaN where the headcount is not known;
    `regions` (n x 3) numbers country, first and first two digits of the postcode, -1 where they are not known;
    `family` numbers companies, whose customers share a website or a VAT id; `group` joins families with nearly the
    same text, which share a fold.
    """

    customer_id: tuple[str, ...]
    log_revenue: Floats
    own: Floats
    floor: Floats
    log_headcount: Floats
    industries: Industries
    regions: Ints
    group: Ints
    family: Ints

    @property
    def active(self) -> Bools:
        """Customers with revenue in the last 12 months (n) that the model learns from."""
        active: Bools = np.isfinite(self.log_revenue)
        return active

    def __len__(self) -> int:
        """Give the number of customers."""
        return len(self.customer_id)


def read_stock(customers: pl.DataFrame, companies: pl.DataFrame | None = None) -> Stock:
    """Turn customers (schema CUSTOMERS, any order) into arrays sorted by `customer_id`.

    With `companies` (schema `company_vectors`) those with near duplicates of one text are in one group. A headcount
    of 0 counts as not known: exports write it for an empty field. Raises NoCustomersError without rows.
    """
    if customers.is_empty():
        raise NoCustomersError("There is no customer to rate: the stock has no rows. Check the customer file.")
    frame = customers.sort("customer_id")
    revenue, best = _positive(frame["revenue"]), _positive(frame["revenue_best"])
    family, group = _families(frame, companies)
    return Stock(
        customer_id=tuple(frame["customer_id"].to_list()),
        log_revenue=_log10(np.where(_trains(frame), revenue, np.nan)),
        own=np.nan_to_num(np.fmax(revenue, np.where(revenue > 0, _positive(frame["annualised"]), np.nan))),
        floor=np.fmax(np.nan_to_num(revenue), np.nan_to_num(best)),
        log_headcount=_log10(np.maximum(_positive(frame["headcount"]), 1.0)),
        industries=read_industries(frame["industry"].to_list()),
        regions=read_regions(frame),
        group=group,
        family=family,
    )


def _trains(frame: pl.DataFrame) -> Bools:
    trains: Bools = frame["trains"].fill_null(value=True).to_numpy()
    return trains


def _positive(values: pl.Series) -> Floats:
    numbers = values.cast(pl.Float64).fill_null(np.nan).to_numpy()
    kept: Floats = np.where(np.isfinite(numbers) & (numbers > 0), numbers, np.nan)
    return kept


def _log10(values: Floats) -> Floats:
    logs: Floats = np.log10(values)
    return logs


def _families(frame: pl.DataFrame, companies: pl.DataFrame | None) -> tuple[Ints, Ints]:
    """Number families and groups by a hash of a site or an id in them: stable whatever else is in the stock."""
    ids, customers = frame["customer_id"].to_list(), frame.height
    names = [f"site:{site}" if site else f"id:{name}" for site, name in zip(frame["site"], ids, strict=True)]
    kin = list(linked(company_keys(frame), customers))
    texts = [*linked([text_keys(frame)], customers), *_alike(ids, companies)]
    family = components(customers, kin)
    group = components(customers, [*kin, *common(texts, customers)]) if texts else family
    return labelled(family, names), labelled(group, names)


def _alike(ids: Sequence[str], companies: pl.DataFrame | None) -> list[tuple[int, int]]:
    """Pairs of rows whose company vectors are near duplicates."""
    if companies is None or companies.is_empty():
        return []
    rows = pl.DataFrame({"customer_id": ids}).with_row_index("row").join(companies, on="customer_id").sort("row")
    vectors = np.nan_to_num(rows["vector"].to_numpy())
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    number = rows["row"].to_list()
    pairs = alike((vectors / np.where(length > 0, length, 1.0)).astype(np.float32), _SEED_OF_SIGNS)
    return [(number[one], number[other]) for one, other in pairs]


#: Which directions vectors are projected on hardly matters: any seed misses one pair in a thousand.
_SEED_OF_SIGNS: Final = 1


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
