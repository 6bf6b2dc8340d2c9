"""What every published sum carries with it: the quantile that potential is, and how often it holds."""

from dataclasses import dataclass

import polars as pl

from potenzial import tables
from potenzial.project import Project
from potenzial.web.words import Words


@dataclass(frozen=True)
class Basis:
    """The quantile of the potential, and the share of customers out of fold that it covers; None if not known."""

    quantile: float
    coverage: float | None

    def said(self, words: Words) -> str:
        """The sentence that stands beside sums."""
        gaps = {"quantile": words.numbers.decimal(self.quantile, 2)}
        if self.coverage is None:
            return words.say("basis.unknown", gaps)
        return words.say("basis.known", {**gaps, "coverage": words.numbers.percent(self.coverage, 1)})


def basis_of(project: Project) -> Basis:
    """Read what the last run found.

    Raises:
        StageError: the potential has not been estimated yet.
    """
    quantile = project.config.potential.quantile
    ours = (pl.col("model") == "potenzial") & (pl.col("quantile") == quantile)
    found = tables.read(project, "figures").filter(ours)["coverage"].drop_nulls().to_list()
    return Basis(quantile, found[0] if found else None)
