"""Records of a CSV file, one at a time: a broken one costs itself, never the rows after it."""

import csv
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

#: Lines of prose that hold as many fields as a narrower header are too common to be taken for rows.
_TELLING_WIDTH = 4


class Record(NamedTuple):
    """The physical line a row starts in, how many lines it spans, and its fields: None when they cannot be read.

    `torn` says that a quotation mark in the line has no counterpart.
    """

    line: int
    lines: int
    fields: list[str] | None
    torn: bool = False


class Tape:
    """Physical lines with their numbers, which can be given back to be read again."""

    def __init__(self, lines: Iterator[str], start: int = 0) -> None:
        """Count lines from `start` on."""
        self.number = start
        self._lines = lines
        self._back: deque[str] = deque()
        self._held: list[str] = []

    def __iter__(self) -> Iterator[str]:
        """Give itself: lines given back come again."""
        return self

    def __next__(self) -> str:
        """Give the next line, those given back first."""
        line = self._back.popleft() if self._back else next(self._lines)
        self.number += 1
        self._held.append(line)
        return line

    def take(self) -> list[str]:
        """Give the lines read since the last call."""
        held, self._held = self._held, []
        return held

    def give_back(self, lines: list[str]) -> None:
        """Let these lines, the last ones read, be read again."""
        self._back.extendleft(reversed(lines))
        self.number -= len(lines)


def records(tape: Tape, delimiter: str, width: int | None) -> Iterator[Record]:
    """Read the records, each expected to have `width` fields (None: any number).

    A quote that is opened and never closed would swallow the rows after it. So a record over several lines that does
    not come out right, or whose lines look like rows, is read again from its second line on; its first stands alone.
    """
    reader = csv.reader(tape, delimiter=delimiter, strict=True)
    while True:
        first = tape.number + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error:
            fields = None
        lines = tape.take()
        if fields is None or (width and len(lines) > 1 and _doubtful(fields, lines, delimiter, width)):
            tape.give_back(lines[1:])
            yield Record(first, 1, line_fields(lines[0], delimiter), torn=lines[0].count('"') % 2 == 1)
        else:
            yield Record(first, len(lines), fields)


def fits(fields: list[str], width: int) -> bool:
    """Tell whether a record has as many fields as the header; empty ones at its end do not count."""
    return len(fields) == width or (len(fields) > width and not any(map(str.strip, fields[width:])))


def _doubtful(fields: list[str], lines: list[str], delimiter: str, width: int) -> bool:
    """Tell whether a record over several lines is wrong, or holds lines that are rows of their own."""
    if not fits(fields, width):
        return True
    if width < _TELLING_WIDTH:
        return False
    rest = [line for line in lines[1:] if line.strip()]
    rows = sum(_like_row(line_fields(line, delimiter), width) for line in rest)
    return bool(rest) and 2 * rows >= len(rest)


def _like_row(fields: list[str] | None, width: int) -> bool:
    """Tell a row from prose, which puts a blank after a comma; a row starts with what it is about."""
    if fields is None or len(fields) != width or not fields[0].strip():
        return False
    return not any(field.startswith(" ") for field in fields[1:])


def line_fields(line: str, delimiter: str) -> list[str] | None:
    """Read one line leniently, None when it cannot be: quotes inside a field are common in exports written by hand."""
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return None
