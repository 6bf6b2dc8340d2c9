"""Commands that read results: `status`, `lookalike` and `explain`."""

from pathlib import Path

import polars as pl
from rich.box import SIMPLE_HEAD
from rich.table import Table

from potenzial import artifact, tables
from potenzial.artifact import Record
from potenzial.commands.output import Output
from potenzial.errors import UnknownIdError
from potenzial.project import TABLES, Project, open_project
from potenzial.report.numbers import Numbers

_NUMBERS = Numbers("en")


def status(config_path: Path, sample: int, output: Output) -> None:
    """Show which stages are done, when, and with how many rows."""
    project = open_project(config_path, sample)
    records = {name: artifact.record(project.stage(name)) for name in TABLES}
    report = project.out / "report.html"
    values = {
        "folder": str(project.folder),
        "stages": {name: _stage_values(known) for name, known in records.items()},
        "report": str(report) if report.exists() else None,
    }
    output(_status_table(project, records, report), values)


def _stage_values(known: Record | None) -> dict[str, object]:
    if known is None:
        return {"done": False}
    return {"done": True, "finished_at": known.finished_at, "seconds": round(known.seconds, 1), "rows": known.rows}


def _status_table(project: Project, records: dict[str, Record | None], report: Path) -> Table:
    table = Table("stage", "finished (UTC)", "seconds", "rows", title=str(project.folder), title_justify="left")
    for name, known in records.items():
        rows = ", ".join(f"{count:,} {what}" for what, count in known.rows.items()) if known else ""
        table.add_row(name, known.finished_at if known else "not yet", f"{known.seconds:.1f}" if known else "", rows)
    table.add_row("report", str(report) if report.exists() else "not yet", "", "")
    return table


def lookalike(config_path: Path, sample: int, customer_id: str, k: int, output: Output) -> None:
    """Show the nearest companies of a customer with what is known of them."""
    from embeddings.lookalike import lookalikes

    project = open_project(config_path, sample)
    companies = tables.read(project, "company_vectors")
    names = tables.read(project, "customers").select("customer_id", "name", "postcode", "city")
    _known(customer_id, names["customer_id"])
    hits = lookalikes(companies, [customer_id], k).select("rank", "neighbour_id", "similarity")
    found = hits.join(names, left_on="neighbour_id", right_on="customer_id", how="left")
    found = _with_potential(project, found).sort("rank")
    output(_hits_table(customer_id, names, found), {"customer_id": customer_id, "lookalikes": found.to_dicts()})


def _with_potential(project: Project, found: pl.DataFrame) -> pl.DataFrame:
    """Add class and potential where the potential stage has run."""
    columns = ("revenue", "potential", "class_revenue", "class_potential")
    if artifact.record(project.stage("lists")) is None:
        return found
    rated = tables.read(project, "potential").select("customer_id", *columns)
    return found.join(rated, left_on="neighbour_id", right_on="customer_id", how="left")


def _hits_table(customer_id: str, names: pl.DataFrame, found: pl.DataFrame) -> Table:
    name = names.filter(pl.col("customer_id") == customer_id)["name"].to_list()
    title = f"Most like {customer_id} {name[0] if name else ''}"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("id", no_wrap=True)
    table.add_column("company", overflow="fold")
    rated = "potential" in found.columns
    for heading in ("alike", *(("class", "12 months", "potential") if rated else ())):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in found.iter_rows(named=True):
        table.add_row(*_hit_cells(row), *(_rated_cells(row) if rated else ()))
    return table


def _hit_cells(row: dict[str, object]) -> tuple[str, ...]:
    place = f"{row['postcode'] or ''} {row['city'] or ''}".strip()
    company = f"{row['name']}, {place}" if place else str(row["name"])
    return (str(row["rank"]), str(row["neighbour_id"]), company, f"{row['similarity']:.2f}")


def _rated_cells(row: dict[str, object]) -> tuple[str, ...]:
    money = [_NUMBERS.money(value) if isinstance(value, float) else "" for value in (row["revenue"], row["potential"])]
    return (f"{row['class_revenue']} > {row['class_potential']}", *money)


def explain(config_path: Path, sample: int, customer_id: str, output: Output) -> None:
    """Show why a customer is rated as it is."""
    from potenzial.commands.explaining import shown
    from scoring.explain import explanation

    project = open_project(config_path, sample)
    rated = tables.read(project, "potential")
    keywords = tables.read(project, "keywords")
    _known(customer_id, rated["customer_id"])
    found = explanation(customer_id, rated, keywords)
    output(shown(found), found.to_dict())


def _known(customer_id: str, ids: pl.Series) -> None:
    """Refuse an id that is not there, and name those that differ in leading zeros, blanks or case only."""
    if customer_id in set(ids):
        return
    plain = pl.lit(customer_id).str.strip_chars().str.to_lowercase().str.strip_chars_start("0")
    alike = ids.to_frame("id").filter(pl.col("id").str.to_lowercase().str.strip_chars_start("0") == plain)["id"].head(3)
    hint = f"Did you mean {' or '.join(alike)}?" if len(alike) else "Ids are written as in the address stock."
    raise UnknownIdError(f"There is no customer `{customer_id}`. {hint}")
