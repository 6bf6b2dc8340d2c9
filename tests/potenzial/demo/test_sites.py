"""The texts and pages of the synthetic websites."""

import html
import re
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser
from sklearn.feature_extraction.text import TfidfVectorizer

from potenzial.demo.content import Content
from potenzial.demo.pages import LAYOUTS, Page, Site, write_site
from potenzial.demo.phrases import expand, suited
from potenzial.demo.sites import Renderer
from potenzial.demo.stock import DemoStock


@pytest.fixture(scope="module")
def sites(stock: DemoStock, content: Content) -> list[Site]:
    """The websites of all companies."""
    return [write_site(content, company, stock.seed) for company in stock.companies]


def texts(page: Page) -> list[str]:
    """Return everything that a page says."""
    blocks = [(block.heading, *block.paragraphs, *block.items) for block in page.blocks]
    return [page.title, page.description, *(text for block in blocks for text in block)]


def test_a_site_is_written_the_same_way_again(stock: DemoStock, content: Content) -> None:
    """Two visits to a page see the same text."""
    company = stock.companies[5]
    assert write_site(content, company, 1) == write_site(content, company, 1)
    assert write_site(content, company, 1) != write_site(content, company, 2)


def test_texts_hold_no_leftovers_of_their_templates(sites: list[Site]) -> None:
    """No brackets of choices, slots, size marks, doubled blanks or programming words reach a page."""
    forbidden = re.compile(r"[\[\]{}|]|\(\d+\+\)|  |\bNone\b|\bnan\b|undefined|Lorem|\.\.|,\.| \.| ,")
    said = [text for site in sites for page in site.pages.values() for text in texts(page)]
    assert not [text for text in said if forbidden.search(text)]


def test_sentences_begin_and_end_as_sentences_do(sites: list[Site]) -> None:
    """Paragraphs of services and about pages begin with a capital, a number or a quote, and end with a mark."""
    pages = [page for site in sites for page in site.pages.values() if page.kind in {"home", "about", "services"}]
    for text in [text for page in pages for block in page.blocks for text in block.paragraphs]:
        assert re.match(r"[A-ZÄÖÜ0-9„]", text), text
        assert text[-1] in ".!?:", text


def test_umlauts_and_quotes_are_german(sites: list[Site]) -> None:
    """Texts use real umlauts and paired German quotation marks."""
    said = " ".join(text for site in sites for page in site.pages.values() for text in texts(page))
    assert all(letter in said for letter in "äöüßÄÖÜ")
    assert said.count("„") == said.count("“")
    assert '"' not in said


def test_needs_are_not_named_by_their_keys(sites: list[Site]) -> None:
    """The hidden keys of profiles and traits that are no German words appear nowhere."""
    keys = ("schweissserie", "fuenfachs", "drehserie", "torehandel", "kuechenstudio", "betriebsschlosserei")
    said = " ".join(text for site in sites for page in site.pages.values() for text in texts(page))
    assert not [key for key in keys if key in said]


def test_small_companies_do_not_boast(sites: list[Site]) -> None:
    """Companies of fewer than five people do not speak of shifts of roving teams or dozens of machines."""
    small = [site for site in sites if site.company.need.headcount < 5]
    said = " ".join(text for site in small for page in site.pages.values() for text in texts(page))
    assert small
    assert "Schweißroboterzellen" not in said
    assert "Servicefahrzeuge verlassen" not in said


def test_every_site_has_what_german_law_and_visitors_ask_for(sites: list[Site]) -> None:
    """Home, services, contact, Impressum and Datenschutz are always there; all layouts and address styles occur."""
    for site in sites:
        kinds = {page.kind for page in site.pages.values()}
        assert kinds >= {"home", "services", "contact", "impressum", "privacy"}
    assert {site.layout for site in sites} == set(LAYOUTS)
    assert len({site.style for site in sites}) == 4


def test_phone_numbers_are_those_kept_for_fiction(sites: list[Site]) -> None:
    """Every phone number lies in a range that the Bundesnetzagentur keeps for film and television."""
    drama = re.compile(r"(030 23125|040 66969|069 90009|0221 4710|089 99998)\d{3}")
    assert all(drama.fullmatch(site.company.identity.phone) for site in sites)


