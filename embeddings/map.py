"""A map of the stock: companies that do the same lie together, and stay where they are from run to run."""

import hashlib
import logging
import math
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.clusters import clustered, joined, named_clusters
from embeddings.config import MapConfig
from embeddings.schema import MAP

logger = logging.getLogger(__name__)

Vectors = NDArray[np.float32]
Places = NDArray[np.float64]
Labels = NDArray[np.int32]

#: Principal components that the drawing works on; further ones are mostly noise and cost time.
_COMPONENTS: Final = 50
#: Fewer companies are drawn by their two principal components: there are no neighbourhoods to keep.
_LEAST_DRAWN: Final = 12
#: A former map is kept while at least this share of the companies stands on it.
_LEAST_KNOWN: Final = 0.5
#: Below this trustworthiness (random places have 0.5, a fresh map above 0.9) a former map belongs to other vectors.
LEAST_TRUST: Final = 0.75
_TRUST_SAMPLE: Final = 1_000
_TRUST_NEIGHBOURS: Final = 10
#: Known companies that a new one is placed among, and how many of them, closest together, decide.
_AMONG: Final = 5
_DECIDING: Final = 3
_PLANE: Final = 2
#: With fewer companies several threads wait for each other longer than they work.
_THREADED_FROM: Final = 2_000
#: The share of companies that lies within 1 of the middle of a fresh map.
_WITHIN: Final = 0.98
#: Companies placed at a time.
_BATCH: Final = 4_096


@dataclass(frozen=True, slots=True)
class Atlas:
    """Where each company with a vector lies (`places`, MAP) and the groups on the map (`groups`, CLUSTERS)."""

    places: pl.DataFrame
    groups: pl.DataFrame


def atlas(
    companies: pl.DataFrame,
    keywords: pl.DataFrame,
    config: MapConfig,
    former: pl.DataFrame | None = None,
    never: Collection[str] = (),
) -> Atlas:
    """Draw the companies (company_vectors) on a map, cut them into groups and name these by phrases (KEYWORDS).

    `former` is the map (MAP) of the run before: companies on it keep place and group exactly, new ones are placed among
    those most like them. It is drawn anew when most companies are new or when it no longer fits the vectors, as after
    a change of the model; only the groups are made anew when another number of them is configured. `never` holds words
    that may not name a group. The same input gives the same map.
    """
    known = _known(companies.sort("customer_id"), former)
    vectors = np.ascontiguousarray(known["vector"].to_numpy(), np.float32) if known.height else np.zeros((0, 1), "f4")
    kept = _is_kept(known, vectors)
    places = _extended(known, vectors) if kept else _fresh(known["customer_id"], vectors, config)
    labels = _labels(known, vectors, config, regroup=not kept)
    frame = pl.DataFrame({"customer_id": known["customer_id"], "x": places[:, 0], "y": places[:, 1], "cluster": labels})
    return Atlas(frame.cast(MAP), named_clusters(frame, keywords, never))


def _known(companies: pl.DataFrame, former: pl.DataFrame | None) -> pl.DataFrame:
    """Add the former place and group of each company, null where it is new."""
    there = MAP.to_frame() if former is None else former.match_to_schema(MAP)
    return companies.join(there, on="customer_id", how="left", maintain_order="left")


def _is_kept(known: pl.DataFrame, vectors: Vectors) -> bool:
    """Say whether the former map has enough of the companies and still shows who is like whom."""
    there = known["x"].is_not_null().to_numpy()
    if not there.any() or there.mean() < _LEAST_KNOWN:
        return False
    return trust(vectors[there], known.filter(there).select("x", "y").to_numpy()) >= LEAST_TRUST


def _extended(known: pl.DataFrame, vectors: Vectors) -> Places:
    """Keep the former places, and place the new companies, shape (n, 2)."""
    places = known.select("x", "y").to_numpy().astype(np.float64)
    return _completed(places, ~np.isnan(places[:, 0]), vectors, known["customer_id"])


def _fresh(ids: pl.Series, vectors: Vectors, config: MapConfig) -> Places:
    """Draw a sample, and place the other companies, shape (n, 2)."""
    logger.info("map: drawn anew for %s companies", f"{len(ids):,}")
    drawn = _sample(ids, config.drawn_from)
    places = np.full((len(ids), _PLANE), np.nan)
    places[drawn] = _scaled(_drawn(vectors[drawn], config))
    return _completed(places, drawn, vectors, ids)


def _labels(known: pl.DataFrame, vectors: Vectors, config: MapConfig, *, regroup: bool) -> Labels:
    """Give the group of each company: the former ones, unless the map is new or another number is wanted."""
    former = known["cluster"].fill_null(-1).to_numpy()
    if regroup or config.clusters not in {0, len(np.unique(former[former >= 0]))}:
        return clustered(vectors, config.clusters, config.seed)
    return joined(vectors, former)


