"""What is read out of one HTML page; light to import, since it crosses from worker processes."""

import msgspec


class Link(msgspec.Struct, frozen=True):
    """A link of a page: absolute URL, visible text (or title, or the picture's text) and where it comes from.

    `origin` is "a", "frame", "refresh" or "hreflang:" and a language code.
    """

    url: str
    text: str = ""
    origin: str = "a"


class Extracted(msgspec.Struct, frozen=True, kw_only=True):
    """Text and links of one page; `language` is an ISO 639-1 code or None, `failure` "" or why nothing was read."""

    text: str = ""
    title: str = ""
    description: str = ""
    language: str | None = None
    canonical: str = ""
    links: tuple[Link, ...] = ()
    metas: tuple[tuple[str, str], ...] = ()
    failure: str = ""


class Job(msgspec.Struct, frozen=True):
    """One page for a worker: the body as received, its Content-Type header, its URL, and characters to keep."""

    body: bytes
    content_type: str
    url: str
    max_text_chars: int
