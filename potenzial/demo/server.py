"""The demo's small web: every host on one loopback port, in a process of its own.

The process makes the stock again from size and seed, tells its ports on standard output, and ends as soon as its
standard input is closed: when the parent asks for it, and also when the parent dies.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from potenzial.demo.hosts import Host
from potenzial.demo.stock import DemoStock, site_hosts
from potenzial.errors import PotenzialError

HOSTS_NAME: Final = "hosts"
ACCESS_LOG_NAME: Final = "access.jsonl"
_STOP_SECONDS: Final = 10


class DemoServerError(PotenzialError):
    """The demo's web server does not start; the message holds what it said."""


class Ports(msgspec.Struct, frozen=True):
    """The port that serves, and one that refuses every connection."""

    serving: int
    refusing: int


@dataclass(frozen=True)
class DemoWeb:
    """A running web: its port, and the table of names for `crawl.hosts_file`; the access log is JSON lines."""

    port: int
    hosts_file: Path
    access_log: Path


@contextmanager
def serve(stock: DemoStock, folder: Path) -> Iterator[DemoWeb]:
    """Serve the websites of a stock on 127.0.0.1 until the block ends, and write the table of names into the folder.

    Raises:
        DemoServerError: the server does not start.
    """
    log = folder / ACCESS_LOG_NAME
    command = [sys.executable, "-m", "potenzial.demo.web", str(stock.size), str(stock.seed), str(log)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own module
    try:
        ports = _ports(process)
        hosts = folder / HOSTS_NAME
        hosts.write_text(hosts_text(site_hosts(stock), ports), encoding="utf-8")
        yield DemoWeb(ports.serving, hosts, log)
    finally:
        _stop(process)


def hosts_text(hosts: tuple[Host, ...], ports: Ports) -> str:
    """Return the table of names; hosts that DNS does not know are not in it."""
    known = [host for host in hosts if host.behaviour != "unknown"]
    lines = (f"127.0.0.1:{_port(host, ports)} {host.host}\n" for host in known)
    return "".join(["# Names of the demo's websites; they exist on this machine only.\n", *lines])


def _port(host: Host, ports: Ports) -> int:
    return ports.refusing if host.behaviour == "refused" else ports.serving


def _ports(process: subprocess.Popen[bytes]) -> Ports:
    line = process.stdout.readline(1_000) if process.stdout else b""
    try:
        return msgspec.json.decode(line, type=Ports)
    except msgspec.DecodeError as error:
        raise DemoServerError(
            "the demo's web server did not start; what it said stands above. Is a loopback port free?"
        ) from error


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()
