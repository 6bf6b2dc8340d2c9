from pathlib import Path
from typing import Any

import polars as pl
import pytest
from fastapi.testclient import TestClient
from python_calamine import CalamineWorkbook

from potenzial import artifact
from potenzial.project import Project
from potenzial.web.query import SORTS
from potenzial.web.words import chosen, load_words
from scoring.industry_titles import DIVISIONS
from scoring.potential.sums import sections
from scoring.schema import INFERRED


def _ids(text: str) -> list[str]:
    """The customers of a list, in its order."""
    return [part.partition('"')[0] for part in text.split('class="name"><a href="/customers/')[1:]]


@pytest.fixture
def rated(stock: Project) -> pl.DataFrame:
    """All rated customers."""
    return pl.read_parquet(stock.out / "potential.parquet")


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("reverse", [0, 1])
def test_lists_are_sorted_with_unknown_values_last(
    page: TestClient, rated: pl.DataFrame, sort: str, reverse: int
) -> None:
    """Every order shows the values of the whole list in turn, the unknown ones at its end."""
    found = _ids(page.get(f"/customers?sort={sort}&reverse={reverse}&size=200").text)
    values = rated.select("customer_id", value=sort)
    shown = pl.DataFrame({"customer_id": found}).join(values, on="customer_id", how="left", maintain_order="left")
    known = shown["value"].drop_nulls()
    if known.dtype == pl.String and sort != "customer_id":
        known = known.str.to_lowercase()
    falls = (known.dtype != pl.String) != (reverse == 1)
    assert known.to_list() == known.sort(descending=falls).to_list()
    assert shown["value"].tail(shown.height - len(known)).is_null().all()
    assert len(set(found)) == rated.height


@pytest.mark.parametrize(
    ("asked", "condition"),
    [
        ("q=firma+technik", pl.col("name").str.contains("Firma.*Technik")),
        ("q=ulm", pl.col("city") == "Ulm"),
        ("q=k-0012", pl.col("customer_id") == "K-0012"),
        ("class_revenue=C&class_revenue=inactive", pl.col("class_revenue").is_in(["C", "inactive"])),
        ("class_revenue=C,inactive", pl.col("class_revenue").is_in(["C", "inactive"])),
        ("action=expansion&owner=Meyer", (pl.col("action") == "expansion") & (pl.col("owner") == "Meyer")),
        ("postcode=10", pl.col("postcode").str.starts_with("10")),
        ("industry=62", pl.col("industry").str.starts_with("62")),
        ("owner=Nobody", pl.lit(value=False)),
        ("where=headcount+between+20+and+50", pl.col("headcount").is_between(20, 50)),
        ("class_potential=A&where=revenue+is+null", (pl.col("class_potential") == "A") & pl.col("revenue").is_null()),
    ],
)
def test_filters_keep_who_meets_them_all(page: TestClient, rated: pl.DataFrame, asked: str, condition: pl.Expr) -> None:
    """The address of a list says whom it holds."""
    expected = set(rated.filter(condition)["customer_id"])
    assert set(_ids(page.get(f"/customers?size=200&{asked}").text)) == expected


@pytest.mark.parametrize("asked", ["sort=x", "class_revenue=Z", "size=201", "page=0", "where=drop", f"q={'x' * 201}"])
def test_a_list_that_nobody_understands_is_refused(page: TestClient, asked: str) -> None:
    """A parameter that cannot be used is named, and the status says that the request is at fault."""
    answer = page.get(f"/customers?{asked}")
    assert answer.status_code == 422
    assert "To the overview" in answer.text


def test_a_page_beyond_the_last_shows_the_last(page: TestClient) -> None:
    """Whoever asks for too far a page gets the last one."""
    assert "Page 4 of 4" in page.get("/customers?page=99&size=50").text


