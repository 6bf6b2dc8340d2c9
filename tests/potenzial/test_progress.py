import io
import json
import logging

import pytest
from rich.console import Console

from potenzial import logs
from potenzial.errors import ConfigError
from potenzial.progress import LogReporter, TerminalReporter, duration


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now


def test_elsewhere_than_on_a_terminal_there_is_a_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """Progress told every second gives one line a minute with rate and time left."""
    caplog.set_level(logging.INFO, logger="potenzial")
    clock = Clock()
    with LogReporter(clock).stage("embed", "chunks") as advance:
        for second in range(1, 181):
            clock.now = float(second)
            advance(second * 10, 3600)
    assert [record.getMessage() for record in caplog.records] == [
        "embed: 600 of 3600 chunks, 10.0/s, 5 min left",
        "embed: 1200 of 3600 chunks, 10.0/s, 4 min left",
        "embed: 1800 of 3600 chunks, 10.0/s, 3 min left",
    ]


def test_on_a_terminal_a_bar_shows_rate_and_time_left() -> None:
    """The bar names the stage, the counts and the unit."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120)
    with TerminalReporter(console).stage("crawl", "sites") as advance:
        advance(5, 10)
        advance(10, 10)
    assert "crawl" in screen.getvalue()
    assert "10/10" in screen.getvalue()
    assert "sites/s" in screen.getvalue()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.4, "0 s"),
        (59, "59 s"),
        (61, "1 min"),
        (3540, "59 min"),
        (12_000, "3 h 20 min"),
        (float("inf"), "unknown time"),
    ],
)
def test_durations_are_said_in_words(seconds: float, said: str) -> None:
    """A time span is given in the unit that a person would use."""
    assert duration(seconds) == said


@pytest.mark.usefixtures("former_logging")
def test_json_logs_are_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """With the JSON format each log line is an object with time, level, logger and message."""
    logs.configure("json")
    logging.getLogger("potenzial.test").info("crawl: %d sites\nsecond line", 3)
    logging.getLogger("httpx").info("not shown")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    said = json.loads(lines[0])
    assert (said["level"], said["logger"], said["message"]) == ("info", "potenzial.test", "crawl: 3 sites\nsecond line")


def test_an_unknown_log_format_names_the_two_that_there_are() -> None:
    """A wrong log format is refused with the right ones."""
    with pytest.raises(ConfigError, match=r"`text` or as `json`"):
        logs.log_format_of("xml")
