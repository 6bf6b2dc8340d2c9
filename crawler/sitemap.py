"""Addresses in a sitemap (sitemaps.org, protocol 0.9) or in an index of sitemaps; pure.

The file is scanned for its tags and not parsed as XML: no entity is ever expanded, so bombs are just text, and files
with undeclared prefixes, wrong encodings or a missing end, which parsers refuse, are read as far as they go.
"""

import html
import re
import zlib
from collections.abc import Iterator
from typing import Final

import msgspec

from crawler.decode import decode

#: What is read of a sitemap after decompression: a few thousand addresses, more than a visit can use.
MAX_SITEMAP_BYTES: Final = 1_000_000

_GZIP: Final = b"\x1f\x8b"
_WBITS_GZIP: Final = 31
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
# Prefixes of pictures and films are left out: what they locate is no page.
_TAG: Final = re.compile(
    r"<(?:(?!image:|video:)[\w-]{1,40}:)?(sitemap|url|loc)(?:\s[^<>]*)?>([^<]{0,3000})", re.IGNORECASE
)
_CDATA: Final = re.compile(r"<!\[CDATA\[([^<]{0,3000}?)\]\]>")
_LINE: Final = re.compile(r"^https?://\S{1,2000}(?=[ \t\r]*$)", re.IGNORECASE | re.MULTILINE)
_ENCODING: Final = re.compile(rb"^\s*<\?xml[^<>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{1,40})", re.IGNORECASE)
_MAX_SITEMAPS: Final = 50


class Sitemap(msgspec.Struct, frozen=True):
    """The pages that a sitemap lists, in its order, and further sitemaps that an index names; not yet checked."""

    urls: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()


def parse(body: bytes, max_urls: int = 2_000) -> Sitemap:
    """Return what a sitemap lists, also a compressed one or one of plain lines; nothing for anything else."""
    text = _text(_unpacked(body))
    if "<" not in text[:1_000]:
        return Sitemap(urls=tuple(dict.fromkeys(_LINE.findall(text)))[:max_urls])
    found = list(_located(_CDATA.sub(lambda match: html.escape(match[1]), _COMMENT.sub("", text))))
    urls = dict.fromkeys(url for inside, url in found if inside == "url")
    sitemaps = dict.fromkeys(url for inside, url in found if inside == "sitemap")
    return Sitemap(tuple(urls)[:max_urls], tuple(sitemaps)[:_MAX_SITEMAPS])


def _unpacked(body: bytes) -> bytes:
    if not body.startswith(_GZIP):
        return body[:MAX_SITEMAP_BYTES]
    try:
        return zlib.decompressobj(_WBITS_GZIP).decompress(body, MAX_SITEMAP_BYTES)
    except zlib.error:
        return b""


def _text(body: bytes) -> str:
    declared = _ENCODING.match(body)
    return decode(body, f"application/xml; charset={declared[1].decode('ascii')}" if declared else "")


def _located(text: str) -> Iterator[tuple[str, str]]:
    """Yield (element that an address stands in, address)."""
    inside = "url"
    for match in _TAG.finditer(text):
        name = match[1].lower()
        if name != "loc":
            inside = name
        elif address := html.unescape(match[2]).strip():
            yield inside, address
