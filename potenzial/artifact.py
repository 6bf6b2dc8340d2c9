"""What stages leave behind: Parquet files that are made once for the same inputs.

A stage's record (`NAME.stage.json`) is written after its files; a process killed in between finds no valid record and
makes the files again. Digests are of the files' contents, so a stage whose result did not change keeps all later ones.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from potenzial.errors import ArtifactError

Frames = Mapping[str, pl.DataFrame]

#: Rows that are packed together, hence read together where only the texts of a few companies are wanted.
ROWS_TOGETHER: Final = 8_192


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a finished stage: its key, and digest and size of each of its files."""

    stage: str
    key: str
    digests: dict[str, str]
    sizes: dict[str, int]
    rows: dict[str, int]
    seconds: float
    finished_at: str


@dataclass(frozen=True)
class Stage:
    """A stage's name, the folder of its record, and its files by table name."""

    name: str
    folder: Path
    files: Mapping[str, Path]

    @property
    def record_path(self) -> Path:
        """Where the record of this stage lies."""
        return self.folder / f"{self.name}.stage.json"


def key_of(name: str, version: int, config: object, inputs: Mapping[str, str]) -> str:
    """Hash a stage's name, version, configuration and the digests of its inputs."""
    described = {"stage": name, "version": version, "config": msgspec.to_builtins(config), "inputs": dict(inputs)}
    return hashlib.sha256(json.dumps(described, sort_keys=True, default=str).encode()).hexdigest()


def record(stage: Stage) -> Record | None:
    """Read the record of a stage; None when it never finished or a file of it is missing or of another size."""
    try:
        found = msgspec.json.decode(stage.record_path.read_bytes(), type=Record)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    return found if _intact(stage, found) else None


def fresh(stage: Stage, key: str) -> Record | None:
    """Read the record of a stage if its files are there and were made for this key."""
    known = record(stage)
    return known if known is not None and known.key == key else None


def make(stage: Stage, key: str, build: Callable[[], Frames]) -> Record:
    """Make a stage's files, whether or not they are there; each appears whole or not at all."""
    started = time.perf_counter()
    frames = build()
    stage.folder.mkdir(parents=True, exist_ok=True)
    stage.record_path.unlink(missing_ok=True)
    digests = {name: _write(frames[name], path) for name, path in stage.files.items()}
    new = Record(
        stage=stage.name,
        key=key,
        digests=digests,
        sizes={name: path.stat().st_size for name, path in stage.files.items()},
        rows={name: frames[name].height for name in stage.files},
        seconds=time.perf_counter() - started,
        finished_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    )
    write_whole(stage.record_path, msgspec.json.format(msgspec.json.encode(new)))
    return new


def read(path: Path, schema: pl.Schema | None = None) -> pl.DataFrame:
    """Read a stage's file and check its columns.

    Raises:
        ArtifactError: the file is damaged or has other columns.
    """
    try:
        # Without glob: a project may lie in a folder such as "Stock [2026]".
        frame = pl.read_parquet(path, glob=False)
        return frame if schema is None else frame.match_to_schema(schema)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ArtifactError(
            f"{path}: cannot be read as a stage's file ({error}). Delete it and run `potenzial run`: it is made again."
        ) from error


def read_columns(path: Path, schema: pl.Schema, columns: Sequence[str]) -> pl.DataFrame:
    """Read some columns of a stage's file and check them; raises as `read`."""
    try:
        frame = pl.read_parquet(path, columns=list(columns), glob=False)
        return frame.match_to_schema({name: schema[name] for name in columns})
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ArtifactError(
            f"{path}: cannot be read as a stage's file ({error}). Delete it and run `potenzial run`: it is made again."
        ) from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _write(frame: pl.DataFrame, path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    frame.write_parquet(partial, row_group_size=ROWS_TOGETHER)
    digest = file_digest(partial)
    partial.replace(path)
    return digest


def file_digest(path: Path) -> str:
    """Hash a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]


def _intact(stage: Stage, found: Record) -> bool:
    return all(path.is_file() and path.stat().st_size == found.sizes.get(name) for name, path in stage.files.items())
