"""Address guard, table of names, opt-outs and verdicts: the small rules."""

import asyncio
import ipaddress
from pathlib import Path

import pytest

from crawler.errors import HostsFileError
from crawler.reservations import in_headers, in_metas, in_signals
from crawler.resolve import BlockedAddressError, Resolver, Target, UnknownHostError, permitted, read_hosts
from crawler.verdict import Attempt, Kept, Verdict, judge, parked


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("10.0.0.1", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to refuse, nothing listens there
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("192.0.0.8", False),
        ("192.88.99.1", False),
        ("::127.0.0.1", False),
        ("::ffff:0:7f00:1", False),
        ("64:ff9b:1::7f00:1", False),
        ("fec0::1", False),
    ],
)
def test_only_global_unicast_addresses_pass(address: str, allowed: bool) -> None:  # noqa: FBT001 - the expected answer
    """Private, local, shared, multicast and wrapped addresses are refused."""
    assert permitted(ipaddress.ip_address(address), allow_loopback=False) is allowed


def test_loopback_passes_only_where_it_is_allowed() -> None:
    """The exception for tests and the demo opens loopback and nothing else."""
    assert permitted(ipaddress.ip_address("127.0.0.1"), allow_loopback=True)
    assert not permitted(ipaddress.ip_address("10.0.0.1"), allow_loopback=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "::1", "10.0.0.1"])
def test_numbers_for_this_machine_are_refused_in_any_spelling(host: str) -> None:
    """All spellings of an address that operating systems take lead to the same refusal."""
    resolver = Resolver({}, allow_loopback=False)
    with pytest.raises(BlockedAddressError):
        asyncio.run(resolver.targets(host))
    resolver.close()


def test_static_table_replaces_dns(tmp_path: Path) -> None:
    """Names in the table lead to their address and port; other names do not resolve."""
    table = tmp_path / "hosts.txt"
    table.write_text("# demo\n127.0.0.1:8001 Foo.example\n[::1]:80 bar.example # six\n\n", encoding="utf-8")
    resolver = Resolver(read_hosts(table), allow_loopback=True)
    assert asyncio.run(resolver.targets("foo.example")) == (Target("127.0.0.1", 8001),)
    assert asyncio.run(resolver.targets("bar.example")) == (Target("::1", 80),)
    with pytest.raises(UnknownHostError):
        asyncio.run(resolver.targets("baz.example"))
    resolver.close()


@pytest.mark.parametrize(
    "line", ["foo.example", "127.0.0.1 foo.example", "127.0.0.1:0 a.de", "x:80 a.de", "1.1.1.1:80 "]
)
def test_a_malformed_table_names_file_and_line(tmp_path: Path, line: str) -> None:
    """The message says where to look."""
    table = tmp_path / "hosts.txt"
    table.write_text(f"127.0.0.1:80 a.example\n{line}\n", encoding="utf-8")
    with pytest.raises(HostsFileError, match=r"hosts\.txt, line 2"):
        read_hosts(table)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    """A table that is not there stops the crawl before it starts."""
    with pytest.raises(HostsFileError, match=r"nowhere\.txt.*crawl\.hosts_file"):
        read_hosts(tmp_path / "nowhere.txt")


@pytest.mark.parametrize(
    ("headers", "reserved"),
    [
        ({"tdm-reservation": ["1"]}, True),
        ({"tdm-reservation": ["0"]}, False),
        ({"x-robots-tag": ["noindex, noai"]}, True),
        ({"x-robots-tag": ["otherbot: noai"]}, False),
        ({"x-robots-tag": ["potenzialbot: noai"]}, True),
        ({"x-robots-tag": ["max-snippet: 20, noai"]}, True),
        ({"x-robots-tag": ["noindex"]}, False),
        ({"x-robots-tag": ["otherbot: noindex", "noai"]}, True),
        ({"x-robots-tag": ["noindex", "otherbot: noai"]}, False),
        ({}, False),
    ],
)
def test_opt_outs_in_headers(headers: dict[str, list[str]], reserved: bool) -> None:  # noqa: FBT001 - the expected answer
    """The header of the TDM protocol and each X-Robots-Tag count; what is meant for others does not."""
    assert bool(in_headers(headers, "PotenzialBot")) is reserved


