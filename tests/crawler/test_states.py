"""Pages that hold no content though they were answered well."""

import pytest

from crawler.extract import extract
from crawler.page import Job

CONTENT = "<p>" + "Wir drehen und fräsen Teile aus Stahl und Messing für den Maschinenbau. " * 30 + "</p>"
NOTICE = (
    "<p>Wir verwenden Cookies und benötigen Ihre Einwilligung.</p><p>Einige Cookies sind essenziell, andere dienen der"
    " Statistik und dem Marketing.</p><button>Alle akzeptieren</button><a href=/datenschutz>Datenschutz</a>"
)


def state(html: str) -> tuple[str, str]:
    """Return the state of a page and its evidence."""
    found = extract(Job(html.encode(), "text/html; charset=utf-8", "https://foo.de/", 50_000))
    assert found.failure == ""
    return found.state, found.evidence


@pytest.mark.parametrize(
    "html",
    [
        "<title>Seite nicht gefunden – Huber GmbH</title><p>Zurück zur Startseite",
        "<title>404 Not Found</title>",
        "<title>Huber GmbH</title><h1>Fehler 404</h1><p>Das hätte nicht passieren dürfen.",
        "<title>Huber</title><h2>Die angeforderte Seite konnte leider nicht gefunden werden</h2>",
        "<h1>Oops! That page can’t be found.</h1><h2>Page not found</h2>",
        "<h1>Die gewünschte Seite existiert nicht mehr</h1>",
        "<title>Page introuvable</title>",
    ],
)
def test_error_pages_that_answer_well(html: str) -> None:
    """A short page whose title or heading says that it does not exist is a soft 404."""
    assert state(html)[0] == "soft_404"


@pytest.mark.parametrize(
    "html",
    [
        f"<title>Fehler 404 finden und beheben</title><h1>Seite nicht gefunden?</h1>{CONTENT}",
        "<title>Modell 404</title><h1>Drehbank 404</h1><p>Die Seite des Werkstücks wird plan gedreht.",
        "<title>Huber GmbH</title><p>Drehteile",
        "<title>Heizung Huber</title><h1>Unsere Leistungen</h1><p>Heizungsbau<p>Wartungsarbeiten<p>Notdienst",
        f'<title>Huber</title><div id="cookie">{NOTICE}</div>{CONTENT}',
        f"<title>Datenschutz</title><p>Wir verwenden Cookies und bitten um Einwilligung.</p>{CONTENT}",
        f'<title>Huber</title><div class="cookie">Cookies: ja?</div><p>{"Wir drehen Teile. " * 8}',
        "<noscript>Bitte JavaScript aktivieren</noscript><script src=a.js></script><div id=root></div>" + CONTENT,
        '<frameset><frame src="a.html"></frameset><script>var a</script>',
        "<p>Huber GmbH, Drehteile aus Stahl. Telefon 0711 123</p>",
        "<p></p>",
    ],
)
def test_pages_with_content_have_no_state(html: str) -> None:
    """Long texts about such things, short pages of companies and pages of frames are what they seem to be."""
    assert state(html) == ("", "")


@pytest.mark.parametrize(
    "html",
    [
        f'<title>Huber GmbH</title><div id="cookie-banner">{NOTICE}</div>',
        f"<title>Huber GmbH</title><main>{NOTICE}</main>",
        f'<h1>Huber GmbH</h1><div class="consent-layer">{NOTICE * 3}</div>',
        "<h2>Your privacy</h2><p>We and our 800 partners use cookies to personalise ads.</p><p>Accept all</p><p>Huber",
    ],
)
def test_cookie_walls(html: str) -> None:
    """A page of which hardly a word is left without its cookie notice is a wall, and the notice is the evidence."""
    found, evidence = state(html)
    assert found == "cookie_wall"
    assert "ookie" in evidence


@pytest.mark.parametrize(
    ("html", "evidence"),
    [
        (
            "<noscript>You need to enable JavaScript to run this app.</noscript><div id=root></div><script></script>",
            "You need to enable JavaScript",
        ),
        ("<app-root>Loading...</app-root><script src=main.js></script>", "<app-root>"),
        ("<div id='__next'></div><script src=a.js></script>", "__next"),
        ("<div></div>" + "<script>var a = 1</script>" * 3, "no text, 3 scripts"),
    ],
)
def test_pages_made_by_scripts(html: str, evidence: str) -> None:
    """Hardly any text, but scripts and something that they would fill, or a hint to switch them on."""
    found, words = state(html)
    assert found == "script_only"
    assert evidence in words


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<title>Just a moment...</title><p>Enable JavaScript and cookies to continue", "challenge"),
        ("<h1>Checking your browser before accessing huber.de</h1>", "challenge"),
        ("<title>Huber</title><h1>Wartungsmodus</h1><p>Wir sind bald wieder da.", "maintenance"),
        ("<title>Huber</title><p>Unsere Website wird derzeit überarbeitet.", "maintenance"),
    ],
)
def test_browser_checks_and_closed_sites(html: str, expected: str) -> None:
    """A check for browsers and a site closed for maintenance are told apart from content."""
    assert state(html)[0] == expected
