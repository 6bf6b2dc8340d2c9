"""Questions to name servers: A and AAAA at the same time, through c-ares, so that a silent server holds up nobody."""

import asyncio
from collections.abc import Sequence
from typing import Final

import aiodns
import msgspec
import pycares

#: What one name may take. c-ares judges silence by how fast the server has been, so a slow name needs several tries:
#: with 250 ms for the first and twice as long for each next, five reach further than these seconds.
_SECONDS: Final = 6.0
_FIRST_TRY_SECONDS: Final = 2.0
_TRIES: Final = 5
#: How long the second answer may take once the first has decided (RFC 8305, section 3, waits 50 ms on a local network).
_GRACE: Final = 0.5
#: Names asked for at the same time: the answers of more would overrun the socket's buffer.
_AT_ONCE: Final = 256
#: Names asked for through one channel: c-ares keeps every answer as long as it holds, 2 kB a name, without a bound.
_NAMES: Final = 5_000

_ADDRESSES: Final = (pycares.ARecordData, pycares.AAAARecordData)
_NO_SUCH_NAME: Final = frozenset({aiodns.error.ARES_ENOTFOUND, aiodns.error.ARES_EBADNAME})
_WORDS: Final = {
    aiodns.error.ARES_ENOTFOUND: "there is no such name",
    aiodns.error.ARES_EBADNAME: "no name server can be asked for such a name",
    aiodns.error.ARES_ENODATA: "the name has no address",
    aiodns.error.ARES_ETIMEOUT: "no name server answers in time",
    aiodns.error.ARES_ESERVFAIL: "the name servers of the domain fail",
    aiodns.error.ARES_EREFUSED: "the name servers refuse to answer",
    aiodns.error.ARES_ECONNREFUSED: "the name servers cannot be reached",
}


class UnknownHostError(Exception):
    """The name has no address; `passing` says that its name servers are silent or failing, so that it may have one."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class Found(msgspec.Struct, frozen=True):
    """The addresses of a name, IPv4 first, and for how many seconds they hold."""

    addresses: tuple[str, ...]
    ttl: float


class _Part(msgspec.Struct, frozen=True):
    """What became of one of the two questions; `error` is a code of c-ares."""

    addresses: tuple[str, ...] = ()
    ttl: float = 0.0
    error: int = aiodns.error.ARES_ENODATA

    @property
    def decides(self) -> bool:
        return bool(self.addresses) or self.error in _NO_SUCH_NAME


class NameServers:
    """Asks the given name servers ("ADDRESS" or "ADDRESS:PORT"), those of the system if none.

    Serves one event loop, and a number of names; then it must be retired and another one takes its place.
    """

    def __init__(self, servers: Sequence[str]) -> None:
        self._loop = asyncio.get_running_loop()
        # Answers come in through the loop, which therefore must outlive every question: see `_leave`.
        self._dns: aiodns.DNSResolver | None = aiodns.DNSResolver(
            nameservers=servers or None, timeout=_FIRST_TRY_SECONDS, tries=_TRIES
        )
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._open = 0
        self._asked = 0
        self._retired = False

    def serves(self) -> bool:
        """Say whether more names may be asked for here and now."""
        return self._asked < _NAMES and self._loop is asyncio.get_running_loop() and not self._retired

    async def ask(self, name: str) -> Found:
        """Return the addresses of a name in ASCII.

        Raises:
            UnknownHostError: it has none, or no name server says so in time.
        """
        self._open += 1
        self._asked += 1
        try:
            async with self._room:
                return _joined(name, await self._ask_both(name))
        finally:
            self._open -= 1
            self._leave()

    def retire(self) -> None:
        """Close the sockets as soon as the last open question is answered; nothing may be asked any more."""
        self._retired = True
        self._leave()

    def _leave(self) -> None:
        """Drop questions that nobody waits for any more, and when retired the sockets too."""
        if self._open or self._dns is None:
            return
        self._dns.cancel()
        if self._retired:
            self._dns = None

    async def _ask_both(self, name: str) -> tuple[_Part, _Part]:
        if self._dns is None:
            raise RuntimeError("these name servers were retired")
        clock = asyncio.get_running_loop().time
        ends = clock() + _SECONDS
        four, six = self._dns.query_dns(name, "A"), self._dns.query_dns(name, "AAAA")
        try:
            await asyncio.wait({four}, timeout=_SECONDS)
            patience = _GRACE if _part(four).decides else max(0.0, ends - clock())
            await asyncio.wait({six}, timeout=patience)
            return _part(four), _part(six)
        finally:
            four.cancel()
            six.cancel()


def _part(question: asyncio.Future[pycares.DNSResult]) -> _Part:
    if not question.done():
        return _Part(error=aiodns.error.ARES_ETIMEOUT)
    if error := question.exception():
        return _Part(error=error.args[0])
    records = question.result().answer
    addresses = [record.data.addr for record in records if isinstance(record.data, _ADDRESSES)]
    # The names in between (CNAME) count too: the shortest of them holds for all.
    return _Part(tuple(sorted(set(addresses))), min((float(record.ttl) for record in records), default=0.0))


def _joined(name: str, parts: tuple[_Part, _Part]) -> Found:
    found = [part for part in parts if part.addresses]
    if found:
        addresses = tuple(address for part in found for address in part.addresses)
        return Found(addresses, min(part.ttl for part in found))
    errors = [part.error for part in parts]
    # A name that does not exist has no address of either kind (RFC 8020), whatever became of the other question.
    error = next((error for error in errors if error in _NO_SUCH_NAME), None)
    if error is not None:
        raise UnknownHostError(f"{name}: {_WORDS[error]}")
    error = next((error for error in errors if error != aiodns.error.ARES_ENODATA), aiodns.error.ARES_ENODATA)
    words = _WORDS.get(error, f"the name servers give no proper answer ({pycares.errno.errorcode.get(error, error)})")
    raise UnknownHostError(f"{name}: {words}", passing=error != aiodns.error.ARES_ENODATA)
