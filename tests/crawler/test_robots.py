"""Decisions of robots.txt."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.robots import MAX_ROBOTS_BYTES, parse, robots_for

VECTORS = Path(__file__).parents[2].parent / "shared" / "data" / "robots" / "google_vectors.json"


@pytest.mark.skipif(not VECTORS.is_file(), reason="the vectors of the reference parser lie beside the repository")
def test_decisions_agree_with_the_reference_parser() -> None:
    """All cases of the reference parser's own tests come out as there."""
    cases = json.loads(VECTORS.read_text(encoding="utf-8"))
    wrong = [
        case
        for case in cases
        if parse(case["robots"].encode("latin-1"), case["agent"]).allows(case["url"]) != case["allowed"]
    ]
    assert len(cases) == 145
    assert wrong == []


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/a*b", "/axxb/c", True),
        ("/a*b$", "/axxb/c", False),
        ("/a*b$", "/axb/b", True),
        ("/*.pdf$", "/x/y.pdf", True),
        ("/*.pdf$", "/x/y.pdf?z", False),
        ("/a$", "/a", True),
        ("/a$", "/ab", False),
        ("/ab*b$", "/ab", False),
        ("*", "/anything", True),
        ("/ä", "/%C3%A4", True),
        ("/%c3%a4", "/%C3%A4", True),
    ],
)
def test_patterns(pattern: str, path: str, matches: bool) -> None:  # noqa: FBT001 - the expected answer
    """A star stands for anything, a final dollar for the end, and escapes match whatever their case."""
    robots = parse(f"User-agent: *\nDisallow: {pattern}".encode(), "PotenzialBot")
    assert robots.allows(f"https://foo.de{path}") is not matches


def test_own_group_replaces_the_one_for_all_and_may_be_split() -> None:
    """Groups that name the agent are taken together, and the group for all agents then says nothing."""
    body = b"""\
User-agent: *
Disallow: /
Crawl-delay: 60

User-agent: OtherBot
User-agent: potenzialbot
Disallow: /intern
Crawl-delay: 3
Content-Signal: search=yes, ai-train=no

User-agent: PotenzialBot
Allow: /intern/offen
"""
    robots = parse(body, "PotenzialBot")
    assert robots.allows("https://foo.de/")
    assert not robots.allows("https://foo.de/intern/x")
    assert robots.allows("https://foo.de/intern/offen")
    assert robots.delay == 3.0
    assert robots.signals == ("search=yes, ai-train=no",)


@pytest.mark.parametrize(
    ("status", "allowed"),
    [(200, True), (404, True), (403, True), (401, True), (429, False), (500, False), (None, False)],
)
def test_answers_without_a_file(status: int | None, allowed: bool) -> None:  # noqa: FBT001 - the expected answer
    """A missing file allows everything; a failing server allows nothing for now."""
    assert robots_for(status, b"", "PotenzialBot").allows("https://foo.de/a") is allowed


@pytest.mark.parametrize("delay", ["-1", "nan", "inf", "soon", ""])
def test_nonsense_delays_are_ignored(delay: str) -> None:
    """A delay that is no positive number of seconds counts as none."""
    assert parse(f"User-agent: *\nCrawl-delay: {delay}".encode(), "PotenzialBot").delay == 0.0


def test_what_lies_behind_the_limit_is_not_read() -> None:
    """Rules behind the first 512 KiB have no effect, and those before it have."""
    filler = b"# nothing\n" * (MAX_ROBOTS_BYTES // 10)
    body = b"User-agent: *\nDisallow: /a\n" + filler + b"Disallow: /b\n"
    robots = parse(body, "PotenzialBot")
    assert not robots.allows("https://foo.de/a")
    assert robots.allows("https://foo.de/b")


def test_sitemaps_hold_for_all_agents_and_are_bounded() -> None:
    """Sitemap lines count wherever they stand, once each, at most ten, and end no group."""
    lines = "".join(f"Sitemap: https://foo.de/{number}.xml\n" for number in range(20))
    body = (
        f"sitemap : https://foo.de/a.xml#x\nUser-agent: OtherBot\nSITEMAP: https://foo.de/a.xml\nDisallow: /\n{lines}"
    )
    assert parse(body.encode(), "PotenzialBot").sitemaps[:2] == ("https://foo.de/a.xml", "https://foo.de/0.xml")
    assert len(parse(body.encode(), "PotenzialBot").sitemaps) == 10
    grouped = b"User-agent: OtherBot\nSitemap: https://foo.de/a.xml\nUser-agent: PotenzialBot\nDisallow: /"
    assert not parse(grouped, "OtherBot").allows("https://foo.de/a")
    assert parse(b"User-agent: *\nSitemap:\n", "PotenzialBot").sitemaps == ()


@given(st.binary(max_size=500), st.text(max_size=50))
def test_any_bytes_give_a_decision(body: bytes, path: str) -> None:
    """No file and no path raise an error, and the same question gets the same answer."""
    robots = parse(b"User-agent: *\n" + body, "PotenzialBot")
    url = f"https://foo.de/{path}".replace("[", "").replace("]", "")
    assert robots.allows(url) is robots.allows(url)


def test_stars_cost_no_more_than_linear_time() -> None:
    """A pattern of thousands of stars against a long path is decided at once."""
    robots = parse(b"User-agent: *\nDisallow: /" + b"*a" * 5_000 + b"$", "PotenzialBot")
    assert robots.allows("https://foo.de/" + "a" * 4_000 + "b")


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("Disallow: /intern", "/x/../intern/a", False),
        ("Disallow: /intern", "/x/%2e%2E/intern/a", False),
        ("Disallow: /intern", "/./intern", False),
        ("Disallow: /intern", "/intern/../offen", True),
        ("Disallow: /%69ntern", "/intern", False),
        ("Disallow: /~intern", "/%7Eintern", False),
        ("Disallow: /a%2Fb", "/a/b", True),
        ("Disallow: /\nAllow: /%6Fffen", "/offen", False),
        ("Disallow: /\nAllow: /%6Fffen", "/%6Fffen", True),
    ],
)
def test_other_spellings_of_a_forbidden_path_are_forbidden(rules: str, path: str, allowed: bool) -> None:  # noqa: FBT001 - the expected answer
    """Dots that lead elsewhere and escapes that need not be hide nothing from "Disallow", and widen no "Allow"."""
    assert parse(f"User-agent: *\n{rules}".encode(), "PotenzialBot").allows(f"https://foo.de{path}") is allowed


def test_a_line_that_the_limit_cuts_allows_nothing_more() -> None:
    """The beginning of an "Allow" line that goes on behind the limit has no effect."""
    head = b"User-agent: *\nDisallow: /\n"
    filler = b"#" * (MAX_ROBOTS_BYTES - len(head) - 9) + b"\n"
    cut = (head + filler + b"Allow: /offen\n")[:MAX_ROBOTS_BYTES]
    assert cut.endswith(b"\nAllow: /")
    assert not parse(cut, "PotenzialBot").allows("https://foo.de/intern")
