"""Which hosts there are and how each of them behaves; crawler, rivals and server read the same plan."""

from collections.abc import Iterator
from typing import Final, NamedTuple

#: Loopback addresses that the living hosts share; one network address may serve many sites, as in shared hosting.
ADDRESSES: Final = 500
SILENT_ADDRESSES: Final = 100
_STEP: Final = 7_919  # a prime, so that dead hosts are scattered over the plan
_KINDS: Final = ("unknown",) * 4 + ("refused",) * 3 + ("silent",) * 3


class Host(NamedTuple):
    """One host: its name, its address ("" when the name is unknown) and "alive" or how it is dead."""

    name: str
    address: str
    state: str


def hosts(count: int, dead: float) -> Iterator[Host]:
    """Yield `count` hosts of which the share `dead` gives no answer: unknown names, refusing and silent machines."""
    for number in range(count):
        rank = number * _STEP % 1_000
        state = _KINDS[rank % len(_KINDS)] if rank < dead * 1_000 else "alive"
        yield Host(f"firma-{number:06d}.example", _address(number, state), state)


def alive_addresses(count: int) -> list[str]:
    """Return the addresses that living hosts are served from."""
    return [_address(number, "alive") for number in range(min(count, ADDRESSES))]


def silent_addresses() -> list[str]:
    """Return the addresses that never answer."""
    return [_address(number, "silent") for number in range(SILENT_ADDRESSES)]


def _address(number: int, state: str) -> str:
    if state == "unknown":
        return ""
    if state == "refused":
        return f"127.8.{number % 200}.1"
    if state == "silent":
        return f"127.9.{number % SILENT_ADDRESSES}.1"
    return f"127.1.{number % ADDRESSES // 250}.{number % ADDRESSES % 250 + 1}"
