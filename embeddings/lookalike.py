"""Companies that resemble one company or a group of them, and not others."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.company import unit
from embeddings.errors import UnknownCompanyError
from embeddings.neighbours import nearest, vectors_of

#: Between the ids of several seeds in the column customer_id.
SEPARATOR = " + "
#: How far negative examples push beside how far positive ones pull: whoever names a counter-example means it.
PUSH: Final = 0.5
#: How far approved answers pull beside the question itself.
PULL: Final = 0.75
#: Strongest directions that a sketch keeps, and vectors that they are learned from.
_DIRECTIONS: Final = 64
_LEARNED_FROM: Final = 50_000
#: Ids of nearly the same length, as many as are looked through letter by letter.
_SPELLED: Final = 20_000


@dataclass(frozen=True, eq=False)
class Sketch:
    """The n vectors of a large stock in their strongest directions: `axes` (d x m), `short` (n x m).

    A scan of `short` reads a fraction of the memory and says nearly the same; the best are then compared exactly.
    """

    axes: NDArray[np.float32]
    short: NDArray[np.float32]

    def cosines(self, direction: NDArray[np.float32]) -> NDArray[np.float32]:
        """Estimate the cosines of all vectors with a direction (d), shape (n,)."""
        return np.asarray(self.short @ (direction @ self.axes), np.float32)


def sketch(vectors: NDArray[np.float32]) -> Sketch:
    """Keep the directions in which vectors (n, d) of length 1 differ most: the inner product that is lost is least.

    The leading eigenvectors of the second moments (Eckart, Young 1936, doi 10.1007/BF02288367) of rows spread evenly.
    """
    some = vectors[np.unique(np.linspace(0, len(vectors) - 1, min(_LEARNED_FROM, len(vectors))).astype(np.int64))]
    _, directions = np.linalg.eigh((some.T @ some).astype(np.float64))
    axes = np.ascontiguousarray(directions[:, ::-1][:, :_DIRECTIONS], np.float32)
    return Sketch(axes, vectors @ axes)


def lookalikes(companies: pl.DataFrame, ids: Sequence[str], k: int) -> pl.DataFrame:
    """Find the k companies (company_vectors) nearest to the mean of the given ones, which are left out themselves.

    Gives NEIGHBOURS; with several seeds the customer_id is all of them, joined by " + ".
    Raises UnknownCompanyError naming the ids that have no vector.
    """
    seeds = companies.filter(pl.col("customer_id").is_in(list(ids)))
    check_known(ids, seeds["customer_id"])
    mean = aim(vectors_of(seeds), vectors_of(seeds.clear()))[None, :]
    query = pl.DataFrame({"customer_id": [SEPARATOR.join(dict.fromkeys(ids))], "vector": mean, "chunks": [0]})
    pool = companies.filter(~pl.col("customer_id").is_in(list(ids)))
    return nearest(query, pool, k)


def aim(
    liked: NDArray[np.float32], disliked: NDArray[np.float32], approved: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Give the direction to search in, shape (d,), length 1: towards the liked (n, d), away from the disliked (m, d).

    The mean of the former plus `PULL` times the mean of the answers approved (k, d; None: none), less `PUSH` times the
    mean of the disliked (Rocchio 1971, relevance feedback).
    """
    towards = liked.mean(axis=0)
    for weight, vectors in ((PULL, approved), (-PUSH, disliked)):
        if vectors is not None and len(vectors):
            towards = towards + weight * vectors.mean(axis=0)
    found: NDArray[np.float32] = unit(towards[None, :])[0]
    return found


def check_known(ids: Sequence[str], known: pl.Series) -> None:
    """Refuse ids without a vector, and an empty list of them.

    Raises UnknownCompanyError naming them.
    """
    if not ids:
        raise UnknownCompanyError("Name at least one customer whose lookalikes are wanted.")
    there = set(known.filter(known.is_in(list(ids))))
    if unknown := [name for name in dict.fromkeys(ids) if name not in there]:
        raise UnknownCompanyError(
            f"No company vector for customer {', '.join(map(repr, unknown))}: the id is not in the stock, or the "
            "company has neither a website with text nor an own text. " + did_you_mean(unknown[0], known)
        )


def did_you_mean(name: str, known: pl.Series) -> str:
    """Say which ids an unknown one may stand for."""
    close = " or ".join(f"`{one}`" for one in near_ids(name, known))
    return f"Did you mean {close}?" if close else "Check the id's spelling and leading zeros."


def near_ids(name: str, known: pl.Series, most: int = 3) -> list[str]:
    """Give ids that an unknown one may stand for, the likeliest first.

    Those that differ in signs, case and leading zeros only come first, then those with the same digits, then those that
    are spelled nearly alike.
    """
    ids = known.to_frame("id").with_columns(key=_bare(pl.col("id")), digits=_digits(pl.col("id")))
    key, digits = pl.select(key=_bare(pl.lit(name)), digits=_digits(pl.lit(name))).row(0)
    alike = [ids.filter(pl.col("key") == key) if key else ids.clear()]
    alike += [ids.filter(pl.col("digits") == digits)] if digits else []
    found = pl.concat(alike)["id"].unique(maintain_order=True).head(most).to_list()
    return found or _spelled_like(name, known, most)


def _bare(text: pl.Expr) -> pl.Expr:
    return text.str.to_lowercase().str.replace_all(r"[^\pL\pN]", "").str.strip_chars_start("0")


def _digits(text: pl.Expr) -> pl.Expr:
    return text.str.replace_all(r"\D", "").str.strip_chars_start("0")


def _spelled_like(name: str, known: pl.Series, most: int) -> list[str]:
    lengths = known.str.len_chars()
    near = known.filter(lengths.is_between(max(len(name) - 1, 1), len(name) + 1)).head(_SPELLED)
    return difflib.get_close_matches(name, near.to_list(), most, cutoff=0.75)
