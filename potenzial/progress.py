"""How far a run is: bars with rate and time left on a terminal, one log line a minute elsewhere."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

logger = logging.getLogger(__name__)

#: Called with what is done and what there is in all.
Advance = Callable[[int, int], None]

#: Seconds between two log lines of one stage.
LOG_SECONDS = 60.0


class Reporter(Protocol):
    """Shows the progress of stages."""

    def stage(self, name: str, unit: str) -> AbstractContextManager[Advance]:
        """Open a stage; its context gives the function to call with what is done."""
        ...


class RateColumn(ProgressColumn):
    """Units a second, as "12.3 pages/s"."""

    def render(self, task: Task) -> Text:
        """Show the rate once it is known."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f} {task.fields['unit']}/s", style="progress.data.speed")


class TerminalReporter:
    """Progress bars with rate and time left."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def stage(self, name: str, unit: str) -> Iterator[Advance]:
        """Show one bar while the stage runs."""
        with Progress(*_columns(), console=self._console) as bars:
            task = bars.add_task(name, total=None, unit=unit)
            yield lambda done, total: bars.update(task, completed=done, total=total)


class LogReporter:
    """One log line a minute, and one at the end of each stage."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock

    @contextmanager
    def stage(self, name: str, unit: str) -> Iterator[Advance]:
        """Log the stage's progress while it runs."""
        yield _MinuteLine(name, unit, self._clock)


class _MinuteLine:
    """Remembers when the last line was written."""

    def __init__(self, name: str, unit: str, clock: Callable[[], float]) -> None:
        self._name, self._unit, self._clock = name, unit, clock
        self._started = self._last = clock()

    def __call__(self, done: int, total: int) -> None:
        now = self._clock()
        if now - self._last < LOG_SECONDS and not (done == total and total):
            return
        self._last = now
        rate = done / max(now - self._started, 1e-9)
        left = (total - done) / rate if rate > 0 else float("inf")
        logger.info("%s: %d of %d %s, %.1f/s, %s left", self._name, done, total, self._unit, rate, duration(left))


def duration(seconds: float) -> str:
    """Say a time span in words a person reads: "45 s", "12 min", "3 h 20 min"."""
    if seconds == float("inf"):
        return "unknown time"
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"  # noqa: PLR2004 - an hour


def _columns() -> tuple[ProgressColumn, ...]:
    return (
        TextColumn("{task.description:<12}"),
        BarColumn(bar_width=28),
        MofNCompleteColumn(),
        RateColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
