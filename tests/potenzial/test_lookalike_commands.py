"""The commands `lookalike` and `rank-prospects` on a finished project, beside a website on loopback."""

import csv
import io
import json
import random
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from potenzial.api import Project
from potenzial.cli import app
from potenzial.errors import FilterError, QuestionError, UnknownIdError
from potenzial.prospects import PROSPECTS

TRADES = {
    "25.62": ("Fräsen", "Drehen", "Lohnfertigung", "Zerspanung", "Serienteile", "Werkzeugbau", "Edelstahl"),
    "43.21": ("Schaltschrank", "Kabel", "Beleuchtung", "Photovoltaik", "Netzwerk", "Alarmanlage", "Zähler"),
    "10.71": ("Brot", "Brötchen", "Sauerteig", "Torte", "Konditorei", "Backstube", "Roggen"),
}
#: What few companies of a trade name, so that it sets them apart.
SPECIAL = {
    "25.62": ("Gewindebohren", "Räumen", "Honen", "Läppen", "Planfräsen"),
    "43.21": ("Blitzschutz", "Gegensprechanlage", "Lichtwellenleiter", "Notstrom", "Wallbox"),
    "10.71": ("Baumkuchen", "Stollen", "Laugengebäck", "Marzipan", "Zwieback"),
}
BAKERY = "Konditorei mit Torte, Brot und Sauerteig. Baumkuchen, Stollen, Laugengebäck, Marzipan, Zwieback."
SITE = "zerspanung-neu.de"
PAGE = """<html lang="de"><head><title>Zerspanung Neu</title></head><body><h1>Lohnfertigung</h1>
<p>Wir bieten Fräsen, Drehen und Zerspanung von Serienteilen aus Edelstahl. Unser Werkzeugbau fertigt Vorrichtungen für
den Maschinenbau. Lohnfertigung in kleinen und großen Serien ist seit vielen Jahren unser Geschäft, mit kurzen
Lieferzeiten und geprüfter Qualität. Auf Wunsch: Gewindebohren, Räumen, Honen, Läppen, Planfräsen.</p></body></html>"""
CONFIG = """\
[input]
customers = "customers.csv"
[crawl]
allow_loopback = true
hosts_file = "hosts"
delay_seconds = 0.0
retries = 0
timeout_seconds = 5
[embedding]
model = "tfidf"
pooling = "idf"
[potential]
folds = 2
neighbours = 10
[report]
language = "de"
"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Serve one page on loopback; gives the port."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text(PAGE, "utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def _customers() -> Iterator[list[str]]:
    """Customers of three trades; turners buy most, and every seventh customer does not buy."""
    chance = random.Random(5)
    for number in range(90):
        trade = list(TRADES)[number % 3]
        revenue = 10 ** (4.5 - 0.7 * (number % 3) + chance.gauss(0, 0.2)) if number % 7 else 0
        said = ". ".join(f"Wir bieten {' und '.join(chance.sample(TRADES[trade], 3))}" for _ in range(4))
        name, special = f"=Firma {number}", SPECIAL[trade][number // 3 % 5]
        yield [
            f"K-1{number:04}",
            name,
            trade,
            f"{revenue:.2f}",
            "2026-06-01",
            str(35000 + number),
            f"{said}. {special}",
        ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, port: int) -> Path:
    """A project of ninety customers that has run up to the lists."""
    made = tmp_path_factory.mktemp("asking") / "stock"
    made.mkdir()
    with (made / "customers.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["customer_id", "name", "industry", "revenue", "last_purchase", "postcode", "text"])
        writer.writerows(_customers())
    (made / "potenzial.toml").write_text(CONFIG, "utf-8")
    (made / "hosts").write_text(f"127.0.0.1:{port} {SITE}\n", "utf-8")
    assert _run(made, "run", "--until", "lists").exit_code == 0
    return made


def _run(folder: Path, *arguments: str) -> Result:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return CliRunner().invoke(app, arguments)


def _asked(folder: Path, *arguments: str) -> dict[str, Any]:
    done = _run(folder, *arguments, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _trades(folder: Path, hits: list[dict[str, Any]]) -> list[str]:
    stock = dict(pl.read_parquet(folder / "data" / "customers.parquet").select("customer_id", "industry").iter_rows())
    return [stock[hit["neighbour_id"]] for hit in hits]


def test_a_description_finds_its_trade(folder: Path) -> None:
    """--text finds the companies that do what it describes, and quotes the words that both use."""
    found = _asked(folder, "lookalike", "--text", BAKERY, "-k", "5")
    assert _trades(folder, found["lookalikes"]) == ["10.71"] * 5
    shared = [phrase for hit in found["lookalikes"] for phrase in hit["shared"]]
    assert {phrase["phrase"] for phrase in shared} & set(SPECIAL["10.71"])
    assert {phrase["example_url"] for phrase in shared} == {None}


@pytest.mark.parametrize("text", ["Sauerteig", "Our Backstube bakes Roggen bread ☎", "Torte und Brot. " * 65_000])
def test_odd_descriptions_are_answered(folder: Path, text: str) -> None:
    """One word, two languages with an emoji, and a megabyte all find the trade they name."""
    found = _asked(folder, "lookalike", "--text", text, "-k", "3")
    assert _trades(folder, found["lookalikes"]) == ["10.71"] * 3


@pytest.mark.parametrize("text", ["☎", "🙂🙂 !", "—"])
def test_a_text_without_any_word_is_refused(folder: Path, text: str) -> None:
    """An emoji has a vector too, but what is near it is near by chance, so the question is not answered."""
    outcome = _run(folder, "lookalike", "--text", text)
    assert isinstance(outcome.exception, QuestionError)
    assert "no text to compare with" in str(outcome.exception)


def test_a_web_page_finds_its_trade(folder: Path) -> None:
    """--url visits the page, finds companies of its trade, and names the page as the source of what both share."""
    found = _asked(folder, "lookalike", "--url", f"http://{SITE}/", "-k", "5")
    assert _trades(folder, found["lookalikes"]) == ["25.62"] * 5
    pages = {phrase["example_url"] for hit in found["lookalikes"] for phrase in hit["shared"]}
    assert pages == {f"http://{SITE}/"}


def test_a_site_that_does_not_answer_is_told(folder: Path) -> None:
    """--url of an unknown host ends with the crawl's verdict and the way out."""
    outcome = _run(folder, "lookalike", "--url", "http://nobody-there.de/")
    assert isinstance(outcome.exception, QuestionError)
    assert "Use --text instead" in str(outcome.exception)


