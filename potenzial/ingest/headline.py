"""Where the header of a table stands: not always in line 1, and sometimes over two rows with merged cells."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from potenzial.ingest.synonyms import MARGIN_WORDS, NO_MARGIN_WORDS, NO_REVENUE_WORDS, REVENUE_WORDS, SYNONYMS, plain

#: Rows of a file among which the header is looked for.
SEARCHED_ROWS = 30
#: One familiar name may stand in a title ("Name: Meier"); two in one row are a header.
_ENOUGH = 2
_YEAR = re.compile(r"(?:19|20)\d\d")
#: Usual names of columns, in plain form.
KNOWN = frozenset(name for names in SYNONYMS.values() for name in names) | {plain(name) for name in SYNONYMS}

Cells = Sequence[str | None]


@dataclass(frozen=True)
class Headline:
    """Row of the header (from 0), and how many rows it spans: 2 when cells of the first are merged over the second."""

    row: int
    rows: int = 1

    def note(self, word: str) -> str:
        """Say where the header stands when it is not the first row; `word` is "line" or "row"."""
        if self.rows > 1:
            return f"The column names stand in {word}s {self.row + 1} and {self.row + 2}."
        return f"The column names stand in {word} {self.row + 1}; what stands above is left out." if self.row else ""


def find_headline(rows: Sequence[Cells], extra: Collection[str] = ()) -> Headline:
    """Tell which row is the header: the first that holds anything, unless only a later one has familiar names.

    Args:
        rows: the first rows of a table.
        extra: names beside the usual ones that this file's columns are configured to have.
    """
    filled = [number for number, row in enumerate(rows[:SEARCHED_ROWS]) if any(_bare(cell) for cell in row)]
    if not filled:
        return Headline(0)
    known = KNOWN | {plain(name) for name in extra}
    scores = {Headline(number): familiar(rows[number], known) for number in filled}
    first = Headline(filled[0])
    best = first if scores[first] >= _ENOUGH else max(scores, key=lambda line: (scores[line], -line.row))
    return _merged(rows, best if scores[best] >= _ENOUGH else first, known)


def familiar(row: Cells, known: Collection[str] = KNOWN) -> int:
    """Count the cells of a row that are usual names of columns, each name once."""
    return len({name for cell in row if (name := plain(cell or "")) and (name in known or is_year_of_revenue(name))})


def is_year_of_revenue(name: str) -> bool:
    """Tell "umsatz2024" and its like, given in plain form."""
    return len(_YEAR.findall(name)) == 1 and means_revenue(name)


def means_revenue(name: str) -> bool:
    """Tell a plain name of revenue from that of a plan, a tax or a share."""
    return any(word in name for word in REVENUE_WORDS) and not any(word in name for word in NO_REVENUE_WORDS)


def means_margin(name: str) -> bool:
    """Tell a plain name of contribution margin from that of a plan or a percentage."""
    return any(word in name for word in MARGIN_WORDS) and not any(word in name for word in NO_MARGIN_WORDS)


def joined(top: Cells, below: Cells) -> list[str]:
    """Give one header of two rows: "Umsatz" merged over "2023" and "2024" becomes "Umsatz 2023" and "Umsatz 2024"."""
    width = max(len(top), len(below))
    names, over = [], ""
    for place in range(width):
        own, sub = _at(top, place), _at(below, place)
        over = own or over
        names.append(f"{over} {sub}".strip() if _YEAR.fullmatch(sub) else sub or own)
    return names


def _merged(rows: Sequence[Cells], best: Headline, known: Collection[str]) -> Headline:
    """Take a neighbouring row into the header when both together have more familiar names than the best alone."""
    pairs = [Headline(row, 2) for row in (best.row - 1, best.row) if row >= 0 and row + 1 < len(rows)]
    alone = familiar(rows[best.row], known)
    gains = {pair: familiar(joined(rows[pair.row], rows[pair.row + 1]), known) for pair in pairs}
    better = [pair for pair in pairs if gains[pair] > alone]
    return max(better, key=lambda pair: gains[pair]) if better else best


def _at(row: Cells, place: int) -> str:
    return _bare(row[place]) if place < len(row) else ""


def _bare(cell: str | None) -> str:
    return (cell or "").strip()
