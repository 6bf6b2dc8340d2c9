"""Guards against leaks and self-deception, run in every `potenzial run`, and the gate that their findings close.

Controls are small: at most 1,000 active companies in two halves, a model fitted on the one and judged on the other with
two inner folds, by the pinball loss over nine deciles (all of them tell more of a difference than one):

- *shuffled text*: with the texts dealt out anew, the model must not gain on the model without text;
- *shuffled target*: with the revenues dealt out anew, it must not gain on one value for all;
- *text gain*: with the real texts it should gain on the model without, else the gain comes without the texts.

The gate says `ready` if the model beats the best plain table (`scoring.potential.evaluation`) and no guard is off,
`usable` if it does but one is, or if the texts add nothing; then the reason names it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import msgspec
import numpy as np
import polars as pl

from scoring.config import PotentialConfig
from scoring.customers import Floats, Ints, Stock, deal_folds
from scoring.features import Facts, find_neighbourhood, gather_facts
from scoring.kinship import stable_hash
from scoring.potential.evaluation import MODEL, Verdict
from scoring.potential.families import Families, read_families, some_of
from scoring.potential.findings import (
    Finding,
    column_knows,
    coverage_off,
    region_explains,
    self_excluded,
    shuffled,
    telltales,
    text_adds,
)
from scoring.potential.firmographics import Firmographics
from scoring.potential.law import interpolated
from scoring.potential.model import Data, Model
from scoring.potential.rating import Rating
from scoring.potential.regions import Regions
from scoring.potential.sentences import find_telltales
from scoring.potential.words import read_words
from scoring.quantile import pinball, rank_quantile
from scoring.schema import GUARDS

#: Active companies that controls and texts are judged on.
_SAMPLE: Final = 1_000
_LEVELS: Final = tuple(step / 10 for step in range(1, 10))
_TEXTS: Final = 5_000
#: One-sided 1 % level: several guards run each time, and false alarms wear them out.
_ALARM: Final = 2.326
#: One-sided 5 % level for what the texts add.
_GAIN: Final = 1.645
#: Smaller gains of a control do no harm.
_HARMLESS: Final = 0.02
#: Rank correlation and out-of-fold share of variance from which on a column as good as states the revenue.
_SAME_ORDER: Final = 0.97
_SAME_VALUE: Final = 0.9
_LEAST_ROWS: Final = 20


@dataclass(frozen=True)
class Inspection:
    """The gate after the guards: the verdict with its reasons, and what each guard found (GUARDS)."""

    verdict: Verdict
    reason_de: str
    reason_en: str
    guards: pl.DataFrame


@dataclass(frozen=True)
class Seen:
    """What the guards look at; `companies` (schema `company_vectors`) and `texts` may be None.

    `texts` has `customer_id` and `text`, several rows a customer.
    """

    customers: pl.DataFrame
    companies: pl.DataFrame | None
    texts: pl.DataFrame | None


def inspect(seen: Seen, rating: Rating, config: PotentialConfig) -> Inspection:
    """Run all guards on a rated stock and put the gate to "usable" where one is off."""
    if rating.verdict == "too few customers":
        return _closed(rating, [self_excluded()])
    families = read_families(seen.customers, seen.companies)
    controls, targets = _controls(seen, families, config), _known_targets(seen, families, config)
    findings = [self_excluded(), *controls, *targets, *_covered(rating, config)]
    return _closed(rating, findings)


def _closed(rating: Rating, findings: list[Finding]) -> Inspection:
    off = [finding for finding in findings if not finding.passed]
    frame = pl.DataFrame([finding.row() for finding in findings], schema=GUARDS)
    if rating.verdict != "ready" or not off:
        told = [finding for finding in off if finding.leak]
        german = " ".join([rating.reason_de, *(finding.detail_de for finding in told)])
        english = " ".join([rating.reason_en, *(finding.detail_en for finding in told)])
        return Inspection(rating.verdict, german, english, frame)
    german = " ".join([rating.reason_de, "Mit Vorbehalt:", *(finding.detail_de for finding in off)])
    english = " ".join([rating.reason_en, "With reservation:", *(finding.detail_en for finding in off)])
    return Inspection("usable", german, english, frame)


#: Company vectors and texts, either None.
_Told = tuple[pl.DataFrame | None, pl.DataFrame | None]
_NO_TEXTS: Final[_Told] = (None, None)


def _controls(seen: Seen, families: Families, config: PotentialConfig) -> Iterator[Finding]:
    stock = _sampled(families.merged, _SAMPLE)
    quick = msgspec.structs.replace(config, folds=2)
    halves = deal_folds(stock.group, 2, config.seed + 2)
    if min(np.bincount(halves, minlength=2)) < _LEAST_ROWS:
        return
    trial = _Trial(stock, halves, quick)
    random = np.random.default_rng(config.seed)
    if seen.companies is not None and bool(np.isin(seen.companies["customer_id"], stock.customer_id).any()):
        without = trial.losses(_NO_TEXTS)
        yield text_adds(*_gain(without, trial.losses((seen.companies, seen.texts)), _GAIN, 0.0))
        dealt = trial.losses(_dealt((seen.companies, seen.texts), stock, random), (0,))
        yield shuffled("shuffled text", *_gain(without, dealt, _ALARM, _HARMLESS))
    else:
        yield text_adds(0.0, significant=False)
    chance = _Trial(replace(stock, log_revenue=random.permutation(stock.log_revenue)), halves, quick)
    lucky = chance.losses((seen.companies, seen.texts), (0,))
    yield shuffled("shuffled target", *_gain(chance.constant(), lucky, _ALARM, _HARMLESS))


def _sampled(stock: Stock, size: int) -> Stock:
    """Active companies, those whose ids hash lowest."""
    active = np.flatnonzero(stock.active)
    hashes = np.array([stable_hash(stock.customer_id[row]) for row in active])
    return some_of(stock, np.sort(active[np.argsort(hashes, kind="stable")[:size]]))


@dataclass(frozen=True)
class _Trial:
    """Companies that are all known, in two halves (n, 0 or 1); losses (n) are NaN for those that are not judged."""

    stock: Stock
    halves: Ints
    config: PotentialConfig

    def losses(self, told: _Told, judged: tuple[int, ...] = (0, 1)) -> Floats:
        """Loss of each company, from a model of the other half."""
        companies, texts = told
        near = find_neighbourhood(self.stock, companies, 4 * self.config.neighbours, _no_tick)
        words = None if texts is None else read_words(texts, self.stock.customer_id)
        data = Data(self.stock, gather_facts(self.stock), near, words)
        losses = np.full(len(self.stock), np.nan)
        for half in judged:
            known, wanted = np.flatnonzero(self.halves != half), np.flatnonzero(self.halves == half)
            prediction = Model(data, known, self.config, _no_tick).predict(wanted)
            foretold = [interpolated(prediction.grid, prediction.quantiles, level) for level in _LEVELS]
            losses[wanted] = _loss(self.stock.log_revenue[wanted], foretold)
        return losses

    def constant(self) -> Floats:
        """Loss of each company (n) by the quantiles of the other half."""
        revenue, losses = self.stock.log_revenue, np.full(len(self.stock), np.nan)
        for half in (0, 1):
            own, known = revenue[self.halves == half], revenue[self.halves != half]
            foretold = [np.full(len(own), rank_quantile(known, level)) for level in _LEVELS]
            losses[self.halves == half] = _loss(own, foretold)
        return losses


def _loss(log_revenue: Floats, foretold: list[Floats]) -> Floats:
    """Mean pinball loss of each company (n) over _LEVELS, half its continuous ranked probability score."""
    pairs = zip(_LEVELS, foretold, strict=True)
    loss: Floats = np.mean([pinball(log_revenue, values, level) for level, values in pairs], axis=0)
    return loss


def _no_tick() -> None:
    """Tell no progress."""


def _gain(rival: Floats, model: Floats, level: float, least: float) -> tuple[float, bool]:
    """Share by which the model's losses (n, NaN where not judged) are lower, and whether that is more than chance."""
    judged = np.isfinite(rival) & np.isfinite(model)
    gain = rival[judged] - model[judged]
    share = float(gain.mean() / max(rival[judged].mean(), _TINY))
    error = float(gain.std(ddof=1)) / math.sqrt(len(gain))
    return share, bool(gain.mean() > max(level * error, _TINY) and share > least)


