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


def only_feedback(folder: Path) -> AbstractContextManager[None]:
    """Hold the lock of what reps say while the block stores answers; a run may go on meanwhile.

    Raises:
        ProjectBusyError: another process holds it.
    """
    return alone(folder, "feedback", lambda owner: _answering(folder, owner))


def _answering(folder: Path, owner: str) -> ProjectBusyError:
    return ProjectBusyError(f"{folder.parent}: somebody else is storing answers (process {owner}). Try again.")


def _busy(folder: Path, owner: str) -> ProjectBusyError:
    return ProjectBusyError(
        f"{folder.parent}: another `potenzial run` is at work here (process {owner}). Wait for it or stop it first."
    )
