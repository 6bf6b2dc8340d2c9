"""Workbooks that cannot be read as they are, and how they come back."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from potenzial.ingest import Import, check, read_customers
from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import EmptyError, FileError

Reader = Callable[..., Import]
HEAD = ["customer_id", "name", "city"]


def write_book(path: Path, sheets: dict[str, list[list[str]]]) -> Path:
    """Write sheets of texts."""
    with xlsxwriter.Workbook(path, {"strings_to_numbers": False, "strings_to_formulas": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    sheet.write_string(number, place, cell)
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(st.lists(st.from_regex(r"[A-Za-zäöü0-9=€;,|\"']{1,12}", fullmatch=True), min_size=1, max_size=8))
def test_texts_of_a_sheet_come_back(tmp_path: Path, texts: list[str]) -> None:
    """Text cells come back letter by letter, ids with their leading zeros."""
    rows = [[f"00{number}", f"N{text}", text] for number, text in enumerate(texts)]
    read = read_customers(write_book(tmp_path / "a.xlsx", {"K": [HEAD, *rows]}), InputConfig())
    assert read.customers.select("customer_id", "name").rows() == [tuple(row[:2]) for row in rows]
    assert read.customers["city"].to_list() == [None if text == "-" else text for text in texts]


def test_several_lists_of_customers(tmp_path: Path) -> None:
    """Which of two sheets is meant is not guessed: the message names both and the key to set."""
    path = write_book(tmp_path / "a.xlsx", {"2023": [HEAD, ["1", "A"]], "2024": [HEAD, ["2", "B"]], "Info": [["x"]]})
    with pytest.raises(FileError, match=r"several sheets(?s:.*)sheet = \"2023\"(?s:.*)'2023', '2024'"):
        read_customers(path, InputConfig())


def test_no_list_of_customers(tmp_path: Path) -> None:
    """Of several sheets without familiar names none is taken."""
    path = write_book(tmp_path / "a.xlsx", {"A": [["x", "y"]], "B": [["z"]]})
    with pytest.raises(FileError, match="no sheet looks like a list of customers"):
        read_customers(path, InputConfig())


def test_unknown_sheet(tmp_path: Path) -> None:
    """A sheet that is not there is answered with those that are."""
    path = write_book(tmp_path / "a.xlsx", {"Kunden": [HEAD, ["1", "A"]]})
    with pytest.raises(FileError, match=r"no sheet 'Kundn'(?s:.*)'Kunden'"):
        read_customers(path, InputConfig(sheet="Kundn"))


def test_empty_workbook(tmp_path: Path) -> None:
    """A workbook without cells, and a header without rows, are told apart."""
    with pytest.raises(EmptyError, match="is empty"):
        read_customers(write_book(tmp_path / "a.xlsx", {"K": []}), InputConfig())
    with pytest.raises(EmptyError, match="column names but no customer"):
        read_customers(write_book(tmp_path / "a.xlsx", {"K": [HEAD]}), InputConfig())


def test_rejects_name_the_row_of_the_sheet(tmp_path: Path) -> None:
    """A bad row is listed with the number that Excel shows beside it, and with its cells."""
    rows = [["Titel"], [], HEAD, ["1", "A", "x"], ["2", "", "y"]]
    read = read_customers(write_book(tmp_path / "a.xlsx", {"K": rows}), InputConfig())
    assert read.rejects.select("line", "original").rows() == [(5, "2;;y")]
    assert "row 3" in " ".join(read.findings)


def test_a_cell_far_off_does_not_fill_the_memory(tmp_path: Path) -> None:
    """A sheet of 17 billion cells is refused before it is unfolded."""
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEAD)
        sheet.write_string(1_048_575, 16_383, "x")
    with pytest.raises(FileError, match=r"spans 17,179,869,184 cells"):
        read_customers(path, InputConfig())


def test_an_archive_that_unpacks_to_too_much(tmp_path: Path) -> None:
    """A small file that says that it unpacks to gigabytes is refused unopened."""
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"<x/>")
        packed.getinfo("xl/worksheets/sheet1.xml").file_size = 3_000_000_000
    with pytest.raises(FileError, match="unpacks to 3,000,000,000 bytes"):
        read_customers(tmp_path / "a.xlsx", InputConfig())


def test_an_archive_that_lies_about_its_size(tmp_path: Path) -> None:
    """A file that unpacks to more than it says is refused as damaged."""
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/sharedStrings.xml", b"0" * 5_000_000)
        packed.getinfo("xl/sharedStrings.xml").file_size = 1_000
    with pytest.raises(FileError, match="damaged"):
        read_customers(tmp_path / "a.xlsx", InputConfig())


def test_another_archive(tmp_path: Path) -> None:
    """An archive that is no workbook is said to be none."""
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as packed:
        packed.writestr("readme.txt", "x")
    with pytest.raises(FileError, match="cannot be read as an Excel workbook"):
        read_customers(tmp_path / "a.xlsx", InputConfig())


def test_check_of_a_workbook(tmp_path: Path) -> None:
    """A dry run tells the format and which sheet it read."""
    facts = check(write_book(tmp_path / "a.xlsx", {"K": [HEAD, ["1", "A"]], "Info": [["x"]]}), InputConfig())
    assert facts.format == "XLSX"
    assert "'K' is read" in " ".join(facts.findings)
    assert isinstance(facts.sites, pl.DataFrame)
