"""Ridge regressions from sums over parts of the data, so that a fold is left out by subtracting its sums.

With ten folds a model is fitted eleven times on one pass over the data, and no design lies in memory as a whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy import sparse

from scoring.customers import Floats

#: One part of a design: m rows of p columns.
Design: TypeAlias = Floats | sparse.csr_matrix


@dataclass(frozen=True)
class Moments:
    """Number of rows, sums of p columns and of the target, products of columns (p x p) and with the target (p)."""

    rows: int
    columns: Floats
    target: float
    products: Floats
    crossed: Floats

    def minus(self, part: "Moments") -> "Moments":
        """Give the sums over the rows that are not in a part of them."""
        return Moments(
            self.rows - part.rows,
            self.columns - part.columns,
            self.target - part.target,
            self.products - part.products,
            self.crossed - part.crossed,
        )


def size(design: Design) -> tuple[int, int]:
    """Give rows and columns of a design."""
    rows, columns = design.shape  # pyright: ignore[reportGeneralTypeIssues]  # stubs of SciPy allow None
    return int(rows), int(columns)


def moments_of(designs: Sequence[Design], target: Floats) -> Moments:
    """Add up a design given in parts of rows (m_i x p) and its target (n, the sum of m_i)."""
    width = size(designs[0])[1]
    columns, products, crossed = np.zeros(width), np.zeros((width, width)), np.zeros(width)
    start = 0
    for design in designs:
        own = target[start : start + size(design)[0]]
        start += size(design)[0]
        columns += np.asarray(design.sum(axis=0)).ravel()
        products += _product(design)
        crossed += design.T @ own
    return Moments(len(target), columns, float(target.sum()), products, crossed)


def _product(design: Design) -> Floats:
    product = design.T @ design
    return np.asarray(product.toarray() if isinstance(product, sparse.csr_matrix | sparse.csc_matrix) else product)


def total(parts: Sequence[Moments]) -> Moments:
    """Add up the sums of several parts."""
    return Moments(
        sum(part.rows for part in parts),
        np.sum([part.columns for part in parts], axis=0),
        sum(part.target for part in parts),
        np.sum([part.products for part in parts], axis=0),
        np.sum([part.crossed for part in parts], axis=0),
    )


class Ridge:
    """Ridge regression with an intercept that is not penalised (Hoerl and Kennard 1970, doi 10.2307/1267351)."""

    def __init__(self, moments: Moments, penalty: float) -> None:
        """Fit from the sums over all rows."""
        rows = max(moments.rows, 1)
        mean, middle = moments.columns / rows, moments.target / rows
        gram = moments.products - rows * np.outer(mean, mean) + penalty * np.eye(len(mean))
        solved = np.linalg.solve(gram, moments.crossed - rows * middle * mean)
        self.coefficients_: Floats = np.asarray(solved, dtype=np.float64)
        self.intercept_ = middle - float(mean @ self.coefficients_)

    def predict(self, designs: Sequence[Design]) -> Floats:
        """Expected target of all parts of a design (n)."""
        found = np.concatenate([np.asarray(design @ self.coefficients_) for design in designs])
        return np.asarray(found + self.intercept_, dtype=np.float64)


def ridges(folds: Sequence[Moments], penalty: float) -> list[Ridge]:
    """Fit without each fold, then on all of them: the last one, -1, leaves nothing out."""
    everything = total(folds)
    return [*(Ridge(everything.minus(fold), penalty) for fold in folds), Ridge(everything, penalty)]
