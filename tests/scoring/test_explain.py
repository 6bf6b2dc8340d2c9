import json
import math
from dataclasses import fields
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.schema import KEYWORDS
from scoring.classes import Thresholds
from scoring.errors import UnknownCustomerError
from scoring.evidence import similarity_bands
from scoring.explain import REASON_SEPARATOR, explanation
from scoring.lists import build
from scoring.schema import CUSTOMERS, RATED
from scoring.wording_de import GERMAN
from scoring.wording_en import ENGLISH

Row = dict[str, Any]

LIMITS = Thresholds(100_000, 10_000)
TODAY = date(2026, 11, 1)
NO_KEYWORDS = KEYWORDS.to_frame()

MEYER: Row = {"customer_id": "m", "name": "Meyer GmbH", "revenue": 240_000.0, "potential": 250_000.0}
HUBER: Row = {"customer_id": "h", "name": "Huber KG", "revenue": 130_000.0, "potential": 150_000.0}
KOLB: Row = {"customer_id": "k", "name": "Kolb e. K.", "revenue": 20_000.0, "potential": 25_000.0}
KLEIN: Row = {"customer_id": "c", "name": "Klein GbR", "revenue": 900.0, "potential": 950.0}
RATED_FACTS: Row = {
    "revenue": 6_000.0,
    "potential": 90_000.0,
    "potential_low": 60_000.0,
    "potential_high": 110_000.0,
    "typical": 45_000.0,
    "basis": "text+industry+headcount",
    "headcount": 120.0,
    "industry_label": "Metallbau",
    "industry_label_en": "Metalworking",
    "factor_headcount": 1.0,
    "last_purchase": date(2026, 9, 9),
}


def listed(*rows: Row, keywords: pl.DataFrame = NO_KEYWORDS) -> pl.DataFrame:
    """POTENTIAL of a stock with these customers."""
    frames = []
    for schema in (CUSTOMERS, RATED):
        cells = [{name: row.get(name) for name in schema.names()} for row in rows]
        frames.append(pl.DataFrame(cells, schema=schema))
    return build(frames[0], frames[1], keywords, LIMITS, as_of=TODAY)


def said(row: Row, *others: Row, keywords: pl.DataFrame = NO_KEYWORDS) -> Row:
    """What the lists say of the first customer, which is rated like RATED_FACTS but for `row`."""
    asked = {"customer_id": "x", "name": "Asked AG", **RATED_FACTS, **row}
    return listed(asked, *others, keywords=keywords).filter(pl.col("customer_id") == "x").row(0, named=True)


def peers(**similarities: float) -> Row:
    """Column `peers`, most similar first."""
    return {"peers": [{"customer_id": name, "similarity": value} for name, value in similarities.items()]}


