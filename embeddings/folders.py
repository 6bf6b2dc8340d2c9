"""Folders of models that are made once, checked by digest, and put in their place in one step."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

IsIntact = Callable[[Path], bool]


def digest(path: Path) -> str:
    """Give the SHA-256 of a file in hexadecimal digits; raises OSError if it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def agrees(folder: Path, digests: Mapping[str, str]) -> bool:
    """Say whether every named file of a folder has its digest; raises OSError if one cannot be read."""
    return all(digest(folder / name) == expected for name, expected in digests.items())


def make(folder: Path, is_intact: IsIntact, fill: Callable[[Path], None]) -> None:
    """Have `fill` write into an empty folder and put that in the place of `folder`, which is missing or damaged.

    Raises OSError if the folder above cannot be written, and what `fill` raises; then nothing stays behind.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=folder.parent, ignore_cleanup_errors=True) as scratch:
        made = Path(scratch) / "model"
        made.mkdir()
        fill(made)
        _move(made, folder, is_intact)


def _move(made: Path, folder: Path, is_intact: IsIntact) -> None:
    """Replace a damaged folder; another process may have been faster, then its folder stays."""
    if folder.exists() and not is_intact(folder):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        made.rename(folder)
    except OSError:
        if not is_intact(folder):
            raise
