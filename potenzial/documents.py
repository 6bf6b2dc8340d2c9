"""Which texts speak for which customer: pages of the website, and the user's own text."""

import polars as pl

from embeddings.schema import DOCUMENTS

OWN_TEXT = "own"


def documents(customers: pl.DataFrame, pages: pl.DataFrame) -> pl.DataFrame:
    """Join pages and own texts to customers.

    Args:
        customers: `scoring.schema.CUSTOMERS`, with the sites that speak for them (`owners.with_used_sites`).
        pages: `crawler.schema.PAGES`.

    Returns:
        `embeddings.schema.DOCUMENTS`, sorted by customer, kind and URL.
    """
    return pl.concat([_own(customers), _from_pages(customers, pages)]).sort("customer_id", "kind", "url")


def _own(customers: pl.DataFrame) -> pl.DataFrame:
    return (
        customers.filter(pl.col("text").is_not_null())
        .select(
            "customer_id",
            pl.lit(OWN_TEXT).alias("kind"),
            pl.lit(None, pl.String).alias("url"),
            pl.lit(None, pl.String).alias("title"),
            "text",
        )
        .match_to_schema(DOCUMENTS)
    )


def _from_pages(customers: pl.DataFrame, pages: pl.DataFrame) -> pl.DataFrame:
    owners = customers.select("customer_id", "site").filter(pl.col("site").is_not_null())
    return owners.join(pages, on="site").select(*DOCUMENTS.names()).match_to_schema(DOCUMENTS)
