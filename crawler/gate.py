"""One request at a time per registrable domain, few per address, with a pause between two."""

import asyncio
import heapq
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

# Up to this share is added to each pause, so that visits do not fall into step.
_JITTER: Final = 0.25
#: A server gets this many times the rest that it took to answer, so that a slow one is asked less often,
_REST: Final = 2.0
#: but never more than this many seconds, or the pause that it wishes itself.
_LONGEST_REST: Final = 30.0
#: A domain is remembered this long after its last request, since only the next one says which pause it keeps.
_MEMORY: Final = 60.0


class Turn:
    """The right to send one request; `counts` says afterwards whether a server was really reached."""

    def __init__(self) -> None:
        self.counts = True


class _Domain:
    """What is known of one domain: who waits or talks (`users`), and when the last one left, after how long."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.users = 0
        self.left_at: float | None = None
        self.took = 0.0
        self.held_until = 0.0
        self.over_at = 0.0

    def due(self, pause: float, jitter: float) -> float:
        """Return when the next request may begin at the earliest."""
        if self.left_at is None:
            return self.held_until
        rest = max(pause * (1 + _JITTER * jitter), min(_REST * self.took, max(_LONGEST_REST, pause)))
        return max(self.held_until, self.left_at + rest)


class _Slots:
    """The turns of one address, and how many wait for one or have it."""

    def __init__(self, most: int) -> None:
        self.free = asyncio.Semaphore(most)
        self.users = 0


class Gate:
    """Hands out turns in the order of asking: one at a time per domain, `per_address` at a time per address.

    `jitter` gives numbers from 0 to 1. Times are those of the running event loop. Domains are forgotten when their
    pause is over, so that a crawl of any length needs memory for the last minute only.
    """

    def __init__(self, per_address: int = 4, jitter: Callable[[], float] | None = None) -> None:
        self._per_address = per_address
        self._jitter = jitter or random.Random().random  # noqa: S311 - nothing depends on its being a secret
        self._domains: dict[str, _Domain] = {}
        self._addresses: dict[str, _Slots] = {}
        self._over: list[tuple[float, str]] = []

    def __len__(self) -> int:
        """Return how many entries are kept in memory."""
        return len(self._domains) + len(self._addresses) + len(self._over)

    @asynccontextmanager
    async def turn(self, domain: str, address: str, pause: float) -> AsyncIterator[Turn]:
        """Wait for the turn of a registrable domain at an address; "" as address sets no limit there.

        Between two turns of a domain lie `pause` seconds with up to a quarter of jitter, or twice the time that the
        last turn took if that is longer (at most 30 s, or `pause`).
        """
        turn = Turn()
        state = self._enter(domain)
        try:
            async with state.lock:
                await self._wait(state, address, pause)
                began = _now()
                try:
                    yield turn
                finally:
                    self._give_back(address)
                    if turn.counts:
                        state.left_at, state.took = _now(), _now() - began
        finally:
            self._leave(domain, state)

    def hold(self, domain: str, seconds: float) -> None:
        """Let nobody have a turn of the domain for so many seconds, whoever waits for one included (Retry-After)."""
        state = self._enter(domain)
        state.held_until = max(state.held_until, _now() + seconds)
        self._leave(domain, state)

    def _enter(self, domain: str) -> _Domain:
        self._forget()
        state = self._domains.get(domain)
        if state is None:
            state = self._domains[domain] = _Domain()
        state.users += 1
        return state

    def _leave(self, domain: str, state: _Domain) -> None:
        state.users -= 1
        if not state.users:
            state.over_at = max(state.held_until, _now() + _MEMORY)
            heapq.heappush(self._over, (state.over_at, domain))

    async def _wait(self, state: _Domain, address: str, pause: float) -> None:
        """Wait for the domain's time and for room at the address; nobody keeps room there who must wait himself."""
        jitter = self._jitter()
        while True:
            if (left := state.due(pause, jitter) - _now()) > 0:
                await asyncio.sleep(left)
            await self._take(address)
            # Meanwhile the domain may have asked for quiet.
            if state.due(pause, jitter) <= _now():
                return
            self._give_back(address)

    async def _take(self, address: str) -> None:
        """Wait for room at an address."""
        if not address:
            return
        slots = self._addresses.get(address)
        if slots is None:
            slots = self._addresses[address] = _Slots(self._per_address)
        slots.users += 1
        try:
            await slots.free.acquire()
        except BaseException:
            self._drop(address, slots)
            raise

    def _give_back(self, address: str) -> None:
        if address:
            slots = self._addresses[address]
            slots.free.release()
            self._drop(address, slots)

    def _drop(self, address: str, slots: _Slots) -> None:
        slots.users -= 1
        if not slots.users:
            del self._addresses[address]

    def _forget(self) -> None:
        """Drop the domains whose time is over; the heap has an entry for each time that one was left."""
        now = _now()
        while self._over and self._over[0][0] <= now:
            _, domain = heapq.heappop(self._over)
            state = self._domains.get(domain)
            if state is not None and not state.users and state.over_at <= now:
                del self._domains[domain]


def _now() -> float:
    return asyncio.get_running_loop().time()