def test_each_cell_of_the_matrix_leads_to_its_customers(page: TestClient, rated: pl.DataFrame) -> None:
    """The lists behind the matrix hold as many customers as its cells say."""
    cells = page.get("/").text.partition('class="matrix"')[2].partition("</table>")[0].split('<a href="')[1:]
    counts = []
    for cell in cells:
        path = cell.partition('"')[0].replace("&amp;", "&")
        said = int(cell.partition("<b>")[2].partition(" ")[0])
        assert f"{said} customer" in page.get(path).text
        counts.append(said)
    assert counts[-1] == rated.height


def test_a_section_leads_to_its_customers(page: TestClient, rated: pl.DataFrame) -> None:
    """The overview's sums by section open as lists of as many customers, named in the reader's language."""
    text = page.get("/").text
    assert 'href="/customers?section=C"' in text
    known = rated.with_columns(section=pl.Series(sections(rated["industry"].to_list())))
    found = page.get("/customers?section=C&size=200")
    assert sorted(_ids(found.text)) == known.filter(section="C")["customer_id"].sort().to_list()
    assert "Section of industries: <bdi>C Manufacturing</bdi>" in found.text


def test_the_page_of_a_customer_tells_its_rating(page: TestClient, rated: pl.DataFrame) -> None:
    """Facts with their source, reasons, decomposition, peers and the form for feedback stand on it."""
    text = page.get("/customers/K-0012").text
    row = rated.row(by_predicate=pl.col("customer_id") == "K-0012", named=True)
    assert row["name"] in text
    for heading in ("Why", "Potential", "From the typical customer to this one", "What is known", "Similar customers"):
        assert heading in text
    assert "from the address stock" in text
    assert row["reason_en"].split(" · ")[0].split("“")[0] in text


@pytest.mark.parametrize("number", range(4))
def test_hostile_names_are_shown_harmless(page: TestClient, number: int) -> None:
    """A script, a formula, reversed writing and ten thousand letters in a name change nothing but the text."""
    for path in (f"/customers/K-000{number}", f"/customers?q=K-000{number}", "/"):
        text = page.get(path).text
        assert "<script>document" not in text
        assert "\u202e" not in text
        assert "X" * 500 not in text


def test_a_workbook_holds_the_selection_and_no_formula(page: TestClient, tmp_path: Path) -> None:
    """The download has the rows and the order of the list, text that looks like a formula included."""
    answer = page.get("/export/customers.xlsx?sort=name&q=K-00")
    path = tmp_path / "list.xlsx"
    path.write_bytes(answer.content)
    assert b"<f>" not in answer.content
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    listed = _ids(page.get("/customers?sort=name&q=K-00&size=200").text)
    assert [row[0] for row in rows[1:]] == listed
    names = {row[0]: row[1] for row in rows}
    assert str(names["K-0001"]).startswith("'=HYPERLINK")


def test_a_csv_is_one_that_the_readers_spreadsheet_opens(page: TestClient) -> None:
    """German readers get semicolons, UTF-8 with a mark and CRLF; the header stands once."""
    content = page.get("/export/customers.csv?lang=de", headers={"accept-language": "de"}).content
    assert content.startswith("\ufeffKundennummer;".encode())
    assert content.count(b"Kundennummer;") == 1
    assert content.count(b"\r\n") == 161


def test_a_selection_of_nobody_is_an_empty_file(page: TestClient) -> None:
    """Without customers the file has its header alone."""
    assert page.get("/export/customers.csv?owner=Nobody").content.count(b"\r\n") == 1


def test_the_form_stores_what_a_rep_says(browser: Any, copied: Project) -> None:  # noqa: ANN401 - a fixture
    """What is sent with the form is stored like a list that came back, and is shown on the page."""
    client: TestClient = browser(copied)
    mark = client.get("/customers/K-0012").text.partition('name="mark" value="')[2].partition('"')[0]
    form = {"mark": mark, "verdict": "too low", "estimate": "90000", "comment": "<b>kauft</b> bei X"}
    answer = client.post("/customers/K-0012", data=form)
    assert answer.status_code == 303
    text = client.get(answer.headers["location"]).text
    assert "Saved" in text
    assert "&lt;b&gt;kauft&lt;/b&gt; bei X" in text
    stored = pl.read_parquet(copied.folder / "feedback" / "answers.parquet")
    assert stored.select("customer_id", "verdict", "estimate").row(0) == ("K-0012", "too low", 90000.0)


