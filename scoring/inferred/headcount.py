"""How many people work for a company: what is given, what its website says, what its neighbours tell.

What neighbours tell is the mean of their log10 headcounts, weighted by squared similarity and drawn towards the mean of
the stock; the interval holds the given share of the companies whose headcount is known (leave-one-out residuals, as in
Barber, Candès, Ramdas, Tibshirani 2021, "Predictive inference with the jackknife+").
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from scoring.config import InferConfig
from scoring.inferred.mentions import MAX_PEOPLE, Mention, mentions

Floats = NDArray[np.float64]

#: What a website says of its company's headcount: `source` is "structured" or "text".
SAID: Final = pl.Schema(
    {
        "site": pl.String(),
        "headcount_website": pl.Float64(),
        "website_low": pl.Float64(),
        "website_high": pl.Float64(),
        "source": pl.String(),
        "headcount_quote": pl.String(),
        "headcount_url": pl.String(),
    }
)
#: A page speaks of its own company the more likely, the further in front its kind stands.
_KINDS: Final = ("about", "home", "contact", "services", "products", "impressum", "other")
_SCOPES: Final = ("company", "group", "location")
#: Neighbours' evidence is worth this many neighbours of similarity 1 less than the stock's mean; the best is taken.
_PRIORS: Final = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 1e6)
#: Where no word of this kind stands, nothing is said of people at all; it spares most pages the closer look.
_NEAR: Final = (
    r"(?i)mitarbeit|beschäftigt|angestellt|arbeitnehmer|kolleg|belegschaft|team|köpfig|employ|staff|workforce|headcount"
    r"|workers|collabor|salarié|dipendent|\bmann\b|mannschaft"
)


def said(pages: pl.DataFrame, organisations: pl.DataFrame, progress: Callable[[int, int], None]) -> pl.DataFrame:
    """Give what websites say of their headcount (SAID), one row a site, sorted; JSON-LD comes before text.

    `pages` is `crawler.schema.PAGES`, `organisations` is `crawler.schema.ORGANISATIONS`.
    """
    both = pl.concat([_structured(organisations), _texts(pages, progress)])
    return both.unique("site", keep="first", maintain_order=True).sort("site").match_to_schema(SAID)


def _structured(organisations: pl.DataFrame) -> pl.DataFrame:
    """Take the number most pages of a site agree on; of equals the larger one."""
    known = organisations.filter(pl.col("employees").is_between(1, MAX_PEOPLE))
    counted = known.group_by("site", "employees").agg(pl.len(), pl.col("url").min())
    best = counted.sort("site", "len", "employees", descending=[False, True, True]).unique("site", keep="first")
    people = pl.col("employees").cast(pl.Float64)
    quote = pl.format("numberOfEmployees: {}", "employees")
    return _said(best, people, people, people, "structured", quote)


def _said(
    frame: pl.DataFrame, people: pl.Expr, low: pl.Expr, high: pl.Expr, source: str, quote: pl.Expr
) -> pl.DataFrame:
    return frame.select(
        "site",
        people.alias("headcount_website"),
        low.alias("website_low"),
        high.alias("website_high"),
        pl.lit(source).alias("source"),
        quote.alias("headcount_quote"),
        pl.col("url").alias("headcount_url"),
    ).match_to_schema(SAID)


@dataclass(frozen=True, slots=True)
class _Found:
    """A mention and the page it stands on."""

    mention: Mention
    kind: str
    url: str

    @property
    def order(self) -> tuple[int, int, int, float, str]:
        """Order from the mention that speaks most plainly of the whole company to the least."""
        kind = _KINDS.index(self.kind) if self.kind in _KINDS else len(_KINDS)
        return _SCOPES.index(self.mention.scope), -self.mention.score, kind, -self.mention.people, self.url


def _texts(pages: pl.DataFrame, progress: Callable[[int, int], None]) -> pl.DataFrame:
    telling = pages.filter(pl.col("text").str.contains(_NEAR)).sort("site", "url")
    rows = [_row(site, found) for site, found in _by_site(telling, progress) if found]
    frame = pl.DataFrame(rows, schema=["site", "people", "low", "high", "quote", "url"], orient="row") if rows else None
    if frame is None:
        return SAID.to_frame()
    typed = frame.with_columns(pl.col("people", "low", "high").cast(pl.Float64))
    return _said(typed, pl.col("people"), pl.col("low"), pl.col("high"), "text", pl.col("quote"))


def _by_site(pages: pl.DataFrame, progress: Callable[[int, int], None]) -> Iterator[tuple[str, list[_Found]]]:
    done = 0
    for (site,), own in pages.group_by("site", maintain_order=True):
        rows = own.select("text", "kind", "url").iter_rows()
        found = [_Found(mention, kind, url) for text, kind, url in rows for mention in mentions(text)]
        done += own.height
        progress(done, pages.height)
        yield str(site), sorted(found, key=lambda each: each.order)


def _row(site: str, found: list[_Found]) -> tuple[str, float, float | None, float | None, str, str]:
    """Take the best mention; where only locations are counted, their sum is the least there can be."""
    best = found[0].mention
    if best.scope != "location":
        return site, best.people, best.low, best.high, best.quote, found[0].url
    places = {each.mention.place: each.mention for each in reversed(found)}
    named = [mention for place, mention in sorted(places.items()) if place] or [best]
    total = sum(mention.people for mention in named)
    quotes = dict.fromkeys(mention.quote for mention in named)
    return site, total, total, None, " | ".join(quotes), found[0].url


def with_neighbours(known: pl.DataFrame, neighbours: pl.DataFrame, config: InferConfig) -> pl.DataFrame:
    """Estimate headcounts from neighbours.

    Args:
        known: `customer_id`, `headcount` (null where not known) of every customer.
        neighbours: `customer_id`, `neighbour_id`, `similarity`; nobody's own company among them.
        config: `min_known` and `coverage` count here.

    Returns:
        `customer_id`, `estimate`, `estimate_low`, `estimate_high` for customers without a headcount but with
        neighbours; empty if fewer than `min_known` headcounts are known or they have no neighbours.
    """
    logs = known.filter(pl.col("headcount") > 0).select("customer_id", log=pl.col("headcount").log10())
    sums = _sums(logs, neighbours)
    truth = sums.join(logs, on="customer_id")
    if truth.height < config.min_known:
        return _estimates(sums.head(0), pl.lit(0.0), 0.0, 0.0)
    log, weight, total = (truth[column].to_numpy() for column in ("log", "weight", "total"))
    mean = float(logs["log"].to_numpy().mean())
    prior = min(_PRIORS, key=lambda each: float(np.abs(log - (total + each * mean) / (weight + each)).sum()))
    low, high = _residuals(log - (total + prior * mean) / (weight + prior), config.coverage)
    expected = (pl.col("total") + prior * mean) / (pl.col("weight") + prior)
    return _estimates(sums.join(logs, on="customer_id", how="anti"), expected, low, high)


def _sums(logs: pl.DataFrame, neighbours: pl.DataFrame) -> pl.DataFrame:
    """Add up weights and weighted log10 headcounts of each customer's neighbours."""
    weight = pl.col("similarity").cast(pl.Float64).clip(0) ** 2
    told = neighbours.join(logs, left_on="neighbour_id", right_on="customer_id").with_columns(weight=weight)
    sums = told.group_by("customer_id").agg(
        pl.col("weight").sum(), (pl.col("weight") * pl.col("log")).sum().alias("total")
    )
    return sums.filter(pl.col("weight") > 0).sort("customer_id")


def _residuals(residuals: Floats, coverage: float) -> tuple[float, float]:
    """Give the residuals between which `coverage` of n lie, counted so that it holds for one more (n + 1)."""
    n, ordered = len(residuals), np.sort(residuals)
    tail = int(np.floor((n + 1) * (1 - coverage) / 2))
    return float(ordered[max(tail - 1, 0)]), float(ordered[min(n - tail, n - 1)])


def _estimates(sums: pl.DataFrame, expected: pl.Expr, low: float, high: float) -> pl.DataFrame:
    bounds = {"estimate": 0.0, "estimate_low": low, "estimate_high": high}
    people = {name: (10 ** (expected + shift)).clip(1, MAX_PEOPLE).round(1) for name, shift in bounds.items()}
    return sums.select("customer_id", **people)
