"""A profile by samples of CPU time: where the crawling process is when it works, at a cost of under two percent.

A tracing profiler adds more time to short functions than they take, and a crawl consists of short functions.
"""

import signal
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Final, Self

_EVERY: Final = 0.005
_SHOWN: Final = 14


class Sampler:
    """Counts, every 5 ms of CPU time, the package and function at work and the function of ours that it works for."""

    def __init__(self) -> None:
        self._layers: Counter[str] = Counter()
        self._functions: Counter[str] = Counter()
        self._ours: Counter[str] = Counter()

    def __enter__(self) -> Self:
        """Start."""
        signal.signal(signal.SIGPROF, self._sample)
        signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        signal.setitimer(signal.ITIMER_PROF, 0)

    def report(self) -> str:
        """Return the largest shares, one a line."""
        blocks = (
            ("by package, our own by module", self._layers),
            ("by function", self._functions),
            ("by the function of ours that it was for", self._ours),
        )
        return "\n".join(f"CPU time {name}:\n{_shares(counts)}" for name, counts in blocks)

    def _sample(self, _number: int, frame: FrameType | None) -> None:
        if frame is None:
            return
        package, _, module = str(frame.f_globals.get("__name__", "?")).partition(".")
        self._layers[f"{package}.{module}" if package == "crawler" else package] += 1
        self._functions[_place(frame)] += 1
        above: FrameType | None = frame
        while above is not None and not str(above.f_globals.get("__name__", "")).startswith("crawler."):
            above = above.f_back
        self._ours[_place(above) if above is not None else "(event loop and helpers of it)"] += 1


def _place(frame: FrameType) -> str:
    path = Path(frame.f_code.co_filename)
    return f"{path.parent.name}/{path.name}:{frame.f_code.co_qualname}"


def _shares(counts: Counter[str]) -> str:
    total = max(1, counts.total())
    return "\n".join(f"  {count / total:6.1%} {name}" for name, count in counts.most_common(_SHOWN))