_TINY: Final = 1e-12


def _dealt(told: _Told, stock: Stock, random: np.random.Generator) -> _Told:
    """Deal vectors and texts of the stock's companies out anew, both of one company to the same other one."""
    names = list(stock.customer_id)
    others = dict(zip(names, random.permutation(names).tolist(), strict=True))
    companies, texts = (
        None
        if frame is None
        else frame.filter(pl.col("customer_id").is_in(names)).with_columns(pl.col("customer_id").replace_strict(others))
        for frame in told
    )
    return companies, texts


def _known_targets(seen: Seen, families: Families, config: PotentialConfig) -> Iterator[Finding]:
    """Columns and sentences that as good as state the revenue, and what the region would explain."""
    stock = _sampled(families.merged, _TEXTS)
    facts = gather_facts(stock)
    folds = deal_folds(stock.group, config.folds, config.seed)
    if len(np.unique(folds)) < 2 or len(stock) < _LEAST_ROWS:  # noqa: PLR2004 - one fold leaves none to learn from
        return
    yield from _columns(stock, facts, folds)
    residual = stock.log_revenue - _out_of_fold(facts, stock.log_revenue, folds)
    if seen.texts is not None:
        yield telltales(find_telltales(_rows_of(seen.texts, families, stock), residual))
    yield from _region(stock, residual, folds)


