"""What is read out of an Impressum; companies and numbers are invented."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.imprint import Place, Register, read_imprint, section, vat_id, vat_ids
from crawler.page import Organisation

GERMAN = """Startseite
Leistungen
Kontakt
Impressum
Angaben gemäß § 5 DDG
Birkenmoser Maschinenbau GmbH & Co. KG
Industriestraße 12a
D-70565 Stuttgart
Telefon: 0711 12345 Fax 0711 12346
E-Mail: info@birkenmoser.example
Vertreten durch die Birkenmoser Verwaltungs-GmbH, diese durch Jutta Birkenmoser
Registergericht: Amtsgericht Stuttgart, HRA 12 345
Umsatzsteuer-Identifikationsnummer gemäß § 27a UStG: DE 123 456 789
IBAN: DE12 3456 7890 1234 5678 90
Haftung für Inhalte
Als Diensteanbieter sind wir verantwortlich.
Webdesign: Agentur Blitz GmbH, 10115 Berlin"""

AUSTRIAN = """Installation Eibenhuber GmbH
Bergweg 2 | 6020 Innsbruck | +43 (0)512 12 34 56
Geschäftsführung:
Ernst Eibenhuber
UID-Nummer:
ATU12345678
Firmenbuchnummer:
123456i
Firmenbuchgericht:
Landesgericht Innsbruck"""

SWISS = """Impressum
KARTONWERK AG
Obere Halde 2
CH-5453 Remetschwil
Schweiz
Handelsregister des Kantons Aargau
UID: CHE-123.456.788 MWST
Verantwortlich für den Inhalt
Kai Muster
Geschäftsführer, KARTONWERK AG"""


def test_a_german_impressum_is_read() -> None:
    """Name, place, VAT id and register are found, and neither account numbers nor the makers of the pages."""
    imprint = read_imprint(GERMAN)
    assert imprint.names == ("Birkenmoser Maschinenbau GmbH & Co. KG", "Birkenmoser Verwaltungs-GmbH")
    assert imprint.places == (Place("70565", "Stuttgart"),)
    assert imprint.vat_ids == ("DE123456789",)
    assert imprint.registers == (Register("HRA12345", "Stuttgart"),)
    assert imprint.source == "Impressum"
    assert not [name for name in imprint.names if "Blitz" in name]


def test_an_austrian_impressum_is_read() -> None:
    """Labels on lines of their own and divided lines give name, place, UID and company register number."""
    imprint = read_imprint(AUSTRIAN)
    assert imprint.names[0] == "Installation Eibenhuber GmbH"
    assert imprint.places == (Place("6020", "Innsbruck"),)
    assert imprint.vat_ids == ("ATU12345678",)
    assert imprint.registers == (Register("FN123456I", "Innsbruck"),)


def test_a_swiss_impressum_is_read() -> None:
    """A name in capitals, a four-digit postcode with its country and the UID are found."""
    imprint = read_imprint(SWISS)
    assert imprint.names == ("KARTONWERK AG",)
    assert imprint.places == (Place("5453", "Remetschwil"),)
    assert imprint.vat_ids == ("CHE123456788",)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Impressum\nAngaben gemäß § 5 DDG\nTischlerei Weber\nHauptstr. 5\n70565 Stuttgart", "Tischlerei Weber"),
        ("Impressum\nSteuerberatung Kammerer\nHauptstr. 5\n70565 Stuttgart", "Steuerberatung Kammerer"),
        ("Anbieter: Hofbäckerei Moos, Weg 3, 01067 Dresden", "Hofbäckerei Moos"),
        ("Diensteanbieter:\nHans Ulmenhorst\nTel. 0711 1", "Hans Ulmenhorst"),
        ("© 2024 Reiher & Otter OHG. Alle Rechte vorbehalten.", "Reiher & Otter OHG"),
        ("Für Schäden haftet die Falken Handels GmbH nicht.", "Falken Handels GmbH"),
        ("Herausgeber: kiesel.works UG (haftungsbeschränkt)", "kiesel.works UG (haftungsbeschränkt)"),
        ("Flint Ges.m.b.H.\nA-6020 Innsbruck", "Flint Ges.m.b.H."),
        ("Nebel e. K., Inhaber Uwe Nebel", "Nebel e. K."),
    ],
)
def test_names_are_found_with_and_without_legal_form(text: str, name: str) -> None:
    """The one who runs the site is named first, whatever the layout."""
    assert read_imprint(text).names[0] == name


@pytest.mark.parametrize(
    "text",
    ["Tel. 0711 12345 Fax 12346 Anna", "HRB 12345 Stuttgart", "Steuernummer 12/345/67890 Finanzamt Ulm", "2024 Alle"],
)
def test_other_numbers_are_no_postcodes(text: str) -> None:
    """Telephone, register and tax numbers with a word behind them are no places."""
    assert read_imprint(text).places == ()


def test_postcode_and_city_may_stand_in_cells_of_their_own() -> None:
    """A table that puts postcode and city on two lines gives one place."""
    assert read_imprint("Otter GmbH\nWeg 1\n70565\nStuttgart").places == (Place("70565", "Stuttgart"),)


@pytest.mark.parametrize(
    ("cell", "known"),
    [
        ("DE123456789", "DE123456789"),
        ("de 123 456 789", "DE123456789"),
        ("DE-123.456.789", "DE123456789"),
        ("ATU 12345678", "ATU12345678"),
        ("CHE-123.456.788 MWST", "CHE123456788"),
        ("CHE-123.456.788 TVA", "CHE123456788"),
        ("NL123456789B01", "NL123456789B01"),
        ("USt-IdNr.: DE123456789", "DE123456789"),
        ("12/345/67890", ""),
        ("123456789", ""),
        ("UNBEKANNT123", ""),
        ("", ""),
    ],
)
def test_vat_ids_have_one_form(cell: str, known: str) -> None:
    """However it is written, a VAT id comes out in capitals and digits; a tax number is none."""
    assert vat_id(cell) == known


def test_a_vat_id_needs_no_country_behind_its_label() -> None:
    """German sites leave the country out, which the label tells."""
    assert list(vat_ids("USt-IdNr. 123456789")) == ["DE123456789"]


@pytest.mark.parametrize(
    ("text", "register"),
    [
        ("HRB 000123 beim Amtsgericht Ulm", Register("HRB123", "Ulm")),
        ("Amtsgericht Charlottenburg HRB 98765 B", Register("HRB98765B", "Charlottenburg")),
        ("HRA 4711", Register("HRA4711")),
        ("FN 123456a", Register("FN123456A")),
        ("CH-320.3.012.345-6", Register("CH32030123456")),
    ],
)
def test_register_numbers_come_with_their_court(text: str, register: Register) -> None:
    """Numbers of the German, Austrian and old Swiss registers are read, without leading zeros."""
    assert read_imprint(text).registers == (register,)


def test_what_a_page_says_of_itself_is_added() -> None:
    """JSON-LD gives name, place and VAT id where the text has none."""
    told = Organisation(name="Dachs GmbH", postcode="01067", city="Dresden", vat_id="DE 123456789")
    imprint = read_imprint("", (told,))
    assert (imprint.names, imprint.source) == (("Dachs GmbH",), "JSON-LD")
    assert (imprint.places, imprint.vat_ids) == ((Place("01067", "Dresden"),), ("DE123456789",))
    assert read_imprint(GERMAN, (told,)).names[0].startswith("Birkenmoser")


def test_sites_of_one_page_hold_their_impressum_at_the_end() -> None:
    """The part of a page under such a heading is an Impressum if an address or VAT id stands there."""
    assert section(f"Willkommen bei uns\n{SWISS}").startswith("Impressum\nKARTONWERK AG")
    assert section("Willkommen\nImpressum\nDatenschutz") == ""
    assert section("Willkommen") == ""


@given(st.text(alphabet="DEATUCH GmbHKo&.:|,-§0123456789\nÄaß", max_size=400))
def test_any_text_is_read(text: str) -> None:
    """No text breaks the reading, and VAT ids found are in the form of `vat_id`."""
    imprint = read_imprint(text)
    assert all(vat_id(found) == found for found in imprint.vat_ids)
    assert all(place.postcode.isdecimal() and place.city for place in imprint.places)


@pytest.mark.parametrize("piece", ["1 ", "GmbH & Co ", "A ", "Amtsgericht A ", "UID . ", "12345 A", "e. ", "| ", "A: "])
def test_endless_repetition_takes_no_time(piece: str) -> None:
    """Pages made to keep pattern matching busy are read in less than a second."""
    began = time.perf_counter()
    read_imprint(piece * 20_000)
    assert time.perf_counter() - began < 1
