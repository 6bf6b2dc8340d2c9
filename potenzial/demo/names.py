"""Invented companies' names, domains and addresses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

import numpy as np

from potenzial.demo.content import Places
from potenzial.demo.phrases import pick

_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "&": "und"})
_NAME_SHAPES: Final = (
    "{word} {person}",
    "{person} {word}",
    "{person} & Sohn {word}",
    "{initials} {word}",
    "{person} & {other} {word}",
    "{word} {person}",
)
#: Longer domains are shortened, as people do; a label of the DNS has 63 characters at most.
_MAX_DOMAIN: Final = 36
#: From this headcount on, legal forms of larger companies.
_LARGE: Final = 15


@dataclass(frozen=True)
class Identity:
    """Who a company is: `short` as people call it, `name` with its legal form, `domain` under the TLD .example."""

    short: str
    name: str
    domain: str
    new_domain: str
    chief: str
    street: str
    postcode: str
    city: str
    phone: str
    mailbox: str


class Registry:
    """Gives every company a short name and domains that no other has."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._taken: set[str] = set()
        self._labels: set[str] = set()

    def identity(self, words: tuple[str, ...], headcount: int, rng: np.random.Generator) -> Identity:
        """Invent a company whose name contains one of the words."""
        places = self._places
        person = _surname(places, rng)
        short = self._short(pick(words, rng), person, rng)
        label = self._label(short)
        form = pick(places.forms["large" if headcount >= _LARGE else "small"], rng)
        postcode, _, city = pick(places.towns, rng).partition(" ")
        return Identity(
            short=short,
            name=f"{short} {form}".strip(),
            domain=f"{label}.example",
            new_domain=f"{label}-gruppe.example",
            chief=f"{pick(places.given_m + places.given_f, rng)} {person}",
            street=f"{pick(places.streets, rng)} {int(rng.integers(1, 120))}",
            postcode=postcode,
            city=city,
            phone=f"{pick(places.phones, rng)}{int(rng.integers(1000)):03d}",
            mailbox=pick(("info", "kontakt", "office", "buero", person.translate(_UMLAUTS).lower()), rng),
        )

    def _short(self, word: str, person: str, rng: np.random.Generator) -> str:
        shape = pick(_NAME_SHAPES, rng)
        for other in _others(self._places, rng):
            initials = f"{person[0]}{other[0]}{word[0]}".upper()
            short = shape.format(word=word, person=person, other=other, initials=initials)
            if slug(short) not in self._taken:
                self._taken.add(slug(short))
                return short
            # Taken already: another family of the same craft.
            person, shape = other, "{word} {person}"
        raise AssertionError("the supply of names has no end")

    def _label(self, short: str) -> str:
        """Return a domain without its TLD that nobody has yet."""
        wanted = slug(short.replace(" & Sohn", ""))
        if len(wanted) > _MAX_DOMAIN:
            parts = wanted.split("-")
            wanted = f"{parts[0]}-{parts[-1]}"
        labels = (wanted if number == 1 else f"{wanted}-{number}" for number in count(1))
        label = next(label for label in labels if label not in self._labels)
        self._labels.add(label)
        return label


def slug(name: str) -> str:
    """Return a name as it stands in a domain: "Metallbau Kötter" gives "metallbau-koetter"."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower().translate(_UMLAUTS)).strip("-")


def _surname(places: Places, rng: np.random.Generator) -> str:
    return pick(places.stems, rng) + pick(places.ends, rng)


def _others(places: Places, rng: np.random.Generator) -> Iterator[str]:
    # Large stocks use up the names: double names have no end.
    for attempt in range(1_000):
        yield "-".join(_surname(places, rng) for _ in range(1 + attempt // 20))