def test_opt_outs_in_meta_elements_and_robots_txt() -> None:
    """Meta elements and Content-Signal lines count where they say no."""
    assert in_metas([("robots", "index, NoAI")], "PotenzialBot") == "meta: robots noai"
    assert in_metas([("tdm-reservation", "1")], "PotenzialBot")
    assert not in_metas([("robots", "noindex"), ("description", "noai")], "PotenzialBot")
    assert in_signals(["search=yes, ai-input=no"]) == "robots.txt: Content-Signal ai-input=no"
    assert in_signals(["train-ai=n, search=y"]) == "robots.txt: Content-Usage train-ai=n"
    assert not in_signals(["search=no, ai-input=yes, ai-train=yes", "train-ai=y"])


@pytest.mark.parametrize(
    ("title", "text", "found"),
    [
        ("foo.de", "Diese Domain steht zum Verkauf.", True),
        ("", "Die Domain foo.de ist zu verkaufen", True),
        ("This domain is for sale", "", True),
        ("", "Hier entsteht in Kürze eine neue Internetpräsenz.", True),
        ("Welcome to nginx!", "", True),
        ("Domain Default page", "Web Server's Default Page. This page is generated by Plesk.", True),
        ("foo.de", "Der Inhaber dieser Domain parkt diese beim Domain-Parking-Programm.", True),
        ("STRATO - Domain reserved", "", True),
        ("foo.de", "Diese Domain wurde soeben von unserem Kunden freigeschaltet.", True),
        ("foo.de", "Hier entsteht eine neue Internetpräsenz", True),
        ("foo.de", "Diese Seite befindet sich im Aufbau.", True),
        ("foo.de", "Unsere Webseite befindet sich derzeit noch im Aufbau", True),
        ("Coming soon", "foo.de", True),
        ("foo.de", "Auf dieser Domain ist noch keine Website hinterlegt.", True),
        ("Index of /", "Name Last modified", True),
        ("Account Suspended", "This Account has been suspended.", True),
        ("", "SORRY! If you are the owner of this website, please contact your hosting provider.", True),
        ("IIS Windows Server", "", True),
        ("It works!", "", True),
        ("foo.com", "The owner of this domain has put it up for sale.", True),
        ("Bau Huber", "Wir sind Ihr Partner für Aufbau, Umbau und Anbau. Besuchen Sie unsere Seite.", False),
        ("IT Huber", "Wir registrieren Ihre Domain und betreuen Ihre Webseite.", False),
        ("Elektro Huber", "Unser neuer Standort entsteht in Ulm. Die Baustelle ist im Plan.", False),
        ("Huber GmbH", "Wir verkaufen Drehmaschinen.", False),
        ("Domainhandel", "Diese Domain steht zum Verkauf. " + "Wir handeln mit Namen. " * 100, False),
    ],
)
def test_parked_pages(title: str, text: str, found: bool) -> None:  # noqa: FBT001 - the expected answer
    """Placeholders are told by what they say, unless they say a lot."""
    assert bool(parked(title, text, "https://foo.de/")) is found


def test_parking_hosts_need_no_words() -> None:
    """A page at a domain trader's is a placeholder whatever it says."""
    assert parked("", "Angebot", "https://www.sedo.com/x") == "served by sedo.com"


