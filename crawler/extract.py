"""HTML to text, title, language and the pages it leads to; pure, and run in worker processes only."""

import re
import unicodedata
from collections.abc import Container, Iterator, Sequence
from typing import Final
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.decode import decode
from crawler.language import declared_code, language_of
from crawler.nesting import hostile
from crawler.page import Extracted, Job, Link
from crawler.select import candidates
from crawler.states import Signs, state_of
from crawler.structured import organisations

# A main text of fewer characters is too short to stand for its page.
_SHORT: Final = 800
# A page with this many times the text of its main part is crowded: teasers, comments, lists of other pages.
_CROWDED: Final = 3.0
_MAX_LINKS: Final = 1_000
_MAX_URL: Final = 2_000
_MAX_LABEL: Final = 200
_MAX_META: Final = 1_000
_MAX_HEADINGS: Final = 40
# Broken markup can put the whole page into a heading.
_NO_HEADING: Final = 1_000

_UNSEEN: Final = ["script", "style", "noscript", "template", "svg", "iframe", "object", "select", "button"]
_FURNITURE: Final = "nav, footer, [role='navigation' i], [role='contentinfo' i], [role='search' i]"
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
# Elements taken out by one selector at most: a page of ten thousand cookie notices is none.
_MAX_DROPPED: Final = 500
_REFRESH: Final = re.compile(r"^\s*[\d.]+\s*[;,]\s*(?:url\s*=)?\s*[\"']?([^\"'\s>]+)", re.IGNORECASE)
# What frameworks of scripts fill with a page: React, Vue, Next, Nuxt, Gatsby, Svelte, Angular.
_ROOTS: Final = (
    "#root, #app, #__next, #__nuxt, #___gatsby, #svelte, app-root, my-app, [ng-app], [data-ng-app], [data-reactroot]"
)
# A page of scripts that only sends its visitors on.
_SENT_ON: Final = re.compile(
    r"""(?:window|document|self|top|parent)\.location(?:\.href)?\s*=\s*["']([^"'<>\s]+)["']"""
    r"""|\blocation(?:\.href\s*=|\.(?:replace|assign)\()\s*["']([^"'<>\s]+)["']"""
)
_LANGUAGE_METAS: Final = ("content-language", "language", "dc.language", "og:locale")
_SENDING_CHARS: Final = 2_000


def extract(job: Job) -> Extracted:
    """Return what a page holds; hostile pages come back with a failure."""
    html = decode(job.body, job.content_type)
    if job.content_type.partition(";")[0].strip().lower() == "text/plain":
        text = _tidy(html)[: job.max_text_chars]
        return Extracted(text=text, language=language_of(text, ()))
    if failure := hostile(html):
        return Extracted(failure=failure)
    return _from_html(html, job)


def _from_html(html: str, job: Job) -> Extracted:
    tree = LexborHTMLParser(html)
    base = _base(tree, job.url)
    head = _Head(tree, base)
    links = _links(tree, base)
    body = _Body(html, tree)
    text = body.text[: job.max_text_chars]
    language = language_of(text, head.languages)
    found = candidates(links, job.url, language, job.languages)
    leads_on = any(candidate.why in {"frame", "refresh"} for candidate in found)
    state, evidence = ("", "") if leads_on else state_of(_signs(head, body))
    return Extracted(
        text=text,
        title=head.title,
        description=_description(head.metas),
        language=language,
        canonical=head.canonical,
        candidates=tuple(found),
        headings=body.headings,
        organisations=head.organisations,
        state=state,
        evidence=evidence,
        metas=head.metas,
    )


class _Head:
    """What a page says of itself, most of it in its head; read before the tree is consumed."""

    def __init__(self, tree: LexborHTMLParser, base: str) -> None:
        self.metas = _metas(tree)
        self.title = _title(tree) or _label(dict(reversed(self.metas)).get("og:title", ""))
        self.canonical = _canonical(tree, base)
        self.languages = _declared_languages(tree, self.metas)
        self.organisations = organisations(
            node.text(deep=True) for node in tree.css("script[type='application/ld+json' i]")
        )
        self.noscript = _label(" ".join(node.text(deep=True) for node in tree.css("noscript")))
        self.scripts = len(tree.css("script:not([type='application/ld+json' i])"))
        self.roots = tuple(_named(node) for node in tree.css(_ROOTS)[:_MAX_HEADINGS])


class _Body:
    """The text of a page outside navigation and footer, or the main text by trafilatura of a crowded page.

    The tree is consumed. Extractors of main texts are made for articles: on company sites they drop headings, brand
    names and facts, and up to half of a home page, even where they keep four fifths of the text. So they have a say
    only where most of a long page is something else.
    """

    def __init__(self, html: str, tree: LexborHTMLParser) -> None:
        tree.strip_tags(_UNSEEN)
        self.notice = _drop_banners(tree)
        _drop(tree.css(_FURNITURE))
        self.headings = _headings(tree)
        self.full = _visible(tree) or _all_visible(html)
        self.text = self._main(html) or self.full

    def _main(self, html: str) -> str:
        if len(self.full) < _CROWDED * _SHORT:
            return ""
        main = _tidy(_main_text(html))
        return main if len(main) >= _SHORT and len(self.full) > _CROWDED * len(main) else ""


def _signs(head: _Head, body: _Body) -> Signs:
    return Signs(
        title=head.title,
        headings=body.headings,
        text=body.full,
        notice=body.notice,
        noscript=head.noscript,
        scripts=head.scripts,
        roots=head.roots,
    )


