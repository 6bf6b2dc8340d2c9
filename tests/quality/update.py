"""Measure the model on pinned data and move the floors: python tests/quality/update.py [--lower REASON].

Floors only rise by themselves. With --lower and a reason one may fall; the reason is kept beside it in pins.json.
"""

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import polars as pl

from embeddings.schema import company_vectors
from scoring.config import PotentialConfig
from scoring.potential import Rating, rate
from scoring.schema import CUSTOMERS

PINS: Final = Path(__file__).with_name("pins.json")
INC5000: Final = Path(__file__).parents[3] / "shared" / "data" / "inc5000" / "inc5000_2010_dev.csv"
RESELLERS: Final = Path(__file__).parents[3] / "shared" / "data" / "adventureworks"

#: How far below a measured gain its floor lies, and how far coverage may be off: seeds alone move them by about that.
_SLACK: Final = 0.02
_COVERAGE: Final = 0.025
_ROUNDING: Final = 0.01
_DIMENSION: Final = 24
_CODES: Final = ("25.62", "25.61", "25.99", "28.41", "28.99", "43.21", "43.22", "46.74", "46.90", "62.01")

Data = tuple[pl.DataFrame, pl.DataFrame | None]


def synthetic() -> Data:
    """Make 500 active customers whose texts tell more than industry and headcount: wallet topics and scatter."""
    rng = np.random.default_rng(20260101)
    n, topics = 500, 10
    headcount = np.maximum(np.rint(10 ** rng.normal(1.4, 0.6, n)), 1)
    industry, topic = rng.integers(0, len(_CODES), n), rng.integers(0, topics, n)
    vectors = rng.normal(size=(topics, _DIMENSION))[topic] + rng.normal(0, 0.6, (n, _DIMENSION))
    vectors /= np.sqrt((vectors**2).sum(axis=1, keepdims=True))
    wallet = 2.8 + 0.7 * np.log10(headcount) + rng.normal(0, 0.25, len(_CODES))[industry]
    wallet += rng.normal(0, 0.3, topics)[topic] + rng.normal(0, 0.3, n)
    ids = [f"S{row:04d}" for row in range(n)]
    customers = pl.DataFrame(
        {
            "customer_id": ids,
            "industry": [_CODES[i] for i in industry],
            "headcount": headcount,
            "revenue": np.round(10**wallet, 2),
        }
    )
    frame = pl.DataFrame({"customer_id": ids, "vector": vectors, "chunks": [1] * n})
    return _completed(customers), frame.cast(dict(company_vectors(_DIMENSION)))


def resellers() -> Data:
    """Read the resellers of AdventureWorks, a negative control: sales hardly follow headcount, and there is no text."""
    listed = pl.read_csv(RESELLERS / "DimReseller_dnoeth.csv", separator="|", has_header=False)
    sales = pl.read_csv(RESELLERS / "FactResellerSales.csv").filter(pl.col("OrderDate") >= "2019-06-01")
    revenue = sales.group_by("ResellerKey").agg(revenue=pl.col("SalesAmount").sum().round(2))
    named = listed.select(customer_id="column_2", industry="column_4", headcount="column_6", ResellerKey="column_0")
    return _completed(named.join(revenue, on="ResellerKey", how="left").drop("ResellerKey")), None


def inc5000() -> Data:
    """Read the Inc 5000 list and encode its descriptions (minutes); vectors stay in the folder POTENZIAL_SLOW_CACHE."""
    from embeddings.chunk import chunk_documents
    from embeddings.company import company_vectors as to_companies
    from embeddings.config import EmbeddingConfig
    from embeddings.encode import encode_missing
    from embeddings.encoder import encoder_key, load_encoder
    from embeddings.schema import DOCUMENTS

    customers = _inc5000_customers()
    config = EmbeddingConfig()
    encoder, store = load_encoder(config), Path(os.environ["POTENZIAL_SLOW_CACHE"]) / "vectors.sqlite"
    texts = customers.select("customer_id", kind=pl.lit("own"), url=pl.lit(""), title=pl.lit(""), text="text")
    chunks = chunk_documents(texts.drop_nulls("text").match_to_schema(DOCUMENTS), config)
    encode_missing(chunks, encoder, store, config, progress=_quiet)
    return customers, to_companies(chunks, store, encoder_key(encoder, config), config).frame


