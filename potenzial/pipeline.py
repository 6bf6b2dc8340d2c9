"""The main job: which stage reads and writes which files, and which of them have to be made."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version

import msgspec
import polars as pl

from crawler.config import CrawlConfig, Visits
from embeddings.encoders import Encoders
from potenzial import __version__, artifact, stages, tables
from potenzial.artifact import Frames, Record, key_of
from potenzial.errors import ConfigError
from potenzial.overrides import active_overrides, overrides_digest
from potenzial.owners import Claims, claims
from potenzial.progress import Advance, Reporter, duration
from potenzial.project import STAGES, TABLES, Project

logger = logging.getLogger(__name__)

#: Libraries whose version changes what a stage gives.
LIBRARIES = {
    "import": ("polars",),
    "crawl": ("trafilatura",),
    "embed": ("sentence-transformers", "transformers", "torch"),
    "neighbours": ("faiss-cpu",),
    "infer": ("scikit-learn", "wz-code"),
    "potential": ("scikit-learn",),
    "lists": (),
    "map": ("scikit-learn",),
}

#: Tables that each stage reads.
READS: Mapping[str, tuple[str, ...]] = {
    "import": (),
    "crawl": ("customers",),
    "embed": ("customers", "pages", "organisations", "owners"),
    "neighbours": ("company_vectors", "chunks", "transform"),
    "infer": ("customers", "owners", "pages", "organisations", "company_vectors", "transform", "neighbours"),
    "potential": ("customers", "owners", "company_vectors", "chunks"),
    "lists": ("customers", "owners", "rated", "keywords"),
    "map": ("customers", "company_vectors", "keywords"),
}


@dataclass(frozen=True)
class Span:
    """The stages a run goes through: made anew from `first` on (when given), up to and including `last`."""

    first: str = ""
    last: str = ""

    def __post_init__(self) -> None:
        """Refuse names that are no stages.

        Raises:
            ConfigError: a name is unknown, or the first stage comes after the last.
        """
        for name in (self.first, self.last):
            if name and name not in STAGES:
                raise ConfigError(f"there is no stage `{name}`. Stages are: {', '.join(STAGES)}.")
        if self.first and self.last and STAGES.index(self.first) > STAGES.index(self.last):
            raise ConfigError(f"--from {self.first} comes after --until {self.last}. Swap them or leave one out.")

    @property
    def tables(self) -> tuple[str, ...]:
        """Stages that leave tables, up to the last one asked for."""
        end = STAGES.index(self.last) + 1 if self.last else len(STAGES)
        return tuple(name for name in STAGES[:end] if name in TABLES)

    @property
    def reports(self) -> bool:
        """Whether the report is written at the end."""
        return self.last in {"", "report"}

    def forces(self, name: str) -> bool:
        """Whether a stage is made anew even if nothing changed."""
        return bool(self.first) and STAGES.index(name) >= STAGES.index(self.first)


@dataclass(frozen=True)
class Plan:
    """What a run would do with one stage."""

    stage: str
    fresh: bool
    detail: str


class Pipeline:
    """Runs the stages of one project."""

    def __init__(
        self, project: Project, reporter: Reporter, check: Callable[[], None] = lambda: None, visits: Visits = "due"
    ) -> None:
        """Take a project; `check` is called at every unit of work and may raise to end the run.

        `visits` says which websites the crawl stage visits.
        """
        self._project, self._reporter, self._check = project, reporter, check
        self._visits: Visits = visits
        self._encoders = Encoders()

    def run(self, span: Span) -> tuple[Record, ...]:
        """Make what is missing or out of date, in order."""
        return tuple(self._stage(name, span) for name in span.tables)

    def plan(self, span: Span) -> tuple[Plan, ...]:
        """Say for each stage whether it is fresh, without doing anything."""
        plans: list[Plan] = []
        for name in span.tables:
            upstream = all(plan.fresh for plan in plans)
            plans.append(self._plan(name, span, upstream=upstream))
        return tuple(plans)

    def _plan(self, name: str, span: Span, *, upstream: bool) -> Plan:
        kept = self._kept(name, self._key(name), span) if upstream else None
        return Plan(name, kept is not None, f"{sum(kept.rows.values()):,} rows" if kept else "to be made")

    def _kept(self, name: str, key: str, span: Span) -> Record | None:
        """The record of a stage that need not be made anew."""
        if span.forces(name):
            return None
        known = artifact.fresh(self._project.stage(name), key)
        return None if known is None or self._due(name) else known

    def _stage(self, name: str, span: Span) -> Record:
        stage, key = self._project.stage(name), self._key(name)
        if kept := self._kept(name, key, span):
            logger.info("%s: unchanged, kept from %s", name, kept.finished_at)
            return kept
        with self._reporter.stage(name, stages.UNITS[name]) as advance:
            new = artifact.make(stage, key, lambda: self._build(name, self._checked(advance)))
        logger.info("%s: %s in %s", name, _counts(new.rows), duration(new.seconds))
        return new

    def _checked(self, advance: Advance) -> Advance:
        """Let the run end at any progress that is told."""

        def tell(done: int, total: int) -> None:
            self._check()
            advance(done, total)

        return tell

    def relist(self) -> Record:
        """Make the lists from what is there, without touching the stages before them.

        Raises:
            StageError: a stage before them has not run.
        """
        return self._stage("lists", Span())

    def _due(self, name: str) -> bool:
        """Whether websites are to be visited although neither addresses nor settings changed."""
        if name != "crawl":
            return False
        from crawler.crawl import outlook

        config = crawl_config(self._project)
        return outlook(self.claims().sites, config, self._project.crawl_folder).to_visit > 0

    def _key(self, name: str) -> str:
        inputs = {f"library {library}": version(library) for library in LIBRARIES[name]}
        inputs |= {"potenzial": __version__, **self._input_digests(name)}
        return key_of(name, stages.VERSIONS[name], self._settings(name), inputs)

    def _input_digests(self, name: str) -> dict[str, str]:
        if name == "import":
            return {"customers file": self._project.input_digest(), "sample": str(self._project.sample)}
        inputs = {"opt-outs": self._project.opt_outs_digest()} if name == "crawl" else {}
        inputs |= {"overrides": overrides_digest(self._project.folder)} if name == "lists" else {}
        return inputs | {table: tables.record_of(self._project, table).digests[table] for table in READS[name]}

    def _settings(self, name: str) -> object:
        config = self._project.config
        settings = {
            "import": (config.input, config.backtest.columns, config.backtest.first_month)
            if config.input.purchases
            else config.input,
            "crawl": config.crawl,
            "embed": config.embedding,
            "neighbours": (config.neighbours, config.embedding.pooling),
            "infer": config.infer,
            "potential": (config.potential, config.input.target),
            "lists": (config.classes, config.input.target),
            "map": config.map,
        }
        return settings[name]

    def _build(self, name: str, advance: Advance) -> Frames:
        builders: dict[str, Callable[[Advance], Frames]] = {
            "import": lambda advance: stages.import_customers(self._project, advance),
            "crawl": self._crawl,
            "embed": self._embed,
            "neighbours": self._neighbours,
            "infer": self._infer,
            "potential": self._potential,
            "lists": self._lists,
            "map": self._map,
        }
        frames = builders[name](advance)
        return {table: tables.matched(table, frame) for table, frame in frames.items()}

    def _crawl(self, advance: Advance) -> Frames:
        config = crawl_config(self._project)
        customers, folder = self.table("customers"), self._project.crawl_folder
        return stages.crawl_sites(customers, config, folder, self._visits, advance)

    def _embed(self, advance: Advance) -> Frames:
        config, store = self._project.config.embedding, self._project.vector_store
        return stages.embed(self.texts(), config, store, advance, self._encoders)

    def texts(self) -> stages.Texts:
        """Read whose texts are encoded.

        Raises:
            StageError: the crawl has not run.
        """
        return stages.Texts(
            self.table("customers"), self.table("pages"), self.table("organisations"), self.table("owners")
        )

    def _neighbours(self, advance: Advance) -> Frames:
        config, companies = self._project.config, self.table("company_vectors")
        if config.embedding.pooling != "maxsim":
            return stages.neighbours(companies, config, advance, self._project.index_folder)
        chunks, fitted = self.table("chunks"), self.table("transform")
        return stages.neighbours_by_chunk(
            stages.Encoded(companies, chunks, fitted, self._project.vector_store), config, advance, self._encoders
        )

    def _infer(self, advance: Advance) -> Frames:
        seen = stages.Seen(**{name: self.table(name) for name in READS["infer"]})
        store = self._project.vector_store
        return stages.infer_facts(seen, self._project.config, store, advance, self._encoders)

    def _potential(self, advance: Advance) -> Frames:
        stock = stages.Stock(*(self.table(name) for name in READS["potential"]))
        return stages.potential(stock, self._project.config, advance)

    def _lists(self, advance: Advance) -> Frames:
        read = {name: self.table(name) for name in READS["lists"]}
        rated = stages.Rated(**read, overrides=active_overrides(self._project.folder))
        return stages.lists(rated, self._project.config, advance)

    def _map(self, advance: Advance) -> Frames:
        names = ("customers", "company_vectors", "keywords")
        customers, companies, keywords = (self.table(name) for name in names)
        mapped = stages.Mapped(customers, companies, keywords, tables.former(self._project, "map"))
        return stages.draw_map(mapped, self._project.config, advance)

    def claims(self) -> Claims:
        """Tell which websites a crawl visits, and whose they are said to be.

        Raises:
            StageError: the customers are not imported yet.
        """
        return claims(self.table("customers"), self._project.config.crawl)

    def table(self, name: str) -> pl.DataFrame:
        """Read a table of the project.

        Raises:
            StageError: its stage has not run.
            ArtifactError: the file is damaged.
        """
        return tables.read(self._project, name)


def crawl_config(project: Project) -> CrawlConfig:
    """The crawl's settings with paths made absolute, so that a project can be run from any folder."""
    config = project.config.crawl
    hosts, opt_outs = (str(project.folder / name) if name else "" for name in (config.hosts_file, config.opt_out_file))
    archives = tuple(str(project.folder / name) for name in config.warc_files)
    return msgspec.structs.replace(config, hosts_file=hosts, opt_out_file=opt_outs, warc_files=archives)


def _counts(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {table.replace('_', ' ')}" for table, count in rows.items())
