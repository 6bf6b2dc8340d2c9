"""The visit of one site: robots.txt, the home page, then the pages that promise most; one request after the other."""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, Literal

import msgspec

from crawler.address import PLATFORMS, registrable
from crawler.archive import WarcWriter
from crawler.config import CrawlConfig
from crawler.fetch import UNREACHED, Answer, Fetcher, Validators, retry_after, validators
from crawler.frontier import LEADING, REDIRECT, Due, Fetch, Frontier, Page, Reservation
from crawler.gate import Gate
from crawler.optout import OptOuts
from crawler.ownership import Address, Ownership, SitePage, match, site_imprint
from crawler.page import READER, Candidate, Extracted, Job
from crawler.reservations import in_headers, in_metas, in_signals, noindex
from crawler.resolve import BlockedAddressError, Resolver, UnknownHostError
from crawler.select import choose, from_addresses
from crawler.sitemap import MAX_SITEMAP_BYTES, parse
from crawler.threads import apart
from crawler.troubles import passing
from crawler.urls import canonical, host_of, key_of, origin_of, page_key, same_site
from crawler.verdict import Kept, parked
from crawler.wishes import RULE_BYTES, Access, Learnt, Wishes
from crawler.workers import Extractors

#: Answers after which a polite visitor leaves a site alone.
_GO_AWAY: Final = frozenset({"http_429", "http_503"})
#: After these another spelling of the address may still answer.
_TRY_ELSEWHERE: Final = frozenset({"dns", "dns_timeout", "connect", "tls", "certificate", "timeout"})
#: Requests that were never sent.
_UNSENT: Final = frozenset({"budget", "reserved"})
_FOLLOWED_FIRST: Final = 100.0
#: Others that visit a busy domain wait no longer than this for it.
_LONGEST_HOLD: Final = 30.0
_FILE_BYTES: Final = {**RULE_BYTES, "sitemap": MAX_SITEMAP_BYTES}


class Tools(msgspec.Struct, frozen=True):
    """What all visits of a crawl share."""

    config: CrawlConfig
    gate: Gate
    extractors: Extractors
    frontier: Frontier
    resolver: Resolver
    archive: WarcWriter | None = None
    opt_outs: OptOuts = OptOuts()


class _Listed(msgspec.Struct, frozen=True):
    """What a sitemap lists of its own site."""

    candidates: tuple[Candidate, ...]
    sitemaps: tuple[str, ...]