@pytest.mark.parametrize(
    "form", [{}, {"verdict": "maybe"}, {"estimate": "much"}, {"estimate": "-1"}, {"estimate": "nan"}]
)
def test_a_form_that_says_nothing_is_refused(browser: Any, copied: Project, form: dict[str, str]) -> None:  # noqa: ANN401
    """An answer that cannot be stored is named, and nothing is stored."""
    client: TestClient = browser(copied)
    mark = client.get("/customers/K-0012").text.partition('name="mark" value="')[2].partition('"')[0]
    assert client.post("/customers/K-0012", data={"mark": mark, **form}).status_code == 422
    assert not (copied.folder / "feedback").exists()


def test_a_new_run_is_served_by_itself(browser: Any, copied: Project) -> None:  # noqa: ANN401 - a fixture
    """Once a run has finished the pages show its results without a restart."""
    import time

    client: TestClient = browser(copied)
    stage = copied.stage("lists")
    frames = {name: pl.read_parquet(path) for name, path in stage.files.items()}
    frames["potential"] = frames["potential"].filter(pl.col("customer_id") < "K-0100")
    artifact.make(stage, "another run", lambda: frames)
    for _ in range(100):
        if client.get("/api/v1/customers").json()["count"] == 100:
            break
        time.sleep(0.05)
    assert client.get("/api/v1/customers").json()["count"] == 100
    assert client.get("/customers/K-0012").status_code == 200
    assert client.get("/customers/K-0112").status_code == 404


def test_pages_speak_the_language_of_the_browser_until_another_is_chosen(page: TestClient) -> None:
    """The browser's language counts, then the one that was chosen."""
    assert "Customers" in page.get("/customers").text
    assert "Kunden" in page.get("/customers", headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"}).text
    assert 'lang="de"' in page.get("/customers?lang=de").text
    assert 'lang="de"' in page.get("/customers").text


@pytest.mark.parametrize(
    ("asked", "kept", "header", "language"),
    [(None, None, "fr, en;q=0.3, de;q=0.8", "de"), ("en", "de", "de", "en"), ("xx", "de", "en", "de"),
     (None, None, "fr;q=x", "de"), (None, None, None, "de")],
)  # fmt: skip
def test_the_first_known_wish_counts(asked: str | None, kept: str | None, header: str | None, language: str) -> None:
    """Asked for, kept from earlier, the browser's by weight, the project's: in this order."""
    assert chosen(asked, kept, header, "de") == language


def test_both_languages_say_the_same() -> None:
    """Every sentence exists in German and English with the same gaps."""
    german, english = (load_words(language).sentences for language in ("de", "en"))
    assert german.keys() == english.keys()
    gaps = {
        key: [sorted(part.partition("}")[0] for part in text[key].split("{")[1:]) for text in (german, english)]
        for key in german
    }
    assert {key: found for key, found in gaps.items() if found[0] != found[1]} == {}


def test_estimated_industries_name_their_division_in_english(page: TestClient, stock: Project) -> None:
    """On the English page an estimated class, titled in German only, follows the English name of its division."""
    inferred = artifact.read(stock.data / "inferred.parquet", INFERRED)
    known = inferred.filter(pl.col("wz_2025").list.len() > 0).row(0, named=True)
    code = known["wz_2025"][0]["code"]
    shown = page.get(f"/customers/{known['customer_id']}").text
    assert f"{code} {DIVISIONS[code[:2]]} (" in shown
