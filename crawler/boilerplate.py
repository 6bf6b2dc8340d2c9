"""What the pages of one site share besides their navigation: slogans, teasers, opening hours, contact boxes; pure.

Comparing the pages of one site finds such blocks without looking at markup (Yi, Liu, Li 2003, "Eliminating noisy
information in web pages for data mining", in a simple form: a line is a block).
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

# On so many pages, and on this share of them, a line belongs to the site and not to the page.
_PAGES: Final = 3
_SHARE: Final = 0.6


def without_shared(texts: Sequence[str]) -> list[str]:
    """Return the texts of one site's pages, home first, with lines that most of them share on the first of these only.

    A line is compared without regard to case and blanks. A page that would be empty keeps its text. The result depends
    on nothing but the texts and their order.
    """
    if len(texts) < _PAGES:
        return list(texts)
    pages = [[(line, _key(line)) for line in text.split("\n")] for text in texts]
    counts = Counter(key for page in pages for key in {key for _, key in page})
    shared = {key for key, count in counts.items() if count >= max(_PAGES, _SHARE * len(pages))}
    return _told_once(texts, pages, shared) if shared else list(texts)


def _key(line: str) -> str:
    return " ".join(line.casefold().split())


def _told_once(texts: Sequence[str], pages: list[list[tuple[str, str]]], shared: set[str]) -> list[str]:
    told: set[str] = set()
    result = []
    for text, page in zip(texts, pages, strict=True):
        kept = [line for line, key in page if key not in told]
        told |= {key for _, key in page if key in shared}
        result.append("\n".join(kept) if any(line.strip() for line in kept) else text)
    return result
