"""What the figures say in words that stay true for any stock."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from potenzial.report.data import ReportData, Step
from potenzial.report.numbers import Numbers
from potenzial.report.plain import LONGEST_NAME, shown
from potenzial.report.quality import SOUND, Quality, compare
from potenzial.report.summary import LARGE, SMALL, Summary, share, summarise
from potenzial.report.texts import Texts, load_texts

#: Share of the addresses that the headline of the concentration speaks of.
HEADLINE_SHARE: Final = 0.1
#: Fewer addresses make no curve: a tenth of them is one or two.
CURVE_FROM: Final = 20
#: Longest statement of the model's gate.
_LONGEST_VERDICT: Final = 600
#: Two shares closer than this are not called larger or smaller.
_SAME: Final = 0.005


@dataclass(frozen=True)
class Tile:
    """A headline number with what it is and what it stands on; `tone` is empty, `good` or `warn`."""

    label: str
    value: str
    notes: tuple[str, ...]
    tone: str = ""


@dataclass(frozen=True)
class Story:
    """A report's data with its sums, its model figures and the words and number formats of its language."""

    data: ReportData
    summary: Summary
    quality: Quality
    texts: Texts
    numbers: Numbers

    def say(self, key: str, gaps: Mapping[str, str] | None = None) -> str:
        """A sentence of the catalogue."""
        return self.texts.say(key, gaps)

    def counted(self, key: str, count: int, gaps: Mapping[str, str] | None = None) -> str:
        """The sentence for none, one or many of something; its gap `n` is the count."""
        form = key + {0: "_none", 1: "_one"}.get(count, "_many")
        found = form if form in self.texts.sentences else f"{key}_many"
        return self.say(found, {"n": self.numbers.count(count), **(gaps or {})})

    @property
    def quantile(self) -> str:
        """The quantile of the potential, as a share."""
        return self.numbers.percent(self.data.quantile, _places(self.data.quantile))

    def points(self, quantile: float) -> str:
        """A quantile in percent, without the sign."""
        return self.numbers.decimal(quantile * 100, _places(quantile))

    @property
    def verdict(self) -> str:
        """What the model's gate says, fit for show."""
        return shown(self.data.verdict, _LONGEST_VERDICT)

    @property
    def margin(self) -> Mapping[str, str]:
        """The best plain table and the distance of the model to it, without the sign."""
        gain = self.quality.model.gain if self.quality.model else None
        share_of_loss = self.numbers.percent(None if gain is None else abs(gain))
        return {"gain": share_of_loss, "rival": self.texts.name("rival", self.quality.rival)}

    def span(self, amount: str) -> str:
        """The 80 % interval of a sum over the stock, with a blank before it; empty where none was simulated."""
        low, high = self._ends(amount)
        return "" if low is None else self.say("tile.span", {"span": self.numbers.money_range(low, high)})

    def _ends(self, amount: str) -> tuple[float | None, float | None]:
        if self.data.sums is None:
            return None, None
        whole = self.data.sums.filter(pl.col("grouping") == "stock").select(f"{amount}_low", f"{amount}_high")
        return whole.row(0) if whole.height else (None, None)

    @property
    def coverage(self) -> str:
        """The measured coverage of the model in words."""
        if self.quality.model is None:
            return self.say("tile.coverage_unknown")
        return self.say("tile.coverage", {"coverage": self.numbers.percent(self.quality.model.coverage, 1)})


def tell(data: ReportData) -> Story:
    """Adds up the data and loads the words of its language."""
    return Story(
        data=data,
        summary=summarise(data.customers),
        quality=compare(data.figures, data.quantile, data.gate),
        texts=load_texts(data.language, data.target),
        numbers=Numbers(data.language),
    )


def _places(quantile: float) -> int:
    return 0 if round(quantile * 100, 6).is_integer() else 1


def tiles(story: Story) -> list[Tile]:
    """The six headline numbers."""
    return [
        _rated(story),
        _revenue(story),
        _headroom(story),
        _concentrated(story),
        _risers(story),
        _model(story),
    ]


def _rated(story: Story) -> Tile:
    count, addresses = story.summary.rated, story.data.customers.height
    gaps = {"share": story.numbers.percent(share(count, addresses))}
    return Tile(
        story.say("tile.rated"), story.numbers.count(count), (story.counted("tile.rated_note", addresses, gaps),)
    )