@pytest.mark.parametrize(
    ("given", "meant"),
    [("10002", "K-10002"), ("k10002", "K-10002"), (" K-010002", "K-10002"), ("Kd. 10002", "K-10002")],
)
def test_an_unknown_id_names_those_that_may_be_meant(folder: Path, given: str, meant: str) -> None:
    """An id without its prefix, in another case, or misspelled is answered by the right one."""
    for arguments in ((given,), ("K-10001", "--not", given)):
        outcome = _run(folder, "lookalike", *arguments)
        assert isinstance(outcome.exception, UnknownIdError)
        assert f"Did you mean `{meant}`" in str(outcome.exception)


def test_a_bad_condition_is_refused_with_the_column_that_was_meant(folder: Path) -> None:
    """--where with a column that there is not ends before the search."""
    outcome = _run(folder, "lookalike", "K-10001", "--where", "postcde = '35001'")
    assert isinstance(outcome.exception, FilterError)
    assert "Did you mean `postcode`" in str(outcome.exception)


def test_an_empty_answer_names_its_filter_in_every_format(folder: Path, tmp_path: Path) -> None:
    """Table, JSON, CSV and XLSX all say which filter left nothing, and none of them fails."""
    nothing = ("lookalike", "K-10001", "--where", "postcode = '99999'")
    said = "--where \"postcode = '99999'\" leaves none of 89"
    assert said in " ".join(_run(folder, *nothing).stdout.split())
    assert said in _asked(folder, *nothing)["emptied_by"]
    for kind in ("csv", "xlsx"):
        done = _run(folder, *nothing, "--format", kind, "--output", str(tmp_path / f"none.{kind}"))
        assert done.exit_code == 0
        assert said in " ".join(done.stderr.split())


