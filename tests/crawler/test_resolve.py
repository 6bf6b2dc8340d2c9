"""Names to addresses, with a name server on loopback that answers what a test wants, or nothing."""

import asyncio
import ipaddress
import socket
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.config import CrawlConfig
from crawler.resolve import Anywhere, BlockedAddressError, Resolver, Target, UnknownHostError, permitted

A, CNAME, AAAA = 1, 5, 28
NXDOMAIN, SERVFAIL, REFUSED = 3, 2, 5
PUBLIC, PUBLIC6 = "93.184.216.34", "2606:2800:220:1::1"


@dataclass
class Zone(asyncio.DatagramProtocol):
    """What the name server says: by name a list of addresses or "NAME" aliases, an error code, None for silence.

    By (name, type) it says so for one type of record only. `asked` logs the questions.
    """

    answers: dict[str | tuple[str, int], list[str] | int | bytes | None] = field(default_factory=dict)
    ttl: int = 300
    asked: list[tuple[str, int]] = field(default_factory=list)
    port: int = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Learn the socket."""
        self.socket = cast("asyncio.DatagramTransport", transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one question."""
        name, end = _name(data, 12)
        kind = struct.unpack(">H", data[end : end + 2])[0]
        self.asked.append((name, kind))
        said = self.answers.get((name, kind), self.answers.get(name, NXDOMAIN))
        if said is not None:
            self.socket.sendto(self._packet(data[:2], data[12 : end + 4], kind, said), addr)

    def _packet(self, number: bytes, question: bytes, kind: int, said: list[str] | int | bytes) -> bytes:
        if isinstance(said, bytes):
            return number + said
        code, texts = (said, []) if isinstance(said, int) else (0, said)
        records = [record for text in texts for record in self._records(text, kind)]
        head = number + struct.pack(">HHHHH", 0x8180 | code, 1, len(records), 0, 0)
        return head + question + b"".join(records)

    def _records(self, text: str, kind: int) -> list[bytes]:
        """Make the records of one answer; an alias leads on to a public address."""
        if text[-1].isalpha():
            return [self._record(b"\xc0\x0c", CNAME, _labels(text)), *self._of(_labels(text), PUBLIC, kind)]
        return self._of(b"\xc0\x0c", text, kind)

    def _of(self, owner: bytes, text: str, kind: int) -> list[bytes]:
        address = ipaddress.ip_address(text)
        return [self._record(owner, kind, address.packed)] if address.version == (4 if kind == A else 6) else []

    def _record(self, owner: bytes, kind: int, data: bytes) -> bytes:
        return owner + struct.pack(">HHIH", kind, 1, self.ttl, len(data)) + data


def _name(data: bytes, at: int) -> tuple[str, int]:
    labels = []
    while length := data[at]:
        labels.append(data[at + 1 : at + 1 + length].decode("ascii"))
        at += 1 + length
    return ".".join(labels), at + 1


def _labels(name: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"


@asynccontextmanager
async def served(zone: Zone, **changes: object) -> AsyncIterator[Resolver]:
    """Serve a zone and give a resolver that asks it."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: zone, local_addr=("127.0.0.1", 0))
    options = {"allow_loopback": False, "servers": (f"127.0.0.1:{zone.port}",), **changes}
    resolver = Resolver(None, **options)  # type: ignore[arg-type]  # values of several types by name
    try:
        yield resolver
    finally:
        resolver.close()
        transport.close()


def found(zone: Zone, host: str) -> list[str]:
    """Return the addresses that a zone leads a host to."""

    async def look() -> list[str]:
        async with served(zone) as resolver:
            return [target.address for target in await resolver.targets(host)]

    return asyncio.run(look())


def test_addresses_of_both_kinds_come_ipv4_first() -> None:
    """A name with addresses of both kinds gives them all, and the URL's port holds."""
    zone = Zone({"foo.example": [PUBLIC6, "93.184.216.35", PUBLIC]})
    assert found(zone, "foo.example") == [PUBLIC, "93.184.216.35", PUBLIC6]
    assert sorted(zone.asked) == [("foo.example", A), ("foo.example", AAAA)]
    assert found(Zone({"six.example": [PUBLIC6]}), "six.example") == [PUBLIC6]


def test_aliases_are_followed() -> None:
    """A name that stands for another one leads to the other one's address."""
    assert found(Zone({"www.foo.example": ["foo.hoster.example"]}), "www.foo.example") == [PUBLIC]


@pytest.mark.parametrize(
    ("said", "passing", "words"),
    [
        (NXDOMAIN, False, "no such name"),
        ([], False, "no address"),
        (SERVFAIL, True, "fail"),
        (REFUSED, True, "refuse"),
        (b"\x81\x80garbage", True, "foo.example"),
    ],
)
def test_names_without_an_address_say_whether_that_may_pass(
    said: list[str] | int | bytes,
    passing: bool,  # noqa: FBT001 - the expected answer
    words: str,
) -> None:
    """What does not exist stays unknown; name servers that fail may know the name tomorrow."""
    with pytest.raises(UnknownHostError, match=words) as caught:
        found(Zone({"foo.example": said}), "foo.example")
    assert caught.value.passing is passing


def test_a_name_that_does_not_exist_for_one_kind_does_not_exist() -> None:
    """A name server that knows no such name and fails for the other kind of address has spoken."""
    with pytest.raises(UnknownHostError) as caught:
        found(Zone({("foo.example", A): SERVFAIL, ("foo.example", AAAA): NXDOMAIN}), "foo.example")
    assert not caught.value.passing


def test_failing_for_ipv6_does_not_matter_where_ipv4_answers() -> None:
    """Old name servers that fail or fall silent when asked for IPv6 hold nothing up."""
    assert found(Zone({("foo.example", A): [PUBLIC], ("foo.example", AAAA): SERVFAIL}), "foo.example") == [PUBLIC]
    began = time.monotonic()
    assert found(Zone({("foo.example", A): [PUBLIC], ("foo.example", AAAA): None}), "foo.example") == [PUBLIC]
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    "addresses",
    [
        ["10.0.0.1"],
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:192.168.0.1"],
        ["64:ff9b::a00:1"],
        ["fd00::1"],
        [PUBLIC, "192.168.1.1"],
        [PUBLIC, "::1"],
        [*(f"93.184.{n}.1" for n in range(20)), "172.16.0.1"],
    ],
)
def test_names_that_lead_inside_are_refused(addresses: list[str]) -> None:
    """One private address among the answers is enough, of either kind and wherever it stands."""
    with pytest.raises(BlockedAddressError, match=r"foo\.example leads to"):
        found(Zone({"foo.example": addresses}), "foo.example")


