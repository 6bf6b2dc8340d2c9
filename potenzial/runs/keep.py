"""From the results of a project to a kept run."""

import hashlib
import math
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from potenzial import __version__, artifact, stages, tables
from potenzial.config import Config
from potenzial.owners import with_used_sites
from potenzial.project import Project
from potenzial.runs import store
from potenzial.runs.schema import KEPT, RunRecord
from scoring.classes import potential_class, thresholds
from scoring.potential.evaluation import MODEL
from scoring.schema import POTENTIAL

#: Stages and libraries that bear on an estimate.
_STAGES: Final = ("embed", "neighbours", "infer", "potential", "lists")
_LIBRARIES: Final = ("faiss-cpu", "scikit-learn", "sentence-transformers", "torch", "trafilatura")
_OF_POTENTIAL: Final = tuple(name for name in KEPT if name not in {"site", "text", "postcode", "overridden"})
#: Hexadecimal digits of a digest: sums of two thousand of them fit into 63 bits.
_DIGITS: Final = 13
_SUMMED: Final = ("revenue", "potential", "headroom", "headroom_expected")
_SAME_MOMENT: Final = 1_000


def keep(project: Project, name: str = "") -> RunRecord:
    """Keep what the project now says of all its customers, unless the newest kept run says the same.

    Raises:
        StageError: the lists have not been made.
        RunError: the name cannot be used.
    """
    known = store.every(project.folder)
    if known and known[0].made_from == lists_digest(project):
        return store.rename(project.folder, known[0].run, name) if name else known[0]
    now = current(project, name)
    store.save(project.folder, now, current_customers(project))
    store.prune(project.folder, project.config.run.keep_runs)
    return now


def lists_digest(project: Project) -> str:
    """The digest of the project's lists, by which runs with the same results are known.

    Raises:
        StageError: the lists have not been made.
    """
    return tables.record_of(project, "potential").digests["potential"]


def current(project: Project, name: str = "") -> RunRecord:
    """The record of the project's results as they are now, kept or not."""
    lists, config = _lists(project, _SUMMED), project.config
    limits = thresholds(tables.read(project, "customers")["revenue"], config.classes)
    now = datetime.now(tz=UTC)
    return RunRecord(
        run=_new_id(project.folder, now),
        name=name,
        finished_at=now.isoformat(timespec="seconds"),
        potenzial=__version__,
        customers=lists.height,
        rated=lists["potential"].count(),
        **{column: float(lists[column].sum()) for column in _SUMMED},
        quantile=config.potential.quantile,
        coverage=measured_coverage(tables.read(project, "figures"), config.potential.quantile),
        a=_finite(limits.a),
        b=_finite(limits.b),
        verdict=tables.read(project, "gate")["verdict"].item(),
        settings=settings(config),
        method=_method(),
        made_from=lists_digest(project),
    )


def current_customers(project: Project) -> pl.DataFrame:
    """The project's customers as they are rated now (KEPT)."""
    stock, owners = (tables.read(project, name) for name in ("customers", "owners"))
    limits = thresholds(stock["revenue"], project.config.classes)
    sited = with_used_sites(stock, owners).select("customer_id", "postcode", "site", _own="text")
    digests = site_digests(project.stage("crawl").files["pages"])
    joined = _lists(project, _OF_POTENTIAL).join(sited, on="customer_id", how="left", validate="1:1")
    own = pl.col("_own").map_elements(_digest, return_dtype=pl.Int64)
    some = pl.col("_own").is_not_null() | pl.col("_text").is_not_null()
    text = pl.when(some).then(own.fill_null(0) + pl.col("_text").fill_null(0))
    told = joined.join(digests, on="site", how="left", validate="m:1").with_columns(text=text)
    return (
        told.with_columns(overridden=pl.col("class_potential") != potential_class(limits))
        .select(KEPT.names())
        .match_to_schema(KEPT)
    )


def site_digests(pages: Path) -> pl.DataFrame:
    """Tell the texts of websites apart without holding them all.

    Returns:
        Columns `site` and `_text`, a number that the order of the pages does not change.
    """
    rows = pl.scan_parquet(pages, glob=False).select("site", "text")
    total = pl.scan_parquet(pages, glob=False).select(pl.len()).collect().item()
    parts = [
        rows.slice(start, artifact.ROWS_TOGETHER)
        .collect()
        .select("site", _text=pl.col("text").fill_null("").map_elements(_digest, return_dtype=pl.Int64))
        for start in range(0, total, artifact.ROWS_TOGETHER)
    ]
    empty = pl.DataFrame(schema={"site": pl.String(), "_text": pl.Int64()})
    return pl.concat([empty, *parts]).group_by("site").agg(pl.col("_text").sum())


def settings(config: Config) -> dict[str, str]:
    """Every key of a configuration with its value as text, by "table.key"."""
    plain = msgspec.to_builtins(config)
    return {f"{table}.{key}": _text(value) for table, keys in plain.items() for key, value in keys.items()}


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _method() -> dict[str, str]:
    made = {f"stage {name}": str(stages.VERSIONS[name]) for name in _STAGES}
    return made | {f"library {name}": version(name) for name in _LIBRARIES}


def _digest(text: str) -> int:
    return int(hashlib.blake2b(text.encode()).hexdigest()[:_DIGITS], 16)


def _lists(project: Project, columns: tuple[str, ...]) -> pl.DataFrame:
    """Some columns of the lists; reasons and peers, which make most of the file, stay on disk."""
    return artifact.read_columns(project.stage("lists").files["potential"], POTENTIAL, columns)


def measured_coverage(figures: pl.DataFrame, quantile: float) -> float | None:
    """The share of customers whose revenue stays below the model's quantile, out of fold (FIGURES); None unmeasured."""
    ours = figures.filter((pl.col("model") == MODEL) & (pl.col("quantile") == quantile))["coverage"]
    return ours[0] if len(ours) else None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _new_id(folder: Path, now: datetime) -> str:
    """The moment, with a number behind it when it is taken."""
    stem = now.strftime("%Y%m%d-%H%M%S")
    names = (stem, *(f"{stem}-{number}" for number in range(2, _SAME_MOMENT)))
    return next(name for name in names if not (folder / store.FOLDER / name).exists())
