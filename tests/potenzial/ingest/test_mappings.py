"""Mappings kept in files: presets, and what `potenzial check --write-mapping` writes."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from potenzial.cli import app
from potenzial.ingest import Import, check
from potenzial.ingest.columns import is_ours, propose, rivals
from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import ColumnsError, FileError
from potenzial.ingest.mapping import PRESETS, load_mapping
from potenzial.usertable import column_names

Reader = Callable[..., Import]
Writer = Callable[[str | bytes], Path]
STOCK = "Kd-Nr.;Firma;Umsatz 2024;Fax\n007;A;5,50;1\n8;B;;2\n"


@pytest.mark.parametrize("name", PRESETS)
def test_presets_name_what_is_needed(name: str) -> None:
    """Every preset is valid, knows id and name, and maps to our columns only."""
    mapping = load_mapping(name)
    ours = {*mapping.columns, *mapping.first_filled, *mapping.joined}
    assert {"customer_id", "name"} <= ours
    assert all(map(is_ours, ours))


def test_configured_columns_go_before_a_mapping(read: Reader) -> None:
    """A line in [input.columns] wins over the preset, and the preset over our own names."""
    content = "KUNNR;NAME1;Firma;name\n1;A;B;C\n"
    assert read(content, mapping="sap").customers["name"].to_list() == ["A"]
    assert read(content, mapping="sap", columns={"name": "Firma"}).customers["name"].to_list() == ["B"]


def test_mapping_file(read: Reader, tmp_path: Path) -> None:
    """A single name has to be there, of several the first that is there counts, and an empty one leaves out."""
    path = tmp_path / "m.toml"
    path.write_text('[columns]\ncustomer_id = "Nr"\nname = ["Firma", "Kunde"]\ncity = ""\n')
    customers = read("Nr;Kunde;city\n1;A;x\n", mapping=str(path)).customers
    assert customers.select("customer_id", "name", "city").rows() == [("1", "A", None)]
    with pytest.raises(ColumnsError, match="maps customer_id to 'Nr', but there is no such column"):
        read("Id;Kunde\n1;A\n", mapping=str(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[columns\n", "not a mapping"),
        ("[colums]\n", "not a mapping"),
        ('[columns]\nnam = "x"\n', "is none of our columns"),
    ],
)
def test_damaged_mapping(read: Reader, tmp_path: Path, content: str, message: str) -> None:
    """A mapping that is no TOML, has another table or maps to what we do not know is refused."""
    (tmp_path / "m.toml").write_text(content)
    with pytest.raises(ColumnsError, match=message):
        read("customer_id;name\n1;A\n", mapping=str(tmp_path / "m.toml"))


def test_missing_mapping(read: Reader) -> None:
    """A mapping that is not there is answered with the presets."""
    with pytest.raises(ColumnsError, match=r"no such mapping(?s:.*)datev"):
        read("customer_id;name\n1;A\n", mapping="/nowhere/x.toml")


def test_written_mapping_is_used_once_it_is_set(tmp_path: Path) -> None:
    """What check writes maps the file as proposed, is never overwritten, and does nothing before it is configured."""
    config = tmp_path / "potenzial.toml"
    config.write_text("[input]\n")
    (tmp_path / "customers.csv").write_text(STOCK)
    runner = CliRunner()
    told = runner.invoke(app, ["check", "--write-mapping", "--config", str(config)])
    assert told.exit_code == 0
    assert 'mapping = "mapping.toml"' in told.output
    columns = tomllib.loads((tmp_path / "mapping.toml").read_text("utf-8"))["columns"]
    assert columns == {"customer_id": "Kd-Nr.", "name": "Firma", "revenue_2024": "Umsatz 2024"}
    assert runner.invoke(app, ["check", "--config", str(config)]).exit_code == 2
    config.write_text('[input]\nmapping = "mapping.toml"\n')
    assert runner.invoke(app, ["check", "--config", str(config)]).exit_code == 0
    again = runner.invoke(app, ["check", "--write-mapping", "--config", str(config)])
    assert again.exit_code != 0


def test_values_weigh_on_the_confidence() -> None:
    """A name that the values contradict is proposed with low confidence and with the reason."""
    (good,) = propose(["PLZ"], (), {0: ["01067", "80331"]}, {})
    (bad,) = propose(["PLZ"], (), {0: ["Hauptstraße 5 a", "Am Markt 12, Hof"]}, {})
    assert (good.confidence, bad.confidence) == ("high", "low")
    assert "do not look like postcodes" in bad.why


@pytest.mark.parametrize(
    ("values", "ours"),
    [
        (["DE123456789", "ATU12345678"], "vat_id"),
        (["HRB 12345", "Amtsgericht Ulm HRB 1"], "register_number"),
        (["a.de", "www.b.com"], "website"),
    ],
)
def test_values_alone_propose(values: list[str], ours: str) -> None:
    """Columns with names that say nothing are recognised by telling values."""
    assert [(one.ours, one.confidence) for one in propose(["Feld 7"], (), {0: values}, {})] == [(ours, "low")]


def test_rivals_are_told(write: Writer) -> None:
    """Where two columns may be the same of ours, the message says so and what to write."""
    facts = check(write("Kundennummer;Debitor;Firma\n1;2;A\n"), InputConfig())
    assert 'customer_id = "Debitor"' in " ".join(facts.findings)
    assert rivals(["Firma"], propose(["Firma"], (), {}, {})) == ()


def test_datev_of_bookings(read: Reader) -> None:
    """A DATEV file that holds no customers says what it holds."""
    with pytest.raises(FileError, match=r"'Buchungsstapel' \(category 21\), not customers"):
        read('"EXTF";700;21;"Buchungsstapel";9\nUmsatz;Konto\n1,0;10000\n', mapping="datev")


def test_other_tables_do_not_use_the_mapping_of_the_stock(write: Writer) -> None:
    """Order lines and feedback are read as they are, whatever maps the address stock or gives it."""
    config = InputConfig(mapping="/nowhere/x.toml", database="sqlite:///nowhere.db", query="select 1")
    assert column_names(write("customer_id;note\n1;A\n"), config) == ("customer_id", "note")
