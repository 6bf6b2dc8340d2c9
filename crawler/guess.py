"""Domains that a company may have, by its name and city, for companies that name no website.

The patterns were counted on 862 listed companies of Germany, Austria and Switzerland with a known website: the guesses
hold it for 45 in 100, mostly as the name without its legal form.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from crawler.address import site_of
from crawler.company_names import Word, plain, words

#: More guesses bother strangers' servers more often than they find a website.
MAX_GUESSES: Final = 6
_MAX_LABEL: Final = 40
_MIN_LABEL: Final = 3
_MIN_ALONE: Final = 4
_PAIR: Final = 2
_AUSTRIA: Final = frozenset({"at", "a", "austria", "osterreich", "oesterreich"})
_SWITZERLAND: Final = frozenset({"ch", "switzerland", "schweiz", "suisse", "svizzera"})


def guessed_sites(name: str, city: str = "", email: str = "", country: str = "") -> tuple[str, ...]:
    """Return up to six sites that a company of this name may have, the most likely first.

    `email` helps by the part before the "@" of mailboxes such as "metallbau-koetter@gmx.de". Without `country` ("AT",
    "Schweiz") the domains end in .de.
    """
    known = words(name, city)
    if not any(word.kind != "place" for word in known) or not plain(name):
        return ()
    labels = [label for label in _labels(known, plain(city)) if _is_label(label)]
    ending = _ending(plain(country))
    mailbox = [label + ending for label in _mailbox(email, known) if _is_label(label)]
    # Companies that sell abroad often have their short name under .com.
    wide = [f"{label}.com" for label in labels[-1:] if any(word.telling for word in known)]
    found = (site_of(domain) for domain in [*mailbox, *(label + ending for label in labels), *wide])
    return tuple(dict.fromkeys(site[0] for site in found if site))[:MAX_GUESSES]


def _ending(country: str) -> str:
    if country in _AUSTRIA:
        return ".at"
    return ".ch" if country in _SWITZERLAND else ".de"


def _is_label(label: str) -> bool:
    return _MIN_LABEL <= len(label) <= _MAX_LABEL and not label.isdecimal()


def _labels(name: Sequence[Word], city: str) -> Iterator[str]:
    """Yield names below a country's ending, the shortest last; hyphens come first, as German companies use them."""
    every = [word.text for word in name]
    telling = [word.text for word in name if word.telling]
    yield from _joined(every)
    if city:
        family = [word.text for word in name if word.kind == "telling"]
        yield "-".join([*(family or every)[-1:], *city.split()])
    if len(every) > _PAIR:
        yield from _joined(every[:_PAIR])
    if len(telling) > 1 or any(len(word) >= _MIN_ALONE for word in telling):
        yield from _joined(telling)


def _joined(parts: Sequence[str]) -> Iterator[str]:
    yield "-".join(parts)
    yield "".join(parts)


def _mailbox(email: str, name: Sequence[Word]) -> Iterator[str]:
    """Yield the part before the "@" where it says the name."""
    label = email.strip().casefold().partition("@")[0].replace(".", "-").replace("_", "-")
    if any(word.telling and len(word.text) >= _MIN_ALONE and word.text in label for word in name):
        yield label
