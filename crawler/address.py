"""A website as a user writes it to the site that it names and the address to start from."""

import re
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

import idna
from tldextract import TLDExtract

#: Pages of a company on these belong to the platform: crawling them would give every such company the same text.
PLATFORMS: Final = frozenset(
    {
        "facebook.com",
        "gelbeseiten.de",
        "google.com",
        "google.de",
        "herold.at",
        "instagram.com",
        "kununu.com",
        "linkedin.com",
        "northdata.de",
        "tiktok.com",
        "twitter.com",
        "wikipedia.org",
        "x.com",
        "xing.com",
        "youtube.com",
    }
)

# The bundled suffix list, read once: nothing is fetched and nothing is written to disk. "example" and "test" are
# reserved by RFC 2606, so names below them are safe in demos and never belong to anybody.
_SUFFIXES: Final = TLDExtract(cache_dir=None, suffix_list_urls=(), extra_suffixes=("example", "test"))

_SCHEME: Final = re.compile(r"^(https?)\s*[:;]*[/\\]+", re.IGNORECASE)
_FOREIGN_SCHEME: Final = re.compile(r"^[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
_SEPARATORS: Final = re.compile(r"[\s,;|<>\"']+")
_LABEL: Final = re.compile(r"^(?!-)[a-z0-9_-]{1,63}(?<!-)$")
_MAX_CELL: Final = 2_000
_PORTS: Final = {"http": 80, "https": 443}


def site_of(website: str) -> tuple[str, str] | None:
    """Return (site, url) of a website cell such as "www.Foo.de/", or None when it holds no public web address.

    The site is the host in ASCII without "www."; the url starts with https where the cell gives no scheme. Of several
    addresses in a cell the first usable one counts. Addresses of numbers, with user names or with unusual ports are
    refused, and so are pages on platforms that are not the company's own.
    """
    cell = re.sub(r"(?i)\b(https?)\s*[:;]\s*[/\\]{1,2}\s*", r"\1://", website[:_MAX_CELL].strip())
    found = (_parse(part) for part in _SEPARATORS.split(cell) if part)
    return next((address for address in found if address), None)


def registrable(host: str) -> str:
    """Return the registrable domain of a host ("shop.foo.co.uk" -> "foo.co.uk"), the host itself if it has none."""
    return _SUFFIXES(host).top_domain_under_public_suffix or host


def bare(host: str) -> str:
    """Return the host without "www.", unless that is the domain itself ("www.de")."""
    return host.removeprefix("www.") if host.count(".") > 1 else host


def ascii_host(host: str) -> str | None:
    """Return a host name in lower-case ASCII (IDNA 2008 with the mapping of UTS 46), or None when it is no name."""
    host = host.strip().strip(".").lower()
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except idna.IDNAError:
            return None
    return host if len(host) <= 253 and all(_LABEL.match(label) for label in host.split(".")) else None  # noqa: PLR2004 - RFC 1035


def _parse(part: str) -> tuple[str, str] | None:
    scheme, rest = _scheme(part.strip("()[]{}."))
    if scheme is None or "@" in rest.split("/", 1)[0]:
        return None
    try:
        split = urlsplit(f"{scheme}://{rest}")
        port = split.port
    except ValueError:
        return None
    if port not in {None, _PORTS[scheme]}:
        return None
    return _address(split)


def _scheme(part: str) -> tuple[str | None, str]:
    if match := _SCHEME.match(part):
        return match[1].lower(), part[match.end() :].lstrip("/\\")
    return (None, part) if _FOREIGN_SCHEME.match(part) else ("https", part.lstrip("/\\"))


def _address(split: SplitResult) -> tuple[str, str] | None:
    host = ascii_host(split.hostname or "")
    if host is None or not _is_public(host):
        return None
    path = quote(split.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = f"?{quote(split.query, safe='/%:@!$&()*+,;=~-._?')}" if split.query else ""
    return bare(host), f"{split.scheme}://{host}{path}{query}"


def _is_public(host: str) -> bool:
    parts = _SUFFIXES(host)
    return bool(parts.domain and parts.suffix) and parts.top_domain_under_public_suffix not in PLATFORMS
