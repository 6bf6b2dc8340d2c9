"""Whose website it is; companies and numbers are invented."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.extract import extract
from crawler.imprint import Imprint, read_imprint
from crawler.ownership import Address, Ownership, SitePage, judge_ownership, match, site_imprint
from crawler.page import Job, Organisation
from crawler.schema import ADDRESSES, ORGANISATIONS, OWNERSHIP, PAGES

IMPRESSUM = """Impressum
Birkenmoser Maschinenbau GmbH
Industriestraße 12
70565 Stuttgart
Amtsgericht Stuttgart HRB 12345
USt-IdNr. DE123456789"""
SITE = "birkenmoser.example"
REAL = Path(__file__).parents[2].parent / "shared" / "data" / "sites"


def judged(text: str = IMPRESSUM, other: str = "", site: str = SITE, **address: str | bool) -> tuple[str, str]:
    """Hold an Impressum against an address; give the judgement and its evidence."""
    known = {"name": "Birkenmoser Maschinenbau", **address}
    found = match(Address(**known), read_imprint(text), site, other)  # type: ignore[arg-type] # texts and one flag
    return found.ownership.value, found.evidence.en


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ({"postcode": "70565"}, "the postcode agrees"),
        ({"postcode": "D-70565"}, "the postcode agrees"),
        ({"city": "Stuttgart-Vaihingen"}, "the city agrees"),
        ({"postcode": "70003", "city": "Stuttgart"}, "the city agrees"),
        ({}, "the name agrees"),
        ({"name": "Müller KG", "vat_id": "DE 123 456 789"}, "VAT id DE123456789 as in the address file"),
        ({"name": "Müller KG", "register_number": "HRB 12345"}, "register number HRB12345"),
        ({"name": "Müller KG", "register_number": "12345"}, "register number HRB12345"),
        ({"name": "Birkenmoser", "postcode": "70565"}, "agrees in part, the postcode agrees"),
        ({"postcode": "70565", "vat_id": "ATU12345678"}, "the postcode agrees"),
    ],
)
def test_own(address: dict[str, str], words: str) -> None:
    """Name and place together, or a number that only one company has, make a site the company's own."""
    ownership, evidence = judged(**address)
    assert ownership == "own"
    assert evidence.startswith('Impressum names "Birkenmoser Maschinenbau GmbH", 70565 Stuttgart; ')
    assert words in evidence


@pytest.mark.parametrize(
    "address",
    [
        {"name": "Müller KG", "postcode": "01067", "city": "Dresden"},
        {"name": "Müller Maschinenbau GmbH", "city": "Dresden"},
        {"postcode": "01067", "vat_id": "DE999999999"},
        {"name": "Müller KG", "postcode": "70565", "vat_id": "DE999999999"},
    ],
)
def test_foreign(address: dict[str, str]) -> None:
    """Another name at another place, or another VAT id, is somebody else."""
    assert judged(**address)[0] == "foreign"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ({"name": "Müller KG", "postcode": "70565"}, "the name is another one, the postcode agrees"),
        ({"name": "Müller KG"}, "the name is another one, no place is known"),
        ({"postcode": "01067", "city": "Dresden"}, "the name agrees, but the place is another one"),
        ({"name": "Birkenmoser", "postcode": "70003", "city": "Stuttgart"}, "agrees in part"),
        ({"name": "Birkenmoser"}, "agrees in part, but no place is known"),
        ({"name": "Birkenmoser Holzhandel", "postcode": "01067"}, "shares a word"),
        ({"postcode": "70565", "vat_id": "DE999999999"}, "DE123456789, but DE999999999 in the address file"),
        ({"name": "Müller KG", "register_number": "Amtsgericht Ulm, HRB 12345"}, "the name is another one"),
    ],
)
def test_doubtful(address: dict[str, str], words: str) -> None:
    """One sign alone proves nothing, and neither does its absence."""
    ownership, evidence = judged(**address)
    assert ownership == "doubtful"
    assert words in evidence


