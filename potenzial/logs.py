"""Logs on stderr, as lines for people or as JSON for machines."""

import json
import logging
import sys
from typing import Literal

from potenzial.errors import ConfigError

LogFormat = Literal["text", "json"]

#: The packages whose logs are shown; libraries below are shown from WARNING on.
OURS = ("crawler", "embeddings", "scoring", "potenzial")


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the record as one line of JSON."""
        fields = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields, ensure_ascii=False)


def configure(log_format: LogFormat, level: int = logging.INFO) -> None:
    """Send logs to stderr in this format; calling it again replaces the former setting."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S")
    handler.setFormatter(JsonFormatter() if log_format == "json" else text)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(level)


def log_format_of(name: str) -> LogFormat:
    """Check a format's name.

    Raises:
        ConfigError: there is no such format.
    """
    if name == "json":
        return "json"
    if name == "text":
        return "text"
    raise ConfigError(f"--log-format {name}: logs are written as `text` or as `json`.")
