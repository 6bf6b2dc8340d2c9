"""Decisions of a site's robots.txt (RFC 9309).

Written for this project because the libraries at hand are more permissive than the reference parser in real cases:
they take a rule group named "Foo Bar" as not meant for "Foo", let unknown lines join groups, and decode escapes.
"""

import math
import re
from collections.abc import Iterable
from itertools import islice
from typing import Final
from urllib.parse import urlsplit

import msgspec

from crawler.urls import flat

#: RFC 9309 asks for 500 KiB at least; what lies behind is not read.
MAX_ROBOTS_BYTES: Final = 512 * 1024

_AGENT_KEYS: Final = frozenset({"user-agent", "useragent", "user agent"})
_DISALLOW_KEYS: Final = frozenset({"disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"})
_DELAY_KEYS: Final = frozenset({"crawl-delay", "crawl delay", "crawldelay"})
_SIGNAL_KEYS: Final = frozenset({"content-signal", "content signal", "content-usage"})
_SITEMAP_KEYS: Final = frozenset({"sitemap", "site-map"})
_MAX_SITEMAPS: Final = 10
_MAX_URL: Final = 2_000
_KEYS: Final = _AGENT_KEYS | _DISALLOW_KEYS | _DELAY_KEYS | _SIGNAL_KEYS | {"allow"}
_TOKEN: Final = re.compile(r"[a-zA-Z_-]+")
_ESCAPE: Final = re.compile(r"%[0-9a-fA-F]{2}")
# Letters, digits and "-._~".
_NEEDLESS: Final = re.compile(r"%(?:2[DE]|3\d|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])", re.IGNORECASE)
# The reference parser reads at most this much of a line: 8 times the longest URL that browsers take.
_MAX_LINE: Final = 2083 * 8 - 1


# Not tracked by the garbage collector, whose pauses grow with the number of objects: a file can hold 60,000 rules.
class Rule(msgspec.Struct, frozen=True, gc=False):
    """One "Allow" or "Disallow" line; `pattern` is escaped as URLs are."""

    pattern: str
    allow: bool


class Group(msgspec.Struct):
    """What a robots.txt says to the agents that it names together."""

    agents: set[str] = msgspec.field(default_factory=set)
    rules: list[Rule] = msgspec.field(default_factory=list)
    delays: list[float] = msgspec.field(default_factory=list)
    signals: list[str] = msgspec.field(default_factory=list)


class Robots(msgspec.Struct, frozen=True):
    """The rules for one agent: `delay` in seconds between requests, `signals` the Content-Signal values.

    `sitemaps` are the addresses of "Sitemap" lines, which hold for every agent, as they are written.
    """

    rules: tuple[Rule, ...] = ()
    delay: float = 0.0
    signals: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()

    def allows(self, url: str) -> bool:
        """Say whether the agent may fetch a URL; the longest matching pattern decides, "Allow" wins a draw."""
        path = path_of(url)
        if path == "/robots.txt":
            return True
        plain = unescaped(path)
        matching = [
            (_weight(rule), rule.allow)
            for rule in self.rules
            if matches(rule.pattern, path) or (not rule.allow and plain != path and matches(rule.pattern, plain))
        ]
        return max(matching)[1] if matching else True


ALLOW_ALL: Final = Robots()
DISALLOW_ALL: Final = Robots(rules=(Rule("/", allow=False),))


def parse(body: bytes, agent: str) -> Robots:
    """Return the rules that a robots.txt file holds for an agent's product token."""
    directives = [_directive(line) for line in _lines(body[:MAX_ROBOTS_BYTES])]
    if len(body) >= MAX_ROBOTS_BYTES and directives[-1][0] == "allow":
        # Cut off in the middle it would allow more than it says.
        del directives[-1]
    groups = _groups(directives)
    mine = [group for group in groups if agent.lower() in group.agents]
    chosen = mine or [group for group in groups if "*" in group.agents]
    return Robots(
        rules=tuple(rule for group in chosen for rule in group.rules),
        delay=max((delay for group in chosen for delay in group.delays), default=0.0),
        signals=tuple(dict.fromkeys(signal for group in chosen for signal in group.signals)),
        sitemaps=_sitemaps(directives),
    )


def robots_for(status: int | None, body: bytes, agent: str) -> Robots:
    """Return the rules after a request for robots.txt, also after one that failed.

    RFC 9309, 2.3.1: without the file (4xx) everything is allowed; a server that fails or cannot be reached allows
    nothing for now. "Too many requests" counts as a failing server.
    """
    if status is not None and 200 <= status < 300:  # noqa: PLR2004 - HTTP's own numbers
        return parse(body, agent)
    if status is not None and 400 <= status < 500 and status != 429:  # noqa: PLR2004 - HTTP's own numbers
        return ALLOW_ALL
    return DISALLOW_ALL


