"""Company websites as they are served: pages of 20 to 60 KB, of which the text is the smaller part.

The same seed gives the same site. A page holds a head with inline styles, a menu, a consent banner, running text with
headings and lists, cards, pictures, a footer and scripts with data, in shares as on small companies' sites.
"""

import json
import random
from typing import Final

#: The pages that say something about the company; every site has them besides its home page.
WANTED: Final = ("/leistungen", "/produkte", "/impressum")
#: What else the menu leads to.
OTHERS: Final = ("/unternehmen", "/karriere", "/aktuelles", "/kontakt", "/datenschutz", "/agb")
PATHS: Final = ("/", *WANTED, *OTHERS)

_SMALLEST, _LARGEST = 20_000, 60_000
_STYLE_SHARE, _SCRIPT_SHARE = 0.3, 0.3
_TRADES: Final = (
    "Dreherei",
    "Schlosserei",
    "Zerspanung",
    "Werkzeugbau",
    "Spedition",
    "Druckerei",
    "Tischlerei",
    "Gießerei",
    "Elektrotechnik",
    "Kunststofftechnik",
    "Anlagenbau",
    "Metallbau",
)
_WHO: Final = (
    "Unser Team",
    "Der Betrieb",
    "Die Fertigung in der Halle am Bahnhof",
    "Unsere Konstruktion",
    "Der Außendienst",
    "Die Werkstatt",
    "Unser Meisterbetrieb in dritter Generation",
    "Die Abteilung für Sonderteile",
)
_DOES: Final = (
    "fertigt",
    "liefert",
    "plant und montiert",
    "prüft",
    "entwickelt gemeinsam mit Ihnen",
    "repariert",
    "lackiert und verpackt",
    "wartet",
)
_WHAT: Final = (
    "Drehteile aus Stahl und Aluminium",
    "Baugruppen nach Zeichnung",
    "Vorrichtungen für die Serienfertigung",
    "Gehäuse aus Kunststoff",
    "Förderanlagen für die Lebensmittelindustrie",
    "Wellen bis zu einem Durchmesser von 320 Millimetern",
    "Schaltschränke",
    "Einzelteile und kleine Serien",
    "Geländer, Treppen und Vordächer",
)
_HOW: Final = (
    "für Kunden aus dem Maschinenbau",
    "in der gesamten Region",
    "innerhalb von zehn Werktagen",
    "auf fünfachsigen Bearbeitungszentren",
    "nach DIN EN ISO 9001",
    "mit eigenen Fahrzeugen",
    "seit mehr als vierzig Jahren",
    "auch am Wochenende",
)
_FIRST: Final = ("Müller", "Schmidt", "Weber", "Kaiser", "Hofmann", "Yilmaz", "Petersen", "Huber", "Lorenz", "Scholz")
_PLACES: Final = (("70565", "Stuttgart"), ("33602", "Bielefeld"), ("90402", "Nürnberg"), ("26121", "Oldenburg"))


def site(seed: int) -> dict[str, bytes]:
    """Return the pages of one site by their paths."""
    chance = random.Random(seed)
    name = f"{chance.choice(_FIRST)} {chance.choice(_TRADES)} GmbH"
    return {path: _page(name, path, chance) for path in PATHS}


