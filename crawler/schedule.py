"""Which site comes next: those that are due, and those whose visit waits for a passing trouble to end."""

import asyncio
import heapq
from collections import Counter, deque
from collections.abc import Iterator
from typing import Final

import msgspec

from crawler.frontier import Due
from crawler.probe import Probe

#: Visits to one address at the same time, for each request that may be sent to it at the same time: a visit spends
#: most of its time pausing.
_VISITS_PER_REQUEST: Final = 4


class Schedule:
    """Hands out the sites of a crawl to one taker; times are those of the running event loop."""

    def __init__(self, due: Iterator[Due], patience: float) -> None:
        """Take the sites that are due, read lazily, and the seconds to wait for others when nothing else is left."""
        self._due = due
        self._patience = patience
        self._later: list[tuple[float, str, Due]] = []
        self._busy = 0
        self._changed = asyncio.Event()

    async def take(self) -> Due | None:
        """Return the next site, waiting for one if need be; None when the crawl is over.

        Each site taken must be given back by `release`.
        """
        idle_since = _now()
        while (due := self._next()) is None:
            idle_since = _now() if self._busy else idle_since
            if not self._busy and not self._worth_waiting(idle_since):
                return None
            await self._wait()
        self._busy += 1
        return due

    def release(self, due: Due, again_in: float | None) -> None:
        """Say that a site was dealt with, or that it is to be taken up again in some seconds."""
        self._busy -= 1
        if again_in is not None:
            self.add_later(due, again_in)
        self._changed.set()

    def add_later(self, due: Due, seconds: float) -> None:
        """Let a site wait for some seconds."""
        heapq.heappush(self._later, (_now() + seconds, due.site, due))

    def _next(self) -> Due | None:
        # Whoever waited comes first: his pages are half done.
        if self._later and self._later[0][0] <= _now():
            return heapq.heappop(self._later)[2]
        return next(self._due, None)

    def _worth_waiting(self, idle_since: float) -> bool:
        return bool(self._later) and self._later[0][0] <= idle_since + self._patience

    async def _wait(self) -> None:
        """Wait until a site is given back or the next one's time has come."""
        self._changed.clear()
        left = self._later[0][0] - _now() if self._later else None
        try:
            async with asyncio.timeout(left):
                await self._changed.wait()
        except TimeoutError:
            return


class Probed(msgspec.Struct, frozen=True):
    """A site that takes connections; `domain` is its registrable domain."""

    due: Due
    probe: Probe
    domain: str


class Ready:
    """Sites that wait for a visit; none is handed out whose domain is being visited or whose address is busy."""

    def __init__(self, room: int, requests_per_address: int) -> None:
        """Take the number of sites that may wait, and of requests that may be sent to one address at a time."""
        self._room = asyncio.Semaphore(room)
        self._per_address = requests_per_address * _VISITS_PER_REQUEST
        self._waiting: deque[Probed] = deque()
        self._domains: set[str] = set()
        self._addresses: Counter[str] = Counter()
        self._closed = False
        self._changed = asyncio.Event()

    async def put(self, site: Probed) -> None:
        """Add a site; waits while too many are waiting."""
        await self._room.acquire()
        self._waiting.append(site)
        self._changed.set()

    async def get(self) -> Probed | None:
        """Return the first site that may be visited now; None when all are done. For one taker only."""
        while (site := self._free()) is None:
            if self._closed and not self._waiting:
                return None
            self._changed.clear()
            await self._changed.wait()
        self._waiting.remove(site)
        self._room.release()
        self._domains.add(site.domain)
        self._addresses[site.probe.address] += 1
        return site

    def leave(self, site: Probed) -> None:
        """Say that the visit of a site is over."""
        self._domains.discard(site.domain)
        self._addresses[site.probe.address] -= 1
        if not self._addresses[site.probe.address]:
            del self._addresses[site.probe.address]
        self._changed.set()

    def close(self) -> None:
        """Say that no further site will come."""
        self._closed = True
        self._changed.set()

    def _free(self) -> Probed | None:
        return next((site for site in self._waiting if self._may(site)), None)

    def _may(self, site: Probed) -> bool:
        address = site.probe.address
        return site.domain not in self._domains and (not address or self._addresses[address] < self._per_address)


def _now() -> float:
    return asyncio.get_running_loop().time()
