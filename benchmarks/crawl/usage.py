"""What a crawl took, measured inside its own process; needs the standard library only, so that rivals can use it."""

import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def measured(path: Path) -> Iterator[dict[str, object]]:
    """Write seconds, CPU seconds of this process and its children and the figures added to the mapping, as JSON.

    What came before, such as loading libraries, is not counted.
    """
    figures: dict[str, object] = {}
    own, helpers, began = cpu(resource.RUSAGE_SELF), cpu(resource.RUSAGE_CHILDREN), time.perf_counter()
    yield figures
    figures["seconds"] = time.perf_counter() - began
    figures["own"] = cpu(resource.RUSAGE_SELF) - own
    figures["helpers"] = cpu(resource.RUSAGE_CHILDREN) - helpers
    path.write_text(json.dumps(figures), encoding="utf-8")


def cpu(who: int) -> float:
    """Return user and system seconds so far."""
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime
