"""What speaks for a potential: similar customers by name, and phrases that a customer's website shares with them."""

import math
from dataclasses import dataclass
from typing import Final

import polars as pl

from scoring.wording import one_line

#: Fewer pairs than this say nothing about what is usual in a stock: nothing is called very or only somewhat similar.
_MIN_PAIRS: Final = 30
_PHRASE_CHARS: Final = 40
#: Pages whose phrases are the same for everyone.
_LEGAL_KINDS: Final = ("impressum", "contact")


@dataclass(frozen=True, slots=True)
class SimilarityBands:
    """Lowest cosine similarity that is called "very similar", and that is called "similar"."""

    very: float
    similar: float

    def of(self, similarity: pl.Expr) -> pl.Expr:
        """Band of a similarity: "very", "similar", "somewhat" or, from zero down, "hardly"."""
        return (
            pl.when(similarity <= 0)
            .then(pl.lit("hardly"))
            .when(similarity >= self.very)
            .then(pl.lit("very"))
            .when(similarity >= self.similar)
            .then(pl.lit("similar"))
            .otherwise(pl.lit("somewhat"))
        )


def similarity_bands(frame: pl.DataFrame) -> SimilarityBands:
    """Cut the stock's own peer similarities into thirds, as the usual height of a cosine differs between stocks.

    Args:
        frame: has `customer_id` and `peers`.

    Returns:
        The bands; with few peers every similarity above zero is "similar".
    """
    values = peer_pairs(frame)["similarity"]
    positive = values.filter(values > 0).cast(pl.Float64)
    if len(positive) < _MIN_PAIRS:
        return SimilarityBands(math.inf, 0.0)
    upper, lower = (positive.quantile(share, "nearest") for share in (2 / 3, 1 / 3))
    return SimilarityBands(math.inf if upper is None else upper, lower or 0.0)


def peer_pairs(frame: pl.DataFrame) -> pl.DataFrame:
    """One row per customer and peer: `customer_id`, `peer_id`, `similarity`, best first as the model gave them."""
    peer = pl.col("peers").struct
    pairs = frame.lazy().select("customer_id", "peers").explode("peers").drop_nulls("peers")
    named = pairs.select(
        "customer_id", peer_id=peer.field("customer_id"), similarity=peer.field("similarity").fill_nan(None)
    )
    return named.drop_nulls("similarity").filter(pl.col("peer_id") != pl.col("customer_id")).collect()


@dataclass(frozen=True, slots=True)
class Stock:
    """What customers are compared with: `peers` (`peer_id`, `peer_name`, `peer_class`), bands and tidy phrases."""

    peers: pl.DataFrame
    bands: SimilarityBands
    phrases: pl.DataFrame


def stock_of(frame: pl.DataFrame, keywords: pl.DataFrame) -> Stock:
    """Prepare a stock for comparison.

    Args:
        frame: all customers, with `customer_id`, `name`, `class_revenue` and `peers`.
        keywords: KEYWORDS.

    Returns:
        Names on one line, the bands of the stock, and its phrases fit for quoting without the customers' own names.
    """
    return part_of_stock(frame, keywords, similarity_bands(frame))


def part_of_stock(frame: pl.DataFrame, keywords: pl.DataFrame, bands: SimilarityBands) -> Stock:
    """As `stock_of`, for some customers and their keywords, with the bands of the whole stock."""
    peers = frame.select(peer_id="customer_id", peer_name=told_name(), peer_class="class_revenue")
    return Stock(peers, bands, _without_names(tidy_phrases(keywords), frame))


def told_name() -> pl.Expr:
    """The name of a customer as reasons tell it."""
    return pl.coalesce(one_line(pl.col("name")), "customer_id")


