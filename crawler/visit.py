"""The visit of one site: robots.txt, the home page, then the pages that promise most; one request after the other."""

import time
from collections.abc import Iterator
from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

import msgspec

from crawler.address import PLATFORMS, bare, registrable
from crawler.config import CrawlConfig
from crawler.fetch import UNREACHED, Answer, Fetcher
from crawler.frontier import Fetch, Frontier, Page, Progress
from crawler.gate import Gate
from crawler.page import Extracted, Job
from crawler.reservations import in_headers, in_metas, in_signals
from crawler.robots import ALLOW_ALL, DISALLOW_ALL, MAX_ROBOTS_BYTES, Robots, robots_for
from crawler.select import Candidate, candidates, choose
from crawler.tdmrep import MAX_TDMREP_BYTES, TDMREP_PATH, Reservation, in_file, parse_tdmrep
from crawler.urls import canonical, host_of, origin_of, page_key, same_site
from crawler.verdict import RULE_KINDS, Kept, parked
from crawler.workers import Extractors

#: Answers after which a polite visitor leaves a site alone.
_GO_AWAY: Final = frozenset({"http_429", "http_503"})
#: After these another spelling of the address may still answer.
_TRY_ELSEWHERE: Final = frozenset({"dns", "connect", "tls", "timeout"})
_ROBOTS_REDIRECTS: Final = 5  # RFC 9309, 2.3.1.2
#: Bytes read of the files that say what a site wishes.
_RULE_BYTES: Final = {"robots": MAX_ROBOTS_BYTES, "tdmrep": MAX_TDMREP_BYTES}


class Tools(msgspec.Struct, frozen=True):
    """What all visits of a crawl share."""

    config: CrawlConfig
    gate: Gate
    extractors: Extractors
    frontier: Frontier


class Access(msgspec.Struct, frozen=True):
    """What robots.txt lets us do at one origin; `trouble` is why the file could not be had, with words for it.

    `found_at` is the origin that the file was found at, which a redirect can make another one.
    """

    rules: Robots = DISALLOW_ALL
    found_at: str = ""
    trouble: str = ""
    words: str = ""


