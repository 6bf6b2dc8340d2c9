import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import polars as pl

Command = Callable[..., CompletedProcess[str]]


def test_simulate_prints_a_table_a_world_and_both_goals(tmp_path: Path, potenzial: Command) -> None:
    """The command names each world's methods and says of both goals whether they are reached."""
    done = potenzial("simulate", "--world", "dormant", "--customers", "500", "--seeds", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for said in ("dormant:", "model without text", "industry x size", "oracle", "Goal 1", "Goal 2", "no ± with one"):
        assert said in done.stdout
    assert ("reached" in done.stdout) or ("MISSED" in done.stdout)
    assert list(tmp_path.iterdir()) == []


def test_simulate_writes_the_figures_of_each_stock_and_json(tmp_path: Path, potenzial: Command) -> None:
    """With --json programs read means and goals; --out holds a row for each stock and method."""
    options = ("--world", "dormant", "--customers", "500", "--seeds", "1", "--json", "--out", "figures.csv")
    done = potenzial("simulate", *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told, rows = json.loads(done.stdout), pl.read_csv(tmp_path / "figures.csv")
    assert rows["seed"].unique().sort().to_list() == [1]
    model = next(method for method in told["worlds"][0]["methods"] if method["method"] == "model")
    assert abs(model["gap_5"] - rows.filter(method="model")["gap_5"].mean()) < 1e-9
    assert told["goals"]["reached"] == (told["goals"]["model"]["value"] >= told["goals"]["goal"])


def test_an_unknown_world_is_refused_with_the_names_there_are(tmp_path: Path, potenzial: Command) -> None:
    """A misspelt world ends with exit code 2 and the list of worlds."""
    done = potenzial("simulate", "--world", "flat", cwd=tmp_path)
    assert done.returncode == 2
    assert "flat" in done.stderr
    assert "log-additive" in done.stderr
