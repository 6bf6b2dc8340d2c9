from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from potenzial.config import BacktestConfig
from potenzial.errors import ConfigError
from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import InputError
from potenzial.pipeline import Pipeline, Span
from potenzial.progress import LogReporter
from potenzial.project import open_project
from potenzial.purchases import Purchases, read_purchases, year_columns
from potenzial.spreadsheet import safe
from potenzial.usertable import unescaped
from potenzial.workbook import read_sheet
from scoring.errors import HistoryError

ADVENTURE = Path(__file__).parents[3] / "shared" / "data" / "adventureworks" / "FactResellerSales.csv"


def _read(path: Path, text: str = "", **columns: str) -> Purchases:
    if text:
        path.write_text(text, "utf-8")
    return read_purchases(path, InputConfig(), BacktestConfig(columns=columns))


def test_german_order_lines_are_read_and_bad_ones_kept_with_their_reason(tmp_path: Path) -> None:
    """German dates and amounts become a history; each unusable line is a reject with line, reason and original."""
    read = _read(
        tmp_path / "lines.csv",
        "Kundennummer;Belegdatum;Nettobetrag\n"
        "007;31.12.2023;1.234,50 €\n"
        "007;01.02.2024;-34,50\n"
        ";01.02.2024;5,00\n"
        "008;30.02.2024;5,00\n"
        "008;01.02.2024;fünf\n"
        "008;01.02.2199;5,00\n"
        "008;01.02.2024\n"
        "008;01.03.2024;\n",
    )
    assert read.history.entries.rows() == [
        ("007", date(2023, 12, 31), date(2023, 12, 31), 1234.5),
        ("007", date(2024, 2, 1), date(2024, 2, 1), -34.5),
    ]
    assert read.rejects["line"].to_list() == [4, 5, 6, 7, 8, 9]
    assert read.rejects["original"][2] == "008;01.02.2024;fünf"
    assert read.history.entries.height + read.rejects["line"].n_unique() == read.rows


def test_columns_of_years_are_told_by_their_names(tmp_path: Path) -> None:
    """Columns that name revenue and a year are years; plans and quantities are not."""
    assert year_columns(["Umsatz 2023", "revenue_2024", "Planumsatz 2025", "Umsatzmenge 2022", "Jahr 2020"]) == {
        "revenue_2023": "Umsatz 2023",
        "revenue_2024": "revenue_2024",
    }
    read = _read(
        tmp_path / "years.csv", "KdNr;Umsatz 2023;Umsatz 2024;Kunde seit\n1;1.000,00;;01.07.2023\n2;x;5,00;\n1;3;4;\n"
    )
    assert read.history.entries.select("customer_id", "start", "amount").rows() == [("1", date(2023, 1, 1), 1000.0)]
    assert read.history.since.rows() == [("1", date(2023, 7, 1))]
    assert read.rejects.select("line", "reason").rows() == [
        (3, "not an amount of money"),
        (4, "customer_id stands already above"),
    ]


def test_rows_of_years_and_other_names_are_read(tmp_path: Path) -> None:
    """One row a customer and year does as well, and names that nobody could know are told by the configuration."""
    pl.DataFrame({"key": ["a", "a", "b"], "fy": ["2023", "2024/25", "soon"], "eur": [10.0, 20.0, 5.0]}).write_parquet(
        tmp_path / "years.parquet"
    )
    read = _read(tmp_path / "years.parquet", customer_id="key", year="fy", amount="eur")
    assert read.history.entries["amount"].to_list() == [10.0, 20.0]
    assert read.history.years == (2023, 2024)
    assert read.rejects["reason"].to_list() == ["not a year such as 2024"]


