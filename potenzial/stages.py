"""What each stage does: frames in, frames out. Where they lie is the pipeline's business."""

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import polars as pl

from crawler.config import CrawlConfig, Visits
from embeddings.config import EmbeddingConfig
from embeddings.encoder import Encoder
from embeddings.encoders import Encoders
from embeddings.schema import NEIGHBOURS, SEARCH, company_vectors, transform
from potenzial.artifact import Frames
from potenzial.config import Config
from potenzial.documents import documents
from potenzial.owners import claims, owners, with_company_sites, with_used_sites
from potenzial.progress import Advance
from potenzial.project import Project

logger = logging.getLogger(__name__)

#: Raise a stage's number when the same inputs give another result.
VERSIONS = {"import": 6, "crawl": 4, "embed": 7, "neighbours": 3, "infer": 2, "potential": 7, "lists": 5, "map": 1}

#: The unit that each stage's progress counts.
UNITS = {
    "import": "rows",
    "crawl": "sites",
    "embed": "chunks",
    "neighbours": "companies",
    "infer": "pages",
    "potential": "steps",
    "lists": "customers",
    "map": "companies",
}


def import_customers(project: Project, advance: Advance) -> Frames:
    """Read the user's file; a sample keeps the customers whose ids hash lowest, whatever the order of the file."""
    from potenzial.ingest import read_customers
    from potenzial.purchases import with_purchases

    read = with_purchases(read_customers(project.customers_file, project.input), project)
    advance(read.customers.height, read.customers.height)
    findings = pl.DataFrame({"finding": list(read.findings)}, schema={"finding": pl.String()})
    return {"customers": sampled(read.customers, project.sample), "rejects": read.rejects, "findings": findings}


def sampled(customers: pl.DataFrame, size: int) -> pl.DataFrame:
    """Keep `size` customers chosen by the hash of their id (all for 0), in their former order."""
    if not size:
        return customers
    from scoring.kinship import stable_hash

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
    organisations: pl.DataFrame
    owners: pl.DataFrame


def embed(
    texts: Texts, config: EmbeddingConfig, store: Path, advance: Advance, encoders: Encoders | None = None
) -> Frames:
    """Cut texts into chunks, encode those not yet known, and pool them into one vector a company."""
    from embeddings.keywords import keywords

    frames = encoded(texts, config, store, advance, encoders)
    firms = dict(texts.customers.select("customer_id", pl.col("name").fill_null("")).iter_rows())
    return {**frames, "keywords": keywords(frames["chunks"], _names(texts.customers), firms)}


def encoded(
    texts: Texts, config: EmbeddingConfig, store: Path, advance: Advance, encoders: Encoders | None = None
) -> Frames:
    """Make the tables of the embed stage that depend on the model: chunks and company vectors.

    `encoders` may bring an encoder that is already loaded.
    """
    from embeddings.chunk import chunk_documents
    from embeddings.fields import site_texts

    speaking = with_used_sites(texts.customers, texts.owners)
    read = site_texts(texts.pages, texts.organisations, config.fields)
    chunks = chunk_documents(documents(speaking, read), config)
    if chunks["chunk"].n_unique() == 1:
        logger.warning(
            "The stock has one text only, which tells no customers apart: they are rated by industry and size alone."
        )
    if chunks.is_empty():
        nothing = {"company_vectors": company_vectors(1).to_frame(), "transform": transform(1).to_frame()}
        return {"chunks": chunks, **nothing}
    encoder = (encoders or Encoders()).of_stock(chunks, config, store.parent)
    return {"chunks": chunks, **_vectors(chunks, encoder, config, store, advance)}


def _vectors(chunks: pl.DataFrame, encoder: Encoder, config: EmbeddingConfig, store: Path, advance: Advance) -> Frames:
    from embeddings.company import company_vectors as pooled
    from embeddings.encode import encode_missing
    from embeddings.encoder import encoder_key

    encode_missing(chunks, encoder, store, config, progress=advance)
    companies = pooled(chunks, store, encoder_key(encoder, config), config)
    return {"company_vectors": companies.frame, "transform": companies.transform}


def neighbours(companies: pl.DataFrame, config: Config, advance: Advance, saved: Path | None = None) -> Frames:
    """Find the nearest companies of each company among all customers, itself excluded.

    An approximate index is kept in the folder `saved`, if one is given.
    """
    if companies.is_empty():
        return {"neighbours": NEIGHBOURS.to_frame(), "neighbour_search": SEARCH.to_frame()}
    from embeddings.index import build, opened
    from embeddings.neighbours import nearest_in

    settings = config.neighbours
    index = opened(saved, companies, settings) if saved else build(companies, settings)
    found = nearest_in(index, companies, settings.k, progress=advance)
    return {"neighbours": found, "neighbour_search": index.quality.frame}


@dataclass(frozen=True)
class Encoded:
    """What companies are compared by chunk by chunk, with `pooling = "maxsim"`; `store` holds the chunks' vectors."""

    companies: pl.DataFrame
    chunks: pl.DataFrame
    transform: pl.DataFrame
    store: Path


