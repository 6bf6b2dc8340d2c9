"""The loop that drives a crawl: its clock and its timers."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from crawler.loop import new_event_loop, run


def on_loop(work: Callable[[], Awaitable[float]]) -> float:
    """Return what comes of work on the crawl's own loop."""
    found: list[float] = []

    async def take() -> None:
        found.append(await work())

    run(take())
    return found[0]


def test_the_clock_goes_on_while_something_computes() -> None:
    """Computing for 30 ms without a break takes 30 ms by the loop's own clock."""

    async def compute() -> float:
        clock = asyncio.get_running_loop().time
        began = clock()
        while time.monotonic() < began + 0.03:
            pass
        return clock() - began

    assert on_loop(compute) >= 0.03


@pytest.mark.parametrize("seconds", [0.0004, 0.0011, 0.0107])
def test_no_pause_ends_early(seconds: float) -> None:
    """The shortest of many pauses is as long as was asked for."""

    async def shortest() -> float:
        lengths: list[float] = []
        for _ in range(40):
            began = time.monotonic()
            await asyncio.sleep(seconds)
            lengths.append(time.monotonic() - began)
        return min(lengths)

    assert on_loop(shortest) >= seconds


def test_uvloop_is_taken_where_it_is_there() -> None:
    """The loop is uvloop's if that is installed, else Python's own."""
    loop = new_event_loop()
    loop.close()
    try:
        import uvloop
    except ImportError:
        assert isinstance(loop, asyncio.BaseEventLoop)
    else:
        assert isinstance(loop, uvloop.Loop)
