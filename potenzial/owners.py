"""Whose website is it? Where a customer's site comes from, and whether its text may speak for the customer."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from crawler.config import CrawlConfig
from crawler.guess import guessed_sites
from crawler.schema import ADDRESSES, OWNERSHIP
from potenzial.ingest.website import sites
from scoring.schema import CUSTOMERS

#: One row per customer and site that may be the customer's: `source` "website", "email" or "guess", `ownership` "own",
#: "doubtful" or "foreign" (null when the site gave no text) with its evidence. Only a site that is `used` speaks for
#: the customer: one that the address file names unless it is foreign, any other only when it is the customer's own.
OWNERS: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "site": pl.String(),
        "source": pl.String(),
        "ownership": pl.String(),
        "evidence_de": pl.String(),
        "evidence_en": pl.String(),
        "used": pl.Boolean(),
    }
)
WEBSITE: Final = "website"
GUESS: Final = "guess"
_OWN: Final = "own"
_FOREIGN: Final = "foreign"
_ADDRESS: Final = ("site", "name", "street", "postcode", "city", "vat_id", "register_number")


@dataclass(frozen=True)
class Claims:
    """The websites to visit (`SITES`), and whose they are said to be (`ADDRESSES`, guesses in the order of chance)."""

    sites: pl.DataFrame
    addresses: pl.DataFrame


def claims(customers: pl.DataFrame, config: CrawlConfig) -> Claims:
    """List the websites that `CUSTOMERS` name, and those they may have if the configuration asks to guess."""
    named = _addresses(customers.filter(pl.col("site").is_not_null()), pl.lit(value=False))
    if not config.guess_websites:
        return Claims(sites(customers), named)
    guessed = _guesses(customers.filter(pl.col("site").is_null()))
    found = guessed.select("site", url=pl.format("https://{}/", "site"))
    every = pl.concat([sites(customers), found]).unique("site", keep="first", maintain_order=True)
    return Claims(every.sort("site"), pl.concat([named, guessed]))


def owners(customers: pl.DataFrame, addresses: pl.DataFrame, ownership: pl.DataFrame) -> pl.DataFrame:
    """Decide which site speaks for which customer.

    Args:
        customers: `scoring.schema.CUSTOMERS`.
        addresses: `crawler.schema.ADDRESSES` of these customers, as `claims` gives them.
        ownership: `crawler.schema.OWNERSHIP` of these addresses.

    Returns:
        `OWNERS`, sorted by customer and site; guesses that gave no text are left out.
    """
    judged = addresses.with_row_index("_rank").join(
        ownership.match_to_schema(OWNERSHIP), on=["id", "site", "guessed"], how="left"
    )
    sourced = judged.rename({"id": "customer_id"}).join(
        customers.select("customer_id", "site_source"), on="customer_id", how="left"
    )
    source = pl.when("guessed").then(pl.lit(GUESS)).otherwise(pl.col("site_source").fill_null(WEBSITE))
    known = sourced.with_columns(source.alias("source")).filter(~pl.col("guessed") | pl.col("ownership").is_not_null())
    return known.with_columns(_used().alias("used")).select(*OWNERS).sort("customer_id", "site").match_to_schema(OWNERS)


def with_used_sites(customers: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """Give each of `CUSTOMERS` the site that speaks for it (none if there is no such), with its address as `website`.

    A website that the address file names stays in `website` whatever was found on it; one that was only derived from
    an e-mail address or guessed goes when it is not used.
    """
    used = owners.filter("used").select("customer_id", pl.col("site").alias("_site"), pl.col("source").alias("_source"))
    joined = customers.join(used, on="customer_id", how="left", maintain_order="left")
    derived = pl.col("site_source").is_null() | (pl.col("site_source") != WEBSITE)
    website = pl.when(derived & pl.col("_site").is_null()).then(None).otherwise("website")
    address = pl.when(pl.col("_source") == GUESS).then(pl.format("https://{}/", "_site")).otherwise(website)
    replaced = joined.with_columns(website=address, site="_site", site_source="_source")
    return replaced.drop("_site", "_source").match_to_schema(CUSTOMERS)


def with_company_sites(customers: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """Give each of `CUSTOMERS` the site that tells which company it belongs to.

    It is the one that speaks for it, else the one that its address names and nobody else runs: two customers with mail
    at one domain are one company, although nothing may be known of the website there.
    """
    foreign = owners.filter(pl.col("ownership") == _FOREIGN).select("customer_id", "site", _foreign=pl.lit(value=True))
    named = customers.select("customer_id", "site").join(foreign, on=["customer_id", "site"], how="left")
    kept = pl.when(pl.col("_foreign").is_null()).then("site").alias("_named")
    company = with_used_sites(customers, owners).join(
        named.select("customer_id", kept), on="customer_id", how="left", maintain_order="left"
    )
    return company.with_columns(pl.coalesce("site", "_named").alias("site")).drop("_named").match_to_schema(CUSTOMERS)


def _used() -> pl.Expr:
    """Whether a site speaks for the customer; of several guesses that are its own, the most likely one does."""
    own = pl.col("ownership") == _OWN
    given = pl.col("ownership").is_null() | (pl.col("ownership") != _FOREIGN)
    first = pl.col("_rank") == pl.col("_rank").filter(own & pl.col("guessed")).min().over("customer_id")
    guess = own & first
    by_source = pl.when(pl.col("source") == WEBSITE).then(given).when("guessed").then(guess).otherwise(own)
    return by_source.fill_null(value=False)


def _addresses(customers: pl.DataFrame, guessed: pl.Expr) -> pl.DataFrame:
    return customers.select(pl.col("customer_id").alias("id"), *_ADDRESS, guessed.alias("guessed")).match_to_schema(
        ADDRESSES
    )


def _guesses(customers: pl.DataFrame) -> pl.DataFrame:
    columns = customers.select("customer_id", "name", "city", "email", "country")
    found = [
        (customer, site)
        for customer, name, *rest in columns.iter_rows()
        for site in guessed_sites(name, *(value or "" for value in rest))
    ]
    pairs = pl.DataFrame(found, schema={"customer_id": pl.String(), "site": pl.String()}, orient="row")
    joined = pairs.join(customers.drop("site"), on="customer_id", how="left", maintain_order="left")
    return _addresses(joined, pl.lit(value=True))
