"""Ctrl-C, a closed terminal and `kill` end a run between two units of work."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

#: Signals that ask a run to end; SIGHUP (a closed terminal) is not known everywhere.
ENDING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
EXIT_CODE = 130


class Interruption:
    """Remembers that a run was asked to end.

    The exception that a signal raises can land in a library that swallows it, so it is raised again at the next unit
    of work; or in one that turns it into an error of its own, which then is no error of ours. A second signal ends the
    process at once, which is safe: finished work is stored as it comes.
    """

    def __init__(self) -> None:
        self._asked = False

    def handle(self, _number: int, _frame: object) -> None:
        """Take a signal."""
        if self._asked:
            os._exit(EXIT_CODE)
        self._asked = True
        if signal.getsignal(signal.SIGINT) != self.handle:
            # Whoever took Ctrl-C for itself, as asyncio does, ends its work in order when it is told so.
            signal.raise_signal(signal.SIGINT)
            return
        raise KeyboardInterrupt

    def check(self) -> None:
        """Raise KeyboardInterrupt if the run was asked to end."""
        if self._asked:
            raise KeyboardInterrupt


@contextmanager
def interruptible() -> Iterator[Interruption]:
    """Take the ending signals while the block runs."""
    interruption = Interruption()
    former = {number: signal.signal(number, interruption.handle) for number in ENDING}
    try:
        yield interruption
    except Exception:
        interruption.check()
        raise
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