def test_answers_are_asked_for_again_when_they_have_expired() -> None:
    """A name that turns to a private address after its check (DNS rebinding) is caught at its next use."""
    zone = Zone({"foo.example": [PUBLIC]}, ttl=0)

    async def look() -> None:
        async with served(zone, ttl=(0.3, 0.3)) as resolver:
            assert await resolver.targets("foo.example") == (Target(PUBLIC),)
            zone.answers["foo.example"] = ["10.0.0.1"]
            assert await resolver.targets("foo.example") == (Target(PUBLIC),)
            await asyncio.sleep(0.35)
            for _ in range(2):
                with pytest.raises(BlockedAddressError):
                    await resolver.targets("foo.example")

    asyncio.run(look())
    assert zone.asked.count(("foo.example", A)) == 2


def test_the_time_an_answer_holds_is_bounded() -> None:
    """Answers that hold for a week are asked for again after the longest time, those for no time not at once."""
    zone = Zone({"foo.example": [PUBLIC]}, ttl=0)

    async def count(ttl: tuple[float, float], pause: float) -> int:
        zone.asked.clear()
        async with served(zone, ttl=ttl) as resolver:
            await resolver.targets("foo.example")
            await asyncio.sleep(pause)
            await resolver.targets("foo.example")
        return zone.asked.count(("foo.example", A))

    assert asyncio.run(count((60.0, 3_600.0), 0.05)) == 1
    assert asyncio.run(count((0.0, 0.0), 0.0)) == 2


def test_silent_name_servers_hold_up_nobody() -> None:
    """While many names get no answer, others are found at once; the silent ones end as passing within seconds."""
    zone = Zone({"foo.example": [PUBLIC], **{f"silent{n}.example": None for n in range(50)}})

    async def look() -> tuple[float, list[object]]:
        async with served(zone) as resolver:
            waiting = [asyncio.create_task(resolver.targets(f"silent{n}.example")) for n in range(50)]
            await asyncio.sleep(0.1)
            began = time.monotonic()
            await resolver.targets("foo.example")
            return time.monotonic() - began, list(await asyncio.gather(*waiting, return_exceptions=True))

    began = time.monotonic()
    seconds, ends = asyncio.run(look())
    assert seconds < 0.5
    assert time.monotonic() - began < 9
    assert all(isinstance(end, UnknownHostError) and end.passing for end in ends)


def test_a_slow_name_is_found_although_all_others_are_fast() -> None:
    """An answer that takes seconds is waited for, however fast the server has been before."""
    zone = Zone({f"fast{n}.example": [PUBLIC] for n in range(30)} | {"slow.example": None})

    async def look() -> tuple[Target, ...]:
        async with served(zone) as resolver:
            for n in range(30):
                await resolver.targets(f"fast{n}.example")
            asyncio.get_running_loop().call_later(1.5, zone.answers.update, {"slow.example": [PUBLIC]})
            return await resolver.targets("slow.example")

    assert asyncio.run(look()) == (Target(PUBLIC),)


