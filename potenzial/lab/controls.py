"""Contestants that any worthwhile configuration has to beat: plain character statistics, and other companies' texts."""

from typing import Any, Final

import numpy as np
import polars as pl

from embeddings.company import unit
from embeddings.schema import company_vectors

TFIDF: Final = "control: TF-IDF + SVD"
SHUFFLED: Final = "control: shuffled texts"

#: Lengths of the pieces of words that are counted; German compounds share pieces, not words.
_PIECES: Final = (3, 5)
#: Vocabulary and length of the vectors; more of either changed nothing that could be measured.
_MOST_PIECES: Final = 50_000
_DIMENSION: Final = 128
#: Characters of one company that are read: bounds memory whatever a website says.
_MOST_CHARACTERS: Final = 20_000


def frequency_vectors(chunks: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Give companies (schema company_vectors) by how often pieces of words stand in their chunks (CHUNKS).

    Latent semantic analysis (Deerwester et al. 1990): TF-IDF of character n-grams, reduced by a singular value
    decomposition, centred. Knows nothing of language.
    """
    texts = chunks.sort("customer_id", "chunk").group_by("customer_id", maintain_order=True)
    if chunks["text"].str.strip_chars().eq("").all():
        return company_vectors(1).to_frame()
    joined = texts.agg(pl.col("text").str.join("\n").str.slice(0, _MOST_CHARACTERS), pl.len().alias("chunks"))
    vectors = _reduced(joined["text"].to_list(), seed)
    return _frame(joined["customer_id"], unit(vectors - vectors.mean(axis=0)), joined["chunks"])


def _reduced(texts: list[str], seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    counted: Any = TfidfVectorizer(
        analyzer="char_wb", ngram_range=_PIECES, sublinear_tf=True, max_features=_MOST_PIECES
    ).fit_transform(texts)
    wanted = max(min(_DIMENSION, len(texts) - 1, counted.shape[1] - 1), 1)
    reduced = TruncatedSVD(wanted, random_state=seed).fit_transform(counted)
    return np.asarray(reduced, np.float32)


def shuffled(companies: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Give every company (schema company_vectors) the text of another one, drawn by chance.

    What is left of a figure under this treatment was never in the texts.
    """
    order = np.random.default_rng(seed).permutation(companies.height)
    return companies.with_columns(companies["vector"].gather(order), companies["chunks"].gather(order))


def _frame(
    customers: pl.Series, vectors: np.ndarray[tuple[int, int], np.dtype[np.float32]], chunks: pl.Series
) -> pl.DataFrame:
    schema = company_vectors(vectors.shape[1])
    columns = {"customer_id": customers, "vector": vectors, "chunks": chunks}
    return pl.DataFrame(columns).cast(schema).match_to_schema(schema)
