"""How websites are visited: politeness, limits and safety."""

from typing import Annotated, Literal

import msgspec

Seconds = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]


class CrawlConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[crawl]` of the configuration; every default is also stated in `configs/default.toml`."""

    #: Product token of the User-Agent header and of robots.txt groups: letters, "-" and "_" only (RFC 9309).
    agent: Annotated[str, msgspec.Meta(pattern="^[A-Za-z_-]+$")] = "PotenzialBot"
    #: Page or e-mail address that site owners can turn to; goes into the User-Agent header.
    contact: str = ""
    #: Pages kept for one company, the home page included.
    pages_per_company: Count = 5
    #: Requests made for one company at most, robots.txt and redirects included; after a kill these two count anew.
    requests_per_company: Count = 12
    #: Hosts visited at the same time.
    concurrency: Count = 64
    #: Pause between two requests to one host, before jitter; the site's Crawl-delay raises it.
    delay_seconds: Annotated[float, msgspec.Meta(ge=0)] = 1.0
    #: Crawl-delay above this: the home page only.
    max_crawl_delay_seconds: Annotated[float, msgspec.Meta(ge=0)] = 30.0
    #: Limit of one request, from connection to last byte.
    timeout_seconds: Seconds = 15.0
    #: Limit of one company, all requests and pauses together.
    company_seconds: Seconds = 180.0
    #: A page larger than this (after decompression) is cut off and recorded as too large.
    max_page_bytes: Count = 3_000_000
    #: Text kept of one page, in characters.
    max_text_chars: Count = 50_000
    #: Redirects followed for one page.
    max_redirects: Annotated[int, msgspec.Meta(ge=0)] = 5
    #: Processes that turn HTML into text; 0 means one per core.
    extract_workers: Annotated[int, msgspec.Meta(ge=0)] = 0
    #: A page whose extraction takes longer is recorded as failed and its worker replaced.
    extract_seconds: Seconds = 20.0
    #: Memory that one extraction process may take, in megabytes; a page that needs more is recorded as failed.
    extract_memory_mb: Annotated[int, msgspec.Meta(ge=256)] = 1_024
    #: Languages preferred when a site offers several, best first.
    languages: tuple[str, ...] = ("de", "en")
    #: Sites that gave text are visited again after this many days.
    refresh_days: Count = 90
    #: Sites that failed are tried again after this many days.
    retry_days: Count = 7
    #: Tests and the demo only: allow requests to loopback addresses.
    allow_loopback: bool = False
    #: Tests and the demo only: file of "ADDRESS:PORT NAME" lines that replaces DNS; other names do not resolve.
    hosts_file: str = ""
    #: What to do with an opt-out from text and data mining: obey it, or only note it.
    tdm: Literal["strict", "record"] = "strict"
