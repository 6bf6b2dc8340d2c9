"""Industry codes by the titles of the classification, for stocks in which hardly any code is given."""

from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.transform import apply, unit
from scoring.industry import VERSIONS
from scoring.inferred.industry import Titles, by_titles, class_titles

Array = NDArray[np.float32]


def nearest_titles(
    companies: pl.DataFrame, fitted: pl.DataFrame, encode: Callable[[Sequence[str]], Array]
) -> pl.DataFrame:
    """Give `customer_id`, `wz_2008`, `wz_2025`: the classes whose titles lie nearest to each company's vector.

    Args:
        companies: company_vectors of the stock.
        fitted: the transform that was fitted on the stock's vectors; the titles get it too, and their own mean taken
            away, since short titles lie apart from pages.
        encode: the model that made the vectors; texts (n) to vectors of length 1 (n x d).
    """
    names = companies["customer_id"].to_list()
    vectors = np.ascontiguousarray(companies["vector"].to_numpy(), np.float32)
    coded = {version: class_titles(version) for version in VERSIONS}
    texts = list(dict.fromkeys(title for _, titles in coded.values() for title in titles))
    moved = apply(encode(texts), fitted)
    places = dict(zip(texts, unit(moved - moved.mean(axis=0)), strict=True))
    books = {
        version: Titles(codes, titles, np.stack([places[title] for title in titles]))
        for version, (codes, titles) in coded.items()
    }
    return by_titles(names, vectors, books)