def _page(name: str, path: str, chance: random.Random) -> bytes:
    size = chance.randint(_SMALLEST, _LARGEST)
    title = path.strip("/").title() or "Startseite"
    main = _imprint(name, chance) if path == "/impressum" else _sections(title, chance, size // 12_000 + 2)
    body = f"{_menu(name)}{_consent()}<main id='inhalt'><h1>{title}</h1>{main}</main>{_footer(name)}"
    room = max(0, size - len(body) - 2_000)
    head = f"{_meta(name, title)}<style>{_style(chance, int(room * _STYLE_SHARE))}</style>"
    cards = _cards(chance, int(room * (1 - _STYLE_SHARE - _SCRIPT_SHARE)))
    script = _script(chance, int(room * _SCRIPT_SHARE))
    whole = f"<!doctype html><html lang='de'><head>{head}</head><body class='page'>{body}{cards}{script}</body></html>"
    return whole.encode()


def _meta(name: str, title: str) -> str:
    known = {"@context": "https://schema.org", "@type": "LocalBusiness", "name": name, "foundingDate": "1978"}
    return (
        f"<meta charset='utf-8'><title>{title} | {name}</title><meta name='viewport' content='width=device-width'>"
        f"<meta name='description' content='{name}: {title}, persönlich, schnell und genau.'>"
        f"<link rel='stylesheet' href='/assets/app.css'><link rel='icon' href='/favicon.ico'>"
        f"<script type='application/ld+json'>{json.dumps(known)}</script>"
    )


def _menu(name: str) -> str:
    entries = "".join(
        f"<li class='nav-item has-icon'><a class='nav-link' href='{path}'><span>{path[1:].title()}</span></a></li>"
        for path in PATHS[1:]
    )
    return (
        f"<header class='site-header'><a class='brand' href='/'><img src='/logo.svg' alt='{name}'></a>"
        f"<nav class='menu'><ul>{entries}</ul></nav><a href='tel:+4971112345'>0711 12345</a></header>"
    )


def _consent() -> str:
    return (
        "<div class='consent-banner' role='dialog'><p>Wir verwenden Cookies, um Ihnen den Besuch dieser Seite"
        " angenehmer zu machen. Sie können Ihre Einwilligung jederzeit widerrufen.</p><button>Alle annehmen</button>"
        "<button>Nur notwendige</button><a href='/datenschutz'>Mehr erfahren</a></div>"
    )


def _sections(title: str, chance: random.Random, count: int) -> str:
    return "".join(_section(f"{title} {number}", chance) for number in range(1, count + 1))


def _section(heading: str, chance: random.Random) -> str:
    paragraphs = "".join(f"<p>{_sentences(chance, chance.randint(3, 6))}</p>" for _ in range(2))
    points = "".join(f"<li>{chance.choice(_WHAT)}</li>" for _ in range(4))
    number = chance.randrange(10_000)
    return (
        f"<section class='block block--text'><div class='container'><h2>{heading}</h2>{paragraphs}<ul>{points}</ul>"
        f"<figure><picture><source srcset='/bilder/{number}.webp'><img src='/bilder/{number}.jpg' alt='Werkhalle'"
        " loading='lazy' width='1200' height='800'></picture></figure></div></section>"
    )


def _sentences(chance: random.Random, count: int) -> str:
    return " ".join(
        f"{chance.choice(_WHO)} {chance.choice(_DOES)} {chance.choice(_WHAT)} {chance.choice(_HOW)}."
        for _ in range(count)
    )


def _imprint(name: str, chance: random.Random) -> str:
    postcode, city = chance.choice(_PLACES)
    return (
        f"<section><h2>Angaben gemäß § 5 DDG</h2><p>{name}<br>Industriestraße {chance.randint(1, 90)}<br>{postcode}"
        f" {city}</p><p>Registergericht: Amtsgericht {city}, HRB {chance.randint(1_000, 90_000)}<br>"
        f"Umsatzsteuer-Identifikationsnummer: DE{chance.randint(100_000_000, 999_999_999)}</p>"
        f"<h2>Haftung für Inhalte</h2><p>{_sentences(chance, 12)}</p></section>"
    )


def _footer(name: str) -> str:
    links = "".join(f"<li><a href='{path}'>{path[1:].title()}</a></li>" for path in ("/impressum", *OTHERS))
    return f"<footer class='site-footer'><ul>{links}</ul><p>© 2025 {name}</p></footer>"


def _cards(chance: random.Random, size: int) -> str:
    """Return teasers with pictures drawn in the markup, as page builders make them."""
    cards: list[str] = []
    while sum(map(len, cards)) < size:
        drawn = " ".join(f"{chance.uniform(0, 24):.3f}" for _ in range(40))
        cards.append(
            f"<div class='col-12 col-md-6 col-lg-4' data-aos='fade-up' data-aos-delay='{len(cards)}00'><article"
            f" class='card shadow-sm'><svg viewBox='0 0 24 24'><path d='M{drawn}z'/></svg><h3>{chance.choice(_TRADES)}"
            f"</h3><p>{_sentences(chance, 1)}</p><a class='btn btn-link' href='/leistungen'>Mehr</a></article></div>"
        )
    return f"<aside class='row teaser'>{''.join(cards)}</aside>"


def _style(chance: random.Random, size: int) -> str:
    rules: list[str] = []
    while sum(map(len, rules)) < size:
        rules.append(
            f".wp-block-{chance.randrange(10_000)}-{len(rules)}{{margin:{chance.randint(0, 40)}px auto;"
            f"padding:{chance.randint(0, 40)}px;color:#{chance.randrange(2**24):06x};display:flex;flex-wrap:wrap}}"
        )
    return "".join(rules)


def _script(chance: random.Random, size: int) -> str:
    settings: dict[str, str] = {}
    while 70 * len(settings) < size:
        settings[f"module_{len(settings)}_token"] = f"{chance.getrandbits(160):040x}"
    return f"<script>window.__settings={json.dumps(settings)};</script><script src='/assets/app.js' defer></script>"
