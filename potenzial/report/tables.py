"""Tables of words that a page shows: a name and cells a row, and what stands below."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A row of a table; `own` marks one that stands out."""

    name: str
    cells: tuple[str, ...]
    own: bool = False


@dataclass(frozen=True)
class Table:
    """A table with what stands below it."""

    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    caption: str
