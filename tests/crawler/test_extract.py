"""HTML to text, title, language and links."""

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


def test_links_are_absolute_and_say_where_they_come_from() -> None:
    """Anchors, frames, refreshes and other languages are links; a picture's text stands in for missing words."""
    found = read(
        '<head><base href="https://www.foo.de/"><meta http-equiv=refresh content="0; url=start.html">'
        '<link rel=alternate hreflang=de href=/de/><link rel=canonical href="/firma"></head>'
        '<a href="leistungen.html"><img src=x alt="Leistungen"></a><a href="//bar.de/">B</a>'
        '<a href="mailto:x@y.de">M</a>'
        '<a href="javascript:void(0)">J</a><a href="http://[kaputt">K</a>'
    )
    assert [(link.url, link.text, link.origin) for link in found.links] == [
        ("https://www.foo.de/start.html", "", "refresh"),
        ("https://www.foo.de/de/", "", "hreflang:de"),
        ("https://www.foo.de/leistungen.html", "Leistungen", "a"),
        ("https://bar.de/", "B", "a"),
    ]
    assert found.canonical == "https://www.foo.de/firma"


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
