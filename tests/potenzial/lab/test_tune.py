import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from potenzial.config import Config, load
from potenzial.errors import ProjectError
from potenzial.lab.comparison import Entry, Terms
from potenzial.lab.tuning import Budget, tune
from potenzial.lab.vectors import Vectors
from potenzial.pipeline import Pipeline
from potenzial.progress import LogReporter
from potenzial.project import open_project

Invoke = Callable[..., str]
START = [sys.executable, "-c", "from potenzial.cli import main; main()"]


def test_the_winner_is_a_configuration_that_runs(stock: Path, invoke: Invoke) -> None:
    """A search writes a file that says what was tried, and that `run` takes as it is."""
    options = ("--trials", "4", "--seeds", "1", "--by", "precision", "--json")
    told = json.loads(invoke(stock, "tune", "plain.toml", *options, "--out", "found.toml"))
    assert told["winner"] == "found.toml"
    text = (stock / "found.toml").read_text("utf-8")
    assert text.startswith("# ")
    assert "4 configurations tried on 100 customers" in text
    assert all(remark in text for remark in told["remarks"])
    assert load(stock / "found.toml").embedding.model == "tfidf"
    (stock / "winner.toml").write_text('[input]\ncustomers = "customers.csv"\n' + text, "utf-8")
    assert "to be made" in invoke(stock, "run", "--config", "winner.toml", "--dry-run")


def _vectors(stock: Path) -> Vectors:
    project = open_project(stock / "potenzial.toml")
    return Vectors(project, Pipeline(project, LogReporter()))


def test_a_search_without_time_says_so(stock: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Where not even the start can be measured, the message names the option that helps, and no traceback is shown."""
    own = load(stock / "potenzial.toml")
    with pytest.raises(ProjectError, match="--minutes"):
        tune(
            [Entry("own", own)],
            _vectors(stock),
            own,
            Terms(1, 0.1, "pinball"),
            Budget(0.0, 0),
            lambda _done, _total: None,
        )
    assert "Traceback" not in capfd.readouterr().err


def test_a_figure_that_nobody_can_measure_is_refused(tmp_path: Path, make_stock: Callable[..., Path]) -> None:
    """Without texts nothing has neighbours, so a search by precision is refused with the reason."""
    stock = make_stock(tmp_path / "bare", "en", texts=False)
    own: Config = load(stock / "potenzial.toml")
    with pytest.raises(ProjectError, match=r"precision@10 cannot be measured"):
        tune(
            [Entry("own", own)],
            _vectors(stock),
            own,
            Terms(1, 0.1, "precision"),
            Budget(60.0, 0),
            lambda _done, _total: None,
        )


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupted_search_keeps_the_project_usable(stock: Path, invoke: Invoke) -> None:
    """Ctrl-C ends a search without a half-written winner, and the next command works at once."""
    command = [*START, "tune", "--minutes", "5", "--seeds", "1", "--out", "broken.toml"]
    with subprocess.Popen(command, cwd=stock, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as search:
        time.sleep(3)
        search.send_signal(signal.SIGINT)
        printed, _ = search.communicate(timeout=60)
    assert search.returncode == 130, printed
    assert not list(stock.glob("broken*"))
    assert "to be made" not in invoke(stock, "run", "--until", "neighbours")
