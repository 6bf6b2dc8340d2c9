"""How many customers get how far, from the address to the rating, and why websites gave no text."""

from collections import defaultdict
from dataclasses import dataclass

import polars as pl

from crawler.verdict import RULE_KINDS
from potenzial.report.data import Failure, Step

#: Verdicts of sites that never answered, or have not been asked yet.
UNREACHED = ("dead", "timeout", "error", "pending")
#: Verdicts of sites that answered but do not want to be read.
REFUSED = ("blocked", "reserved", "opted_out")
#: What is counted besides verdicts: sites with text that is not used, since they are not, or not surely, the company's.
FOREIGN, UNPROVEN = "foreign", "unproven"
#: Verdicts that have many causes, which are worth telling apart.
_OF_MANY_CAUSES = ("dead", "timeout", "error", "blocked")
_PASSED = ("ok", "unchanged", "redirect", "duplicate")

_HAS_TEXT = pl.col("pages") > 0
_IS_USED = pl.col("used").fill_null(value=True)


@dataclass(frozen=True)
class Coverage:
    """The tables that tell how far each customer got; `rated` is None before the potential is estimated."""

    customers: pl.DataFrame
    verdicts: pl.DataFrame
    owners: pl.DataFrame
    fetches: pl.DataFrame
    rated: pl.DataFrame | None = None


def funnel(tables: Coverage) -> tuple[Step, ...]:
    """Count the customers at each step; whoever reaches one has reached those before."""
    reached = _reached(tables)
    texts = tables.customers.select("customer_id", pl.col("text").is_not_null().alias("own_text"))
    with_text = texts.join(reached, on="customer_id", how="left").select(
        (pl.col("with_text").fill_null(value=False) | pl.col("own_text")).sum()
    )
    steps = (
        Step("Adressen", "addresses", tables.customers.height),
        Step("mit Domain", "with a domain", reached.height),
        Step("Website erreichbar", "website reachable", int(reached["reachable"].sum())),
        Step("Auslesen erlaubt", "reading allowed", int(reached["allowed"].sum())),
        Step("Website ist die eigene", "website is their own", int(reached["own"].sum())),
        Step("mit Website-Text", "with website text", int(reached["with_text"].sum())),
        Step("mit Text (Website oder eigener)", "with text (website or own)", int(with_text.item())),
    )
    return steps if tables.rated is None else (*steps, _rated(tables.rated))


def failures(tables: Coverage) -> tuple[Failure, ...]:
    """Count the websites of the address stock without usable text, most first, with the causes of those that vary."""
    failed = _failed(tables)
    causes = _causes(failed, tables.fetches)
    counted = failed.group_by("verdict").len().sort("len", "verdict", descending=[True, False])
    return tuple(Failure(verdict, count, causes.get(verdict, ())) for verdict, count in counted.iter_rows())


def failed_share(tables: Coverage) -> float:
    """Share of the websites of the address stock without usable text; 0 without any website."""
    return _failed(tables).height / max(_named(tables).height, 1)


def doubtful(tables: Coverage) -> int:
    """Count the websites that are used although nothing on them proves whose they are."""
    return tables.owners.filter("used", pl.col("ownership") == "doubtful")["site"].n_unique()


def _rated(rated: pl.DataFrame) -> Step:
    return Step("bewertet", "rated", rated.filter(pl.col("potential").is_not_null()).height)


def _reached(tables: Coverage) -> pl.DataFrame:
    """One row per customer with a site, by its best one: which steps it reaches."""
    reachable = _HAS_TEXT | ~pl.col("verdict").is_in(UNREACHED)
    allowed = reachable & (_HAS_TEXT | ~pl.col("verdict").is_in(REFUSED))
    own = allowed & _IS_USED & (pl.col("verdict") != FOREIGN)
    steps = {"reachable": reachable, "allowed": allowed, "own": own, "with_text": own & _HAS_TEXT}
    # A site that no crawl knows yet has no verdict, and reaches nothing.
    known = (step.fill_null(value=False).any().alias(name) for name, step in steps.items())
    return _pairs(tables).join(tables.verdicts, on="site", how="left").group_by("customer_id").agg(*known)


def _pairs(tables: Coverage) -> pl.DataFrame:
    """Each customer with the site that its address names and those that were found to be its own."""
    named = tables.customers.select("customer_id", "site").drop_nulls("site")
    found = tables.owners.filter("used").select("customer_id", "site")
    # Where nothing is known of the owner yet, nothing speaks against the site.
    whose = tables.owners.select("customer_id", "site", pl.col("used") | pl.col("ownership").is_null())
    return pl.concat([named, found]).unique().join(whose, on=["customer_id", "site"], how="left")


def _named(tables: Coverage) -> pl.DataFrame:
    """The verdicts on the sites that the address stock names; guessed ones fail by the dozen and mean nothing."""
    return tables.verdicts.join(tables.customers.select("site").drop_nulls().unique(), on="site", how="semi")


def _failed(tables: Coverage) -> pl.DataFrame:
    """The named sites whose text speaks for nobody, with the verdict or why their text is not used."""
    whose = pl.when((pl.col("ownership") == FOREIGN).any()).then(pl.lit(FOREIGN)).otherwise(pl.lit(UNPROVEN))
    owners = tables.owners.group_by("site").agg(pl.col("used").any(), whose.alias("unused"))
    known = _named(tables).join(owners, on="site", how="left").filter(~_HAS_TEXT | ~_IS_USED)
    return known.select("site", pl.when(_HAS_TEXT).then("unused").otherwise("verdict").alias("verdict"))


def _causes(failed: pl.DataFrame, fetches: pl.DataFrame) -> dict[str, tuple[tuple[str, int], ...]]:
    """By verdict: the reasons of the requests that decided, most frequent first."""
    of_many = failed.filter(pl.col("verdict").is_in(_OF_MANY_CAUSES))
    # The home page decides, as in `crawler.verdict`; else the last page, else the last request at all.
    weight = (pl.col("kind") == "home").cast(pl.Int8) + (~pl.col("kind").is_in(list(RULE_KINDS))).cast(pl.Int8)
    tried = fetches.filter(~pl.col("reason").is_in(_PASSED)).join(of_many, on="site", how="inner")
    decisive = tried.with_row_index("_row").with_columns(weight.alias("_weight")).sort("_weight", "_row")
    last = decisive.group_by("site", maintain_order=True).last()
    counted = last.group_by("verdict", "reason").len().sort("len", "reason", descending=[True, False])
    causes: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for verdict, reason, count in counted.iter_rows():
        causes[verdict].append((reason, count))
    return {verdict: tuple(found) for verdict, found in causes.items()}
