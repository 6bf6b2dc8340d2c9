"""HTML to text, title, language and candidates."""

import gzip
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.decode import decode
from crawler.extract import extract
from crawler.page import Extracted, Job

URL = "https://www.foo.de/firma/"


def read(html: str | bytes, content_type: str = "text/html; charset=utf-8") -> Extracted:
    """Extract a page."""
    body = html.encode() if isinstance(html, str) else html
    return extract(Job(body, content_type, URL, 50_000))


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (b"\xef\xbb\xbfM\xc3\xbcller", "text/html; charset=iso-8859-1"),
        ("\ufeffMüller".encode("utf-16-le"), "text/html"),
        (b"M\xfcller", "text/html; charset=ISO-8859-1"),
        (b"<meta charset='windows-1252'>M\xfcller", "text/html"),
        (b'<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-15">M\xfcller', "text/html"),
        (b"M\xc3\xbcller", "text/html"),
        (b"M\xfcller", "text/html; charset=utf-8"),
        (b"<meta charset=unicode_escape>M\xc3\xbcller", "text/html; charset=punycode"),
        (b"<meta charset=utf-16>M\xc3\xbcller", "text/html"),
        ("Müller GmbH für Drehteile, Frästeile und Präzision in großen Stückzahlen. ".encode("cp1252") * 9, ""),
    ],
)
def test_charsets(body: bytes, header: str) -> None:
    """Byte order mark, header, meta element and detector are asked in turn; what the bytes deny is passed over."""
    assert "Müller" in decode(body, header)


@given(st.binary(max_size=400), st.sampled_from(["", "text/html", "text/html; charset=utf-16", "text/html; charset=x"]))
def test_any_bytes_are_read(body: bytes, header: str) -> None:
    """Whatever a server sends, reading it gives characters and no error."""
    assert isinstance(decode(body, header), str)


def test_text_leaves_out_what_is_not_said_to_the_reader() -> None:
    """Script, style, navigation, footer and cookie notice go; blocks become lines and inline marks stay in theirs."""
    found = read(
        "<html lang=de-AT><head><title> Dreherei\n Huber </title><style>p{}</style>"
        '<meta name=description content="Wir drehen."></head><body class="cookies-on"><nav><a href=/x>Menü</a></nav>'
        '<div id="cookie-banner">Wir verwenden Cookies.</div><script>var a = "<p>nein</p>"</script>'
        "<h1>Dreh<b>teile</b></h1><p>Aus Stahl<br>und&nbsp;Messing.</p><ul><li>CNC<li>Schleifen</ul>Ende"
        "<footer>Impressum</footer></body></html>"
    )
    assert found.text == "Drehteile\nAus Stahl\nund Messing.\nCNC\nSchleifen\nEnde"
    assert (found.title, found.description, found.language) == ("Dreherei Huber", "Wir drehen.", "de")


def test_links_side_by_side_do_not_run_together() -> None:
    """Links of a menu without gaps between them stand on lines of their own, words of a sentence do not."""
    menu = '<div><a href="/">Willkommen</a><a href="/tun">Was wir tun</a></div>'
    sentence = '<p>Wir <a href="/drehen">drehen</a> und <a href="/fraesen">fräsen</a>.</p>'
    assert read(menu + sentence).text == "Willkommen\nWas wir tun\nWir drehen und fräsen."


def test_a_page_that_is_all_navigation_keeps_its_text() -> None:
    """Where nothing is left without navigation and footer, all visible text counts."""
    assert read("<body><nav>Drehen</nav><footer>Huber GmbH</footer></body>").text == "Drehen\nHuber GmbH"


def test_a_crowded_page_gives_its_main_text() -> None:
    """Where most of a long page is lists of other pages, only the main text counts."""
    article = "".join(
        f"<p>Absatz {n}: Unsere Dreherei fertigt Wellen und Buchsen in kleinen Serien.</p>" for n in range(20)
    )
    teasers = "".join(f'<li><a href="/p/{n}">Weitere Meldung Nummer {n} aus dem Archiv</a></li>' for n in range(200))
    found = read(
        f"<body><article><h1>Dreherei</h1>{article}</article><aside class=sidebar><ul>{teasers}</ul></aside></body>"
    )
    assert "Absatz 19" in found.text
    assert "Weitere Meldung" not in found.text


