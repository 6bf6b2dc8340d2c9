"""Sentence templates: "[one|other]" is a choice, "{name}" a slot, "(12+) " in front is for 12 people or more."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

_CHOICE: Final = re.compile(r"\[([^\[\]]*)\]")
_SLOT: Final = re.compile(r"\{(\w+)\}")
_SIZE: Final = re.compile(r"^\((\d+)\+\) ")


def pick(options: Sequence[str], rng: np.random.Generator) -> str:
    """Return one of the options, each with the same chance."""
    return options[int(rng.integers(len(options)))]


def some(options: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    """Return up to `count` different options in random order."""
    order = rng.permutation(len(options))[:count]
    return [options[int(position)] for position in order]


def suited(lines: Sequence[str], headcount: int) -> list[str]:
    """Return the sentences that a company of this size may say, without their marks of size."""
    marked = [(_SIZE.match(line), line) for line in lines]
    return [_SIZE.sub("", line) for mark, line in marked if mark is None or int(mark[1]) <= headcount]


def expand(line: str, slots: Mapping[str, str], rng: np.random.Generator) -> str:
    """Return the sentence with its choices made and its slots filled.

    Raises:
        KeyError: the sentence has a slot without a value.
    """
    chosen = _CHOICE.sub(lambda match: pick(match[1].split("|"), rng), line)
    return _SLOT.sub(lambda match: slots[match[1]], chosen)
