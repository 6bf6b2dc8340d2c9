"""Back-test, experiment and feedback on one small project, from the command line to the files."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import numpy as np
import polars as pl
import pytest

from potenzial.pipeline import Pipeline, Span
from potenzial.progress import LogReporter
from potenzial.project import open_project
from scoring.schema import POTENTIAL

SIZE = 120

Command = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rated project of 120 customers without websites, with four years of order lines."""
    folder = tmp_path_factory.mktemp("rated") / "stock"
    folder.mkdir()
    random = np.random.default_rng(5)
    people = random.integers(3, 200, SIZE)
    revenue = np.where(random.random(SIZE) < 0.8, 50 * people * random.lognormal(0, 0.5, SIZE), 0).round(2)
    ids = [f"={number:03d}" for number in range(SIZE)]
    stock = pl.DataFrame({"customer_id": ids, "name": ids, "industry": "Metallbau", "headcount": people})
    stock.with_columns(revenue=revenue).write_csv(folder / "customers.csv", separator=";")
    lines = [
        (name, f"15.{1 + place % 12:02d}.{year}", f"{amount * (1 + 0.1 * (year - 2022)):.2f}".replace(".", ","))
        for place, (name, amount) in enumerate(zip(ids, revenue + 10, strict=True))
        for year in (2021, 2022, 2023, 2024)
    ]
    lines.append(("=000", "31.12.2024", "1,00"))
    table = pl.DataFrame(lines, schema=["Kundennummer", "Datum", "Betrag"], orient="row")
    table.write_csv(folder / "orders.csv", separator=";")
    (folder / "potenzial.toml").write_text(
        '[backtest]\nhistory = "orders.csv"\nrounds = 100\n[potential]\nfolds = 2\n', "utf-8"
    )
    Pipeline(open_project(folder / "potenzial.toml"), LogReporter()).run(Span())
    return folder


def _lists(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "out" / "potential.parquet")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def _returned(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)


def test_the_back_test_says_what_it_found_and_what_limits_it(rated: Path, potenzial: Command) -> None:
    """The tables, the warning that effort confounds and the file for programs come out of one command."""
    done = potenzial("backtest", cwd=rated)
    assert done.returncode == 0, done.stderr
    assert "Rated with purchases up to 2023-12-31" in done.stdout
    assert "Visits and offers are not spread at random" in done.stdout
    stored = json.loads((rated / "out" / "backtest.json").read_text("utf-8"))
    assert stored["population"]["customers"] == SIZE


def test_the_report_shows_the_back_test(rated: Path, potenzial: Command) -> None:
    """Once there is a back-test, the report shows it with its limits."""
    said = json.loads(potenzial("backtest", "--year", "2022", "--json", cwd=rated).stdout)
    assert (said["year"], said["judged_later"]) == (2022, True)
    assert potenzial("report", cwd=rated).returncode == 0
    page = (rated / "out" / "report.html").read_text("utf-8")
    assert 'id="backtest"' in page
    assert "Besuche und Angebote sind nicht zufällig verteilt" in page


def test_without_history_the_back_test_says_what_is_needed(rated: Path, potenzial: Command) -> None:
    """A history that is not there ends with a message and exit code 2."""
    done = potenzial("backtest", "--history", "none.csv", cwd=rated)
    assert done.returncode == 2
    assert "none.csv: there is no such file" in done.stderr


def test_an_experiment_is_drawn_once_and_evaluated(rated: Path, potenzial: Command) -> None:
    """The same draw is kept, the lists hold its customers, and an effect in the outcomes is found."""
    first = json.loads(potenzial("experiment", "draw", "--visits", "70", "--json", cwd=rated).stdout)
    again = json.loads(potenzial("experiment", "draw", "--visits", "70", "--json", cwd=rated).stdout)
    assert first["about"] == again["about"]
    assert (first["drawn_before"], again["drawn_before"]) == (False, True)
    folder = Path(first["folder"])
    visits, held = (_rows(folder / f"{name}.csv") for name in ("visits", "holdout"))
    assert (len(visits), len(held)) == (70, 30)
    drawn = pl.read_parquet(folder / "assignment.parquet").with_row_index("n")
    bought = pl.when(pl.col("arm") == "visit").then(500).otherwise(100) + pl.col("n") % 7
    drawn.select("customer_id", revenue=bought).write_csv(rated / "outcome.csv", separator=";")
    done = potenzial("experiment", "evaluate", "outcome.csv", "--json", cwd=rated)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["eur"]["low"] < 400 < found["eur"]["high"]
    assert found["found"] == 100
    shown = potenzial("experiment", "evaluate", "outcome.csv", cwd=rated).stdout
    assert "visits brought more" in shown
    early = potenzial("experiment", "evaluate", "orders.csv", "--from", "2024-01-01", cwd=rated).stdout
    assert "Days before the draw" in early


def test_experiments_that_cannot_be_are_refused(rated: Path, potenzial: Command) -> None:
    """Too many visits, an unknown experiment and outcomes before the draw end in a message."""
    for arguments, said in (
        (("draw", "--visits", "500"), "only 120 with a potential"),
        (("draw", "--visits", "5", "--where", "headcont > 5"), "no column `headcont`"),
        (("evaluate", "orders.csv", "--id", "nobody"), "no such experiment"),
    ):
        done = potenzial("experiment", *arguments, cwd=rated)
        assert done.returncode == 2
        assert said in done.stderr


