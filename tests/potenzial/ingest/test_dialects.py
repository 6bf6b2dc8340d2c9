"""Encodings, delimiters, quotes and broken rows of CSV files."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from potenzial.ingest import Import, read_customers
from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import FileError

Reader = Callable[..., Import]

BOMS = {"utf-8": b"", "utf-8-sig": b"", "utf-16": b"", "utf-16-le": b"\xff\xfe", "cp1252": b""}
#: Letters that every tested encoding has, with all that makes CSV difficult; a line break together with delimiters
#: can look like a row of its own, which has its own test.
CELLS = st.one_of(
    st.text("abc äöüß€é;,|\t\"'=", max_size=12).map(str.strip), st.text("abc äöüß€é\"'=\n", max_size=12).map(str.strip)
)
NAMES = CELLS.map(lambda text: f"N{text}N")
ROWS = st.lists(st.tuples(NAMES, CELLS, CELLS), min_size=1, max_size=12)


def dumped(rows: list[tuple[str, str, str]], delimiter: str, line_end: str) -> str:
    """Write rows, numbered from "00", as CSV."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=line_end)
    writer.writerow(["customer_id", "name", "city", "street"])
    writer.writerows([f"00{number}", *row] for number, row in enumerate(rows))
    return out.getvalue()


def flat(text: str) -> str | None:
    """Give a cell as it has to come out: one line without control characters, or nothing."""
    one_line = " ".join(part for part in text.replace("\t", "\n").split("\n") if part).strip()
    return None if one_line in {"", "-"} else one_line


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ROWS, st.sampled_from(list(BOMS)), st.sampled_from(";,\t|"), st.sampled_from(["\r\n", "\n"]))
def test_every_dialect_gives_the_same_customers(
    tmp_path: Path, rows: list[tuple[str, str, str]], encoding: str, delimiter: str, line_end: str
) -> None:
    """Whatever the encoding and the delimiter, quoted cells come back, and no row is lost."""
    path = tmp_path / "customers.csv"
    path.write_bytes(BOMS[encoding] + dumped(rows, delimiter, line_end).encode(encoding))
    read = read_customers(path, InputConfig(delimiter=delimiter, encoding="cp1252" if encoding == "cp1252" else ""))
    assert read.rejected == 0
    assert read.customers["customer_id"].to_list() == [f"00{number}" for number in range(len(rows))]
    squeezed = [tuple(flat(cell) for cell in row) for row in rows]
    found = read.customers.select(pl.col("name", "city", "street").str.replace_all(" +", " ")).rows()
    assert found == [tuple(cell and " ".join(cell.split()) for cell in row) for row in squeezed]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_dialects_are_detected(read: Reader, encoding: str, delimiter: str) -> None:
    """Encoding and delimiter need no configuration."""
    text = 'customer_id;name;city;text\n01;Müller;Köln;"a;b, c|d"\n02;Größe;Görlitz;ä\n'.replace(";", delimiter)
    assert read(text.encode(encoding)).customers["city"].to_list() == ["Köln", "Görlitz"]


def test_sep_line_of_excel(read: Reader) -> None:
    """A first line "sep=;" is no header."""
    assert read("sep=;\r\ncustomer_id;name\r\n1;A\r\n").customers["name"].to_list() == ["A"]


def test_mostly_utf8_stays_utf8(read: Reader) -> None:
    """One broken byte does not turn all umlauts of a file into two letters."""
    read = read("customer_id;name\n1;Müller\n2;Größe\n".encode() + b"3;Sch\xe4fer\n")
    assert read.customers["name"].to_list() == ["Müller", "Größe", "Sch\ufffdfer"]
    assert "first in line 4" in " ".join(read.findings)


def test_dos_files_are_hinted_at(read: Reader) -> None:
    """Bytes without a meaning in Windows-1252 name the likely encoding, which can be configured."""
    content = "customer_id;name\n1;Müller\n".encode("cp850")
    assert 'encoding = "cp850"' in " ".join(read(content).findings)
    assert read(content, encoding="cp850").customers["name"].to_list() == ["Müller"]


def test_wrong_encoding_is_named(read: Reader) -> None:
    """A configured encoding that does not fit stops with the line and the detected one."""
    with pytest.raises(FileError, match=r"line 2: not utf-8 text.*detected then: cp1252"):
        read("customer_id;name\n1;Müller\n".encode("cp1252"), encoding="utf-8")
    with pytest.raises(FileError, match=r'encoding = "klingon" in .* is unknown'):
        read("customer_id;name\n1;A\n", encoding="klingon")


def test_wrong_delimiter_is_named(read: Reader) -> None:
    """A configured delimiter that finds one column only names the likely one."""
    with pytest.raises(FileError, match=r'one column only.*semicolon: set delimiter = ";"'):
        read("customer_id;name\n1;A\n", delimiter=",")


def test_single_column(read: Reader) -> None:
    """A file without any delimiter says which columns are needed."""
    with pytest.raises(FileError, match=r"one column only.*customer_id and name are needed"):
        read("name\nA\nB\n")


def test_unclosed_quote_costs_one_row(read: Reader) -> None:
    """The rows after a quotation mark without counterpart are read, whether another one follows or not."""
    rows = '1;A;x\n2;"B;x\n3;C;x\n4;D;x\n5;"E";x\n6;"F;x\n7;G;x\n'
    result = read("customer_id;name;city\n" + rows)
    assert result.customers["customer_id"].to_list() == ["1", "3", "4", "5", "7"]
    assert result.rejects["line"].to_list() == [3, 7]
    assert result.rejects["original"].to_list() == ['2;"B;x', '6;"F;x']
    assert "not closed" in result.rejects["reason"][0]


def test_unclosed_quote_in_last_column_swallows_nothing(read: Reader) -> None:
    """Rows between two stray quotation marks at the right places are not taken for one long text."""
    result = read('customer_id;name;city;text\n1;A;x;"foo\n2;B;x;b\n3;C;x;c\n4;D;x;bar"\n5;E;x;e\n')
    assert result.customers["customer_id"].to_list() == ["1", "2", "3", "4", "5"]


def test_quotes_inside_a_name(read: Reader) -> None:
    """Quotation marks that were not doubled are read as far as the row allows it."""
    result = read('customer_id;name;city\n1;"Alte" Schmiede;x\n2;Rohr 5";x\n')
    assert result.customers["name"].to_list() == ["Alte Schmiede", 'Rohr 5"']


def test_line_breaks_in_cells(read: Reader) -> None:
    """A quoted text over several lines stays one row, and later rejects still name their line."""
    result = read('customer_id;name;text\n1;"A\nB";"Zeile 1\r\nZeile 2"\n2;C\n')
    assert result.customers.select("name", "text").rows() == [("A B", "Zeile 1\nZeile 2")]
    assert result.rejects["line"].to_list() == [5]


def test_huge_field(read: Reader) -> None:
    """A field or a line beyond reason costs its row, and no other."""
    result = read(f"customer_id;name\n1;{'x' * 200_000}\n2;B\n")
    assert result.customers["name"].to_list() == ["B"]
    assert "longer than" in result.rejects["reason"][0]
    for long in ("1;" + "x" * 2_500_000, "1;" + '"y";z' * 300_000, '1;"' + "x" * 1_500_000):
        result = read(f"customer_id;name\n0;A\n{long}\n2;B\n")
        assert result.customers["name"].to_list() == ["A", "B"]
        assert result.rejects.select("line", "effect").rows() == [(3, "row rejected")]
        assert len(result.rejects["original"][0]) <= 2_000
