import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.company_names import Likeness, likeness, plain, words


def compared(name: str, other: str, city: str = "") -> Likeness:
    """Compare two names of companies in a city."""
    return likeness(words(name, city), words(other, city))


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Müller & Söhne GmbH", "Mueller und Soehne GmbH & Co. KG"),
        ("Installation Kircher Ernst GmbH", "Kircher Ernst GmbH"),
        ("LuGa Tech", "LuGa-Tech GmbH"),
        ("Metall Bau Huber", "Metallbau Huber e. K."),
        ("Gebr. Schmid Masch.bau", "Gebrüder Schmid Maschinenbau GmbH"),
        ("Fa. Hans Otter", "H. Otter e. K."),
        ("Otter, Hans", "Hans Otter, Dipl.-Ing."),
        ("Muller Werkzeuge AG", "Müller Werkzeuge"),
        ("Metallbau GmbH", "Metallbau AG"),
        ("Foo Sàrl", "S.à r.l. Foo"),
        ("ÉCLAIR S.A.", "Eclair SA"),
    ],
)
def test_ways_of_writing_one_name(name: str, other: str) -> None:
    """Legal forms, umlauts, order, abbreviations and small slips make no other company."""
    assert compared(name, other) == Likeness.SAME == compared(other, name)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Otter", "Autohaus Otter Vertriebs GmbH"),
        ("BMW AG", "Bayerische Motoren Werke Aktiengesellschaft"),
        ("Reiher Gruppe", "Reiher"),
    ],
)
def test_names_that_hold_each_other(name: str, other: str) -> None:
    """A short name may be that of the company with the longer one."""
    assert compared(name, other) == Likeness.LIKE


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Otter AG", "Reiher KG"),
        ("Elektro Otter", "Elektro Reiher"),
        ("Otter Metallbau GmbH", "Metallbau GmbH"),
        ("GmbH", "Otter GmbH"),
        ("", "Otter GmbH"),
        ("Elektrotechnik Stuttgart", "Malerei Stuttgart"),
    ],
)
def test_other_companies(name: str, other: str) -> None:
    """Words of the trade and legal forms in common make no likeness."""
    assert compared(name, other, "Stuttgart") == Likeness.DIFFERENT


def test_a_shared_family_name_is_unclear() -> None:
    """Two trades under one family name may be one company or two."""
    assert compared("Otter Metallbau", "Otter Stahlhandel GmbH") == Likeness.UNCLEAR


@given(st.text(max_size=60), st.text(max_size=60))
def test_comparison_has_no_direction(name: str, other: str) -> None:
    """Any two texts can be compared, the result is the same both ways, and a name is the same as itself."""
    assert compared(name, other) == compared(other, name)
    assert not words(name) or compared(name, name) == Likeness.SAME


@given(st.text(max_size=60))
def test_plain_text_is_letters_digits_and_single_blanks(text: str) -> None:
    """The plain form is stable: taken twice it is the same."""
    assert plain(plain(text)) == plain(text)
    assert set(plain(text)) <= set("abcdefghijklmnopqrstuvwxyz0123456789 ")
