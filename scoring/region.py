"""Where customers are: country, then the first and the first two digits of the postcode, or the city without one."""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

#: Levels of a path: country, first digit of the postcode (or city), first two digits.
REGION_LEVELS: Final = 3
#: How address files spell the countries whose postcodes are commonest in them, beside the ISO 3166 code.
_COUNTRIES: Final = {
    **dict.fromkeys(("d", "deutschland", "germany", "ger", "deu"), "de"),
    **dict.fromkeys(("a", "österreich", "oesterreich", "austria", "aut"), "at"),
    **dict.fromkeys(("schweiz", "switzerland", "suisse", "svizzera", "che"), "ch"),
}


def read_regions(customers: pl.DataFrame) -> NDArray[np.int64]:
    """Number the region of each customer (CUSTOMERS, n) at each level (n x REGION_LEVELS), -1 where there is none.

    A customer without a country is of the stock's commonest one. Letters in postcodes count as digits do ("SW1A" is in
    S, then SW). Who states neither postcode nor city has no region.
    """
    paths = customers.select(country=_country(customers), code=_tidy("postcode"), city=_tidy("city"))
    country, code = pl.col("country"), pl.col("code")
    first, two = (pl.format("{}-{}", country, code.str.slice(0, digits)) for digits in (1, 2))
    city = pl.format("{}:{}", country, pl.col("city"))
    placed = pl.coalesce("code", "city").is_not_null()
    named = paths.select(
        level_0=pl.when(placed).then(country),
        level_1=pl.coalesce(first, city),
        level_2=pl.when(code.str.len_chars() > 1).then(two),
    )
    return np.column_stack(_numbered(named))


def _country(customers: pl.DataFrame) -> pl.Series:
    stated = customers.select(_tidy("country").replace(_COUNTRIES)).to_series()
    common = stated.drop_nulls().mode().sort()
    return stated.fill_null(common[0] if len(common) else "")


def _tidy(name: str) -> pl.Expr:
    """Lower case without blanks; null where nothing is left."""
    plain = pl.col(name).str.to_lowercase().str.replace_all(r"[\s.]+", "")
    return pl.when(plain != "").then(plain)


def _numbered(named: pl.DataFrame) -> list[NDArray[np.int64]]:
    """Number the distinct regions of all levels, in sorted order so that the order of rows does not matter."""
    keys = pl.concat([named[name] for name in named.columns]).drop_nulls().unique().sort()
    numbers = pl.DataFrame({"key": keys}, schema={"key": pl.String}).with_row_index("number")
    found = (
        named.select(key=name).join(numbers, on="key", how="left", maintain_order="left")["number"]
        for name in named.columns
    )
    return [column.cast(pl.Int64).fill_null(-1).to_numpy() for column in found]
