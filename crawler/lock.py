"""A lock that one process holds, with its number for whoever is refused."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout


@contextmanager
def alone(folder: Path, name: str, refusal: Callable[[str], Exception]) -> Iterator[None]:
    """Hold `folder`/`name`.lock; the operating system lets go of it even after `kill -9`.

    Raises:
        Exception: what `refusal` makes of the owner's process id, when another process holds the lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    owner = folder / f"{name}.pid"
    lock = FileLock(folder / f"{name}.lock", blocking=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise refusal(_owner(owner)) from error
    try:
        owner.write_text(str(os.getpid()), encoding="ascii")
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def _owner(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip() or "(unknown)"
    except (OSError, UnicodeDecodeError):
        return "(unknown)"