def _without_names(phrases: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Drop phrases that are part of the customer's own name: everyone knows that the website mentions it."""
    names = frame.select("customer_id", own_name=pl.col("name").str.to_lowercase())
    told = pl.col("own_name").str.contains(pl.col("key"), literal=True).fill_null(value=False)
    return phrases.join(names, on="customer_id", maintain_order="left").filter(~told).drop("own_name")


def peers_of(frame: pl.DataFrame, stock: Stock) -> pl.DataFrame:
    """Add name, class and band to every peer.

    Args:
        frame: the customers asked for, with `customer_id` and `peers`.
        stock: all customers.

    Returns:
        `customer_id`, `peer_id`, `similarity`, `peer_name` (one line), `peer_class`, `band`, most similar first.
    """
    pairs = peer_pairs(frame).join(stock.peers, on="peer_id").with_columns(band=stock.bands.of(pl.col("similarity")))
    return pairs.sort("customer_id", "similarity", "peer_id", descending=[False, True, False], nulls_last=True)


def peer_evidence(peers: pl.DataFrame) -> pl.DataFrame:
    """Sum up the peers of each customer.

    Args:
        peers: from `peers_of`.

    Returns:
        `customer_id`, `peers_known`, `peers_c` (how many are in class C), `closest` (best band) and the peers worth
        naming: `peer_1`, `peer_2` (or null), `peer_class`, `peer_band` (of the less similar of the two).
    """
    counts = peers.group_by("customer_id", maintain_order=True).agg(
        peers_known=pl.len(), peers_c=(pl.col("peer_class") == "C").sum(), closest=pl.col("band").first()
    )
    return counts.join(_worth_naming(peers), on="customer_id", how="left")


def _worth_naming(peers: pl.DataFrame) -> pl.DataFrame:
    """Similar A customers before similar B customers before A customers that are only somewhat similar."""
    close = pl.col("band").is_in(["very", "similar"])
    buyer = pl.col("peer_class")
    tier = (
        pl.when(close & (buyer == "A"))
        .then(0)
        .when(close & (buyer == "B"))
        .then(1)
        .when((pl.col("band") == "somewhat") & (buyer == "A"))
        .then(2)
    )
    ranked = peers.with_columns(tier=tier).drop_nulls("tier")
    best = ranked.filter(pl.col("tier") == pl.col("tier").min().over("customer_id"))
    distinct = best.unique(["customer_id", "peer_name"], keep="first", maintain_order=True)
    return distinct.group_by("customer_id", maintain_order=True).agg(
        peer_1=pl.col("peer_name").first(),
        peer_2=pl.col("peer_name").slice(1, 1).first(),
        peer_class=pl.col("peer_class").first(),
        peer_band=pl.col("band").head(2).last(),
    )


def tidy_phrases(keywords: pl.DataFrame) -> pl.DataFrame:
    """Keywords fit for quoting: one line, short, without legal pages; `key` compares them regardless of case."""
    phrase = one_line(pl.col("phrase").str.replace_all('[„“”"«»]', ""), _PHRASE_CHARS)
    kept = keywords.filter(~pl.col("kind").is_in(_LEGAL_KINDS)).with_columns(phrase=phrase).drop_nulls("phrase")
    return kept.with_columns(key=pl.col("phrase").str.to_lowercase(), weight=pl.col("weight").fill_nan(0).fill_null(0))


def shared_phrases(peers: pl.DataFrame, phrases: pl.DataFrame) -> pl.DataFrame:
    """Find the phrases that customers share with their A-class peers.

    Args:
        peers: from `peers_of`.
        phrases: from `tidy_phrases`, of the whole stock.

    Returns:
        The rows of `phrases` that are shared, once per peer, with `peer_id`, `peer_name` and `similarity`.
    """
    models = peers.lazy().filter((pl.col("peer_class") == "A") & (pl.col("band") != "hardly"))
    theirs = phrases.lazy().select(pl.col("customer_id").alias("peer_id"), "key").unique()
    pairs = models.select("customer_id", "peer_id", "peer_name", "similarity")
    return pairs.join(phrases.lazy(), on="customer_id").join(theirs, on=["peer_id", "key"], how="inner").collect()


def with_lifts(phrases: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """Say of each phrase whether the estimate speaks for it.

    A phrase is worth what the texts of the *other* customers that use it add to their estimates: the mean log10 of
    their `factor_text` less that of all, drawn to 0 as by three customers without it.

    Args:
        phrases: from `tidy_phrases`, of the whole stock.
        frame: all customers, with `customer_id` and `factor_text`.

    Returns:
        The phrases with `lift`, null where no factor is known, and `speaks`: whether the phrase lifts by a fifth and
        the own text raises the estimate at all. Where texts are no part of it at all, every phrase may speak.
    """
    logs = pl.when(pl.col("factor_text") > 0).then(pl.col("factor_text").log10())
    known = frame.select("customer_id", log=logs.fill_nan(None))
    told = phrases.join(known.with_columns(off=pl.col("log") - pl.col("log").mean()), on="customer_id", how="left")
    others = [total.over("key") - own for total, own in _totals()]
    lifted = told.with_columns(lift=pl.when(pl.col("log").is_not_null()).then(others[0] / (others[1] + _DOUBTERS)))
    speaks = (pl.col("lift") > _TELLING) & (pl.col("log") > 0)
    return lifted.with_columns(speaks=speaks.fill_null(known["log"].null_count() == known.height)).drop("log", "off")


def _totals() -> list[tuple[pl.Expr, pl.Expr]]:
    """Sum and number of what is known of the users of a phrase, each with the own part of a row."""
    off = pl.col("off")
    return [(off.sum(), off), (off.count(), off.is_not_null().cast(pl.Int64))]


#: Customers worth of doubt that a phrase tells anything.
_DOUBTERS: Final = 3
_TWO: Final = 2
#: A fifth more: phrases that lift less were as often quoted for estimates that rise without them (docs/method.md).
_TELLING: Final = 0.08


def phrase_evidence(shared: pl.DataFrame, phrases: pl.DataFrame) -> pl.DataFrame:
    """Choose what to quote of each customer.

    Args:
        shared: from `shared_phrases`, with the columns of `with_lifts`.
        phrases: from `with_lifts`, of the customers asked for.

    Returns:
        `customer_id`, `phrase_1`, `phrase_2` (or null), `phrase_kind` (the page both stand on) and `phrase_peer`, the
        A customer that shares both; it is null where no A customer shares any that speaks for the estimate, and the
        phrases are only the customer's own best.
    """
    # Taking away what lifts most moves the estimate as claimed more often than what is rarest (docs/method.md).
    telling = shared.filter("speaks").with_columns(weight=pl.coalesce("lift", "weight"))
    best = _of_best_peer(telling)
    alone = phrases.join(best, on="customer_id", how="anti").with_columns(peer_name=pl.lit(None, pl.String))
    chosen = pl.concat([best, alone], how="diagonal_relaxed")
    ordered = chosen.sort("customer_id", "weight", "key", descending=[False, True, False])
    return _first_two(ordered.unique(["customer_id", "key"], keep="first", maintain_order=True))


def _of_best_peer(shared: pl.DataFrame) -> pl.DataFrame:
    """Of each customer, the rows of the one peer that shares the two phrases of most weight.

    One phrase alone, where the estimate tells what it is worth, moves it by chance when it is taken away.
    """
    two, known = pl.col("weight").top_k(2).sum(), pl.col("lift").is_not_null().any()
    alone = (pl.col("key").n_unique() < _TWO) & known
    by_peer = shared.group_by("customer_id", "peer_id").agg(two, pl.col("similarity").first(), alone=alone)
    order = by_peer.filter(~pl.col("alone")).sort("weight", "similarity", "peer_id", descending=[True, True, False])
    best = order.unique("customer_id", keep="first", maintain_order=True)
    return shared.join(best.select("customer_id", "peer_id"), on=["customer_id", "peer_id"], how="semi")


def _first_two(ordered: pl.DataFrame) -> pl.DataFrame:
    """The best phrase, and the next one of the same kind of page that says something else."""
    first = ordered.unique("customer_id", keep="first", maintain_order=True)
    others = ordered.join(first.select("customer_id", "kind", best="key"), on=["customer_id", "kind"], nulls_equal=True)
    repeated = pl.col("key").str.contains(pl.col("best"), literal=True) | pl.col("best").str.contains(
        pl.col("key"), literal=True
    )
    second = others.filter(~repeated).unique("customer_id", keep="first", maintain_order=True)
    named = first.select("customer_id", phrase_1="phrase", phrase_kind="kind", phrase_peer="peer_name")
    return named.join(second.select("customer_id", phrase_2="phrase"), on="customer_id", how="left")
