"""How a CSV file is written: encoding, delimiter, and whether it is a text file at all."""

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TextIO

from potenzial.ingest import datev
from potenzial.ingest.columns import configured_names
from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import FileError
from potenzial.ingest.headline import KNOWN, SEARCHED_ROWS, Headline, familiar, find_headline
from potenzial.ingest.rows import Tape, line_fields, records
from potenzial.ingest.synonyms import plain

DELIMITERS = (";", ",", "\t", "|")
DELIMITER_NAMES = {";": "semicolon", ",": "comma", "\t": "tab", "|": "pipe"}
#: A longer line is no row of an address stock; it is refused without filling the memory.
MAX_LINE_CHARS = 1_000_000
#: What is kept of such a line.
_START_CHARS = 2_000
#: Lines from which the delimiter is told.
SAMPLE_LINES = 200
#: Characters of those lines; bounds the memory for files with very long lines.
SAMPLE_CHARS = 1_000_000
_BLOCK = 1 << 20
#: Lines that only rule a printed list.
_RULED = re.compile(r"[-=_+|]{3,}")

#: Longer marks first: the mark of UTF-32 starts with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

#: First bytes of files that are often given a wrong name, what they are, and what to do.
_MAGIC = (
    (b"%PDF", "a PDF document", "Export the customers as CSV."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it first."),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it first."),
    (b"SQLite format 3", "an SQLite database", "Export the customers as CSV."),
)


@dataclass(frozen=True)
class Encoding:
    """A codec, how it was told, and what a reader should know about it (empty when all is well)."""

    codec: str
    why: str
    warning: str = ""


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written; `skip` physical lines stand before the header, which spans `heads` rows.

    `accounts` is the number of digits of DATEV's customer accounts, 0 in other files.
    """

    encoding: Encoding
    delimiter: str
    delimiter_why: str
    skip: int = 0
    heads: int = 1
    notes: tuple[str, ...] = ()
    accounts: int = 0

    @property
    def delimiter_name(self) -> str:
        """The delimiter in words."""
        return _name(self.delimiter)


def detect(path: Path, config: InputConfig) -> Dialect:
    """Tell encoding and delimiter of a CSV file; configured values win over detected ones.

    Raises:
        FileError: the file is empty, no text, not in the configured encoding, or has a single column.
    """
    _refuse_binary(path, config)
    encoding = _configured(path, config.encoding) if config.encoding else _detected(path)
    lines = _sample(path, encoding)
    if not any(line.strip() for line in lines):
        raise FileError(f"{path}: the file is empty. Export the customers again, with the column names in line 1.")
    skip = _skipped(lines)
    if datev.is_extf(lines[skip : skip + 1]):
        return _of_datev(path, encoding, lines[skip], skip)
    mark = _sep_mark(lines[skip - 1]) if skip else ""
    line = _headline(lines[skip:], config, mark)
    start = skip + line.row
    delimiter, why = _delimiter(lines[start:], path, config, mark)
    above = line.note("line") if line.row or line.rows > 1 else ""
    return Dialect(encoding, delimiter, why, start, line.rows, (above,) if above and skip == 0 else ())


def _of_datev(path: Path, encoding: Encoding, first: str, skip: int) -> Dialect:
    accounts = datev.account_digits(first, str(path))
    note = "This is a DATEV file (EXTF); accounts of suppliers are left out."
    return Dialect(encoding, ";", "DATEV", skip + 1, notes=(note,), accounts=accounts)


def _headline(lines: list[str], config: InputConfig, mark: str) -> Headline:
    """Find the header under each delimiter that may be meant; the one with most familiar names tells."""
    tried = [one for one in (config.delimiter or mark,) if one] or list(DELIMITERS)
    names = configured_names(config)
    best, most = Headline(0), 1
    for delimiter in tried:
        rows = [line_fields(line, delimiter) or [] for line in lines[:SEARCHED_ROWS]]
        line = find_headline(rows, names)
        score = familiar(rows[line.row], KNOWN | {plain(name) for name in names})
        if score > most:
            best, most = line, score
    return best


def open_lines(path: Path, codec: str) -> Iterator[str]:
    """Give the physical lines of a text file with their ends.

    Of a line longer than `MAX_LINE_CHARS` only the start is given, with a field behind it that no reader takes, so that
    the line is refused as a row and the others are read.
    """
    with path.open(encoding=codec, errors="replace", newline="") as stream:
        while line := stream.readline(MAX_LINE_CHARS):
            if len(line) == MAX_LINE_CHARS and not line.endswith(("\n", "\r")):
                _skip_rest(stream)
                yield line[:_START_CHARS].replace('"', "'") + "x" * (csv.field_size_limit() + 1) + "\n"
            else:
                yield line


def _skip_rest(stream: TextIO) -> None:
    while (rest := stream.readline(MAX_LINE_CHARS)) and not rest.endswith(("\n", "\r")):
        pass


def _sample(path: Path, encoding: Encoding) -> list[str]:
    lines: list[str] = []
    size = 0
    for line in islice(open_lines(path, encoding.codec), SAMPLE_LINES):
        size += len(line)
        lines.append(line)
        if size > SAMPLE_CHARS:
            break
    return lines


def _refuse_binary(path: Path, config: InputConfig) -> None:
    with path.open("rb") as file:
        start = file.read(_BLOCK)
    for magic, what, remedy in _MAGIC:
        if start.startswith(magic):
            raise FileError(f"{path}: this is {what}, not a CSV file. {remedy}")
    if b"\x00" in start and not config.encoding and not _mark(start):
        raise FileError(
            f"{path}: this is not a text file (byte {start.index(0):,} is zero). Export the customers as 'CSV UTF-8'; "
            'if the file is UTF-16 without a mark, set encoding = "utf-16-le" in [input].'
        )


def _mark(start: bytes) -> str:
    return next((codec for mark, codec in _MARKS if start.startswith(mark)), "")


def _configured(path: Path, name: str) -> Encoding:
    codec = _codec(path, name)
    line = _first_bad_line(path, codec)
    if line:
        raise FileError(
            f"{path}, line {line}: not {name} text. Leave encoding empty in [input] (detected then: "
            f"{_detected(path).codec}), or set the encoding that the file was saved in."
        )
    return Encoding(codec, "configured")


def _codec(path: Path, name: str) -> str:
    try:
        # Some bytes, as nothing would be looked up for none; and "hex" and its like do not give text.
        b"test".decode(name, "replace")
    except (LookupError, ValueError) as error:
        raise FileError(
            f'{path}: encoding = "{name}" in [input] is unknown. Known are for example utf-8, cp1252, cp850, '
            "latin-1, utf-16; leave it empty to detect it."
        ) from error
    # An utf-8 file with a mark would otherwise have it in the name of its first column.
    return "utf-8-sig" if codecs.lookup(name).name == "utf-8" else name


def _detected(path: Path) -> Encoding:
    with path.open("rb") as file:
        mark = _mark(file.read(4))
    if mark:
        return Encoding(mark, "byte order mark", _broken(path, mark))
    if not _first_bad_line(path, "utf-8"):
        return Encoding("utf-8", "every byte fits")
    if _mostly_utf8(path):
        return Encoding("utf-8", "most characters fit", _broken(path, "utf-8"))
    return Encoding("cp1252", "not UTF-8, so Windows-1252", _undefined(path))


def _first_bad_line(path: Path, codec: str) -> int:
    """Give the first line (from 1) that cannot be decoded, 0 when all can."""
    decoder = codecs.getincrementaldecoder(codec)("strict")
    line = 1
    try:
        for block in _blocks(path):
            line += decoder.decode(block).count("\n")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return line + error.object[: error.start].decode(codec, "replace").count("\n")
    return 0


def _broken(path: Path, codec: str) -> str:
    line = _first_bad_line(path, codec)
    if not line:
        return ""
    return f"Some characters are not {codec} (first in line {line}); they are replaced by \ufffd."


def _undefined(path: Path) -> str:
    line = _first_bad_line(path, "cp1252")
    if not line:
        return ""
    return (
        f"Some bytes have no meaning in Windows-1252 (first in line {line}); they are replaced by \ufffd. "
        'If umlauts look wrong, the file may come from DOS: set encoding = "cp850" in [input].'
    )


def _mostly_utf8(path: Path) -> bool:
    """Tell UTF-8 with a few broken bytes from another encoding: there hardly any sequence fits by chance."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    fitting = broken = 0
    for block in _blocks(path):
        text = decoder.decode(block)
        bad = text.count("\ufffd")
        broken += bad
        fitting += len(text) - len(text.encode("ascii", "ignore")) - bad
    return fitting > broken


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _skipped(lines: list[str]) -> int:
    """Count the lines before the header: blank ones, and Excel's "sep=;"."""
    for number, line in enumerate(lines):
        if line.strip() and not _sep_mark(line) and not _RULED.fullmatch(line.strip()):
            return number
    return len(lines)


