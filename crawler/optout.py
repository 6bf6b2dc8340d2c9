"""The list of domains whose owners do not want to be visited: one a line, kept by the user."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from crawler.address import ascii_host, bare, registrable
from crawler.errors import OptOutFileError

_MAX_BYTES: Final = 64_000_000
_LONGEST_QUOTE: Final = 80


class OptOuts(msgspec.Struct, frozen=True):
    """Domains with the line that names each; a domain covers all names below it."""

    name: str = ""
    lines: Mapping[str, int] = {}

    def holds(self, site: str) -> str:
        """Return which line covers a site or host, such as "opt-out.txt, line 7: foo.de", or ""."""
        labels = site.strip(".").lower().split(".")
        names = (".".join(labels[start:]) for start in range(len(labels)))
        found = next((name for name in names if name in self.lines), "")
        return f"{self.name}, line {self.lines[found]}: {found}" if found else ""


def read_opt_outs(path: Path) -> OptOuts:
    """Read a list of domains: UTF-8, one a line, "#" starts a comment.

    A URL stands for its host, and "www.", "*." or "." before a name change nothing. Names with umlauts may be written
    as they are spoken.

    Raises:
        OptOutFileError: the file cannot be read, or a line is not one domain. Nothing is skipped silently, since each
            line is somebody's wish.
    """
    lines: dict[str, int] = {}
    for number, line in enumerate(_text(path).split("\n"), start=1):
        entry = line.partition("#")[0].strip()
        if not entry:
            continue
        try:
            lines.setdefault(_domain(entry), number)
        except ValueError as error:
            raise OptOutFileError(f'{path}, line {number}: "{entry[:_LONGEST_QUOTE]}" {error}') from error
    return OptOuts(path.name, lines)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise OptOutFileError(f"{path}: cannot be read ({error.strerror}). Mend `opt_out_file`.") from error
    if len(content) > _MAX_BYTES:
        raise OptOutFileError(f"{path}: longer than {_MAX_BYTES:,} bytes; this is no list of domains.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise OptOutFileError(f"{path}, line {line}: is not UTF-8. Save the file as UTF-8 text.") from error


def _domain(entry: str) -> str:
    """Return the domain that an entry names; ValueError says what is wrong with it."""
    if len(entry.split()) > 1 or "," in entry or ";" in entry:
        raise ValueError("is more than one word. Write one domain a line.")
    host = _host(entry)
    if "@" in host:
        raise ValueError("is an e-mail address. Write the domain alone.")
    name = ascii_host(bare(host.removeprefix("*").strip(".").lower()))
    if not name or "." not in name:
        raise ValueError("is no domain. Write it as in foo.de.")
    return _of_one_owner(name)


def _host(entry: str) -> str:
    """Return the host of a URL or of a name with something behind it; with its user part, if it has one."""
    try:
        split = urlsplit(entry if "://" in entry else f"//{entry}")
    except ValueError as error:
        raise ValueError("is no domain. Write it as in foo.de.") from error
    return split.netloc.rpartition(":")[0] if split.netloc.rpartition(":")[2].isdigit() else split.netloc


def _of_one_owner(name: str) -> str:
    """Refuse names that many owners share: one line must not shut out a whole country."""
    # Whatever stands in front of a domain that somebody can register leads back to that domain.
    if registrable(name) == name != registrable(f"x.{name}"):
        raise ValueError("is no domain that one owner holds. Write it as in foo.de.")
    return name