def _revenue(story: Story) -> Tile:
    revenue = story.numbers.money(story.summary.group().revenue)
    return Tile(story.say("tile.revenue"), revenue, (story.counted("tile.revenue_note", story.summary.active),))


def _headroom(story: Story) -> Tile:
    everyone = story.summary.group()
    if not everyone.headroom > 0:
        return Tile(story.say("tile.headroom"), story.numbers.money(0.0), (story.say("tile.headroom_none"),))
    expected = story.say("tile.headroom_expected", {"expected": story.numbers.money(everyone.expected)})
    note = story.say("tile.headroom_note", {"points": story.points(story.data.quantile), "coverage": story.coverage})
    notes = (expected + story.span("expected"), note)
    return Tile(story.say("tile.headroom"), story.numbers.money(everyone.headroom), notes)


def _concentrated(story: Story) -> Tile:
    label, held = story.say("tile.concentration"), story.summary.held(HEADLINE_SHARE)
    if held is None:
        return Tile(label, story.numbers.percent(None), (story.say("tile.concentration_none"),))
    return Tile(label, story.numbers.percent(held), (_holders(story),))


def _holders(story: Story) -> str:
    total = story.data.customers.height
    if total == 1:
        return story.say("tile.concentration_note_single")
    gaps = {"share": story.numbers.percent(HEADLINE_SHARE), "total": story.numbers.count(total)}
    few = "_few" if total < CURVE_FROM else ""
    return story.counted(f"tile.concentration_note{few}", story.summary.top_count(HEADLINE_SHARE), gaps)


def _risers(story: Story) -> Tile:
    count = story.summary.group(SMALL, LARGE).customers
    notes = [story.counted("tile.risers_note", count)]
    if 1 < count == story.summary.worked:
        notes.append(story.say("tile.risers_worked_all"))
    elif count:
        notes.append(story.counted("tile.risers_worked", story.summary.worked))
    return Tile(story.say("tile.risers"), story.numbers.count(count), tuple(notes))


def _model(story: Story) -> Tile:
    outcome = story.quality.outcome
    notes = [story.say(f"tile.model_{outcome}_note", story.margin)]
    if story.quality.model is not None:
        notes.append(story.say("tile.model_coverage", {"coverage": story.coverage, "quantile": story.quantile}))
    good = "" if story.quality.calibration == "missed" else "good"
    tone = {"better": good, "unknown": ""}.get(outcome, "warn")
    value = story.say(f"tile.model_{outcome}", story.margin)
    return Tile(story.say("tile.model"), value, tuple(notes), tone)


def warnings(story: Story) -> list[str]:
    """What a reader must know before the first number; empty when there is nothing to warn of."""
    return [*_doubts(story), *_deviation(story)]


def _doubts(story: Story) -> list[str]:
    """Why the model is not to be trusted: what its gate says, else what its figures say."""
    outcome = story.quality.outcome
    if story.quality.gate not in SOUND and story.verdict:
        return [story.verdict]
    if outcome in ("unproven", "equal", "worse") or (outcome == "unknown" and story.summary.rated):
        return [story.say(f"warning.model_{outcome}", story.margin)]
    return []


def _deviation(story: Story) -> list[str]:
    if story.quality.model is None or story.quality.calibration != "missed":
        return []
    side = "low" if story.quality.model.coverage < story.data.quantile else "high"
    return [story.say(f"warning.coverage_{side}", {"coverage": story.coverage, "quantile": story.quantile})]


def matrix_title(story: Story) -> str:
    """How many small customers could be large ones."""
    if not story.summary.rated:
        return story.say("matrix.title_unrated")
    return story.counted("matrix.title", story.summary.group(SMALL, LARGE).customers)


def bars_title(story: Story) -> str:
    """What the small customers bring today against what they could bring."""
    everyone, small = story.summary.group(), story.summary.group(SMALL)
    potential, revenue = share(small.headroom, everyone.headroom), share(max(small.revenue, 0.0), everyone.revenue)
    if potential is None:
        return story.say("bars.title_no_potential")
    gaps = {"potential": story.numbers.percent(potential)}
    if revenue is None:
        return story.say("bars.title_no_revenue", gaps)
    form = "more" if potential > revenue + _SAME else "less" if potential < revenue - _SAME else "same"
    return story.say(f"bars.title_{form}", {**gaps, "revenue": story.numbers.percent(revenue)})


