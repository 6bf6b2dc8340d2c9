"""HTML to text, title, language and links; pure, and run in worker processes only."""

import re
import unicodedata
from collections.abc import Container, Iterator
from typing import Final
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.decode import decode
from crawler.nesting import hostile
from crawler.page import Extracted, Job, Link

# A main text of fewer characters is too short to stand for its page.
_SHORT: Final = 800
# A page with this many times the text of its main part is crowded: teasers, comments, lists of other pages.
_CROWDED: Final = 3.0
_MAX_LINKS: Final = 1_000
_MAX_URL: Final = 2_000
_MAX_LABEL: Final = 200
_MAX_META: Final = 1_000

_UNSEEN: Final = ["script", "style", "noscript", "template", "svg", "iframe", "object", "select", "button"]
_FURNITURE: Final = ["nav", "footer"]
_BLOCKS: Final = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body br caption dd details div dl dt fieldset figcaption figure footer form"
        " h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul",
    )
)
_BANNERS: Final = ", ".join(
    f"{tag}[{attribute}*='{word}' i]"
    for tag in ("div", "section", "aside", "dialog")
    for attribute in ("id", "class")
    for word in ("cookie", "consent")
)
_BANNER_CHARS: Final = 4_000
_REFRESH: Final = re.compile(r"^\s*[\d.]+\s*[;,]\s*(?:url\s*=)?\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
_LANGUAGE: Final = re.compile(r"^\s*([a-z]{2})(?:[-_]|\s*$)", re.IGNORECASE)
_STOPWORDS: Final = {
    "de": re.compile(r"\b(der|die|das|und|ist|nicht|mit|für|von|auf|ein|eine|wir|sie|ihre|unsere|bei|werden)\b"),
    "en": re.compile(r"\b(the|and|is|not|with|for|of|on|a|an|we|you|our|your|are|this|that|from)\b"),
    "fr": re.compile(r"\b(le|la|les|et|est|pas|avec|pour|de|sur|un|une|nous|vous|notre|votre|des|dans)\b"),
    "it": re.compile(r"\b(il|la|le|e|non|con|per|di|su|un|una|noi|voi|nostro|della|che|sono|dei)\b"),
}
_SURE: Final = 5
_SAMPLE: Final = 5_000


def extract(job: Job) -> Extracted:
    """Return text, title, description, language and links of a page; hostile pages come back with a failure."""
    html = decode(job.body, job.content_type)
    if job.content_type.partition(";")[0].strip().lower() == "text/plain":
        return Extracted(text=_tidy(html)[: job.max_text_chars], language=_guessed(html))
    if failure := hostile(html):
        return Extracted(failure=failure)
    return _from_html(html, job)


def _from_html(html: str, job: Job) -> Extracted:
    tree = LexborHTMLParser(html)
    base = _base(tree, job.url)
    links, metas, title = _links(tree, base), _metas(tree), _title(tree)
    canonical, declared = _canonical(tree, base), _declared_language(tree)
    text = _text(html, tree)[: job.max_text_chars]
    return Extracted(
        text=text,
        title=title,
        description=_description(metas),
        language=declared or _guessed(text),
        canonical=canonical,
        links=links,
        metas=metas,
    )


def _text(html: str, tree: LexborHTMLParser) -> str:
    """Return all text outside navigation and footer, or the main text by trafilatura of a crowded page.

    The tree is consumed. Extractors of main texts are made for articles: on company sites they drop headings, brand
    names and facts, and up to half of a home page, even where they keep four fifths of the text. So they have a say
    only where most of a long page is something else.
    """
    tree.strip_tags(_UNSEEN)
    _drop_banners(tree)
    everything = _visible(tree)
    tree.strip_tags(_FURNITURE)
    full = _visible(tree) or everything
    if len(full) < _CROWDED * _SHORT:
        return full
    main = _tidy(_main_text(html))
    return main if len(main) >= _SHORT and len(full) > _CROWDED * len(main) else full


def _main_text(html: str) -> str:
    import trafilatura

    found: str | None = trafilatura.extract(html, fast=True, favor_recall=True, include_comments=False)
    return found or ""


def _visible(tree: LexborHTMLParser) -> str:
    return _tidy("".join(_pieces(tree.body))) if tree.body is not None else ""


def _pieces(body: LexborNode) -> Iterator[str]:
    """Yield texts in order, with a line break where a block begins."""
    for node in body.traverse(include_text=True):
        if node.tag == "-text":
            yield re.sub(r"\s+", " ", node.text_content or "")
            # The text behind a block that ended needs a break of its own.
            if node.next is None and node.parent is not None and node.parent.tag in _BLOCKS:
                yield "\n"
        elif node.tag in _BLOCKS or _joined_link(node):
            yield "\n"


def _joined_link(node: LexborNode) -> bool:
    """Whether a link stands right behind another one: menus leave the gap between them to the style sheet."""
    return node.tag == "a" and node.prev is not None and node.prev.tag == "a"


def _drop_banners(tree: LexborHTMLParser) -> None:
    found = {node.mem_id: node for node in tree.css(_BANNERS) if len(node.text(deep=True)) <= _BANNER_CHARS}
    # A node is found once for each selector, and nodes within others too: freeing one twice corrupts the tree.
    for node in [node for node in found.values() if not _lies_within(node, found)]:
        node.decompose()


def _lies_within(node: LexborNode, others: Container[int]) -> bool:
    parent = node.parent
    while parent is not None and parent.mem_id not in others:
        parent = parent.parent
    return parent is not None


def _tidy(text: str) -> str:
    """Return the text in NFC without control characters, runs of blanks and empty lines."""
    kept = "".join(char if char == "\n" or char.isprintable() else " " for char in unicodedata.normalize("NFC", text))
    lines = (" ".join(line.split()) for line in kept.split("\n"))
    return "\n".join(line for line in lines if line)


def _title(tree: LexborHTMLParser) -> str:
    node = tree.css_first("title")
    return _label(node.text(deep=True)) if node is not None else ""


def _label(text: str) -> str:
    return _tidy(text).replace("\n", " ")[:_MAX_LABEL]


def _metas(tree: LexborHTMLParser) -> tuple[tuple[str, str], ...]:
    found = []
    for node in tree.css("meta[content]")[:_MAX_LINKS]:
        name = node.attributes.get("name") or node.attributes.get("property") or node.attributes.get("http-equiv") or ""
        found.append((name.strip().lower()[:_MAX_LABEL], (node.attributes.get("content") or "")[:_MAX_META]))
    return tuple(found)


def _description(metas: tuple[tuple[str, str], ...]) -> str:
    by_name = dict(reversed(metas))
    return _tidy(by_name.get("description") or by_name.get("og:description") or "").replace("\n", " ")


def _declared_language(tree: LexborHTMLParser) -> str | None:
    node = tree.css_first("html[lang]") or tree.css_first("body[lang]")
    match = _LANGUAGE.match((node.attributes.get("lang") or "") if node is not None else "")
    return match[1].lower() if match else None


def _guessed(text: str) -> str | None:
    """Return the language whose most frequent words occur most, if they occur often enough."""
    sample = text[:_SAMPLE].lower()
    counts = {language: len(words.findall(sample)) for language, words in _STOPWORDS.items()}
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] >= _SURE else None


