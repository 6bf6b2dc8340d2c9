import csv
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from potenzial.export.csv import write_lists
from potenzial.report.numbers import Language
from scoring.schema import POTENTIAL

Rows = Callable[..., pl.DataFrame]
_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60)


def read(path: Path, separator: str) -> list[dict[str, str]]:
    """The rows of a written file, as any other program reads them."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=separator, strict=True))


def test_german_excel_opens_the_lists(make_rows: Rows, tmp_path: Path) -> None:
    """Files carry a byte order mark, semicolons, decimal commas, German words and dates, and whole EUR."""
    write_lists(make_rows({}), tmp_path, "de")
    raw = (tmp_path / "potential.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfKundennummer;Firma;PLZ;")
    assert raw.endswith(b"\r\n")
    (row,) = read(tmp_path / "potential.csv", ";")
    assert row["Kundennummer"] == "0007"
    assert row["PLZ"] == "01067"
    assert row["Umsatz 12 Monate (EUR)"] == "1235"
    assert row["Potenzial (EUR/Jahr)"] == "9877"
    assert row["Faktor Branche"] == "1,25"
    assert row["Faktor Text"] == ""
    assert row["Letzter Kauf"] == "09.03.2026"
    assert (row["Empfehlung"], row["Klasse heute"], row["Datenbasis"]) == ("Ausbauen", "C", "Text, Größe")
    assert row["Gründe"] == "Grund eins · Grund zwei"


def test_english_lists_have_commas_and_english_words(make_rows: Rows, tmp_path: Path) -> None:
    """With language English the separator, marks, dates and words are English."""
    write_lists(make_rows({"class_revenue": "inactive", "action": "reactivation"}), tmp_path, "en")
    (row,) = read(tmp_path / "reactivation.csv", ",")
    assert row["Customer number"] == "0007"
    assert row["Factor industry"] == "1.25"
    assert row["Last purchase"] == "2026-03-09"
    assert (row["Recommendation"], row["Class today"], row["Industry (name)"]) == (
        "Reactivate",
        "inactive",
        "Machining",
    )
    assert row["Reasons"] == "reason one · reason two"


def test_each_list_holds_its_action_in_the_order_of_the_frame(make_rows: Rows, tmp_path: Path) -> None:
    """All customers are in one file, each action's in its own, and an empty list still has its headings."""
    frame = make_rows({"customer_id": "b"}, {"customer_id": "a"}, {"customer_id": "c", "action": "keep"})
    paths = write_lists(frame, tmp_path / "new", "de")
    assert [path.name for path in paths] == ["potential.csv", "expansion.csv", "reactivation.csv"]
    assert [row["Kundennummer"] for row in read(paths[0], ";")] == ["b", "a", "c"]
    assert [row["Kundennummer"] for row in read(paths[1], ";")] == ["b", "a"]
    assert read(paths[2], ";") == []
    assert paths[2].read_text("utf-8-sig").startswith("Kundennummer;")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(path.name for path in paths)


def test_peers_are_readable(make_rows: Rows, tmp_path: Path) -> None:
    """Peers appear with name and similarity, and with their id where they are not in the stock."""
    peers = [{"customer_id": "2", "similarity": 0.834}, {"customer_id": "gone", "similarity": -0.1}]
    frame = make_rows({"customer_id": "1", "peers": peers}, {"customer_id": "2", "name": "Weiß KG"}, {"peers": None})
    write_lists(frame, tmp_path, "de")
    column = [row["Ähnliche aktive Kunden"] for row in read(tmp_path / "potential.csv", ";")]
    assert column == ["Weiß KG (0,83); gone (\u22120,10)", "", ""]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " =", "\u202e=", "\uff1d"])
def test_formulas_are_disarmed_in_every_text(make_rows: Rows, tmp_path: Path, start: str) -> None:
    """No text cell begins as a spreadsheet's formula does."""
    texts = [name for name, dtype in POTENTIAL.items() if dtype == pl.String]
    write_lists(make_rows(dict.fromkeys(texts, f"{start}cmd|'/c calc'!A1")), tmp_path, "de")
    (row,) = read(tmp_path / "potential.csv", ";")
    assert row["Firma"].startswith("'")
    assert not [value for value in row.values() if value.lstrip()[:1] in {"=", "+", "-", "@", "\uff1d"} and value]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(name=_TEXT, revenue=st.floats(min_value=-1e9, max_value=1e9), language=st.sampled_from(["de", "en"]))
def test_any_text_and_amount_reads_back(make_rows: Rows, name: str, revenue: float, language: Language) -> None:
    """Quotes, separators and line ends survive; only invisible characters and formulas are changed."""
    with TemporaryDirectory() as folder:
        write_lists(make_rows({"name": name, "revenue": revenue}), Path(folder), language)
        (row,) = read(Path(folder) / "potential.csv", ";" if language == "de" else ",")
    company = row["Firma" if language == "de" else "Company"]
    kept = "".join(letter for letter in name if letter.isprintable() or letter in "\t\r\n")
    assert "".join(letter for letter in company.removeprefix("'") if letter.isprintable() or letter in "\t\r\n") in {
        kept,
        kept.removeprefix("'"),
    }
    assert abs(int(row["Umsatz 12 Monate (EUR)" if language == "de" else "Revenue 12 months (EUR)"]) - revenue) <= 0.5


def test_a_former_file_stays_whole_when_writing_fails(make_rows: Rows, tmp_path: Path) -> None:
    """A file is replaced only by a complete one."""
    write_lists(make_rows({}), tmp_path, "de")
    before = (tmp_path / "potential.csv").read_bytes()
    (tmp_path / "potential.csv.partial").mkdir()
    with pytest.raises(OSError, match="partial"):
        write_lists(make_rows({}, {}), tmp_path, "de")
    assert (tmp_path / "potential.csv").read_bytes() == before


def test_an_empty_stock_gives_headings(tmp_path: Path) -> None:
    """Without customers the files hold their headings."""
    for path in write_lists(POTENTIAL.to_frame(), tmp_path, "de"):
        assert read(path, ";") == []
