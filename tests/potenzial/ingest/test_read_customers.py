"""The import as a whole: what becomes of good and bad files, rows and values."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from potenzial.ingest import Import, check, read_customers
from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import EmptyError, FileError, ValuesError
from scoring.schema import CUSTOMERS

Reader = Callable[..., Import]
Writer = Callable[[str | bytes], Path]

FULL = (
    "Customer_ID; NAME ;street;postcode;city;country;website;email;industry;"
    "headcount;revenue;last_purchase;owner;text\n"
    "007;Foo GmbH;Weg 1;01067;Dresden;DE;www.foo.de;info@foo.de;25.62;1.200;1.234,56;31.12.2025;Meier;Fräst\n"
    "8;Bar AG;;;;;;a@bar.de;;;-5,00;;;\n"
)


def found(result: Import) -> str:
    """Join the findings for a search."""
    return "\n".join(result.findings)


def test_all_columns(read: Reader) -> None:
    """Every known column is read into its type; numbers of customers and postcodes stay text."""
    customers = read(FULL).customers
    assert customers.schema == CUSTOMERS
    row = customers.row(0, named=True)
    assert (row["customer_id"], row["postcode"], row["industry"]) == ("007", "01067", "25.62")
    assert (row["headcount"], row["revenue"], row["revenue_best"]) == (1200, 1234.56, 1234.56)
    assert (row["last_purchase"], row["site"]) == (date(2025, 12, 31), "foo.de")
    assert row["website"].startswith("https://www.foo.de")


def test_missing_values_are_fine(read: Reader) -> None:
    """Everything but id and name may be missing; an e-mail address stands in for the website."""
    row = read(FULL).customers.row(1, named=True)
    assert (row["site"], row["website"]) == ("bar.de", "https://bar.de/")
    assert [row[name] for name in ("street", "headcount", "last_purchase", "text")] == [None] * 4


def test_sites_know_their_source(read: Reader) -> None:
    """A site of the website column, one of an e-mail address and none are told apart."""
    result = read(
        "customer_id;name;website;email\n1;A;www.a.de;x@b.de\n2;B;;x@b.de\n3;C;;x@gmx.de\n4;D;facebook.com/d;x@d.de\n"
    )
    sites = result.customers.select("site", "site_source").rows()
    assert sites == [("a.de", "website"), ("b.de", "email"), (None, None), ("d.de", "email")]
    assert "used only if its Impressum names the customer" in found(result)


def test_vat_ids_have_one_form_and_others_are_ignored(read: Reader) -> None:
    """VAT ids come out in capitals and digits, tax numbers are listed as ignored, register numbers stay as they are."""
    rows = "1;A;de 123 456 789;HRB 1 B\n2;B;12/345/67890;-\n3;C;k.A.;\n4;D;CHE-123.456.788 MWST;FN 1a\n"
    result = read(f"customer_id;name;vat_id;register_number\n{rows}")
    assert result.customers["vat_id"].to_list() == ["DE123456789", None, None, "CHE123456788"]
    assert result.customers["register_number"].to_list() == ["HRB 1 B", None, None, "FN 1a"]
    assert result.rejects.select("customer_id", "value", "effect").rows() == [("2", "12/345/67890", "value ignored")]


def test_one_customer_with_id_and_name_only(read: Reader) -> None:
    """One customer is a stock; the findings say that there is no revenue."""
    result = read("customer_id;name\n1;A\n")
    assert result.customers.height == 1
    assert result.rejected_share == 0
    assert "no revenue column: every customer counts as not active" in found(result)


def test_no_amount_above_zero(read: Reader) -> None:
    """An empty revenue column is allowed and said."""
    assert "holds no amount above 0" in found(read("customer_id;name;revenue\n1;A;\n2;B;0\n"))


def test_negative_revenue_is_kept(read: Reader) -> None:
    """Credit notes stay as they are, and the findings count them."""
    result = read(FULL)
    assert result.customers["revenue"].to_list() == [1234.56, -5.0]
    assert "1 negative amount kept" in found(result)


def test_years_of_revenue(read: Reader) -> None:
    """The latest year is the revenue, and the best of three years is kept."""
    header = "customer_id;name;revenue_2021;Revenue_2023;revenue_2024;revenue_2022\n"
    result = read(header + "1;A;900;30;10;20\n2;B;;;;\n")
    assert result.customers.select("revenue", "revenue_best").rows() == [(10, 30), (None, None)]
    assert "'revenue_2024' stands for the revenue of the last 12 months" in found(result)


def test_years_beside_revenue(read: Reader) -> None:
    """With an own revenue column the years only count for the best."""
    result = read("customer_id;name;revenue;revenue_2024\n1;A;5;7\n2;B;9;7\n")
    assert result.customers.select("revenue", "revenue_best").rows() == [(5, 7), (9, 9)]


def test_text_in_revenue(read: Reader) -> None:
    """A row whose revenue is no amount is rejected with line, column, value and reason; the others stay."""
    result = read("customer_id;name;revenue\n1;A;100\n2;B;viel\n3;C;NaN\n4;D;$5\n5;E;2 M\n6;F;1e300\n7;G;7\n")
    assert result.customers["customer_id"].to_list() == ["1", "7"]
    assert result.rejects.select("line", "customer_id", "column", "value").row(0) == (3, "2", "revenue", "viel")
    reasons = result.rejects["reason"].to_list()
    for reason, part in zip(reasons, ("not an amount", "not a finite", "not in EUR", "unit", "amount"), strict=True):
        assert part in reason
    assert result.rejects["original"][0] == "2;B;viel"
    assert result.rejected_share == 5 / 7


def test_whole_column_unreadable(read: Reader) -> None:
    """A revenue column without one amount stops, and names column, line and value."""
    with pytest.raises(ValuesError, match=r"Column 'revenue' cannot be read: 2 of 2 values, the first in line 2: 'A'"):
        read("customer_id;name;revenue\n1;A;A\n2;B;B\n")


def test_whole_date_column_unreadable(read: Reader) -> None:
    """Dates in an unknown format stop with the setting that helps, and that setting helps."""
    content = "customer_id,name,last_purchase\n" + "".join(f"{n},A,12/3{n % 2}/2024\n" for n in range(20))
    with pytest.raises(ValuesError, match="date_format"):
        read(content)
    assert read(content, date_format="%m/%d/%Y").customers["last_purchase"][1] == date(2024, 12, 31)


def test_configured_decimal_is_strict(read: Reader) -> None:
    """A configured decimal sign rejects what it does not fit, instead of guessing."""
    result = read("customer_id;name;revenue\n1;A;1.234\n2;B;12.5\n", decimal=",")
    assert result.customers["revenue"].to_list() == [1234.0]
    assert "with a decimal comma, as configured" in result.rejects["reason"][0]


def test_negative_headcount(read: Reader) -> None:
    """A negative headcount is ignored and listed; its row stays."""
    result = read("customer_id;name;headcount\n1;A;-5\n2;B;50-99\n3;C;viele\n")
    assert result.customers["headcount"].to_list() == [None, 70.4, None]
    assert result.rejected == 0
    assert result.rejects.select("line", "effect").rows() == [(2, "value ignored"), (4, "value ignored")]
    assert "'-5' (a headcount cannot be negative)" in found(result)
    assert "'50-99' as 70.4" in found(result)


def test_duplicate_ids(read: Reader) -> None:
    """Of several rows with one id the first is kept; the others name its line, and whether they say the same."""
    result = read("customer_id;name;city\n1;A;x\n2;B;x\n1;Z;x\n1 ;A;x\n")
    assert result.customers["name"].to_list() == ["A", "B"]
    reasons = ["customer_id stands already in line 2", "same customer as in line 2"]
    assert result.rejects["reason"].to_list() == reasons


def test_duplicate_of_a_rejected_row_is_kept(read: Reader) -> None:
    """A row that cannot be used does not displace a later good one with the same id."""
    result = read("customer_id;name;revenue\n1;A;viel\n1;A;5\n")
    assert result.customers["revenue"].to_list() == [5.0]


def test_missing_keys_and_ragged_rows(read: Reader) -> None:
    """Rows without id or name, and rows of another width, are rejected; blank rows and empty ends are not."""
    result = read("customer_id;name;city\n;A;x\n2; ;x\n3;C\n4;D;x;;\n5;E;x;y\n;;\n\n6;F;x\n")
    assert result.customers["customer_id"].to_list() == ["4", "6"]
    assert result.rejects["line"].to_list() == [2, 3, 4, 6]
    assert result.rejects["reason"].to_list() == [
        "customer_id is missing",
        "name is missing",
        "2 fields, but the header has 3",
        "4 fields, but the header has 3",
    ]
    assert "1 blank row skipped" in found(result)


def test_findings_about_damage(read: Reader) -> None:
    """Numbers rounded by Excel, lost zeros, unused columns and shared websites are pointed out."""
    header = "customer_id;name;postcode;country;website;Kürzel\n"
    findings = found(read(header + "1,23E+11;A;1067;DE;a.de;x\n2;B;8010;AT;www.a.de;y\n"))
    for part in (
        "Excel rounded 1 number such as '1,23E+11'.",
        "1 German postcode of four digits",
        "Columns not used: 'Kürzel'",
        "another customer",
    ):
        assert part in findings


def test_control_characters_are_removed(read: Reader) -> None:
    """Escape sequences in an address file never reach a terminal."""
    assert read(b"customer_id;name\n1;A\x1b[31mB\x00\n", encoding="utf-8").customers["name"][0] == "A [31mB"


@pytest.mark.parametrize("sign", "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_marks_of_the_reading_direction_are_removed(read: Reader, sign: str) -> None:
    """A name, id, city, amount or text cannot show as another one by turning the direction of reading."""
    row = [f"{sign}{cell[:2]}{sign}{cell[2:]}{sign}" for cell in ("0012", "Müller", "Ulm", "12,50", "Fräst Stahl")]
    result = read(f"customer_id;na{sign}me;city;revenue;text;owner\n{';'.join(row)};{sign}\n")
    columns = ["customer_id", "name", "city", "revenue", "text", "owner"]
    assert result.customers.select(columns).row(0) == ("0012", "Müller", "Ulm", 12.5, "Fräst Stahl", None)
    assert result.rejects.is_empty()


def test_findings_hold_no_placeholder(read: Reader) -> None:
    """Reasons that differ by a number only are summed up in words."""
    rows = "1;A;x\n1;B;y\n1;C;z\n2;D\n3;E\n"
    findings = found(read(f"customer_id;name;city\n{rows}"))
    assert (
        "4 rows rejected: 2 x customer_id stands already in an earlier line; 2 x more or fewer fields than the header"
        in (findings)
    )


def test_the_import_itself_is_quiet(read: Reader, caplog: pytest.LogCaptureFixture) -> None:
    """The counts of an import are logged for debugging only, as whoever runs it says them."""
    with caplog.at_level("DEBUG", logger="potenzial.ingest"):
        read("customer_id;name\n1;A\n1;A\n")
    assert [(record.levelname, "1 customer, 1 row rejected" in record.message) for record in caplog.records] == [
        ("DEBUG", True)
    ]


def test_missing_file(tmp_path: Path) -> None:
    """A missing file is named together with similar ones in its folder."""
    (tmp_path / "custommers.csv").touch()
    with pytest.raises(FileError, match=r"there is no such file. Similar names there: custommers.csv"):
        read_customers(tmp_path / "customers.csv", InputConfig())
    with pytest.raises(FileError, match="There is no folder"):
        read_customers(tmp_path / "data" / "customers.csv", InputConfig())


def test_missing_file_lists_tables(tmp_path: Path) -> None:
    """Without a similar name the tables of the folder are listed."""
    (tmp_path / "Adressen 2025.XLSX").touch()
    with pytest.raises(FileError, match=r"holds: Adressen 2025.XLSX"):
        read_customers(tmp_path / "customers.csv", InputConfig())


def test_folder_instead_of_file(tmp_path: Path) -> None:
    """A folder is said to be one."""
    with pytest.raises(FileError, match="this is a folder"):
        read_customers(tmp_path, InputConfig())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes exist on POSIX only")
def test_pipe_instead_of_file(tmp_path: Path) -> None:
    """A named pipe is refused instead of waited for."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match="no regular file"):
        read_customers(tmp_path / "pipe", InputConfig())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"\r\n  \n", "the file is empty"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"\xd0\xcf\x11\xe0rest", "cannot be read as an Excel workbook"),
        (b"%PDF-1.7", "PDF"),
        (b"a;b\n\x00\x01\x02", "not a text file"),
        (b"PAR1 and nothing else", "Parquet file is damaged"),
    ],
)
def test_files_that_are_no_table(read: Reader, content: bytes, message: str) -> None:
    """Empty and binary files say what they are."""
    with pytest.raises(FileError, match=message):
        read(content)


