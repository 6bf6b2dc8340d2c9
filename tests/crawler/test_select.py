"""Which pages are worth a request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.page import Link
from crawler.select import Candidate, candidates, choose
from crawler.urls import canonical, is_trap, page_key

HOME = "https://www.foo.de/"


def kinds_of(*links: tuple[str, str], language: str | None = "de") -> dict[str, str]:
    """Return path -> kind of the candidates among links given as (address, text)."""
    found = candidates([Link(f"https://foo.de{path}", text) for path, text in links], HOME, language, ("de", "en"))
    return {candidate.url.removeprefix("https://foo.de"): candidate.kind for candidate in found}


def chosen(found: list[Candidate], room: int) -> list[str]:
    """Return the kinds in the order in which the pages would be fetched."""
    done: set[str] = set()
    kinds: list[str] = ["home"]
    while (candidate := choose(found, done, kinds, room)) is not None:
        done.add(page_key(candidate.url))
        kinds.append(candidate.kind)
        room -= 1
    return kinds[1:]


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("/x", "Impressum", "impressum"),
        ("/impressum-agb", "Rechtliches", "impressum"),
        ("/x", "Impressum / Datenschutz", "impressum"),
        ("/x", "Unsere Leistungen", "services"),
        ("/x", "Lohnfertigung", "services"),
        ("/x", "Produktübersicht", "products"),
        ("/x", "Über uns", "about"),
        ("/ueber-uns", "mehr", "about"),
        ("/x", "Unternehmen", "about"),
        ("/x", "About us", "about"),
        ("/x", "Kontakt", "contact"),
        ("/x", "Stahlbau", "other"),
        ("/%C3%BCber-uns", "mehr", "about"),
    ],
)
def test_kinds_of_links(path: str, text: str, kind: str) -> None:
    """German and English links are recognised by their text, else by their path."""
    assert list(kinds_of((path, text)).values()) == [kind]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/x", "Datenschutz"),
        ("/x", "AGB"),
        ("/x", "Anmelden"),
        ("/x", "Warenkorb"),
        ("/x", "Karriere"),
        ("/x", "Aktuelles"),
        ("/news/2024-neu", "mehr erfahren"),
        ("/katalog.pdf", "Produktkatalog"),
        ("/a/a/a/a", "Produkte"),
        ("/kalender/2024/05/", "Leistungen"),
        ("/p?a=1&b=2&c=3", "Produkte"),
        ("/en/", "English"),
        ("/#leistungen", "Leistungen"),
        ("/index.html", "Startseite"),
    ],
)
def test_links_that_are_not_followed(path: str, text: str) -> None:
    """Legal texts, logins, shops, jobs, news, files, traps and the page itself are no candidates."""
    assert kinds_of((path, text)) == {}


def test_other_sites_and_addresses_are_not_followed() -> None:
    """Only pages of the same host count, "www." aside."""
    links = [
        Link("https://bar.de/leistungen", "Leistungen"),
        Link("https://shop.foo.de/produkte", "Produkte"),
        Link("mailto:info@foo.de", "Kontakt"),
        Link("http://foo.de/leistungen", "Leistungen"),
    ]
    assert [found.url for found in candidates(links, HOME, "de", ("de",))] == ["http://foo.de/leistungen"]


def test_services_and_products_come_first_and_the_impressum_always() -> None:
    """Of many pages the offers come first, kinds alternate, and the last free place goes to the Impressum."""
    links = [(f"/produkt-{n}", f"Produkt {n}") for n in range(6)]
    links += [("/l", "Leistungen"), ("/u", "Unternehmen"), ("/k", "Kontakt"), ("/i", "Impressum"), ("/s", "Stahlbau")]
    found = candidates([Link(f"https://foo.de{path}", text) for path, text in links], HOME, "de", ("de", "en"))
    assert chosen(found, 4) == ["products", "services", "about", "impressum"]
    assert chosen(found, 1) == ["impressum"]
    assert chosen(found, 0) == []
    assert len(chosen(found, 50)) == 11


def test_the_preferred_language_comes_first() -> None:
    """German pages win over English ones, English ones over others; a foreign home page leads to the German one."""
    links = [("/fr/services", "Services"), ("/en/services", "Services"), ("/de/services", "Services")]
    assert list(kinds_of(*links)) == ["/de/services", "/en/services", "/fr/services"]
    assert kinds_of(("/de/", "Deutsch"), language="en") == {"/de/": "home"}
    found = candidates([Link("https://foo.de/de/", "", "hreflang:de")], HOME, "en", ("de", "en"))
    assert [candidate.kind for candidate in found] == ["home"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.foo.de/", "http://foo.de"),
        ("https://foo.de/index.php", "https://foo.de/"),
        ("https://foo.de/a/", "https://foo.de/a#b"),
        ("https://foo.de/a?PHPSESSID=1", "https://foo.de/a"),
        ("https://foo.de/a;jsessionid=12?b=1", "https://foo.de/a?b=1"),
        ("https://foo.de:443/a?utm_source=x", "https://foo.de/a"),
    ],
)
def test_spellings_of_one_page(one: str, other: str) -> None:
    """Scheme, "www.", index files, fragments, sessions and tracking do not make another page."""
    assert page_key(one) == page_key(other)


@given(st.text(max_size=300))
def test_any_address_is_spelled_once(text: str) -> None:
    """The spelling of a URL does not change when it is spelled again, whatever stands in it."""
    url = canonical(f"https://foo.de/{text}")
    assert canonical(url) == url
    assert is_trap(url) in {True, False}
