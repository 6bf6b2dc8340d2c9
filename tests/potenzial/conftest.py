import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

#: Runs the command line as a user does; gives the finished process with what it printed.
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def potenzial() -> Command:
    """Run `potenzial` with these arguments in this folder."""

    def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from potenzial.cli import main; main()", *arguments],
            cwd=cwd,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=280,
            check=False,
            env={**os.environ, "PYTHONUTF8": "1", "COLUMNS": "160"},
        )

    return run


@pytest.fixture
def project(tmp_path: Path, potenzial: Command) -> Path:
    """A fresh project folder without an address stock."""
    folder = tmp_path / "stock"
    assert potenzial("init", str(folder), cwd=tmp_path).returncode == 0
    return folder
