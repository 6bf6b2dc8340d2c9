"""Differences from the reference as dots with intervals, drawn as plain SVG that carries only names and numbers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup, escape

from potenzial.report.palette import GREY, INK, MUTED

_COLOURS: Final = {"better": "#1d6b4f", "worse": "#a83a17"}
_WIDTH: Final = 460
_LEFT: Final = 178
_RIGHT: Final = 84
_ROW: Final = 27
_TOP: Final = 8
_LONGEST: Final = 25


@dataclass(frozen=True)
class Line:
    """One contestant's difference with its 95 % interval, turned so that more is better; `label` is written beside."""

    name: str
    value: float
    low: float
    high: float
    verdict: str
    label: str


def forest(lines: Sequence[Line]) -> Markup:
    """Draw differences one below the other on one scale with the line of no difference."""
    reach = max((abs(end) for line in lines for end in (line.low, line.high, line.value)), default=0.0) or 1.0
    height = _TOP + _ROW * len(lines) + 4
    middle = _place(0.0, reach)
    zero = f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="0" y2="{height}" stroke="{GREY}" stroke-dasharray="3 3"/>'
    drawn = "".join(_line(line, _TOP + _ROW * (number + 0.5), reach) for number, line in enumerate(lines))
    return Markup(  # noqa: S704 - numbers of our own and names that are escaped where they are put in
        f'<svg viewBox="0 0 {_WIDTH} {height}" aria-hidden="true" focusable="false">{zero}{drawn}</svg>'
    )


def _place(value: float, reach: float) -> float:
    half = (_WIDTH - _LEFT - _RIGHT) / 2
    return _LEFT + half + value / reach * (half - 5)


def _line(line: Line, y: float, reach: float) -> str:
    colour = _COLOURS.get(line.verdict, MUTED)
    name = line.name if len(line.name) <= _LONGEST else line.name[: _LONGEST - 1] + "…"
    text = f'<text x="0" y="{y + 4:.1f}" font-size="13" fill="{INK}">{escape(name)}</text>'
    value = (
        f'<text x="{_WIDTH}" y="{y + 4:.1f}" font-size="13" font-weight="600" text-anchor="end" fill="{colour}">'
        f"{escape(line.label)}</text>"
    )
    if not math.isfinite(line.low + line.high + line.value):
        return text + value
    ends = (_place(line.low, reach), _place(line.high, reach))
    bar = f'<line x1="{ends[0]:.1f}" x2="{ends[1]:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" stroke-width="3"'
    dot = f'<circle cx="{_place(line.value, reach):.1f}" cy="{y:.1f}" r="5" fill="{colour}" stroke="#fff"/>'
    return f'{text}{bar} stroke-linecap="round"/>{dot}{value}'