def test_files_that_hold_no_history_are_refused(tmp_path: Path) -> None:
    """A missing file, missing columns, unknown names and unusable rows end in messages that say what to do."""
    with pytest.raises(InputError, match="no such file"):
        _read(tmp_path / "none.csv")
    with pytest.raises(InputError, match="order lines"):
        _read(tmp_path / "names.csv", "Kundennummer;Ort\n1;Ulm\n")
    with pytest.raises(InputError, match="no column for customer_id"):
        _read(tmp_path / "ids.csv", "Datum;Betrag\n01.01.2024;5\n")
    with pytest.raises(InputError, match="there is no column 'Konto'"):
        _read(tmp_path / "ids.csv", customer_id="Konto")
    with pytest.raises(ConfigError, match="'kunde' is none of our columns"):
        _read(tmp_path / "ids.csv", kunde="Konto")
    with pytest.raises(HistoryError, match="none of the 1 rows"):
        _read(tmp_path / "bad.csv", "Kundennummer;Datum;Betrag\n1;gestern;5\n")


def test_real_order_lines_are_read_whole() -> None:
    """All 57,851 order lines of the AdventureWorks sample become a history of 632 resellers."""
    if not ADVENTURE.is_file():
        pytest.skip("the AdventureWorks sample is not there")
    read = _read(ADVENTURE, customer_id="ResellerKey")
    assert (read.rows, read.rejects.height) == (57_851, 0)
    assert read.history.entries["customer_id"].n_unique() == 632
    assert read.history.years == (2018, 2019)


def test_a_sheet_is_read_as_text(tmp_path: Path) -> None:
    """Cells of a workbook come as they were typed: leading zeros, days and numbers, with the row they stand in."""
    frame = pl.DataFrame({"Kundennummer": ["007", None], "Tag": [date(2024, 2, 1), None], "n": [1.5, 2.0]})
    frame.write_excel(tmp_path / "sheet.xlsx")
    sheet = read_sheet(tmp_path / "sheet.xlsx")
    assert sheet.names == ("Kundennummer", "Tag", "n")
    assert sheet.frame.rows() == [(2, 1, "007", "2024-02-01", "1.5"), (3, 1, None, None, "2")]
    assert sheet.numeric == {2}


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    """A damaged workbook ends in a message that names it."""
    path = tmp_path / "broken.xlsx"
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(InputError, match=r"broken\.xlsx: this workbook is damaged"):
        read_sheet(path)


@settings(max_examples=100, deadline=None)
@given(text=st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=8))
def test_ids_survive_being_guarded_against_formulas(text: str) -> None:
    """What an export guards with an apostrophe is read back as it was."""
    guarded = pl.DataFrame({"line": [1], "lines": [1], "customer_id": [text]}).with_columns(safe("customer_id"))
    assume(not text.startswith("'"))
    assert unescaped(guarded)["customer_id"].item() == text


def test_a_run_takes_revenue_from_the_purchases(tmp_path: Path) -> None:
    """The main job reads `purchases` of [input], says what it rests on, and reads again once the file has changed."""
    (tmp_path / "customers.csv").write_text("customer_id;name;revenue\nK1;Eins GmbH;5\nK2;Zwei GmbH;5\n", "utf-8")
    orders = tmp_path / "orders.csv"
    lines = [f"K1;15.{month:02d}.{year};100,50" for year in (2023, 2024) for month in range(1, 13)]
    orders.write_text("\n".join(["Kundennummer;Datum;Betrag", *lines, "K1;31.12.2024;1,00"]), "utf-8")
    config = tmp_path / "potenzial.toml"
    config.write_text('[input]\npurchases = "orders.csv"\n', "utf-8")
    assert _imported(config)["revenue"].to_list() == [1207.0, 0.0]
    findings = Pipeline(open_project(config), LogReporter()).table("findings")["finding"]
    assert findings.str.contains("orders.csv: revenue is that of the 12 months up to 2024-12-31; 1 of 2").any()
    orders.write_text(orders.read_text("utf-8").replace("31.12.2024;1,00", "31.12.2024;3,00"), "utf-8")
    assert _imported(config)["revenue"].to_list() == [1209.0, 0.0]


def _imported(config: Path) -> pl.DataFrame:
    pipeline = Pipeline(open_project(config), LogReporter())
    pipeline.run(Span(last="import"))
    return pipeline.table("customers")
