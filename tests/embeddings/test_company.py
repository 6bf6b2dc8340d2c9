from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from embeddings.chunk import chunk_documents
from embeddings.company import Companies, Stock, company_vectors, query_vector
from embeddings.config import EmbeddingConfig
from embeddings.encode import encode_missing
from embeddings.encoder import Encoder, encoder_key
from embeddings.errors import NotEncodedError
from embeddings.rarity import rarity_of
from embeddings.schema import DOCUMENTS, transform
from embeddings.schema import company_vectors as schema

Make = Callable[..., pl.DataFrame]
Pool = Callable[..., Companies]
TRADES = ("Bäckerei", "Dreherei", "Spedition", "Steuerkanzlei")


@pytest.fixture
def pooled(tmp_path: Path, encoder: Encoder) -> Pool:
    """Encode chunks and pool them."""

    def pool(chunks: pl.DataFrame, **settings: str | int) -> Companies:
        config, store = msgspec.convert(settings, EmbeddingConfig), tmp_path / "vectors.sqlite"
        encode_missing(chunks, encoder, store, config, progress=lambda _done, _total: None)
        return company_vectors(chunks, store, encoder_key(encoder, config), config)

    return pool


def stock(make_chunks: Make, companies: int) -> pl.DataFrame:
    """Give companies of four trades with two chunks each."""
    rows = [(f"{n:03}", f"{TRADES[n % 4]} Nummer {n} {part}") for n in range(companies) for part in ("eins", "zwei")]
    return make_chunks(*rows)


def test_vectors_are_centred_and_of_length_one(pooled: Pool, make_chunks: Make) -> None:
    """Each company has one row, sorted, of length 1, and what was taken away is the stock's mean."""
    companies = pooled(stock(make_chunks, 40))
    vectors = companies.frame["vector"].to_numpy()
    assert companies.frame.schema == schema(32)
    assert companies.transform.schema == transform(32)
    assert companies.frame["customer_id"].is_sorted()
    assert companies.frame["chunks"].to_list() == [2] * 40
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.linalg.norm(vectors.mean(axis=0)) < 0.1 < np.linalg.norm(companies.transform["vector"].to_numpy())


def test_centring_spreads_the_similarities(pooled: Pool, make_chunks: Make) -> None:
    """Without the mean, which all share, companies of different trades are less alike."""
    chunks = stock(make_chunks, 40)
    with_mean, without = (pooled(chunks, transform=name).frame["vector"].to_numpy() for name in ("none", "centre"))
    assert (without @ without.T).mean() < (with_mean @ with_mean.T).mean() - 0.2


def test_heavier_chunk_pulls_the_vector(pooled: Pool, make_chunks: Make, encoder: Encoder) -> None:
    """The company vector is the weighted mean of its chunks' vectors."""
    companies = pooled(make_chunks(("a", "Dreherei", 3.0), ("a", "Bäckerei", 1.0)))
    turned, baked = encoder.encode(["Dreherei", "Bäckerei"])
    expected = (3 * turned + baked) / np.linalg.norm(3 * turned + baked)
    assert np.allclose(companies.frame["vector"][0].to_numpy(), expected, atol=1e-3)


def test_many_chunks_pool_like_few(pooled: Pool, make_chunks: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading the store in small slices, even within a company, changes nothing."""
    chunks = stock(make_chunks, 30)
    whole = pooled(chunks)
    monkeypatch.setattr("embeddings.pooling._SLICE", 7)
    sliced = pooled(chunks.sample(fraction=1, shuffle=True, seed=1))
    assert np.allclose(whole.frame["vector"].to_numpy(), sliced.frame["vector"].to_numpy(), atol=1e-5)


def test_small_stock_is_not_centred(pooled: Pool, make_chunks: Make) -> None:
    """Among a handful of companies the mean is no background, so nothing is taken away."""
    companies = pooled(stock(make_chunks, 3))
    assert not companies.transform["vector"].to_numpy().any()


def test_equal_companies_have_no_direction(pooled: Pool, make_chunks: Make) -> None:
    """Where all texts are the same, the vectors are zero and not noise or NaN."""
    companies = pooled(make_chunks(*((str(n), "Wir sind Partner") for n in range(20))))
    assert not companies.frame["vector"].to_numpy().any()


def test_no_chunks_give_an_empty_table(pooled: Pool, make_chunks: Make) -> None:
    """A stock without any text has no rows and no fault."""
    companies = pooled(make_chunks())
    assert companies.frame.schema == schema(32)
    assert companies.frame.is_empty()


def test_missing_vectors_name_the_stage(tmp_path: Path, encoder: Encoder, make_chunks: Make) -> None:
    """Pooling before encoding says how many chunks lack a vector and what to run."""
    key = encoder_key(encoder, EmbeddingConfig())
    with pytest.raises(NotEncodedError, match=r"2 chunks .*--from embed"):
        company_vectors(make_chunks(("a", "eins"), ("b", "zwei")), tmp_path / "v.sqlite", key, EmbeddingConfig())


@pytest.mark.parametrize("pooling", ["mean", "idf", "medoid", "maxsim"])
@pytest.mark.parametrize("transform_name", ["none", "centre", "abtt", "whiten"])
def test_a_query_with_a_companys_text_lies_on_the_company(
    pooled: Pool, encoder: Encoder, make_documents: Make, pooling: str, transform_name: str
) -> None:
    """However vectors are pooled and transformed, the text of a company as a query gives the company's own vector."""
    settings = {"pooling": pooling, "transform": transform_name, "chunk_tokens": 16, "fields": ("main",)}
    config = msgspec.convert(settings, EmbeddingConfig)
    documents = make_documents(
        *(
            (
                f"{n:02}",
                "home",
                f"{TRADES[n % 4]} am großen Marktplatz {n}. Wir kaufen sehr gern Stahl. Jeder Besuch ist uns recht.",
            )
            for n in range(40)
        )
    )
    chunks = chunk_documents(documents, config)
    companies = pooled(chunks, **settings)
    assert companies.frame["chunks"].min() > 1
    stock_ = Stock(companies.transform, rarity_of(chunks))
    query = query_vector(documents.filter(pl.col("customer_id") == "07"), encoder, stock_, config)
    assert float(query[0] @ companies.frame["vector"][7].to_numpy()) == pytest.approx(1.0, abs=2e-3)


def test_a_query_without_text_has_no_direction(pooled: Pool, encoder: Encoder, make_chunks: Make) -> None:
    """An empty question is the zero vector, which is like nothing, and no fault."""
    companies = pooled(stock(make_chunks, 20), transform="none")
    empty = DOCUMENTS.to_frame()
    assert not query_vector(empty, encoder, Stock(companies.transform), EmbeddingConfig()).any()


def test_reduced_vectors_have_the_length_asked_for(pooled: Pool, make_chunks: Make) -> None:
    """With `dimensions` company vectors are shorter, and the neighbours by topic stay together."""
    companies = pooled(stock(make_chunks, 60), dimensions=3)
    assert companies.frame.schema == schema(3)
    vectors = companies.frame["vector"].to_numpy()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    trade = np.arange(60) % 4
    cosines = vectors @ vectors.T
    assert cosines[trade[:, None] == trade].mean() > cosines[trade[:, None] != trade].mean() + 0.5
