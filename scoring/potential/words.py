"""Words of customers' texts as TF-IDF vectors, beside the company vectors.

A language model blurs rare words that tell a trade; a linear model on words keeps them (Salton and Buckley 1988, doi
10.1016/0306-4573(88)90021-0).
"""

from typing import Final

import numpy as np
import polars as pl
from scipy import sparse

#: The commonest words of the stock count, so that a regression on them stays small.
_MOST_WORDS: Final = 2_000
#: Fewer customers than this with a word teach nothing about it.
_LEAST_CUSTOMERS: Final = 3
#: A word in more than half of all texts tells nothing.
_COMMON: Final = 0.5
#: Characters of a customer's texts that are read.
_MOST_CHARACTERS: Final = 8_000
#: Letters alone: figures would tell a revenue that the text names.
_WORD: Final = r"(?u)\b[^\W\d_]{2,}\b"


def read_words(texts: pl.DataFrame, customer_id: tuple[str, ...]) -> sparse.csr_matrix | None:
    """Give TF-IDF vectors of length 1 for each of n customers (n x t), zeros without text, None without any words.

    `texts` has columns customer_id and text, any number of rows a customer; revenue is not read.
    """
    joined = (
        texts.drop_nulls("text")
        .group_by("customer_id", maintain_order=True)
        .agg(pl.col("text").str.join(" ").str.slice(0, _MOST_CHARACTERS))
    )
    rows = pl.DataFrame({"customer_id": customer_id}, schema={"customer_id": pl.String})
    aligned = rows.join(joined, on="customer_id", how="left", maintain_order="left")["text"].fill_null("")
    return _vectors(aligned.to_list())


def _vectors(texts: list[str]) -> sparse.csr_matrix | None:
    # Importing scikit-learn takes a second that only fitting needs.
    from sklearn.feature_extraction.text import TfidfVectorizer

    with_text = sum(1 for text in texts if text)
    if with_text < 2 * _LEAST_CUSTOMERS:
        return None
    vectorizer = TfidfVectorizer(
        token_pattern=_WORD,
        sublinear_tf=True,
        min_df=_LEAST_CUSTOMERS,
        max_df=max(int(_COMMON * with_text), _LEAST_CUSTOMERS),
        max_features=_MOST_WORDS,
        dtype=np.float64,
    )
    try:
        return sparse.csr_matrix(vectorizer.fit_transform(texts))
    except ValueError:
        # No word is left that three customers share.
        return None