def test_empty_stock(read: Reader) -> None:
    """A header without rows, and rows of which none can be used, are told apart."""
    with pytest.raises(EmptyError, match="column names but no customer"):
        read("customer_id;name\n")
    with pytest.raises(EmptyError, match=r"the only row cannot be used \(1 x name is missing\)"):
        read("customer_id;name\n1;\n")
    with pytest.raises(EmptyError, match=r"none of the 2 rows can be used \(2 x name is missing\)"):
        read("customer_id;name\n1;\n2;\n")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.binary(max_size=400).map(lambda noise: noise.replace(b"\x00", b"")))
def test_any_bytes_are_read_or_refused(write: Writer, noise: bytes) -> None:
    """Whatever follows a header and a good row, an import accounts for every row or says why it cannot."""
    path = write(b"customer_id;name;revenue;headcount\n1;A;5;5\n" + noise)
    facts = check(path, InputConfig())
    assert bool(facts.stock) != bool(facts.problem)
    if facts.stock:
        result = read_customers(path, InputConfig())
        rejected = result.rejects.filter(effect="row rejected")["line"].n_unique()
        assert facts.rows == result.customers.height + rejected


def test_many_chunks(read: Reader) -> None:
    """Rows keep their order and lines across the chunks in which a long file is read."""
    rows = "".join(f"{number};N{number};{number},50;www.a{number % 5}.de\n" for number in range(60_000))
    result = read(f"customer_id;name;revenue;website\n{rows}x;;;\n")
    assert result.customers["customer_id"].to_list() == [str(number) for number in range(60_000)]
    assert result.customers["revenue"].sum() == sum(range(60_000)) + 30_000
    assert result.rejects["line"].to_list() == [60_002]


def test_configuration_loads_without_polars() -> None:
    """Reading the configuration does not load what only an import needs."""
    code = "import sys, potenzial.ingest.config, potenzial.ingest.errors; sys.exit('polars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
