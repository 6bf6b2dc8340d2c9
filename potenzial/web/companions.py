"""What lookalike pages are answered from: the stock of the newest run, and that of a compared configuration beside it.

The latter is loaded for the first question and kept until a run has finished; texts and pages read once stay read.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from potenzial import artifact
from potenzial.lab.kept import Compared, kept
from potenzial.lookalikes.reader import Read, Reader
from potenzial.lookalikes.stock import LookalikeStock, stock_of
from potenzial.project import Project
from potenzial.web.errors import NotFoundError
from potenzial.web.likeness import Likeness
from potenzial.web.stock import Stock
from scoring.potential.sums import sections

_READINGS: Final = 32


@dataclass(frozen=True, eq=False)
class Companions:
    """The companies that can be found, and the section of industries of each (n, null unknown)."""

    stock: LookalikeStock
    sections: pl.Series


class RememberingReader(Reader):
    """Reads each text and page once: votes ask the same question again and again."""

    def __init__(self, project: Project) -> None:
        """Take a project whose stage `embed` has run."""
        super().__init__(project)
        self._readings: OrderedDict[tuple[str, str], Read] = OrderedDict()
        self._busy = threading.Lock()

    def text(self, text: str) -> Read:
        """As `Reader.text`."""
        return self._once(("text", text), super().text)

    def url(self, url: str) -> Read:
        """As `Reader.url`."""
        return self._once(("url", url), super().url)

    def _once(self, key: tuple[str, str], read: Callable[[str], Read]) -> Read:
        with self._busy:
            found = self._readings.pop(key, None) or read(key[1])
            self._readings[key] = found
            while len(self._readings) > _READINGS:
                self._readings.popitem(last=False)
            return found


class Search:
    """Holds what questions of one project are answered from."""

    def __init__(self, project: Project, likeness: Likeness) -> None:
        """Load nothing yet."""
        self._project, self._likeness = project, likeness
        self._loading = threading.Lock()
        self._own: Companions | None = None
        self._other: tuple[LookalikeStock, str, Companions] | None = None
        #: Reads texts and pages with the model of the project.
        self.reader: Reader = RememberingReader(project)

    def own(self, stock: Stock) -> Companions:
        """The companies that go with a stock, with the vectors of the project.

        Raises:
            StageError: the stages up to `embed` have not run.
        """
        held = self._likeness.of(stock)
        with self._loading:
            if self._own is None or self._own.stock is not held:
                self._own = _companions(held)
            return self._own

    def compared(self) -> tuple[Compared, ...]:
        """The configurations of the last comparison whose vectors lie ready."""
        found = kept(self._project.out)
        return () if found is None else tuple(one for one in found.configs if self._vectors(one).is_file())

    def other(self, name: str, own: Companions) -> Companions:
        """The companies with the vectors of a compared configuration.

        Raises:
            NotFoundError: it was not compared, or its vectors are gone.
            ArtifactError: they are damaged.
        """
        config = next((one for one in self.compared() if one.name == name), None)
        if config is None:
            raise NotFoundError(name)
        with self._loading:
            held = self._other
            if held is None or held[0] is not own.stock or held[1] != config.folder:
                self._other = held = (own.stock, config.folder, self._with_vectors(own.stock, config))
            return held[2]

    def _with_vectors(self, own: LookalikeStock, config: Compared) -> Companions:
        folder = self._vectors(config).parent
        companies = artifact.read(folder / "company_vectors.parquet").sort("customer_id")
        facts = own.facts.join(companies.select("customer_id"), on="customer_id", how="semi", maintain_order="left")
        companies = companies.join(facts.select("customer_id"), on="customer_id", how="semi", maintain_order="left")
        return _companions(stock_of(facts, companies, own.keywords, folder / "chunks.parquet"))

    def _vectors(self, config: Compared) -> Path:
        return self._project.data / config.folder / "company_vectors.parquet"


def _companions(stock: LookalikeStock) -> Companions:
    return Companions(stock, pl.Series("section", sections(stock.facts["industry"].to_list()), pl.String))
