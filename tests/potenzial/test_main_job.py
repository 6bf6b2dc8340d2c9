"""The main job from the user's command to the files that people open, on a small demo."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from potenzial.project import TABLES
from scoring.schema import ACTIONS, POTENTIAL, POTENTIAL_CLASSES, REVENUE_CLASSES

Command = Callable[..., subprocess.CompletedProcess[str]]

CUSTOMERS = "50"
START = [sys.executable, "-c", "from potenzial.cli import main; main()"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, started: Command) -> Path:
    """A finished demo of 50 customers."""
    folder = tmp_path_factory.mktemp("main") / "demo"
    done = started("demo", "--customers", CUSTOMERS, "--folder", str(folder), cwd=folder.parent)
    assert done.returncode == 0, done.stderr
    assert f"Report:  {folder / 'out' / 'report.html'}" in done.stdout
    assert f"Proof:   {folder / 'out' / 'proof.html'}" in done.stdout
    return folder


def _lists(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "out" / "potential.parquet")


def test_every_customer_is_in_the_result_with_valid_values(demo: Path) -> None:
    """All customers come out once, with the columns of the contract and values that agree with each other."""
    lists = _lists(demo)
    assert lists.schema == POTENTIAL
    assert lists["customer_id"].n_unique() == lists.height == int(CUSTOMERS)
    assert set(lists["class_revenue"]) <= set(REVENUE_CLASSES)
    assert set(lists["class_potential"]) <= set(POTENTIAL_CLASSES)
    assert set(lists["action"]) <= set(ACTIONS)
    rated = lists.filter(pl.col("potential").is_not_null())
    assert rated.filter(
        ~(pl.col("potential_low") <= pl.col("potential"))
        | ~(pl.col("potential") <= pl.col("potential_high"))
        | (pl.col("potential") < pl.col("revenue_best"))
    ).is_empty()


def test_reasons_and_peers_are_given_and_nobody_is_its_own_peer(demo: Path) -> None:
    """Each rated customer has reasons for and against in both languages, and peers other than itself."""
    rated = _lists(demo).filter(pl.col("potential").is_not_null())
    for column in ("reason_de", "reason_en", "against_de", "against_en"):
        assert rated.filter(pl.col(column).is_null() | (pl.col(column) == "")).is_empty()
    peers = rated.select("customer_id", "peers").explode("peers").unnest("peers", separator="_")
    assert peers.filter(pl.col("peers_customer_id") == pl.col("customer_id")).is_empty()
    assert peers["peers_similarity"].drop_nulls().len() > 0


def test_the_files_for_people_are_there_and_say_that_the_data_is_synthetic(demo: Path) -> None:
    """Report, lists, proof and manifest lie in out/, and the report says in plain words that the data is made up."""
    out = demo / "out"
    assert {"report.html", "proof.html", "potential.csv", "expansion.csv", "reactivation.csv", "manifest.json"} <= {
        path.name for path in out.iterdir()
    }
    assert "Erfundene Daten" in (out / "report.html").read_text("utf-8")
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    assert manifest["config"]["potential"]["quantile"] == 0.9
    assert {row["model"] for row in manifest["figures"]} >= {"potenzial", "constant"}


def test_websites_of_all_kinds_met_their_verdict(demo: Path) -> None:
    """Dead and refusing websites are rows with a reason, and most others gave pages."""
    verdicts = dict(pl.read_parquet(demo / "data" / "verdicts.parquet")["verdict"].value_counts().iter_rows())
    assert verdicts["ok"] > sum(verdicts.values()) / 2
    assert len(verdicts) > 2
    fetches = pl.read_parquet(demo / "data" / "fetches.parquet")
    assert fetches.filter(pl.col("reason").is_null()).is_empty()


def test_true_wallets_are_nowhere_but_on_the_proof_page(demo: Path) -> None:
    """No table of the project holds the hidden wallets."""
    for path in demo.rglob("*.parquet"):
        assert not [name for name in pl.read_parquet_schema(path) if "wallet" in name]
    assert "wallet" not in (demo / "customers.csv").read_text("utf-8-sig")


def test_a_run_after_the_demo_repeats_nothing(demo: Path, potenzial: Command) -> None:
    """A second run without any change keeps every stage and needs no website."""
    done = potenzial("run", cwd=demo)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("unchanged") == len(TABLES)


def test_lookalikes_of_a_customer(demo: Path, potenzial: Command) -> None:
    """Lookalikes come best first, without the customer itself, with class and potential."""
    seed = pl.read_parquet(demo / "data" / "company_vectors.parquet")["customer_id"][0]
    said = json.loads(potenzial("lookalike", seed, "-k", "7", "--json", cwd=demo).stdout)
    hits = said["lookalikes"]
    assert [hit["rank"] for hit in hits] == list(range(1, 8))
    assert seed not in {hit["neighbour_id"] for hit in hits}
    assert sorted((hit["similarity"] for hit in hits), reverse=True) == [hit["similarity"] for hit in hits]
    assert all(hit["class_potential"] in POTENTIAL_CLASSES for hit in hits)
    assert "alike" in potenzial("lookalike", seed, cwd=demo).stdout


def test_unknown_customers_are_named(demo: Path, potenzial: Command) -> None:
    """Asking for a customer that is not there ends with a message that names the id."""
    for command in ("lookalike", "explain"):
        done = potenzial(command, "K-nobody", cwd=demo)
        assert done.returncode == 2
        assert "K-nobody" in done.stderr
        assert "Traceback" not in done.stderr


def test_explain_says_the_same_as_the_lists(demo: Path, potenzial: Command) -> None:
    """The explanation of a customer carries the figures and reasons of the lists, for people and for programs."""
    row = _lists(demo).filter(pl.col("potential").is_not_null()).row(0, named=True)
    said = json.loads(potenzial("explain", row["customer_id"], "--json", cwd=demo).stdout)
    assert said["potential"] == pytest.approx(row["potential"])
    assert " · ".join(said["reasons_de"]) == row["reason_de"]
    shown = potenzial("explain", row["customer_id"], cwd=demo).stdout
    assert row["name"] in shown
    assert "Reasons" in shown


def test_deleted_results_are_made_again_alike(demo: Path, potenzial: Command) -> None:
    """Results that were deleted are made again from the stages, equal to the last byte of the table."""
    before = _lists(demo)
    (demo / "out" / "potential.parquet").unlink()
    assert potenzial("run", cwd=demo).returncode == 0
    assert _lists(demo).equals(before)


def test_a_killed_run_goes_on_and_fetches_no_page_twice(demo: Path, tmp_path: Path, started: Command) -> None:
    """After kill -9 in the crawl and in the encoding, the next run ends in the same result without repeating work."""
    folder = tmp_path / "demo"
    arguments = ("demo", "--customers", CUSTOMERS, "--folder", str(folder))
    _killed(arguments, tmp_path, lambda: len(_kept(folder)) >= 20)
    finished = _kept(folder)
    asked = _killed(arguments, tmp_path, (folder / "data" / "vectors.sqlite").exists)
    done = started(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert _lists(folder).drop("website").equals(_lists(demo).drop("website"))
    assert len(finished) >= 20
    # Sites that moved to another customer's website visit its pages, too.
    own = {page for page, sites in _kept(folder).items() if sites == 1}
    assert finished.keys() & own & asked == set()
    assert _asked(folder) == set()


def _killed(arguments: tuple[str, ...], cwd: Path, is_far_enough: Callable[[], bool]) -> set[str]:
    """Start a run, kill it without warning when it is far enough, and give the addresses that it asked for."""
    with subprocess.Popen([*START, *arguments], cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        while not is_far_enough():
            assert run.poll() is None, "the run ended before it could be killed"
            time.sleep(0.05)
        run.kill()
    return _asked(cwd / "demo")


def _kept(folder: Path) -> dict[str, int]:
    """Addresses of the pages that are saved so far, and for how many sites."""
    address = f"{(folder / 'data' / 'frontier.sqlite').as_uri()}?mode=ro"
    with (
        contextlib.suppress(sqlite3.OperationalError),
        contextlib.closing(sqlite3.connect(address, uri=True)) as frontier,
    ):
        return dict(frontier.execute("SELECT url, count(DISTINCT site) FROM pages GROUP BY url"))
    return {}


def _asked(folder: Path) -> set[str]:
    """Addresses that the latest run asked for."""
    lines = (folder / "access.jsonl").read_text("utf-8").splitlines(keepends=True)
    # The line that a kill cut off is of a page that nobody has seen.
    whole = (json.loads(line) for line in lines if line.endswith("\n"))
    return {f"http://{line['host']}{line['path']}" for line in whole}


@pytest.mark.skipif(os.name == "nt", reason="interrupts are sent to processes differently on Windows")
def test_an_interrupted_run_exits_with_130_and_says_that_nothing_is_lost(tmp_path: Path) -> None:
    """Ctrl-C ends a run with exit code 130 and a sentence on what to do."""
    arguments = ("demo", "--customers", CUSTOMERS, "--folder", str(tmp_path / "demo"))
    with subprocess.Popen([*START, *arguments], cwd=tmp_path, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as run:
        while not (tmp_path / "demo" / "data" / "frontier.sqlite").exists() and run.poll() is None:
            time.sleep(0.1)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=60)
    assert run.returncode == 130, said.decode()
    assert b"goes on from there" in said
    assert b"Traceback" not in said


@pytest.mark.parametrize("texts", ["Wir drehen und fräsen Teile aus Stahl.", ""])
def test_a_stock_with_one_text_is_rated_by_industry_and_size(tmp_path: Path, potenzial: Command, texts: str) -> None:
    """Where all texts are the same, or only one customer has any, the run says so and goes on."""
    rows = [
        f"K{row};Firma {row};{('25.62', '43.21')[row % 2]};{5 + row};{100 * (5 + row)};"
        + (texts or "Wir backen Brot und Brötchen." * (row == 0))
        for row in range(40)
    ]
    header = "customer_id;name;industry;headcount;revenue;text"
    (tmp_path / "customers.csv").write_text("\n".join([header, *rows]), "utf-8")
    (tmp_path / "potenzial.toml").write_text('[embedding]\nmodel = "tfidf"\nprompt = ""\n', "utf-8")
    done = potenzial("run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "one text only" in done.stderr
    assert _lists(tmp_path)["potential"].null_count() == 0
