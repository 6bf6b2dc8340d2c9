"""Host names to addresses that may be connected to."""

import asyncio
import hashlib
import ipaddress
import re
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from crawler.address import ascii_host
from crawler.dns import NameServers, UnknownHostError
from crawler.errors import HostsFileError

__all__ = [
    "Address",
    "Anywhere",
    "BlockedAddressError",
    "Resolver",
    "Target",
    "UnknownHostError",
    "permitted",
    "read_hosts",
]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NUMERIC: Final = re.compile(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+)){0,3}", re.IGNORECASE)
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
# All that is handed out so far; outside lie wrapped IPv4, local NAT64 and site-local, which Python takes for global.
_IPV6: Final = ipaddress.ip_network("2000::/3")
#: Protocol assignments (RFC 6890) and relays of 6to4 (RFC 7526), which some versions of Python take for global.
_NOT_GLOBAL: Final = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("192.88.99.0/24"))
_DOCUMENTATION: Final = ipaddress.IPv6Address("2001:db8::")
_MAX_HOSTS_BYTES: Final = 64_000_000
_MAX_PORT: Final = 65_535
#: Of a longer list the rest is checked, but not kept.
_ADDRESSES_KEPT: Final = 8
#: Seconds for which it holds that a name does not exist, and that its name servers fail.
_UNKNOWN_SECONDS: Final = 300.0
_PASSING_SECONDS: Final = 10.0


class BlockedAddressError(Exception):
    """The name leads to an address that a crawler must not touch."""


class Target(msgspec.Struct, frozen=True):
    """A checked address to connect to; `port` is None where the URL's own port holds."""

    address: str
    port: int | None = None


class _Known(msgspec.Struct, frozen=True):
    """What is known of a name until `until`: where it leads, or the refused address, or the trouble with it."""

    targets: tuple[Target, ...] = ()
    refused: str = ""
    trouble: str = ""
    passing: bool = False
    until: float = 0.0


class Resolver:
    """Looks names up, remembers them as long as they hold, and lets only public addresses through.

    `static` replaces DNS altogether; `allow_loopback` lets this machine through, for tests and the demo. `servers` are
    name servers ("ADDRESS" or "ADDRESS:PORT"), none means those of the system. An answer holds for as long as it says,
    but for `ttl` (shortest, longest) seconds; at most `most` names are remembered.
    """

    def __init__(
        self,
        static: Mapping[str, Target] | None,
        *,
        allow_loopback: bool,
        servers: Sequence[str] = (),
        ttl: tuple[float, float] = (60.0, 3_600.0),
        most: int = 4_096,
    ) -> None:
        self._static = static
        self._allow_loopback = allow_loopback
        self._servers = servers
        self._ttl = ttl
        self._most = most
        self._known: dict[str, _Known] = {}
        self._asking: dict[str, asyncio.Task[_Known]] = {}
        self._dns: NameServers | None = None

    async def targets(self, host: str) -> tuple[Target, ...]:
        """Return the checked addresses of a host, IPv4 first.

        Raises:
            UnknownHostError: the name does not resolve, or (`passing`) its name servers are silent or failing.
            BlockedAddressError: at least one of its addresses is not public.
        """
        known = self._given(host) or await self._remembered(host)
        if known.refused:
            raise BlockedAddressError(f"{host} leads to {known.refused}")
        if known.trouble:
            raise UnknownHostError(known.trouble, passing=known.passing)
        return known.targets

    def close(self) -> None:
        """Give up open questions and close the sockets; asking again opens new ones."""
        for task in self._asking.values():
            task.cancel()
        self._retire()

    def _given(self, host: str) -> _Known | None:
        """Return what holds without asking anybody: literal addresses, this machine, the static table."""
        if literal := _literal(host):
            return self._checked((Target(str(literal)),), 0.0)
        if self._static is not None:
            return self._in_table(host, self._static)
        # RFC 6761, 6.3: such a name means this machine, and no name server is to be asked for it.
        if host.rpartition(".")[2] == "localhost":
            return self._checked((Target("127.0.0.1"),), 0.0)
        return None

    def _in_table(self, host: str, table: Mapping[str, Target]) -> _Known:
        if host not in table:
            return _Known(trouble=f"{host} is not in the static table of names")
        return self._checked((table[host],), 0.0)

    async def _remembered(self, host: str) -> _Known:
        now = asyncio.get_running_loop().time()
        if host in self._known and self._known[host].until > now:
            return self._known[host]
        if host not in self._asking:
            self._asking[host] = asyncio.create_task(self._ask(host))
        # Whoever waits may give up; the answer serves the next one.
        return await asyncio.shield(self._asking[host])

    async def _ask(self, host: str) -> _Known:
        try:
            known = await self._ask_dns(host)
            self._remember(host, known)
            return known
        finally:
            del self._asking[host]

    async def _ask_dns(self, host: str) -> _Known:
        clock = asyncio.get_running_loop().time
        if ascii_host(host) != host:
            return _Known(trouble=f"{host[:80]!r} is no name of a host", until=clock() + _UNKNOWN_SECONDS)
        try:
            found = await self._name_servers().ask(host)
        except UnknownHostError as error:
            seconds = _PASSING_SECONDS if error.passing else _UNKNOWN_SECONDS
            return _Known(trouble=str(error), passing=error.passing, until=clock() + seconds)
        shortest, longest = self._ttl
        until = clock() + min(max(found.ttl, shortest), longest)
        return self._checked(tuple(Target(address) for address in found.addresses), until)

    def _checked(self, targets: tuple[Target, ...], until: float) -> _Known:
        for target in targets:
            if not permitted(ipaddress.ip_address(target.address), allow_loopback=self._allow_loopback):
                return _Known(refused=target.address, until=until)
        return _Known(targets[:_ADDRESSES_KEPT], until=until)

    def _remember(self, host: str, known: _Known) -> None:
        # Taken out first, so that it goes to the end: what was asked for longest ago is forgotten first.
        self._known.pop(host, None)
        self._known[host] = known
        while len(self._known) > self._most:
            del self._known[next(iter(self._known))]

    def _name_servers(self) -> NameServers:
        if self._dns is None or not self._dns.serves():
            self._retire()
            self._dns = NameServers(self._servers)
        return self._dns

    def _retire(self) -> None:
        if self._dns is not None:
            self._dns.retire()
        self._dns = None