def test_feedback_overrides_with_a_visible_mark(rated: Path, potenzial: Command) -> None:
    """Answers are counted, bad ones rejected, and overrides change class and action but no amount, and say so."""
    before = _lists(rated)
    assert potenzial("feedback-list", "-n", "6", "--out", "list.csv", cwd=rated).returncode == 0
    rows = _rows(rated / "list.csv")
    assert [row["Kundennummer"] for row in rows] == [f"'{name}" for name in before["customer_id"].head(6)]
    answers = ("passt", "Zu hoch!", "falsch", "vielleicht", "", "")
    for row, answer in zip(rows, answers, strict=True):
        row["Rückmeldung"] = answer
    rows[1]["Eigene Schätzung (EUR/Jahr)"], rows[1]["Kommentar"] = "1,00", "=HYPERLINK(1) · klein"
    _returned(rated / "back.csv", [*rows, {**rows[0], "Kundennummer": "fremd"}])
    said = json.loads(potenzial("feedback", "back.csv", "--json", cwd=rated).stdout)
    assert (said["rows"], said["answers"], said["unanswered"]) == (7, 3, 2)
    assert [row["line"] for row in said["rejects"]] == [5, 8]
    assert potenzial("run", "--until", "lists", cwd=rated).returncode == 0
    after = _lists(rated).join(before, on="customer_id", suffix="_before", maintain_order="left")
    small = after.row(by_predicate=pl.col("customer_id") == before["customer_id"][1], named=True)
    assert small["class_potential"] == "C"
    assert small["reason_de"].startswith("Außendienst (gilt bis ")
    assert "own estimate €1, class C instead of" in small["reason_en"]
    assert small["reason_en"].endswith(small["reason_en_before"])
    wrong = after.row(by_predicate=pl.col("customer_id") == before["customer_id"][2], named=True)
    assert (wrong["action"], wrong["class_potential"]) == ("check", wrong["class_potential_before"])
    for name in ("potential", "headroom", "typical"):
        assert after[name].equals(after[f"{name}_before"].alias(name), check_names=False)
    others = after.filter(~pl.col("customer_id").is_in(before["customer_id"].slice(1, 2).to_list()))
    assert others["reason_de"].equals(others["reason_de_before"], check_names=False)
    assert set(POTENTIAL) <= set(after.columns)


def test_overrides_end_on_their_day_and_by_another_answer(rated: Path, potenzial: Command) -> None:
    """An expired override has no effect, a broken file is named by line, and "fits" takes an override back."""
    name, other = _lists(rated)["customer_id"].sort().head(2).to_list()
    _returned(rated / "back.csv", [{"customer_id": name, "feedback": "too low", "own estimate": "900000"}])
    assert potenzial("feedback", "back.csv", cwd=rated).returncode == 0
    path = rated / "overrides.csv"
    held = {row["customer_id"]: row for row in _rows(path)}[f"'{name}"]
    today = datetime.now(tz=UTC).date()
    assert held["expires_on"] == (today + timedelta(days=365)).isoformat()
    assert potenzial("run", "--until", "lists", cwd=rated).returncode == 0
    assert _override(rated, name).startswith("Außendienst")
    path.write_text(path.read_text("utf-8-sig").replace(held["expires_on"], "01.01.2020"), "utf-8-sig")
    assert potenzial("run", "--until", "lists", cwd=rated).returncode == 0
    assert not _override(rated, name).startswith("Außendienst")
    _returned(rated / "fits.csv", [{"customer_id": name, "feedback": "fits"}, {"customer_id": other, "feedback": "ok"}])
    assert potenzial("feedback", "fits.csv", cwd=rated).returncode == 0
    assert f"'{name}" not in {row["customer_id"] for row in _rows(path)}
    path.write_text("customer_id;verdict;expires_on\nx;maybe;01.01.2030\n", "utf-8")
    done = potenzial("run", "--until", "lists", cwd=rated)
    assert done.returncode == 2
    assert "overrides.csv, line 2: no such verdict" in done.stderr
    path.unlink()


def _override(folder: Path, name: str) -> str:
    reason = _lists(folder).filter(pl.col("customer_id") == name)["reason_de"].item()
    assert isinstance(reason, str)
    return reason


def test_blind_lists_show_no_number_of_the_model(rated: Path, potenzial: Command) -> None:
    """A blind list holds facts only, comes back as a workbook, is counted apart, and overrides nothing."""
    assert potenzial("feedback-list", "--blind", "-n", "20", "--out", "blind.xlsx", cwd=rated).returncode == 0
    sheet = pl.DataFrame(_sheet(rated / "blind.xlsx"))
    assert sheet.height == 20
    assert not {"Potenzial (EUR/Jahr)", "Klasse Potenzial", "Empfehlung", "Wachstumspotenzial (EUR/Jahr)"} & set(
        sheet.columns
    )
    answered = sheet.with_columns(pl.lit("12345").alias("Eigene Schätzung (EUR/Jahr)"))
    answered.write_excel(rated / "answered.xlsx")
    for _ in range(2):
        said = json.loads(potenzial("feedback", "answered.xlsx", "--json", cwd=rated).stdout)
    assert said["answers"] == 20
    assert [(one["group"], one["answers"]) for one in said["agreement"] if one["kind"] == "list"] == [("blind", 20)]
    pairs = pl.read_parquet(rated / "feedback" / "pairs.parquet").filter("blind")
    assert (pairs.height, pairs["estimate"].unique().to_list()) == (20, [12345.0])
    assert not any(row["given_on"] and row["estimate"] == "12345,00" for row in said["overrides"])


def _sheet(path: Path) -> dict[str, list[str]]:
    from potenzial.workbook import read_sheet

    sheet = read_sheet(path)
    return {name: [cell or "" for cell in sheet.frame[str(place)]] for place, name in enumerate(sheet.names)}
