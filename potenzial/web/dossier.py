"""Everything that is known of one customer, read for one page: rating, facts with their sources, answers of reps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from potenzial.feedback import FOLDER
from potenzial.project import Project
from potenzial.tables import producer
from potenzial.web.stock import Portfolio
from potenzial.web.territory import explained
from scoring.evidence import part_of_stock
from scoring.explain import Explanation, explanation_among

Row = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Dossier:
    """One customer: its row of the results, why it is rated so, and rows of other tables (empty where there is none).

    `address` is its row of the address stock, `inferred` what was inferred of it, `sites` whose websites were held
    against it, `answers` what reps said of it, newest first.
    """

    row: Row
    explanation: Explanation
    address: Row
    inferred: Row
    sites: tuple[Row, ...]
    answers: tuple[Row, ...]


def dossier(portfolio: Portfolio, customer_id: str) -> Dossier:
    """Collect what a reader may see of a customer.

    Raises:
        NotFoundError: there is no such customer, or it is another owner's.
    """
    found = portfolio.rows(pl.Series([portfolio.place(customer_id)], dtype=pl.UInt32))
    project = portfolio.stock.project
    return Dossier(
        row=found.row(0, named=True),
        explanation=explanation_of(portfolio, customer_id),
        address=_first(_of_customer(project, "customers", customer_id)),
        inferred=_first(_of_customer(project, "inferred", customer_id)),
        sites=tuple(_of_customer(project, "owners", customer_id).iter_rows(named=True)),
        answers=_answers(project, customer_id),
    )


def explanation_of(portfolio: Portfolio, customer_id: str) -> Explanation:
    """Say why a customer is rated as it is; of foreign peers only the class is told. Raises as `dossier`."""
    place = pl.Series([portfolio.place(customer_id)], dtype=pl.UInt32)
    stock, row = portfolio.stock, portfolio.stock.rows(place)
    peers = row["peers"].explode().struct.field("customer_id").drop_nulls()
    few = pl.concat([place, stock.places(peers).drop_nulls()]).unique()
    customers = stock.frame.select(pl.col("customer_id", "name", "class_revenue", "revenue").gather(few))
    named = customers.with_columns(pl.col("class_revenue").cast(pl.String))
    keywords = _among(stock.project, "keywords", named["customer_id"])
    found = explanation_among(row, named, part_of_stock(named, keywords, stock.bands))
    return explained(found, portfolio.foreign(row))


def _first(rows: pl.DataFrame) -> Row:
    return rows.row(0, named=True) if rows.height else {}


def _of_customer(project: Project, table: str, customer_id: str) -> pl.DataFrame:
    return _among(project, table, pl.Series([customer_id]))


def _among(project: Project, table: str, ids: pl.Series) -> pl.DataFrame:
    """Read the rows of one or more customers."""
    path = project.stage(producer(table)).files[table]
    if not path.is_file():
        return pl.DataFrame({"customer_id": []}, schema={"customer_id": pl.String})
    # One scan an id: only an equality lets the reader skip the parts of a sorted file that cannot hold the id.
    scans = [pl.scan_parquet(path, glob=False).filter(pl.col("customer_id") == one) for one in ids]
    return pl.concat(pl.collect_all(scans))


def _answers(project: Project, customer_id: str) -> tuple[Row, ...]:
    path = project.folder / FOLDER / "answers.parquet"
    if not path.is_file():
        return ()
    found = pl.scan_parquet(path, glob=False).filter(pl.col("customer_id") == customer_id).collect()
    return tuple(found.sort("answered_on", descending=True).iter_rows(named=True))
