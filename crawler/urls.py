"""URLs of one site: one spelling for one page, and which ones are traps."""

import re
from collections.abc import Container
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from crawler.address import ascii_host, bare

_MAX_URL: Final = 300
_MAX_DEPTH: Final = 6
_MAX_PARAMETERS: Final = 2
_MAX_REPEATS: Final = 2
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_SAFE_PATH: Final = "/%:@!$&'()*+,;=~-._"
# The origin and the host of nearly every address, found without taking all of it apart.
_PLAIN: Final = re.compile(r"(https?://([a-z0-9.-]+)(?::[0-9]{1,5})?)(?=/)", re.ASCII)
# Parameters that name the visitor or the way he came, never the page.
_VISITOR: Final = re.compile(
    r"(utm|hsa|pk|mtm|piwik|matomo)_\w+|gclid|gbraid|wbraid|dclid|fbclid|msclkid|yclid|twclid|ttclid|li_fat_id|igshid|srsltid"
    r"|mc_[ce]id|_ga|_gl|_hsenc|_hsmi|mkt_tok|phpsessid|jsessionid|aspsessionid\w*|sid|sess(ion)?(_?id)?|sessid|oscsid|zenid"
    r"|xtcsid|cfid|cftoken|fe_typo_user|force_sid|ref|referr?er|no_?cache|nc|_|ts|timestamp|cb|cachebuster|random|rnd",
    re.IGNORECASE,
)
# Values that no person chose: session ids go by any name.
_SESSION_VALUE: Final = re.compile(r"[0-9a-f]{32}|[0-9a-f]{40}", re.IGNORECASE)
_KEYS: Final = frozenset({"chash", "hash", "id", "uid"})
_SESSION_IN_PATH: Final = re.compile(r";(jsessionid|sid|phpsessid)=[^/?#]*|/\(S\([0-9a-z]{20,}\)\)(?=/)", re.IGNORECASE)
_ESCAPED_DOT: Final = re.compile(r"%2e", re.IGNORECASE)
_INDEX: Final = re.compile(r"/(index|default|home|start|startseite)\.(html?|php\d?|aspx?|jsp|shtml)$", re.IGNORECASE)
_NO_PAGE: Final = re.compile(
    r"\.(pdf|jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|mp[34]|m4[av]|avi|mov|wmv|webm|ogg|wav|zip|rar|7z|gz|tar|exe|msi|dmg"
    r"|apk|docx?|xlsx?|pptx?|od[tsp]|csv|xml|rss|atom|json|js|css|txt|vcf|ics|eps|ai|psd|dwg|dxf|stp|step|igs)$",
    re.IGNORECASE,
)
_DATED: Final = re.compile(r"/(19|20)\d\d[/-](0?[1-9]|1[0-2])(/|-|$)")
_PAGED: Final = re.compile(r"/(page|seite|p)[/-]?\d{1,3}/?$", re.IGNORECASE)
# Parameters that order, cut or date what other addresses show as well, or that do something.
_FACET: Final = re.compile(
    r"(filters?|facets?|sort|order|tribe|price|preis|attributes?|refine)([_.-][\w.-]+)?|(f|pa|min|max)[_.-][\w.-]+"
    r"|(sort|order)_?(by|dir|order|direction)|dir|direction|limit|per_?page|layout|mode|ansicht|colou?r|farbe|size|groesse"
    r"|brand|marke|hersteller|rating|year|month|week|day|date|jahr|monat|woche|tag|datum|from|to|von|bis|start|offset"
    r"|paged?|seite|pg|calendar|time|replytocom|share|print|drucken|pdf|format|add[-_]to[-_]\w+|action|do|cmd|task"
    r"|(redirect|return|back)(_?(to|url))?|q|s|search|suche|query|keywords?|compare|wishlist|remove"
    r"|tx_\w*(cal|date|year|month|page)\w*",
    re.IGNORECASE,
)
# Systems whose pages have no other address than such parameters, whatever their number.
_SYSTEM: Final = frozenset(
    {"id", "l", "lang", "language", "locale", "option", "view", "itemid", "catid", "page_id", "type"}
)
# Small home-made sites call their pages so: "?seite=leistungen".
_NAMING: Final = frozenset({"page", "seite", "s", "do", "action", "cmd", "mode", "pg"})
_WORDY: Final = re.compile(r"[a-zäöüß_-]{3,}", re.IGNORECASE)
_LANGUAGE_PARAMETER: Final = re.compile(
    r"(?:^|&)(?:lang|language|locale|sprache|hl)=([a-z]{2})(?:[-_&]|$)", re.IGNORECASE
)
_LANGUAGE_FIRST: Final = re.compile(r"/([a-z]{2})(?:[-_][a-z]{2})?(?:/|$)", re.IGNORECASE)
_LANGUAGE_LAST: Final = re.compile(r"[-_.]([a-z]{2})(?:\.(?:html?|php|aspx?))+$", re.IGNORECASE)


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
    path = quote(flat(_SESSION_IN_PATH.sub("", split.path)) or "/", safe=_SAFE_PATH)
    return urlunsplit((split.scheme, netloc, path, _query(split.query), ""))


