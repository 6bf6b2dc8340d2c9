import signal
import subprocess
import sys
import textwrap

import pytest

from potenzial.interruption import interruptible

WORK = """
    import time
    from potenzial.interruption import interruptible
    with interruptible() as interruption:
        try:
            print("ready", flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            print("swallowed", flush=True)
        for _ in range(600):
            time.sleep(0.1)
            {check}
"""


def _worker(check: str) -> subprocess.Popen[bytes]:
    code = textwrap.dedent(WORK).format(check=check)
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def test_a_swallowed_interrupt_is_raised_again_at_the_next_unit_of_work() -> None:
    """One signal ends the work even if a library swallowed the exception that it raised."""
    with _worker("interruption.check()") as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) != 0


def test_a_second_signal_ends_the_process_at_once() -> None:
    """Work that never checks is ended by the second signal, with the exit code of an interruption."""
    with _worker("pass") as process:
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        assert process.stdout.readline() == b"swallowed\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 130


def test_an_error_made_of_an_interrupt_is_the_interrupt() -> None:
    """A library that turns the exception of a signal into an error of its own does not make it a mistake of ours."""

    def convert() -> None:
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt as interrupt:
            raise ValueError from interrupt

    with pytest.raises(KeyboardInterrupt), interruptible():
        convert()


def test_an_error_without_an_interrupt_stays_an_error() -> None:
    """An error that no signal caused leaves the block as it is."""
    with pytest.raises(ZeroDivisionError), interruptible():
        raise ZeroDivisionError


def test_signals_are_given_back() -> None:
    """After the block the former handlers are in place again."""
    before = signal.getsignal(signal.SIGINT)
    with interruptible() as interruption:
        assert signal.getsignal(signal.SIGINT) == interruption.handle
    assert signal.getsignal(signal.SIGINT) == before
