import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import msgspec
import pytest

from potenzial.activity import NAME, Activity, current, recorded
from potenzial.progress import Advance


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now


class Silent:
    """Shows nothing."""

    @contextmanager
    def stage(self, _name: str, _unit: str) -> Iterator[Advance]:
        """Open a stage."""
        yield lambda _done, _total: None


def test_another_process_sees_how_far_a_stage_is(tmp_path: Path) -> None:
    """While a stage runs, its file says what is done, at what rate, and how long it will take."""
    clock = Clock()
    with recorded(tmp_path, "run", Silent(), clock=clock) as told, told.stage("embed", "chunks") as advance:
        clock.now += 10
        advance(200, 1000)
        found = current(tmp_path)
        assert found is not None
        assert (found.state, found.stage, found.done, found.total) == ("running", "embed", 200, 1000)
        assert found.seconds_left == pytest.approx(40)
        assert found.share == pytest.approx(0.2)


def test_the_file_is_written_at_most_once_a_second(tmp_path: Path) -> None:
    """A thousand steps within a second leave the file as it was, the first step after it is told."""
    clock = Clock()
    with recorded(tmp_path, "run", Silent(), clock=clock) as told, told.stage("embed", "chunks") as advance:
        before = (tmp_path / NAME).read_bytes()
        for done in range(999):
            advance(done, 1000)
        assert (tmp_path / NAME).read_bytes() == before
        clock.now += 1
        advance(999, 1000)
        assert json.loads((tmp_path / NAME).read_bytes())["done"] == 999


@pytest.mark.parametrize(("error", "state"), [(None, "done"), (KeyboardInterrupt, "interrupted"), (OSError, "failed")])
def test_the_end_is_told(tmp_path: Path, error: type[BaseException] | None, state: str) -> None:
    """Work that ends, is interrupted or breaks off says so, and its error goes on."""
    expected = pytest.raises(error) if error else nullcontext()
    with expected, recorded(tmp_path, "run", Silent()) as told, told.stage("crawl", "sites"):
        if error is not None:
            raise error
    found = current(tmp_path)
    assert found is not None
    assert found.state == state
    assert found.stages == (("crawl",) if error is None else ())


@pytest.mark.skipif(os.name != "posix", reason="elsewhere processes cannot be looked up by their number")
def test_killed_work_is_not_running(tmp_path: Path) -> None:
    """Work whose process is gone without a word counts as failed."""
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    left = Activity(command="run", pid=int(gone.stdout), started=1, updated=2)
    (tmp_path / NAME).write_bytes(msgspec.json.encode(left))
    found = current(tmp_path)
    assert found is not None
    assert found.state == "failed"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"command": 1}'])
def test_a_damaged_file_says_nothing(tmp_path: Path, content: bytes) -> None:
    """What cannot be read counts as no activity."""
    (tmp_path / NAME).write_bytes(content)
    assert current(tmp_path) is None
    assert current(tmp_path / "nowhere") is None
