"""Companies that resemble one company or a group of them, and not others."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.company import unit
from embeddings.errors import UnknownCompanyError
from embeddings.neighbours import nearest, vectors_of

#: Between the ids of several seeds in the column customer_id.
SEPARATOR = " + "
#: How far negative examples push beside how far positive ones pull: whoever names a counter-example means it.
PUSH: Final = 0.5


def lookalikes(companies: pl.DataFrame, ids: Sequence[str], k: int) -> pl.DataFrame:
    """Find the k companies (company_vectors) nearest to the mean of the given ones, which are left out themselves.

    Gives NEIGHBOURS; with several seeds the customer_id is all of them, joined by " + ".
    Raises UnknownCompanyError naming the ids that have no vector.
    """
    seeds = companies.filter(pl.col("customer_id").is_in(list(ids)))
    check_known(ids, seeds["customer_id"])
    mean = aim(vectors_of(seeds), vectors_of(seeds.clear()))[None, :]
    query = pl.DataFrame({"customer_id": [SEPARATOR.join(dict.fromkeys(ids))], "vector": mean, "chunks": [0]})
    pool = companies.filter(~pl.col("customer_id").is_in(list(ids)))
    return nearest(query, pool, k)


def aim(liked: NDArray[np.float32], disliked: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the direction to search in, shape (d,), length 1: towards the liked (n, d), away from the disliked (m, d).

    The mean of the former less `PUSH` times the mean of the latter (Rocchio 1971, relevance feedback).
    """
    towards = liked.mean(axis=0)
    away = PUSH * disliked.mean(axis=0) if len(disliked) else np.zeros_like(towards)
    found: NDArray[np.float32] = unit((towards - away)[None, :])[0]
    return found


def check_known(ids: Sequence[str], known: pl.Series) -> None:
    """Refuse ids without a vector, and an empty list of them.

    Raises UnknownCompanyError naming them.
    """
    if not ids:
        raise UnknownCompanyError("Name at least one customer whose lookalikes are wanted.")
    there = set(known.filter(known.is_in(list(ids))))
    if unknown := [name for name in dict.fromkeys(ids) if name not in there]:
        raise UnknownCompanyError(
            f"No company vector for customer {', '.join(map(repr, unknown))}: the id is not in the stock, or the "
            "company has neither a website with text nor an own text. Check the id's spelling and leading zeros."
        )
