"""The project folder of the demo."""

from pathlib import Path

import polars as pl
import pytest

from potenzial.config import load
from potenzial.demo.project import write_project
from potenzial.demo.stock import DemoStock, generate
from potenzial.errors import ProjectError
from potenzial.ingest import read_customers
from scoring.schema import CUSTOMERS


def test_the_configuration_is_one_of_the_product(stock: DemoStock, tmp_path: Path) -> None:
    """The configuration loads, visits loopback by its own names only, and says the data is made up."""
    write_project(tmp_path, stock)
    config = load(tmp_path / "potenzial.toml")
    assert config.crawl.allow_loopback
    assert config.crawl.hosts_file
    assert config.report.synthetic
    assert config.report.title


def test_the_address_file_is_read_back_as_it_was_made(stock: DemoStock, tmp_path: Path) -> None:
    """The product's own import finds every row, amount, date, postcode and website again."""
    write_project(tmp_path, stock)
    config = load(tmp_path / "potenzial.toml")
    read = read_customers(tmp_path / config.input.customers, config.input)
    assert read.customers.schema == CUSTOMERS
    assert read.rejects.is_empty()
    made = stock.customers.sort("customer_id")
    found = read.customers.sort("customer_id")
    for name in ("customer_id", "name", "postcode", "revenue", "last_purchase", "owner", "industry"):
        assert found[name].equals(made[name]), name
    best = pl.max_horizontal("revenue", "revenue_2024", "revenue_2025")
    assert found["revenue_best"].to_list() == pytest.approx(made.select(best).to_series().to_list())
    assert found["headcount"].to_list() == made["headcount"].to_list()
    assert found.filter(pl.col("site").is_not_null()).height > 0.85 * made.height


def test_nothing_of_the_hidden_truth_is_written(stock: DemoStock, tmp_path: Path) -> None:
    """No wallet, share of wallet or key of a need stands in any file of the folder."""
    write_project(tmp_path, stock)
    written = "".join(path.read_text(encoding="utf-8-sig") for path in tmp_path.rglob("*") if path.is_file())
    wallets = [f"{value:.2f}" for value in stock.wallets["wallet"]]
    assert not [value for value in wallets if f";{value.replace('.', ',')};" in written or f";{value};" in written]
    assert not [word for word in ("wallet", "share_of", "schweissserie", "fuenfachs", "needs") if word in written]


def test_a_demo_folder_is_written_again(stock: DemoStock, tmp_path: Path) -> None:
    """A second demo replaces the address file and leaves results alone."""
    write_project(tmp_path, stock)
    (tmp_path / "data").mkdir()
    write_project(tmp_path, generate(5, 1))
    assert (tmp_path / "data").is_dir()
    assert len((tmp_path / "customers.csv").read_text(encoding="utf-8").splitlines()) == 6


@pytest.mark.parametrize("name", ["potenzial.toml", "customers.csv", "brief.docx"])
def test_other_peoples_folders_are_left_alone(stock: DemoStock, tmp_path: Path, name: str) -> None:
    """A folder that holds anything else is refused, and nothing in it changes."""
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(ProjectError, match="no demo"):
        write_project(tmp_path, stock)
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [(name, "mine")]


def test_a_file_in_the_place_of_the_folder_is_refused(stock: DemoStock, tmp_path: Path) -> None:
    """A path that is a file is named in the refusal."""
    path = tmp_path / "demo"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(ProjectError, match="demo holds files"):
        write_project(path, stock)
