"""The deletion test: does an estimate move as claimed when the quoted phrases are taken away?

python tests/quality/deletion.py PROJECT [CUSTOMERS] measures it on the pages of a finished project. Customers that buy
nothing (others are rated as if they did not) are rated three times: with their texts as they are, without the sentences
that hold the phrases quoted in a reason as those of an A customer, too (DeYoung et al. 2020, arXiv 1911.03429, call
this comprehensiveness), and without the sentences of as many other phrases of theirs. Such a reason speaks for demand:
without it the estimate should fall.
"""

import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from embeddings.company import company_vectors
from embeddings.config import EmbeddingConfig
from embeddings.encode import encode_missing
from embeddings.encoder import Encoder, encoder_key, stock_encoder
from embeddings.keywords import keywords
from potenzial.config import load as load_config
from scoring.classes import thresholds
from scoring.config import ClassConfig, PotentialConfig
from scoring.explain import REASON_SEPARATOR
from scoring.kinship import stable_hash
from scoring.lists import build
from scoring.potential import rate

_QUOTED: Final = re.compile(r"“([^”]+)”")
_CLAIM: Final = "as does your A customer"
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+|\n")
#: Marks copies of a customer in the second stock.
_KINDS: Final = ("quoted", "others")


@dataclass(frozen=True)
class Texts:
    """A stock with its texts: CUSTOMERS, CHUNKS, and what encodes them."""

    customers: pl.DataFrame
    chunks: pl.DataFrame
    encoder: Encoder
    config: EmbeddingConfig


def measured(texts: Texts, asked: int, config: PotentialConfig) -> pl.DataFrame:
    """Rate up to so many customers with and without their quoted phrases.

    Gives `customer_id`, `typical` and, without the quoted phrases and without others, `typical_quoted` and
    `typical_others` in EUR per year; customers whose reasons quote nothing are left out.
    """
    chosen = _chosen(texts, asked)
    mine = pl.col("customer_id").is_in(chosen)
    hidden = texts.customers.with_columns(
        pl.when(~mine).then(pl.col("revenue", "revenue_best")), pl.when(~mine).then(pl.col("site", "vat_id"))
    )
    told = _phrases(texts, hidden, config).filter(mine)
    copies = [_without(texts.chunks, told, kind) for kind in _KINDS]
    twins = [hidden.join(told, on="customer_id", how="semi").with_columns(_named(kind)) for kind in _KINDS]
    rated = _typical(pl.concat([hidden, *twins]), pl.concat([texts.chunks, *copies]), texts, config)
    return _side_by_side(rated, told)


def _chosen(texts: Texts, asked: int) -> list[str]:
    """Customers with text, inactive ones first, those whose ids hash lowest."""
    told = texts.customers.join(texts.chunks, on="customer_id", how="semi").with_columns(pl.col("revenue").fill_null(0))
    rows = told.select("customer_id", pl.col("revenue") > 0).rows()
    return [name for name, _ in sorted(rows, key=lambda row: (row[1], stable_hash(row[0])))][:asked]


def _phrases(texts: Texts, customers: pl.DataFrame, config: PotentialConfig) -> pl.DataFrame:
    """Phrases that reasons quote, and as many others of the same customer that they do not."""
    found = keywords(texts.chunks)
    rating = rate(customers, _vectors(texts.chunks, texts), config, progress=_quiet, texts=_words(texts.chunks))
    listed = build(customers, rating.rated, found, thresholds(customers["revenue"], ClassConfig()))
    own = dict(found.group_by("customer_id").agg("phrase").iter_rows())
    rows = [
        (customer, quoted, [phrase for phrase in own[customer] if phrase not in quoted][: len(quoted)])
        for customer, reason in listed.select("customer_id", "reason_en").iter_rows()
        if (quoted := [phrase for phrase in _claimed(reason) if phrase in own.get(customer, [])])
    ]
    schema = {"customer_id": pl.String, "quoted": pl.List(pl.String), "others": pl.List(pl.String)}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _claimed(reasons: str) -> list[str]:
    return [
        phrase for reason in reasons.split(REASON_SEPARATOR) if _CLAIM in reason for phrase in _QUOTED.findall(reason)
    ]