class Visit:
    """Visits one site; what it brings goes to the frontier at once, so that a visit can be cut short anywhere."""

    def __init__(self, site: str, url: str, tools: Tools, fetcher: Fetcher) -> None:
        self._site = site
        self._url = url
        self._config = tools.config
        self._tools = tools
        self._fetcher = fetcher
        self._progress: Progress = tools.frontier.begin(site, url)
        self._access: dict[str, Access] = {}
        self._reserved: dict[str, tuple[Reservation, ...]] = {}
        self._over = False

    @property
    def number(self) -> int:
        """How many visits the site has had, this one included."""
        return self._progress.visit

    async def run(self) -> None:
        """Make the visit, or what is missing of it."""
        if not self._progress.candidates and not self._progress.kept:
            await self._start()
        while not self._over and (choice := self._next()) is not None:
            await self._visit_page(choice.url, choice.kind)

    def _next(self) -> Candidate | None:
        progress = self._progress
        room = min(
            self._config.pages_per_company - len(progress.kept),
            self._config.requests_per_company - progress.requests,
        )
        kinds = [page.kind for page in progress.kept]
        return choose(progress.candidates.values(), progress.done, kinds, room)

    async def _start(self) -> None:
        """Find the address that answers, by its robots.txt, and visit the home page there."""
        useless: set[str] = set()
        for url in _variants(self._url):
            host = host_of(url)
            if host in useless:
                continue
            answer = await self._ask_robots(origin_of(url))
            if answer.reason not in _TRY_ELSEWHERE:
                await self._visit_page(url, "home")
                return
            useless |= _useless_after(answer.reason, host)

    async def _visit_page(self, url: str, kind: str) -> None:
        """Fetch a page through its redirects and keep what it brings."""
        chain = {page_key(url)}
        self._progress.done |= chain
        for _ in range(self._config.max_redirects + 1):
            if await self._is_hindered(url, kind):
                return
            answer = await self._request(url, kind)
            if answer.reason != "redirect":
                await self._take(answer, kind)
                return
            previous, url = url, canonical(answer.location)
            if problem := self._problem(previous, url, chain):
                self._note(Fetch(url=url or previous, kind=kind, reason=problem))
                return
            chain.add(page_key(url))
            self._progress.done |= chain
        self._note(Fetch(url=url, kind=kind, reason="redirect_loop"))

    def _problem(self, previous: str, url: str, chain: set[str]) -> str:
        """Return why a redirect is not followed, or ""; one that only changes scheme or "www." is."""
        if not url:
            return "bad_url"
        if url == previous:
            return "redirect_loop"
        return "duplicate" if page_key(url) in self._progress.done - chain else ""

    async def _is_hindered(self, url: str, kind: str) -> bool:
        """Say whether a page must be left alone; why is recorded."""
        home = registrable(host_of(url))
        if kind != "home" and not same_site(url, self._base()):
            return self._note(Fetch(url=url, kind=kind, reason="off_site"))
        if home in PLATFORMS and registrable(self._site) != home:
            return self._note(Fetch(url=url, kind=kind, reason="moved", detail=f"leads to a page on {home}"))
        access = await self._access_to(origin_of(url))
        self._over = self._over or access.rules.delay > self._config.max_crawl_delay_seconds
        if not access.rules.allows(url):
            return self._note(Fetch(url=url, kind=kind, reason=access.trouble or "robots", detail=access.words))
        return await self._is_reserved(url, kind, access)

    async def _is_reserved(self, url: str, kind: str, access: Access) -> bool:
        """Say whether an opt-out that holds before a page is asked for forbids it; why is recorded."""
        await self._ask_tdmrep(access)
        if self._config.tdm != "strict" or not (reserved := self._reservation(url)):
            return False
        self._over = self._over or bool(in_signals(access.rules.signals))
        return self._note(Fetch(url=url, kind=kind, reason="reserved", detail=reserved))

    def _reservation(self, url: str) -> str:
        """Return which line of robots.txt or of the file of reservations reserves a page, or ""."""
        access = self._access.get(origin_of(url), Access())
        return in_signals(access.rules.signals) or in_file(self._reserved.get(access.found_at, ()), url)

    async def _access_to(self, origin: str) -> Access:
        if origin not in self._access:
            await self._ask_robots(origin)
        return self._access[origin]

    async def _ask_robots(self, origin: str) -> Answer:
        """Learn the rules of an origin, through redirects if need be; they also hold where the file was found."""
        answer = await self._request(f"{origin}/robots.txt", "robots")
        for _ in range(_ROBOTS_REDIRECTS):
            target = canonical(answer.location)
            if not target or registrable(host_of(target)) in PLATFORMS:
                break
            answer = await self._request(target, "robots")
        found_at = origin_of(answer.url) if urlsplit(answer.url).path == "/robots.txt" else origin
        access = msgspec.structs.replace(_access(answer, self._config.agent), found_at=found_at)
        self._access[origin] = self._access[found_at] = access
        return answer

    async def _ask_tdmrep(self, access: Access) -> None:
        """Learn once what a host reserves, where its robots.txt was found; without a readable file that is nothing.

        A host that sends visitors elsewhere for robots.txt does so for its pages, and need not be asked twice.
        """
        origin, url = access.found_at, f"{access.found_at}{TDMREP_PATH}"
        if origin in self._reserved or in_signals(access.rules.signals) or not access.rules.allows(url):
            return
        answer = await self._request(url, "tdmrep")
        self._reserved[origin] = parse_tdmrep(answer.body) if answer.reason == "ok" else ()

    async def _request(self, url: str, kind: str) -> Answer:
        """Send one request when the site's turn has come; all but a page that is still to be read is recorded."""
        if self._progress.requests >= self._config.requests_per_company:
            self._over = True
            return Answer(url=url, reason="budget")
        answer = await self._send(url, kind)
        self._progress.requests += 1
        if kind in RULE_KINDS or answer.reason == "redirect":
            self._note(_fetch_of(answer, kind))
        return answer

    async def _send(self, url: str, kind: str) -> Answer:
        wished = self._access.get(origin_of(url), Access()).rules.delay
        pause = max(self._config.delay_seconds, min(wished, self._config.max_crawl_delay_seconds))
        async with self._tools.gate.turn(bare(host_of(url)), pause) as turn:
            if kind in RULE_KINDS:
                answer = await self._fetcher.file(url, _RULE_BYTES[kind])
            else:
                answer = await self._fetcher.page(url)
            turn.counts = answer.reason not in UNREACHED
        return answer

    async def _take(self, answer: Answer, kind: str) -> None:
        """Record what a page came to, with its text and links if it has any."""
        if answer.reason in _GO_AWAY:
            self._over = True
        if answer.reason != "ok":
            self._note(_fetch_of(answer, kind))
            return
        content_type = next(iter(answer.headers.get("content-type", ())), "")
        job = Job(answer.body, content_type, answer.url, self._config.max_text_chars)
        self._keep(answer, kind, await self._tools.extractors.extract(job))

    def _keep(self, answer: Answer, kind: str, read: Extracted) -> None:
        reason, detail = self._outcome(answer, kind, read)
        page = Page(
            url=answer.url,
            kind=kind,
            title=read.title,
            description=read.description,
            language=read.language,
            text=read.text,
        )
        found = self._candidates(answer.url, read) if reason in {"ok", "empty", "duplicate"} else []
        fetch = msgspec.structs.replace(_fetch_of(answer, kind), reason=reason, detail=detail)
        self._tools.frontier.save(self._site, self.number, fetch, page if reason == "ok" else None, found)
        self._remember(page if reason == "ok" else None, read, found)

    def _remember(self, page: Page | None, read: Extracted, found: list[Candidate]) -> None:
        if page is not None:
            self._progress.kept.append(Kept(page.kind, page.url))
            self._progress.texts.add(page.text)
        if read.canonical:
            self._progress.done.add(page_key(read.canonical))
        for candidate in found:
            self._progress.candidates.setdefault(page_key(candidate.url), candidate)

    def _outcome(self, answer: Answer, kind: str, read: Extracted) -> tuple[str, str]:
        """Return (reason, evidence) of a page that was received and read."""
        if read.failure:
            return read.failure, ""
        reserved = in_headers(answer.headers, self._config.agent) or in_metas(read.metas, self._config.agent)
        if reserved and self._config.tdm == "strict":
            self._over = self._over or kind == "home"
            return "reserved", reserved
        if kind == "home" and (evidence := parked(read.title, read.text, answer.url)):
            self._over = True
            return "parked", evidence
        if not read.text:
            return "empty", ""
        noted = reserved or self._reservation(answer.url)
        note = f"opt-out noted, {noted}" if noted else ""
        return ("duplicate", "") if read.text in self._progress.texts else ("ok", note)

    def _candidates(self, url: str, read: Extracted) -> list[Candidate]:
        found = candidates(read.links, url, read.language, self._config.languages)
        return [candidate for candidate in found if page_key(candidate.url) not in self._progress.done]

    def _base(self) -> str:
        """Return an address on the host that the home page was found on."""
        kept = [page.url for page in self._progress.kept]
        return next(iter(kept or [candidate.url for candidate in self._progress.candidates.values()]), self._url)

    def _note(self, fetch: Fetch) -> Literal[True]:
        now = int(time.time() * 1_000_000)
        self._tools.frontier.save(self._site, self.number, msgspec.structs.replace(fetch, at=now))
        return True