def test_sheets_hold_the_hits_and_run_no_formula(folder: Path, tmp_path: Path) -> None:
    """CSV guards cells that begin like a formula, XLSX writes them as text."""
    table = _run(folder, "lookalike", "K-10001", "-k", "3", "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(table), delimiter=";"))
    assert len(rows) == 3
    assert all(row["Name"].startswith("'=Firma") for row in rows)
    book = tmp_path / "hits.xlsx"
    assert _run(folder, "lookalike", "K-10001", "--format", "xlsx", "--output", str(book)).exit_code == 0
    with zipfile.ZipFile(book) as parts:
        assert "<f>" not in parts.read("xl/worksheets/sheet1.xml").decode()


def test_a_notebook_asks_the_same(folder: Path) -> None:
    """`Project.open` answers as the command does, and `.why` gives the reasons of a hit."""
    found = Project.open(folder).lookalike("K-10001", k=3)
    told = _asked(folder, "lookalike", "K-10001", "-k", "3")["lookalikes"]
    assert found.frame["customer_id"].to_list() == [hit["neighbour_id"] for hit in told]
    why = found.why(found.frame["customer_id"][0])
    assert list(why.shared) == told[0]["shared"]
    with pytest.raises(UnknownIdError):
        found.why("K-10001")


@pytest.fixture(scope="module")
def ranked(folder: Path) -> pl.DataFrame:
    """Rank a list of three: a turner with a website, a baker, and a company without any text."""
    rows = [
        {"customer_id": "K-10001", "name": "Zerspanung Neu", "website": f"http://{SITE}/", "text": ""},
        {"customer_id": "2", "name": "Bäckerei", "website": "", "text": "Brot und Torte aus der Backstube. " * 3},
        {"customer_id": "3", "name": "Ohne alles", "website": "", "text": ""},
    ]
    with (folder / "list.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    before = (folder / "out" / "potential.parquet").read_bytes()
    told = _asked(folder, "rank-prospects", "list.csv")
    # That prospects have no revenue is no news.
    assert not any("learnt from sales" in finding for finding in told["findings"])
    found = told["prospects"]
    assert (folder / "out" / "potential.parquet").read_bytes() == before
    return pl.DataFrame(found, schema=PROSPECTS)


def test_prospects_like_the_best_customers_come_first(ranked: pl.DataFrame) -> None:
    """The turner, whose website was visited, leads: turners buy most; who has no text counts as the middle."""
    assert ranked["customer_id"].to_list()[0] == "K-10001"
    assert ranked["rank"].to_list() == [1, 2, 3]
    similar = dict(ranked.select("customer_id", "similarity").iter_rows())
    assert similar["K-10001"] > similar["2"]
    assert similar["3"] is None


def test_prospects_keep_their_ids_and_have_a_potential(ranked: pl.DataFrame) -> None:
    """An id that a customer of the stock has too stays the prospect's own, and every potential lies in its interval."""
    assert set(ranked["customer_id"]) == {"K-10001", "2", "3"}
    known = ranked.drop_nulls("potential")
    assert known.height
    assert known.filter(~pl.col("potential").is_between("potential_low", "potential_high")).is_empty()


@pytest.mark.usefixtures("ranked")
def test_a_ranked_list_goes_into_a_sheet(folder: Path) -> None:
    """rank-prospects writes CSV with all companies of the list."""
    table = _run(folder, "rank-prospects", "list.csv", "--format", "csv").stdout
    assert len(list(csv.reader(io.StringIO(table), delimiter=";"))) == 4


def test_words_are_rare_by_the_stock_and_not_by_the_list(folder: Path, ranked: pl.DataFrame) -> None:
    """With pooling by rarity a prospect ranked alone lies where it lies in a longer list."""
    lines = (folder / "list.csv").read_text("utf-8").splitlines()
    (folder / "one.csv").write_text("\n".join(lines[:2]), "utf-8")
    alone = _asked(folder, "rank-prospects", "one.csv")["prospects"]
    assert [row["similarity"] for row in alone] == ranked.filter(customer_id="K-10001")["similarity"].to_list()
