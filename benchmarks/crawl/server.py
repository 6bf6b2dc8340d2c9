"""The web of the benchmark in a process of its own: sites, name server, silent machines; none of it costs the crawler.

Started as `python server.py HOSTS DEAD SLOW`: writes a line with its port and the port of its name server, then answers
each line on its standard input with one of what it has seen since the last, and ends with its input. DEAD is the share
of hosts that give no answer; SLOW multiplies the latency of 50 to 200 ms.
"""

import asyncio
import gzip
import json
import resource
import socket
import struct
import sys
from typing import Final, cast

from company_pages import PATHS, site
from plan import alive_addresses, hosts, silent_addresses

#: Sites are drawn from so many different ones.
_SITES: Final = 50
_ROBOTS: Final = b"User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\n"
_LATENCY: Final = (0.05, 0.2)
_DNS_LATENCY: Final = (0.01, 0.06)
_DNS_HEAD: Final = struct.Struct(">6H")
_NO_SUCH_NAME, _ANSWERED = 0x8183, 0x8180
_TYPE_A: Final = 1


class Seen:
    """What the server has seen since it was last asked."""

    def __init__(self) -> None:
        self.requests = self.pages = self.sent = self.overlaps = self.questions = 0
        self.shortest = float("inf")
        self._busy: set[bytes] = set()
        self._ended: dict[bytes, float] = {}
        self._cpu = _cpu()

    def begin(self, host: bytes, now: float) -> None:
        """Note a request; one that comes while another of the same host is answered overlaps."""
        self.requests += 1
        self.overlaps += host in self._busy
        self._busy.add(host)
        if host in self._ended:
            self.shortest = min(self.shortest, now - self._ended[host])

    def end(self, host: bytes, now: float, size: int, page: int) -> None:
        """Note an answer of `size` bytes; `page` counts those that are pages."""
        self._busy.discard(host)
        self._ended[host] = now
        self.sent += size
        self.pages += page

    def line(self) -> str:
        """Return all as JSON."""
        numbers = {
            "requests": self.requests,
            "pages": self.pages,
            "sent": self.sent,
            "overlaps": self.overlaps,
            "questions": self.questions,
            "shortest": None if self.shortest == float("inf") else self.shortest,
            "cpu": _cpu() - self._cpu,
        }
        return json.dumps(numbers)


class Web:
    """All answers, made before the first request, and what was seen."""

    def __init__(self, slow: float) -> None:
        self.slow = slow
        self.seen = Seen()
        self.answers = [{path.encode(): _answers(body) for path, body in site(seed).items()} for seed in range(_SITES)]
        self.robots = (_answer(_ROBOTS, b"text/plain"), 0)
        self.missing = (_answer(b"<h1>Nicht gefunden</h1>", b"text/html", b"404 Not Found"), 0)

    def answer(self, host: bytes, path: bytes, head: bytes) -> tuple[bytes, int]:
        """Return the bytes of an answer and 1 if it is a page."""
        if path == b"/robots.txt":
            return self.robots
        found = self.answers[_number(host) % _SITES].get(path)
        return self.missing if found is None else (found[b"gzip" in head], 1)

    def latency(self, host: bytes) -> float:
        """Return the seconds until this host answers."""
        share = _number(host) * 37 % 101 / 100
        return self.slow * (_LATENCY[0] + share * (_LATENCY[1] - _LATENCY[0]))


class Talk(asyncio.Protocol):
    """One connection."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._loop = asyncio.get_running_loop()
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer each request after the latency of its host."""
        self._read += data
        while b"\r\n\r\n" in self._read:
            head, _, self._read = self._read.partition(b"\r\n\r\n")
            path = head.split(b" ", 2)[1]
            host = head.lower().partition(b"\r\nhost:")[2].partition(b"\r\n")[0].partition(b":")[0].strip()
            self._web.seen.begin(host, self._loop.time())
            answer, page = self._web.answer(host, path, head.lower())
            self._loop.call_later(self._web.latency(host), self._send, host, answer, page)

    def _send(self, host: bytes, answer: bytes, page: int) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)
        self._web.seen.end(host, self._loop.time(), len(answer), page)


