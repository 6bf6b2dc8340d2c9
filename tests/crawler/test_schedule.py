"""Which site comes next: due ones first come, waiting ones at their time, and no domain or address twice too often."""

import asyncio
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.frontier import Due
from crawler.probe import Probe
from crawler.schedule import Probed, Ready, Schedule
from crawler.troubles import LONGEST_PAUSE, passing, pause_before


def due(name: str) -> Due:
    """Return a site to visit."""
    return Due(name, f"https://{name}/")


def probed(name: str, address: str = "", domain: str = "") -> Probed:
    """Return a site that answers at an address."""
    return Probed(due(name), Probe(urls=(f"https://{name}/",), address=address), domain or name)


async def drain(schedule: Schedule, tries: dict[str, int]) -> list[str]:
    """Take all sites in turn; one named in `tries` fails so often and is put off for a moment each time."""
    order: list[str] = []
    while (site := await schedule.take()) is not None:
        order.append(site.site)
        tries[site.site] = left = tries.get(site.site, 0) - 1
        schedule.release(site, 0.02 if left >= 0 else None)
    return order


def test_sites_that_were_put_off_come_again_when_their_time_has_come() -> None:
    """A site is taken up as often as it was put off, behind those that are due meanwhile."""
    schedule = Schedule(iter([due("a"), due("b"), due("c")]), patience=5)
    assert asyncio.run(drain(schedule, {"a": 2})) == ["a", "b", "c", "a", "a"]


def test_nobody_waits_longer_than_patience_allows() -> None:
    """With nothing else to do, a site that is to be taken up much later is left to another run."""

    async def patient() -> tuple[Due | None, float]:
        schedule = Schedule(iter(()), patience=0.05)
        schedule.add_later(due("a"), 60)
        began = asyncio.get_running_loop().time()
        return await schedule.take(), asyncio.get_running_loop().time() - began

    taken, seconds = asyncio.run(patient())
    assert taken is None
    assert seconds < 5


def test_the_end_waits_for_visits_that_are_under_way() -> None:
    """As long as a site is out, it may come back, so that the crawl is not over."""

    async def late() -> list[str | None]:
        schedule = Schedule(iter([due("a")]), patience=5)
        first = await schedule.take()
        assert first is not None
        waiting = asyncio.create_task(schedule.take())
        await asyncio.sleep(0.02)
        assert not waiting.done()
        schedule.release(first, 0.01)
        second = await waiting
        assert second is not None
        schedule.release(second, None)
        return [first.site, second.site, await schedule.take()]

    assert asyncio.run(late()) == ["a", "a", None]


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("12")), max_size=25), st.integers(1, 2))
def test_no_domain_is_visited_twice_at_a_time_and_no_address_is_crowded(
    sites: list[tuple[str, str]], per_address: int
) -> None:
    """Whatever the sites share, all of them get their turn, one per domain and a few per address at a time."""

    async def crawl() -> list[str]:
        ready, served, out = Ready(100, per_address), [], []
        for number, (domain, address) in enumerate(sites):
            await ready.put(probed(f"{number}.{domain}", address, domain))
        ready.close()
        while len(served) < len(sites):
            try:
                async with asyncio.timeout(0.001):
                    while (site := await ready.get()) is not None:
                        out.append(site)
                        served.append(site.due.site)
                        assert Counter(one.domain for one in out).most_common(1)[0][1] == 1
                        assert Counter(one.probe.address for one in out).most_common(1)[0][1] <= 4 * per_address
            except TimeoutError:
                pass
            if out:
                ready.leave(out.pop(0))
        return served

    served = asyncio.run(crawl())
    assert sorted(served) == sorted(f"{number}.{domain}" for number, (domain, _) in enumerate(sites))


def test_probes_do_not_run_far_ahead_of_the_visits() -> None:
    """A lane that is full takes no further site until one is fetched from it."""

    async def full() -> bool:
        ready = Ready(1, 4)
        await ready.put(probed("a"))
        second = asyncio.create_task(ready.put(probed("b")))
        await asyncio.sleep(0.01)
        held_back = not second.done()
        await ready.get()
        await second
        return held_back

    assert asyncio.run(full())


@pytest.mark.parametrize(
    ("reason", "passes"),
    [("http_429", True), ("http_503", True), ("http_500", True), ("timeout", True), ("dns_timeout", True),
     ("dns", False), ("http_404", False), ("http_403", False), ("robots", False), ("certificate", False), ("", False)],
)  # fmt: skip
def test_troubles_that_may_pass_are_told_from_those_that_stay(reason: str, passes: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Busy, failing and silent servers are worth another try; refusals and missing pages are not."""
    assert passing(reason) is passes


@given(st.integers(0, 60), st.floats(0, 1e6), st.one_of(st.none(), st.floats(0, 1e9)))
def test_pauses_grow_and_keep_to_what_the_site_wishes(tries: int, first: float, wished: float | None) -> None:
    """Each pause is at least the one before, what a site wishes counts, and none is longer than a day."""
    pause = pause_before(tries, first, wished)
    assert 0 <= pause <= LONGEST_PAUSE
    assert pause_before(tries + 1, first, wished) >= pause
    if wished is not None:
        assert pause == min(LONGEST_PAUSE, max(wished, 1.0))