def trust(vectors: Vectors, places: NDArray[np.floating]) -> float:
    """Measure how far neighbours on the map are neighbours by text, from 0 to 1, on up to 1,000 companies.

    Trustworthiness of Venna & Kaski (2001, doi 10.1007/3-540-44668-0_68); 1 where there are too few to tell.
    """
    step = math.ceil(len(vectors) / _TRUST_SAMPLE)
    vectors, places = vectors[::step], places[::step]
    neighbours = min(_TRUST_NEIGHBOURS, (len(vectors) - 1) // 2)
    if neighbours < 1 or len(vectors) < _LEAST_DRAWN:
        return 1.0
    from sklearn.manifold import trustworthiness

    return float(trustworthiness(vectors, places, n_neighbors=neighbours))


def _sample(ids: pl.Series, size: int) -> NDArray[np.bool_]:
    """Choose up to `size` companies by the hash of their id, so that others entering the stock change nothing."""
    hashes = np.array([zlib.crc32(name.encode()) for name in ids], np.int64)
    chosen = np.zeros(len(ids), np.bool_)
    chosen[np.argsort(hashes, kind="stable")[:size]] = True
    return chosen


def _drawn(vectors: Vectors, config: MapConfig) -> Places:
    """Draw companies afresh, by t-SNE (van der Maaten & Hinton 2008) started from the principal components.

    That start keeps the large distances telling and the picture the same (Kobak & Berens 2019, doi
    10.1038/s41467-019-13056-x).
    """
    components = _components(vectors, config.seed)
    if len(vectors) < _LEAST_DRAWN:
        return components[:, :_PLANE]
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

    spread = components[:, :_PLANE].std(axis=0).max() or 1.0
    start = (components[:, :_PLANE] / spread * 1e-4).astype(np.float32)
    perplexity = min(config.perplexity, (len(vectors) - 1) / 3)
    model = TSNE(
        perplexity=perplexity,
        init=start,  # pyright: ignore[reportArgumentType]  # guessed from the default "pca"; may be an array
        learning_rate="auto",
        random_state=config.seed,
    )
    with threadpool_limits(1 if len(vectors) < _THREADED_FROM else None):
        return np.asarray(model.fit_transform(components.astype(np.float32)), np.float64)


def _components(vectors: Vectors, seed: int) -> Places:
    """Give up to 50 principal components, shape (n, at least 2)."""
    from sklearn.decomposition import PCA

    count = min(_COMPONENTS, *vectors.shape)
    if len(vectors) < _PLANE or not np.ptp(vectors, axis=0).any():
        return np.zeros((len(vectors), _PLANE))
    components = PCA(count, random_state=seed).fit_transform(vectors.astype(np.float64))
    padded: Places = np.pad(components, ((0, 0), (0, max(0, _PLANE - count))))
    return padded


def _scaled(places: Places) -> Places:
    """Move the middle to 0 and bring almost all places within 1 of it."""
    if not len(places):
        return places
    moved: Places = places - (places.max(axis=0) + places.min(axis=0)) / 2
    reach = float(np.quantile(np.abs(moved).max(axis=1), _WITHIN))
    return np.asarray(moved / reach, np.float64) if reach > 0 else moved


def _completed(places: Places, there: NDArray[np.bool_], vectors: Vectors, ids: pl.Series) -> Places:
    """Place the companies that are not there among those that are."""
    new = np.flatnonzero(~there)
    if not len(new):
        return places
    found = _nearest(vectors[new], vectors[there])
    middle = _middles(places[there][found])
    steps = _spacing(places[there]) * np.array([_direction(ids[int(row)]) for row in new])
    completed = places.copy()
    completed[new] = middle + steps
    return completed


def _nearest(queries: Vectors, pool: Vectors) -> NDArray[np.int64]:
    """Give the rows of the pool that are most like each query, best first."""
    import faiss

    index = faiss.IndexFlatIP(pool.shape[1])
    index.add(pool)
    wanted = min(_AMONG, len(pool))
    parts = (index.search(queries[at : at + _BATCH], wanted)[1] for at in range(0, len(queries), _BATCH))
    return np.concatenate(list(parts))


def _middles(around: Places) -> Places:
    """Give the middle of those, of shape (n, k, 2), that lie closest together, so that none ends between two groups."""
    gaps = np.linalg.norm(around[:, :, None] - around[:, None], axis=3)
    heart = gaps.sum(axis=2).argmin(axis=1)
    chosen = np.argsort(gaps[np.arange(len(around)), heart], axis=1, kind="stable")[:, :_DECIDING]
    return np.asarray(np.take_along_axis(around, chosen[:, :, None], axis=1).mean(axis=1))


def _spacing(places: Places) -> float:
    """Give the usual distance between companies next to each other, which keeps equal ones from hiding each other."""
    if len(places) < _DECIDING:
        return 0.01
    from sklearn.neighbors import NearestNeighbors

    distances, _ = NearestNeighbors(n_neighbors=2).fit(places).kneighbors(places)
    return float(np.median(distances[:, 1]))


def _direction(name: str) -> tuple[float, float]:
    """Give a direction of length up to 1 that depends on the id alone."""
    one, other = np.frombuffer(hashlib.blake2b(name.encode(), digest_size=8).digest(), np.uint32) / 2**32
    angle, length = 2 * math.pi * float(one), math.sqrt(float(other))
    return length * math.cos(angle), length * math.sin(angle)
