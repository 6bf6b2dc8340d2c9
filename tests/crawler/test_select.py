"""Which pages are worth a request."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.page import Candidate, Link
from crawler.select import candidates, choose
from crawler.urls import canonical, is_trap, page_key

HOME = "https://www.foo.de/"


def kinds_of(*links: tuple[str, str], language: str | None = "de") -> dict[str, str]:
    """Return path -> kind of the candidates among links given as (address, text)."""
    found = candidates([Link(f"https://foo.de{path}", text) for path, text in links], HOME, language, ("de", "en"))
    return {candidate.url.removeprefix("https://foo.de"): candidate.kind for candidate in found}


def chosen(found: list[Candidate], room: int) -> list[str]:
    """Return the kinds in the order in which the pages would be fetched."""
    left, kinds = list(found), ["home"]
    while (candidate := choose(left, kinds, room)) is not None:
        left.remove(candidate)
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
        ("/x", "Rechtliches", "impressum"),
        ("/x", "Legal Information", "impressum"),
        ("/x", "Angaben gemäß § 5 DDG", "impressum"),
        ("/kontakt", "Jetzt Beratung vereinbaren", "contact"),
        ("/index.php?seite=leistungen", "mehr", "services"),
        ("/index.php?id=12&L=0", "Sortiment", "products"),
        ("/index.php?option=com_content&view=article&id=5&Itemid=3", "Stahlbau", "other"),
        ("/it-service", "IT-Service", "services"),
        ("/x", "IT", "other"),
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
        ("/produkte?sort=price", "Produkte"),
        ("/produkte?filter[farbe]=rot", "Produkte"),
        ("/produkte?page=17", "Produkte"),
        ("/produkte/page/2/", "Produkte"),
        ("/programm?month=5&year=2031", "Programm"),
        ("/produkte?tribe-bar-date=2024-01-01", "Produkte"),
        ("/?q=stahl", "Produkte"),
        ("/produkt?add-to-cart=7", "Produkt"),
        ("/index.php?seite=news", "mehr"),
        ("/x", "Liefer- und Zahlungsbedingungen"),
        ("/x", "Hinweisgebersystem"),
        ("/x", "Kundenportal"),
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


def test_a_home_page_that_is_a_frame_or_refresh_to_another_site_leads_there() -> None:
    """Domains forwarded by a frame lead to the new site; frames of others beside own ones, or below, do not."""
    away, own = Link("https://neu.de/", "", "frame"), Link("https://foo.de/links.html", "", "frame")
    assert [found.url for found in candidates([away], HOME, None, ("de",))] == ["https://neu.de/"]
    assert [found.url for found in candidates([own, away], HOME, None, ("de",))] == ["https://foo.de/links.html"]
    assert candidates([away], f"{HOME}firma", None, ("de",)) == []


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


def test_only_one_home_page_in_a_better_language_is_proposed() -> None:
    """Of several German home pages one is enough, and pages below lead to their own kind in German."""
    others = [Link(f"https://foo.de/de-{country}/", "", "hreflang:de") for country in ("de", "at", "ch")]
    assert [page.kind for page in candidates(others, HOME, "fr", ("de", "en"))] == ["home"]
    below = candidates([Link("https://foo.de/de/firma", "", "hreflang:de")], f"{HOME}en/company", "en", ("de", "en"))
    assert [page.kind for page in below] == ["about"]
    second = candidates([Link("https://foo.de/en/", "English")], HOME, "fr", ("de", "en"))
    assert [page.kind for page in second] == ["home"]
    assert candidates([Link("https://foo.de/fr/", "Français")], HOME, "en", ("de", "en")) == []


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("/leistungen?lang=de", "/leistungen?lang=en"),
        ("/leistungen.de.html", "/leistungen.en.html"),
        ("/de-at/leistungen", "/en-us/leistungen"),
        ("/de/leistungen", "/leistungen-2"),
        ("/it-leistungen", "/en/leistungen"),
    ],
)
def test_languages_that_addresses_name(better: str, worse: str) -> None:
    """Query, first folder and ending name the language of a page; a trade that looks like a code does not."""
    assert list(kinds_of((worse, "Leistungen"), (better, "Leistungen"))) == [better, worse]


def test_links_of_a_foreign_page_count_less_than_those_of_a_german_one() -> None:
    """Where an address names no language, the page that links to it tells it."""
    link = [Link("https://foo.de/x", "Service")]
    german, english = (candidates(link, HOME, language, ("de", "en"))[0].score for language in ("de", "en"))
    assert german > english


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.foo.de/", "http://foo.de"),
        ("https://foo.de/index.php", "https://foo.de/"),
        ("https://foo.de/a/", "https://foo.de/a#b"),
        ("https://foo.de/a?PHPSESSID=1", "https://foo.de/a"),
        ("https://foo.de/a;jsessionid=12?b=1", "https://foo.de/a?b=1"),
        ("https://foo.de:443/a?utm_source=x", "https://foo.de/a"),
        ("https://foo.de/a?x=1&y=2", "https://foo.de/a?y=2&x=1"),
        ("https://foo.de/a?xy=0123456789abcdef0123456789ABCDEF", "https://foo.de/a"),
        ("https://foo.de/(S(abcdefghij0123456789abcd))/a", "https://foo.de/a"),
        ("https://foo.de/a?srsltid=x&hsa_acc=1", "https://foo.de/a"),
    ],
)
def test_spellings_of_one_page(one: str, other: str) -> None:
    """Scheme, "www.", index files, fragments, sessions and tracking do not make another page."""
    assert page_key(one) == page_key(other)


def test_what_names_a_page_is_kept() -> None:
    """A check sum of a content system belongs to the page, and so does its number."""
    hashed = "https://foo.de/a?id=7&cHash=0123456789abcdef0123456789abcdef"
    assert canonical(hashed) == hashed
    assert page_key("https://foo.de/a?id=7") != page_key("https://foo.de/a?id=8")


@given(st.text(max_size=300))
def test_any_address_is_spelled_once(text: str) -> None:
    """The spelling of a URL does not change when it is spelled again, whatever stands in it."""
    url = canonical(f"https://foo.de/{text}")
    assert canonical(url) == url
    assert is_trap(url) in {True, False}


@pytest.mark.parametrize(
    ("path", "flat"),
    [
        ("/a/../b", "/b"),
        ("/a/./b/..", "/a/"),
        ("/../b", "/b"),
        ("/a/%2E%2e/b", "/b"),
        ("/a//b/.", "/a//b/"),
        ("/a.b", "/a.b"),
    ],
)
def test_dots_in_a_path_are_followed_as_servers_do(path: str, flat: str) -> None:
    """Folders that an address goes back up from, escaped or not, are taken out of it."""
    assert canonical(f"https://foo.de{path}") == f"https://foo.de{flat}"
