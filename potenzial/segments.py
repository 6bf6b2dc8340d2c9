"""Named lists of customers that people keep in the project, one file each below `segments`."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from potenzial.artifact import write_whole
from potenzial.errors import SegmentError

#: Folder of the lists in the project folder.
FOLDER: Final = "segments"
#: Letters and digits of any language, and a few signs inside: a name is a file's name on every system.
_NAME: Final = re.compile(r"[^\W_](?:[\w \-]{0,58}[\w\-])?")
_MOST_BYTES: Final = 200_000_000
#: Lists of one project.
_MOST: Final = 1_000


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A named list: ids in their order, who made it and when (UTC), and the address that it was made from.

    `owner` is the territory of whoever made it, None for one who sees all customers.
    """

    name: str
    ids: tuple[str, ...]
    made_by: str
    made_at: str
    owner: str | None = None
    origin: str = ""


def segment(name: str, ids: Sequence[str], made_by: str, owner: str | None = None, origin: str = "") -> Segment:
    """Make a list of now; ids that come twice are kept once.

    Raises:
        SegmentError: the name cannot be used, or nobody is in the list.
    """
    kept = tuple(dict.fromkeys(ids))
    if not kept:
        raise SegmentError(f"{name}: a segment without customers would be of no use.")
    now = datetime.now(tz=UTC).isoformat(timespec="seconds")
    return Segment(name=_checked(name), ids=kept, made_by=made_by, made_at=now, owner=owner, origin=origin)


def save(folder: Path, made: Segment) -> Path:
    """Keep a list in the project; it appears whole or not at all.

    Raises:
        SegmentError: another list has that name, or there are too many.
    """
    path = _path(folder, made.name)
    taken = {name.casefold() for name in names(folder)}
    if made.name.casefold() in taken:
        raise SegmentError(f"There is a segment `{made.name}` already. Choose another name.")
    if len(taken) >= _MOST:
        raise SegmentError(f"{folder / FOLDER}: {_MOST:,} segments are kept at most. Delete files there.")
    write_whole(path, msgspec.json.encode(made))
    return path


def read(folder: Path, name: str) -> Segment:
    """Read a list of the project.

    Raises:
        SegmentError: there is no such list, or its file is damaged.
    """
    path = _path(folder, name)
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_MOST_BYTES), type=Segment)
    except FileNotFoundError as error:
        known = ", ".join(names(folder)[:10]) or "none yet"
        raise SegmentError(f"There is no segment `{name}`. Known are: {known}.") from error
    except (OSError, msgspec.MsgspecError) as error:
        raise SegmentError(f"{path}: cannot be read as a segment ({error}). Delete it and save it anew.") from error


def every(folder: Path) -> list[Segment]:
    """All lists of the project, the newest first; a damaged one is left out."""
    found = []
    for name in names(folder):
        with suppress(SegmentError):
            found.append(read(folder, name))
    return sorted(found, key=lambda one: one.made_at, reverse=True)


def names(folder: Path) -> list[str]:
    """The names of all lists, sorted."""
    return sorted(path.stem for path in (folder / FOLDER).glob("*.json") if _NAME.fullmatch(path.stem))


def _path(folder: Path, name: str) -> Path:
    return folder / FOLDER / f"{_checked(name)}.json"


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise SegmentError(
            "The name of a segment has up to 60 letters, digits, blanks and hyphens, and no other signs."
        )
    return name
