"""How websites are visited: politeness, limits and safety."""

import ipaddress
from typing import Annotated, Final, Literal

import msgspec

Seconds = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]
#: Which visits a crawl makes: all that are due, or only those put off or made due again by `crawl.requeue`.
Visits = Literal["due", "failed"]

_MAX_PORT: Final = 65_535


class CrawlConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[crawl]` of the configuration; every default is also stated in `configs/default.toml`."""

    #: Product token of the User-Agent header and of robots.txt groups: letters, "-" and "_" only (RFC 9309).
    agent: Annotated[str, msgspec.Meta(pattern="^[A-Za-z_-]+$")] = "PotenzialBot"
    #: Page or e-mail address that site owners can turn to; goes into the User-Agent header.
    contact: str = ""
    #: Pages kept for one company, the home page included.
    pages_per_company: Count = 5
    #: Requests made for one company at most, robots.txt, redirects and sitemap included.
    requests_per_company: Count = 8
    #: Sites visited at the same time.
    concurrency: Count = 128
    #: Sites looked up and connected to at the same time before they are visited, so that dead ones hold up nobody.
    probes: Count = 128
    #: Limit of one connection attempt of such a probe.
    probe_seconds: Seconds = 5.0
    #: Requests sent at the same time to one address, which many small sites may share.
    requests_per_address: Count = 4
    #: Pause between two requests to one registrable domain, before jitter; slow answers and Crawl-delay raise it.
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
    #: The sitemap is asked for when the home page links to fewer pages than this; 0 means never.
    sitemap_below_links: Annotated[int, msgspec.Meta(ge=0)] = 3
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
    #: How often a visit that met a passing trouble (busy, failing or silent server) is taken up again in one run.
    retries: Annotated[int, msgspec.Meta(ge=0)] = 2
    #: Pause before the first of these, tripled each time; a Retry-After of the site takes its place.
    retry_seconds: Annotated[float, msgspec.Meta(ge=0)] = 30.0
    #: How long a crawl with nothing else to do waits for sites to be taken up again; later ones wait for the next run.
    patience_seconds: Annotated[float, msgspec.Meta(ge=0)] = 120.0
    #: Offer HTTP/2 to servers that speak it; it costs more computing time and wins nothing at one request at a time.
    http2: bool = False
    #: What to do when a certificate is not valid: leave the site alone, or try once more without checking it.
    certificates: Literal["verify", "second_try"] = "verify"
    #: Ports that may be connected to.
    ports: tuple[Annotated[int, msgspec.Meta(ge=1, le=65_535)], ...] = (80, 443)
    #: Name servers to ask, "ADDRESS" or "ADDRESS:PORT"; none means those of the system.
    dns_servers: tuple[str, ...] = ()
    #: File of domains, one a line, that are never visited and whose pages are deleted.
    opt_out_file: str = ""
    #: "warc" keeps every answer as it came in data/warc; that needs `retention_days`.
    archive: Literal["none", "warc"] = "none"
    #: Days that raw answers may be kept; 0 means not at all.
    retention_days: Annotated[int, msgspec.Meta(ge=0)] = 0
    #: Where pages come from: the web, or WARC files, which are read without any request.
    source: Literal["web", "warc"] = "web"
    #: WARC files to read with source "warc"; "*" stands for any part of a name.
    warc_files: tuple[str, ...] = ()
    #: Look for the websites of companies that name none, by their name and city; kept when the Impressum matches.
    guess_websites: bool = False
    #: Tests and the demo only: allow requests to loopback addresses.
    allow_loopback: bool = False
    #: Tests and the demo only: file of "ADDRESS:PORT NAME" lines that replaces DNS; other names do not resolve.
    hosts_file: str = ""
    #: What to do with an opt-out from text and data mining: obey it, or only note it.
    tdm: Literal["strict", "record"] = "strict"

    def __post_init__(self) -> None:
        """Refuse settings that contradict each other.

        Raises:
            ValueError: the message names the keys.
        """
        if self.archive == "warc" and not self.retention_days:
            raise ValueError('`archive` = "warc" keeps raw answers, so `retention_days` must say for how many days')
        if self.source == "warc" and not self.warc_files:
            raise ValueError('`source` = "warc" reads pages from files, so `warc_files` must name some')
        if wrong := [server for server in self.dns_servers if not _is_server(server)]:
            raise ValueError(f'`dns_servers` must hold "ADDRESS" or "ADDRESS:PORT", not {wrong[0][:80]!r}')
        if not self.languages:
            raise ValueError("`languages` must name at least one language")


def _is_server(text: str) -> bool:
    """Say whether a text is an address with or without a port; IPv6 with a port stands in brackets."""
    has_port = "]:" in text or text.count(":") == 1
    address, _, port = text.rpartition(":") if has_port else (text, "", "53")
    try:
        ipaddress.ip_address(address[1:-1] if address.startswith("[") and address.endswith("]") else address)
        return port.isascii() and port.isdecimal() and 0 < int(port) <= _MAX_PORT
    except ValueError:
        return False
