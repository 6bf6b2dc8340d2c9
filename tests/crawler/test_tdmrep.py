"""The file of reservations from text and data mining."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.tdmrep import MAX_TDMREP_BYTES, in_file, parse_tdmrep

RULES = [
    {"location": "/", "tdm-reservation": 0},
    {"location": "/katalog/", "tdm-reservation": 1, "tdm-policy": "https://foo.de/policy.json"},
    {"location": "/katalog/offen/", "tdm-reservation": 0},
    {"location": "/*.pdf$", "tdm-reservation": 1},
    {"location": "preise", "tdm-reservation": "1"},
    {"location": "/größen", "tdm-reservation": 1},
    {"location": "/gleich", "tdm-reservation": 1},
    {"location": "/gleich", "tdm-reservation": 0},
]


@pytest.mark.parametrize(
    ("path", "reserved"),
    [
        ("/", False),
        ("/katalog/a", True),
        ("/katalog/offen/a", False),
        ("/a/b.pdf", True),
        ("/a/b.pdf?c", False),
        ("/preise/2024", True),
        ("/gr%c3%b6%C3%9Fen", True),
        ("/gleich", True),
    ],
)
def test_the_most_specific_rule_decides(path: str, reserved: bool) -> None:  # noqa: FBT001 - the expected answer
    """Of all rules that match, the longest one counts, and a reservation where two are equally long."""
    rules = parse_tdmrep(json.dumps(RULES).encode())
    assert bool(in_file(rules, f"https://foo.de{path}")) is reserved


def test_the_rule_is_quoted() -> None:
    """The evidence names the file and the pattern."""
    rules = parse_tdmrep(b'[{"location": "*", "tdm-reservation": 1}]')
    assert in_file(rules, "https://foo.de/") == "/.well-known/tdmrep.json: tdm-reservation 1 for *"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Seite nicht gefunden</html>",
        b'{"location": "/", "tdm-reservation": 1}',
        b'[1, null, [], {"location": 1, "tdm-reservation": 1}, {"location": "/"}]',
        b'[{"location": "/", "tdm-reservation": 2}, {"location": "/", "tdm-reservation": [1]}]',
        b"[" * MAX_TDMREP_BYTES,
        b'[{"location": "\\ud800", "tdm-reservation": 1' + b"0" * 5_000 + b"}]",
    ],
)
def test_what_is_no_rule_reserves_nothing(body: bytes) -> None:
    """Other files, other values and hostile nesting are passed over."""
    assert parse_tdmrep(body) == ()


@given(st.binary(max_size=300))
def test_any_bytes_are_read(body: bytes) -> None:
    """Whatever a server sends, reading it gives rules and no error."""
    assert isinstance(in_file(parse_tdmrep(body), "https://foo.de/"), str)
