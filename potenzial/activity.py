"""What is at work on a project right now, told in a small file that `potenzial status` and the web page read."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal

import msgspec

from potenzial.progress import Advance, Reporter

#: Name of the file in the project's data folder.
NAME: Final = "activity.json"
#: Seconds between two writes of the file.
EVERY: Final = 1.0
#: Where processes cannot be looked up, silence for so many seconds counts as the end of one.
_SILENCE: Final = 600.0
_MOST_BYTES: Final = 100_000
_POSIX: Final = os.name == "posix"

State = Literal["running", "done", "failed", "interrupted"]


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work: command, process and stage, times in seconds since 1970, and what is done of the stage.

    `total` is 0 while nobody knows how much there is; `stages` are those that have ended, oldest first.
    """

    command: str
    pid: int
    started: float
    updated: float
    state: State = "running"
    sample: int = 0
    stage: str = ""
    unit: str = ""
    stage_started: float = 0.0
    done: int = 0
    total: int = 0
    stages: tuple[str, ...] = ()

    @property
    def share(self) -> float | None:
        """How much of the stage is done, 0 to 1; None while it is not known."""
        return min(self.done / self.total, 1.0) if self.total > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the stage is done if it goes on at its mean rate; None while that is not known."""
        if not self.total or self.done <= 0 or self.updated <= self.stage_started:
            return None
        return max(self.total - self.done, 0) * (self.updated - self.stage_started) / self.done


@contextmanager
def recorded(
    folder: Path, command: str, reporter: Reporter, *, sample: int = 0, clock: Callable[[], float] = time.time
) -> Iterator[Reporter]:
    """Give a reporter that shows progress as `reporter` does, and tells it in a file of the data folder too.

    Whoever calls this holds the lock of the folder, so the file has one writer.
    """
    now = clock()
    begun = Activity(command=command, pid=os.getpid(), started=now, updated=now, sample=sample)
    record = _Record(folder / NAME, begun, clock)
    state: State = "failed"
    try:
        yield _Recording(reporter, record)
        state = "done"
    except KeyboardInterrupt:
        state = "interrupted"
        raise
    finally:
        record.change(msgspec.structs.replace(record.activity, state=state))


def current(folder: Path) -> Activity | None:
    """What was at work last; None if nothing is known. Work whose process has gone without a word counts as failed."""
    try:
        with (folder / NAME).open("rb") as file:
            known = msgspec.json.decode(file.read(_MOST_BYTES), type=Activity)
    except (OSError, msgspec.MsgspecError):
        return None
    if known.state == "running" and not _is_alive(known):
        return msgspec.structs.replace(known, state="failed")
    return known


def _is_alive(known: Activity) -> bool:
    if not _POSIX:
        return time.time() - known.updated < _SILENCE
    try:
        os.kill(known.pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


class _Record:
    """Writes an activity whenever it enters another stage or state, else at most once every `EVERY` seconds."""

    def __init__(self, path: Path, activity: Activity, clock: Callable[[], float]) -> None:
        self._path, self._clock, self._written = path, clock, activity.updated
        self.activity = activity
        self._write()

    @property
    def now(self) -> float:
        """The time."""
        return self._clock()

    def change(self, changed: Activity) -> None:
        """Note another stage or state, and the time of it."""
        self.activity = msgspec.structs.replace(changed, updated=self.now)
        self._write()

    def advance(self, done: int, total: int) -> None:
        """Note what is done."""
        now = self._clock()
        self.activity = msgspec.structs.replace(self.activity, updated=now, done=done, total=total)
        if now - self._written >= EVERY:
            self._write()

    def _write(self) -> None:
        """Replace the file at once; a full disk must not end the work that it only tells of."""
        self._written = self.activity.updated
        partial = self._path.with_name(f"{NAME}.partial")
        with suppress(OSError):
            partial.write_bytes(msgspec.json.encode(self.activity))
            partial.replace(self._path)


class _Recording:
    """Hands on to another reporter, and to the record."""

    def __init__(self, shown: Reporter, record: _Record) -> None:
        self._shown, self._record = shown, record

    @contextmanager
    def stage(self, name: str, unit: str) -> Iterator[Advance]:
        """Open a stage."""
        record = self._record
        fresh = {"stage": name, "unit": unit, "stage_started": record.now, "done": 0, "total": 0}
        record.change(msgspec.structs.replace(record.activity, **fresh))
        with self._shown.stage(name, unit) as advance:

            def tell(done: int, total: int) -> None:
                record.advance(done, total)
                advance(done, total)

            yield tell
        record.change(msgspec.structs.replace(record.activity, stages=(*record.activity.stages, name)))
