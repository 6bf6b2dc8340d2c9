"""From the project's tables to the files that people open."""

from datetime import UTC, datetime
from pathlib import Path

from embeddings.map import Atlas
from potenzial import __version__, artifact, manifest, tables
from potenzial.backtests import former
from potenzial.funnel import Coverage, doubtful, failures, funnel
from potenzial.origins import origins
from potenzial.pipeline import Pipeline
from potenzial.project import TABLES, Project
from potenzial.report.data import Fact, ReportData, Timing
from potenzial.runs.between import since_last
from scoring.classes import thresholds
from scoring.target import named

TITLES = {"de": "Umsatzpotenzial im Adressbestand", "en": "Revenue potential of the address stock"}


def write_results(project: Project, pipeline: Pipeline) -> Path:
    """Write report, lists, rejects and manifest; gives the path of the report."""
    from potenzial.export.atlas import write_map
    from potenzial.export.csv import write_lists
    from potenzial.ingest.rejects import write_rejects
    from potenzial.report.html import render

    data = report_data(project, pipeline)
    write_lists(data.customers, project.out, project.config.report.language, project.config.input.target)
    if data.atlas is not None:
        write_map(data.atlas, data.customers, pipeline.table("keywords"), project.out / "map.parquet")
    write_rejects(pipeline.table("rejects"), project.out / "rejects.csv")
    manifest.write(project, data.figures.to_dicts())
    path = project.out / "report.html"
    artifact.write_whole(path, render(data).encode())
    return path


def report_data(project: Project, pipeline: Pipeline) -> ReportData:
    """Gather everything that the report shows."""
    config, customers = project.config, pipeline.table("customers")
    borders, gate = thresholds(customers["revenue"], config.classes), pipeline.table("gate")
    reached = coverage(project)
    return ReportData(
        title=config.report.title or named(TITLES[config.report.language], config.input.target),
        language=config.report.language,
        generated_on=datetime.now(tz=UTC).date(),
        synthetic=config.report.synthetic,
        customers=pipeline.table("potential"),
        figures=pipeline.table("figures"),
        thresholds=(borders.a, borders.b),
        quantile=config.potential.quantile,
        interval=config.potential.interval,
        gate=gate["verdict"].item(),
        verdict=gate[f"reason_{config.report.language}"].item(),
        guards=pipeline.table("guards"),
        sums=pipeline.table("sums"),
        funnel=funnel(reached),
        failures=failures(reached),
        doubtful=doubtful(reached),
        facts=_facts(project),
        timings=_timings(project),
        atlas=_atlas(project),
        backtest=former(project),
        change=since_last(project),
        target=config.input.target,
        origins=origins(project),
        visits=config.report.visits,
    )


def coverage(project: Project) -> Coverage:
    """Gather what says how far each customer got; without ratings as long as none are made.

    Raises:
        StageError: the websites have not been read yet.
    """
    names = ("customers", "verdicts", "owners", "fetches")
    customers, verdicts, owners, fetches = (tables.read(project, name) for name in names)
    rated = tables.read(project, "rated") if artifact.record(project.stage("potential")) else None
    return Coverage(customers, verdicts, owners, fetches, rated)


def _atlas(project: Project) -> Atlas | None:
    """Read the map; None for results that were made without one."""
    if artifact.record(project.stage("map")) is None:
        return None
    return Atlas(tables.read(project, "map"), tables.read(project, "clusters"))


def _facts(project: Project) -> tuple[Fact, ...]:
    return (
        Fact("Adressdatei", "address file", project.config.input.customers),
        Fact("Prüfsumme der Adressdatei", "digest of the address file", project.input_digest()),
        Fact("Version", "version", __version__),
        Fact("Embedding-Modell", "embedding model", manifest.model_name(project)),
        Fact("Zufallsstartwert", "seed", str(project.config.potential.seed)),
    )


def _timings(project: Project) -> tuple[Timing, ...]:
    known = (artifact.record(project.stage(name)) for name in TABLES)
    return tuple(Timing(record.stage, record.seconds) for record in known if record)
