"""Which parts of a website are read as its text."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from crawler.schema import ORGANISATIONS, PAGES
from embeddings.config import Field

STRUCTURED: Final = "structured"

#: One row per text of a website; `kind` is a page kind or "structured".
TEXTS: Final = pl.Schema(
    {"site": pl.String(), "kind": pl.String(), "url": pl.String(), "title": pl.String(), "text": pl.String()}
)


def site_texts(pages: pl.DataFrame, organisations: pl.DataFrame, fields: Sequence[Field]) -> pl.DataFrame:
    """Give the chosen fields of pages (crawler's PAGES) and organisations (ORGANISATIONS) as texts (TEXTS).

    A page's description and headings stand before its main text; a heading that the main text repeats is read once
    when it is cut into chunks. The title is always given: it also tells legal pages, and chunking leaves it out if it
    is not among the fields. Pages keep their order, organisations follow.
    """
    own = pages.match_to_schema(PAGES).with_columns(_page_text(fields).alias("text")).select(TEXTS.names())
    said = (
        _organisation_texts(organisations.match_to_schema(ORGANISATIONS)) if STRUCTURED in fields else TEXTS.to_frame()
    )
    return pl.concat([own.match_to_schema(TEXTS), said])


def _page_text(fields: Sequence[Field]) -> pl.Expr:
    """Join the chosen fields by line; with the main text alone it stays as it is."""
    columns = {
        "description": pl.col("description"),
        "headings": pl.col("headings").list.join("\n"),
        "main": pl.col("text"),
    }
    chosen = [column for name, column in columns.items() if name in fields]
    if not chosen:
        return pl.lit("")
    return chosen[0] if len(chosen) == 1 else pl.concat_str(chosen, separator="\n", ignore_nulls=True)


def _organisation_texts(organisations: pl.DataFrame) -> pl.DataFrame:
    """Say name, people and year in words that German and English readers know; addresses would make places alike."""
    people = pl.format("Mitarbeitende / employees: {}", "employees")
    since = pl.format("gegründet / founded: {}", "founded")
    text = pl.concat_str("name", people, since, separator="\n", ignore_nulls=True)
    said = organisations.select(
        "site", pl.lit(STRUCTURED).alias("kind"), "url", pl.lit(None, pl.String).alias("title"), text.alias("text")
    )
    distinct = (
        said.filter(pl.col("text") != "")
        .sort("site", "url", "text")
        .unique(["site", "text"], keep="first", maintain_order=True)
    )
    return distinct.match_to_schema(TEXTS)
