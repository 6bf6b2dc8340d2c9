"""The result of a back-test as the project keeps it, and what is read from it."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from potenzial.project import Project
from scoring.backtest.result import SEGMENTS, Backtest, Lift
from scoring.resampling import Estimate

#: Name of the file in `out/`.
RESULT: Final = "backtest.json"


def former(project: Project) -> Backtest | None:
    """Read the last back-test of a project; None without one, or when another version wrote it."""
    path = project.out / RESULT
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Backtest)
    except msgspec.DecodeError:
        return None


def judged(found: Backtest, segment: str) -> tuple[Lift, ...]:
    """Lifts of one part of the customers."""
    return tuple(one for one in found.lifts if one.segment == segment)


def shares(found: Backtest, capacity: float, orders: Sequence[str]) -> Iterator[tuple[str, int, list[Estimate]]]:
    """Yield each part of the customers with how many are called, and what each order meets of their growth."""
    for segment in SEGMENTS:
        rows = {one.order: one for one in judged(found, segment) if one.capacity == capacity}
        if rows:
            yield segment, rows[orders[0]].called, [rows[name].caught for name in orders]