def phrases(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """KEYWORDS of customer, phrase and kind of page, best first."""
    cells = [
        {"customer_id": customer, "phrase": phrase, "weight": 1 - place / 100, "kind": kind, "url": f"https://{kind}/"}
        for place, (customer, phrase, kind) in enumerate(rows)
    ]
    return pl.DataFrame(cells, schema=KEYWORDS)


def test_a_rep_reads_three_reasons_facts_first() -> None:
    """Similar A customers, size and industry with what comparable customers buy, and shared phrases are the reasons."""
    keywords = phrases(
        ("x", "CNC-Fräsen", "services"),
        ("x", "Familienbetrieb", "about"),
        ("x", "Lohnfertigung", "services"),
        ("m", "cnc-fräsen", "home"),
        ("m", "Lohnfertigung", "home"),
    )
    row = said(peers(m=0.8, h=0.6, k=0.5), MEYER, HUBER, KOLB, keywords=keywords)
    assert row["reason_de"].split(REASON_SEPARATOR) == [
        "Ähnlich zu Ihren A-Kunden Meyer GmbH und Huber KG",
        "Ca. 120 Mitarbeitende, Metallbau: vergleichbare Kunden kaufen typisch 45 T€, starke 90 T€ im Jahr; heute 6 T€",
        "Website nennt „CNC-Fräsen“ und „Lohnfertigung“ (Leistungen), ebenso Ihr A-Kunde Meyer GmbH",
    ]
    assert row["reason_en"].split(REASON_SEPARATOR) == [
        "Similar to your A customers Meyer GmbH and Huber KG",
        (
            "About 120 employees, Metalworking: "
            "comparable customers typically buy €45k, strong ones €90k a year; €6k today"
        ),
        "Website mentions “CNC-Fräsen” and “Lohnfertigung” (services), as does your A customer Meyer GmbH",
    ]
    assert row["against_de"] == "Die Hälfte der vergleichbaren Kunden kauft unter 45 T€ im Jahr"
    assert row["against_en"] == "Half of the comparable customers buy less than €45k a year"


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "Ca. 120 Mitarbeitende, Metallbau: vergleichbare"),
        ({"headcount": 1234.0}, "Ca. 1.234 Mitarbeitende, Metallbau: "),
        ({"headcount": 1.0}, "Ein-Personen-Betrieb, Metallbau: "),
        ({"headcount": None}, "Metallbau: vergleichbare"),
        ({"headcount": 0.0, "industry_label": None}, "Vergleichbare Kunden kaufen"),
        ({"revenue": 0.0, "last_purchase": date(2024, 3, 1)}, "; heute 0 €, letzter Kauf 03.2024"),
        ({"revenue": 0.0, "revenue_best": 12_000.0, "last_purchase": None}, "; heute 0 €, früher bis 12 T€"),
        ({"revenue": 0.0, "last_purchase": None}, "; heute 0 €, kein früherer Kauf verzeichnet"),
        ({"revenue": None, "last_purchase": date(2024, 3, 1)}, "; kein aktueller Umsatz verzeichnet, letzter Kauf 03."),
        ({"revenue": None, "last_purchase": None}, "; kein aktueller Umsatz verzeichnet"),
        ({"potential": 46_000.0}, "starke vergleichbare Kunden kaufen 46 T€ im Jahr; heute 6 T€"),
        ({"revenue": 95_000.0}, "kauft mit 95 T€ schon so viel wie starke vergleichbare Kunden (typisch 45 T€)"),
        ({"revenue_best": 90_000.0}, "Kaufte im besten der letzten drei Jahre 90 T€; heute 6 T€ · "),
        ({"revenue_best": 90_000.0}, "Metallbau: vergleichbare Kunden kaufen typisch 45 T€ im Jahr"),
        (
            {"revenue": 80_000.0, "revenue_best": 90_000.0},
            "kauft mit 80 T€ fast so viel wie im besten der letzten drei Jahre (90 T€)",
        ),
        ({"revenue_best": 30_000.0}, "heute 6 T€ · Kaufte im besten der letzten drei Jahre 30 T€"),
        ({"factor_industry": 1.8}, " · Branche spricht für höheren Bedarf (×1,8)"),
        ({"factor_region": 1.3}, " · Region spricht für höheren Bedarf (×1,3)"),
        ({"factor_headcount": 2.04}, " · Betriebsgröße spricht für höheren Bedarf (×2)"),
        ({"factor_headcount": None}, "Kunden mit Umsatz kaufen typisch 45 T€, starke 90 T€ im Jahr; heute 6 T€"),
        ({"typical": None}, "starke vergleichbare Kunden kaufen 90 T€ im Jahr; heute 6 T€"),
        ({"typical": None, "revenue": 95_000.0}, "Heute 95 T€"),
        ({"revenue": -1_200.0}, "Umsatz der letzten 12 Monate ist negativ (-1,2 T€): Gutschriften prüfen · "),
        ({"revenue": 0.0}, "Letzter Kauf 09.2026, aber kein Umsatz der letzten 12 Monate verzeichnet: Buchung prüfen"),
        (
            {"revenue": 90_000.0, "typical": 3_300.0, "potential": 90_000.0},
            "Ca. 120 Mitarbeitende, Metallbau: kauft 90 T€, vergleichbare Kunden typisch nur 3,3 T€",
        ),
    ],
)
def test_reasons_state_what_holds(facts: Row, words: str) -> None:
    """What is said of size, comparison and revenue follows the facts."""
    crowd = [{**RATED_FACTS, "customer_id": f"s{step}", "name": "S"} for step in range(3)]
    assert words in said(facts, *crowd)["reason_de"]


