from pathlib import Path

import pytest
from typer.testing import CliRunner

from potenzial.cli import app
from potenzial.errors import ConfigError, ProjectError, StageError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that has not run yet, as the current folder."""
    (tmp_path / "potenzial.toml").write_text("", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        (["compare", "potenzial.toml", "--by", "beauty"], ConfigError, "pinball, lift, precision"),
        (["compare", "none.toml"], ConfigError, "none.toml: there is no such configuration file"),
        (["compare", "potenzial.toml"], StageError, "potenzial run"),
        (["tune", "--out", "potenzial.toml"], ProjectError, "Name another one with --out"),
        (["tune", "--by", "overlap"], ConfigError, "no such figure to rank by"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_cannot_start_says_why(arguments: list[str], error: type[Exception], said: str) -> None:
    """A command of the lab that cannot start names the file or option and the next step."""
    outcome = CliRunner().invoke(app, arguments)
    assert isinstance(outcome.exception, error)
    assert said in str(outcome.exception)


def test_a_file_that_is_there_is_kept(folder: Path) -> None:
    """A refused `tune` leaves the file that it would have replaced as it was."""
    (folder / "mine.toml").write_text("# mine\n", "utf-8")
    CliRunner().invoke(app, ["tune", "--out", "mine.toml"])
    assert (folder / "mine.toml").read_text("utf-8") == "# mine\n"
