"""Organisations in JSON-LD."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.page import Organisation
from crawler.structured import organisations

HUBER = {
    "@context": "https://schema.org",
    "@type": "Organization",
    "name": "Huber Dreherei",
    "legalName": "Huber GmbH",
    "vatID": "DE 123456789",
    "foundingDate": "1987-05-01",
    "numberOfEmployees": {"@type": "QuantitativeValue", "value": "45"},
    "address": {
        "@type": "PostalAddress",
        "streetAddress": "Werkstr. 3",
        "postalCode": 70565,
        "addressLocality": "Stuttgart",
    },
}
READ = Organisation(
    name="Huber GmbH",
    street="Werkstr. 3",
    postcode="70565",
    city="Stuttgart",
    vat_id="DE 123456789",
    employees=45,
    founded=1987,
)


def names(*blocks: object) -> list[str]:
    """Return the names of the organisations in blocks of JSON."""
    texts = [block if isinstance(block, str) else json.dumps(block) for block in blocks]
    return [found.name for found in organisations(texts)]


@pytest.mark.parametrize(
    "block",
    [
        HUBER,
        [HUBER],
        {"@graph": [{"@type": "WebSite", "publisher": {"@id": "#org"}}, {**HUBER, "@id": "#org"}]},
        {"@type": "WebPage", "mainEntity": {"about": [HUBER]}},
        {**HUBER, "@type": ["LocalBusiness", "http://schema.org/HVACBusiness"]},
        {
            "@graph": [
                {**HUBER, "@id": "#org", "address": {"@id": "#a"}},
                {**HUBER["address"], "@id": "#a"},  # type: ignore[dict-item]  # a mapping, as it stands above
            ]
        },
        {**HUBER, "address": None, "location": {"@type": "Place", "address": HUBER["address"]}},
        {**HUBER, "address": [HUBER["address"], {"postalCode": "1"}]},
    ],
)
def test_an_organisation_is_found_wherever_it_stands(block: object) -> None:
    """Alone, in lists, graphs, below other things, under any subtype, with references."""
    assert organisations([json.dumps(block)]) == (READ,)


def test_types_that_are_no_organisations_are_passed_over() -> None:
    """Persons, products and services are no organisations, and makers and partners are others than the company."""
    assert names({"@type": "Person", "name": "A"}, {"@type": "Product", "name": "B", "manufacturer": HUBER}) == []
    assert names({"@type": "Service", "name": "C", "provider": HUBER}) == ["Huber GmbH"]
    assert names({**HUBER, "parentOrganization": {"@type": "Corporation", "name": "Konzern AG"}}) == ["Huber GmbH"]


@pytest.mark.parametrize("kind", ["Store", "AutoRepair", "Plumber", "Corporation", "LegalService", "GeneralContractor"])
def test_subtypes(kind: str) -> None:
    """The subtypes of schema.org count without being listed on the page as organisations."""
    assert names({"@type": kind, "name": "X"}) == ["X"]


@pytest.mark.parametrize(
    "text",
    [
        '<!-- {"@type": "Store", "name": "X"} -->',
        '//<![CDATA[\n{"@type": "Store", "name": "X"}\n//]]>',
        '{"@type": "Store", "name": "X",}',
        '{"@type": "Store", "name": "X"};',
        '{"@type": "Store", "name": "X\t\n"}',
    ],
)
def test_json_that_is_not_quite_json(text: str) -> None:
    """Comments around it, commas at the end and line breaks within texts do no harm."""
    assert names(text) == ["X"]


@pytest.mark.parametrize(
    ("value", "employees"),
    [
        (12, 12),
        ("12", 12),
        ("1.200", 1200),
        ("10-50", 30),
        ({"minValue": 10, "maxValue": 50}, 30),
        ({"minValue": "100"}, 100),
        ([{"value": 7}], 7),
        (True, None),
        (-3, None),
        (1e99, None),
        ("viele", None),
        (float("inf"), None),
    ],
)
def test_numbers_of_employees(value: object, employees: int | None) -> None:
    """Numbers, texts and ranges are understood, nonsense is not."""
    found = organisations([json.dumps({**HUBER, "numberOfEmployees": value})])
    assert found[0].employees == employees


@pytest.mark.parametrize(
    ("value", "founded"), [("1987", 1987), (1987, 1987), ("01.05.1987", 1987), ("seit 12", None), (99999, None)]
)
def test_founding_years(value: object, founded: int | None) -> None:
    """A plausible year in any form counts."""
    assert organisations([json.dumps({**HUBER, "foundingDate": value})])[0].founded == founded


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '{"a":' * 200_000,
        "9" * 200_000,
        '{"@type":"Store","name":' + "9" * 5_000 + "}",
        json.dumps([{"@type": "Store"}] * 20_000),
        json.dumps({"@graph": [{"@id": "#a", "@type": "Store", "address": {"@id": "#a"}}]}),
        ",}" * 100_000,
    ],
)
def test_hostile_json_costs_little(text: str) -> None:
    """Depth, length and references in circles give no organisation and no error within the time of a page."""
    began = time.process_time()
    assert organisations([text] * 30) == ()
    assert time.process_time() - began < 10.0


def test_what_is_found_is_bounded() -> None:
    """At most ten organisations and short texts come out of a page."""
    found = organisations([json.dumps([{"@type": "Store", "name": f"{n}" + "x" * 999} for n in range(99)])])
    assert len(found) == 10
    assert {len(each.name) for each in found} == {200}


_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(HUBER)), inner, max_size=5),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*HUBER, "location", "@id", "taxID"]), _VALUES))
def test_any_value_in_any_place_is_read(node: dict[str, object]) -> None:
    """Whatever stands where something else belongs, reading it gives organisations of the promised types."""
    for found in organisations([json.dumps({**node, "@type": "Store"})]):
        assert isinstance(found.name, str)
        assert found.employees is None or found.employees >= 0


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    """Text that is no JSON gives nothing and no error."""
    assert isinstance(organisations([text, "{" + text]), tuple)