@pytest.mark.parametrize(
    ("facts", "reason", "against"),
    [
        (
            {},
            "Website-Text, Branche und Mitarbeiterzahl fehlen · Heute 6 T€",
            "Potenzial noch unbekannt: erst Stammdaten ergänzen, dann neu bewerten",
        ),
        (
            {"website": "www.leer.de"},
            (
                "Website-Text, Branche und Mitarbeiterzahl fehlen · "
                "Angegebene Website lieferte keinen auswertbaren Text: www.leer.de · Heute 6 T€"
            ),
            "Potenzial noch unbekannt: erst Stammdaten ergänzen, dann neu bewerten",
        ),
        (
            {"industry_label": "Metallbau", "basis": "industry"},
            "Im Bestand fehlen vergleichbare Kunden mit Umsatz · Heute 6 T€",
            "Ohne Vergleich bleibt das Potenzial unbekannt",
        ),
    ],
)
def test_without_potential_the_reason_is_what_is_missing(facts: Row, reason: str, against: str) -> None:
    """A customer without data basis gets no comparison, only what to complete."""
    row = said({**dict.fromkeys(RATED_FACTS), "revenue": 6_000.0, **facts}, MEYER)
    assert (row["reason_de"], row["against_de"], row["action"]) == (reason, against, "check")


@pytest.mark.parametrize(
    ("similarities", "reason"),
    [
        ({"m": 0.8}, "Ähnlich zu Ihrem A-Kunden Meyer GmbH"),
        ({"k": 0.9, "m": 0.2}, "Ähnlich zu Ihrem A-Kunden Meyer GmbH"),
        ({"k": 0.9, "c": 0.8}, "Ähnlich zu Ihrem B-Kunden Kolb e. K."),
    ],
)
def test_peers_are_named_by_their_true_class(similarities: dict[str, float], reason: str) -> None:
    """Only a customer of class A is called an A customer, and A customers are named first."""
    row = said(peers(**similarities), MEYER, KOLB, KLEIN)
    assert row["reason_de"].split(REASON_SEPARATOR)[0] == reason


@pytest.mark.parametrize("similarities", [{"c": 0.9}, {"m": 0.0}, {"m": -0.3}, {"x": 0.9}, {"gone": 0.9}])
def test_peers_that_say_nothing_are_not_named(similarities: dict[str, float]) -> None:
    """C customers, unlike ones, the customer itself and unknown ones are no reason."""
    assert "hnlich zu" not in said(peers(**similarities), MEYER, KLEIN)["reason_de"]


def test_two_peers_of_one_name_are_named_once() -> None:
    """Branches of one company do not fill a reason twice."""
    twin = {**MEYER, "customer_id": "m2"}
    assert said(peers(m=0.9, m2=0.8), MEYER, twin)["reason_de"].startswith("Ähnlich zu Ihrem A-Kunden Meyer GmbH · ")


def test_similarity_words_follow_the_stock() -> None:
    """What is very similar is decided by the similarities of the same stock, not by a fixed cosine."""
    crowd = [
        {**KOLB, "customer_id": f"s{step}", **peers(m=0.01 * step, k=0.01 * step)} for step in range(1, 31) for _ in "x"
    ]
    words = {
        level: said(peers(m=level), MEYER, KOLB, *crowd)["reason_de"].split(" zu Ihrem ")[0].split(" · ")[-1]
        for level in (0.29, 0.15, 0.02)
    }
    assert words == {0.29: "Sehr ähnlich", 0.15: "Ähnlich", 0.02: "Entfernt ähnlich"}


def test_few_similarities_are_not_graded() -> None:
    """In a tiny stock nothing is called very similar."""
    bands = similarity_bands(listed({**MEYER, **peers(h=0.99)}, HUBER))
    assert pl.select(bands.of(pl.lit(0.99))).item() == "similar"


