"""Residual quantiles by industry."""

import numpy as np

from scoring.potential.conformal import ResidualQuantiles

GRID = np.array([0.5, 0.8, 0.9, 0.95])


def _levels(industries: np.ndarray) -> np.ndarray:
    return np.column_stack([industries, np.full((len(industries), 3), -1)])


def test_unseen_residuals_are_covered_as_promised() -> None:
    """Over many stocks the share of new residuals below the quantile is the quantile."""
    rng = np.random.default_rng(3)
    hits = []
    for _ in range(60):
        industries = rng.integers(0, 4, 400)
        residuals = rng.normal(0, np.array([0.2, 0.3, 0.4, 0.6])[industries])
        fitted = ResidualQuantiles(residuals[:200], _levels(industries[:200]), GRID)
        hits.append((residuals[200:, None] <= fitted.at(_levels(industries[200:]))).mean(axis=0))
    assert np.abs(np.mean(hits, axis=0) - GRID).max() < 0.02


def test_quantiles_never_cross() -> None:
    """For groups of every size each row ascends."""
    rng = np.random.default_rng(4)
    industries = np.repeat(np.arange(40), np.arange(1, 41))
    residuals = rng.standard_t(2, len(industries))
    quantiles = ResidualQuantiles(residuals, _levels(industries), GRID).at(_levels(np.arange(-1, 45)))
    assert (np.diff(quantiles, axis=1) >= 0).all()


def test_small_groups_take_their_parents_bound() -> None:
    """Eight customers bound no 0.9 quantile, so an industry of eight wild ones is treated like the rest."""
    industries = np.repeat([0, 1], [400, 8])
    residuals = np.concatenate([np.linspace(-1, 1, 400), np.full(8, 50.0)])
    fitted = ResidualQuantiles(residuals, _levels(industries), GRID[2:])
    rest, small = fitted.at(_levels(np.array([-1, 1])))
    assert small.tolist() == rest.tolist()
    assert fitted.at(_levels(np.array([77])))[0].tolist() == rest.tolist()


def test_large_groups_keep_their_own_scatter() -> None:
    """With many customers an industry's own scatter wins over the mean of all."""
    rng = np.random.default_rng(5)
    industries = np.repeat([0, 1], 2000)
    residuals = rng.normal(0, np.where(industries == 0, 0.1, 1.0))
    calm, wild = ResidualQuantiles(residuals, _levels(industries), GRID).at(_levels(np.array([0, 1])))
    assert calm[2] < 0.2
    assert wild[2] > 1.1
