"""What the guards against leaks found, ready to be shown."""

from dataclasses import dataclass

from potenzial.report.messages import Story
from potenzial.report.plain import shown

_LONGEST: int = 700


@dataclass(frozen=True)
class Guard:
    """One finding: `state` is passed, notice or off."""

    state: str
    mark: str
    detail: str


_MARKS = {"off": "!", "notice": "i", "passed": "✓"}


def guards(story: Story) -> tuple[Guard, ...]:
    """All findings, those that count against the model first."""
    if story.data.guards is None:
        return ()
    rows = story.data.guards.iter_rows(named=True)
    found = [(_state(passed=row["passed"], notice=row["notice"]), row[f"detail_{story.data.language}"]) for row in rows]
    order = list(_MARKS)
    ranked = sorted(found, key=lambda one: order.index(one[0]))
    return tuple(Guard(state, _MARKS[state], shown(detail, _LONGEST)) for state, detail in ranked)


def _state(*, passed: bool, notice: bool) -> str:
    if not passed:
        return "off"
    return "notice" if notice else "passed"
