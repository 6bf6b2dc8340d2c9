"""What is read out of one HTML page; light to import, since it crosses from worker processes."""

from typing import Final

import msgspec

#: Raise it when the same page is read otherwise: unchanged pages of earlier visits are then asked for anew.
READER: Final = 2


class Link(msgspec.Struct, frozen=True):
    """A link of a page: absolute URL, visible text (or title, or the picture's text) and where it comes from.

    `origin` is "a", "frame", "refresh" or "hreflang:" and a language code.
    """

    url: str
    text: str = ""
    origin: str = "a"


class Candidate(msgspec.Struct, frozen=True):
    """A page that could be fetched: what it seems to be, its score (higher is better) and why."""

    url: str
    kind: str
    score: float
    why: str


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says of the organisation behind it in JSON-LD; "" and None where it does not say."""

    name: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    vat_id: str = ""
    employees: int | None = None
    founded: int | None = None


class Extracted(msgspec.Struct, frozen=True, kw_only=True):
    """What one page holds; `language` is an ISO 639-1 code or None, `failure` "" or why nothing was read.

    `candidates` are the pages of the same site that it leads to, best first. `state` is "" or what the page is instead
    of one with content ("soft_404", "cookie_wall", "script_only"), with the words that show it in `evidence`.
    """

    text: str = ""
    title: str = ""
    description: str = ""
    language: str | None = None
    canonical: str = ""
    candidates: tuple[Candidate, ...] = ()
    headings: tuple[str, ...] = ()
    organisations: tuple[Organisation, ...] = ()
    state: str = ""
    evidence: str = ""
    metas: tuple[tuple[str, str], ...] = ()
    failure: str = ""


class Job(msgspec.Struct, frozen=True):
    """One page for a worker: the decompressed body, its Content-Type header, its URL, characters to keep.

    `languages` are the preferred ones, best first.
    """

    body: bytes
    content_type: str
    url: str
    max_text_chars: int
    languages: tuple[str, ...] = ("de", "en")
