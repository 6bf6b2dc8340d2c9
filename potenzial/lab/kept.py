"""The last comparison as a file, for whoever shows it later: figures with intervals, and where its vectors lie."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from potenzial.artifact import write_whole
from potenzial.errors import ArtifactError
from potenzial.lab.board import values
from potenzial.lab.comparison import Comparison, Entry
from potenzial.lab.vectors import Vectors

#: Name of the file among the results.
NAME: Final = "compare.json"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of one contestant with its 95 % interval, and the difference from the reference with its own."""

    place: int
    config: str
    control: bool
    measure: str
    verdict: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """What a contestant costs; None where not measured."""

    config: str
    texts_per_second: float | None = None
    memory_mb: float | None = None
    vectors_mb: float | None = None
    companies: int = 0


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A configuration that took part: its name, model, and the folder of its vectors below the data folder."""

    name: str
    model: str
    folder: str


class KeptComparison(msgspec.Struct, frozen=True, kw_only=True):
    """The last comparison of a project."""

    finished_at: str
    reference: str
    ranked_by: str
    customers: int
    active: int
    leaderboard: tuple[Line, ...]
    costs: tuple[Costs, ...]
    configs: tuple[Compared, ...]


def keep(result: Comparison, field: Sequence[Entry], vectors: Vectors, out: Path) -> None:
    """Write a comparison so that `kept` can read it."""
    configs = [
        {"name": entry.name, "model": entry.config.embedding.model, "folder": _folder(vectors, entry)}
        for entry in field
    ]
    finished = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    content = {**values(result), "finished_at": finished, "configs": configs}
    write_whole(out / NAME, msgspec.json.format(msgspec.json.encode(content)) + b"\n")


def _folder(vectors: Vectors, entry: Entry) -> str:
    folder = vectors.folder(entry.config.embedding)
    return folder.relative_to(folder.parent.parent).as_posix()


def kept(out: Path) -> KeptComparison | None:
    """Read the last comparison; None if there is none.

    Raises:
        ArtifactError: the file is damaged.
    """
    path = out / NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=KeptComparison)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise ArtifactError(
            f"{path}: cannot be read ({error}). Run `potenzial compare` again: it is made anew."
        ) from error
