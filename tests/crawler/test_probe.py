"""Probes against listening, closed and mute ports on loopback."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from crawler.config import CrawlConfig
from crawler.probe import Probe, probe, spellings
from crawler.resolve import Resolver, Target

CONFIG = CrawlConfig(allow_loopback=True, probe_seconds=1.5)


@contextmanager
def listening() -> Iterator[int]:
    """Give a port that takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@contextmanager
def closed() -> Iterator[int]:
    """Give a port that refuses connections."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@contextmanager
def mute() -> Iterator[int]:
    """Give a port that says nothing: its queue is full, so that the system drops what comes."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        address = server.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)  # noqa: FBT003 - the signature of the standard library
            each.connect_ex(address)
        time.sleep(0.05)
        yield address[1]
        for each in waiting:
            each.close()


def probed(url: str, table: dict[str, Target], config: CrawlConfig = CONFIG) -> Probe:
    """Probe a URL by a static table of names."""
    resolver = Resolver(table, allow_loopback=config.allow_loopback)
    return asyncio.run(probe(url, resolver, config))


def test_spellings_start_with_the_one_given() -> None:
    """The other scheme and the other name follow, below a registrable domain only the other scheme."""
    assert spellings("https://foo.de/start?x=1") == (
        "https://foo.de/start?x=1",
        "http://foo.de/start?x=1",
        "https://www.foo.de/start?x=1",
        "http://www.foo.de/start?x=1",
    )
    assert spellings("http://www.foo.co.uk") == (
        "http://www.foo.co.uk/",
        "https://www.foo.co.uk/",
        "http://foo.co.uk/",
        "https://foo.co.uk/",
    )
    assert spellings("https://shop.foo.de/") == ("https://shop.foo.de/", "http://shop.foo.de/")
    assert spellings("http://127.0.0.1:8000/") == ("http://127.0.0.1:8000/", "https://127.0.0.1:8000/")
    assert spellings("http://[::1]/") == ("http://[::1]/", "https://[::1]/")


def test_a_living_site_keeps_all_its_spellings() -> None:
    """The first that takes a connection ends the probe; those after it are fallbacks."""
    with listening() as port:
        found = probed("https://foo.example/", {"foo.example": Target("127.0.0.1", port)})
    assert found.urls == spellings("https://foo.example/")
    assert (found.address, found.reason, found.detail) == ("127.0.0.1", "", "")
    assert found.seconds < 0.5


def test_spellings_that_fail_are_left_out() -> None:
    """A name that is unknown, or a port that refuses, is not visited; what comes after it is."""
    with listening() as port, closed() as shut:
        unknown = probed("https://foo.example/", {"www.foo.example": Target("127.0.0.1", port)})
        refused = probed(
            "http://foo.example/",
            {"foo.example": Target("127.0.0.1", shut), "www.foo.example": Target("127.0.0.1", port)},
        )
    assert unknown.urls == ("https://www.foo.example/", "http://www.foo.example/")
    assert refused.urls == ("http://www.foo.example/", "https://www.foo.example/")


def test_a_refusing_site_is_told_at_once() -> None:
    """Closed ports end as "connect", with what each spelling came to."""
    with closed() as port:
        target = Target("127.0.0.1", port)
        found = probed("https://foo.example/", {"foo.example": target, "www.foo.example": target})
    assert (found.urls, found.address, found.reason) == ((), "", "connect")
    assert found.detail.count("refuses connections") == 4
    assert "http://www.foo.example: refuses" in found.detail
    assert found.seconds < 0.5


def test_a_mute_site_costs_little_more_than_one_limit() -> None:
    """Both schemes are waited for at nearly the same time, and the other name of a mute machine is not tried."""
    with mute() as port, listening() as alive:
        table = {"foo.example": Target("127.0.0.1", port), "www.foo.example": Target("127.0.0.1", alive)}
        found = probed("https://foo.example/", table)
    assert (found.urls, found.reason) == ((), "timeout")
    assert "does not answer within 1.5 s" in found.detail
    assert "www." not in found.detail
    assert 2.0 < found.seconds < 3.0


def test_unknown_names_are_told_from_silent_name_servers() -> None:
    """A name that does not exist is "dns"; a name server that cannot be reached is "dns_timeout", which may pass."""
    assert probed("https://foo.example/", {}).reason == "dns"
    with closed() as port:
        resolver = Resolver(None, allow_loopback=False, servers=(f"127.0.0.1:{port}",))
        found = asyncio.run(probe("https://foo.example/", resolver, CONFIG))
        resolver.close()
    assert (found.urls, found.reason) == ((), "dns_timeout")
    assert "foo.example: the name servers cannot be reached; www.foo.example: " in found.detail


def test_what_failed_later_tells_more() -> None:
    """A host that refuses says more than a name that is not there."""
    with closed() as port:
        found = probed("https://foo.example/", {"www.foo.example": Target("127.0.0.1", port)})
    assert found.reason == "connect"
    assert found.detail.startswith("foo.example is not in the static table of names; https://www.foo.example: ")


def test_private_addresses_are_never_connected_to() -> None:
    """A site on this machine is refused unless that is allowed, whatever its other name leads to."""
    with listening() as port:
        target = Target("127.0.0.1", port)
        found = probed("https://foo.example/", {"foo.example": target, "www.foo.example": target}, CrawlConfig())
    assert (found.urls, found.address, found.reason) == ((), "", "blocked_address")
    assert found.detail == "foo.example leads to 127.0.0.1"


@pytest.mark.parametrize("url", ["https://foo.example:8443/", "http://foo.example:22/"])
def test_odd_ports_are_never_connected_to(url: str) -> None:
    """Ports that are not allowed are refused without an attempt."""
    found = probed(url, {"foo.example": Target("93.184.216.34")}, CrawlConfig(probe_seconds=30))
    assert found.reason == "connect"
    assert "crawl.ports" in found.detail
    assert found.seconds < 1


def test_an_address_that_refuses_does_not_hide_the_next() -> None:
    """Of a host with several addresses the second is tried when the first refuses."""
    with listening() as port:

        class Two(Resolver):
            async def targets(self, host: str) -> tuple[Target, ...]:
                assert host == "foo.example"
                return Target("127.0.0.2"), Target("127.0.0.1")

        found = asyncio.run(probe(f"http://foo.example:{port}/", Two(None, allow_loopback=True), CONFIG))
    assert found.address == "127.0.0.1"


def test_a_probe_can_be_cut_short() -> None:
    """Cancelling a probe that waits leaves no task behind."""

    async def cut(port: int) -> int:
        resolver = Resolver({"foo.example": Target("127.0.0.1", port)}, allow_loopback=True)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await probe("https://foo.example/", resolver, CONFIG)
        return len(asyncio.all_tasks())

    with mute() as port:
        assert asyncio.run(cut(port)) == 1
