from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from potenzial import artifact
from potenzial.artifact import Frames, Record, Stage, key_of
from potenzial.errors import ArtifactError

FRAME = pl.DataFrame({"customer_id": ["a", "b"], "revenue": [1.0, 2.5]})


def _stage(folder: Path) -> Stage:
    return Stage("import", folder, {"customers": folder / "customers.parquet"})


def _made(stage: Stage, key: str, build: Callable[[], Frames]) -> Record:
    return artifact.fresh(stage, key) or artifact.make(stage, key, build)


def test_a_stage_is_built_once_for_the_same_key(tmp_path: Path) -> None:
    """A second request with the same key does not build again."""
    built: list[int] = []

    def build() -> dict[str, pl.DataFrame]:
        built.append(1)
        return {"customers": FRAME}

    first = _made(_stage(tmp_path), "key", build)
    second = _made(_stage(tmp_path), "key", build)
    assert (len(built), first) == (1, second)


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    """Brackets and asterisks in a path are no patterns."""
    folder = tmp_path / "Stock [2026] *"
    artifact.make(_stage(folder), "key", lambda: {"customers": FRAME})
    assert artifact.read(folder / "customers.parquet").equals(FRAME)


def test_another_key_builds_again_and_equal_content_keeps_its_digest(tmp_path: Path) -> None:
    """A stage made again with the same content has the same digest, so later stages stay fresh."""
    first = _made(_stage(tmp_path), "one", lambda: {"customers": FRAME})
    second = _made(_stage(tmp_path), "two", lambda: {"customers": FRAME})
    assert (second.key, second.digests) == ("two", first.digests)


def test_a_changed_file_is_not_taken_for_a_finished_stage(tmp_path: Path) -> None:
    """A file whose size no longer agrees with the record is made again."""
    stage = _stage(tmp_path)
    _made(stage, "key", lambda: {"customers": FRAME})
    (tmp_path / "customers.parquet").write_bytes(b"half a fi")
    assert artifact.record(stage) is None


def test_an_interrupted_build_leaves_the_former_result_out_of_the_way(tmp_path: Path) -> None:
    """A build that dies leaves no record of success for the new key."""

    def die() -> dict[str, pl.DataFrame]:
        raise KeyboardInterrupt

    stage = _stage(tmp_path)
    _made(stage, "one", lambda: {"customers": FRAME})
    with pytest.raises(KeyboardInterrupt):
        _made(stage, "two", die)
    known = artifact.record(stage)
    assert known is not None
    assert known.key == "one"


def test_a_damaged_record_counts_as_none(tmp_path: Path) -> None:
    """A record cut off in the middle is no record."""
    stage = _stage(tmp_path)
    _made(stage, "key", lambda: {"customers": FRAME})
    stage.record_path.write_text('{"stage": "imp', encoding="utf-8")
    assert artifact.record(stage) is None


def test_a_damaged_table_names_the_file_and_the_next_step(tmp_path: Path) -> None:
    """Reading a damaged stage file says which file and what to do."""
    path = tmp_path / "customers.parquet"
    path.write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(ArtifactError, match=r"customers\.parquet.*potenzial run"):
        artifact.read(path)


def test_a_table_with_other_columns_is_refused(tmp_path: Path) -> None:
    """A stage file must have the columns of its schema."""
    path = tmp_path / "customers.parquet"
    FRAME.write_parquet(path)
    with pytest.raises(ArtifactError, match="headcount"):
        artifact.read(path, pl.Schema({"customer_id": pl.String(), "headcount": pl.Float64()}))


@pytest.mark.parametrize(
    "changed",
    [("other", 1, {"a": 1}, {}), ("s", 2, {"a": 1}, {}), ("s", 1, {"a": 2}, {}), ("s", 1, {"a": 1}, {"x": "y"})],
)
def test_the_key_changes_with_each_of_its_parts(changed: tuple[str, int, dict[str, int], dict[str, str]]) -> None:
    """Name, version, configuration and inputs each change the key."""
    assert key_of("s", 1, {"a": 1}, {}) != key_of(*changed)


def test_whole_files_leave_no_partial_behind(tmp_path: Path) -> None:
    """A file written whole replaces the former one and leaves nothing else."""
    path = tmp_path / "out" / "report.html"
    artifact.write_whole(path, b"old")
    artifact.write_whole(path, b"new")
    assert [p.name for p in path.parent.iterdir()] == ["report.html"]
    assert path.read_bytes() == b"new"
