"""One run of a project at a time."""

from contextlib import AbstractContextManager
from pathlib import Path

from crawler.lock import alone
from potenzial.errors import ProjectBusyError


def only_run(folder: Path) -> AbstractContextManager[None]:
    """Hold the lock of a project's data folder while the block runs.

    Raises:
        ProjectBusyError: another process holds it.
    """
    return alone(folder, "run", lambda owner: _busy(folder, owner))


def _busy(folder: Path, owner: str) -> ProjectBusyError:
    return ProjectBusyError(
        f"{folder.parent}: another `potenzial run` is at work here (process {owner}). Wait for it or stop it first."
    )