def _access(answer: Answer, agent: str) -> Access:
    """Return what follows from the last answer to the request for robots.txt."""
    if answer.reason == "redirect":
        return Access(ALLOW_ALL)  # RFC 9309: too many redirects count as a missing file
    if answer.reason != "ok" and not answer.reason.startswith("http_"):
        return Access(trouble=answer.reason, words=f"no robots.txt to be had ({answer.reason})")
    rules = robots_for(answer.status, answer.body, agent)
    failing = answer.reason != "ok" and rules is DISALLOW_ALL
    words = f"robots.txt answers {answer.status}, so nothing may be visited for now" if failing else ""
    # As a page's own failure: the verdict then leaves what an earlier visit brought.
    return Access(rules, trouble=answer.reason if failing else "", words=words)


def _fetch_of(answer: Answer, kind: str) -> Fetch:
    return Fetch(
        url=answer.url,
        kind=kind,
        reason=answer.reason,
        status=answer.status,
        received=answer.received,
        seconds=answer.seconds,
        at=int((time.time() - answer.seconds) * 1_000_000),
    )


def _useless_after(reason: str, host: str) -> set[str]:
    """Return the hosts that need not be tried any more: unknown names, and the other name of a machine that is mute."""
    if reason == "dns":
        return {host}
    return {_other_name(host)} if reason == "timeout" else set()


def _other_name(host: str) -> str:
    return bare(host) if host.startswith("www.") else f"www.{host}"


def _variants(url: str) -> Iterator[str]:
    """Yield addresses to try until one answers: as given, without TLS, and with "www." added or taken away."""
    split = urlsplit(url)
    host = split.netloc
    schemes = ("https", "http") if split.scheme == "https" else ("http", "https")
    for name in (host, _other_name(host)) if registrable(bare(host)) == bare(host) else (host,):
        for scheme in schemes:
            yield urlunsplit((scheme, name, split.path or "/", split.query, ""))
