"""Colours of the report: few, told apart with any colour vision, and readable."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

INK: Final = "#1c2733"
MUTED: Final = "#5a6774"
GREY: Final = "#aab4be"
_WHITE: Final = "#ffffff"

#: Actual classes: the ones that buy in blue, the ones that hardly buy in orange.
CLASS_COLOURS: Final = MappingProxyType({"A": "#12395b", "B": "#86b4d8", "C": "#e08a1e", "inactive": "#f6cd8b"})
_HEAT_FROM: Final = (255, 255, 255)
#: Light enough that dark text stays readable on the fullest cell, on screen and on paper.
_HEAT_TO: Final = (126, 176, 214)
_DEEP_FROM: Final = (214, 230, 242)
_DEEP_TO: Final = (18, 57, 91)
#: Below 1: small cells still differ from empty ones.
_HEAT_BEND: Final = 0.6


@dataclass(frozen=True)
class Line:
    """How a curve is drawn."""

    colour: str
    width: float
    dash: tuple[int, ...]


LINES: Final = MappingProxyType(
    {
        "model": Line("#12395b", 3.0, (1, 0)),
        "revenue": Line("#e08a1e", 2.5, (7, 4)),
        "chance": Line("#8a96a3", 1.5, (2, 3)),
    }
)


def heat(share: float) -> str:
    """Background of a cell that holds this share (0 to 1) of the largest cell."""
    return _mixed(_HEAT_FROM, _HEAT_TO, share)


def deep(share: float) -> str:
    """Colour of a shape without text that holds this share (0 to 1) of the largest one."""
    return _mixed(_DEEP_FROM, _DEEP_TO, share)


def _mixed(start: tuple[int, int, int], end: tuple[int, int, int], share: float) -> str:
    part = min(max(share, 0.0), 1.0) ** _HEAT_BEND
    mixed = (round(low + (high - low) * part) for low, high in zip(start, end, strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in mixed)


def readable_on(background: str) -> str:
    """The text colour, dark or white, with the higher contrast on a background such as `#12395b`."""
    return max((INK, _WHITE), key=lambda ink: contrast(ink, background))


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours from 1 to 21 (WCAG 2.2, relative luminance)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)  # noqa: PLR2004 - WCAG's constants
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
