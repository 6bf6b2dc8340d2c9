"""What can be said of every customer's headcount and industry, and where it comes from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from embeddings.schema import NEIGHBOURS
from scoring.config import InferConfig
from scoring.industry import read_industries
from scoring.inferred.headcount import said, with_neighbours
from scoring.inferred.industry import Codes, Inferred, by_neighbours
from scoring.schema import INFERRED, WZ_CODE

_LISTS: Final = {"wz_2008": pl.List(WZ_CODE), "wz_2025": pl.List(WZ_CODE)}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known beside the customers.

    `pages` and `organisations` have the schemas of the crawler, `neighbours` is NEIGHBOURS of the customers; `titles`
    has `customer_id`, `wz_2008`, `wz_2025` by the titles of the classification, where no codes are given.
    """

    pages: pl.DataFrame
    organisations: pl.DataFrame
    neighbours: pl.DataFrame
    titles: pl.DataFrame | None = None


def infer(
    customers: pl.DataFrame, evidence: Evidence, config: InferConfig, *, progress: Callable[[int, int], None]
) -> pl.DataFrame:
    """Infer headcount and industry of each of CUSTOMERS, with the site that speaks for it in `site`.

    A given value beats what the website says, and that beats what neighbours tell. A customer's own value never
    counts for itself, nor do those of customers with the same website. Gives INFERRED, one row a customer, sorted.
    """
    others = _others(customers, evidence.neighbours)
    people = _headcounts(customers, said(evidence.pages, evidence.organisations, progress), others, config)
    industries = _industries(customers, others, evidence.titles, config)
    return people.join(industries, on="customer_id").sort("customer_id").select(*INFERRED).match_to_schema(INFERRED)


def enough_codes(customers: pl.DataFrame, config: InferConfig) -> bool:
    """Say whether CUSTOMERS hold codes enough for neighbours to vote."""
    return _codes(customers).known.height >= config.min_known


def _others(customers: pl.DataFrame, neighbours: pl.DataFrame) -> pl.DataFrame:
    """Leave out neighbours with the customer's own website: their pages are the same, so one would prove the other."""
    site = customers.select("customer_id", "site")
    named = neighbours.match_to_schema(NEIGHBOURS).join(site, on="customer_id")
    both = named.join(site.rename({"customer_id": "neighbour_id", "site": "_site"}), on="neighbour_id")
    return both.filter(pl.col("site").ne_missing(pl.col("_site")) | pl.col("site").is_null()).select(*NEIGHBOURS)


def _headcounts(
    customers: pl.DataFrame, websites: pl.DataFrame, neighbours: pl.DataFrame, config: InferConfig
) -> pl.DataFrame:
    given = customers.select("customer_id", "site", given=pl.when(pl.col("headcount") > 0).then("headcount"))
    seen = given.join(websites, on="site", how="left")
    known = seen.select("customer_id", headcount=pl.coalesce("given", "headcount_website"))
    full = seen.join(with_neighbours(known, neighbours, config), on="customer_id", how="left")
    is_given, is_said = pl.col("given").is_not_null(), pl.col("headcount_website").is_not_null()
    estimated = pl.when(pl.col("estimate").is_not_null()).then(pl.lit("neighbours"))
    return full.with_columns(
        headcount=pl.coalesce("given", "headcount_website", "estimate"),
        headcount_low=pl.when(is_given).then("given").when(is_said).then("website_low").otherwise("estimate_low"),
        headcount_high=pl.when(is_given).then("given").when(is_said).then("website_high").otherwise("estimate_high"),
        headcount_source=pl.when(is_given).then(pl.lit("given")).when(is_said).then("source").otherwise(estimated),
    )


def _codes(customers: pl.DataFrame) -> Codes:
    read = read_industries(customers["industry"].to_list())
    codes = pl.DataFrame({"customer_id": customers["customer_id"], "code": pl.Series(read.codes, dtype=pl.String())})
    return Codes(codes, read.version.removeprefix("WZ "))


def _industries(
    customers: pl.DataFrame, neighbours: pl.DataFrame, titles: pl.DataFrame | None, config: InferConfig
) -> pl.DataFrame:
    codes = _codes(customers)
    inferred = by_neighbours(codes, neighbours, config) if codes.version else None
    told = _told(codes, inferred, config) if inferred else _untold(codes)
    lists = inferred.top if inferred else titles
    listed = told.with_columns(**{name: pl.lit(None, dtype) for name, dtype in _LISTS.items()})
    if lists is not None:
        listed = told.join(lists, on="customer_id", how="left")
    found = pl.col("wz_2008").is_not_null() | pl.col("wz_2025").is_not_null()
    source = pl.when(found).then(pl.lit("neighbours" if inferred else "titles"))
    return listed.with_columns(wz_source=source, industry_version=_version(codes.version))


def _version(version: str) -> pl.Expr:
    return pl.when(pl.col("industry_code").is_not_null()).then(pl.lit(f"WZ {version}"))


def _told(codes: Codes, inferred: Inferred, config: InferConfig) -> pl.DataFrame:
    """Let given codes stand before inferred ones, and say where they contradict each other."""
    joined = codes.frame.join(
        inferred.best.rename({"code": "best", "confidence": "industry_confidence"}), on="customer_id", how="left"
    ).join(inferred.divisions.rename({"confidence": "sure"}), on="customer_id", how="left")
    given = pl.col("code").is_not_null()
    inferred_source = pl.when(pl.col("best").is_not_null()).then(pl.lit("neighbours"))
    differs = (pl.col("code").str.head(2) != pl.col("division")) & (pl.col("sure") >= config.conflict)
    comparable = pl.col("code").str.contains(r"^\d\d")
    return joined.select(
        "customer_id",
        industry_code=pl.coalesce("code", "best"),
        industry_source=pl.when(given).then(pl.lit("given")).otherwise(inferred_source),
        industry_confidence=pl.when(~given).then("industry_confidence"),
        industry_conflict=pl.when(comparable).then(differs),
    )


def _untold(codes: Codes) -> pl.DataFrame:
    return codes.frame.select(
        "customer_id",
        industry_code="code",
        industry_source=pl.when(pl.col("code").is_not_null()).then(pl.lit("given")),
        industry_confidence=pl.lit(None, pl.Float64()),
        industry_conflict=pl.lit(None, pl.Boolean()),
    )
