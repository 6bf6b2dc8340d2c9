import csv
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import fastexcel
import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


def _stock(revenue: Callable[[int], int], rows: range) -> str:
    lines = [f"{n};Firma {n};{n % 40 + 1};{revenue(n)}\n" for n in rows]
    return "customer_id;name;headcount;revenue\n" + "".join(lines)


@pytest.fixture(scope="module")
def twice(fresh: Path, tmp_path_factory: pytest.TempPathFactory, potenzial: Command) -> Path:
    """Two runs, in the second one customer gone, one new and one with more revenue; nobody may change it."""
    folder = shutil.copytree(fresh, tmp_path_factory.mktemp("runs") / "stock")
    stock = folder / "customers.csv"
    stock.write_text(_stock(lambda n: 100 * n, range(1, 61)), encoding="utf-8")
    assert potenzial("run", "--name", "Herbst", cwd=folder).stdout.splitlines()[-1].split() == ["Run:", "Herbst"]
    stock.write_text(_stock(lambda n: 90_000 if n == 2 else 100 * n, range(2, 62)), encoding="utf-8")
    done = potenzial("run", cwd=folder)
    assert "what changed: potenzial diff previous latest" in done.stdout, done.stderr
    return folder


@pytest.fixture
def copied(twice: Path, tmp_path: Path) -> Path:
    """A copy of the project with two runs."""
    return shutil.copytree(twice, tmp_path / "stock")


def test_the_difference_of_two_runs_names_who_moved_and_why(twice: Path, potenzial: Command) -> None:
    """Customers gone, new and changed are told apart, and the sums of both runs lead to each other."""
    found = json.loads(potenzial("diff", "--format", "json", cwd=twice).stdout)
    steps = {row["step"]: row for row in found["bridge"]}
    assert (found["before"]["name"], steps["gone"]["customers"], steps["new"]["customers"]) == ("Herbst", 1, 1)
    assert steps["own data"]["revenue"] == 90_000 - 200
    start, end = steps.pop("before"), steps.pop("after")
    assert start["potential"] + sum(row["potential"] for row in steps.values()) == pytest.approx(end["potential"])
    moved = {row["customer_id"]: row for row in found["customers"]}
    assert (moved["2"]["class_revenue_after"], moved["2"]["why_revenue"]) == ("A", "own data")
    assert moved["2"]["changed"] == ["revenue", "revenue_best"]


def test_the_terminal_tells_the_difference_in_words(twice: Path, potenzial: Command) -> None:
    """Names of runs and customers, causes in words, quantile and coverage stand on the terminal."""
    said = potenzial("diff", "Herbst", "latest", cwd=twice).stdout
    for word in ("From Herbst to", "own data", "data of other customers", "at quantile 0.90 (coverage", "Firma 2"):
        assert word in said


def test_the_difference_comes_as_csv_and_workbook(twice: Path, tmp_path: Path, potenzial: Command) -> None:
    """All customers of both runs are in the lists, in the language of the report."""
    rows = list(csv.DictReader(potenzial("diff", "--format", "csv", cwd=twice).stdout.splitlines(), delimiter=";"))
    assert len(rows) == 61
    assert {row["Kundennummer"]: row["Beträge geändert durch"] for row in rows}["1"] == "weggefallen"
    path = tmp_path / "diff.xlsx"
    assert potenzial("diff", "--format", "xlsx", "--out", str(path), cwd=twice).returncode == 0
    assert fastexcel.read_excel(path).load_sheet(0).height == 61


def test_a_run_that_finds_nothing_new_is_kept_once(copied: Path, potenzial: Command) -> None:
    """Running again without a change keeps no third run, but can give the newest one its name."""
    assert potenzial("run", "--name", "Winter", cwd=copied).returncode == 0
    runs = json.loads(potenzial("runs", "list", "--json", cwd=copied).stdout)["runs"]
    assert [one["name"] for one in runs] == ["Winter", "Herbst"]
    assert runs[0]["customers"] == 60


def test_another_share_of_classes_moves_classes_by_their_borders_alone(copied: Path, potenzial: Command) -> None:
    """A changed setting of the classes is shown with both values, and no amount is said to have changed."""
    (copied / "potenzial.toml").write_text("[classes]\nshares = [0.5, 0.3, 0.2]\n", encoding="utf-8")
    assert potenzial("run", cwd=copied).returncode == 0
    found = json.loads(potenzial("diff", "--format", "json", cwd=copied).stdout)
    assert {row["why"] for row in found["moved"]} == {"thresholds"}
    assert {row["cause"] for row in found["customers"]} == {None}
    assert [one["key"] for one in found["settings"]] == ["classes.shares"]


def test_runs_can_be_named_and_deleted(copied: Path, potenzial: Command) -> None:
    """A deleted run is gone from the list, and one that never was is refused before anything is deleted."""
    assert potenzial("runs", "name", "latest", "Winter", cwd=copied).returncode == 0
    refused = potenzial("runs", "delete", "Winter", "Sommer", cwd=copied)
    assert (refused.returncode, "Herbst" in refused.stderr) == (2, True)
    assert potenzial("runs", "delete", "Herbst", cwd=copied).returncode == 0
    said = potenzial("runs", "list", cwd=copied).stdout
    assert ("Winter" in said, "Herbst" in said) == (True, False)
    assert potenzial("diff", cwd=copied).returncode == 2


@pytest.mark.parametrize("extra", [("--sample", "20"), ("--until", "lists"), ("--name", "latest")])
def test_a_name_that_cannot_be_given_is_refused_before_the_run(
    twice: Path, potenzial: Command, extra: tuple[str, ...]
) -> None:
    """What is not kept has no name: the command ends with 2 and nothing is made."""
    done = potenzial("run", "--name", "Probe", *extra, cwd=twice)
    assert (done.returncode, done.stdout) == (2, "")


def test_only_so_many_runs_are_kept(copied: Path, potenzial: Command) -> None:
    """With keep_runs = 1 the newest run pushes out the one before, but none that has a name."""
    (copied / "potenzial.toml").write_text("[run]\nkeep_runs = 1\n[classes]\nshares = [0.5, 0.3, 0.2]\n", "utf-8")
    assert potenzial("run", cwd=copied).returncode == 0
    runs = json.loads(potenzial("runs", "list", "--json", cwd=copied).stdout)["runs"]
    assert [bool(one["name"]) for one in runs] == [False, True]
