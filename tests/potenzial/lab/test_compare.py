import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from embeddings.config import EmbeddingConfig
from potenzial.lab.controls import SHUFFLED, TFIDF
from potenzial.lab.speed import measure

Invoke = Callable[..., str]
QUICK = ("--seeds", "1", "--no-speed")


@pytest.fixture(scope="module")
def compared(stock: Path, invoke: Invoke) -> dict[str, object]:
    """The own configuration against another one, by precision, for programs; the page lies beside it."""
    printed = invoke(stock, "compare", "potenzial.toml", "plain.toml", *QUICK, "--by", "precision", "--json")
    return json.loads(printed)


def test_the_board_is_in_order_with_both_controls(compared: dict[str, list[dict[str, Any]]]) -> None:
    """The best precision stands first, every contestant and both controls have a line, shuffled texts come last."""
    rows = [row for row in compared["leaderboard"] if row["measure"] == "precision"]
    assert {row["config"] for row in rows} == {"potenzial", "plain", TFIDF, SHUFFLED}
    values = [row["value"] for row in rows]
    assert values == sorted(values, reverse=True)
    assert (rows[-1]["config"], rows[-1]["verdict"]) == (SHUFFLED, "worse")
    assert [row["config"] for row in rows if row["control"]] == [
        row["config"] for row in rows if "control" in row["config"]
    ]


def test_the_page_stands_alone_and_speaks_the_language_of_the_report(stock: Path, compared: dict[str, object]) -> None:
    """The page is German like the report, loads and runs nothing, and shows names from the stock as text."""
    page = (stock / "out" / "compare.html").read_text("utf-8")
    assert compared["page"] == str(stock / "out" / "compare.html")
    assert '<html lang="de">' in page
    assert "Rangliste" in page
    assert "vertauschte Texte" in page
    assert "Leaderboard" not in page
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=[\"'](?!#)", page)
    assert not re.search(r"Firma \d+ <b>", page)


def test_a_second_race_encodes_nothing_anew(stock: Path, compared: dict[str, object], invoke: Invoke) -> None:
    """The same race again gives the same board from kept vectors: neither store nor kept tables are written."""
    kept = {path: path.stat().st_mtime_ns for path in (stock / "data" / "lab").rglob("*.parquet")}
    before = _vectors(stock)
    again = json.loads(invoke(stock, "compare", "potenzial.toml", "plain.toml", *QUICK, "--by", "precision", "--json"))
    assert again["leaderboard"] == compared["leaderboard"]
    assert kept == {path: path.stat().st_mtime_ns for path in (stock / "data" / "lab").rglob("*.parquet")}
    assert len(kept) == 2 * 3
    assert _vectors(stock) == before > 0


def _vectors(folder: Path) -> int:
    with sqlite3.connect(folder / "data" / "vectors.sqlite") as store:
        return int(store.execute("SELECT count(*) FROM vectors").fetchone()[0])


def test_the_terminal_shows_board_signs_and_changes(stock: Path, compared: dict[str, object], invoke: Invoke) -> None:
    """People read the board, what its signs mean, how small the stock is, and how many customers change class."""
    assert compared["reference"] == "potenzial"
    printed = invoke(stock, "compare", "plain.toml", *QUICK)
    assert "Configurations by pinball, best first" in printed
    assert "control: shuffled texts" in printed
    assert "▼ worse than potenzial" in printed
    assert "active customers: intervals are wide" in printed
    assert re.search(r"From potenzial to plain: \d+ of 150 customers", printed)


def test_speed_and_memory_are_measured_in_a_process_of_its_own(stock: Path) -> None:
    """The zero-model configuration encodes some texts a second in some megabytes; without texts there is no speed."""
    chunks = pl.read_parquet(stock / "data" / "chunks.parquet")
    speed = measure(chunks, EmbeddingConfig(model="tfidf"))
    assert speed is not None
    assert speed.texts_per_second > 0
    assert speed.memory_mb is None or speed.memory_mb > 10
    assert measure(chunks.clear(), EmbeddingConfig(model="tfidf")) is None


def test_a_stock_without_any_text_is_compared_with_a_warning(
    tmp_path: Path, make_stock: Callable[..., Path], invoke: Invoke
) -> None:
    """Without texts all contestants rate alike, precision is unknown, and the page says why."""
    folder = make_stock(tmp_path / "bare", "en", texts=False)
    printed = invoke(folder, "compare", "potenzial.toml", "plain.toml", *QUICK, "--by", "precision")
    assert "No company has a text" in printed
    page = (folder / "out" / "compare.html").read_text("utf-8")
    assert "precision@10 cannot be measured on this stock" in page
