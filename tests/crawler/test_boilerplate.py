"""What the pages of a site share is told once."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.boilerplate import without_shared


def test_shared_lines_stay_on_the_first_page_that_has_them() -> None:
    """Slogans and contact boxes that most pages carry stay on one page, and what pages say themselves stays on each."""
    pages = [
        "Huber Drehteile\nWillkommen\nRufen Sie uns an",
        "Huber  drehteile\nWir fräsen\nRufen Sie uns an",
        "Seit 1987\nHuber Drehteile\nÖffnungszeiten",
        "Huber Drehteile\nAnfahrt\nRufen Sie uns an\nÖffnungszeiten",
    ]
    assert without_shared(pages) == [
        "Huber Drehteile\nWillkommen\nRufen Sie uns an",
        "Wir fräsen",
        "Seit 1987\nÖffnungszeiten",
        "Anfahrt\nÖffnungszeiten",
    ]


@pytest.mark.parametrize("pages", [[], ["a"], ["a\nb", "a\nc"], ["a", "a", "b", "c", "d", "e"]])
def test_few_pages_and_rare_lines_are_left_as_they_are(pages: list[str]) -> None:
    """Two pages or a third of them show no boilerplate."""
    assert without_shared(pages) == pages


def test_no_page_is_emptied() -> None:
    """A page of nothing but shared lines keeps its text."""
    assert without_shared(["a\nb", "a\nb", "b\na", "c"]) == ["a\nb", "a\nb", "b\na", "c"]


@given(st.lists(st.text(alphabet="ab \n", max_size=12), max_size=6))
def test_nothing_is_lost_or_moved(pages: list[str]) -> None:
    """Pages keep their lines in order, every line stays somewhere, and a second time changes nothing."""
    found = without_shared(pages)
    assert len(found) == len(pages)
    for before, after in zip(pages, found, strict=True):
        left = iter(before.split("\n"))
        assert all(line in left for line in after.split("\n"))
        assert bool(before.strip()) == bool(after.strip())
    kinds = [
        {" ".join(line.split()) for page in side for line in page.split("\n") if line.strip()}
        for side in (pages, found)
    ]
    assert kinds[0] == kinds[1]
    assert without_shared(pages) == found


def test_large_sites_take_little_time() -> None:
    """Five full pages of 50,000 characters take a small part of the time that fetching them takes."""
    pages = [
        "\n".join(f"Zeile {number} der Seite {page} mit etwas Text" for number in range(1_300)) for page in range(5)
    ]
    began = time.process_time()
    without_shared(pages)
    assert time.process_time() - began < 1.0
