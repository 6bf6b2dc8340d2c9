"""Industry cells to a hierarchy of industries with titles: WZ codes where they are codes, the text itself otherwise."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from scoring.industry_titles import DIVISIONS, SECTIONS_2008, SECTIONS_2025

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wz_code import WZ, WZCode

#: Levels of a path: section, division, group, class; free text fills the first only.
LEVELS: Final = 4
#: With the same number of known codes in both, the version that address stocks still carry.
VERSIONS: Final = ("2008", "2025")

# Section letter and version in front and a title behind are common in exports of trade directories.
_CODE: Final = re.compile(
    r"""(?:WZ\s*(?:(?P<version>2008|2025)[\s:\-])?\s*[:\-]?\s*)?   # "WZ 2008: "
        (?P<section>[A-Va-v])?[\s.\-]*               # "C", "C ", "C-"
        (?P<digits>\d{1,2}(?:[.,]\d{1,2}(?:[.,]\d)?)?|\d{3,5})
        (?P<title>\s*[-\u2013:]?\s+\D.*)?""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_SHARE_OF_CODES: Final = 0.5


@dataclass(frozen=True)
class Industries:
    """The industries of n customers.

    `levels` (n x LEVELS) numbers the industry at each level, -1 where there is none; `titles` and `titles_en` are null
    without an industry; `codes` ("25.62") are null where a cell is none; `version` is "WZ 2008", "WZ 2025" or "" when
    the cells are no codes.
    """

    levels: NDArray[np.int64]
    titles: tuple[str | None, ...]
    titles_en: tuple[str | None, ...]
    codes: tuple[str | None, ...]
    version: str

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether each customer has an industry at all (n)."""
        known: NDArray[np.bool_] = self.levels[:, 0] >= 0
        return known


@dataclass(frozen=True)
class _Entry:
    """One distinct cell, understood."""

    path: tuple[str, ...]
    title: str
    title_en: str
    code: str | None = None


def read_industries(cells: Sequence[str | None]) -> Industries:
    """Understand the industry cells of a stock (n, null allowed): codes of one WZ version, or free text.

    A code means different industries in WZ 2008 and WZ 2025 (25.62), so the version is settled once for the whole
    stock: the one that cells name ("WZ 2025: 25.62"), else the one in which more of them exist. Zeros that a
    spreadsheet dropped are restored ("1.11" is 01.11).
    """
    counts = Counter(key for key in map(_key, cells) if key)
    book = _Codebook(counts)
    entries = {key: book.entry(key) for key in counts}
    found = [entries.get(_key(cell)) for cell in cells]
    return Industries(
        levels=_numbered([entry.path if entry else () for entry in found]),
        titles=tuple(entry.title if entry else None for entry in found),
        titles_en=tuple(entry.title_en if entry else None for entry in found),
        codes=tuple(entry.code if entry else None for entry in found),
        version=f"WZ {book.version}" if book.version else "",
    )


def _key(cell: str | None) -> str:
    return " ".join(cell.split()) if cell else ""


class _Codebook:
    """The WZ version that fits the cells of a stock, or none."""

    def __init__(self, counts: Counter[str]) -> None:
        books = _load_books()
        coded = {key: count for key, count in counts.items() if _CODE.fullmatch(key)}
        hits = {
            version: sum(count for key, count in coded.items() if _find(key, wz) is not None)
            for version, wz in books.items()
        }
        best = max(VERSIONS, key=lambda version: (_named(coded, version), hits[version]))
        # Numbers of the user's own list of industries hit a WZ code only now and then.
        fits = bool(coded) and hits[best] > _SHARE_OF_CODES * sum(coded.values())
        self.version = best if fits else ""
        self._wz = books[best] if fits else None
        self._words: dict[str, str] = {}
        for key, _ in counts.most_common():
            self._words.setdefault(key.casefold(), key)

    def entry(self, key: str) -> _Entry:
        found = _find(key, self._wz) if self._wz is not None else None
        if found is not None:
            return _Entry(_path(found), found.title, _english(found), found.code)
        word = self._words[key.casefold()]
        return _Entry((f"text:{key.casefold()}",), word, word)


def _named(coded: dict[str, int], version: str) -> int:
    """Cells that say themselves which version they are written in."""
    matches = ((_CODE.fullmatch(key), count) for key, count in coded.items())
    return sum(count for match, count in matches if match and match["version"] == version)


def _load_books() -> dict[str, "WZ"]:
    # The tables of the package are large; whoever only imports this module should not wait for them.
    from wz_code import WZ

    return {version: WZ(version=version) for version in VERSIONS}


def _find(key: str, wz: "WZ") -> "WZCode | None":
    if len(key) == 1 and wz.exists(key.upper()):
        return wz.get(key.upper())
    match = _CODE.fullmatch(key)
    if match is None or (match["title"] and len(match["digits"]) < len("123")):
        return None  # "24 hour service" is a text
    for code in _spellings(match["digits"].replace(",", ".")):
        if wz.exists(code):
            found = wz.get(code)
            return found if _agrees(found, match["section"]) else None
    return None


def _agrees(code: "WZCode", section: str | None) -> bool:
    return section is None or _path(code)[0].endswith(section.upper())


def _spellings(digits: str) -> Iterable[str]:
    """The official spellings that a cell may stand for, likeliest first."""
    if "." in digits:
        head, tail = digits.split(".", 1)
        yield f"{head.zfill(2)}.{tail}"
        return
    for padded in (digits, f"0{digits}"):
        yield _dotted(padded)


def _dotted(digits: str) -> str:
    parts = (digits[:2], digits[2:4], digits[4:])
    return ".".join(part for part in parts if part)


def _path(code: "WZCode") -> tuple[str, ...]:
    """From the section down to the class; a subclass counts as its class."""
    chain = [*reversed(code.ancestors), code]
    return tuple(f"WZ {code.version} {step.code}" for step in chain[:LEVELS])


def _english(code: "WZCode") -> str:
    section = _path(code)[0][-1]
    titles: Mapping[str, str] = SECTIONS_2008 if code.version == "2008" else SECTIONS_2025
    if code.code == section:
        return titles[section]
    return f"{DIVISIONS[code.code[:2]]} ({code.code})"


def _numbered(paths: Sequence[tuple[str, ...]]) -> NDArray[np.int64]:
    """Number the distinct keys of all levels, in sorted order so that the order of rows does not matter."""
    numbers = {key: number for number, key in enumerate(sorted({key for path in paths for key in path}))}
    levels = np.full((len(paths), LEVELS), -1, dtype=np.int64)
    for row, path in enumerate(paths):
        levels[row, : len(path)] = [numbers[key] for key in path]
    return levels