def test_phrases_that_no_a_customer_shares_are_quoted_without_that_claim() -> None:
    """Own phrases are named as facts about the website only."""
    keywords = phrases(("x", "Treppenbau", "products"), ("k", "Treppenbau", "home"), ("m", "Geländer", "home"))
    row = said(peers(m=0.8, k=0.7), MEYER, KOLB, keywords=keywords)
    assert row["reason_de"].endswith(" · Website nennt „Treppenbau“ (Produkte)")


def test_own_text_is_not_called_a_website() -> None:
    """A phrase from the user's own notes is quoted as such."""
    row = said({}, keywords=phrases(("x", "Lohnfertigung", "own")))
    assert row["reason_de"].endswith("Ihr Text zum Kunden nennt „Lohnfertigung“")
    assert row["reason_en"].endswith("Your notes on the customer mention “Lohnfertigung”")


def test_legal_pages_and_repetitions_are_not_quoted() -> None:
    """Phrases of an imprint or of the own name say nothing, and a phrase inside another is not said twice."""
    keywords = phrases(
        ("x", "asked", "services"),
        ("x", "Amtsgericht Stuttgart", "impressum"),
        ("x", "CNC-Fräsen", "services"),
        ("x", "CNC-Fräsen nach Maß", "services"),
        ("x", "Lohnfertigung", "services"),
    )
    assert said({}, keywords=keywords)["reason_de"].endswith(
        "Website nennt „CNC-Fräsen“ und „Lohnfertigung“ (Leistungen)"
    )


@pytest.mark.parametrize(
    ("facts", "against"),
    [
        ({"last_purchase": date(2021, 3, 1)}, "Umsatz verzeichnet, aber letzter Kauf laut Bestand schon 03.2021"),
        (
            {"revenue": 0.0, "last_purchase": date(2021, 3, 1)},
            "Seit 03.2021 kein Kauf: Bedarf und Ansprechpartner können sich geändert haben",
        ),
        ({"revenue": 0.0, "last_purchase": None}, "Ohne bisherigen Kauf ist offen, ob überhaupt Bedarf besteht"),
        (
            {"factor_headcount": None},
            "Zu wenige Kunden mit Umsatz: verglichen wird mit allen, nicht nur mit ähnlichen",
        ),
        (
            {"basis": "industry", "headcount": None},
            "Nur die Branche ist bekannt, kein Website-Text, keine Mitarbeiterzahl",
        ),
        (
            {"basis": "headcount", "industry_label": None},
            "Nur die Mitarbeiterzahl ist bekannt, kein Website-Text, keine Branche",
        ),
        (peers(c=0.9, c2=0.8, m=0.7), "Die ähnlichsten Kunden kaufen wenig: 2 von 3 sind C-Kunden"),
        (peers(m=-0.1), "Kein Kunde mit Umsatz ist wirklich ähnlich"),
        ({"factor_industry": 0.62}, "Branche spricht für geringeren Bedarf (×0,6)"),
        ({"factor_text": 0.5}, "Leistungsangebot spricht für geringeren Bedarf (×0,5)"),
        ({"factor_region": 0.7}, "Region spricht für geringeren Bedarf (×0,7)"),
        ({"country": "AT"}, "Sitz in AT, verglichen wird überwiegend mit Kunden in DE"),
        ({"potential_low": 12_000.0}, "Spanne ist breit (12 T€ bis 110 T€)"),
        ({"basis": "industry+headcount"}, "Kein Website-Text: Bedarf nur aus Branche und Größe geschätzt"),
        ({"headcount": None}, "Mitarbeiterzahl unbekannt: Betriebsgröße nicht berücksichtigt"),
        ({"typical": None}, "Bisherige Lieferanten und laufende Verträge sind nicht bekannt"),
    ],
)
def test_one_honest_reason_against_each_rating(facts: Row, against: str) -> None:
    """The weightiest doubt is named, and some doubt always is."""
    crowd = [{**RATED_FACTS, "customer_id": f"s{step}", "name": "S", "country": "DE"} for step in range(9)]
    assert said(facts, MEYER, KLEIN, {**KLEIN, "customer_id": "c2"}, *crowd)["against_de"] == against