def test_a_branch_named_on_another_page_is_enough_for_a_like_name() -> None:
    """The Impressum names the head office; the contact page lists the company's own address."""
    branch = "Niederlassung Sachsen: Birkenmoser Maschinenbau GmbH, Weg 1, 01067 Dresden"
    assert judged(other=branch, postcode="01067", city="Dresden")[0] == "own"
    assert judged(other=branch, postcode="01067", city="Dresden", guessed=True)[0] == "doubtful"


def test_a_company_that_others_mention_does_not_own_their_site() -> None:
    """Name and address in a list of partners raise a doubt, and no more than that."""
    partners = "Unsere Partner: Müller KG, Weg 1, 01067 Dresden"
    assert judged(other=partners, name="Müller KG", postcode="01067")[0] == "doubtful"
    assert judged(text="", other=partners, name="Müller KG", postcode="01067", site="otter.example")[0] == "doubtful"


def test_without_an_impressum_the_domain_has_to_sound_like_the_name() -> None:
    """Name and address on a page of a domain of that name are taken as own; without them there is a doubt."""
    contact = "So erreichen Sie uns: Birkenmoser Maschinenbau, Weg 1, 70565 Stuttgart"
    assert judged(text="", other=contact, postcode="70565")[0] == "own"
    assert judged(text="", postcode="70565") == ("doubtful", "no Impressum was found")
    assert judged(text="Impressum", other=contact, postcode="70565", guessed=True)[0] == "doubtful"


@pytest.mark.parametrize(
    ("address", "ownership"),
    [
        ({"postcode": "70565"}, "own"),
        ({"vat_id": "DE123456789"}, "own"),
        ({"city": "Stuttgart"}, "own"),
        ({"postcode": "70199", "city": "Stuttgart"}, "doubtful"),
        ({}, "doubtful"),
    ],
)
def test_guessed_sites_need_more(address: dict[str, str], ownership: str) -> None:
    """For a site that was found by the name, name and city are not enough where the postcodes differ."""
    assert judged(guessed=True, **address)[0] == ownership


def test_what_is_said_in_json_ld_can_prove_but_not_refute() -> None:
    """JSON-LD of another company may be that of the agency that made the pages."""
    told = read_imprint("", (Organisation(name="Otter AG", postcode="01067", city="Dresden"),))
    assert match(Address(name="Otter", postcode="01067"), told, SITE, "").ownership is Ownership.OWN
    assert match(Address(name="Reiher KG", postcode="70565"), told, SITE, "").ownership is Ownership.DOUBTFUL


def test_the_contact_page_stands_in_for_the_impressum() -> None:
    """A site without Impressum, as in Switzerland, is told by its contact page; one page alone by its end."""
    contact = SitePage("contact", "Kontakt\nOtter AG\nWeg 1\nCH-5453 Remetschwil")
    assert site_imprint([SitePage("home", "Willkommen"), contact], []).source == "contact page"
    alone = SitePage("home", f"Willkommen bei uns\n{IMPRESSUM}")
    assert site_imprint([alone], []).names == ("Birkenmoser Maschinenbau GmbH",)
    assert site_imprint([SitePage("home", "Willkommen")], []) == Imprint()


def test_every_address_of_a_judged_site_gets_its_row() -> None:
    """Several addresses may name one site; sites without pages are not judged."""
    rows = [
        {"id": "2", "site": SITE, "name": "Müller KG", "postcode": "01067", "guessed": False},
        {"id": "1", "site": SITE, "name": "Birkenmoser Maschinenbau", "postcode": "70565", "guessed": True},
        {"id": "3", "site": "dead.example", "name": "Otter", "guessed": False},
    ]
    pages = [{"site": SITE, "url": f"https://{SITE}/impressum", "kind": "impressum", "text": IMPRESSUM}]
    found = judge_ownership(
        pl.DataFrame(rows, schema=ADDRESSES), pl.DataFrame(pages, schema=PAGES), ORGANISATIONS.to_frame()
    )
    assert found.schema == OWNERSHIP
    assert found.select("id", "ownership", "guessed").rows() == [("1", "own", True), ("2", "foreign", False)]


