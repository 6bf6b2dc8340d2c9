"""Hosts and name servers that say nothing hold up nobody else."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import polars as pl
import pytest

from crawler.crawl import crawl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Web

GOOD = "<html lang=de><title>Dreherei</title><body><p>Wir drehen und fräsen Teile aus Stahl.</p></body></html>"


def test_one_slow_host_does_not_hold_up_the_others(web: Web) -> None:
    """While one host says nothing, all others are done."""
    released = threading.Event()

    async def held_back(writer: asyncio.StreamWriter) -> None:
        await asyncio.to_thread(released.wait, 60)
        writer.close()

    def release(done: int, _total: int) -> None:
        if done == 10:
            released.set()

    web.sites = {"a-silent.example": {"/": held_back}, **{f"n{n}.example": {"/": GOOD} for n in range(10)}}
    config = web.config(concurrency=2, timeout_seconds=60.0, company_seconds=120.0)
    crawled = crawl(web.table(), config, web.folder, progress=release)
    assert crawled.verdicts.filter(verdict="ok").height == 10
    silent_one = next(entry for entry in web.log if (entry.host, entry.path) == ("a-silent.example", "/"))
    assert all(entry.ended <= silent_one.ended for entry in web.log if entry.host.startswith("n"))


@contextmanager
def mute() -> Iterator[socket.socket]:
    """Give a listener whose queue is full: whoever connects hears nothing until it is closed."""
    with ExitStack() as opened:
        listening = opened.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(8):
            waiting = opened.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listening.getsockname())
        yield listening


def test_hosts_that_take_no_connection_do_not_hold_up_the_others(web: Web) -> None:
    """While silent machines keep connections waiting, the sites that answer and those without a name are all done."""
    good, nameless = [f"good{n}.example" for n in range(12)], [f"nameless{n}.example" for n in range(200)]
    silent_ones = [f"mute{n}.example" for n in range(60)]
    web.sites = {name: {"/": GOOD} for name in good}
    with mute() as listening:
        web.places = dict.fromkeys(silent_ones, f"127.0.0.1:{listening.getsockname()[1]}")

        def release(done: int, _total: int) -> None:
            if done == len(good) + len(nameless):
                listening.close()

        config = web.config(concurrency=2, probe_seconds=60.0, company_seconds=120.0)
        crawled = crawl(web.table(*good, *nameless, *silent_ones), config, web.folder, progress=release)
    ends = dict(crawled.fetches.filter(kind="home").select("site", "reason").iter_rows())
    assert ends == {
        **dict.fromkeys(good, "ok"), **dict.fromkeys(nameless, "dns"), **dict.fromkeys(silent_ones, "connect"),
    }  # fmt: skip


def test_a_server_that_hangs_for_once_is_taken_up_again(web: Web, no_reply: Callable[..., bytes]) -> None:
    """Silence passes, whatever becomes of the site's other spellings: the visit is made later in the same crawl."""
    asked = 0

    async def silent_at_first(writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            await asyncio.sleep(60)
        writer.write(no_reply(404))

    web.sites = {"busy.example": {"/": GOOD, "/robots.txt": silent_at_first}}
    crawled = web.crawl(timeout_seconds=0.5, retries=1, retry_seconds=0.1)
    assert crawled.verdicts["verdict"].to_list() == ["ok"]
    assert asked == 2


class Names:
    """A name server that knows names beginning with "good"; about others it says nothing before `release`."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._unanswered: list[tuple[bytes, tuple[str, int]]] = []
        self._is_released = False

    def serve(self) -> None:
        """Answer until it is closed."""
        with self._socket:
            while (asked := self._socket.recvfrom(2_000))[0]:
                if self._is_released or asked[0][13:17] == b"good":
                    self._answer(*asked)
                else:
                    self._unanswered.append(asked)

    def release(self) -> None:
        """Say from now on that other names do not exist, also to those who asked before."""
        self._is_released = True
        for query, asker in self._unanswered:
            self._answer(query, asker)

    def close(self) -> None:
        """End."""
        self._socket.sendto(b"", self._socket.getsockname())

    def _answer(self, query: bytes, asker: tuple[str, int]) -> None:
        end = query.index(b"\0", 12) + 5
        known, wants_ipv4 = query[13:17] == b"good", query[end - 4 : end - 2] == b"\0\1"
        record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1" if known and wants_ipv4 else b""
        flags, answers = b"\x81\x80" if known else b"\x81\x83", b"\0\1" if record else b"\0\0"
        head = query[:2] + flags + b"\0\1" + answers + b"\0\0\0\0"
        self._socket.sendto(head + query[12:end] + record, asker)


@pytest.fixture
def names() -> Iterator[Names]:
    """Give a name server that answers until the test ends."""
    served = Names()
    thread = threading.Thread(target=served.serve)
    thread.start()
    yield served
    served.close()
    thread.join(5)


def test_silent_name_servers_do_not_hold_up_the_others(web: Web, names: Names) -> None:
    """While nobody answers for many names, the sites whose names are known are all done."""
    web.sites = {f"good{n}.example": {"/": GOOD} for n in range(12)}
    silent_ones = [f"unheard{n}.example" for n in range(80)]
    sites = web.table(*web.sites, *silent_ones)
    sites = sites.with_columns(url="http://" + pl.col("site") + f":{web.port}/")

    def release(done: int, _total: int) -> None:
        if done == len(web.sites):
            names.release()

    config = web.config(concurrency=2, hosts_file="", dns_servers=(names.address,))
    crawled = crawl(sites, config, web.folder, progress=release)
    ends = dict(crawled.fetches.filter(kind="home").select("site", "reason").iter_rows())
    assert ends == {**dict.fromkeys(web.sites, "ok"), **dict.fromkeys(silent_ones, "dns")}
