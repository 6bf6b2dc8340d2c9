"""What a comparison says, in German or English: sentences of the catalogue with the numbers of a result."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from potenzial.lab.changes import Change, Changes
from potenzial.lab.comparison import Comparison
from potenzial.lab.controls import SHUFFLED, TFIDF
from potenzial.lab.measures import MEASURES
from potenzial.lab.race import Place
from potenzial.report.numbers import UNKNOWN, Language, Numbers
from potenzial.report.texts import Texts, catalogue

#: What has no interval, by the keys of the catalogue.
COSTS = ("stable", "speed", "memory", "vectors")
_CONTROLS: Mapping[str, str] = {TFIDF: "control.tfidf", SHUFFLED: "control.shuffled"}

#: Fewer active customers than this tell hardly any configurations apart.
_FEW = 500


@dataclass(frozen=True)
class Wording:
    """Words and numbers of one language."""

    texts: Texts
    numbers: Numbers

    @classmethod
    def of(cls, language: Language) -> Self:
        """Read the catalogue that ships with the package."""
        return cls(catalogue("potenzial.lab", language), Numbers(language))

    def say(self, key: str, gaps: Mapping[str, str] | None = None) -> str:
        """Give a sentence with its gaps filled; KeyError when the key or a gap is missing."""
        return self.texts.say(key, gaps)

    def title(self, measure: str) -> str:
        """The heading of a measure or a cost."""
        return self.say(f"measure.{measure}")

    def name(self, contestant: str) -> str:
        """The name of a contestant; that of a control is a word of the language."""
        key = _CONTROLS.get(contestant)
        return f"{self.say('control.tag')}: {self.say(key)}" if key else contestant

    def short(self, contestant: str) -> str:
        """The name of a contestant where it need not be said that it is a control."""
        key = _CONTROLS.get(contestant)
        return self.say(key) if key else contestant

    def number(self, value: float | None, places: int) -> str:
        """Write a number, a dash where there is none."""
        return UNKNOWN if value is None or not math.isfinite(value) else self.numbers.decimal(value, places)

    def costs(self, place: Place) -> tuple[str, ...]:
        """Write what has no interval: stability over the seeds, speed, memory and size."""
        cost = place.cost
        speed, memory = (self.number(value, 0) for value in (cost.texts_per_second, cost.memory_mb))
        return (self.number(place.stability, 3), speed, memory, self.number(cost.vectors_mb, 1))

    def basis(self, result: Comparison) -> str:
        """Say what the figures rest on."""
        gaps = {
            "customers": self.numbers.count(result.customers),
            "active": self.numbers.count(result.active),
            "quantile": f"{self.numbers.decimal(result.potential.quantile, 2)}",
            "seeds": str(result.terms.seeds),
            "folds": str(result.potential.folds),
            "capacity": self.numbers.percent(result.terms.capacity),
        }
        return self.say("board.basis", gaps)

    def signs(self, result: Comparison) -> str:
        """Say what the signs mean, and which neighbours are not found by mean vectors."""
        remarks = [self.say("board.signs", {"reference": result.reference})]
        if result.by_chunk:
            remarks.append(self.say("board.maxsim", {"names": ", ".join(result.by_chunk)}))
        return " ".join(remarks)

    def remark(self, result: Comparison) -> str:
        """Say what a reader has to know before believing a sign; empty where there is nothing."""
        if not result.texts:
            return self.say("page.textless")
        few = result.active < _FEW
        return self.say("page.few", {"active": self.numbers.count(result.active)}) if few else ""

    def verdict(self, result: Comparison) -> str:
        """Say in one sentence what the race decided by its ranking measure."""
        by = result.terms.by
        gaps = {"measure": self.title(by), "reference": result.reference}
        if not any(math.isfinite(place.figures[by].own.value) for place in result.places):
            return self.say("verdict.unknown", gaps)
        better = [place.name for place in result.places if _is(place, by, "better") and not place.control]
        if better:
            key = "verdict.one" if len(better) == 1 else "verdict.many"
            return self.say(key, gaps | {"winners": self.joined(better)})
        beaten = [self.short(place.name) for place in result.places if _is(place, by, "worse")]
        return self.say("verdict.beats" if beaten else "verdict.nobody", gaps | {"beaten": self.joined(beaten)})

    def joined(self, names: Sequence[str]) -> str:
        """List names: "a, b and c"."""
        parts = [", ".join(names[:-1]), *names[-1:]]
        return self.say("verdict.and").join(filter(None, parts))

    def heading(self, changes: Changes) -> str:
        """Say how many customers change their class."""
        gaps = {
            "before": changes.before,
            "after": changes.after,
            "changed": self.numbers.count(len(changes.changed)),
            "customers": self.numbers.count(changes.customers),
            "share": self.numbers.percent(len(changes.changed) / max(changes.customers, 1)),
        }
        return self.say("changes.head", gaps)

    def money(self, potential: Sequence[float | None]) -> str:
        """Write the potential before and after."""
        return " → ".join(self.numbers.money(value) for value in potential)

    def reasons(self, change: Change) -> list[str]:
        """Say which of industry, size, text and region moved the potential, and which peers came and went."""
        said = [self._factor(word, *ends) for word, ends in change.factors.items()]
        if change.peers:
            gaps = {"kept": str(change.peers.kept), "all": str(change.peers.all)}
            said.append(self.say("why.kept", gaps))
            for key, names in (("came", change.peers.came), ("gone", change.peers.gone)):
                said += [self.say(f"why.{key}", {"names": ", ".join(names)})] if names else []
        return said or [self.say("why.spread")]

    def _factor(self, word: str, before: float, after: float) -> str:
        gaps = {"before": self.numbers.decimal(before, 2), "after": self.numbers.decimal(after, 2)}
        return self.say(f"why.{word}", gaps)

    def explanations(self, texts: int) -> list[tuple[str, str]]:
        """Explain every column; `texts` is how many passages the speed is measured on."""
        measures = [(self.title(name), self.say(f"explain.{name}")) for name in MEASURES]
        return [
            *measures,
            (self.title("stable"), self.say("explain.stable")),
            (self.say("explain.speed_head"), self.say("explain.speed", {"texts": str(texts)})),
            (self.title("vectors"), self.say("explain.vectors")),
            (self.say("explain.controls_head"), self.say("explain.controls")),
        ]


def _is(place: Place, by: str, verdict: str) -> bool:
    return place.figures[by].verdict == verdict
