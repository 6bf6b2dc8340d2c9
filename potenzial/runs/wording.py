"""What a comparison of two runs says, in German or English: sentences, and the table of customers for spreadsheets."""

from dataclasses import dataclass
from typing import Final, Self

import polars as pl

from potenzial.report.numbers import Language, Numbers
from potenzial.report.texts import Texts, catalogue, load_texts
from potenzial.runs.difference import Difference
from potenzial.runs.schema import RunRecord
from potenzial.spreadsheet import safe
from scoring.config import Target

#: Columns of the table of customers, the most wanted first.
SHEET: Final = (
    "customer_id", "name", "owner", "class_potential_before", "class_potential_after", "why_potential",
    "class_revenue_before", "class_revenue_after", "why_revenue", "potential_before", "potential_after",
    "revenue_before", "revenue_after", "headroom_expected_before", "headroom_expected_after", "action_before",
    "action_after", "cause", "changed",
)  # fmt: skip
_CLASSED: Final = ("class_potential_before", "class_potential_after", "class_revenue_before", "class_revenue_after")
_ACTIONS: Final = ("action_before", "action_after")
_CAUSED: Final = ("why_potential", "why_revenue", "cause")


@dataclass(frozen=True)
class Wording:
    """Words and numbers of one language."""

    texts: Texts
    named: Texts
    numbers: Numbers

    @classmethod
    def of(cls, language: Language, target: Target = "revenue") -> Self:
        """Read the catalogue that ships with the package, with the name of what the EUR are."""
        own = catalogue("potenzial.runs", language, target)
        return cls(own, load_texts(language, target), Numbers(language))

    def sentences(self, found: Difference) -> list[str]:
        """The outcome in a few sentences, each sum's quantile and coverage among them."""
        told = [self._moves(found)]
        if found.before.thresholds != found.after.thresholds:
            told.append(self._borders(found))
        if found.remodelled and not found.customers.filter(pl.col("changed").list.len() > 0).is_empty():
            told.append(self.texts.say("say.mixed"))
        told.append(self._quantiles(found))
        if found.before.quantile != found.after.quantile:
            told.append(self.texts.say("say.quantile_apart"))
        return told

    def step(self, step: str) -> str:
        """The word for a step of the bridge."""
        return self.texts.sentences.get(f"step.{step}") or self.cause(step)

    def cause(self, cause: str) -> str:
        """The word for why something changed."""
        return self.texts.say(f"cause.{cause}")

    def _moves(self, found: Difference) -> str:
        moved = {figure: self._count(found, figure) for figure in ("potential", "revenue")}
        both = found.customers.filter(
            pl.col("class_potential_before").is_not_null() & pl.col("class_potential_after").is_not_null()
        )
        gaps = {"all": self.numbers.count(both.height), "revenue": self.numbers.count(moved["revenue"])}
        key = "say.moves" if moved["potential"] else "say.none"
        return self.texts.say(key, gaps | {"customers": self.numbers.count(moved["potential"])})

    def _count(self, found: Difference, figure: str) -> int:
        return int(found.moved.filter(pl.col("figure") == figure)["customers"].sum())

    def _borders(self, found: Difference) -> str:
        ends = {"before": found.before, "after": found.after}
        gaps = {
            f"{letter}_{end}": self.numbers.euro(getattr(record, letter))
            for end, record in ends.items()
            for letter in ("a", "b")
        }
        mended = any(key.startswith("classes.") for key, _one, _other in found.settings)
        why = self.texts.say("say.thresholds_settings" if mended else "say.thresholds_stock")
        return self.texts.say("say.thresholds", gaps | {"why": why})

    def _quantiles(self, found: Difference) -> str:
        gaps = {}
        for end, record in (("before", found.before), ("after", found.after)):
            gaps[f"quantile_{end}"] = self.numbers.decimal(record.quantile, 2)
            gaps[f"coverage_{end}"] = self.coverage(record)
        return self.texts.say("say.quantile", gaps)

    def coverage(self, record: RunRecord) -> str:
        """The share of customers that stay below their potential, out of fold."""
        if record.coverage is None:
            return self.texts.say("say.unknown")
        return self.numbers.percent(record.coverage, 1)

    def sheet(self, customers: pl.DataFrame) -> pl.DataFrame:
        """DIFFERENCE with headings and values in the reader's words; no text is a formula."""
        amounts = [name for name, dtype in customers.schema.items() if dtype == pl.Float64]
        worded = customers.with_columns(
            pl.col(_CLASSED).replace(self.named.words("class")),
            pl.col(_ACTIONS).replace(self.named.words("action")),
            pl.col(_CAUSED).replace(self.texts.words("cause")),
            pl.col(amounts).round(0, mode="half_away_from_zero").cast(pl.Int64),
            changed=pl.col("changed").list.eval(pl.element().replace(self.texts.words("field"))).list.join(", "),
        ).select(SHEET)
        guarded = worded.with_columns(safe(name) for name, dtype in worded.schema.items() if dtype == pl.String)
        return guarded.rename({name: self.texts.say(f"heading.{name}") for name in SHEET})