def _sep_mark(line: str) -> str:
    bare = line.strip('\r\n "')
    return bare.removeprefix(bare[:4]) if re.fullmatch("sep=.", bare, re.IGNORECASE | re.DOTALL) else ""


def _delimiter(lines: list[str], path: Path, config: InputConfig, mark: str) -> tuple[str, str]:
    likely = max(DELIMITERS, key=lambda delimiter: _fit(lines, delimiter))
    chosen = config.delimiter or mark or likely
    if _fit(lines, chosen) > 0:
        return chosen, "configured" if config.delimiter else "line 'sep='" if mark else "detected"
    if _fit(lines, likely) > 0:
        raise FileError(
            f"{path}: with {_name(chosen)} as delimiter the file has one column only. It looks separated by "
            f'{_name(likely)}: set delimiter = "{_escaped(likely)}" in [input], or leave it empty to detect it.'
        )
    raise FileError(
        f"{path}: the first line holds one column only ({lines[0].strip()[:80]!r}), but customer_id and name are "
        "needed. Export at least these two, separated by semicolon, comma, tab or pipe; another delimiter can be set "
        "as delimiter in [input]."
    )


def _fit(lines: list[str], delimiter: str) -> float:
    """Score a delimiter: how many columns it finds, times the share of rows that have as many as the header."""
    rows = (line for line in lines if not _RULED.fullmatch(line.strip()))
    widths = [len(record.fields) for record in records(Tape(rows), delimiter, None) if record.fields]
    return (widths[0] - 1) * widths.count(widths[0]) / len(widths) if widths else 0.0


def _name(delimiter: str) -> str:
    return DELIMITER_NAMES.get(delimiter, repr(delimiter))


def _escaped(delimiter: str) -> str:
    return "\\t" if delimiter == "\t" else delimiter