@pytest.mark.parametrize(
    ("attempts", "verdict", "words"),
    [
        ([("robots", None, "dns")], Verdict.DEAD, "does not resolve"),
        ([("robots", None, "timeout"), ("robots", None, "dns")], Verdict.TIMEOUT, "in time"),
        ([("robots", None, "connect"), ("robots", None, "connect")], Verdict.DEAD, "no server"),
        ([("robots", 404, "http_404"), ("home", 404, "http_404")], Verdict.ERROR, "http_404"),
        ([("robots", 200, "ok"), ("home", None, "robots")], Verdict.BLOCKED, "robots.txt forbids"),
        ([("robots", 200, "ok"), ("home", 200, "empty"), ("about", 404, "http_404")], Verdict.EMPTY, "no text"),
        ([("robots", 200, "ok"), ("home", 200, "reserved")], Verdict.RESERVED, "opt-out"),
        ([("robots", 200, "ok"), ("home", 200, "parked")], Verdict.PARKED, "placeholder"),
        ([("robots", None, "dns_timeout"), ("robots", None, "dns")], Verdict.ERROR, "no name server answers"),
        ([("robots", None, "certificate"), ("robots", None, "timeout")], Verdict.ERROR, "certificate is not valid"),
        ([("robots", 403, "http_403"), ("home", 403, "http_403")], Verdict.BLOCKED, "http_403"),
        ([("robots", 200, "ok"), ("home", 200, "challenge")], Verdict.BLOCKED, "browser"),
        ([("robots", 200, "ok"), ("home", 200, "soft_404"), ("sitemap", 404, "http_404")], Verdict.ERROR, "not exist"),
        ([("robots", 200, "ok"), ("home", 200, "cookie_wall")], Verdict.WALL, "cookie notice"),
        ([("robots", 200, "ok"), ("home", 200, "script_only"), ("about", 200, "empty")], Verdict.SCRIPTS, "scripts"),
        ([("robots", 200, "ok"), ("home", 200, "maintenance")], Verdict.ERROR, "maintenance"),
        ([("home", None, "opted_out")], Verdict.OPTED_OUT, "list of opt-outs"),
        (
            [("home", 200, "ok"), ("home", None, "foreign"), ("about", 404, "http_404")],
            Verdict.FOREIGN,
            "another company",
        ),
        ([], Verdict.ERROR, "no request"),
    ],
)
def test_verdicts_without_pages(attempts: list[tuple[str, int | None, str]], verdict: Verdict, words: str) -> None:
    """The most telling request decides, and the evidence says what happened."""
    made = [Attempt(kind, "https://foo.de/", status, reason, "") for kind, status, reason in attempts]
    found, evidence = judge("foo.de", made, [], "")
    assert found == verdict
    assert words in evidence


def test_verdicts_with_pages() -> None:
    """Pages make a site ok, also when its time ran out; another registrable domain makes it moved."""
    assert judge("foo.de", [], [Kept("home", "https://www.foo.de/")], "timeout") == (Verdict.OK, "1 page: home")
    moved = judge("foo.de", [], [Kept("home", "https://bar.de/"), Kept("about", "https://bar.de/a")], "")
    assert moved == (Verdict.MOVED, "now at bar.de; 2 pages: home, about")
    assert judge("foo.de", [], [], "timeout")[0] == Verdict.TIMEOUT


def test_verdicts_on_the_language_of_pages() -> None:
    """Pages that are all in other languages than the preferred ones are said to be; unknown languages are not."""
    french, german, unknown = (
        Kept("home", "https://foo.de/", "fr"),
        Kept("about", "https://foo.de/a", "de"),
        Kept("x", "y"),
    )
    verdict, evidence = judge("foo.de", [], [french, french], "", ("de", "en"))
    assert (verdict, evidence) == (Verdict.LANGUAGE, "in fr only; 2 pages: home, home")
    for kept in ([french, german], [french, unknown]):
        assert judge("foo.de", [], kept, "", ("de", "en"))[0] == Verdict.OK
    assert judge("foo.de", [], [french], "")[0] == Verdict.OK


def test_unchanged_pages_count_like_those_received() -> None:
    """What was noted about a page that is as before stands in the evidence, and the site is fine."""
    attempts = [Attempt("home", "https://foo.de/", 304, "unchanged", "opt-out noted")]
    assert judge("foo.de", attempts, [Kept("home", "https://foo.de/", "de")], "") == (
        Verdict.OK,
        "1 page: home; opt-out noted",
    )


def test_what_forbids_pages_outweighs_those_that_are_there() -> None:
    """A site on the list of opt-outs, or of another company, is judged so whatever was kept."""
    for reason, verdict in (("opted_out", Verdict.OPTED_OUT), ("foreign", Verdict.FOREIGN)):
        attempts = [Attempt("home", "https://foo.de/", None, reason, "line 3")]
        assert judge("foo.de", attempts, [Kept("home", "https://foo.de/")], "") == (verdict, "https://foo.de/: line 3")