def _base(tree: LexborHTMLParser, url: str) -> str:
    node = tree.css_first("base[href]")
    return _absolute(url, node.attributes.get("href")) or url if node is not None else url


def _absolute(base: str, href: str | None) -> str:
    try:
        url = urljoin(base, (href or "").strip())
    except ValueError:
        return ""
    return url if url.startswith(("http://", "https://")) and len(url) <= _MAX_URL else ""


def _canonical(tree: LexborHTMLParser, base: str) -> str:
    node = tree.css_first("link[rel='canonical' i][href]")
    return _absolute(base, node.attributes.get("href")) if node is not None else ""


def _links(tree: LexborHTMLParser, base: str) -> tuple[Link, ...]:
    found = (Link(_absolute(base, href), text, origin) for href, text, origin in _references(tree))
    unique = dict.fromkeys(link for link in found if link.url)
    return tuple(unique)[:_MAX_LINKS]


def _references(tree: LexborHTMLParser) -> Iterator[tuple[str | None, str, str]]:
    """Yield (address as written, text, origin) of everything on a page that leads to another page."""
    for node in tree.css("meta[http-equiv='refresh' i][content]"):
        if match := _REFRESH.match(node.attributes.get("content") or ""):
            yield match[1], "", "refresh"
    for node in tree.css("frame[src]"):
        yield node.attributes.get("src"), node.attributes.get("name") or "", "frame"
    for node in tree.css("link[rel='alternate' i][hreflang][href]"):
        language = (node.attributes.get("hreflang") or "")[:2].lower()
        yield node.attributes.get("href"), "", f"hreflang:{language}"
    for node in tree.css("a[href], area[href]"):
        yield node.attributes.get("href"), _link_text(node), "a"


def _link_text(node: LexborNode) -> str:
    if text := _label(node.text(deep=True, separator=" ")):
        return text
    picture = node.css_first("img[alt]")
    spoken = [node.attributes.get(name) for name in ("title", "aria-label", "alt")]
    spoken.append(picture.attributes.get("alt") if picture is not None else None)
    return _label(next((text for text in spoken if text), ""))
