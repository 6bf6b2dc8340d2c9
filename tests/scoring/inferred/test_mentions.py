import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.inferred.mentions import mentions

#: Sentences with the lower bound, the number and the upper bound that they state.
STATED = [
    ("rund 120 Mitarbeitende", None, 120, None),
    ("50-100 employees", 50, 70.7, 100),
    ("50 – 100 employees", 50, 70.7, 100),
    ("zwischen 50 und 100 Mitarbeitern", 50, 70.7, 100),
    ("Mitarbeiter: 50-100", 50, 70.7, 100),
    ("Anzahl der Mitarbeiter: ca. 120", None, 120, None),
    ("Wir beschäftigen ca. 35 engagierte und qualifizierte Mitarbeiterinnen und Mitarbeiter.", None, 35, None),
    ("Zu unserem Team gehören 16 Mitarbeiterinnen und Mitarbeiter.", 16, 16, 16),
    ("Unser zwölfköpfiges Team berät Sie gern.", 12, 12, 12),
    ("Das 20-Mann-Team", 20, 20, 20),
    ("Der Betrieb hat fünfundzwanzig Beschäftigte", 25, 25, 25),
    ("We are a team of twenty-five people.", 25, 25, 25),
    ("Founded in 1998, the company employs about 25 people.", None, 25, None),
    ("Das 1985 gegründete Unternehmen beschäftigt 120 Mitarbeiter.", 120, 120, 120),
    ("1985 mit 3 Mitarbeitern gegründet, beschäftigen wir heute über 1.200 Mitarbeiter.", 1200, 1200, None),
    ("2000 Mitarbeiter arbeiten bei uns.", 2000, 2000, 2000),
    ("Wir sind ein Unternehmen mit 50 Mitarbeitern.", 50, 50, 50),
    ("10.000+ employees", 10_000, 10_000, None),
    ("Nos 45 collaborateurs", 45, 45, 45),
    ("120 Mitarbeiter, davon 12 Auszubildende", 120, 120, 120),
]

#: Sentences with numbers and people that do not tell how many people work for the company.
UNSTATED = [
    "Seit 2005 Mitarbeiter bei der Firma Meier.",
    "Seit 2012 sorgen unsere Mitarbeiter für Qualität",
    "Tel. 06421 123456 Mitarbeiter im Innendienst",
    "06421-120 Mitarbeiter",
    "Unsere Mitarbeiter erreichen Sie unter 06421 1234",
    "80 % unserer Mitarbeiter sind Frauen",
    "Was mit zwei Mitarbeitern begann, ist heute ein geschätztes Unternehmen in Amberg.",
    "Aus 2 Mitarbeitern wurden viele.",
    "Wir beraten Unternehmen ab 20 Mitarbeitern.",
    "Unternehmen mit mehr als 50 Mitarbeitern müssen eine Meldestelle haben.",
    "Wir suchen 3 Mitarbeiter (m/w/d)",
    "In 2 Jahren 10 neue Mitarbeiter",
    "davon 12 Mitarbeiter im Vertrieb",
    "Schulungen für bis zu 12 Mitarbeiter",
    "Platz für 80 Personen",
    "Unsere Mitarbeiter: 35 Jahre Erfahrung",
    "24 Stunden Mitarbeiter erreichbar",
    "ein Mitarbeiter wird sich melden",
    "",
    "Mitarbeiter",
    "👷👷 3",
]


@pytest.mark.parametrize(("sentence", "low", "people", "high"), STATED)
def test_stated_headcounts_are_read_with_their_bounds(
    sentence: str, low: float | None, people: float, high: float | None
) -> None:
    """A sentence on the company's staff gives its number, bounds as far as it states them, and itself as the quote."""
    found = mentions(f"Über uns\n{sentence}\nImpressum")
    assert [(each.low, each.people, each.high) for each in found] == [(low, people, high)]
    assert found[0].quote in sentence


@pytest.mark.parametrize("sentence", UNSTATED)
def test_other_numbers_near_people_are_no_headcounts(sentence: str) -> None:
    """Years, phone numbers, beginnings, parts, offers, job openings and other firms' sizes are passed over."""
    assert mentions(sentence) == ()


def test_locations_and_groups_are_told_apart_from_the_company() -> None:
    """A mention says whether it counts the company, its group or one location, which it names."""
    local, group, whole = mentions(
        "Am Standort Gießen arbeiten 40 Mitarbeiter.\nWeltweit 5.000 Mitarbeiter.\n120 Mitarbeitende an 3 Standorten."
    )
    assert (local.scope, local.place) == ("location", "Gießen")
    assert (group.scope, whole.scope) == ("group", "company")


def test_sentences_of_today_outweigh_bare_numbers() -> None:
    """A sentence that says whom a company employs today scores higher than a number beside a word."""
    plain, bare = mentions("Heute zählt unser Betrieb 18 Mitarbeiter.\n12 Mitarbeiter")
    assert plain.score > bare.score


@given(st.text(alphabet=st.sampled_from("1290.,-–+ abeinundMitarbeiterTeamvon\n\u00a0"), max_size=300))
def test_any_text_is_read_without_trouble(text: str) -> None:
    """Whatever stands in a text, mentions have positive numbers within their bounds and quotes from the text."""
    lines = {" ".join(line.split()) for line in text.splitlines()}
    for each in mentions(text):
        assert each.people > 0
        assert (each.low or each.people) <= each.people <= (each.high or each.people)
        assert any(each.quote in line for line in lines)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["9 ", "Mitarbeiter ", "12 Mitarbeiter ", "und", "1-", "ab c "])
def test_hostile_pages_cost_little(piece: str) -> None:
    """A megabyte of one repeated piece gives a bounded number of mentions in a bounded time."""
    assert len(mentions(piece * (1_000_000 // len(piece)) + " Mitarbeiter")) <= 60
