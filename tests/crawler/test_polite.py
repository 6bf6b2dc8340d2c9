"""Politeness as the servers see it: what their own log says about pauses, limits and wishes."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from crawler.address import registrable

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator

    from conftest import Asked, Behaviour, Page, Web

    from crawler.crawl import Crawl

    Site = dict[str, Page]
    Reply = Callable[..., bytes]

RULES = "/robots.txt"
NAMES = ("leistungen", "produkte", "unternehmen", "impressum")
DELAY = 0.15
#: Crawl-delay of some sites; what others wish is above the limit, so that only their home page is read.
WISHED, LIMIT, TOO_LONG = 0.6, 0.9, 1.2
PER_ADDRESS = 2
#: What answers 429 at first and names a time to come back, sites of one domain among it.
BUSY_SECONDS = 1.0
BUSY = {
    *((f"busy{n}.example", "/produkte") for n in range(3)),
    *((f"{name}.voll.example", "/impressum") for name in ("eins", "zwei")),
    ("robots-busy.example", RULES),
}
#: Clocks are read a little before and after the moment that counts.
ROUNDING = 0.005


def company(name: str, *links: str, robots: str = "Allow: /") -> Site:
    """Return a site with a robots.txt: a home page that links to four more, and to others besides."""
    anchors = "".join(f'<a href="{link}">Produkte und Leistungen</a> ' for link in (*links, *(f"/{n}" for n in NAMES)))
    pages: Site = {f"/{page}": f"<html lang=de><p>{page} von {name}: Drehen und Fräsen.</p></html>" for page in NAMES}
    home = f"<html lang=de><body>{anchors}<p>Willkommen bei {name}.</p></body></html>"
    return {**pages, "/": home, RULES: f"User-agent: *\n{robots}"}


def first(*answers: bytes) -> Behaviour:
    """Return a page that gives one answer after the other, the last one for ever."""
    left = list(answers)

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0) if len(left) > 1 else left[0])

    return answer


def town(reply: Reply, no_reply: Reply) -> dict[str, Site]:
    """Return sites of mixed manners; the name of each says which."""
    sites = {f"plain{n}.example": company(f"Firma {n}") for n in range(8)}
    sites |= {f"slow{n}.example": company(f"Langsam {n}") for n in range(4)}
    for n in range(3):
        sites[f"delay{n}.example"] = company(f"Geduld {n}", robots=f"Crawl-delay: {WISHED}")
        sites[f"intern{n}.example"] = company(
            f"Halb {n}", "/intern/preise", "/weg", "/intern", robots="Disallow: /intern"
        )
        sites[f"intern{n}.example"]["/weg"] = no_reply(302, "Location: /intern/ziel")
        sites[f"busy{n}.example"] = company(f"Voll {n}")
        sites[f"nobody{n}.example"] = company(f"Zu {n}", robots="Disallow: /")
        sites[f"shop{n}.konzern.example"] = company(f"Konzern {n}")
    sites |= {name: company(name) for name in ("eins.voll.example", "zwei.voll.example", "robots-busy.example")}
    for name, path in BUSY:
        page = sites[name][path]
        sites[name][path] = first(no_reply(429, f"Retry-After: {BUSY_SECONDS:.0f}"), reply(page))
    sites["patient.example"] = company("Sehr geduldig", robots=f"Crawl-delay: {TOO_LONG}")
    sites["robots-down.example"] = {**company("Kaputt"), RULES: no_reply(503)}
    sites["www.moved.example"] = company("Umgezogen")
    sites["moved.example"] = {path: no_reply(301, f"Location: http://www.moved.example{path}") for path in ("/", RULES)}
    return sites


def opted_out(no_reply: Reply) -> dict[str, Site]:
    """Return sites on the list of opt-outs, and two that lead there."""
    home, rules = (no_reply(302, f"Location: http://away.example{path}") for path in ("/", RULES))
    return {
        "away.example": company("Weg"),
        "shop.away.example": company("Auch weg"),
        "leads-there.example": {"/": home},
        "robots-there.example": {**company("Regeln dort"), RULES: rules},
    }


@pytest.fixture
def crawled(web: Web, reply: Reply, no_reply: Reply) -> Crawl:
    """Crawl the whole town at once, spread over three addresses."""
    web.sites = {**town(reply, no_reply), **opted_out(no_reply)}
    listeners = [web.listen(f"127.0.0.{number}") for number in (1, 2, 3)]
    web.places = {name: listeners[place % 3] for place, name in enumerate(sorted(web.sites))}
    web.latency = {name: 0.2 if name.startswith("slow") else 0.02 for name in web.sites}
    listed = web.folder / "optout.txt"
    listed.write_text("away.example\n", encoding="utf-8")
    return web.crawl(
        *(name for name in web.sites if name != "www.moved.example"),
        delay_seconds=DELAY,
        requests_per_address=PER_ADDRESS,
        max_crawl_delay_seconds=LIMIT,
        timeout_seconds=10.0,
        retries=1,
        retry_seconds=0.5,
        concurrency=64,
        opt_out_file=str(listed),
    )


def test_the_log_of_the_servers_shows_no_violation(web: Web, crawled: Crawl) -> None:
    """Many hosts of mixed manners at once: pauses, limits, robots.txt, Retry-After and opt-outs are all kept."""
    assert [short for log in by_domain(web.log) for short in short_pauses(log)] == []
    # It is a limit, since without it there would be more.
    assert [most_at_once(web, place) for place in sorted(set(web.places.values()))] == [PER_ADDRESS] * 3
    assert forbidden(web) == []
    assert too_early(web.log) == []
    assert {
        asked for asked, times in Counter((entry.host, entry.path) for entry in web.log).items() if times > 1
    } == BUSY | {("robots-down.example", RULES)}
    # The town was visited, so that there was something to violate.
    verdicts = dict(crawled.verdicts.select("site", "verdict").iter_rows())
    assert {site: verdict for site, verdict in verdicts.items() if verdict != "ok"} == {
        **{f"nobody{n}.example": "blocked" for n in range(3)},
        "robots-down.example": "error",
        "away.example": "opted_out",
        "shop.away.example": "opted_out",
        "leads-there.example": "reserved",
        "robots-there.example": "reserved",
    }
    assert crawled.pages.filter(site="patient.example")["kind"].to_list() == ["home"]


def by_domain(log: list[Asked]) -> Iterator[list[Asked]]:
    """Yield the requests to each registrable domain in order."""
    for domain in {registrable(entry.host) for entry in log}:
        yield sorted((entry for entry in log if registrable(entry.host) == domain), key=lambda entry: entry.began)


def owed(before: Asked, after: Asked, known: set[str]) -> float:
    """Return the pause between two requests to a domain: ours, twice the latency, or what a robots.txt wishes."""
    wishes = {"delay": WISHED, "patie": LIMIT}.get(after.host[:5], 0.0) if after.host in known else 0.0
    return max(DELAY, wishes, 2 * (before.sent - before.began))


def short_pauses(log: list[Asked]) -> list[tuple[str, str, float, float]]:
    """Return where requests to one domain overlap or follow too closely: (host, path, pause, pause owed)."""
    known: set[str] = set()
    found = []
    for before, after in pairwise(log):
        known |= {before.host} if before.path == RULES else set()
        pause, least = after.began - before.sent, owed(before, after, known)
        if pause < least - ROUNDING:
            found.append((after.host, after.path, round(pause, 3), round(least, 3)))
    return found


def most_at_once(web: Web, place: str) -> int:
    """Return how many requests one address had to answer at the same time at most."""
    log = [entry for entry in web.log if web.places[entry.host] == place]
    return max(sum(other.began <= entry.began < other.sent for other in log) for entry in log)


def forbidden(web: Web) -> list[tuple[str, str]]:
    """Return what was asked for although robots.txt or the list of opt-outs forbids it, or before robots.txt."""
    closed = ("nobody", "robots-down")
    found = [(entry.host, entry.path) for entry in web.log if entry.path.startswith("/intern")]
    found += [(entry.host, entry.path) for entry in web.log if entry.host.endswith("away.example")]
    found += [(entry.host, entry.path) for entry in web.log if entry.host.startswith(closed) and entry.path != RULES]
    firsts = {entry.host: entry.path for entry in sorted(web.log, key=lambda entry: -entry.began)}
    return found + [(host, path) for host, path in firsts.items() if path != RULES]


def too_early(log: list[Asked]) -> list[tuple[str, str, float]]:
    """Return what was asked of a domain before the time that a Retry-After had named."""
    seen: set[tuple[str, str]] = set()
    found = []
    for entry in sorted(log, key=lambda entry: entry.began):
        asked = (entry.host, entry.path)
        if asked in BUSY - seen:
            found += [
                (other.host, other.path, other.began - entry.sent)
                for other in log
                if registrable(other.host) == registrable(entry.host)
                and entry.sent < other.began < entry.sent + BUSY_SECONDS - ROUNDING
            ]
        seen.add(asked)
    return found