def test_a_flood_of_names_is_answered_in_bounded_memory() -> None:
    """Thousands of names at once all get their answer; what was asked longest ago is forgotten first."""
    zone = Zone({f"n{n}.example": [PUBLIC] for n in range(6_000)})

    async def look() -> None:
        async with served(zone, most=100) as resolver:
            names = [f"n{n}.example" for n in range(6_000)]
            ends = await asyncio.gather(*(resolver.targets(name) for name in names))
            assert set(ends) == {(Target(PUBLIC),)}
            zone.asked.clear()
            zone.answers = dict.fromkeys(names, NXDOMAIN)
            assert await resolver.targets(names[-1]) == (Target(PUBLIC),)
            assert not zone.asked
            with pytest.raises(UnknownHostError):
                await resolver.targets(names[0])

    asyncio.run(look())


def test_who_asks_at_the_same_time_shares_the_answer() -> None:
    """Many visits to one host ask once, and one that gives up takes nothing from the others."""
    zone = Zone({"foo.example": [PUBLIC]})

    async def look() -> list[object]:
        async with served(zone) as resolver:
            tasks = [asyncio.create_task(resolver.targets("foo.example")) for _ in range(20)]
            await asyncio.sleep(0)
            tasks[0].cancel()
            return list(await asyncio.gather(*tasks[1:]))

    assert asyncio.run(look()) == [(Target(PUBLIC),)] * 19
    assert len(zone.asked) == 2


def test_a_crawl_may_end_amid_open_questions(capfd: pytest.CaptureFixture[str]) -> None:
    """Giving up while a name server is slow leaves nothing behind that its late answer could still find."""
    with socket.socket(type=socket.SOCK_DGRAM) as slow:
        slow.bind(("127.0.0.1", 0))
        resolver = Resolver(None, allow_loopback=False, servers=(f"127.0.0.1:{slow.getsockname()[1]}",))

        async def look() -> None:
            async with asyncio.timeout(0.1):
                await resolver.targets("slow.example")

        with pytest.raises(TimeoutError):
            asyncio.run(look())
        for _ in range(2):
            question, address = slow.recvfrom(512)
            slow.sendto(question[:2] + b"\x81\x83" + question[4:], address)
        time.sleep(0.2)
        resolver.close()
    assert capfd.readouterr().err == ""


def test_one_resolver_serves_event_loops_one_after_the_other() -> None:
    """A resolver that was closed, or whose loop has ended, opens new sockets."""
    zone = Zone({"foo.example": [PUBLIC], "bar.example": [PUBLIC]})
    resolver: list[Resolver] = []

    async def look(use: Callable[[Resolver], Awaitable[object]]) -> None:
        async with served(zone) as made:
            resolver[:] = [made]
            await use(made)
            made.close()
            await made.targets("bar.example")

    asyncio.run(look(lambda made: made.targets("foo.example")))
    with pytest.raises(UnknownHostError) as caught:
        asyncio.run(resolver[0].targets("baz.example"))
    assert caught.value.passing
    resolver[0].close()


@pytest.mark.parametrize(
    "host", ["", ".", "foo bar.example", "ü.example", "a" * 64 + ".example", "x.\0.example", "a..b"]
)
def test_what_is_no_name_is_never_asked_for(host: str) -> None:
    """Hosts that cannot be names are unknown without a question."""
    zone = Zone()
    with pytest.raises(UnknownHostError) as caught:
        found(zone, host)
    assert not caught.value.passing
    assert zone.asked == []


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.1", "0x7f000001", "2130706433", "::1"])
def test_this_machine_is_known_without_a_question(host: str) -> None:
    """Names and numbers of this machine never reach a name server, and are refused."""
    zone = Zone({host: [PUBLIC]})
    with pytest.raises(BlockedAddressError):
        found(zone, host)
    assert zone.asked == []


@given(st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address))
def test_wrapping_an_address_changes_nothing(address: ipaddress.IPv4Address) -> None:
    """IPv4 inside IPv6 (mapped, NAT64, 6to4) passes exactly where the bare address does."""
    number = int(address)
    wrapped = [0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80]
    allowed = permitted(address, allow_loopback=False)
    assert [permitted(ipaddress.IPv6Address(each), allow_loopback=False) for each in wrapped] == [allowed] * 3


def test_pages_from_files_need_addresses_that_lead_nowhere() -> None:
    """Without the network each name gets an address of its own, which no connection can reach."""
    first, again, other = (asyncio.run(Anywhere().targets(host)) for host in ("foo.de", "foo.de", "bar.de"))
    assert first == again
    assert first != other
    assert ipaddress.ip_address(first[0].address) in ipaddress.ip_network("2001:db8::/32")


@pytest.mark.parametrize(
    "server", ["dns.example", "", "1.2.3.4:", "1.2.3.4:0", "1.2.3.4:70000", "[::1]:x", "1.2.3.4,::1"]
)
def test_what_is_no_name_server_is_refused_before_a_crawl(server: str) -> None:
    """The message names the key."""
    with pytest.raises(ValueError, match="dns_servers"):
        CrawlConfig(dns_servers=("8.8.8.8", "[::1]:53", "::1", "[::1]", "8.8.8.8:5353", server))
