"""Groups of companies that do the same, by k-means, each named by the phrases that set it apart."""

import math
import warnings
from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.schema import CLUSTERS, KEYWORDS

Vectors = NDArray[np.float32]
Labels = NDArray[np.int32]

#: A reader tells apart no more groups than this on one page.
MOST_CLUSTERS: Final = 20
_LEAST_CLUSTERS: Final = 2
#: Companies that a group has on average in a small stock, at least.
_LEAST_MEMBERS: Final = 8
#: Companies that k-means learns from; the others join the nearest centre.
_LEARNT_FROM: Final = 50_000
_STARTS: Final = 8
#: Phrases kept of each group, and how many of its companies must use one of them.
_PHRASES: Final = 6
_LEAST_USERS: Final = 2
#: Long German compounds and pairs say more; from this many letters on it makes no difference.
_FULL: Final = 20
#: Companies outside a group count this much at least, so that a phrase nobody else has does not beat a common one.
_SMOOTHING: Final = 0.01


def cluster_count(companies: int) -> int:
    """Choose how many groups a stock is cut into: the square root of half its size, between 2 and 20."""
    wanted = round(math.sqrt(companies / 2))
    bounded = max(_LEAST_CLUSTERS, min(wanted, MOST_CLUSTERS, companies // _LEAST_MEMBERS))
    return max(1, min(bounded, companies))


def clustered(vectors: Vectors, count: int, seed: int) -> Labels:
    """Cut companies, unit vectors of shape (n, d), into groups numbered from 0, the largest first.

    k-means (Lloyd 1982, doi 10.1109/TIT.1982.1056489; starts of Arthur & Vassilvitskii 2007), the same for the same
    seed. `count` 0 chooses how many groups; equal companies may make fewer.
    """
    if not len(vectors):
        return np.zeros(0, np.int32)
    return _by_size(_k_means(vectors, min(count or cluster_count(len(vectors)), len(vectors)), seed))


def _k_means(vectors: Vectors, count: int, seed: int) -> Labels:
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    learnt = vectors[:: math.ceil(len(vectors) / _LEARNT_FROM)]
    # Its type is guessed from the default "auto"; a number is right too.
    model: Any = KMeans(count, n_init=_STARTS, random_state=seed)  # pyright: ignore[reportArgumentType]
    with warnings.catch_warnings():
        # Fewer distinct texts than groups leave groups empty, which is all right.
        warnings.simplefilter("ignore", ConvergenceWarning)
        labels: Labels = model.fit(learnt).predict(vectors).astype(np.int32)
    return labels


def joined(vectors: Vectors, former: Labels) -> Labels:
    """Let new companies (-1 in `former`, the groups of the run before) join the group whose middle is nearest.

    All others stay where they are, so that groups keep number and meaning. Takes at least one known company.
    """
    groups = np.unique(former[former >= 0])
    middles = np.stack([vectors[former == group].mean(axis=0) for group in groups])
    nearest = (vectors @ middles.T - (middles**2).sum(axis=1) / 2).argmax(axis=1)
    return np.where(former >= 0, former, groups[nearest]).astype(np.int32)


def _by_size(labels: Labels) -> Labels:
    """Number groups by size, the largest first; equals by their first company."""
    _, first, inverse, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((first, -sizes))
    return np.argsort(order)[inverse].astype(np.int32)


def named_clusters(members: pl.DataFrame, keywords: pl.DataFrame, never: Collection[str] = ()) -> pl.DataFrame:
    """Name each group (CLUSTERS, sorted by number) by the phrases (KEYWORDS) that set its companies apart.

    `members` has `customer_id` and `cluster`. A phrase belongs to the one group it is most typical of and must stand
    at two of its companies, so that no brand or person names a group; `never` holds further words that may not be in
    a name, such as the places of the stock.
    """
    sizes = members.group_by("cluster").agg(companies=pl.len().cast(pl.Int32))
    typical = _typical(members, keywords, sizes, never).sort("score", "key", descending=[True, False])
    phrases = typical.group_by("cluster", maintain_order=True).agg(phrases=pl.col("surface").head(_PHRASES))
    named = sizes.join(phrases, on="cluster", how="left").sort("cluster").with_columns(pl.col("phrases").fill_null([]))
    texts = pl.Series([_distinct(found) for found in named["phrases"].to_list()], dtype=pl.List(pl.String))
    return named.with_columns(phrases=texts).select(CLUSTERS.names()).cast(CLUSTERS)


def _typical(
    members: pl.DataFrame, keywords: pl.DataFrame, sizes: pl.DataFrame, never: Collection[str]
) -> pl.DataFrame:
    """Score phrases for the group they are most typical of: the share of users, times how much rarer it is outside."""
    used = _uses(members, keywords, never)
    counts = used.group_by("cluster", "key").agg(
        users=pl.col("customer_id").n_unique(), strength=pl.col("weight").sum(), surface=pl.col("phrase").mode().min()
    )
    rates = counts.join(sizes, on="cluster").with_columns(total=pl.col("users").sum().over("key"))
    inside = pl.col("strength") / pl.col("companies")
    outside = (pl.col("total") - pl.col("users")) / pl.max_horizontal(members.height - pl.col("companies"), 1)
    lift = pl.col("users") / pl.col("companies") / (outside + _SMOOTHING)
    fullness = 1 + pl.col("key").str.len_chars().clip(upper_bound=_FULL) / _FULL
    enough = rates.filter(pl.col("users") >= _least_users(members))
    scored = enough.with_columns(score=inside * (1 + lift).log() * fullness)
    return scored.sort("score", "cluster", descending=[True, False]).unique("key", keep="first", maintain_order=True)


def _least_users(members: pl.DataFrame) -> int:
    """A stock in which hardly two companies are alike is named by single ones."""
    return _LEAST_USERS if members.height >= _LEAST_CLUSTERS * _LEAST_MEMBERS else 1


def _uses(members: pl.DataFrame, keywords: pl.DataFrame, never: Collection[str]) -> pl.DataFrame:
    """Give the phrases of each member with a key regardless of case, without those that hold a forbidden word."""
    key = pl.col("phrase").str.to_lowercase().alias("key")
    rows = keywords.match_to_schema(KEYWORDS).join(members, on="customer_id").with_columns(key)
    banned = pl.Series([word.lower() for word in never], dtype=pl.String)
    words = pl.col("key").str.split(" ")
    return rows.filter(words.list.set_intersection(banned.implode()).list.len() == 0) if len(banned) else rows


def _distinct(phrases: Sequence[str]) -> list[str]:
    """Leave out phrases that only repeat what a better one says."""
    kept: list[str] = []
    for phrase in phrases:
        lower = phrase.lower()
        if not any(lower in other.lower() or other.lower() in lower for other in kept):
            kept.append(phrase)
    return kept
