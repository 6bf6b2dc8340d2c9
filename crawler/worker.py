"""The process that extracts pages: reads jobs from its standard input, writes results to its standard output.

Started as `python -m crawler.worker SECONDS MEGABYTES`. A frame is a length of four bytes and a MessagePack value.
"""

import os
import signal
import struct
import sys
from typing import BinaryIO, Final

import msgspec

from crawler.extract import extract
from crawler.page import Extracted, Job

#: Length prefix of a frame, big-endian.
LENGTH: Final = struct.Struct(">I")


def serve(jobs: BinaryIO, results: BinaryIO, seconds: float) -> None:
    """Answer jobs until the input ends."""
    decoder = msgspec.msgpack.Decoder(Job)
    while frame := _read(jobs):
        _set_alarm(seconds)
        answer = msgspec.msgpack.encode(_extracted(decoder.decode(frame)))
        _set_alarm(0)
        results.write(LENGTH.pack(len(answer)) + answer)
        results.flush()


def main() -> None:
    """Run until the crawler closes the pipe or dies."""
    seconds, megabytes = float(sys.argv[1]), int(sys.argv[2])
    # Ctrl-C reaches every process of the terminal; the crawler decides when workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(megabytes)
    results = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # A library that prints must not write into the stream of results.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        serve(sys.stdin.buffer, results, seconds)
    except BrokenPipeError:
        # The crawler was killed: nobody waits for the answer, which Python would try to write once more at its end.
        os._exit(1)


def _extracted(job: Job) -> Extracted:
    try:
        return extract(job)
    except MemoryError:
        return Extracted(failure="extract_memory")
    except Exception:  # noqa: BLE001 - whatever a hostile page breaks in a parser, its neighbours go on
        return Extracted(failure="extract_failed")


def _read(jobs: BinaryIO) -> bytes:
    head = jobs.read(LENGTH.size)
    return jobs.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else b""


def _set_alarm(seconds: float) -> None:
    """End this process if a parser hangs while nobody is left to end it; unhandled, the alarm works in C code too."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _limit_memory(megabytes: int) -> None:
    try:
        import resource
    except ImportError:
        return
    limit = megabytes * 1024 * 1024
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


if __name__ == "__main__":
    main()
