"""An index over company vectors: built, measured against exact search, searched, saved, and loaded by memory map."""

import contextlib
import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.approximate import EXACT, Effort, Kind, ladder, made, parameters, selector, storage, vectors_in
from embeddings.config import NeighbourConfig
from embeddings.errors import IndexBrokenError
from embeddings.schema import SEARCH

if TYPE_CHECKING:
    import faiss

log = logging.getLogger(__name__)

Array = NDArray[np.float32]
Rows = NDArray[np.int64]

#: Raise it when a saved index has to be made anew.
_VERSION: Final = 1
#: Queries searched at a time.
_BATCH: Final = 2_048
#: Candidates beyond k, so that equals at the edge are chosen by id and not by the order in which they were met.
_SLACK: Final = 16
#: Cosines that differ by less are equal: the last digits depend on where in the pool a vector lies.
_DIGITS: Final = 6
#: Companies below which every kind is exact: there is nothing to win.
_LEAST: Final = 1_000
#: Companies whose neighbours are also searched exactly, to measure recall.
_SAMPLE: Final = 400
#: One-sided 95 % of a normal distribution.
_SURE: Final = 1.645
#: A filter that lets no more companies pass is searched exactly.
_FEW: Final = 50_000
#: Most that the effort is widened for a filter.
_WIDEST: Final = 8
#: From this many queries on it pays to copy the companies that a filter lets pass.
_COPY_FROM: Final = 16
#: Queries compared with all companies at once where more are equal than the candidates can hold.
_AT_ONCE: Final = 32


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """What an index is and how it was measured.

    `recall` is the mean share of the true `k` neighbours that are found, over `sample` companies; 1 where it is exact.
    """

    kind: Kind
    companies: int
    k: int
    recall: float = 1.0
    sample: int = 0
    probes: int = 0
    refine: int = 0

    @property
    def effort(self) -> Effort:
        """How hard the index searches."""
        return Effort(self.probes, self.refine)

    @property
    def frame(self) -> pl.DataFrame:
        """The same as a table of one row, SEARCH."""
        row = {"index": self.kind, **msgspec.structs.asdict(self)}
        return pl.DataFrame([row], schema=SEARCH)


class _Description(msgspec.Struct, frozen=True, kw_only=True):
    """Content of `index.json`: which files belong to it, and how large the one must be that is mapped into memory."""

    version: int
    digest: str
    size: int
    quality: Quality