def test_names_and_phrases_from_outside_stay_on_one_line() -> None:
    """Line breaks, control characters, separator dots and quotes from outside cannot break a reason apart."""
    hostile = {**MEYER, "name": "Mey\u202eer\n\x00GmbH · \t& Co " + "xx " * 200}
    keywords = phrases(("x", "a“\nb · c " + "y" * 200, "services"))
    reason = said({**peers(m=0.8), "industry_label": "Me\r\ntall"}, hostile, keywords=keywords)["reason_de"]
    first, second, third = reason.split(REASON_SEPARATOR)
    assert first.startswith("Ähnlich zu Ihrem A-Kunden Meyer GmbH - & Co xx xx")
    assert "Me tall: " in second
    assert third == "Website nennt „a b - c…“ (Leistungen)"
    assert len(first) < 100


CONTRADICTIONS = (
    ("Leistungsangebot spricht für höheren", "Kein Kunde mit Umsatz ist wirklich ähnlich"),
    ("Leistungsangebot spricht für höheren", "Die ähnlichsten Kunden kaufen wenig"),
    ("hnlich zu Ihre", "Leistungsangebot spricht für geringeren"),
    ("Website nennt", "Leistungsangebot spricht für geringeren"),
)


@pytest.mark.parametrize("closest", [0.02, 0.15, 0.29])
@pytest.mark.parametrize("factor", [0.5, 0.75, 1.0, 1.3, 2.0])
@pytest.mark.parametrize("names", ["mkc", "ck2", "c23", "m"])
def test_no_reason_contradicts_the_reason_against(closest: float, factor: float, names: str) -> None:
    """Whatever the text is worth and whoever is similar, no reason for a rating denies the one against it."""
    crowd = [{**KOLB, "customer_id": f"s{step}", **peers(m=0.01 * step, k=0.01 * step)} for step in range(1, 31)]
    others = [MEYER, KOLB, *({**KLEIN, "customer_id": name} for name in "c23"), *crowd]
    alike = peers(**{name: closest - place / 1000 for place, name in enumerate(names)})
    keywords = phrases(("x", "CNC-Fräsen", "services"), ("m", "CNC-Fräsen", "services"))
    row = said({"factor_text": factor, **alike}, *others, keywords=keywords)
    for reason, denied in CONTRADICTIONS:
        assert not (reason in row["reason_de"] and denied in row["against_de"]), (reason, denied)


def test_both_languages_say_the_same() -> None:
    """Each sentence has as many parts in German as in English."""
    for field in fields(GERMAN):
        german, english = (str(getattr(words, field.name)) for words in (GERMAN, ENGLISH))
        assert german.count("{}") == english.count("{}"), field.name


NASTY = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "name": NASTY,
                "industry_label": st.none() | NASTY,
                "website": st.none() | NASTY,
                "headcount": st.none() | st.floats(),
                "revenue": st.none() | st.floats(-1e9, 1e12),
                "revenue_best": st.none() | st.floats(0, 1e12),
                "potential": st.none() | st.floats(0, 1e12),
                "potential_low": st.none() | st.floats(0, 1e12),
                "potential_high": st.none() | st.floats(0, 1e12),
                "typical": st.none() | st.floats(0, 1e12),
                "factor_text": st.none() | st.floats(0, 1e3),
                "last_purchase": st.none() | st.dates(date(1970, 1, 1), date(2030, 1, 1)),
                "country": st.none() | st.sampled_from(["DE", "AT", "Schweiz"]),
                "peers": st.lists(
                    st.fixed_dictionaries(
                        {
                            "customer_id": st.sampled_from(["0", "1", "2", "9"]),
                            "similarity": st.none() | st.floats(-1, 1),
                        }
                    ),
                    max_size=3,
                ),
            }
        ),
        max_size=3,
    ),
    phrase=NASTY,
)
def test_every_customer_is_worded_in_both_languages(rows: list[Row], phrase: str) -> None:
    """Whatever the facts are, each customer has one to three one-line reasons and one against in both languages."""
    keywords = phrases(("0", phrase, "home"), ("1", phrase, "home"))
    table = listed(*({"customer_id": str(place), **row} for place, row in enumerate(rows)), keywords=keywords)
    assert sorted(table["customer_id"]) == [str(place) for place in range(len(rows))]
    for row in table.iter_rows(named=True):
        german, english = (row[name].split(REASON_SEPARATOR) for name in ("reason_de", "reason_en"))
        assert 1 <= len(german) <= 3
        assert len(german) == len(english)
        for text in (*german, *english, row["against_de"], row["against_en"]):
            assert text.strip() == text != ""
            assert len(text.splitlines()) == 1


