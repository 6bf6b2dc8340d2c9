"""The record of what left the page: one JSON object a line, added and never changed."""

import json
import os
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

#: Name of the record in the project folder.
NAME: Final = "audit.jsonl"


class Audit:
    """Adds entries to a file; each is on the disk before what it tells of leaves."""

    def __init__(self, path: Path) -> None:
        """Write to this file; it is made with the first entry."""
        self._path = path
        self._lock = threading.Lock()

    def note(self, event: str, who: str, facts: Mapping[str, object]) -> None:
        """Add what happened, who did it, and facts such as filter, format and rows.

        Raises:
            OSError: the record cannot be written; what it tells of must not leave then.
        """
        entry = {"at": datetime.now(tz=UTC).isoformat(timespec="seconds"), "event": event, "who": who, **facts}
        line = (json.dumps(entry, ensure_ascii=True) + "\n").encode()
        with self._lock:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, line)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
