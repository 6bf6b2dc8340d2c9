"""Processes of the benchmark: the server, crawls whose memory is watched, and environments for the rivals."""

import json
import os
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

HERE: Final = Path(__file__).parent
_EVERY: Final = 0.25
#: Characters shown of what a process wrote before it failed.
_SAID: Final = 600


class BenchmarkError(Exception):
    """A process of the benchmark failed."""


class Server:
    """The running server: its ports, and what it has seen."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        told = self._line()
        self.port = int(told["port"])
        self.dns = int(told["dns"])

    def seen(self) -> dict[str, Any]:
        """Return what the server has seen since it was last asked."""
        assert self._process.stdin is not None  # noqa: S101 - a pipe by construction
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101 - a pipe by construction
        line = self._process.stdout.readline()
        if not line:
            raise BenchmarkError("The server of the benchmark has ended; what it printed says why.")
        return dict(json.loads(line))


@contextmanager
def serving(hosts: int, dead: float, slow: float) -> Iterator[Server]:
    """Serve so many hosts, of which the share `dead` gives no answer, until the block ends."""
    command = [sys.executable, str(HERE / "server.py"), str(hosts), str(dead), str(slow)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Server(process)
        finally:
            process.kill()


@dataclass(frozen=True)
class Watched:
    """What was seen of a process from outside: memory over time and at its highest in MB, helpers left out.

    `busy` is how many cores of the machine were at work meanwhile, whoever used them.
    """

    memory: tuple[float, ...]
    peak: float
    busy: float


@dataclass(frozen=True)
class Run:
    """One crawl: its own figures, what the server saw of it, and what was seen of it from outside."""

    figures: dict[str, Any]
    seen: dict[str, Any]
    watched: Watched

    @property
    def pages(self) -> int:
        """Pages that the crawler says it has."""
        return int(self.figures["pages"])

    @property
    def speed(self) -> float:
        """Pages per second."""
        return self.pages / float(self.figures["seconds"])

    def cpu(self, *parts: str) -> float:
        """Return CPU seconds per 1,000 pages of the crawling process ("own"), its "helpers", or both."""
        return 1_000 * sum(float(self.figures[part]) for part in parts) / max(1, self.pages)

    def quarters(self) -> str:
        """Return the median of the memory in each quarter of the time."""
        memory = self.watched.memory
        size = max(1, len(memory) // 4)
        parts = [memory[place : place + size] for place in range(0, 4 * size, size)]
        return ", ".join(f"{statistics.median(part):.0f}" for part in parts if part)


def crawl(
    server: Server, command: Sequence[str], job: Mapping[str, object], folder: Path, output: IO[str] | None = None
) -> Run:
    """Run one crawl, an interpreter and a script, in a process of its own and watch it.

    Raises:
        BenchmarkError: it failed; the message ends with what it wrote to `output`.
    """
    task, result = folder / "job.json", folder / "result.json"
    task.write_text(json.dumps(job), encoding="utf-8")
    python, script = command
    server.seen()
    with subprocess.Popen(
        [python, str(HERE / script), str(task), str(result)], stdout=output or sys.stderr, stderr=output
    ) as process:
        watched = _watched(process)
    if process.returncode or not result.exists():
        said = Path(output.name).read_text("utf-8")[-_SAID:] if output else "what it printed says why"
        raise BenchmarkError(f"{script} has ended with {process.returncode}: {said}")
    return Run(json.loads(result.read_text("utf-8")), server.seen(), watched)


def _watched(process: "subprocess.Popen[bytes]") -> Watched:
    memory: list[float] = []
    peak, busy, began = 0.0, _busy(), time.perf_counter()
    while process.poll() is None:
        found = _status(process.pid)
        memory.append(found.get("VmRSS", 0.0))
        peak = max(peak, found.get("VmHWM", 0.0))
        time.sleep(_EVERY)
    cores = (_busy() - busy) / (time.perf_counter() - began)
    return Watched(tuple(value for value in memory if value), peak, cores)


def _busy() -> float:
    """Return the seconds that all cores of the machine together have worked so far."""
    user, nice, system, _idle, _waiting, *rest = Path("/proc/stat").read_text("ascii").split("\n", 1)[0].split()[1:9]
    return sum(map(int, (user, nice, system, *rest))) / os.sysconf("SC_CLK_TCK")


def _status(pid: int) -> dict[str, float]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    except OSError:
        return {}
    return {
        name: float(rest.split()[0]) / 1_024
        for name, _, rest in (line.partition(":") for line in lines)
        if "kB" in rest
    }


def environment(folder: Path, name: str, packages: Sequence[str]) -> Path:
    """Return the interpreter of an environment that holds these packages, which is made if it is not there yet.

    Raises:
        BenchmarkError: a package cannot be installed.
    """
    python = folder / name / "bin" / "python"
    if not python.exists():
        print(f"  makes an environment for {name} in {folder / name}", file=sys.stderr)
        venv.create(folder / name, with_pip=True)
    _told([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages])
    return python


def version(python: Path, package: str) -> str:
    """Return which version of a package an environment holds."""
    return _told([str(python), "-c", f"import importlib.metadata as m; print(m.version({package!r}))"])


def _told(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"{command[0]}: {done.stderr[-_SAID:]}")
    return done.stdout.strip()
