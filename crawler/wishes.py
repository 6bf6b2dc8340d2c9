"""What a host wishes of its visitors: robots.txt and the file of reservations, asked for once each."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from crawler.address import PLATFORMS, registrable
from crawler.fetch import Answer
from crawler.reservations import in_signals
from crawler.robots import ALLOW_ALL, DISALLOW_ALL, MAX_ROBOTS_BYTES, Robots, robots_for
from crawler.tdmrep import MAX_TDMREP_BYTES, TDMREP_PATH, Reservation, in_file, parse_tdmrep
from crawler.threads import apart
from crawler.troubles import passing
from crawler.urls import canonical, host_of, origin_of

#: Bytes read of the files that say what a site wishes.
RULE_BYTES: Final = {"robots": MAX_ROBOTS_BYTES, "tdmrep": MAX_TDMREP_BYTES}
_REDIRECTS: Final = 5  # RFC 9309, 2.3.1.2


class Access(msgspec.Struct, frozen=True):
    """What one origin lets us do; `trouble` is why its robots.txt could not be had, with words for it.

    `found_at` is the origin that robots.txt was found at, which a redirect can make another one; `reserved` are the
    rules of the file of reservations there, None as long as it was not asked for. As long as robots.txt itself is not
    found, `leads_to` is where it redirects to.
    """

    rules: Robots = DISALLOW_ALL
    found_at: str = ""
    trouble: str = ""
    words: str = ""
    reserved: tuple[Reservation, ...] | None = None
    leads_to: str = ""

    def reservation(self, url: str) -> str:
        """Return which line of robots.txt or of the file of reservations reserves a page, or ""."""
        return in_signals(self.rules.signals) or in_file(self.reserved or (), url)


_UNKNOWN: Final = Access()


class Learnt(msgspec.Struct, frozen=True):
    """What is to be kept together: an answer to a request of a kind, if there was one, and what it says of origins."""

    rules: Mapping[str, bytes]
    answer: Answer | None = None
    kind: str = ""


class Wishes:
    """Asks each origin of a site once; what it learns is kept, so that a visit cut short need not ask again."""

    def __init__(
        self,
        agent: str,
        known: Mapping[str, bytes],
        ask: Callable[[str, str], Awaitable[Answer]],
        keep: Callable[[Learnt], None],
    ) -> None:
        """Take the agent's name, what is known by origin, how to request (url, kind) and how to keep what is learnt."""
        self._agent = agent
        self._ask = ask
        self._keep = keep
        self._access = {origin: msgspec.msgpack.decode(rules, type=Access) for origin, rules in known.items()}

    def known(self, origin: str) -> Access:
        """Return what is known of an origin; of one never asked nothing is allowed."""
        return self._access.get(origin, _UNKNOWN)

    async def robots(self, origin: str) -> Access:
        """Learn the rules of an origin, through redirects if need be; they also hold where the file was found."""
        if origin not in self._access or self._access[origin].leads_to:
            await self._ask_robots(origin)
        return self._access[origin]

    async def reservations(self, origin: str) -> Access:
        """Learn also what the origin reserves, where its robots.txt was found; without a readable file: nothing.

        A host that sends visitors elsewhere for robots.txt does so for its pages, and need not be asked twice.
        """
        access = await self.robots(origin)
        known = self.known(access.found_at).reserved if access.found_at else None
        url, answer = f"{access.found_at}{TDMREP_PATH}", None
        if access.reserved is not None or access.trouble or in_signals(access.rules.signals):
            return access
        if known is None and access.rules.allows(url):
            answer = await self._ask(url, "tdmrep")
            known = parse_tdmrep(answer.body) if answer.reason == "ok" else ()
        self._learn(origin, msgspec.structs.replace(access, reserved=known or ()), answer, "tdmrep")
        return self._access[origin]

    async def _ask_robots(self, origin: str) -> None:
        answer = await self._ask(self.known(origin).leads_to or f"{origin}/robots.txt", "robots")
        passed = {answer.url}
        for _ in range(_REDIRECTS):
            target = canonical(answer.location)
            if not target or target in passed or registrable(host_of(target)) in PLATFORMS:
                break
            passed.add(target)
            self._learn(origin, Access(leads_to=target), answer, "robots")
            answer = await self._ask(target, "robots")
        found = answer.reason != "redirect" and urlsplit(answer.url).path == "/robots.txt"
        found_at = origin_of(answer.url) if found else origin
        access = msgspec.structs.replace(await _access(answer, self._agent), found_at=found_at)
        self._learn(origin, access, answer, "robots")

    def _learn(self, origin: str, access: Access, answer: Answer | None, kind: str) -> None:
        places = {origin, access.found_at or origin}
        self._access |= dict.fromkeys(places, access)
        # What failed for the moment is asked again when the visit is taken up.
        lasting = set() if passing(access.trouble) else places
        self._keep(Learnt(dict.fromkeys(lasting, msgspec.msgpack.encode(access)), answer, kind))


async def _access(answer: Answer, agent: str) -> Access:
    """Return what follows from the last answer to the request for robots.txt."""
    if answer.reason == "redirect":
        return Access(ALLOW_ALL)  # RFC 9309: too many redirects count as a missing file
    if answer.reason != "ok" and not answer.reason.startswith("http_"):
        return Access(trouble=answer.reason, words=f"no robots.txt to be had ({answer.reason})")
    rules = await apart(answer.body, lambda: robots_for(answer.status, answer.body, agent))
    failing = answer.reason != "ok" and rules is DISALLOW_ALL
    words = f"robots.txt answers {answer.status}, so nothing may be visited for now" if failing else ""
    # As a page's own failure: the verdict then leaves what an earlier visit brought.
    return Access(rules, trouble=answer.reason if failing else "", words=words)
