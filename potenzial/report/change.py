"""What changed since the last run that found something else, as a section of the report."""

from typing import TYPE_CHECKING

from potenzial.report.lookback import Lookback
from potenzial.runs import tables
from potenzial.runs.wording import Wording

if TYPE_CHECKING:
    from potenzial.report.messages import Story


def change(story: "Story") -> Lookback | None:
    """Put the difference from the last run into words and tables; None without one."""
    found = story.data.change
    if found is None:
        return None
    words = Wording.of(story.data.language, story.data.target)
    told = tables.tables(found, words)
    return Lookback(tables.title(found, words), words.sentences(found)[0], told, tables.notes(found, words))
