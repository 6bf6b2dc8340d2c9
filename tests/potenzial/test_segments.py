from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from potenzial import segments
from potenzial.errors import SegmentError


def test_a_segment_comes_back(tmp_path: Path) -> None:
    """A kept list has its customers in their order, each once, and who made it."""
    segments.save(tmp_path, segments.segment("Süd 1", ["b", "a", "b"], "Meyer", "Meyer"))
    found = segments.read(tmp_path, "Süd 1")
    assert (found.ids, found.made_by, found.owner) == (("b", "a"), "Meyer", "Meyer")
    assert segments.names(tmp_path) == ["Süd 1"]


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    """A list is never overwritten, nor one whose name differs in capitals only."""
    segments.save(tmp_path, segments.segment("Messe", ["a"], "x"))
    with pytest.raises(SegmentError, match="already"):
        segments.save(tmp_path, segments.segment("messe", ["b"], "x"))
    assert segments.read(tmp_path, "Messe").ids == ("a",)


@pytest.mark.parametrize("name", ["", " ", "../x", "a/b", "a\\b", ".hidden", "x" * 61, "a.", "nul\0", "a\n", "-a"])
def test_names_that_are_no_file_names_are_refused(tmp_path: Path, name: str) -> None:
    """A name cannot lead out of the folder or be none on some system."""
    for attempt in (lambda: segments.segment(name, ["a"], "x"), lambda: segments.read(tmp_path, name)):
        with pytest.raises(SegmentError, match="60 letters"):
            attempt()


@given(st.text(max_size=70))
def test_a_name_that_is_taken_stays_inside_the_folder(name: str) -> None:
    """Whatever the name, its file lies directly below the folder of segments."""
    folder = Path("project")
    try:
        segments.segment(name, ["a"], "x")
    except SegmentError:
        return
    assert (folder / segments.FOLDER / f"{name}.json").resolve().parent == (folder / segments.FOLDER).resolve()


def test_what_is_missing_or_damaged_says_so(tmp_path: Path) -> None:
    """An unknown list names the known ones, a damaged file itself."""
    segments.save(tmp_path, segments.segment("Messe", ["a"], "x"))
    with pytest.raises(SegmentError, match="Messe"):
        segments.read(tmp_path, "Mese")
    (tmp_path / segments.FOLDER / "kaputt.json").write_text("{", "utf-8")
    with pytest.raises(SegmentError, match="cannot be read"):
        segments.read(tmp_path, "kaputt")
    with pytest.raises(SegmentError, match="no use"):
        segments.segment("leer", [], "x")