@dataclass(frozen=True, eq=False)
class Index:
    """Companies that can be searched; row i of everything is the i-th customer in the order of the ids.

    `names` are the ids (n), `digest` the hash of ids, vectors and settings; `engine` is the FAISS index. Filters that
    let `exact_among` companies pass, or fewer, are searched exactly.
    """

    names: pl.Series
    quality: Quality
    digest: str
    engine: "faiss.Index"
    exact_among: int = _FEW

    @property
    def vectors(self) -> Array:
        """The vectors, shape (n, d), without a copy; they live as long as the index."""
        return vectors_in(self._flat)

    @property
    def _flat(self) -> "faiss.IndexFlatIP":
        return storage(self.engine, self.quality.kind)

    def search(self, vectors: Array, k: int, allowed: Sequence[int] | Rows | None = None) -> tuple[Array, Rows]:
        """Find the k nearest rows of each query (vectors, shape (m, d)), best first, equals by row.

        Only rows in `allowed` are found, if given; the filter comes before the search, so that k remain. Gives cosines
        and rows, both of shape (m, min(k, rows that may be found)); -1 where an approximate index finds fewer.
        """
        pool = None if allowed is None else np.unique(np.asarray(allowed, np.int64))
        k = min(k, len(self.names) if pool is None else len(pool))
        queries = np.ascontiguousarray(vectors, np.float32)
        if not k or not len(queries):
            return np.zeros((len(queries), k), np.float32), np.zeros((len(queries), k), np.int64)
        parts = [self._part(queries[start : start + _BATCH], k, pool) for start in range(0, len(queries), _BATCH)]
        return np.concatenate([similar for similar, _ in parts]), np.concatenate([rows for _, rows in parts])

    def _part(self, queries: Array, k: int, pool: Rows | None) -> tuple[Array, Rows]:
        size = len(self.names) if pool is None else len(pool)
        wanted = min(k + _SLACK, size)
        similarity, rows = _ordered(*self._candidates(queries, wanted, pool, k))
        if wanted < size:
            tied = (similarity[:, k - 1] == similarity[:, -1]) & (rows[:, -1] >= 0)
            if tied.any():
                similarity[tied, :k], rows[tied, :k] = self._settled(queries[tied], k, pool)
        return similarity[:, :k], rows[:, :k]

    def _candidates(self, queries: Array, wanted: int, pool: Rows | None, k: int) -> tuple[Array, Rows]:
        kind, effort = self.quality.kind, self.quality.effort
        # The recall was measured for quality.k neighbours: the slack need not cost a wider search beyond that.
        beyond = wanted / max(k, min(wanted, self.quality.k))
        if pool is None:
            params = parameters(kind, effort, None, beyond) if effort.probes else None
            return _asked(self.engine, queries, wanted, params)
        if kind == "flat" or len(pool) <= self.exact_among:
            return self._among(queries, wanted, pool)
        wider = effort.widened(min(-(-len(self.names) // len(pool)), _WIDEST))
        params = parameters(kind, wider, selector(pool, len(self.names)), beyond)
        return _asked(self.engine, queries, wanted, params)

    def _among(self, queries: Array, wanted: int, pool: Rows) -> tuple[Array, Rows]:
        """Search some rows exactly: in place for few queries, in a copy of them for many."""
        import faiss

        if len(queries) < _COPY_FROM:
            passing = selector(pool, len(self.names))
            return _asked(self._flat, queries, wanted, parameters("flat", EXACT, passing))
        similarity, places = faiss.knn(queries, self.vectors[pool], wanted, metric=faiss.METRIC_INNER_PRODUCT)
        return similarity, np.where(places < 0, -1, pool[places])

    def _settled(self, queries: Array, k: int, pool: Rows | None) -> tuple[Array, Rows]:
        """Compare queries with all companies, because more are equal at the edge than the candidates can hold.

        Chains whose shops share a website have the same vector, hence the same neighbours: each is compared once.
        """
        vectors = self.vectors if pool is None else self.vectors[pool]
        different, back = np.unique(queries, axis=0, return_inverse=True)
        parts = [_best(different[at : at + _AT_ONCE] @ vectors.T, k) for at in range(0, len(different), _AT_ONCE)]
        similarity, places = (np.concatenate(part)[back.ravel()] for part in zip(*parts, strict=True))
        return similarity, places if pool is None else pool[places]

    def save(self, path: Path) -> None:
        """Write the index into the folder `path`; what was there before is replaced at the end, whole or not at all."""
        import faiss

        path.mkdir(parents=True, exist_ok=True)
        _whole(path / f"{self.digest}.faiss", lambda file: faiss.write_index(self.engine, str(file)))
        _whole(path / f"{self.digest}.parquet", self.names.to_frame("customer_id").write_parquet)
        size = (path / f"{self.digest}.faiss").stat().st_size
        known = _Description(version=_VERSION, digest=self.digest, size=size, quality=self.quality)
        _whole(path / "index.json", lambda file: file.write_bytes(msgspec.json.encode(known)))
        _remove_others(path, self.digest)


def vectors_of(frame: pl.DataFrame) -> Array:
    """Give the vectors of a frame (company_vectors) as an array, shape (n, d)."""
    return np.ascontiguousarray(frame["vector"].to_numpy(), np.float32)


def build(frame: pl.DataFrame, config: NeighbourConfig) -> Index:
    """Build the configured index over companies (company_vectors).

    An approximate index is measured on a sample against exact search and searches harder until its recall at
    `config.k` holds `config.recall` with 95 % confidence; where it cannot, the index is exact.
    """
    companies = frame.select("customer_id", "vector").sort("customer_id")
    vectors = vectors_of(companies)
    kind = chosen(len(vectors), config)
    engine, quality = made(vectors, kind), Quality(kind=kind, companies=len(vectors), k=config.k)
    if kind != "flat":
        engine, quality = _measured(engine, quality, config.recall)
    return Index(companies["customer_id"], quality, digest_of(companies, config), engine)


def chosen(companies: int, config: NeighbourConfig) -> Kind:
    """Say which kind of index is built for so many companies."""
    if companies < _LEAST or (config.index == "auto" and companies <= config.exact_up_to):
        return "flat"
    return "ivf-pq" if config.index == "auto" else config.index


def digest_of(frame: pl.DataFrame, config: NeighbourConfig) -> str:
    """Hash what an index is made of: ids, vectors (company_vectors, any order) and settings."""
    companies = frame.select("customer_id", "vector").sort("customer_id")
    settings = msgspec.json.encode([_VERSION, config, companies["customer_id"].to_list()])
    hashed = hashlib.blake2b(settings, digest_size=16)
    hashed.update(vectors_of(companies).data)
    return hashed.hexdigest()


def load(path: Path) -> Index:
    """Map an index that was saved in the folder `path` into memory.

    Raises IndexBrokenError if there is none or its files are not whole.
    """
    import faiss

    try:
        known = msgspec.json.decode((path / "index.json").read_bytes(), type=_Description)
        _check(path, known)
        engine = faiss.read_index(str(path / f"{known.digest}.faiss"), faiss.IO_FLAG_MMAP_IFC)
        names = pl.read_parquet(path / f"{known.digest}.parquet")["customer_id"]
    except (OSError, RuntimeError, msgspec.DecodeError, pl.exceptions.PolarsError) as error:
        raise IndexBrokenError(f"{path}: no index can be read here ({error}). {_AGAIN}") from error
    return Index(names, known.quality, known.digest, engine)


def opened(path: Path, frame: pl.DataFrame, config: NeighbourConfig) -> Index:
    """Load the index of these companies (company_vectors) from the folder `path`, or build it.

    An approximate one is then saved there; an exact one is made from the vectors in no time.
    """
    if chosen(frame.height, config) == "flat":
        return build(frame, config)
    with contextlib.suppress(IndexBrokenError):
        known = load(path)
        if known.digest == digest_of(frame, config):
            return known
    index = build(frame, config)
    index.save(path)
    return index


_AGAIN: Final = "Run `potenzial run --from neighbours` to make it anew."


def _check(path: Path, known: _Description) -> None:
    """Refuse files that memory must not be mapped to: reading past the end of one would kill the process."""
    if known.version != _VERSION:
        raise IndexBrokenError(f"{path}: made by another version of this program. {_AGAIN}")
    if (path / f"{known.digest}.faiss").stat().st_size != known.size:
        raise IndexBrokenError(f"{path / known.digest}.faiss: the file is not whole. {_AGAIN}")


def _whole(path: Path, write: Callable[[Path], object]) -> None:
    partial = path.with_name(path.name + ".partial")
    write(partial)
    partial.replace(path)


def _remove_others(path: Path, digest: str) -> None:
    for old in [*path.glob("*.faiss"), *path.glob("*.parquet"), *path.glob("*.partial")]:
        if old.stem != digest:
            # Another process may still search the old one; where such files cannot be removed, the next save does it.
            with contextlib.suppress(OSError):
                old.unlink()


def _asked(
    engine: "faiss.Index", queries: Array, wanted: int, params: "faiss.SearchParameters | None"
) -> tuple[Array, Rows]:
    similarity, rows = engine.search(queries, wanted, params=params)
    return similarity, rows


def _ordered(similarity: Array, rows: Rows) -> tuple[Array, Rows]:
    """Order each query's candidates by cosine, then row."""
    similarity = similarity.round(_DIGITS)
    order = np.lexsort((rows, -similarity))
    return np.take_along_axis(similarity, order, 1), np.take_along_axis(rows, order, 1)


def _best(similarity: Array, k: int) -> tuple[Array, Rows]:
    """Give the k best of all (m, n) cosines and their places, equals by place."""
    similarity = similarity.round(_DIGITS)
    places = np.argsort(-similarity, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(similarity, places, 1), places


def _measured(engine: "faiss.Index", quality: Quality, floor: float) -> tuple["faiss.Index", Quality]:
    """Raise the effort until recall holds the floor; fall back on exact search."""
    flat = storage(engine, quality.kind)
    queries, k = _sampled(vectors_in(flat)), min(quality.k, quality.companies - 1)
    # The nearest of a company is the company itself, which is no neighbour.
    edge = np.sort(_asked(flat, queries, k + 1, None)[0])[:, :1]
    for effort in ladder(quality.kind, quality.companies):
        found, _ = _asked(engine, queries, k + 1, parameters(quality.kind, effort, None))
        shares = ((found >= edge - 10.0**-_DIGITS).sum(axis=1) - 1).clip(0) / k
        log.debug("%s %s: recall@%d %.4f", quality.kind, effort, k, shares.mean())
        if shares.mean() - _SURE * shares.std() / np.sqrt(len(shares)) >= floor:
            measured = {"recall": round(float(shares.mean()), 4), "sample": len(shares), **effort._asdict()}
            return engine, msgspec.structs.replace(quality, **measured)
    log.warning("%s: recall@%d stays below %.2f for these vectors; the search is exact.", quality.kind, k, floor)
    return made(vectors_in(flat), "flat"), msgspec.structs.replace(quality, kind="flat")


def _sampled(vectors: Array) -> Array:
    return vectors[np.unique(np.linspace(0, len(vectors) - 1, _SAMPLE).astype(np.int64))]
