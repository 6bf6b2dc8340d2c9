"""How many customers get how far, from the address to the rating."""

from dataclasses import dataclass

import polars as pl

from potenzial.report.data import Failure, Step

#: Verdicts of sites that never answered.
UNREACHED = ("dead", "timeout", "error")
#: Verdicts of sites that answered but do not want to be read.
REFUSED = ("blocked", "reserved")

_FAILED = pl.col("pages") == 0


@dataclass(frozen=True)
class Coverage:
    """The tables that tell how far each customer got."""

    customers: pl.DataFrame
    verdicts: pl.DataFrame
    pages: pl.DataFrame
    rated: pl.DataFrame


def funnel(tables: Coverage) -> tuple[Step, ...]:
    """Count the customers at each step."""
    met = tables.customers.select("customer_id", "site", "text").join(tables.verdicts, on="site", how="left")
    with_pages = set(tables.pages["site"].unique())
    reached = pl.col("verdict").is_not_null() & ~pl.col("verdict").is_in(UNREACHED)
    allowed = reached & ~pl.col("verdict").is_in(REFUSED)
    own_text = pl.col("text").is_not_null()
    rated = tables.rated.filter(pl.col("potential").is_not_null()).height
    return (
        Step("Adressen", "addresses", met.height),
        Step("mit eigener Domain", "with a domain", _count(met, pl.col("site").is_not_null())),
        Step("Website erreichbar", "website reachable", _count(met, reached)),
        Step("Auslesen erlaubt", "reading allowed", _count(met, allowed)),
        Step("mit Website-Text", "with website text", _count(met, pl.col("site").is_in(with_pages))),
        Step("mit Text (Website oder eigener)", "with text (website or own)",
             _count(met, pl.col("site").is_in(with_pages) | own_text)),
        Step("bewertet", "rated", rated),
    )  # fmt: skip


def failures(verdicts: pl.DataFrame) -> tuple[Failure, ...]:
    """Count the websites that gave no usable text, by verdict; one that moved and gave text there is none of them."""
    counted = verdicts.filter(_FAILED).group_by("verdict").len().sort("len", "verdict", descending=[True, False])
    return tuple(Failure(verdict, count) for verdict, count in counted.iter_rows())


def failed_share(verdicts: pl.DataFrame) -> float:
    """Share of websites that gave no usable text; 0 without any website."""
    return _count(verdicts, _FAILED) / max(verdicts.height, 1)


def _count(frame: pl.DataFrame, condition: pl.Expr) -> int:
    return int(frame.select(condition.fill_null(value=False).sum()).item())
