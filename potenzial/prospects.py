"""Companies of another address list, ranked by what they could buy and how like the best customers they are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from embeddings.schema import company_vectors
from potenzial import stages, tables
from potenzial.artifact import Frames
from potenzial.documents import documents
from potenzial.errors import QuestionError
from potenzial.ingest import read_customers
from potenzial.ingest.values import NO_SALES
from potenzial.owners import with_company_sites, with_used_sites
from potenzial.pipeline import crawl_config
from potenzial.progress import Advance, Reporter
from potenzial.project import Project
from scoring.classes import Thresholds, class_of, thresholds
from scoring.schema import CUSTOMERS

#: One row per company of the list, best first. `similarity` is the mean cosine to the five most similar A customers
#: (null without text), `nearest` names three of them; `known_as` is the customer that it already is, by website, VAT id
#: or register number; amounts are EUR per year.
PROSPECTS: Final = pl.Schema(
    {
        "rank": pl.Int32(),
        "customer_id": pl.String(),
        "name": pl.String(),
        "postcode": pl.String(),
        "city": pl.String(),
        "score": pl.Float64(),
        "potential": pl.Float64(),
        "potential_low": pl.Float64(),
        "potential_high": pl.Float64(),
        "class_potential": pl.String(),
        "similarity": pl.Float64(),
        "nearest": pl.String(),
        "known_as": pl.String(),
        "basis": pl.String(),
        "headcount": pl.Float64(),
        "industry_label": pl.String(),
        "industry_label_en": pl.String(),
        "website": pl.String(),
    }
)
#: Keeps the ids of the list apart from those of the stock, which may be the same.
_MARK: Final = "prospect:"
#: Best customers that a prospect is held against, and how many of them are named.
_NEAREST: Final = 5
_NAMED: Final = 3
#: Best customers needed for "like the best" to mean anything.
_LEAST_BEST: Final = 5
_UNKNOWN: Final = 0.5
_KEYS: Final = ("site", "vat_id", "register_number")


@dataclass(frozen=True)
class Ranking:
    """The ranked list (PROSPECTS), what the reader of the file noted, and how many rows it refused."""

    frame: pl.DataFrame
    findings: tuple[str, ...]
    rejected: int


def rank_prospects(project: Project, path: Path, reporter: Reporter) -> Ranking:
    """Read an address list like the stock, visit its websites, and rank it; the stock's own results stay as they are.

    A prospect's potential is that of a customer without revenue, by the model of the stock. The score is the mean of
    the two ranks as shares of the list (Borda count): by potential, and by similarity to the best customers; what is
    not known counts as the middle.

    Raises:
        InputError: the file cannot be read.
        StageError: the stock has not been rated yet.
        QuestionError: the stock has too few best customers.
        ModelMissingError: the model of the project is not there.
    """
    stock = tables.read(project, "potential")
    best = stock.filter(pl.col("class_revenue") == "A").select("customer_id", "name")
    if best.height < _LEAST_BEST:
        raise QuestionError(f"The stock has {best.height} A customers, too few to rank prospects by.")
    read = read_customers(path, msgspec.structs.replace(project.input, database="", target="revenue"))
    prospects = _without_revenue(read.customers)
    with reporter.stage("crawl", "sites") as advance:
        config, folder = crawl_config(project), project.crawl_folder / "prospects"
        crawled = stages.crawl_sites(prospects, config, folder, "due", advance)
    speaking = with_used_sites(prospects, crawled["owners"])
    with reporter.stage("embed", "chunks") as advance:
        vectors = _vectors(project, speaking, crawled, advance)
    with reporter.stage("potential", "steps") as advance:
        rated = _rated(project, with_company_sites(prospects, crawled["owners"]), vectors, advance)
    known = speaking.select("customer_id", known_as=_known_as(project, speaking))
    frame = _ranked(project, speaking.join(known, on="customer_id"), rated, _closeness(project, vectors, best, known))
    return Ranking(frame, tuple(one for one in read.findings if not one.endswith(NO_SALES)), read.rejected)


def _without_revenue(customers: pl.DataFrame) -> pl.DataFrame:
    nothing = {name: pl.lit(None, CUSTOMERS[name]) for name in ("revenue", "revenue_best", "last_purchase")}
    marked = pl.format(_MARK + "{}", "customer_id").alias("customer_id")
    return customers.with_columns(marked, **nothing).match_to_schema(CUSTOMERS)


def _vectors(project: Project, prospects: pl.DataFrame, crawled: Frames, advance: Advance) -> pl.DataFrame:
    """Encode the texts of the prospects, and place them among the stock's company vectors."""
    from embeddings import transform
    from embeddings.company import query_chunks
    from embeddings.encode import encode_missing
    from embeddings.encoder import encoder_key, load_encoder
    from embeddings.fields import site_texts
    from embeddings.pooling import pool
    from embeddings.rarity import rarity_of
    from embeddings.store import VectorStore

    config, table = project.config.embedding, tables.read(project, "transform")
    texts = documents(prospects, site_texts(crawled["pages"], crawled["organisations"], config.fields))
    # How rare words are is said by the stock, as for its own companies, and not by the list.
    specific = config.pooling == "idf" or config.chunk_choice == "specific"
    chunks = query_chunks(texts, config, rarity_of(tables.read(project, "chunks")) if specific else None)
    if chunks.is_empty():
        return tables.read(project, "company_vectors").clear()
    encoder = load_encoder(config, project.vector_store.parent)
    encode_missing(chunks, encoder, project.vector_store, config, progress=advance)
    counts = chunks.group_by("customer_id").len("chunks").sort("customer_id")
    with VectorStore.opened(project.vector_store, encoder_key(encoder, config)) as store:
        placed = transform.apply(pool(chunks, counts["customer_id"], store, config), table)
    columns = {"customer_id": counts["customer_id"], "vector": placed, "chunks": counts["chunks"]}
    return (
        pl.DataFrame(columns).cast(company_vectors(placed.shape[1])).match_to_schema(company_vectors(placed.shape[1]))
    )