def _named(node: LexborNode) -> str:
    name = node.attributes.get("id")
    return f"<{node.tag} id={name[:_MAX_LABEL]}>" if name else f"<{node.tag}>"


def _headings(tree: LexborHTMLParser) -> tuple[str, ...]:
    nodes = (node for node in tree.css("h1, h2, h3")[: 5 * _MAX_HEADINGS] if len(node.text(deep=True)) <= _NO_HEADING)
    found = (_label("".join(_pieces(node))) for node in nodes)
    return tuple(dict.fromkeys(heading for heading in found if heading))[:_MAX_HEADINGS]


def _main_text(html: str) -> str:
    import trafilatura

    found: str | None = trafilatura.extract(html, fast=True, favor_recall=True, include_comments=False)
    return found or ""


def _visible(tree: LexborHTMLParser) -> str:
    return _tidy("".join(_pieces(tree.body))) if tree.body is not None else ""


def _pieces(root: LexborNode) -> Iterator[str]:
    """Yield texts in order, with a line break where a block begins."""
    for node in root.traverse(include_text=True):
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


def _all_visible(html: str) -> str:
    """Return the text of a page with its navigation and footer, for pages that consist of these."""
    tree = LexborHTMLParser(html)
    tree.strip_tags(_UNSEEN)
    _drop_banners(tree)
    return _visible(tree)


def _drop_banners(tree: LexborHTMLParser) -> str:
    """Take cookie notices out of a page and return their text."""
    found = tree.css(_BANNERS)[:_MAX_DROPPED]
    return _drop([node for node in found if len(node.text(deep=True)) <= _BANNER_CHARS])


def _drop(nodes: Sequence[LexborNode]) -> str:
    """Take elements out of their page and return their text."""
    found = {node.mem_id: node for node in nodes[:_MAX_DROPPED]}
    # A node is found once for each selector, and nodes within others too: freeing one twice corrupts the tree.
    outer = [node for node in found.values() if not _lies_within(node, found)]
    text = _tidy("\n".join(node.text(deep=True, separator="\n") for node in outer))
    for node in outer:
        node.decompose()
    return text


def _lies_within(node: LexborNode, others: Container[int]) -> bool:
    parent = node.parent
    while parent is not None and parent.mem_id not in others:
        parent = parent.parent
    return parent is not None


def _tidy(text: str) -> str:
    """Return the text in NFC without control characters, runs of blanks and empty lines."""
    lines = (" ".join(_printable(line).split()) for line in unicodedata.normalize("NFC", text).split("\n"))
    return "\n".join(line for line in lines if line)


def _printable(line: str) -> str:
    return line if line.isprintable() else "".join(char if char.isprintable() else " " for char in line)


def _title(tree: LexborHTMLParser) -> str:
    node = tree.css_first("title")
    return _label(node.text(deep=True)) if node is not None else ""


def _label(text: str) -> str:
    return _tidy(text[: 10 * _MAX_LABEL]).replace("\n", " ")[:_MAX_LABEL]


def _metas(tree: LexborHTMLParser) -> tuple[tuple[str, str], ...]:
    found = []
    for node in tree.css("meta[content]")[:_MAX_LINKS]:
        name = node.attributes.get("name") or node.attributes.get("property") or node.attributes.get("http-equiv") or ""
        found.append((name.strip().lower()[:_MAX_LABEL], (node.attributes.get("content") or "")[:_MAX_META]))
    return tuple(found)


def _description(metas: tuple[tuple[str, str], ...]) -> str:
    by_name = dict(reversed(metas))
    return _tidy(by_name.get("description") or by_name.get("og:description") or "").replace("\n", " ")


def _declared_languages(tree: LexborHTMLParser, metas: tuple[tuple[str, str], ...]) -> list[str]:
    """Return the languages that a page says to be in, the most trustworthy statement first."""
    node = tree.css_first("html[lang]") or tree.css_first("body[lang]")
    by_name = dict(reversed(metas))
    said = [node.attributes.get("lang") if node is not None else "", *map(by_name.get, _LANGUAGE_METAS)]
    return [code for value in said if (code := declared_code(value or ""))]


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
    if sent_on := _sent_on(tree):
        yield sent_on, "", "refresh"
    for node in tree.css("frame[src]"):
        yield node.attributes.get("src"), node.attributes.get("name") or "", "frame"
    for node in tree.css("link[rel='alternate' i][hreflang][href]"):
        language = (node.attributes.get("hreflang") or "")[:2].lower()
        yield node.attributes.get("href"), "", f"hreflang:{language}"
    for node in tree.css("a[href], area[href]"):
        yield node.attributes.get("href"), _link_text(node), "a"


def _sent_on(tree: LexborHTMLParser) -> str:
    """Return where the script of a page without text and links sends its visitors, "" if it does not."""
    if tree.css_matches("a[href], frame") or len(tree.html or "") > _SENDING_CHARS:
        return ""
    matches = (_SENT_ON.search(node.text(deep=True)) for node in tree.css("script"))
    return next((match[1] or match[2] for match in matches if match), "")


def _link_text(node: LexborNode) -> str:
    if text := _label(node.text(deep=True, separator=" ")):
        return text
    picture = node.css_first("img[alt]")
    spoken = [node.attributes.get(name) for name in ("title", "aria-label", "alt")]
    spoken.append(picture.attributes.get("alt") if picture is not None else None)
    return _label(next((text for text in spoken if text), ""))