def explained() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rated stock and keywords of a customer with a peer of each kind."""
    keywords = phrases(
        ("x", "Lohnfertigung", "own"), ("x", "CNC-Fräsen", "services"), ("m", "CNC-Fräsen", "home"), ("m", "A", "home")
    ).with_columns(url=pl.when(pl.col("kind") != "own").then("url"))
    asked = {"customer_id": "x", "name": "Asked AG", **RATED_FACTS, "factor_text": 1.5, **peers(k=0.7, m=0.8123)}
    return listed(asked, MEYER, KOLB, keywords=keywords), keywords


def test_explanation_names_peers_with_bands_instead_of_revenue() -> None:
    """Peers come most similar first, with class, words for similarity, and a band in place of exact revenue."""
    result = explanation("x", *explained())
    first, second = result.peers
    assert (first.name, first.class_revenue, first.similarity, first.band_de) == ("Meyer GmbH", "A", 0.812, "ähnlich")
    assert (first.revenue_de, first.revenue_en) == ("200 T€ bis 500 T€", "€200k to €500k")
    assert (second.customer_id, second.revenue_de) == ("k", "20 T€ bis 50 T€")


def test_explanation_quotes_phrases_with_their_page() -> None:
    """Each phrase comes with the page it stands on and the A customers that share it."""
    own, shared = explanation("x", *explained()).phrases
    assert (own.phrase, own.kind_de, own.url, own.shared_with) == ("Lohnfertigung", "eigener Text", None, ())
    assert (shared.phrase, shared.kind_en, shared.url, shared.shared_with) == (
        "CNC-Fräsen",
        "services",
        "https://services/",
        ("m",),
    )


def test_explanation_repeats_the_lists_and_is_json() -> None:
    """Reasons are those of the lists, and everything can be written as JSON."""
    stock, keywords = explained()
    result = explanation("x", stock, keywords)
    row = stock.filter(pl.col("customer_id") == "x").row(0, named=True)
    assert REASON_SEPARATOR.join(result.reasons_de) == row["reason_de"]
    written = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert written["last_purchase"] == "2026-09-09"
    assert written["factors"] == {"industry": None, "headcount": 1.0, "text": 1.5, "region": None}
    assert written["peers"][0]["customer_id"] == "m"


def test_explanation_holds_no_number_that_json_lacks() -> None:
    """A figure that is not a number is unknown."""
    facts = dict.fromkeys(("headcount", "typical", "potential_low", "factor_text"), math.nan)
    stock = listed({**RATED_FACTS, **MEYER, **facts, **peers(k=math.nan)}, KOLB)
    json.dumps(explanation("m", stock, NO_KEYWORDS).to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("revenue", "band"), [(900.0, "unter 1 T€"), (1_000.0, "1 T€ bis 2 T€"), (9e8, "ab 50 Mio. €")]
)
def test_revenue_bands_are_open_at_both_ends(revenue: float, band: str) -> None:
    """Small and huge customers fall into open bands."""
    stock = listed({**MEYER, **peers(k=0.5)}, {**KOLB, "revenue": revenue})
    assert explanation("m", stock, NO_KEYWORDS).peers[0].revenue_de == band


def test_unknown_customer_is_named() -> None:
    """A number that is not in the stock is an error that says how numbers are compared."""
    with pytest.raises(UnknownCustomerError, match=r"'0815' in the rated stock of 3 customers.*leading zeros"):
        explanation("0815", *explained())
