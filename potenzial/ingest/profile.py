"""A profile of the imported stock: how full each column is, what range its values have, and what looks odd."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import polars as pl

from potenzial.ingest.amounts import counted

#: Columns in which one value should not stand with many customers.
_OWN: Final = ("name", "website", "email", "vat_id", "register_number")
#: Texts read in a wrong encoding, or with signs that could not be read.
_GARBLED: Final = "\ufffd|Ã[\u0080-\u00bf\u201a-\u203a¼¶¤Ÿ]"
#: A single customer with more of the revenue is worth a look.
_LARGE_SHARE: Final = 0.2
_MANY: Final = 3
_GERMAN: Final = ("de", "d", "deutschland", "germany")


@dataclass(frozen=True)
class Profile:
    """One of our columns: customers with a value, their share (0 to 1), different values, and what looks odd.

    `low`, `middle` and `high` are smallest, median and largest number or day; of text, the lengths in characters.
    """

    ours: str
    filled: int
    share: float
    distinct: int
    low: str
    middle: str
    high: str
    odd: tuple[str, ...]


def profiles(customers: pl.DataFrame) -> tuple[Profile, ...]:
    """Describe every column of `CUSTOMERS` that holds anything, and that comes from the file."""
    names = [name for name in customers.columns if name not in {"site", "site_source", "revenue_best"}]
    return tuple(_profile(customers, name) for name in names if customers[name].count())


def _profile(customers: pl.DataFrame, name: str) -> Profile:
    values = customers[name].drop_nulls()
    measured = values.str.len_chars() if values.dtype == pl.String else values
    low, middle, high = (_shown(value) for value in (measured.min(), measured.median(), measured.max()))
    share = values.len() / customers.height
    return Profile(
        name, values.len(), share, values.n_unique(), low, middle, high, tuple(_odd(customers, name, values))
    )


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return f"{value:,.10g}" if isinstance(value, int | float) else str(value)


def _odd(customers: pl.DataFrame, name: str, values: pl.Series) -> Iterator[str]:
    if values.dtype == pl.String:
        garbled = int(values.str.contains(_GARBLED).sum())
        if garbled:
            yield f"{counted(garbled, 'value')} with garbled letters"
    if name in _OWN:
        yield from _repeated(values)
    if name == "postcode":
        yield from _postcodes(customers)
    if name == "revenue":
        yield from _revenue(values)
    if name == "headcount" and (zeros := int((values == 0).sum())):
        yield f"{counted(zeros, 'customer')} with 0 people"
    if name == "last_purchase":
        yield from _days(values)


def _repeated(values: pl.Series) -> Iterator[str]:
    most = values.value_counts(sort=True).row(0)
    if most[1] >= _MANY:
        yield f"{most[0][:40]!r} stands with {most[1]:,} customers"


def _postcodes(customers: pl.DataFrame) -> Iterator[str]:
    german = pl.col("country").str.to_lowercase().is_in(list(_GERMAN))
    other = ~pl.col("postcode").str.contains("^(D-)?[0-9]{5}$")
    if odd := customers.filter(german & other).height:
        yield f"{counted(odd, 'German postcode')} without five digits"


def _revenue(values: pl.Series) -> Iterator[str]:
    if negative := int((values < 0).sum()):
        yield f"{counted(negative, 'amount')} below 0"
    total, largest = float(values.clip(0).sum()), float(values.clip(0).sort()[-1])
    if total and values.len() >= _MANY and largest / total > _LARGE_SHARE:
        yield f"the largest is {largest / total:.0%} of the sum"


def _days(values: pl.Series) -> Iterator[str]:
    future = int((values > datetime.now(tz=UTC).date()).sum())
    if future:
        yield f"{counted(future, 'day')} in the future"
    most = values.value_counts(sort=True).row(0)
    if values.len() >= _MANY and 2 * most[1] > values.len():
        yield f"{most[0]} stands with {most[1]:,} customers"
