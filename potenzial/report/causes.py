"""Why websites gave no text and what to do about it, in words; for the report and the command line."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from potenzial.report.numbers import Numbers
from potenzial.report.texts import Texts

#: Causes named one by one; the others are counted together.
_MOST_CAUSES: Final = 3
_HTTP: Final = "http_"


def causes(texts: Texts, numbers: Numbers, found: Sequence[tuple[str, int]]) -> str:
    """Name the reasons of failed requests with their counts, most frequent first, those of one name together."""
    counts: Counter[str] = Counter()
    for reason, count in found:
        counts[_name(texts, reason)] += count
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    if len(ordered) == 1:
        return ordered[0][0]
    rest = sum(count for _, count in ordered[_MOST_CAUSES:])
    shown = ordered[:_MOST_CAUSES] + ([(texts.say("funnel.causes_more"), rest)] if rest else [])
    return " · ".join(texts.say("funnel.cause", {"n": numbers.count(count), "cause": name}) for name, count in shown)


def advice(texts: Texts, verdict: str) -> str:
    """Say what to do about websites with a verdict; empty where there is nothing to say."""
    return texts.sentences.get(f"advice.{verdict}", "")


def _name(texts: Texts, reason: str) -> str:
    if f"cause.{reason}" in texts.sentences:
        return texts.name("cause", reason)
    if reason.startswith(_HTTP):
        return texts.say("cause.http", {"status": reason.removeprefix(_HTTP)})
    return texts.say("cause.other")