def _lines(body: bytes) -> list[bytes]:
    return re.split(rb"\r\n|\r|\n", body.removeprefix(b"\xef\xbb\xbf"))


def _sitemaps(directives: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    found = (value for key, value in directives if key in _SITEMAP_KEYS and 0 < len(value) <= _MAX_URL)
    return tuple(islice(dict.fromkeys(found), _MAX_SITEMAPS))


def _groups(directives: Iterable[tuple[str, str]]) -> list[Group]:
    groups: list[Group] = []
    naming = False
    for key, value in directives:
        if key in _AGENT_KEYS:
            if not naming:
                groups.append(Group())
            groups[-1].agents.add(_agent(value))
            naming = True
        elif groups and key in _KEYS:
            # Crawl-delay and signals are no rules of the standard: agents listed after them still share the group.
            naming = _add(groups[-1], key, value) and naming
    return groups


def _directive(line: bytes) -> tuple[str, str]:
    """Split a line into a known key and its value; bytes outside ASCII stay one character each."""
    text = line[:_MAX_LINE].decode("latin-1").partition("#")[0].strip(" \t\v\f\0")
    key, colon, value = text.partition(":")
    if not colon:
        words = text.split()
        key, value = (words[0], words[1]) if len(words) == 2 else ("", "")  # noqa: PLR2004 - a key and its value
    return key.strip(" \t").lower(), value.strip(" \t")


def _add(group: Group, key: str, value: str) -> bool:
    """Put a line into its group and say whether further agents may still join the group."""
    if key in _DELAY_KEYS:
        group.delays.extend(_delay(value))
        return True
    if key in _SIGNAL_KEYS:
        group.signals.append(value[:1_000])
        return True
    if value:
        group.rules.extend(_rules(escaped(value), key))
    return False


def _rules(pattern: str, key: str) -> list[Rule]:
    rule = Rule(pattern, allow=key == "allow")
    # As in the reference parser: who allows a folder's index page allows the folder's own address.
    folder, slash, page = pattern.rpartition("/")
    if not rule.allow:
        # RFC 9309, 2.2.2: escapes that need not be count as what they stand for. The reference parser takes them
        # literally, so only what forbids is read both ways.
        plain = unescaped(pattern)
        return [rule] if plain == pattern else [rule, Rule(plain, allow=False)]
    index = [Rule(f"{folder}/$", allow=True)] if slash and page in {"index.html", "index.htm"} else []
    return [rule, *index]


def _delay(value: str) -> list[float]:
    try:
        delay = float(value)
    except ValueError:
        return []
    return [delay] if math.isfinite(delay) and delay > 0 else []


def _agent(value: str) -> str:
    return "*" if value == "*" or re.match(r"\*\s", value) else _token(value)


def _token(agent: str) -> str:
    """Return the product token: what comes before a version, a space or anything else that a token cannot hold."""
    match = _TOKEN.match(agent)
    return match[0].lower() if match else ""


def escaped(pattern: str) -> str:
    """Return a pattern as URLs spell it; its characters outside ASCII stand for one byte each."""
    upper = _ESCAPE.sub(lambda match: match[0].upper(), pattern)
    return "".join(char if char < "\x80" else f"%{ord(char):02X}" for char in upper)


def unescaped(path: str) -> str:
    """Return a path or pattern without the escapes that need not be (unreserved characters, RFC 3986, 2.3)."""
    return _NEEDLESS.sub(lambda match: chr(int(match[0][1:], 16)), path) if "%" in path else path


def path_of(url: str) -> str:
    """Return what patterns are held against: path and query of a URL, with escapes in upper case."""
    split = urlsplit(url)
    path = flat(split.path if split.path.startswith("/") else f"/{split.path}")
    query = f"?{split.query}" if "?" in url.partition("#")[0] else ""
    return _ESCAPE.sub(lambda match: match[0].upper(), path + query)


def _weight(rule: Rule) -> int:
    return len(rule.pattern)


def matches(pattern: str, path: str) -> bool:
    """Match with "*" for anything and a final "$" for the end, in time linear in pattern and path."""
    anchored = pattern.endswith("$")
    first, *rest = (pattern[:-1] if anchored else pattern).split("*")
    if not path.startswith(first):
        return False
    return _follow(rest, path, len(first)) if not anchored else _follow_to_end(first, rest, path)


def _follow(pieces: list[str], path: str, start: int) -> bool:
    for piece in pieces:
        found = path.find(piece, start)
        if found < 0:
            return False
        start = found + len(piece)
    return True


def _follow_to_end(first: str, rest: list[str], path: str) -> bool:
    if not rest:
        return path == first
    *middle, last = rest
    room = len(path) - len(last)
    return room >= len(first) and path.endswith(last) and _follow(middle, path[:room], len(first))