def _columns(stock: Stock, facts: Facts, folds: Ints) -> Iterator[Finding]:
    headcount = stock.log_headcount
    stated = np.isfinite(headcount)
    same = _rank_correlation(headcount[stated], stock.log_revenue[stated]) if stated.sum() >= _LEAST_ROWS else 0.0
    yield column_knows("headcount", abs(same), off=abs(same) >= _SAME_ORDER)
    finest = np.array([path[path >= 0][-1] if (path >= 0).any() else -1 for path in facts.levels])
    share = _explained(_means(finest, stock.log_revenue, folds, prior=0.0), stock.log_revenue)
    yield column_knows("industry", share, off=share >= _SAME_VALUE)


def _rank_correlation(one: Floats, other: Floats) -> float:
    frame = pl.DataFrame({"one": one, "other": other})
    found = frame.select(pl.corr("one", "other", method="spearman")).item()
    return float(found) if found is not None and math.isfinite(found) else 0.0


def _explained(predicted: Floats, values: Floats) -> float:
    total = float(((values - values.mean()) ** 2).sum())
    return 1.0 - float(((values - predicted) ** 2).sum()) / total if total > 0 else 0.0


def _means(key: Ints, values: Floats, folds: Ints, prior: float) -> Floats:
    """Mean value of the other folds' members with the same key (n), drawn to the mean of all by `prior` of them."""
    predicted = np.zeros(len(values))
    for fold in np.unique(folds):
        others, own = folds != fold, folds == fold
        keys, place = np.unique(key, return_inverse=True)
        count = np.bincount(place[others], minlength=len(keys)).astype(np.float64)
        total = np.bincount(place[others], values[others], minlength=len(keys))
        middle = values[others].mean()
        means = np.where(count > 0, (total + prior * middle) / np.maximum(count + prior, 1.0), middle)
        predicted[own] = means[place[own]]
    return predicted


def _out_of_fold(facts: Facts, log_revenue: Floats, folds: Ints) -> Floats:
    """Log revenue as headcount and industry explain it, from the other folds (n)."""
    predicted = np.zeros(len(log_revenue))
    for fold in np.unique(folds):
        others, own = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        predicted[own] = Firmographics(facts.at(others), log_revenue[others]).predict(facts.at(own))
    return predicted


def _rows_of(texts: pl.DataFrame, families: Families, stock: Stock) -> pl.DataFrame:
    """Texts by the row of their company in the sampled stock."""
    row = {name: number for number, name in enumerate(stock.customer_id)}
    heads = [families.merged.customer_id[head] for head in families.head]
    numbers = pl.DataFrame(
        {"customer_id": families.stock.customer_id, "row": [row.get(head) for head in heads]},
        schema={"customer_id": pl.String, "row": pl.Int64},
    )
    return texts.join(numbers.drop_nulls(), on="customer_id").select("row", "text").drop_nulls()


def _region(stock: Stock, residual: Floats, folds: Ints) -> Iterator[Finding]:
    """What the region explains of what industry and size leave open, out of fold."""
    if (stock.regions[:, 1] >= 0).sum() < _LEAST_ROWS:
        return
    found = Regions(stock.regions, residual, folds, int(stock.regions.max()) + 1)
    yield region_explains(found.gain_, significant=found.trust_ > 0.0)


def _covered(rating: Rating, config: PotentialConfig) -> Iterator[Finding]:
    own = (pl.col("model") == MODEL) & ((pl.col("quantile") - config.quantile).abs() < _TINY)
    for row in rating.figures.filter(own).iter_rows(named=True):
        yield coverage_off(row["coverage"], row["customers"], config.quantile)
