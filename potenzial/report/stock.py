"""The data page: where the data comes from, how old it is, and what was left out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from potenzial.origins import Origins
    from potenzial.report.messages import Story

_KINDS: Final = ("website", "headcount", "industry", "left_out")


@dataclass(frozen=True)
class Block:
    """A heading with names and values."""

    title: str
    rows: tuple[tuple[str, str], ...]


def data_blocks(story: "Story") -> tuple[Block, ...]:
    """Counts by their kind, and the age of the pages; none where nothing was counted."""
    found = story.data.origins
    if found is None:
        return ()
    blocks = (Block(story.say(f"data.{kind}"), tuple(_rows(story, found, kind))) for kind in _KINDS)
    return (*(block for block in blocks if block.rows), _ages(story, found))


def _rows(story: "Story", found: "Origins", kind: str) -> Iterator[tuple[str, str]]:
    total = story.data.customers.height
    for tally in found.tallies:
        if tally.kind == kind:
            share = f" ({story.numbers.percent(tally.count / total)})" if kind != "left_out" and total else ""
            yield story.texts.name("origin", tally.name), f"{story.numbers.count(tally.count)}{share}"


def _ages(story: "Story", found: "Origins") -> Block:
    if found.pages_from is None or found.pages_until is None:
        return Block(story.say("data.ages"), ((story.say("data.pages"), story.say("data.no_pages")),))
    days = (found.pages_from, found.pages_until)
    names = (story.say("data.oldest"), story.say("data.newest"))
    return Block(story.say("data.ages"), tuple(zip(names, map(story.numbers.day, days), strict=True)))