def test_links_of_a_page_lead_to_pages_of_the_site(sites: list[Site]) -> None:
    """Each link in the rendered pages that names a path of the site is one, the leaflet apart."""
    renderer = Renderer()
    for site in sites[:40]:
        for page in site.pages.values():
            tree = LexborHTMLParser(renderer.page(site, page, reserved=False).body)
            paths = [node.attributes["href"] or "" for node in tree.css("a[href]")]
            own = {path for path in paths if path.startswith("/") and not path.endswith(".pdf")}
            assert own <= set(site.pages)
            assert {"impressum", "privacy"} <= {site.pages[path].kind for path in own}


def test_markup_in_texts_is_escaped(sites: list[Site]) -> None:
    """An ampersand in a company's name reaches the page as an entity, in every layout."""
    renderer = Renderer()
    named = {site.layout: site for site in sites if "&" in site.company.identity.name}
    assert set(named) == set(LAYOUTS)
    for site in named.values():
        home = site.page_of("home")
        assert home is not None
        document = renderer.page(site, home, reserved=False)
        body = document.body.decode(document.encoding)
        assert html.escape(site.company.identity.name) in body
        assert f"<title>{html.escape(home.title)}</title>".lower() in body.lower()


def test_the_reservation_from_mining_stands_in_the_page(sites: list[Site]) -> None:
    """Every layout can carry the meta element that reserves text and data mining."""
    renderer = Renderer()
    for site in {site.layout: site for site in sites}.values():
        home = site.page_of("home")
        assert home is not None
        assert b"tdm-reservation" in renderer.page(site, home, reserved=True).body
        assert b"tdm-reservation" not in renderer.page(site, home, reserved=False).body


def test_texts_tell_the_needs_but_no_single_word_does(sites: list[Site]) -> None:
    """Neighbours by words share the main profile far more often than the trade's mix, yet no word gives all away."""
    documents = [" ".join(text for page in site.pages.values() for text in texts(page)) for site in sites]
    labels = np.array([f"{site.company.trade}/{site.company.need.profile.key}" for site in sites])
    trades = np.array([site.company.trade for site in sites])
    matrix = TfidfVectorizer(sublinear_tf=True, min_df=2).fit_transform(documents)
    similarity = (matrix @ matrix.T).toarray()
    np.fill_diagonal(similarity, -1)
    hits = (labels[similarity.argsort(1)[:, -3:]] == labels[:, None]).mean()
    chance = np.mean([(labels[trades == trade] == label).mean() for trade, label in zip(trades, labels, strict=True)])
    assert hits > 2 * chance
    words = defaultdict(set)
    for number, document in enumerate(documents):
        for word in set(re.findall(r"\w{4,}", document.lower())):
            words[word].add(number)
    sets = [set(np.flatnonzero(labels == label)) for label in np.unique(labels)]
    frequent = [members for members in sets if len(members) >= 8]
    best = [max(2 * len(m & found) / (len(m) + len(found)) for found in words.values()) for m in frequent]
    assert np.median(best) < 0.95


@given(
    st.lists(st.sampled_from(["Stahl", "Holz & Glas", "München", "a-b"]), min_size=1, max_size=4), st.integers(0, 99)
)
def test_a_choice_becomes_one_of_its_options(options: list[str], seed: int) -> None:
    """Expanding a choice gives one of the options, whatever the random stream."""
    line = f"Wir mögen [{'|'.join(options)}] in {{ort}}."
    said = expand(line, {"ort": "Hof"}, np.random.default_rng(seed))
    assert said in {f"Wir mögen {option} in Hof." for option in options}


def test_sentences_fit_the_size_of_the_company() -> None:
    """A marked sentence is left out below its size and loses the mark from there on."""
    lines = ("(12+) Drei Hallen.", "Eine Werkbank.")
    assert suited(lines, 11) == ["Eine Werkbank."]
    assert suited(lines, 12) == ["Drei Hallen.", "Eine Werkbank."]