def test_links_become_absolute_candidates() -> None:
    """Anchors, frames and refreshes lead on within the site; a picture's text stands in for missing words."""
    found = read(
        '<head><base href="https://www.foo.de/"><meta http-equiv=refresh content="0; url=start.html">'
        '<link rel=canonical href="/firma"></head><frameset><frame src="rahmen.html"></frameset>'
    )
    assert [(page.url, page.kind) for page in found.candidates] == [
        ("https://www.foo.de/rahmen.html", "home"),
        ("https://www.foo.de/start.html", "home"),
    ]
    assert found.canonical == "https://www.foo.de/firma"
    linked = read(
        '<a href="../leistungen.html"><img src=x alt="Leistungen"></a><a href="//bar.de/">B</a>'
        '<a href="mailto:x@y.de">M</a><a href="javascript:void(0)">J</a><a href="http://[kaputt">K</a>'
    )
    assert [(page.url, page.kind) for page in linked.candidates] == [("https://www.foo.de/leistungen.html", "services")]


@pytest.mark.parametrize(
    "script",
    [
        'window.location = "/de/start"',
        "location.href='/de/start';",
        'setTimeout(function(){ window.location.replace("/de/start") }, 9)',
        'top.location.href = "/de/start"',
    ],
)
def test_a_page_that_only_sends_on_by_script_leads_on(script: str) -> None:
    """Where a page without text and links sets the location, that page is the home page."""
    found = read(f"<html><head><script>{script}</script></head><body></body></html>")
    assert [(page.url, page.kind) for page in found.candidates] == [("https://www.foo.de/de/start", "home")]
    assert found.state == ""
    assert read(f"<script>{script}</script><a href=/a>Teile</a>").candidates[0].url == "https://www.foo.de/a"


def test_candidates_are_bounded_and_of_every_kind() -> None:
    """A page of a thousand products still leads to the company and the Impressum, by at most 200 candidates."""
    products = "".join(f"<a href=/produkt/{n}>Produkt {n}</a>" for n in range(990))
    found = read(f"{products}<a href=/u>Unternehmen</a><a href=/i>Impressum</a>").candidates
    assert len(found) <= 200
    assert {"products", "about", "impressum"} == {page.kind for page in found}


def test_headings_are_those_that_a_reader_sees() -> None:
    """Headings of the first three levels count once each, without those of cookie notices and navigation."""
    found = read(
        '<nav><h2>Menü</h2></nav><div class="cookie"><h2>Cookies</h2></div>'
        f"<h1>Dreh<b>teile</b>\n aus Stahl</h1><h2> </h2><h3>CNC</h3><h3>CNC</h3><h4>x</h4><h2>{'lang ' * 99}</h2>"
    )
    assert found.headings[:2] == ("Drehteile aus Stahl", "CNC")
    assert len(found.headings) == 3
    assert len(found.headings[2]) == 200
    assert len(read("".join(f"<h2>Titel {n}</h2>" for n in range(500))).headings) == 40


def test_navigation_is_known_by_its_role_too() -> None:
    """Menus and footers of older pages are told by their role, and a title is taken from where there is one."""
    found = read(
        '<meta property=og:title content="Dreherei Huber"><div role=navigation><p role=navigation>Start</p>Firma</div>'
        "<p>Drehen</p><div role=contentinfo>Impressum</div>"
    )
    assert (found.text, found.title) == ("Drehen", "Dreherei Huber")


def test_organisations_come_with_the_page() -> None:
    """JSON-LD of a page is read, though scripts are no text."""
    found = read('<script type="application/ld+json">{"@type": "LocalBusiness", "name": "Huber"}</script><p>Drehen')
    assert [organisation.name for organisation in found.organisations] == ["Huber"]
    assert found.text == "Drehen"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Wir drehen und fräsen Teile aus Stahl für die Industrie und den Maschinenbau mit Erfahrung.", "de"),
        ("We are the leading maker of gears and shafts for the industry with a long history.", "en"),
        ("CNC 3000", None),
    ],
)
def test_language_without_declaration(text: str, language: str | None) -> None:
    """A page that declares no language is told by its most frequent words, or not at all."""
    assert read(f"<p>{text}</p>").language == language


GERMAN = "Wir drehen und fräsen die Teile aus Stahl für die Industrie mit einer Erfahrung, die nicht jeder hat. " * 3
ENGLISH = "We are the leading maker of gears and shafts for the industry with a long history of our own. " * 3
POLISH = "Jesteśmy firmą z siedzibą w Polsce i oferujemy usługi dla przemysłu oraz nasze produkty na rynku od lat. " * 3


