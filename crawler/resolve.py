"""Host names to addresses that may be connected to."""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import msgspec

from crawler.address import ascii_host
from crawler.errors import HostsFileError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NUMERIC: Final = re.compile(r"(0x[0-9a-f]*|\d+)(\.(0x[0-9a-f]*|\d+)){0,3}", re.IGNORECASE)
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
# All that is handed out so far; outside lie wrapped IPv4, local NAT64 and site-local, which Python takes for global.
_IPV6: Final = ipaddress.ip_network("2000::/3")
_MAX_HOSTS_BYTES: Final = 64_000_000
_MAX_PORT: Final = 65_535


class UnknownHostError(Exception):
    """The name has no address."""


class BlockedAddressError(Exception):
    """The name leads to an address that a crawler must not touch."""


class Target(msgspec.Struct, frozen=True):
    """A checked address to connect to; `port` is None where the URL's own port holds."""

    address: str
    port: int | None = None


class Resolver:
    """Looks names up, once each per run, and lets only public addresses through.

    `static` replaces DNS altogether; `allow_loopback` lets this machine through, for tests and the demo.
    """

    def __init__(self, static: Mapping[str, Target] | None, *, allow_loopback: bool, threads: int = 64) -> None:
        self._static = static
        self._allow_loopback = allow_loopback
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="dns")
        self._known: dict[str, tuple[Target, ...]] = {}

    async def targets(self, host: str) -> tuple[Target, ...]:
        """Return the checked addresses of a host, IPv4 first.

        Raises:
            UnknownHostError: the name does not resolve.
            BlockedAddressError: at least one of its addresses is not public.
        """
        if host not in self._known:
            self._known[host] = await self._look_up(host)
        for target in self._known[host]:
            if not permitted(ipaddress.ip_address(target.address), allow_loopback=self._allow_loopback):
                raise BlockedAddressError(f"{host} leads to {target.address}")
        return self._known[host]

    def close(self) -> None:
        """Give the threads back without waiting for silent name servers."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _look_up(self, host: str) -> tuple[Target, ...]:
        if literal := _literal(host):
            return (Target(str(literal)),)
        if self._static is None:
            return await self._ask_dns(host)
        if host not in self._static:
            raise UnknownHostError(f"{host} is not in the static table of names")
        return (self._static[host],)

    async def _ask_dns(self, host: str) -> tuple[Target, ...]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, _addresses, host)
        except (OSError, UnicodeError) as error:
            raise UnknownHostError(f"{host}: {error}") from error
        return tuple(Target(address) for address in found)


def permitted(address: Address, *, allow_loopback: bool) -> bool:
    """Say whether an address may be connected to: global unicast, whatever it is wrapped in (RFC 4291, 6052, 3056)."""
    address = _unwrapped(address)
    if isinstance(address, ipaddress.IPv6Address) and address not in _IPV6:
        return allow_loopback and address.is_loopback
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


def _addresses(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    addresses = {str(entry[4][0]).partition("%")[0] for entry in found}
    return sorted(addresses, key=lambda address: (":" in address, address))


def _literal(host: str) -> Address | None:
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