class Visit:
    """Visits one site; what it brings goes to the frontier at once, so that a visit can be cut short anywhere."""

    def __init__(
        self, due: Due, urls: Sequence[str], tools: Tools, fetcher: Fetcher, guests: Sequence[Address]
    ) -> None:
        """Take the site, the spellings of its address to try, and whose site it may be, if that was only guessed."""
        self._site = due.site
        self._urls = urls
        self._config = tools.config
        self._tools = tools
        self._fetcher = fetcher
        self._guests = guests
        self._progress = tools.frontier.begin(due)
        self._wishes = Wishes(self._config.agent, self._progress.rules, self._request, self._keep_rules)
        self._reader = f"{READER}:{self._config.max_text_chars}"
        self._earlier = self._unchangeable()
        self._over = False
        self._domains: dict[str, str] = {}
        self.trouble = ""
        self.wished: float | None = None

    @property
    def number(self) -> int:
        """How many visits the site has had, this one included."""
        return self._progress.visit

    @property
    def tries(self) -> int:
        """How often this visit was put off so far."""
        return self._progress.tries

    async def run(self) -> None:
        """Make the visit, or what is missing of it; `trouble` then says what may pass until a later try."""
        self._rest()
        if self._progress.candidates or self._progress.kept or self._progress.sitemap:
            await self._ask_rest_of_sitemap()
        else:
            await self._start()
        while not self._over and (choice := self._next()) is not None:
            await self._visit_page(choice.url, choice.kind)

    def _rest(self) -> None:
        """Keep the pause behind the last request of a visit that was cut short: it may just have been sent."""
        if self._progress.is_cut:
            for url in filter(None, (self._progress.last, *self._urls[:1])):
                self._tools.gate.hold(self._domain(host_of(url)), self._pause(url))

    def _next(self) -> Candidate | None:
        progress = self._progress
        room = min(
            self._config.pages_per_company - len(progress.kept),
            self._config.requests_per_company - progress.requests,
        )
        kinds = [page.kind for page in progress.kept]
        if self._guests and room >= 1 and not self._is_confirmed():
            return self._impressum()
        return choose(self._left(), kinds, room)

    def _left(self) -> list[Candidate]:
        """Return the pages not tried yet."""
        done = self._progress.done
        return [candidate for key, candidate in self._progress.candidates.items() if key not in done]

    def _is_confirmed(self) -> bool:
        return any(page.kind == "impressum" for page in self._progress.kept)

    def _impressum(self) -> Candidate | None:
        """Return the page that tells whose the site is; without one the site remains a guess, and is left alone."""
        found = max((one for one in self._left() if one.kind == "impressum"), key=lambda one: one.score, default=None)
        if found is None:
            self._leave_to_others("it has no Impressum that names the company")
        return found

    def _leave_to_others(self, why: str) -> None:
        self._over = True
        self._note(Fetch(url=self._base(), kind="home", reason="foreign", detail=why))

    async def _start(self) -> None:
        """Find the address that answers, by its robots.txt, and visit the home page there."""
        troubles = [] if self._urls else ["connect"]
        for url in self._urls:
            access = await self._wishes.robots(origin_of(url))
            if access.trouble not in _TRY_ELSEWHERE:
                await self._visit_page(_front_door(url, access), "home")
                return
            troubles.append(access.trouble)
        # One that may pass counts, whatever became of spellings that hardly any site has.
        for trouble in troubles:
            self._put_off(trouble)

    async def _visit_page(self, url: str, kind: str) -> None:
        """Fetch a page through its redirects and keep what it brings."""
        chain = {url}
        self._progress.done.add(page_key(url))
        for _ in range(self._config.max_redirects + 1):
            if await self._is_hindered(url, kind):
                return
            answer = await self._request(url, kind)
            if answer.reason != "redirect":
                await self._take(answer, kind)
                return
            previous, url = url, canonical(answer.location)
            problem = self._problem(url, chain)
            # A visit cut short here goes on behind the redirect.
            onward = [] if problem else [Candidate(url, kind, _FOLLOWED_FIRST, REDIRECT)]
            self._tools.frontier.save(self._site, self.number, _fetch_of(answer, kind), None, onward)
            if problem:
                self._note(Fetch(url=url or previous, kind=kind, reason=problem))
                return
            chain.add(url)
            self._progress.done.add(page_key(url))
        self._note(Fetch(url=url, kind=kind, reason="redirect_loop"))

    def _problem(self, url: str, chain: set[str]) -> str:
        """Return why a redirect is not followed, or ""; one that only changes scheme or "www." is."""
        if not url:
            return "bad_url"
        if url in chain:
            return "redirect_loop"
        return "duplicate" if page_key(url) in self._progress.done - {page_key(passed) for passed in chain} else ""

    async def _is_hindered(self, url: str, kind: str) -> bool:
        """Say whether a page must be left alone; why is recorded."""
        home = self._domain(host_of(url))
        if kind != "home" and not same_site(url, self._base()):
            return self._note(Fetch(url=url, kind=kind, reason="off_site"))
        if home in PLATFORMS and registrable(self._site) != home:
            return self._note(Fetch(url=url, kind=kind, reason="moved", detail=f"leads to a page on {home}"))
        if listed := self._tools.opt_outs.holds(host_of(url)):
            self._enter(url, f"opt_out_file: {listed}", "obeyed")
            return self._note(Fetch(url=url, kind=kind, reason="reserved", detail=listed))
        access = await self._wishes.robots(origin_of(url))
        is_slow = access.rules.delay > self._config.max_crawl_delay_seconds
        self._over = self._over or is_slow
        if is_slow and kind != "home":
            return True
        if not access.rules.allows(url):
            if kind == "home":
                self._put_off(access.trouble)
            return self._note(Fetch(url=url, kind=kind, reason=access.trouble or "robots", detail=access.words))
        return await self._is_reserved(url, kind)

    async def _is_reserved(self, url: str, kind: str) -> bool:
        """Say whether an opt-out that holds before a page is asked for forbids it; why is recorded."""
        access = await self._wishes.reservations(origin_of(url))
        found = access.reservation(url)
        self._enter(url, found)
        if not found or self._config.tdm != "strict":
            return False
        self._over = self._over or bool(in_signals(access.rules.signals))
        return self._note(Fetch(url=url, kind=kind, reason="reserved", detail=found))

    async def _request(self, url: str, kind: str) -> Answer:
        """Send one request when the site's turn has come; whoever asks records the answer with what follows from it."""
        if self._progress.requests >= self._config.requests_per_company:
            self._over = True
            return Answer(url=url, reason="budget")
        if self._tools.opt_outs.holds(host_of(url)):
            return Answer(url=url, reason="reserved")
        answer = await self._send(url, kind)
        # Spellings of the address that no server answers cost nothing, as long as none has answered.
        self._progress.requests += answer.reason not in UNREACHED or bool(self._progress.kept)
        if passing(answer.reason):
            await self._heed(answer, kind)
        return answer

    async def _heed(self, answer: Answer, kind: str) -> None:
        """Take a passing trouble: a site that is busy is left alone, also by whoever else visits its domain."""
        wait = retry_after(answer, time.time())
        if wait is not None:
            self.wished = max(self.wished or 0.0, wait)
            self._tools.gate.hold(self._domain(host_of(answer.url)), min(wait, _LONGEST_HOLD))
        if answer.reason in _GO_AWAY or kind == "home":
            self._put_off(answer.reason)

    def _put_off(self, trouble: str) -> None:
        """End this try for a trouble that may pass."""
        if passing(trouble):
            self.trouble = trouble
            self._over = True

    async def _send(self, url: str, kind: str) -> Answer:
        host = host_of(url)
        async with self._tools.gate.turn(self._domain(host), await self._address(host), self._pause(url)) as turn:
            # Killed from here on, the crawl repeats this request and no other.
            self._tools.frontier.settle(self._site)
            if kind in _FILE_BYTES:
                answer = await self._fetcher.file(url, _FILE_BYTES[kind])
            else:
                answer = await self._fetcher.page(url, self._earlier.get(url))
            turn.counts = answer.reason not in UNREACHED
        if self._tools.archive is not None and answer.status is not None:
            await apart(answer.wire, partial(self._tools.archive.write, answer))
        return answer

    def _pause(self, url: str) -> float:
        """Return the pause that we owe a host: our own, or what it wishes."""
        wished = self._wishes.known(origin_of(url)).rules.delay
        return max(self._config.delay_seconds, min(wished, self._config.max_crawl_delay_seconds))

    def _domain(self, host: str) -> str:
        """Return the registrable domain of a host, which all requests of a visit have in common as a rule."""
        if host not in self._domains:
            self._domains[host] = registrable(host)
        return self._domains[host]

    async def _address(self, host: str) -> str:
        """Return the address that requests to a host go to, "" if there is none to be had."""
        try:
            return (await self._tools.resolver.targets(host))[0].address
        except (UnknownHostError, BlockedAddressError):
            return ""

    async def _take(self, answer: Answer, kind: str) -> None:
        """Record what a page came to, with its text and links if it has any."""
        if answer.reason == "unchanged":
            self._repeat(answer, kind)
        elif answer.reason != "ok":
            self._note(_fetch_of(answer, kind))
        else:
            content_type = next(iter(answer.headers.get("content-type", ())), "")
            config = self._config
            job = Job(answer.body, content_type, answer.url, config.max_text_chars, config.languages)
            await self._keep(answer, kind, await self._tools.extractors.extract(job))

    def _repeat(self, answer: Answer, kind: str) -> None:
        """Let the page as an earlier visit found it stand, and follow where that visit went."""
        if reserved := in_headers(answer.headers, self._config.agent):
            self._enter(answer.url, reserved)
            if self._config.tdm == "strict":
                self._note(msgspec.structs.replace(_fetch_of(answer, kind), reason="reserved", detail=reserved))
                return
        found = _again(self._tools.frontier.kept_before(self._site, self.number)) if kind == "home" else []
        text, language = self._tools.frontier.repeat(self._site, self.number, _fetch_of(answer, kind), found)
        self._progress.kept.append(Kept(kind, answer.url, language))
        self._progress.texts.add(text)
        self._know({page_key(candidate.url): candidate for candidate in found})

    async def _keep(self, answer: Answer, kind: str, read: Extracted) -> None:
        reason, detail = self._outcome(answer, kind, read)
        found = self._found(read) if reason in LEADING else {}
        new = [candidate for key, candidate in found.items() if key not in self._progress.candidates]
        page = self._page(answer, kind, read) if reason == "ok" else None
        fetch = msgspec.structs.replace(_fetch_of(answer, kind), reason=reason, detail=detail)
        if page is not None:
            self._check_owner(page, read)
        self._tools.frontier.save(self._site, self.number, fetch, page, new)
        self._remember(page, read, found)
        if kind == "home" and reason in LEADING:
            await self._ask_sitemap(answer.url, len(found))

    def _page(self, answer: Answer, kind: str, read: Extracted) -> Page:
        state = validators(answer)
        return Page(
            url=answer.url,
            kind=kind,
            title=read.title,
            description=read.description,
            language=read.language,
            text=read.text,
            headings=read.headings,
            etag=state.etag,
            modified=state.modified,
            reader=self._reader,
            organisations=read.organisations,
        )

    def _remember(self, page: Page | None, read: Extracted, found: dict[str, Candidate]) -> None:
        if page is not None:
            self._progress.kept.append(Kept(page.kind, page.url, page.language))
            self._progress.texts.add(page.text)
        if read.canonical and page is not None:
            self._progress.done.add(page_key(read.canonical))
        self._know(found)

    def _know(self, found: Mapping[str, Candidate]) -> None:
        for key, candidate in found.items():
            self._progress.candidates.setdefault(key, candidate)

    def _check_owner(self, page: Page, read: Extracted) -> None:
        """End the visit of a guessed site whose Impressum names somebody else."""
        if page.kind == "impressum" and self._guests:
            imprint = site_imprint([SitePage("impressum", page.text)], read.organisations)
            matches = [match(guest, imprint, self._site, "") for guest in self._guests]
            if not any(found.ownership is Ownership.OWN for found in matches):
                self._leave_to_others(matches[0].evidence.en)

    def _outcome(self, answer: Answer, kind: str, read: Extracted) -> tuple[str, str]:
        """Return (reason, evidence) of a page that was received and read."""
        if read.failure:
            return read.failure, ""
        reserved = self._reservation_of(answer, read)
        if reserved and self._config.tdm == "strict":
            self._over = self._over or kind == "home"
            return "reserved", reserved
        if kind == "home" and (evidence := parked(read.title, read.text, answer.url)):
            self._over = True
            return "parked", evidence
        if read.state or not read.text:
            return read.state or "empty", read.evidence
        noted = reserved or self._wishes.known(origin_of(answer.url)).reservation(answer.url)
        notes = {"opt-out noted, ": noted, "certificate not valid: ": answer.certificate}
        note = "; ".join(f"{words}{what}" for words, what in notes.items() if what)
        return ("duplicate", "") if read.text in self._progress.texts else ("ok", note)

    def _reservation_of(self, answer: Answer, read: Extracted) -> str:
        """Return what header or meta elements of a page reserve, and enter it into the ledger."""
        agent = self._config.agent
        found = in_headers(answer.headers, agent) or in_metas(read.metas, agent)
        self._enter(answer.url, found)
        self._enter(answer.url, noindex(answer.headers, read.metas, agent), "information")
        return found

    def _enter(self, url: str, found: str, effect: str = "") -> None:
        """Write a reservation ("source: rule") into the ledger."""
        if not found:
            return
        source, _, rule = found.partition(": ")
        effect = effect or ("obeyed" if self._config.tdm == "strict" else "recorded")
        entry = Reservation(url=url, source=source.rpartition("/")[2], rule=rule, effect=effect)
        self._tools.frontier.reserve(self._site, entry, _now())

    def _found(self, read: Extracted) -> dict[str, Candidate]:
        found: dict[str, Candidate] = {}
        for candidate in read.candidates:
            if (key := key_of(candidate.url)) not in self._progress.done:
                found.setdefault(key, candidate)
        return found

    async def _ask_sitemap(self, home: str, links: int) -> None:
        """Look for pages in the sitemap if the home page leads to few; an index leads to one more file at most."""
        if links >= self._config.sitemap_below_links or self._progress.sitemap_asked or self._over:
            return
        named = self._wishes.known(origin_of(home)).rules.sitemaps
        urls = [url for url in named if same_site(url, home)] or [f"{origin_of(home)}/sitemap.xml"]
        for onward in await self._read_sitemap(urls[0], home, further=1):
            await self._read_sitemap(onward.url, home, further=0)

    async def _ask_rest_of_sitemap(self) -> None:
        """Go on with the sitemap if a visit was cut short amid it, or before it."""
        if self._progress.sitemap:
            await self._read_sitemap(self._progress.sitemap, self._base(), further=0)
        elif self._progress.home:
            await self._ask_sitemap(self._progress.home, len(self._left()))

    async def _read_sitemap(self, url: str, home: str, further: int) -> list[Candidate]:
        """Read one file and keep the pages that it lists; return which files it leads to, `further` at most."""
        self._progress.sitemap_asked = True
        access = await self._wishes.robots(origin_of(url))
        if not access.rules.allows(url):
            return []
        answer = await self._request(url, "sitemap")
        listed = await apart(answer.body, partial(_listed, answer.body, home, self._config.languages))
        onward = [Candidate(each, "sitemap", 0.0, "index") for each in listed.sitemaps[:further]]
        if answer.reason not in _UNSENT:
            found = [*onward, *listed.candidates]
            self._tools.frontier.save(self._site, self.number, _fetch_of(answer, "sitemap"), None, found)
        self._know({page_key(candidate.url): candidate for candidate in listed.candidates})
        return onward

    def _unchangeable(self) -> Mapping[str, Validators]:
        """Return by URL what the server calls the pages that an earlier visit kept, unless they are to be read anew."""
        frontier = self._tools.frontier
        if self.number == 1:
            return {}
        if self._config.tdm == "strict" and frontier.recorded_only(self._site):
            return {}
        return frontier.earlier(self._site, self.number, self._reader)

    def _base(self) -> str:
        """Return an address on the host that the home page was found on."""
        kept = [page.url for page in self._progress.kept]
        known = [candidate.url for candidate in self._progress.candidates.values()]
        return next(iter([*kept, *known, *self._urls]), "")

    def _keep_rules(self, learnt: Learnt) -> None:
        answer = learnt.answer
        fetch = _fetch_of(answer, learnt.kind) if answer is not None and answer.reason not in _UNSENT else None
        self._tools.frontier.save_rules(self._site, self.number, learnt.rules, fetch)

    def _note(self, fetch: Fetch) -> Literal[True]:
        noted = fetch if fetch.at else msgspec.structs.replace(fetch, at=_now())
        self._tools.frontier.save(self._site, self.number, noted)
        return True


def _listed(body: bytes, home: str, languages: Sequence[str]) -> _Listed:
    sitemap = parse(body)
    found = tuple(from_addresses(sitemap.urls, home, languages))
    return _Listed(found, tuple(url for url in sitemap.sitemaps if same_site(url, home)))


def _again(kept: Sequence[Kept]) -> list[Candidate]:
    """Return the pages that an earlier visit kept as candidates, in the order of that visit."""
    return [
        Candidate(page.url, page.kind, _FOLLOWED_FIRST - place, "kept by an earlier visit")
        for place, page in enumerate(kept)
        if page.kind != "home"
    ]


def _front_door(url: str, access: Access) -> str:
    """Return where to look for the home page: where robots.txt was found, if that is the same domain's."""
    moved = access.found_at and access.found_at != origin_of(url)
    if moved and url == f"{origin_of(url)}/" and registrable(host_of(access.found_at)) == registrable(host_of(url)):
        return f"{access.found_at}/"
    return url


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


def _now() -> int:
    return int(time.time() * 1_000_000)
