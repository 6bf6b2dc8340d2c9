"""The probe before a visit: which spelling of an address takes a connection at all.

Up to four in ten domains of an address stock lead nowhere; found out here, they never hold up a visit.
"""

import asyncio
import errno
import os
import socket
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import msgspec

from crawler.address import bare, registrable
from crawler.config import CrawlConfig
from crawler.resolve import BlockedAddressError, Resolver, Target, UnknownHostError
from crawler.urls import host_of, origin_of

_PORTS: Final = {"https": 443, "http": 80}
_ADDRESSES_TRIED: Final = 2
#: The second spelling of a host is tried beside the first when that has not answered within so many seconds.
_STAGGER: Final = 1.0
#: What says most about a site that takes no connection, first.
_TELLING: Final = ("blocked_address", "timeout", "connect", "dns_timeout", "dns")
_WORDS: Final = {
    errno.ECONNREFUSED: "refuses connections",
    errno.EHOSTUNREACH: "cannot be reached",
    errno.ENETUNREACH: "cannot be reached",
}


class Probe(msgspec.Struct, frozen=True):
    """What a probe has found: the spellings worth visiting, best first, and the address that the first connects to.

    Without any, `reason` says why ("dns", "dns_timeout", "connect", "timeout" or "blocked_address") and `detail` what
    each spelling came to.
    """

    urls: tuple[str, ...] = ()
    address: str = ""
    reason: str = ""
    detail: str = ""
    seconds: float = 0.0


class _Outcome(msgspec.Struct, frozen=True):
    """What one spelling, or the name of its host, came to; `reason` is "" if it took the connection."""

    url: str = ""
    address: str = ""
    reason: str = ""
    words: str = ""


def spellings(url: str) -> tuple[str, ...]:
    """Return the addresses a site may answer at: as given, with the other scheme, with "www." added or taken away.

    The other name is tried for registrable domains only, since "www.shop.foo.de" hardly ever exists.
    """
    split = urlsplit(url)
    schemes = ("http", "https") if split.scheme == "http" else ("https", "http")
    return tuple(
        urlunsplit((scheme, name, split.path or "/", split.query, ""))
        for name in _names(split.netloc)
        for scheme in schemes
    )


async def probe(url: str, resolver: Resolver, config: CrawlConfig) -> Probe:
    """Look which spelling of a URL takes a TCP connection to a checked address, and close it at once.

    Ends at the first that does; those after it are kept as fallbacks. Each connection attempt is bounded by
    `config.probe_seconds`.
    """
    clock = asyncio.get_running_loop().time
    began = clock()
    found = await _found(spellings(url), resolver, config)
    return msgspec.structs.replace(found, seconds=clock() - began)


async def _found(urls: Sequence[str], resolver: Resolver, config: CrawlConfig) -> Probe:
    failed: list[_Outcome] = []
    for host in dict.fromkeys(host_of(url) for url in urls):
        own = [url for url in urls if host_of(url) == host]
        outcomes = await _try_host(own, resolver, config)
        failed += [outcome for outcome in outcomes if outcome.reason]
        # The other name leads to the same machine, as good as always.
        settled = any(outcome.reason in {"timeout", "blocked_address"} for outcome in failed)
        if not outcomes[-1].reason:
            usable = own if settled else urls
            return Probe(tuple(usable[usable.index(outcomes[-1].url) :]), outcomes[-1].address)
        if settled:
            break
    return _failure(failed)


def _failure(failed: Sequence[_Outcome]) -> Probe:
    reason = min((outcome.reason for outcome in failed), key=_TELLING.index)
    return Probe(reason=reason, detail="; ".join(outcome.words for outcome in failed))


async def _try_host(urls: Sequence[str], resolver: Resolver, config: CrawlConfig) -> list[_Outcome]:
    """Try the two spellings of one host; the last outcome is the one that counts."""
    try:
        targets = await resolver.targets(host_of(urls[0]))
    except UnknownHostError as error:
        return [_Outcome(reason="dns_timeout" if error.passing else "dns", words=str(error))]
    except BlockedAddressError as error:
        return [_Outcome(reason="blocked_address", words=str(error))]
    tasks = [asyncio.create_task(_try(urls[0], targets, config))]
    try:
        await asyncio.wait(tasks, timeout=_STAGGER)
        if not tasks[0].done() or tasks[0].result().reason:
            tasks.append(asyncio.create_task(_try(urls[1], targets, config)))
        outcome = await tasks[0]
        return [outcome, await tasks[1]] if outcome.reason else [outcome]
    finally:
        for task in tasks:
            task.cancel()
        if not all(task.done() for task in tasks):
            await asyncio.gather(*tasks, return_exceptions=True)


async def _try(url: str, targets: Sequence[Target], config: CrawlConfig) -> _Outcome:
    split = urlsplit(url)
    port = split.port or _PORTS[split.scheme]
    if port not in config.ports and not config.allow_loopback:
        return _Outcome(url, reason="connect", words=f"{origin_of(url)}: port {port} is not among `crawl.ports`")
    outcome = _Outcome(url)
    for target in targets[:_ADDRESSES_TRIED]:
        outcome = await _attempt(url, target.address, target.port or port, config.probe_seconds)
        if not outcome.reason:
            break
    return outcome


async def _attempt(url: str, address: str, port: int, seconds: float) -> _Outcome:
    try:
        async with asyncio.timeout(seconds):
            await _connect(address, port)
    except TimeoutError:
        return _Outcome(url, reason="timeout", words=f"{origin_of(url)}: does not answer within {seconds:g} s")
    except OSError as error:
        words = _WORDS.get(error.errno or 0) or os.strerror(error.errno or 0)
        return _Outcome(url, reason="connect", words=f"{origin_of(url)}: {words}")
    return _Outcome(url, address)


async def _connect(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.setblocking(False)  # noqa: FBT003 - the signature of the standard library
        await asyncio.get_running_loop().sock_connect(connection, (address, port))


def _names(netloc: str) -> tuple[str, ...]:
    host = bare(host_of(f"//{netloc}"))
    is_domain = host.rpartition(".")[2][:1].isalpha() and registrable(host) == host
    return (netloc, bare(netloc) if netloc.startswith("www.") else f"www.{netloc}") if is_domain else (netloc,)