def _without(chunks: pl.DataFrame, told: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Copy the chunks of customers without the sentences that hold some phrases of theirs."""
    gone = dict(told.select("customer_id", kind).iter_rows())
    rows = chunks.join(told, on="customer_id", how="semi")
    pairs = zip(rows["customer_id"], rows["text"], strict=True)
    cut = [_cut(text, gone[customer]) for customer, text in pairs]
    named = rows.with_columns(_named(kind), text=pl.Series(cut, dtype=pl.String)).filter(pl.col("text") != "")
    return named.with_columns(chunk=pl.format("{}~{}", "chunk", "customer_id"))


def _cut(text: str, phrases: Iterable[str]) -> str:
    gone = re.compile(rf"(?i)\b(?:{'|'.join(map(re.escape, phrases))})\b")
    return " ".join(sentence for sentence in _SENTENCE.split(text) if not gone.search(sentence)).strip()


def _named(kind: str) -> pl.Expr:
    return pl.format("{}~" + kind, "customer_id").alias("customer_id")


def _typical(customers: pl.DataFrame, chunks: pl.DataFrame, texts: Texts, config: PotentialConfig) -> dict[str, float]:
    rating = rate(customers, _vectors(chunks, texts), config, progress=_quiet, texts=_words(chunks))
    return dict(rating.rated.select("customer_id", "typical").drop_nulls().iter_rows())


def _vectors(chunks: pl.DataFrame, texts: Texts) -> pl.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "vectors.sqlite"
        encode_missing(chunks, texts.encoder, store, texts.config, progress=_quiet)
        return company_vectors(chunks, store, encoder_key(texts.encoder, texts.config), texts.config).frame


def _words(chunks: pl.DataFrame) -> pl.DataFrame:
    return chunks.select("customer_id", "text")


def _side_by_side(typical: dict[str, float], told: pl.DataFrame) -> pl.DataFrame:
    columns = {f"typical_{kind}": [typical.get(f"{name}~{kind}") for name in told["customer_id"]] for kind in _KINDS}
    rated = told.with_columns(typical=pl.Series([typical.get(name) for name in told["customer_id"]], dtype=pl.Float64))
    return rated.with_columns(pl.Series(name, values, dtype=pl.Float64) for name, values in columns.items())


def share_fallen(found: pl.DataFrame, kind: str) -> float:
    """Share of the customers whose estimate falls without the phrases of a kind."""
    pairs = found.select("typical", f"typical_{kind}").drop_nulls()
    return float((pairs[f"typical_{kind}"] < pairs["typical"]).mean() or 0.0)


def mean_move(found: pl.DataFrame, kind: str) -> float:
    """Geometric mean of the estimate without the phrases of a kind over that with them."""
    pairs = found.select("typical", f"typical_{kind}").drop_nulls()
    return float(10 ** np.mean(np.log10((pairs[f"typical_{kind}"] / pairs["typical"]).to_numpy())))


def _quiet(done: int, total: int) -> None:
    del done, total


def pin(found: pl.DataFrame) -> dict[str, float]:
    """Sum up a measurement: customers, and the share whose estimate falls without what is quoted and without others."""
    shares = {kind: round(share_fallen(found, kind), 3) for kind in _KINDS}
    return {"customers": found.height, **shares}


def digest(customers: pl.DataFrame, chunks: pl.DataFrame) -> str:
    """Digest what decides the measurement."""
    facts = customers.select("customer_id", "industry", "headcount", "revenue").write_csv()
    return hashlib.sha256((facts + chunks.select("customer_id", "text").write_csv()).encode()).hexdigest()


def main() -> None:
    """Measure a project."""
    folder, *asked = sys.argv[1:] or sys.exit(__doc__)
    data = Path(folder) / "data"
    chunks = pl.read_parquet(data / "chunks.parquet")
    config = load_config(Path(folder) / "potenzial.toml")
    encoder = stock_encoder(chunks, config.embedding, data)
    texts = Texts(pl.read_parquet(data / "customers.parquet"), chunks, encoder, config.embedding)
    found = measured(texts, int(asked[0]) if asked else 400, config.potential)
    moves = {kind: round(mean_move(found, kind), 3) for kind in _KINDS}
    sys.stdout.write(f"{json.dumps(pin(found))}, moved on average by {json.dumps(moves)}\n")


if __name__ == "__main__":
    main()
