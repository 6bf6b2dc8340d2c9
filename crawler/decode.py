"""Bytes of a page to characters: byte order mark, then HTTP header, then meta element, then a detector."""

import codecs
import re
from typing import Final

_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_HEADER: Final = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_META: Final = re.compile(rb"<meta[^<>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
# Names outside this list are not used: Python knows codecs of hostile cost ("punycode") and of no text ("hex").
_KNOWN: Final = re.compile(
    r"utf-?8|utf-?16(le|be)?|us-ascii|ascii|latin-?1|iso-?8859-?\d{1,2}|windows-?125\d|cp125\d|macintosh|koi8-[ru]"
    r"|gbk|gb2312|gb18030|big5|euc-(jp|kr)|shift[-_]jis"
)
_HEAD: Final = 4_096
_SAMPLE: Final = 65_536
_ASCII: Final = 127
_TELLING: Final = 30


def decode(body: bytes, content_type: str) -> str:
    """Return the text of a page; a declared charset that the bytes contradict gives way to the next source."""
    for bom, name in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(name, errors="replace")
    for name in [*_declared(body, content_type), "utf-8"]:
        try:
            return body.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return body.decode(_detected(body), errors="replace")


def _declared(body: bytes, content_type: str) -> list[str]:
    header = _HEADER.search(content_type)
    meta = _META.search(body[:_HEAD])
    names = [header[1] if header else "", meta[1].decode("ascii", "ignore") if meta else ""]
    # A page whose meta element could be read as ASCII is not UTF-16, whatever the element says.
    names[1] = "utf-8" if names[1].lower().startswith("utf-16") else names[1]
    return [_web_name(name.lower()) for name in names if _KNOWN.fullmatch(name.lower())]


def _web_name(name: str) -> str:
    """Return what browsers take a name for: Latin-1 and ASCII are read as Windows-1252 (WHATWG Encoding)."""
    latin = {"us-ascii", "ascii", "latin1", "latin-1", "iso-8859-1", "iso8859-1", "iso88591"}
    return "windows-1252" if name in latin else name


def _detected(body: bytes) -> str:
    # A detector guesses at random from a handful of umlauts, and Windows-1252 is by far the most frequent charset here.
    if sum(byte > _ASCII for byte in body[:_SAMPLE]) < _TELLING:
        return "windows-1252"
    from charset_normalizer import from_bytes

    best = from_bytes(body[:_SAMPLE]).best()
    return best.encoding if best else "windows-1252"
