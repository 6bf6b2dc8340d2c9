"""One request at a time per site, with a pause between two."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

# Up to this share is added to each pause, so that visits do not fall into step.
_JITTER: Final = 0.25


class Turn:
    """The right to talk to a site; `counts` says afterwards whether the site was really reached."""

    def __init__(self) -> None:
        self.counts = True


class Gate:
    """Hands out turns, one at a time per name; names are hosts without "www."."""

    def __init__(self, jitter: Callable[[], float] | None = None) -> None:
        self._jitter = jitter or random.SystemRandom().random
        self._locks: dict[str, asyncio.Lock] = {}
        self._left_at: dict[str, float] = {}

    @asynccontextmanager
    async def turn(self, name: str, pause: float) -> AsyncIterator[Turn]:
        """Wait until nobody else talks to the name and `pause` seconds, with jitter, have passed since somebody did."""
        clock = asyncio.get_running_loop().time
        async with self._locks.setdefault(name, asyncio.Lock()):
            if name in self._left_at:
                due = self._left_at[name] + pause * (1 + _JITTER * self._jitter())
                await asyncio.sleep(max(0.0, due - clock()))
            turn = Turn()
            try:
                yield turn
            finally:
                if turn.counts:
                    self._left_at[name] = clock()