class Names(asyncio.DatagramProtocol):
    """A name server that knows the hosts of the plan and answers as late as real ones do."""

    def __init__(self, web: Web, addresses: dict[bytes, bytes]) -> None:
        self._web = web
        self._addresses = addresses
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a question with the address, nothing (for IPv6) or "no such name"."""
        self._web.seen.questions += 1
        labels, end = _labels(data)
        (kind,) = struct.unpack_from(">H", data, end)
        question = data[_DNS_HEAD.size : end + 4]
        address = self._addresses.get(b".".join(labels).lower())
        found = address if kind == _TYPE_A else None
        state = _NO_SUCH_NAME if address is None else _ANSWERED
        answer = data[:2] + _DNS_HEAD.pack(0, state, 1, int(bool(found)), 0, 0)[2:] + question
        if found:
            answer += struct.pack(">HHHIH", 0xC00C, _TYPE_A, 1, 300, 4) + found
        share = hash(question) % 101 / 100
        wait = self._web.slow * (_DNS_LATENCY[0] + share * (_DNS_LATENCY[1] - _DNS_LATENCY[0]))
        self._loop.call_later(wait, self._transport.sendto, answer, addr)


def _labels(data: bytes) -> tuple[list[bytes], int]:
    """Return the labels of the first name in a question and the place behind it."""
    labels, place = [], _DNS_HEAD.size
    while length := data[place]:
        labels.append(data[place + 1 : place + 1 + length])
        place += 1 + length
    return labels, place + 1


def _number(host: bytes) -> int:
    digits = host.partition(b"-")[2].partition(b".")[0]
    return int(digits) if digits.isdigit() else 0


def _answers(body: bytes) -> tuple[bytes, bytes]:
    """Return the answer plain and compressed."""
    return _answer(body, b"text/html; charset=utf-8"), _answer(
        gzip.compress(body, 6), b"text/html; charset=utf-8\r\nContent-Encoding: gzip\r\nVary: Accept-Encoding"
    )


def _answer(body: bytes, kind: bytes, status: bytes = b"200 OK") -> bytes:
    return (
        b"HTTP/1.1 %s\r\nServer: Apache\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
        % (
            status,
            kind,
            len(body),
        )
        + body
    )


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _listen(addresses: list[str]) -> list[socket.socket]:
    """Listen on all addresses at one port that is free on the first."""
    opened: list[socket.socket] = []
    for address in addresses:
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((address, opened[0].getsockname()[1] if opened else 0))
        opened.append(one)
    return opened


def _fall_silent(port: int) -> list[socket.socket]:
    """Fill the queues of listeners that nobody serves, so that the system drops every further SYN."""
    held: list[socket.socket] = []
    for address in silent_addresses():
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(0)
        held.append(listener)
        for _ in range(3):
            one = socket.socket()
            one.setblocking(False)  # noqa: FBT003 - named so in the standard library
            one.connect_ex((address, port))
            held.append(one)
    return held


async def serve(count: int, dead: float, slow: float) -> None:
    """Serve until the input ends."""
    web = Web(slow)
    loop = asyncio.get_running_loop()
    sockets = _listen(alive_addresses(count))
    port = int(sockets[0].getsockname()[1])
    for one in sockets:
        await loop.create_server(lambda: Talk(web), sock=one, backlog=4_096)
    silent = _fall_silent(port) if dead else []
    known = {host.name.encode(): socket.inet_aton(host.address) for host in hosts(count, dead) if host.address}
    names, _ = await loop.create_datagram_endpoint(lambda: Names(web, known), local_addr=("127.0.0.1", 0))
    print(json.dumps({"port": port, "dns": names.get_extra_info("sockname")[1], "paths": len(PATHS)}), flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(web.seen.line(), flush=True)
        web.seen = Seen()
    for one in silent:
        one.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
