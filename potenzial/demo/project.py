"""The demo's project folder: the address file and the configuration that belong to a synthetic stock."""

from pathlib import Path
from typing import Final

import jinja2
import polars as pl

from potenzial.demo.server import ACCESS_LOG_NAME, HOSTS_NAME
from potenzial.demo.stock import DemoStock
from potenzial.errors import ProjectError
from potenzial.project import CONFIG_NAME

CUSTOMERS_NAME: Final = "customers.csv"
#: First line of a demo's configuration: only folders that bear it are written to again.
MARK: Final = "# Demo of Potenzial: synthetic data."


def write_project(folder: Path, stock: DemoStock) -> None:
    """Write the address file and the configuration of a demo; a demo that is there already is replaced.

    Results of an earlier run stay: stages whose inputs did not change need not run again.

    Raises:
        ProjectError: the folder holds something that is no demo.
    """
    if not is_free(folder):
        raise ProjectError(
            f"{folder} holds files that are no demo, so nothing was written. Name another with --folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    # The configuration comes first: its mark lets a demo that was interrupted here start again.
    (folder / CONFIG_NAME).write_text(config_text(stock), encoding="utf-8")
    customers_csv(stock).write_csv(folder / CUSTOMERS_NAME, separator=";", include_bom=True, line_terminator="\r\n")


def is_free(folder: Path) -> bool:
    """Tell whether a folder is missing, empty, or a demo already."""
    if not folder.exists():
        return True
    if not folder.is_dir():
        return False
    config = folder / CONFIG_NAME
    if config.is_file():
        with config.open(encoding="utf-8", errors="replace") as file:
            return file.readline(200).rstrip() == MARK
    return not any(folder.iterdir())


def customers_csv(stock: DemoStock) -> pl.DataFrame:
    """Return the address file as a German ERP writes it: amounts with decimal comma, dates with the day first."""
    amounts = pl.col("revenue", "revenue_2025", "revenue_2024")
    return stock.customers.with_columns(
        amounts.round(2).map_batches(_german, return_dtype=pl.String()),
        pl.col("last_purchase").dt.strftime("%d.%m.%Y"),
    )


def config_text(stock: DemoStock) -> str:
    """Return the configuration of a demo, with comments."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("potenzial.demo", "data"),
        autoescape=False,  # noqa: S701 - TOML, and all values are our own
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    text = environment.get_template("potenzial.toml.j2").render(
        mark=MARK, customers=CUSTOMERS_NAME, hosts=HOSTS_NAME, log=ACCESS_LOG_NAME, stock=stock
    )
    return str(text)


def _german(amounts: pl.Series) -> pl.Series:
    texts = [None if value is None else f"{value:.2f}".replace(".", ",") for value in amounts]
    return pl.Series(amounts.name, texts, dtype=pl.String())