def _rated(project: Project, prospects: pl.DataFrame, vectors: pl.DataFrame, advance: Advance) -> pl.DataFrame:
    """Rate the prospects together with the stock: customers without revenue learn from all active ones."""
    from scoring.potential import rate

    own = with_company_sites(tables.read(project, "customers"), tables.read(project, "owners"))
    companies = pl.concat([tables.read(project, "company_vectors"), vectors])
    known = None if companies.is_empty() else companies
    rating = rate(pl.concat([own, prospects]), known, project.config.potential, progress=advance)
    return rating.rated.join(prospects, on="customer_id", how="semi")


def _closeness(project: Project, vectors: pl.DataFrame, best: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Give each prospect with text its mean cosine to the most similar best customers other than itself; name these."""
    from embeddings.neighbours import nearest

    pool = tables.read(project, "company_vectors").join(best, on="customer_id", how="semi")
    itself = known.rename({"known_as": "neighbour_id"}).drop_nulls()
    others = nearest(vectors, pool, _NEAREST + 1).join(itself, on=["customer_id", "neighbour_id"], how="anti")
    first = others.sort("customer_id", "rank").group_by("customer_id", maintain_order=True).head(_NEAREST)
    names = best.rename({"customer_id": "neighbour_id"})
    found = first.join(names, on="neighbour_id", how="left", maintain_order="left")
    named = pl.coalesce("name", "neighbour_id").head(_NAMED).str.join("; ")
    return found.group_by("customer_id", maintain_order=True).agg(
        similarity=pl.col("similarity").cast(pl.Float64).mean(), nearest=named
    )


def _ranked(project: Project, prospects: pl.DataFrame, rated: pl.DataFrame, close: pl.DataFrame) -> pl.DataFrame:
    limits = thresholds(tables.read(project, "customers")["revenue"], project.config.classes)
    every = prospects.join(rated, on="customer_id", how="left").join(close, on="customer_id", how="left")
    scored = every.with_columns(
        score=(_share("potential") + _share("similarity")) / 2,
        class_potential=_class(limits),
        customer_id=pl.col("customer_id").str.strip_prefix(_MARK),
    ).sort("score", "customer_id", descending=[True, False])
    ranked = scored.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32))
    return ranked.select(PROSPECTS.names()).match_to_schema(PROSPECTS)


def _class(limits: Thresholds) -> pl.Expr:
    return class_of(pl.col("potential"), limits) if limits.known else pl.lit(None, pl.String)


def _share(column: str) -> pl.Expr:
    """Rank as a share of the list, 0 to 1."""
    known = pl.col(column).fill_nan(None)
    return ((known.rank("average") - 0.5) / known.count()).fill_null(_UNKNOWN)


def _known_as(project: Project, prospects: pl.DataFrame) -> pl.Series:
    """Name the customer that each prospect already is, the first by id."""
    stock = with_used_sites(tables.read(project, "customers"), tables.read(project, "owners")).sort("customer_id")
    found: list[str | None] = [None] * prospects.height
    for key in _KEYS:
        owners = dict(stock.drop_nulls(key).select(key, "customer_id").reverse().iter_rows())
        for row, value in enumerate(prospects[key]):
            found[row] = found[row] or owners.get(value)
    return pl.Series("known_as", found, dtype=pl.String)