def test_organisations_are_judged_with_their_site() -> None:
    """What pages say in JSON-LD reaches the judgement of the site it was found on."""
    address = pl.DataFrame([{"id": "1", "site": SITE, "name": "Otter", "postcode": "01067"}], schema=ADDRESSES)
    page = pl.DataFrame([{"site": SITE, "url": "u", "kind": "home", "text": "Hallo"}], schema=PAGES)
    told = pl.DataFrame([{"site": SITE, "name": "Otter GmbH", "postcode": "01067"}], schema=ORGANISATIONS)
    assert judge_ownership(address, page, told)["ownership"].to_list() == ["own"]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ({"postcode": "70565"}, "Name stimmt überein, PLZ stimmt überein"),
        ({"vat_id": "DE999999999"}, "USt-IdNr. DE123456789, in der Adressdatei aber DE999999999"),
        ({"name": "Müller {0} KG", "postcode": "01067"}, "Name und Ort sind andere als in der Adressdatei"),
    ],
)
def test_the_evidence_is_told_in_german_too(address: dict[str, str], said: str) -> None:
    """A German reader is told the same as an English one, whatever signs a name holds."""
    known = {"name": "Birkenmoser Maschinenbau", **address}
    found = match(Address(**known), read_imprint(IMPRESSUM), SITE, "").evidence
    assert found.de == f'Impressum nennt "Birkenmoser Maschinenbau GmbH", 70565 Stuttgart; {said}'
    assert found.en.startswith('Impressum names "Birkenmoser Maschinenbau GmbH", 70565 Stuttgart; ')


def test_nothing_to_judge_is_an_empty_table() -> None:
    """No address gives no row."""
    found = judge_ownership(ADDRESSES.to_frame(), PAGES.to_frame(), ORGANISATIONS.to_frame())
    assert found.is_empty()
    assert found.schema == OWNERSHIP


@given(st.builds(Address, name=st.text(max_size=40), postcode=st.text(max_size=8), city=st.text(max_size=20),
                 vat_id=st.text(max_size=15), register_number=st.text(max_size=15)), st.text(max_size=200))  # fmt: skip
def test_any_address_is_judged(address: Address, text: str) -> None:
    """No cell of an address file and no page breaks the judgement, and evidence stays short."""
    found = match(address, read_imprint(text), "x.example", text)
    assert found.ownership in Ownership
    assert all(0 < len(said) <= 300 for said in (found.evidence.en, found.evidence.de))


@pytest.mark.skipif(not REAL.is_dir(), reason="the real sites without a licence lie beside the repository")
@pytest.mark.parametrize(
    ("folder", "address", "ownership"),
    [
        ("installation-kircher", ("Kircher Ernst Installationen", "6020", "Innsbruck", ""), "own"),
        ("installation-kircher", ("Irgendein Name", "", "", "ATU41817806"), "own"),
        ("installation-kircher", ("Baumeister Gerhard Bucher GmbH", "6403", "Flaurling", ""), "doubtful"),
        ("installation-kircher", ("Muster Elektro GmbH", "8010", "Graz", ""), "foreign"),
        ("cartonal-webseite", ("Cartonal", "5453", "Remetschwil", ""), "own"),
        ("cartonal-webseite", ("Holle Papier AG", "8001", "Zürich", ""), "foreign"),
        ("lugatech-website", ("LuGa Tech GmbH", "6842", "Koblach", ""), "own"),
        ("lugatech-website", ("LuGa-Tech AG", "9492", "Eschen", ""), "own"),
        ("lugatech-website", ("Muster GmbH", "8010", "Graz", ""), "doubtful"),
    ],
)
def test_real_sites_belong_to_their_companies(folder: str, address: tuple[str, ...], ownership: str) -> None:
    """The companies of three real sites own them, others do not."""
    kinds = {"index": "home", "kontakt": "contact", "impressum": "impressum", "unternehmen": "about"}
    pages = []
    for path in sorted((REAL / folder).glob("*.html")):
        url = f"https://{folder}.example/{path.name}"
        text = extract(Job(path.read_bytes(), "text/html", url, 50_000)).text
        pages.append(SitePage(kinds.get(path.stem, "other"), text))
    name, postcode, city, vat_id = address
    wanted = Address(name=name, postcode=postcode, city=city, vat_id=vat_id)
    text = "\n".join(page.text for page in pages)
    found = match(wanted, site_imprint(pages, []), f"{folder}.example", text)
    assert found.ownership.value == ownership, found.evidence
