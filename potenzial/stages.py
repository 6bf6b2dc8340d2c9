"""What each stage does: frames in, frames out. Where they lie is the pipeline's business."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from crawler.config import CrawlConfig, Visits
from embeddings.config import EmbeddingConfig
from embeddings.schema import NEIGHBOURS, company_vectors
from potenzial.artifact import Frames
from potenzial.config import Config
from potenzial.documents import documents
from potenzial.owners import claims, owners, with_company_sites, with_used_sites
from potenzial.progress import Advance
from potenzial.project import Project

#: Raise a stage's number when the same inputs give another result.
VERSIONS = {"import": 3, "crawl": 3, "embed": 2, "neighbours": 1, "potential": 3, "lists": 3}

#: The unit that each stage's progress counts.
UNITS = {
    "import": "rows",
    "crawl": "sites",
    "embed": "chunks",
    "neighbours": "companies",
    "potential": "steps",
    "lists": "customers",
}


def import_customers(project: Project, advance: Advance) -> Frames:
    """Read the user's file; a sample keeps the customers whose ids hash lowest, whatever the order of the file."""
    from potenzial.ingest import read_customers

    read = read_customers(project.customers_file, project.config.input)
    advance(read.customers.height, read.customers.height)
    findings = pl.DataFrame({"finding": list(read.findings)}, schema={"finding": pl.String()})
    return {"customers": sampled(read.customers, project.sample), "rejects": read.rejects, "findings": findings}


def sampled(customers: pl.DataFrame, size: int) -> pl.DataFrame:
    """Keep `size` customers chosen by the hash of their id (all for 0), in their former order."""
    if not size:
        return customers
    from scoring.customers import stable_hash

    hashes = pl.Series("_hash", [stable_hash(name) for name in customers["customer_id"]], dtype=pl.Int64)
    order = customers.with_columns(hashes).with_row_index("_row").sort("_hash", "customer_id").head(size)
    return order.sort("_row").drop("_row", "_hash")


def crawl_sites(customers: pl.DataFrame, config: CrawlConfig, folder: Path, visits: Visits, advance: Advance) -> Frames:
    """Visit the websites that are due, give all that is known of all of them, and decide which speaks for whom."""
    from crawler.crawl import crawl

    claimed = claims(customers, config)
    result = crawl(claimed.sites, config, folder, progress=advance, addresses=claimed.addresses, visits=visits)
    return {
        "pages": result.pages,
        "fetches": result.fetches,
        "verdicts": result.verdicts,
        "organisations": result.organisations,
        "reservations": result.reservations,
        "owners": owners(customers, claimed.addresses, result.ownership),
    }


@dataclass(frozen=True)
class Texts:
    """Whose texts are encoded; `owners` says which website speaks for which customer."""

    customers: pl.DataFrame
    pages: pl.DataFrame
    owners: pl.DataFrame


def embed(texts: Texts, config: EmbeddingConfig, store: Path, advance: Advance) -> Frames:
    """Cut texts into chunks, encode those not yet known, and pool them into one vector a company."""
    from embeddings.chunk import chunk_documents
    from embeddings.keywords import keywords

    speaking = with_used_sites(texts.customers, texts.owners)
    chunks = chunk_documents(documents(speaking, texts.pages), config)
    return {"chunks": chunks, "keywords": keywords(chunks), **_vectors(chunks, config, store, advance)}


def _vectors(chunks: pl.DataFrame, config: EmbeddingConfig, store: Path, advance: Advance) -> Frames:
    if chunks.is_empty():
        empty = company_vectors(1).to_frame()
        return {"company_vectors": empty, "centre": empty.select("vector")}
    from embeddings.company import company_vectors as pooled
    from embeddings.encode import encode_missing
    from embeddings.encoder import encoder_key, load_encoder

    encoder = load_encoder(config)
    encode_missing(chunks, encoder, store, config, progress=advance)
    companies = pooled(chunks, store, encoder_key(encoder, config), config)
    return {"company_vectors": companies.frame, "centre": companies.centre}


def neighbours(companies: pl.DataFrame, config: Config, advance: Advance) -> Frames:
    """Find the nearest companies of each company among all customers, itself excluded."""
    if companies.is_empty():
        return {"neighbours": NEIGHBOURS.to_frame()}
    from embeddings.neighbours import nearest

    found = nearest(companies, companies, config.neighbours.k)
    advance(companies.height, companies.height)
    return {"neighbours": found}


@dataclass(frozen=True)
class Stock:
    """What the potential is estimated from; `owners` says which customers are one company."""

    customers: pl.DataFrame
    owners: pl.DataFrame
    companies: pl.DataFrame


def potential(stock: Stock, config: Config, advance: Advance) -> Frames:
    """Estimate the potential of every customer, and how good the estimate is beside plain baselines."""
    from scoring.potential import rate

    known = None if stock.companies.is_empty() else stock.companies
    customers = with_company_sites(stock.customers, stock.owners)
    rating = rate(customers, known, config.potential, progress=advance)
    gate = {"verdict": [rating.verdict], "reason_de": [rating.reason_de], "reason_en": [rating.reason_en]}
    return {"rated": rating.rated, "figures": rating.figures, "gate": pl.DataFrame(gate)}


@dataclass(frozen=True)
class Rated:
    """What the lists are made of."""

    customers: pl.DataFrame
    owners: pl.DataFrame
    rated: pl.DataFrame
    keywords: pl.DataFrame


def lists(tables: Rated, config: Config, advance: Advance) -> Frames:
    """Class the customers, decide on actions and write the reasons."""
    from scoring.classes import thresholds
    from scoring.lists import build

    borders = thresholds(tables.customers["revenue"], config.classes)
    frame = build(with_used_sites(tables.customers, tables.owners), tables.rated, tables.keywords, borders)
    advance(frame.height, frame.height)
    return {"potential": frame}
