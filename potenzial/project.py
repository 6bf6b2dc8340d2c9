"""The project folder: which file lies where."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from potenzial.artifact import Stage, file_digest
from potenzial.config import Config, load
from potenzial.errors import ConfigError, ProjectError
from potenzial.ingest.config import InputConfig
from potenzial.ingest.mapping import is_preset

CONFIG_NAME = "potenzial.toml"

#: The stages in the order they run; names as the command line takes them.
STAGES = ("import", "crawl", "embed", "neighbours", "infer", "potential", "lists", "map", "report")


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
    def index_folder(self) -> Path:
        """Saved index of the company vectors; only an approximate one is worth saving."""
        return self.data / "index"

    @property
    def customers_file(self) -> Path:
        """The user's address stock."""
        return self.folder / self.config.input.customers

    @property
    def input(self) -> InputConfig:
        """How the address stock is read, with the places of database and mapping counted from the project folder."""
        from potenzial.ingest.database import sqlite_path

        given = self.config.input
        mapping = given.mapping if not given.mapping or is_preset(given.mapping) else str(self.folder / given.mapping)
        file = sqlite_path(given.database)
        database = f"sqlite:///{self.folder / file}" if file else given.database
        return msgspec.structs.replace(given, mapping=mapping, database=database)

    def input_digest(self) -> str:
        """Hash of the user's address stock and of the file that maps its columns; empty if there is no stock.

        What a database server holds cannot be seen from here: it is asked again every day.
        """
        from potenzial.ingest.database import sqlite_path

        stock = sqlite_path(self.input.database) or self.customers_file
        if self.config.input.database and not sqlite_path(self.input.database):
            return date.today().isoformat()  # noqa: DTZ011 - the user's day, not that of Greenwich
        if not stock.is_file():
            return ""
        mapping = Path(self.input.mapping)
        mapped = f"+{file_digest(mapping)}" if self.input.mapping and mapping.is_file() else ""
        return file_digest(stock) + mapped + self._purchases_digest()

    @property
    def purchases_file(self) -> Path | None:
        """File with order lines or yearly revenue that the import reads, None without one."""
        named = self.config.input.purchases
        return self.folder / named if named else None

    def _purchases_digest(self) -> str:
        file = self.purchases_file
        return f"+{file_digest(file)}" if file and file.is_file() else ""

    def opt_outs_digest(self) -> str:
        """Hash of the list of domains that are never visited; empty if there is none."""
        listed = self.config.crawl.opt_out_file
        return file_digest(self.folder / listed) if listed and (self.folder / listed).is_file() else ""

    def stage(self, name: str) -> Stage:
        """Files of a stage."""
        return Stage(name, self.data, {table: self._path(table) for table in TABLES[name]})

    def _path(self, table: str) -> Path:
        return (self.out if table == "potential" else self.data) / f"{table}.parquet"


#: Tables that each stage leaves; the report stage leaves no table.
TABLES = {
    "import": ("customers", "rejects", "findings"),
    "crawl": ("pages", "fetches", "verdicts", "organisations", "reservations", "owners"),
    "embed": ("chunks", "company_vectors", "transform", "keywords"),
    "neighbours": ("neighbours", "neighbour_search"),
    "infer": ("inferred",),
    "potential": ("rated", "figures", "gate", "guards"),
    "lists": ("potential", "sums"),
    "map": ("map", "clusters"),
}


def open_project(config_path: Path, sample: int = 0) -> Project:
    """Open the project whose configuration is this file.

    Raises:
        ConfigError: the configuration cannot be read.
    """
    return Project(config_path.resolve().parent, load(config_path), sample)


def ready(project: Project) -> None:
    """Find out before a run whether what it needs is there and what it writes can be written.

    Raises:
        ProjectError: a folder's name is taken by a file.
        ConfigError: a configured file or model folder is missing.
    """
    for folder in (project.folder / "data", project.folder / "out"):
        if folder.exists() and not folder.is_dir():
            raise ProjectError(f"{folder}: this is a file, but a run needs a folder of that name. Move the file away.")
    crawl, model = project.config.crawl, project.config.embedding.model
    for key, name in (("hosts_file", crawl.hosts_file), ("opt_out_file", crawl.opt_out_file)):
        if name and not (project.folder / name).is_file():
            raise ConfigError(f"{project.folder / name}: there is no such file. Mend `{key}` under [crawl].")
    if _is_path(model) and not Path(model).expanduser().is_dir():
        raise ConfigError(f'{model}: there is no such folder. Mend `model` under [embedding], or use "bundled".')


def _is_path(model: str) -> bool:
    """Whether a model is named by its place; names on the model hub hold at most one slash, and not in front."""
    return model.startswith(("/", "./", "../", "~")) or "\\" in model or model.count("/") > 1
