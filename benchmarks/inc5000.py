"""The potential model on the Inc 5000 list of 2010: python benchmarks/inc5000.py LIST.csv FOLDER.

Writes FOLDER/customers.csv (revenue of 2009, the description as text), reads it back through the import as users do,
encodes what FOLDER/vectors.sqlite does not hold yet, and prints the figures beside the baselines. About 70 law firms
carry a sentence that gives their revenue's source away ("Am Law"); the second table is without that sentence.
"""

import re
import sys
from pathlib import Path
from time import perf_counter

import polars as pl

from embeddings.chunk import chunk_documents
from embeddings.company import company_vectors
from embeddings.config import EmbeddingConfig
from embeddings.encode import encode_missing
from embeddings.encoder import Encoder, encoder_key, load_encoder
from embeddings.schema import DOCUMENTS
from potenzial.ingest import read_customers
from potenzial.ingest.config import InputConfig
from scoring.config import PotentialConfig
from scoring.potential import Rating, rate

_MONEY = re.compile(r"\$(?P<number>[\d.,]+)(?: (?P<unit>million|billion))?")
_UNITS = {None: 1.0, "million": 1e6, "billion": 1e9}
_LEAK = r"\s*Revenue data were obtained from .*$"


def main() -> None:
    """Map, encode, rate and print."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    mapped = as_customers(pl.read_csv(source))
    mapped.write_csv(folder / "customers.csv")
    customers = read_customers(folder / "customers.csv", InputConfig()).customers
    config = EmbeddingConfig()
    encoder = load_encoder(config)
    cleaned = customers.with_columns(pl.col("text").str.replace(f"(?s){_LEAK}", ""))
    for title, stock in {"as published": customers, "without the sentence that leaks": cleaned}.items():
        report(title, stock, encoder, folder / "vectors.sqlite", config)


def as_customers(listed: pl.DataFrame) -> pl.DataFrame:
    """Map the list's columns to those of an address stock."""
    return listed.select(
        customer_id=pl.col("Rank").cast(pl.String),
        name=pl.col("Company"),
        website=pl.col("Company URL"),
        city=pl.col("City"),
        industry=pl.col("Industry"),
        headcount=pl.col("Employees"),
        revenue=pl.col("2009 Revenue").map_elements(dollars, return_dtype=pl.Float64),
        text=pl.col("Description"),
    )


def dollars(text: str) -> float | None:
    """Read "$1.6 million"; one firm has only "$"."""
    match = _MONEY.fullmatch(text.strip())
    return round(float(match["number"].replace(",", "")) * _UNITS[match["unit"]], 2) if match else None


def report(title: str, customers: pl.DataFrame, encoder: Encoder, store: Path, config: EmbeddingConfig) -> None:
    """Encode and rate one stock and print its figures."""
    companies = encoded(customers, encoder, store, config)
    began = perf_counter()
    texts = customers.select("customer_id", "text")
    rating = rate(customers, companies, PotentialConfig(), progress=show, texts=texts)
    print(f"\n{title}: {customers.height} customers rated in {perf_counter() - began:.0f} s")
    print_figures(rating)


def encoded_without_leak(source: Path, folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the list as customers without the sentence that leaks, and their company vectors."""
    folder.mkdir(parents=True, exist_ok=True)
    as_customers(pl.read_csv(source)).write_csv(folder / "customers.csv")
    customers = read_customers(folder / "customers.csv", InputConfig()).customers
    cleaned = customers.with_columns(pl.col("text").str.replace(f"(?s){_LEAK}", ""))
    config = EmbeddingConfig()
    return cleaned, encoded(cleaned, load_encoder(config), folder / "vectors.sqlite", config)


def encoded(customers: pl.DataFrame, encoder: Encoder, store: Path, config: EmbeddingConfig) -> pl.DataFrame:
    """Encode what the store does not hold yet and give company vectors."""
    documents = customers.select("customer_id", kind=pl.lit("own"), url=pl.lit(""), title=pl.lit(""), text="text")
    chunks = chunk_documents(documents.drop_nulls("text").match_to_schema(DOCUMENTS), config)
    encode_missing(chunks, encoder, store, config, progress=show)
    return company_vectors(chunks, store, encoder_key(encoder, config), config).frame


def print_figures(rating: Rating) -> None:
    """Print the table of figures with the gain on the lookup at each quantile."""
    lookup = pl.col("pinball").filter(pl.col("model") == "industry x size").first().over("quantile")
    table = rating.figures.with_columns((1 - pl.col("pinball") / lookup).alias("gain on lookup"))
    with pl.Config(tbl_rows=-1, float_precision=4, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True):
        print(table)
    print(f"{rating.verdict}: {rating.reason_en}")


def show(done: int, total: int) -> None:
    """Show progress on one line of standard error."""
    print(f"\r{done}/{total}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