@pytest.mark.parametrize(
    ("html", "language"),
    [
        (f"<html lang=en-US><p>{GERMAN}", "de"),
        (f"<html lang=de><p>{ENGLISH}", "en"),
        (f"<html lang=de><p>{GERMAN}{ENGLISH}", "de"),
        (f"<html lang=en><p>{GERMAN}{ENGLISH}", "en"),
        ("<html lang=en><p>CNC 3000 und mehr für Sie", "en"),
        (f"<html lang=no><p>{'Vi er et firma som har vært på markedet for det beste og ikke til salgs. ' * 4}", "no"),
        (f"<html lang=ja><p>{GERMAN}", "de"),
        (f"<html lang=de><p>{POLISH}", "pl"),
        ("<meta http-equiv=Content-Language content=de><p>CNC", "de"),
        ("<meta property=og:locale content=fr_CH><p>CNC", "fr"),
        ("<html lang=zxx-none><p>CNC", None),
    ],
)
def test_a_declared_language_gives_way_to_the_text(html: str, language: str | None) -> None:
    """What a page declares holds unless its text is clearly in another language."""
    assert read(html).language == language


@pytest.mark.parametrize(
    ("html", "failure"),
    [
        ("<div>" * 50_000, "too_deep"),
        ("<b>" * 50_000, "too_deep"),
        ("<a " + "x=1 " * 50_000 + ">", "too_many_attributes"),
        ("<br>" * 400_000, "too_many_tags"),
        ("<script>" * 200_000, ""),
        ("<!--" * 300_000, ""),
        ("<" * 500_000, ""),
        ("<a" * 500_000, "too_deep"),
        ("<SCRIPT></script>" + "<div>" * 50_000, "too_deep"),
        ("<!-->" + "<div>" * 50_000, "too_deep"),
        ("<div/>" * 50_000, "too_deep"),
        ("<div></x>" * 50_000, "too_deep"),
        ("<span><div></span>" * 50_000, "too_deep"),
        ("<svg>" + "<path/>" * 5_000 + "</svg>", ""),
        ("<h1><div>" * 450 + "wort " * 400_000, ""),
        ("<div>" * 900 + "<p class=cookie>x</p>" * 40_000, ""),
        ("<div class=cookie>" * 900 + "<p id=cookie>x</p>" * 40_000, ""),
        ("<nav>" * 900 + "<p role=navigation>x</p>" * 40_000, ""),
        ("<script>window.location=" + "window.location=" * 100_000, ""),
        ("<a><b></a></b>" * 5_000 + "<span><p><b></span>" * 5_000, ""),
    ],
)
def test_hostile_markup_is_seen_through_before_it_is_parsed(html: str, failure: str) -> None:
    """Nesting, attributes and tags without measure are refused in well under the time of a page."""
    # Processor time: a busy machine must not count against the parser.
    began = time.process_time()
    assert read(html).failure == failure
    assert time.process_time() - began < 10.0


@given(st.text(alphabet="<>/=\"' abdivpscript-!&;ü\n", max_size=300))
def test_any_markup_is_read(html: str) -> None:
    """Broken markup gives some text and no error."""
    assert read(html).failure == ""


def test_banners_within_banners_take_nothing_else_along() -> None:
    """A banner found by id and class, with parts that are found too, goes once; menus and texts of others stay."""
    inner = '<div class="consent">Ja <section id="cookie-2">Nein</section></div>'
    banner = f'<div id="cookie" class="cookie-note">Wir nutzen Cookies {inner}</div>'
    texts = {read(f"<header><p>Kopf</p></header>{banner * 5}<p>Wir drehen Teile.</p>").text for _ in range(50)}
    assert texts == {"Kopf\nWir drehen Teile."}


def test_text_is_cut_and_free_of_control_characters() -> None:
    """No more than the characters asked for are kept, and none that cannot be shown."""
    found = extract(Job(("<p>a\x00b\x07c " + "wort " * 500).encode(), "text/html", URL, 100))
    assert len(found.text) == 100
    assert all(char.isprintable() for char in found.text.replace("\n", ""))
    assert read(gzip.compress(b"x"), "text/plain").failure == ""
