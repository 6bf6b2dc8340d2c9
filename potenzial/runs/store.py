"""Where kept runs lie: a folder each below `runs`, which appears whole or not at all."""

import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import polars as pl

from potenzial import artifact
from potenzial.errors import RunError
from potenzial.runs.schema import KEPT, RunRecord

FOLDER: Final = "runs"
RECORD: Final = "run.json"
CUSTOMERS: Final = "customers.parquet"
#: The newest run, and the one before it.
LATEST: Final = "latest"
PREVIOUS: Final = "previous"
_ID: Final = re.compile(r"\d{8}-\d{6}(?:-\d{1,3})?")
#: Letters and digits of any language, and a few signs inside.
_NAME: Final = re.compile(r"[^\W_](?:[\w .\-]{0,58}[\w\-])?")
_MOST_BYTES: Final = 10_000_000


def every(project: Path) -> list[RunRecord]:
    """All kept runs of a project folder, the newest first; a damaged one is left out."""
    found = []
    for folder in _folders(project):
        with suppress(RunError):
            found.append(_record(folder))
    return sorted(found, key=lambda one: one.run, reverse=True)


def find(project: Path, asked: str) -> RunRecord:
    """Find a run by name, by id or the beginning of one, or as "latest" or "previous".

    Raises:
        RunError: there is no such run, several are meant, or its files are damaged.
    """
    runs = every(project)
    place = {LATEST: 0, PREVIOUS: 1}.get(asked)
    if place is not None:
        return _at(runs, place, project)
    named = [one for one in runs if asked and asked in {one.name, one.run}]
    meant = named or [one for one in runs if asked and one.run.startswith(asked)]
    if len(meant) == 1:
        return meant[0]
    if _ID.fullmatch(asked) and (project / FOLDER / asked).is_dir():
        return _record(project / FOLDER / asked)
    known = ", ".join(one.called for one in (meant or runs)[:10]) or "none yet"
    problem = "several runs begin so" if meant else "there is no such run"
    raise RunError(f"{asked!r}: {problem}. Known are: {known}. `potenzial runs list` shows them all.")


def _at(runs: Sequence[RunRecord], place: int, project: Path) -> RunRecord:
    if place < len(runs):
        return runs[place]
    needed = "a run" if place == 0 else "two runs"
    raise RunError(f"{project / FOLDER}: this takes {needed}, and {len(runs)} are kept. `potenzial run` keeps one.")


def customers(project: Path, run: str) -> pl.DataFrame:
    """Read the customers of a kept run (KEPT).

    Raises:
        RunError: its file is missing or damaged.
    """
    path = project / FOLDER / run / CUSTOMERS
    try:
        return pl.read_parquet(path, glob=False).match_to_schema(KEPT)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _damaged(path, error) from error


def history(project: Path, customer_id: str, most: int) -> list[tuple[RunRecord, dict[str, Any]]]:
    """What each of the newest runs said of one customer, the newest first; runs that did not know it are left out."""
    found: list[tuple[RunRecord, dict[str, Any]]] = []
    for record in every(project)[:most]:
        path = project / FOLDER / record.run / CUSTOMERS
        with suppress(pl.exceptions.PolarsError, OSError):
            row = pl.scan_parquet(path, glob=False).filter(pl.col("customer_id") == customer_id).collect()
            found.extend((record, one) for one in row.match_to_schema(KEPT).iter_rows(named=True))
    return found


def save(project: Path, record: RunRecord, kept: pl.DataFrame) -> None:
    """Keep a run: its files are written aside and moved into place together."""
    folder = project / FOLDER / record.run
    partial = folder.with_name(f".{record.run}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    ordered = kept.match_to_schema(KEPT).sort("customer_id")
    # Rows by id in small groups: the history of one customer reads one group of each run.
    ordered.write_parquet(partial / CUSTOMERS, row_group_size=artifact.ROWS_TOGETHER)
    artifact.write_whole(partial / RECORD, msgspec.json.format(msgspec.json.encode(record)))
    partial.rename(folder)


def rename(project: Path, run: str, name: str) -> RunRecord:
    """Give a run a name, or take it away with an empty one.

    Raises:
        RunError: the name cannot be used or another run has it.
    """
    record = find(project, run)
    if name:
        check_name(project, name, record.run)
    renamed = msgspec.structs.replace(record, name=name)
    artifact.write_whole(project / FOLDER / record.run / RECORD, msgspec.json.format(msgspec.json.encode(renamed)))
    return renamed


def check_name(project: Path, name: str, run: str = "") -> None:
    """Refuse a name that cannot be used for a run.

    Raises:
        RunError: the name has other signs, means something else, or belongs to a run other than `run`.
    """
    if not _NAME.fullmatch(name) or _ID.match(name) or name in {LATEST, PREVIOUS}:
        raise RunError(
            f"{name!r} cannot be the name of a run: it has up to 60 letters, digits, blanks, points and hyphens, "
            f"is no id of a run, and not `{LATEST}` or `{PREVIOUS}`."
        )
    taken = next((one for one in every(project) if one.name.casefold() == name.casefold() and one.run != run), None)
    if taken:
        raise RunError(f"The run of {taken.finished_at} has the name {taken.name!r} already. Choose another name.")


def delete(project: Path, run: str) -> None:
    """Delete a kept run; from the first moment on nothing of it is found any more."""
    folder = project / FOLDER / run
    gone = folder.with_name(f".{run}.partial")
    shutil.rmtree(gone, ignore_errors=True)
    folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def prune(project: Path, most: int) -> list[str]:
    """Delete the oldest runs without a name beyond the `most` newest, and what was left half done; gives their ids."""
    for left in (project / FOLDER).glob(".*.partial"):
        shutil.rmtree(left, ignore_errors=True)
    plain = [one.run for one in every(project) if not one.name]
    for run in plain[most:]:
        delete(project, run)
    return plain[most:]


def _folders(project: Path) -> list[Path]:
    return [path for path in (project / FOLDER).glob("*") if path.is_dir() and _ID.fullmatch(path.name)]


def _record(folder: Path) -> RunRecord:
    path = folder / RECORD
    try:
        with path.open("rb") as file:
            found = msgspec.json.decode(file.read(_MOST_BYTES), type=RunRecord)
    except (OSError, msgspec.MsgspecError) as error:
        raise _damaged(path, error) from error
    if found.run != folder.name:
        raise _damaged(path, "it tells of another run")
    return found


def _damaged(path: Path, why: object) -> RunError:
    return RunError(f"{path}: cannot be read as a kept run ({why}). Delete the folder {path.parent}.")
