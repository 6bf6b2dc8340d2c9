import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from potenzial.errors import ProjectBusyError
from potenzial.lock import only_run

HOLD = """
    import sys, time
    from pathlib import Path
    from potenzial.lock import only_run
    with only_run(Path(sys.argv[1])):
        print("held", flush=True)
        time.sleep(60)
"""


def _holder(folder: Path) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(HOLD), str(folder)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_second_run_is_refused_with_the_owners_process_id(tmp_path: Path) -> None:
    """Two runs of one project at a time: the second is told which process holds it."""
    with _holder(tmp_path) as holder:
        try:
            with pytest.raises(ProjectBusyError, match=f"process {holder.pid}"), only_run(tmp_path):
                pytest.fail("the lock was given twice")
        finally:
            holder.kill()


def test_a_killed_run_leaves_the_project_free(tmp_path: Path) -> None:
    """After kill -9 of the owner the next run gets the lock."""
    with _holder(tmp_path) as holder:
        holder.kill()
    with only_run(tmp_path):
        assert (tmp_path / "run.pid").exists()
    assert not (tmp_path / "run.pid").exists()