def neighbours_by_chunk(encoded: Encoded, config: Config, advance: Advance, encoders: Encoders | None = None) -> Frames:
    """Find more companies than are asked for by their vectors, and keep those whose chunks are most alike."""
    wanted = config.neighbours.k
    if encoded.companies.is_empty():
        return neighbours(encoded.companies, config, advance)
    from embeddings.encoder import encoder_key
    from embeddings.maxsim import CANDIDATES, Passages, rescored

    wider = msgspec.structs.replace(config.neighbours, k=CANDIDATES * wanted)
    frames = neighbours(
        encoded.companies, msgspec.structs.replace(config, neighbours=wider), lambda _done, _total: None
    )
    encoder = (encoders or Encoders()).load(config.embedding, encoded.store.parent)
    key = encoder_key(encoder, config.embedding)
    passages = Passages(encoded.chunks, encoded.store, key, encoded.transform)
    return {**frames, "neighbours": rescored(frames["neighbours"], passages, wanted, progress=advance)}


@dataclass(frozen=True)
class Seen:
    """What headcounts and industries are inferred from; `transform` is what was fitted on `company_vectors`."""

    customers: pl.DataFrame
    owners: pl.DataFrame
    pages: pl.DataFrame
    organisations: pl.DataFrame
    company_vectors: pl.DataFrame
    transform: pl.DataFrame
    neighbours: pl.DataFrame


def infer_facts(seen: Seen, config: Config, store: Path, advance: Advance, encoders: Encoders | None = None) -> Frames:
    """Infer headcount and industry of every customer from its website and from its neighbours.

    The vectors of the titles of industries are kept in the file `store`.
    """
    from scoring.inferred import Evidence, enough_codes, infer

    customers = with_used_sites(seen.customers, seen.owners)
    told = enough_codes(customers, config.infer)
    titles = None if told else _titles(seen, config.embedding, store, encoders or Encoders())
    evidence = Evidence(seen.pages, seen.organisations, seen.neighbours, titles)
    return {"inferred": infer(customers, evidence, config.infer, progress=advance)}


def _titles(seen: Seen, config: EmbeddingConfig, store: Path, encoders: Encoders) -> pl.DataFrame | None:
    """Compare companies with the titles of the industries; it takes a model that was not made from the stock."""
    if seen.company_vectors.is_empty() or config.model == "tfidf":
        return None
    from scoring.inferred.titles import kept_encoding, nearest_titles

    encode = kept_encoding(encoders.load(config, store.parent), store, config)
    return nearest_titles(seen.company_vectors, seen.transform, encode)


@dataclass(frozen=True)
class Stock:
    """What the potential is estimated from; `owners` says which customers are one company, `chunks` is for guards."""

    customers: pl.DataFrame
    owners: pl.DataFrame
    companies: pl.DataFrame
    chunks: pl.DataFrame


def potential(stock: Stock, config: Config, advance: Advance) -> Frames:
    """Estimate the potential of every customer, how good the estimate is beside plain baselines, and run the guards."""
    from scoring.potential import rate
    from scoring.potential.guards import Seen, inspect
    from scoring.target import named

    known = None if stock.companies.is_empty() else stock.companies
    customers = with_company_sites(stock.customers, stock.owners)
    texts = stock.chunks.select("customer_id", "text")
    rating = rate(customers, known, config.potential, progress=advance, texts=texts)
    seen = Seen(customers, known, texts)
    found = inspect(seen, rating, config.potential)
    say = partial(named, target=config.input.target)
    gate = {"verdict": [found.verdict], "reason_de": [say(found.reason_de)], "reason_en": [say(found.reason_en)]}
    guards = found.guards.with_columns(
        pl.Series(name, [say(text) for text in found.guards[name]], pl.String) for name in ("detail_de", "detail_en")
    )
    return {"rated": rating.rated, "figures": rating.figures, "gate": pl.DataFrame(gate), "guards": guards}


@dataclass(frozen=True)
class Rated:
    """What the lists are made of; `overrides` (of `potenzial.overrides`) is what reps said, None for nothing."""

    customers: pl.DataFrame
    owners: pl.DataFrame
    rated: pl.DataFrame
    keywords: pl.DataFrame
    overrides: pl.DataFrame | None = None


def lists(tables: Rated, config: Config, advance: Advance) -> Frames:
    """Class the customers, decide on actions, write the reasons, and add up groups of customers."""
    from scoring.classes import thresholds
    from scoring.lists import build
    from scoring.potential.sums import group_sums

    borders = thresholds(tables.customers["revenue"], config.classes)
    customers, target = with_used_sites(tables.customers, tables.owners), config.input.target
    frame = build(customers, tables.rated, tables.keywords, borders, target=target)
    if tables.overrides is not None:
        from potenzial.overrides import apply_overrides

        frame = apply_overrides(frame, tables.overrides, borders)
    advance(frame.height, frame.height)
    return {"potential": frame, "sums": group_sums(frame, tables.rated)}


@dataclass(frozen=True)
class Mapped:
    """What the map is drawn from; `former` is the map of the run before, if there is one."""

    customers: pl.DataFrame
    companies: pl.DataFrame
    keywords: pl.DataFrame
    former: pl.DataFrame | None


def _names(customers: pl.DataFrame) -> list[str]:
    """Give the words of the stock's own places and of the people who look after its customers."""
    names = customers.select(pl.concat_list("city", "owner").explode().drop_nulls().str.split(" ").explode())
    return names.to_series().unique().sort().to_list()


def draw_map(tables: Mapped, config: Config, advance: Advance) -> Frames:
    """Place companies on the map of the stock and cut them into groups; the stock's own places name none."""
    from embeddings.map import atlas

    drawn = atlas(tables.companies, tables.keywords, config.map, tables.former, _names(tables.customers))
    advance(drawn.places.height, drawn.places.height)
    return {"map": drawn.places, "clusters": drawn.groups}