def bars_note(story: Story) -> str:
    """The same share by the sober expected value, empty where there is none."""
    expected = share(story.summary.group(SMALL).expected, story.summary.group().expected)
    if expected is None:
        return ""
    return story.say("bars.expected", {"share": story.numbers.percent(expected)})


def sums_title(story: Story) -> str:
    """What the stock is expected to buy beyond its revenue, with its interval."""
    expected = story.numbers.money(story.summary.group().expected)
    return story.say("sums.title", {"expected": expected, "span": story.span("expected")})


def curve_title(story: Story) -> str:
    """How much a tenth of the addresses holds, by potential and by revenue."""
    held, by_revenue = story.summary.held(HEADLINE_SHARE), story.summary.held_by_revenue(HEADLINE_SHARE)
    if held is None or by_revenue is None:
        return story.say("curve.title_none")
    if len(story.summary.by_model) < CURVE_FROM:
        return story.counted("curve.title_few", len(story.summary.by_model))
    gaps = {
        "share": story.numbers.percent(HEADLINE_SHARE),
        "held": story.numbers.percent(held),
        "revenue": story.numbers.percent(by_revenue),
    }
    return story.say("curve.title" if held > by_revenue + _SAME else "curve.title_same", gaps)


def has_curve(story: Story) -> bool:
    """Whether there are enough addresses and any potential to draw a curve of."""
    return len(story.summary.by_model) >= CURVE_FROM and story.summary.held(1.0) is not None


def funnel_title(story: Story) -> str:
    """How many of all addresses are rated."""
    addresses = story.data.customers.height
    gaps = {
        "rated": story.numbers.count(story.summary.rated),
        "share": story.numbers.percent(share(story.summary.rated, addresses)),
    }
    return story.counted("funnel.title", addresses, gaps)


def funnel_loss(story: Story) -> str:
    """Between which two steps most addresses are lost, empty when none are."""
    step = _largest_loss(story.data.funnel)
    if step is None:
        return ""
    before, after = step
    names = {"before": _step_name(story, before), "after": _step_name(story, after)}
    return story.counted("funnel.loss", before.count - after.count, names)


def funnel_doubt(story: Story) -> str:
    """How many websites are used without proof that they are the companies' own, empty where there are none."""
    return story.counted("funnel.doubtful", story.data.doubtful)


def failures_title(story: Story) -> str:
    """How many websites gave no text, and why most of them."""
    total = sum(failure.count for failure in story.data.failures)
    if not total:
        return story.say("funnel.failures_title_none")
    most = max(story.data.failures, key=lambda failure: failure.count)
    reason = shown(story.texts.name("verdict", most.verdict), LONGEST_NAME)
    gaps = {"reason": reason, "share": story.numbers.percent(share(most.count, total))}
    return story.counted("funnel.failures_title", total, gaps)


def _largest_loss(steps: Sequence[Step]) -> tuple[Step, Step] | None:
    pairs = [(one, other) for one, other in itertools.pairwise(steps) if one.count > other.count]
    return max(pairs, key=lambda pair: pair[0].count - pair[1].count, default=None)


def _step_name(story: Story, step: Step) -> str:
    return step.label_de if story.data.language == "de" else step.label_en


def quality_title(story: Story) -> str:
    """Whether the model is better than the best table that a controller could use."""
    return story.say(f"quality.title_{story.quality.outcome}", story.margin)


def quality_note(story: Story) -> str:
    """What the measured coverage means, in customers."""
    model = story.quality.model
    if model is None:
        return story.say("quality.note_unknown")
    gaps = {
        "n": story.numbers.count(model.customers),
        "under": story.numbers.decimal(model.coverage * 100, 1),
        "target": story.points(story.data.quantile),
    }
    return story.say(f"quality.note_{story.quality.calibration}", gaps)


def quantiles(story: Story) -> Mapping[str, str]:
    """The quantile of the potential and the two of the interval, for the description of the method."""
    low, high = (story.points(quantile) for quantile in story.data.interval)
    width = story.points(story.data.interval[1] - story.data.interval[0])
    return {
        "low": low,
        "high": high,
        "width": width,
        "points": story.points(story.data.quantile),
        "quantile": story.quantile,
    }