class Anywhere(Resolver):
    """Gives every name an address of its own that leads nowhere (RFC 3849), for pages that come from files."""

    def __init__(self) -> None:
        super().__init__({}, allow_loopback=False)

    async def targets(self, host: str) -> tuple[Target, ...]:
        """Return an address that nothing can be reached at; nobody is asked."""
        number = int.from_bytes(hashlib.sha256(host.encode("utf-8", "replace")).digest()[:12], "big")
        return (Target(str(_DOCUMENTATION + number)),)


def permitted(address: Address, *, allow_loopback: bool) -> bool:
    """Say whether an address may be connected to: global unicast, whatever it is wrapped in (RFC 4291, 6052, 3056)."""
    address = _unwrapped(address)
    if isinstance(address, ipaddress.IPv6Address) and address not in _IPV6:
        return allow_loopback and address.is_loopback
    if any(address in network for network in _NOT_GLOBAL):
        return False
    return (address.is_global and not address.is_multicast) or (allow_loopback and address.is_loopback)


def read_hosts(path: Path) -> dict[str, Target]:
    """Read a static table of "ADDRESS:PORT NAME" lines; "#" starts a comment.

    Raises:
        HostsFileError: the file is missing, too large or has a malformed line.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_HOSTS_BYTES + 1)
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise HostsFileError(f"{path}: the table of names cannot be read ({error}); check crawl.hosts_file") from error
    if len(content) > _MAX_HOSTS_BYTES:
        raise HostsFileError(f"{path}: the table of names is larger than {_MAX_HOSTS_BYTES // 1_000_000} MB")
    lines = ((number, line.partition("#")[0].strip()) for number, line in enumerate(text.splitlines(), 1))
    return dict(_entry(path, number, line) for number, line in lines if line)


def _entry(path: Path, number: int, line: str) -> tuple[str, Target]:
    where, _, name = line.partition(" ")
    address, _, port = where.rpartition(":")
    literal = _literal(address.strip("[]"))
    host = ascii_host(name)
    if literal is None or host is None or not port.isdecimal() or not 0 < int(port) <= _MAX_PORT:
        raise HostsFileError(f'{path}, line {number}: "{line[:80]}" is not of the form "ADDRESS:PORT NAME"')
    return host, Target(str(literal), int(port))


def _literal(host: str) -> Address | None:
    if ":" not in host and not _NUMERIC.fullmatch(host):
        return None  # names, nearly all there is: trying costs more than looking
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return _old_literal(host) if _NUMERIC.fullmatch(host) else None


def _old_literal(host: str) -> Address | None:
    """Read the forms that operating systems take for IPv4 too: "127.1", "0x7f000001", "2130706433"."""
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _unwrapped(address: Address) -> Address:
    """Return the IPv4 address inside an IPv6 one, since the machine on the way unwraps it too."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
