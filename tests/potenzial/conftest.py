import io
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from potenzial.cli import main

#: Runs the command line as a user does; gives the finished process with what it printed.
Command = Callable[..., subprocess.CompletedProcess[str]]


@contextmanager
def _kept_logging() -> Iterator[None]:
    """Put the handlers of this process back, which every command replaces by its own."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


@pytest.fixture
def former_logging() -> Iterator[None]:
    """Put the handlers of this process back after the test."""
    with _kept_logging():
        yield


@pytest.fixture(scope="session")
def potenzial() -> Command:
    """Run `potenzial` with these arguments in this folder, in this process: starting one takes a second or two."""

    def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        printed, told = io.StringIO(), io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            _kept_logging(),
            redirect_stdout(printed),
            redirect_stderr(told),
        ):
            patch.chdir(cwd)
            patch.setenv("COLUMNS", "160")
            patch.setattr(sys, "argv", ["potenzial", *arguments])
            with pytest.raises(SystemExit) as left:
                main()
        return subprocess.CompletedProcess(arguments, int(left.value.code or 0), printed.getvalue(), told.getvalue())

    return run


@pytest.fixture(scope="session")
def started() -> Command:
    """As `potenzial`, in a process of its own, as users start it."""

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


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory, potenzial: Command) -> Path:
    """A project folder as `potenzial init` makes it; nobody may change it."""
    folder = tmp_path_factory.mktemp("fresh") / "stock"
    assert potenzial("init", str(folder), cwd=folder.parent).returncode == 0
    return folder


@pytest.fixture
def project(fresh: Path, tmp_path: Path) -> Path:
    """A fresh project folder without an address stock."""
    return shutil.copytree(fresh, tmp_path / "stock")
