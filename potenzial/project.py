"""The project folder: which file lies where."""

from dataclasses import dataclass
from pathlib import Path

from potenzial.artifact import Stage
from potenzial.config import Config, load

CONFIG_NAME = "potenzial.toml"

#: The stages in the order they run; names as the command line takes them.
STAGES = ("import", "crawl", "embed", "neighbours", "potential", "lists", "report")


@dataclass(frozen=True)
class Project:
    """A project folder with its configuration; `sample` > 0 keeps the results of a sample apart from the full ones."""

    folder: Path
    config: Config
    sample: int = 0

    @property
    def data(self) -> Path:
        """Folder of the stages' tables."""
        return self.folder / "data" / f"sample-{self.sample}" if self.sample else self.folder / "data"

    @property
    def out(self) -> Path:
        """Folder of the results that people open."""
        return self.folder / "out" / f"sample-{self.sample}" if self.sample else self.folder / "out"

    @property
    def crawl_folder(self) -> Path:
        """Folder of the crawler's frontier; samples share it, so that no page is fetched twice."""
        return self.folder / "data"

    @property
    def vector_store(self) -> Path:
        """Store of encoded chunks; samples share it."""
        return self.folder / "data" / "vectors.sqlite"

    @property
    def customers_file(self) -> Path:
        """The user's address stock."""
        return self.folder / self.config.input.customers

    def stage(self, name: str) -> Stage:
        """Files of a stage."""
        return Stage(name, self.data, {table: self._path(table) for table in TABLES[name]})

    def _path(self, table: str) -> Path:
        return (self.out if table == "potential" else self.data) / f"{table}.parquet"


#: Tables that each stage leaves; the report stage leaves no table.
TABLES = {
    "import": ("customers", "rejects", "findings"),
    "crawl": ("pages", "fetches", "verdicts"),
    "embed": ("chunks", "company_vectors", "centre", "keywords"),
    "neighbours": ("neighbours",),
    "potential": ("rated", "figures", "gate"),
    "lists": ("potential",),
}


def open_project(config_path: Path, sample: int = 0) -> Project:
    """Open the project whose configuration is this file.

    Raises:
        ConfigError: the configuration cannot be read.
    """
    return Project(config_path.resolve().parent, load(config_path), sample)
