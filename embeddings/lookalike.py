"""Companies that resemble one company or a group of them."""

from collections.abc import Sequence

import polars as pl

from embeddings.company import unit
from embeddings.errors import UnknownCompanyError
from embeddings.neighbours import nearest, vectors_of

#: Between the ids of several seeds in the column customer_id.
SEPARATOR = " + "


def lookalikes(companies: pl.DataFrame, ids: Sequence[str], k: int) -> pl.DataFrame:
    """Find the k companies (company_vectors) nearest to the mean of the given ones, which are left out themselves.

    Gives NEIGHBOURS; with several seeds the customer_id is all of them, joined by " + ".
    Raises UnknownCompanyError naming the ids that have no vector.
    """
    seeds = companies.filter(pl.col("customer_id").is_in(list(ids)))
    _check(ids, seeds["customer_id"])
    mean = unit(vectors_of(seeds).mean(axis=0, keepdims=True))
    query = pl.DataFrame({"customer_id": [SEPARATOR.join(dict.fromkeys(ids))], "vector": mean, "chunks": [0]})
    pool = companies.filter(~pl.col("customer_id").is_in(list(ids)))
    return nearest(query, pool, k)


def _check(ids: Sequence[str], known: pl.Series) -> None:
    if not ids:
        raise UnknownCompanyError("Name at least one customer whose lookalikes are wanted.")
    if unknown := [name for name in dict.fromkeys(ids) if name not in set(known)]:
        raise UnknownCompanyError(
            f"No company vector for customer {', '.join(map(repr, unknown))}: the id is not in the stock, or the "
            "company has neither a website with text nor an own text. Check the id's spelling and leading zeros."
        )