def flat(path: str) -> str:
    """Return a path without "." and ".." (RFC 3986, 5.2.4), also escaped ones, which servers take for the same."""
    path = _ESCAPED_DOT.sub(".", path)
    if "/." not in path:
        return path
    root, *segments = path.split("/")
    kept: list[str] = []
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    folder = [""] if segments[-1] in {".", ".."} else []
    return "/".join([root, *kept, *folder])


def page_key(url: str) -> str:
    """Return what two addresses of one page share: no scheme, no "www.", no index file, no final slash, no order."""
    return key_of(canonical(url))


def key_of(url: str) -> str:
    """Return the same as `page_key` for a URL that is already in its one spelling."""
    split = urlsplit(url)
    path = _INDEX.sub("/", split.path).rstrip("/")
    return f"{bare(split.netloc)}{path}" + (f"?{'&'.join(sorted(split.query.split('&')))}" if split.query else "")


def is_start(url: str) -> bool:
    """Say whether a URL is where a site begins: its root or the root of one language."""
    split = urlsplit(url)
    path = _INDEX.sub("/", split.path or "/")
    return path == "/" or bool(_LANGUAGE_FIRST.fullmatch(path))


def language_in(url: str, codes: Container[str]) -> str:
    """Return the language that a URL names in its query, its first folder or before its file type, "" if none does."""
    split = urlsplit(url)
    found = (
        _LANGUAGE_PARAMETER.search(split.query),
        _LANGUAGE_FIRST.match(split.path),
        _LANGUAGE_LAST.search(split.path),
    )
    return next((match[1].lower() for match in found if match and match[1].lower() in codes), "")


def host_of(url: str) -> str:
    """Return the host of a URL, "" if it has none."""
    if match := _PLAIN.match(url):
        return match[2]
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL: what one robots.txt speaks for."""
    if match := _PLAIN.match(url):
        return match[1]
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc}"


def same_site(url: str, other: str) -> bool:
    """Say whether two URLs lie on one host, "www." aside."""
    return bare(host_of(url)) == bare(host_of(other))


def is_trap(url: str) -> bool:
    """Say whether a URL is no page of text or looks like one of endlessly many.

    Those are calendars, filters, searches, pages of lists, and folders that repeat within themselves.
    """
    split = urlsplit(url)
    segments = [segment for segment in split.path.split("/") if segment]
    repeated = any(segments.count(segment) > _MAX_REPEATS for segment in segments)
    too_long = len(url) > _MAX_URL or len(segments) > _MAX_DEPTH
    patterns = (_NO_PAGE, _DATED, _PAGED)
    return too_long or repeated or any(each.search(split.path) for each in patterns) or _is_facet(split.query)


def _is_facet(query: str) -> bool:
    """Say whether a query picks from a list rather than names a page; "?page=about" names one, "?page=2" does not."""
    pairs = [part.partition("=")[::2] for part in query.split("&") if part]
    names = [unquote(name).partition("[")[0].lower() for name, _ in pairs]
    if sum(name not in _SYSTEM for name in names) > _MAX_PARAMETERS or len(names) > 2 * _MAX_PARAMETERS + 1:
        return True
    return any(
        _FACET.fullmatch(name) and not (name in _NAMING and _WORDY.fullmatch(unquote(value)))
        for name, (_, value) in zip(names, pairs, strict=True)
    )


def _names_visitor(name: str, value: str) -> bool:
    return bool(_VISITOR.fullmatch(name) or (_SESSION_VALUE.fullmatch(value) and name.lower() not in _KEYS))


def _query(query: str) -> str:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return query[:_MAX_URL]
    kept = [(name, value) for name, value in pairs if not _names_visitor(name, value)]
    if len(kept) == len(pairs):
        return quote(query, safe="/%:@!$&'()*+,;=~-._?")
    return urlencode(kept)
