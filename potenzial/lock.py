"""One run of a project at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from potenzial.errors import ProjectBusyError


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Hold the project's lock; the operating system releases it even after `kill -9`.

    Raises:
        ProjectBusyError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    owner = folder / "run.pid"
    lock = FileLock(folder / "run.lock", blocking=False)
    try:
        lock.acquire()
    except Timeout as error:
        who = owner.read_text(encoding="utf-8").strip() if owner.exists() else "unknown"
        raise ProjectBusyError(
            f"{folder.parent}: another `potenzial run` is at work here (process {who}). Wait for it or stop it first."
        ) from error
    try:
        owner.write_text(str(os.getpid()), encoding="utf-8")
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()
