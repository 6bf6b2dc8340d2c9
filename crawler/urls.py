"""URLs of one site: one spelling for one page, and which ones are traps."""

import re
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from crawler.address import ascii_host, bare

_MAX_URL: Final = 300
_MAX_DEPTH: Final = 6
_MAX_PARAMETERS: Final = 2
_MAX_REPEATS: Final = 2
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_SAFE_PATH: Final = "/%:@!$&'()*+,;=~-._"
# Parameters that name the visitor or the way he came, never the page.
_VISITOR: Final = re.compile(
    r"utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|_ga|phpsessid|jsessionid|aspsessionid\w*|sid|sessionid|session_id|oscsid"
    r"|xtcsid|cfid|cftoken|ref|referrer",
    re.IGNORECASE,
)
_SESSION_IN_PATH: Final = re.compile(r";(jsessionid|sid|phpsessid)=[^/?#]*", re.IGNORECASE)
_INDEX: Final = re.compile(r"/(index|default|home|start|startseite)\.(html?|php\d?|aspx?|jsp|shtml)$", re.IGNORECASE)
_NO_PAGE: Final = re.compile(
    r"\.(pdf|jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|mp[34]|m4[av]|avi|mov|wmv|webm|ogg|wav|zip|rar|7z|gz|tar|exe|msi|dmg"
    r"|apk|docx?|xlsx?|pptx?|od[tsp]|csv|xml|rss|atom|json|js|css|txt|vcf|ics|eps|ai|psd|dwg|dxf|stp|step|igs)$",
    re.IGNORECASE,
)
_DATED: Final = re.compile(r"/(19|20)\d\d[/-](0?[1-9]|1[0-2])(/|-|$)")


def canonical(url: str) -> str:
    """Return one spelling of a URL, without fragment, session, tracking and default port; "" if it is no address."""
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        return ""
    host = split.hostname or ""
    host = host if ":" in host else ascii_host(host) or ""
    if split.scheme not in _DEFAULT_PORTS or not host or "@" in split.netloc:
        return ""
    name = f"[{host}]" if ":" in host else host
    netloc = name if port in {None, _DEFAULT_PORTS[split.scheme]} else f"{name}:{port}"
    path = quote(_SESSION_IN_PATH.sub("", split.path) or "/", safe=_SAFE_PATH)
    return urlunsplit((split.scheme, netloc, path, _query(split.query), ""))


def page_key(url: str) -> str:
    """Return what two addresses of one page share: no scheme, no "www.", no index file, no final slash."""
    split = urlsplit(canonical(url))
    path = _INDEX.sub("/", split.path).rstrip("/")
    return f"{bare(split.netloc)}{path}" + (f"?{split.query}" if split.query else "")


def host_of(url: str) -> str:
    """Return the host of a URL, "" if it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL: what one robots.txt speaks for."""
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc}"


def same_site(url: str, other: str) -> bool:
    """Say whether two URLs lie on one host, "www." aside."""
    return bare(host_of(url)) == bare(host_of(other))


def is_trap(url: str) -> bool:
    """Say whether a URL is no page of text or looks like one of endlessly many: calendars, filters, nested repeats."""
    split = urlsplit(url)
    segments = [segment for segment in split.path.split("/") if segment]
    repeated = any(segments.count(segment) > _MAX_REPEATS for segment in segments)
    too_long = len(url) > _MAX_URL or len(segments) > _MAX_DEPTH or split.query.count("=") > _MAX_PARAMETERS
    return too_long or repeated or bool(_NO_PAGE.search(split.path) or _DATED.search(split.path))


def _query(query: str) -> str:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return query[:_MAX_URL]
    kept = [(name, value) for name, value in pairs if not _VISITOR.fullmatch(name)]
    if len(kept) == len(pairs):
        return quote(query, safe="/%:@!$&'()*+,;=~-._?")
    return urlencode(kept)