def _inc5000_customers() -> pl.DataFrame:
    parts = pl.col("2009 Revenue").str.extract_groups(r"^\$(?<number>[\d.,]+) ?(?<unit>million|billion)?")
    scale = pl.col("unit").replace_strict({"million": 1e6, "billion": 1e9}, default=1.0, return_dtype=pl.Float64)
    listed = pl.read_csv(INC5000).with_columns(parts.alias("money")).unnest("money")
    return _completed(
        listed.select(
            customer_id=pl.col("Rank").cast(pl.String),
            industry="Industry",
            headcount="Employees",
            revenue=pl.col("number").str.replace_all(",", "").cast(pl.Float64) * scale,
            text="Description",
        )
    )


def _completed(customers: pl.DataFrame) -> pl.DataFrame:
    filled = customers.with_columns(name=pl.col("customer_id"), revenue_best=pl.col("revenue"))
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in CUSTOMERS.items() if name not in filled.columns]
    return filled.with_columns(missing).select(*CUSTOMERS).cast(dict(CUSTOMERS))


#: The pinned data by name.
SETS: Final = MappingProxyType({"synthetic": synthetic, "inc5000": inc5000, "adventureworks": resellers})


def digest(customers: pl.DataFrame) -> str:
    """Digest the columns that decide the figures; vectors are left out because their last digits vary by machine."""
    deciding = customers.select("customer_id", "industry", "headcount", "revenue")
    return hashlib.sha256(deciding.write_csv().encode()).hexdigest()


def measure(customers: pl.DataFrame, companies: pl.DataFrame | None) -> dict[str, Any]:
    """Rate the data with the shipped settings; give the verdict and, by quantile, gain on the lookup and coverage."""
    rating = rate(customers, companies, PotentialConfig(), progress=_quiet)
    return {
        "verdict": rating.verdict,
        "gain": {str(q): round(_gain(rating, q), 4) for q in (0.8, 0.9)},
        "coverage": {str(q): round(_figure(rating, "potenzial", q, "coverage"), 4) for q in (0.8, 0.9)},
    }


def _gain(rating: Rating, quantile: float) -> float:
    lookup = _figure(rating, "industry x size", quantile, "pinball")
    return 1.0 - _figure(rating, "potenzial", quantile, "pinball") / lookup


def _figure(rating: Rating, model: str, quantile: float, column: str) -> float:
    row = rating.figures.filter(pl.col("model") == model, pl.col("quantile") == quantile)
    return float(row[column].item())


def _quiet(done: int, total: int) -> None:
    del done, total


def pin(data: Data) -> dict[str, Any]:
    """Turn a measurement into pins: digest of the data, verdict, least gain and widest error of coverage."""
    measured = measure(*data)
    off = max(abs(value - float(q)) for q, value in measured["coverage"].items())
    return {
        "digest": digest(data[0]),
        "measured": measured,
        "verdict": measured["verdict"],
        "gain_at_least": {q: round(value - _SLACK, 4) for q, value in measured["gain"].items()},
        "coverage_off_at_most": max(_COVERAGE, round(off + _ROUNDING, 4)),
    }


def lowered(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Name the floors that a new pin would lower."""
    gains = ((q, floor, new["gain_at_least"][q]) for q, floor in old["gain_at_least"].items())
    falls = [f"gain at {q}: {floor} -> {gain}" for q, floor, gain in gains if gain < floor]
    if new["coverage_off_at_most"] > old["coverage_off_at_most"]:
        falls.append(f"coverage: {old['coverage_off_at_most']} -> {new['coverage_off_at_most']}")
    if new["verdict"] != old["verdict"]:
        falls.append(f"verdict: {old['verdict']} -> {new['verdict']}")
    return falls


def updated(pins: dict[str, Any], fresh: dict[str, Any], reason: str) -> dict[str, Any]:
    """Merge fresh pins into the old ones; exits with the falls if a floor would fall without a reason."""
    merged = dict(pins)
    for name, new in fresh.items():
        falls = lowered(pins[name], new) if name in pins else []
        if falls and not reason:
            sys.exit(f"{name}: refusing to lower {'; '.join(falls)}. Give a reason with --lower.")
        merged[name] = {**new, "reasons": [*pins.get(name, {}).get("reasons", []), *([reason] if falls else [])]}
    return merged


def main() -> None:
    """Measure the sets whose data is here and write pins.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lower", default="", metavar="REASON", help="why a floor may fall")
    parser.add_argument("names", nargs="+", choices=[*SETS])
    wanted = parser.parse_args()
    pins = json.loads(PINS.read_text()) if PINS.exists() else {}
    fresh = {name: pin(SETS[name]()) for name in wanted.names}
    PINS.write_text(json.dumps(updated(pins, fresh, wanted.lower), indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
