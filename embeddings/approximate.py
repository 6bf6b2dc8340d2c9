"""The FAISS indexes behind the search: how each kind is made, how hard it searches, and where it keeps the vectors."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import faiss

Array = NDArray[np.float32]
Kind = Literal["flat", "hnsw", "ivf-pq"]

#: Links of a node in the graph and candidates looked at when it is linked.
_LINKS: Final = 32
_CONSTRUCTION: Final = 64
#: Vectors per list that the lists' centres are learned from, and rounds of learning.
_TRAINING: Final = 40
_ROUNDS: Final = 10
#: Codes of four bits stand for at most this many dimensions each.
_WIDEST_CODE: Final = 8


class Effort(NamedTuple):
    """How hard an index searches; zeros for exact search.

    `probes` are the lists that are read (ivf-pq) or the candidates kept in sight (hnsw); `refine` is how many
    candidates per neighbour wanted are compared anew by their whole vectors (ivf-pq).
    """

    probes: int
    refine: int

    def widened(self, factor: int) -> "Effort":
        """Look at `factor` times as much, for filters that let few pass."""
        return Effort(self.probes * factor, self.refine)


EXACT: Final = Effort(0, 0)


def library() -> Any:  # noqa: ANN401 - FAISS completes its classes while it is imported; checkers see only the bare ones
    """Give FAISS itself."""
    import faiss

    return faiss


def made(vectors: Array, kind: Kind) -> "faiss.Index":
    """Make an index of unit vectors, shape (n, d), by inner product; the same vectors give the same index.

    "flat" compares all (Johnson, Douze, Jégou 2017, arXiv 1702.08734); "hnsw" walks a graph (Malkov, Yashunin 2018,
    arXiv 1603.09320); "ivf-pq" reads few lists of product-quantised vectors (Jégou, Douze, Schmid 2011; four-bit codes
    of André, Kermarrec, Le Scouarnec 2017) and compares the best anew by their whole vectors.
    """
    makers = {"flat": _flat, "hnsw": _graph, "ivf-pq": _lists}
    return makers[kind](vectors)


def _flat(vectors: Array) -> "faiss.Index":
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


def _graph(vectors: Array) -> "faiss.Index":
    import faiss
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

    index = faiss.IndexHNSWFlat(vectors.shape[1], _LINKS, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = _CONSTRUCTION
    # With several threads the graph depends on which of them links its node first.
    with threadpool_limits(1, user_api="openmp"):
        index.add(vectors)
    return index


def _lists(vectors: Array) -> "faiss.Index":
    from threadpoolctl import threadpool_limits

    lib = library()
    companies, dimension = vectors.shape
    lists = list_count(companies)
    factory = f"IVF{lists},PQ{dimension // code_width(dimension)}x4fs"
    codes = lib.index_factory(dimension, factory, lib.METRIC_INNER_PRODUCT)
    codes.cp.niter = codes.pq.cp.niter = _ROUNDS
    # Learning is many short steps, whose threads would mostly wait for each other on a machine that has other work.
    with threadpool_limits(1):
        codes.train(vectors[_spread(companies, max(_TRAINING * lists, 10_000))])
    codes.add(vectors)
    whole: faiss.Index = lib.IndexRefine(codes, _flat(vectors))
    return whole


def list_count(companies: int) -> int:
    """Give the number of lists: twice the root balances finding lists against reading them."""
    return max(1, min(round(2 * math.sqrt(companies)), companies // _TRAINING))


def code_width(dimension: int) -> int:
    """Give how many dimensions one code stands for: the fewest, two or more, that divide the vector evenly."""
    return next((width for width in range(2, _WIDEST_CODE + 1) if dimension % width == 0), 1)


def _spread(companies: int, wanted: int) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, companies - 1, min(wanted, companies)).astype(np.int64))


def storage(index: "faiss.Index", kind: Kind) -> "faiss.IndexFlatIP":
    """Give the exact index inside an index; it lives only as long as the outer one."""
    import faiss

    inner: Any = index
    if kind == "hnsw":
        inner = faiss.downcast_index(inner.storage)
    if kind == "ivf-pq":
        inner = faiss.downcast_index(inner.refine_index)
    flat: faiss.IndexFlatIP = inner
    return flat


def vectors_in(flat: "faiss.IndexFlatIP") -> Array:
    """Show the vectors of an exact index, shape (n, d), without copying them."""
    import faiss

    whole: Array = faiss.rev_swig_ptr(flat.get_xb(), flat.ntotal * flat.d)
    return whole.reshape(flat.ntotal, flat.d)


def ladder(kind: Kind, companies: int) -> Iterator[Effort]:
    """Yield efforts from quick to thorough."""
    if kind == "hnsw":
        yield from (Effort(64 << step, 0) for step in range(7))
    if kind == "ivf-pq":
        lists, step = list_count(companies), 0
        while (8 << step) < 2 * lists:
            yield Effort(min(8 << step, lists), 4 << (step // 2))
            step += 1


def parameters(
    kind: Kind, effort: Effort, passing: "faiss.IDSelector | None", beyond: float = 1.0
) -> "faiss.SearchParameters":
    """Give what a search passes to FAISS; `passing` says which rows may be found.

    Where more are asked for than are wanted, `beyond` times as many, the candidates stay those of the number wanted.
    """
    lib, given = library(), {"sel": passing}
    found: faiss.SearchParameters
    if kind == "hnsw":
        found = lib.SearchParametersHNSW(efSearch=effort.probes, **given)
    elif kind == "ivf-pq":
        lists = lib.SearchParametersIVF(nprobe=effort.probes, **given)
        found = lib.IndexRefineSearchParameters(k_factor=max(effort.refine / beyond, 1.0), base_index_params=lists)
    else:
        found = lib.SearchParameters(**given)
    return found


def selector(rows: NDArray[np.int64], size: int) -> "faiss.IDSelector":
    """Let only these rows of `size` be found."""
    passing = np.zeros(size, np.bool_)
    passing[rows] = True
    bits: faiss.IDSelector = library().IDSelectorBitmap(np.packbits(passing, bitorder="little"))
    return bits
