"""What the values of our columns look like: to propose a column by its values, or to doubt one by its name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

#: Longer cells are cut off before they are looked at.
_MAX_CELL: Final = 200


@dataclass(frozen=True)
class Look:
    """A pattern of values, what they are, and whether hardly anything else looks so."""

    what: str
    pattern: re.Pattern[str]
    telling: bool = False

    def share(self, values: Sequence[str]) -> float:
        """Share of the values that look so, 0 to 1; of none it is 0."""
        alike = sum(bool(self.pattern.fullmatch(value[:_MAX_CELL].strip())) for value in values)
        return alike / len(values) if values else 0.0


def _look(what: str, pattern: str) -> Look:
    return Look(what, re.compile(pattern, re.IGNORECASE | re.DOTALL))


def _telling(what: str, pattern: str) -> Look:
    return Look(what, re.compile(pattern, re.IGNORECASE), telling=True)


_DAY: Final = r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./](\d{4}|\d{2})|\d{8}|[1-7]\d{4}"

#: In the order in which they are tried.
LOOKS: Final[dict[str, Look]] = {
    "email": _telling("e-mail addresses", r"[^@\s]+@[^@\s]+\.[a-z]{2,}"),
    "website": _telling(
        "websites", r"https?://\S+|www\.\S+\.[a-z]{2,}(/\S*)?|[a-z0-9-]+\.(de|com|at|ch|net|eu|org|info)|-"
    ),
    "vat_id": _telling("VAT ids", r"DE ?\d{3} ?\d{3} ?\d{3}|ATU ?\d{8}|CHE[- ]?\d{3}\.?\d{3}\.?\d{3}.*"),
    "register_number": _telling("register numbers", r".*\b(HR ?[AB]|GnR|PR|VR|FN) ?\d+ ?[a-z]{0,2}"),
    "name": _look("names", r".*[a-zäöüß]{2}.*"),
    "postcode": _look("postcodes", r"([A-Z]{1,2}-?)?\d{4,5}|[A-Z0-9 -]{3,10}"),
    "street": _look("streets", r".*[a-zäöüß]{3}.*"),
    "city": _look("cities", r".*[a-zäöüß]{2}.*"),
    "phone": _look("telephone numbers", r"(Tel\.?:? ?)?[+(]?\d[\d ()/.+–-]{4,}.*|-|k\.? ?A\.?|n/a"),
    "headcount": _look("numbers of people", r".*\d.*|-|k\.? ?A\.?|n/a"),
    "revenue": _look("amounts", r"[^a-z]*\d[^a-z]*(EUR|T?€|TEUR|Mio\.?|Mrd\.?|Tsd\.?| )*-?|-|k\.? ?A\.?|n/a|#NV"),
    "last_purchase": _look("dates", rf"({_DAY})([ T].*)?|-|k\.? ?A\.?|n/a"),
}
