"""Which customers of a stock belong together: one website, one VAT id, or nearly the same text.

Two notions, both found by union-find (Galler and Fisher 1964, doi 10.1145/364099.364331):

- a *family* shares a website or a VAT id: branches of one company, whose potential is estimated once and allocated;
- a *group* is a family and all whose texts are near duplicates of one of its: they never lie in two folds. They need
  not be one company (agencies and franchises reuse texts), so nothing is allocated within a group.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Vectors = NDArray[np.float32]

#: Cosine of company vectors from which on two texts are near duplicates.
ALIKE: Final = 0.98
#: Shorter texts are the same by chance.
_LEAST_TEXT: Final = 100
#: Alike texts of more customers than this share of the stock, and more than a handful, are a notice and no family.
_MOST_SHARE: Final = 0.02
_HANDFUL: Final = 20
_VAT_ID: Final = re.compile(r"[A-Z]{2}(?=.*[1-9])[0-9A-Z+*]{7,13}")
_BYTES_OF_HASH: Final = 8
#: Signs of random projections (Charikar 2002, doi 10.1145/509907.509965): vectors with a cosine of 0.98 differ in one
#: of 16 signs in 64 of 100 draws, in each of 16 draws in 1 of 1,000.
_SIGNS: Final = 16
_DRAWS: Final = 16
#: Members of one bucket that are compared with each other.
_BUCKET: Final = 512


def company_keys(customers: pl.DataFrame) -> list[list[str | None]]:
    """Give what proves that customers (CUSTOMERS) are one company: site and VAT id of each row, None where unknown."""
    vat = [value if value and _VAT_ID.fullmatch(value) else None for value in customers["vat_id"]]
    return [[site or None for site in customers["site"]], vat]


def text_keys(customers: pl.DataFrame) -> list[str | None]:
    """Give a digest of the user's own text about each customer (CUSTOMERS), None where it is short."""
    plain = (" ".join(text.casefold().split()) if text else "" for text in customers["text"])
    return [hashlib.blake2b(text.encode()).hexdigest() if len(text) >= _LEAST_TEXT else None for text in plain]


def linked(keys: Iterable[Sequence[str | None]], customers: int) -> Iterator[tuple[int, int]]:
    """Give pairs of rows that share a key; each row is paired with the first one that has it."""
    for column in keys:
        first: dict[str, int] = {}
        for row in range(customers):
            key = column[row]
            if key is not None and first.setdefault(key, row) != row:
                yield first[key], row


def components(customers: int, pairs: Iterable[tuple[int, int]]) -> Ints:
    """Number the connected components of n customers (n), by the lowest row in each."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    graph = coo_array((np.ones(len(edges), dtype=np.int8), (edges[:, 0], edges[:, 1])), shape=(customers, customers))
    _, labels = connected_components(graph, directed=False)
    _, first, rows = np.unique(labels, return_index=True, return_inverse=True)
    lowest: Ints = first[rows].astype(np.int64)
    return lowest


def labelled(component: Ints, names: Sequence[str]) -> Ints:
    """Number components by a hash of the least name in each: the same whatever else is in the stock."""
    least: dict[int, str] = {}
    for number, name in zip(component.tolist(), names, strict=True):
        least[number] = min(least.get(number, name), name)
    hashes = {number: stable_hash(name) for number, name in least.items()}
    return np.array([hashes[number] for number in component.tolist()], dtype=np.int64)


def stable_hash(key: str) -> int:
    """Hash a text to 63 bits, the same on every machine and in every run."""
    digest = hashlib.blake2b(key.encode(), digest_size=_BYTES_OF_HASH).digest()
    return int.from_bytes(digest, "big") >> 1


def common(pairs: Sequence[tuple[int, int]], customers: int) -> list[tuple[int, int]]:
    """Leave out pairs of texts that more customers share than a family has: a parked page, a cookie notice."""
    sizes = np.bincount(components(customers, pairs), minlength=customers)
    label = components(customers, pairs)
    most = max(_HANDFUL, _MOST_SHARE * customers)
    return [pair for pair in pairs if sizes[label[pair[0]]] <= most]


def alike(vectors: Vectors, seed: int) -> list[tuple[int, int]]:
    """Give pairs of rows of normalised vectors (n x d) with a cosine of ALIKE or more; zero rows are alike to none.

    Every pair is found with a probability of 0.999 or more; time and memory grow with n, not with its square. Of more
    than 512 rows in one bucket only those next to each other are compared.
    """
    rows = np.flatnonzero(np.abs(vectors).sum(axis=1) > 0)
    if len(rows) < _PAIR:
        return []
    random = np.random.default_rng(seed)
    found: set[tuple[int, int]] = set()
    for _ in range(_DRAWS):
        planes = random.normal(size=(vectors.shape[1], _SIGNS)).astype(np.float32)
        code = (vectors[rows] @ planes > 0) @ (1 << np.arange(_SIGNS))
        order = np.argsort(code, kind="stable")
        for bucket in _buckets(rows[order], code[order]):
            found.update(_close(vectors, bucket))
    return sorted(found)


_PAIR: Final = 2


def _buckets(rows: Ints, codes: Ints) -> Iterator[Ints]:
    starts = np.flatnonzero(np.diff(codes)) + 1
    for bucket in np.split(rows, starts):
        for start in range(0, len(bucket), _BUCKET):
            yield bucket[start : start + _BUCKET]


def _close(vectors: Vectors, bucket: Ints) -> Iterator[tuple[int, int]]:
    if len(bucket) < _PAIR:
        return
    bucket = np.sort(bucket)
    one, other = np.nonzero(np.triu(vectors[bucket] @ vectors[bucket].T >= ALIKE, 1))
    yield from zip(bucket[one].tolist(), bucket[other].tolist(), strict=True)
