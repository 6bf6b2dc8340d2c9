"""Industry cells become paths in the hierarchy, in whatever way a code was written."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.industry import LEVELS, read_industries


@pytest.mark.parametrize(
    "cell",
    ["25.62", "25.62.0", "C25.62", "C 25.62", "WZ 25620", "WZ 2008: 25.62", "2562", "25,62", "25.62 Mechanik", "c2562"],
)
def test_spellings_of_one_code_are_one_industry(cell: str) -> None:
    """Every usual spelling of a class leads to the same path and a title."""
    industries = read_industries(["25.62", "25.61", "28.11", cell])
    assert industries.levels[3].tolist() == industries.levels[0].tolist()
    assert industries.titles[3] is not None
    assert (industries.levels[0] >= 0).all()


def test_levels_are_shared_by_relatives() -> None:
    """Two classes of one group share section, division and group, and differ in the class."""
    levels = read_industries(["25.61", "25.62", "25.11", "46.90"]).levels
    assert (levels[0] == levels[1]).tolist() == [True, True, True, False]
    assert (levels[0] == levels[2]).tolist() == [True, True, False, False]
    assert not (levels[0] == levels[3]).any()


@pytest.mark.parametrize("cell", ["1.11", "111", "1110", "01.11"])
def test_dropped_leading_zeros_come_back(cell: str) -> None:
    """A code that a spreadsheet took for a number is still agriculture."""
    industries = read_industries([cell, "01.13", "25.62"])
    assert industries.titles_en[0] == "Agriculture and hunting (01.11)" or cell == "1110"
    assert (industries.levels[0] == industries.levels[1]).tolist()[:2] == [True, True]


def test_version_is_the_one_with_more_known_codes() -> None:
    """A stock with codes that only WZ 2025 has is read as WZ 2025, one of WZ 2008 as WZ 2008."""
    assert read_industries(["45.20", "25.62", "28.11"]).version == "WZ 2008"
    assert read_industries(["82.40", "25.62", "28.11"]).version == "WZ 2025"
    assert read_industries(["45.20", "WZ 2025: 25.62", "28.11"]).version == "WZ 2025"
    titles = [read_industries(["25.62", other]).titles[0] for other in ("45.20", "82.40")]
    assert titles[0] != titles[1]


def test_free_text_is_normalised_and_keeps_its_words() -> None:
    """Case and spaces make no new industry, and the label is what the user wrote most often."""
    industries = read_industries(["IT Services", " it  services", "IT Services", "Retail", None, "  "])
    assert industries.levels[:3, 0].tolist() == [industries.levels[0, 0]] * 3
    assert industries.titles == ("IT Services", "IT Services", "IT Services", "Retail", None, None)
    assert industries.titles_en[3] == "Retail"
    assert industries.known.tolist() == [True, True, True, True, False, False]
    assert (industries.levels[:, 1:] == -1).all()
    assert industries.version == ""


def test_own_numbering_is_no_classification() -> None:
    """Numbers that mostly are no codes stay the user's own keys, even where one happens to exist."""
    industries = read_industries(["101", "204", "305", "25", "777", "888"])
    assert industries.version == ""
    assert industries.titles[3] == "25"


def test_text_that_starts_with_a_number_is_text() -> None:
    """A text such as "24 hour service" is not the metal industry."""
    industries = read_industries(["24 Stunden Pflege", "25.62", "28.11"])
    assert industries.titles[0] == "24 Stunden Pflege"


def test_titles_in_both_languages() -> None:
    """A section has its own titles, a class the German one of the standard and an English one with its code."""
    industries = read_industries(["C", "25.62", "01.11"])
    assert industries.titles[0] == "Verarbeitendes Gewerbe"
    assert industries.titles_en[:2] == ("Manufacturing", "Metal products (25.62)")


@given(st.lists(st.one_of(st.none(), st.text(max_size=12), st.from_regex(r"[A-U]?\d{1,2}\.?\d{0,3}", fullmatch=True))))
def test_any_cells_can_be_read(cells: list[str | None]) -> None:
    """Whatever stands in the cells, each row gets a path without gaps and both titles or none."""
    industries = read_industries(cells)
    assert industries.levels.shape == (len(cells), LEVELS)
    for path, title, english in zip(industries.levels, industries.titles, industries.titles_en, strict=True):
        assert (np.diff((path >= 0).astype(int)) <= 0).all()
        assert (path[0] >= 0) == (title is not None) == (english is not None)
