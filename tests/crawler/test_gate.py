"""Turns at the gate, on an event loop whose clock jumps to the next thing to happen."""

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.gate import Gate

#: Clocks count in binary fractions.
ROUNDING = 1e-6


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop on which waiting takes no time."""

    def __init__(self) -> None:
        super().__init__(_NoWaiting(self))
        self.now = 0.0

    def time(self) -> float:
        """Return the time of this loop's own world."""
        return self.now


class _NoWaiting(selectors.SelectSelector):
    def __init__(self, loop: JumpingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._loop.now += timeout or 0.0
        return super().select(0)


class Request(NamedTuple):
    """One request that a test makes: `counts` says whether a server is reached."""

    domain: str
    address: str
    asked_at: float
    takes: float
    pause: float
    counts: bool = True


class Made(NamedTuple):
    """A request as it was let through."""

    request: Request
    began: float
    ended: float


def run(work: Callable[[], Coroutine[object, object, None]]) -> None:
    """Run in jumping time."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(work())


def let_through(gate: Gate, requests: list[Request], hold: tuple[str, float, float] | None = None) -> list[Made]:
    """Make requests at their times and return them in the order in which they began; `hold` is (domain, at, for)."""
    made: list[Made] = []

    async def make(request: Request) -> None:
        await asyncio.sleep(request.asked_at)
        clock = asyncio.get_running_loop().time
        async with gate.turn(request.domain, request.address, request.pause) as turn:
            began = clock()
            await asyncio.sleep(request.takes)
            turn.counts = request.counts
        made.append(Made(request, began, clock()))

    async def work() -> None:
        if hold:
            asyncio.get_running_loop().call_later(hold[1], gate.hold, hold[0], hold[2])
        await asyncio.gather(*(make(request) for request in requests))

    run(work)
    return sorted(made, key=lambda each: (each.began, each.request.asked_at))


REQUESTS = st.lists(
    st.builds(
        Request,
        domain=st.sampled_from(["a.de", "b.de", "c.de", "d.de"]),
        address=st.sampled_from(["", "1.1.1.1", "2.2.2.2"]),
        asked_at=st.floats(0, 50),
        takes=st.floats(0, 40),
        pause=st.sampled_from([0.0, 1.0, 45.0]),
        counts=st.booleans(),
    ),
    max_size=25,
)


def _rest(before: Made, after: Made, jitter: float) -> float:
    took = before.ended - before.began
    return max(after.request.pause * (1 + 0.25 * jitter), min(2 * took, max(30.0, after.request.pause)))


@given(REQUESTS, st.sampled_from([0.0, 1.0]))
@settings(deadline=None)
def test_a_domain_is_asked_one_at_a_time_with_rests(requests: list[Request], jitter: float) -> None:
    """No two requests to a domain overlap, and after each that reached a server the pause or twice its time passes."""
    made = let_through(Gate(2, lambda: jitter), requests)
    assert len(made) == len(requests)
    for domain in {each.request.domain for each in made}:
        own = [each for each in made if each.request.domain == domain]
        assert all(after.began >= before.ended - ROUNDING for before, after in pairwise(own))
        counted: Made | None = None
        for each in own:
            if counted:
                assert each.began >= counted.ended + _rest(counted, each, jitter) - ROUNDING
            counted = each if each.request.counts else counted


@given(REQUESTS, st.integers(1, 3))
@settings(deadline=None)
def test_an_address_gets_few_requests_at_once(requests: list[Request], most: int) -> None:
    """At no time more than the allowed number of requests runs at one address; an unknown address has no limit."""
    made = let_through(Gate(most), requests)
    for each in made:
        same = [other for other in made if other.request.address == each.request.address != ""]
        assert sum(other.began <= each.began < other.ended for other in same) <= most


@given(REQUESTS)
@settings(deadline=None)
def test_turns_come_in_the_order_of_asking(requests: list[Request]) -> None:
    """Whoever asks for a domain first gets it first."""
    made = let_through(Gate(), requests)
    for domain in {each.request.domain for each in made}:
        asked = [each.request.asked_at for each in made if each.request.domain == domain]
        assert asked == sorted(asked)


@given(REQUESTS, st.floats(0, 60), st.floats(0, 1_000))
@settings(deadline=None)
def test_a_held_domain_is_left_alone(requests: list[Request], at: float, seconds: float) -> None:
    """From the moment a site asks for quiet until its end nobody begins a request there."""
    for each in let_through(Gate(jitter=lambda: 0.0), requests, ("a.de", at, seconds)):
        if each.request.domain == "a.de":
            assert not at + ROUNDING < each.began < at + seconds - ROUNDING


def test_a_held_domain_holds_up_no_other() -> None:
    """While one domain is left alone, others at the same address are let through; then it has its turn again."""
    quiet = Request("a.de", "1.1.1.1", 1, 0.1, 1.0)
    made = let_through(Gate(1), [quiet, quiet._replace(domain="b.de", asked_at=2)], ("a.de", 0.0, 500.0))
    assert [(each.request.domain, each.began) for each in made] == [("b.de", 2.0), ("a.de", 500.0)]


def test_the_pause_is_neither_forgotten_nor_owed_without_reason() -> None:
    """The first request of a domain begins at once, the next after its pause, and after a long time at once again."""
    first = Request("a.de", "", 0, 0.1, 1.0)
    made = let_through(Gate(jitter=lambda: 0.0), [first, first._replace(asked_at=0.2), first._replace(asked_at=100)])
    assert [round(each.began, 3) for each in made] == [0, 1.1, 100]


def test_slow_servers_get_twice_their_time_but_no_more_than_half_a_minute() -> None:
    """An answer that takes 5 s is followed by 10 s of rest, one that takes 40 s by 30 s, or by a longer pause."""
    for takes, pause, begins in [(5.0, 1.0, 15.0), (40.0, 1.0, 70.0), (40.0, 45.0, 85.0)]:
        request = Request("a.de", "", 0, takes, pause)
        made = let_through(Gate(jitter=lambda: 0.0), [request, request._replace(asked_at=1)])
        assert made[1].began == pytest.approx(begins)


def test_a_longer_pause_holds_from_the_request_on_that_made_it_known() -> None:
    """A Crawl-delay read in robots.txt counts from the end of that request, also after the short pause has passed."""
    robots = Request("a.de", "", 0, 0.1, 1.0)
    made = let_through(Gate(jitter=lambda: 0.0), [robots, robots._replace(asked_at=5, pause=30.0)])
    assert made[1].began == pytest.approx(30.1)


def test_who_waits_for_his_domain_keeps_no_room_at_the_address() -> None:
    """While a domain pauses, others at its address are let through."""
    slow = Request("a.de", "1.1.1.1", 0, 0.1, 20.0)
    made = let_through(
        Gate(1, lambda: 0.0), [slow, slow._replace(asked_at=1), slow._replace(domain="b.de", asked_at=2)]
    )
    assert [each.request.domain for each in made] == ["a.de", "b.de", "a.de"]
    assert made[1].began == 2


def test_who_gives_up_leaves_no_trace() -> None:
    """A visit that is cut off while it waits or talks lets the next one in."""
    gate = Gate(1, lambda: 0.0)

    async def stuck() -> None:
        async with gate.turn("a.de", "1.1.1.1", 1.0):
            await asyncio.sleep(1_000)

    async def work() -> None:
        tasks = [asyncio.create_task(stuck()) for _ in range(3)]
        await asyncio.sleep(1)
        for task in reversed(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        clock = asyncio.get_running_loop().time
        async with asyncio.timeout(5), gate.turn("a.de", "1.1.1.1", 1.0):
            assert clock() == pytest.approx(3.0)
        await asyncio.sleep(61)
        async with gate.turn("b.de", "", 1.0):
            assert len(gate) == 1

    run(work)


def test_memory_stays_flat_over_a_hundred_thousand_domains() -> None:
    """A long crawl remembers the domains of the last minute, however many there were before."""
    gate = Gate(jitter=lambda: 0.0)
    sizes = []

    async def work() -> None:
        for number in range(100_000):
            async with gate.turn(f"n{number}.de", f"10.0.{number % 250}.1", 1.0):
                await asyncio.sleep(0.1)
            sizes.append(len(gate))

    run(work)
    # 600 requests in a minute, each with its domain and the time at which that is over.
    assert max(sizes) <= 1_210


def test_waiting_takes_real_time() -> None:
    """On a real clock, too, the pause of a domain passes between two requests."""
    gate = Gate(jitter=lambda: 1.0)

    async def work() -> None:
        for _ in range(3):
            async with gate.turn("a.de", "", 0.1):
                pass

    began = time.monotonic()
    asyncio.run(work())
    assert 0.25 <= time.monotonic() - began < 1.0
