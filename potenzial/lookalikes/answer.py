"""From a question to the companies that answer it, or to the filter that left none."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.errors import UnknownCompanyError
from embeddings.lookalike import aim, check_known
from potenzial.errors import UnknownIdError
from potenzial.filters import parse_filter
from potenzial.lookalikes.evidence import (
    OWN,
    SHARED,
    Example,
    compared,
    contrast,
    example_of,
    example_of_text,
    phrases_of,
)
from potenzial.lookalikes.question import Only, Question
from potenzial.lookalikes.reader import Reader
from potenzial.lookalikes.stock import FACTS, Aspects, LookalikeStock, bands, percentiles
from potenzial.lookalikes.wording import ENGLISH, GERMAN, differences
from scoring.classes import is_active

#: One row per company found, best first. `score` is the weighted mean of the aspects, `closer_than` the share of the
#: stock's pairs of companies that are less alike, `band` one of "very", "similar", "somewhat", "hardly".
HITS: Final = pl.Schema(
    {
        "rank": pl.Int32(),
        "customer_id": pl.String(),
        "name": pl.String(),
        "postcode": pl.String(),
        "city": pl.String(),
        "score": pl.Float32(),
        "band": pl.String(),
        "closer_than": pl.Float64(),
        "similarity": pl.Float32(),
        "industry_alike": pl.Float32(),
        "size_alike": pl.Float32(),
        "class_revenue": pl.String(),
        "class_potential": pl.String(),
        "revenue": pl.Float64(),
        "potential": pl.Float64(),
        "headcount": pl.Float64(),
        "industry_label": pl.String(),
        "industry_label_en": pl.String(),
        "website": pl.String(),
        "shared": pl.List(SHARED),
        "own": pl.List(OWN),
        "differs_de": pl.String(),
        "differs_en": pl.String(),
    }
)
#: Companies that are compared exactly for each one wanted, and how many of a large stock at least.
_CANDIDATES: Final = 4
_LEAST: Final = 2_000
_DESCRIBED: Final = ("shared", "own", "differs_de", "differs_en")
#: Scores that differ by less are equal, and equals are ordered by id.
_DIGITS: Final = 6


@dataclass(frozen=True, slots=True)
class Step:
    """A filter and how many companies it left; `detail` says more where it left none."""

    name: str
    left: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """Why a company was found: what both share and what differs, with all phrases and pages."""

    customer_id: str
    name: str
    score: float
    band: str
    closer_than: float | None
    shared: tuple[dict[str, str | None], ...]
    own: tuple[dict[str, str | None], ...]
    differs_de: str
    differs_en: str

    def __str__(self) -> str:
        """Give the reasons in English, one a line."""
        head = f"{self.name} ({self.customer_id}): {ENGLISH.bands[self.band]}, score {self.score:.2f}"
        both = [f"  + both: {one['phrase']} ({one['url'] or ENGLISH.own_text})" for one in self.shared]
        alone = [f"  - only there: {one['phrase']} ({one['url'] or ENGLISH.own_text})" for one in self.own]
        return "\n".join([head, *both, *alone, *([f"  - {self.differs_en}"] if self.differs_en else [])])


@dataclass(frozen=True)
class Lookalikes:
    """The companies found: `frame` (HITS, best first), the question, and the filters in their order."""

    question: Question
    frame: pl.DataFrame
    steps: tuple[Step, ...] = field(repr=False)

    def why(self, customer_id: str) -> Why:
        """Say why a company was found.

        Raises:
            UnknownIdError: it is not among the companies found.
        """
        rows = self.frame.filter(pl.col("customer_id") == customer_id)
        if rows.is_empty():
            raise UnknownIdError(
                f"`{customer_id}` is not among the {self.frame.height} companies found. {self.emptied_by}"
            )
        row = rows.row(0, named=True)
        fields = {name: row[name] for name in Why.__slots__}
        return Why(**{**fields, "shared": tuple(row["shared"]), "own": tuple(row["own"])})

    @property
    def emptied_by(self) -> str:
        """The filter that left no company, in a sentence; empty when there are hits."""
        before: Step | None = None
        for step in self.steps:
            if not step.left:
                count = f"{before.left:,} of {before.name}" if before else "the stock"
                return f"Nothing was found: {step.name} leaves none of {count}. {step.detail}".strip()
            before = step
        return ""

    def __len__(self) -> int:
        """Give the number of companies found."""
        return self.frame.height

    def __iter__(self) -> Iterator[dict[str, object]]:
        """Give the companies found as rows, best first."""
        return self.frame.iter_rows(named=True)

    def _repr_html_(self) -> str:
        return self.frame._repr_html_() if len(self) else f"<p>{self.emptied_by}</p>"


@dataclass(frozen=True, eq=False)
class _Aim:
    """The direction to search in (d), the rows of the examples and counter-examples, and what hits are held against."""

    direction: NDArray[np.float32]
    examples: NDArray[np.int64]
    others: NDArray[np.int64]
    example: Example


class Applied(NamedTuple):
    """A filter: its name, the rows it keeps (n), and what to say if it leaves none."""

    name: str
    kept: NDArray[np.bool_]
    detail: Callable[[], str] = str


class _Held(NamedTuple):
    """What the companies found are described by."""

    question: Question
    stock: LookalikeStock
    aimed: _Aim


def answer(question: Question, stock: LookalikeStock, reader: Reader, among: Sequence[Applied] = ()) -> Lookalikes:
    """Find the companies that a question asks for; the same for the same stock, and exact where it has no sketch.

    `among` are further filters, applied before those of the question.

    Raises:
        UnknownCompanyError: an example has no vector.
        FilterError: the condition cannot be used.
        QuestionError: the text or page cannot be read.
    """
    aimed = _aimed(question, stock, reader)
    keep, steps = _filtered((*among, *_filters(question, stock, aimed)))
    scores = stock.scores(aimed.direction, aimed.examples, question.weights)
    rows = best_rows(scores, keep, max(_CANDIDATES * question.k, _LEAST if stock.sketch else 0))
    aspects = stock.aspects(rows, aimed.direction, aimed.examples)
    scores[rows] = aspects.score(question.weights, stock.usual)
    scores = scores.round(_DIGITS)
    if question.min_score is not None:
        best = f"The best score is {scores[rows].max():.2f}." if len(rows) else ""
        keep = keep & (scores >= np.float32(question.min_score))
        steps = (*steps, Step(f"--min-score {question.min_score:g}", int(keep.sum()), best))
    places = best_rows(scores[rows], keep[rows], question.k)
    hits = _hits(stock.facts[rows[places]], scores[rows[places]], aspects.at(places), _Held(question, stock, aimed))
    return Lookalikes(question, hits, steps)


def _aimed(question: Question, stock: LookalikeStock, reader: Reader) -> _Aim:
    rows, others = _known_rows(question.ids, stock), _known_rows(question.without, stock)
    liked = _known_rows(question.liked, stock)
    away, approved = stock.vectors[others], stock.vectors[liked]
    examples = np.union1d(rows, liked)
    if len(rows):
        return _Aim(aim(stock.vectors[rows], away, approved), examples, others, example_of(stock, examples))
    read = reader.text(question.text) if question.text.strip() else reader.url(question.url)
    return _Aim(aim(read.vector[None, :], away, approved), examples, others, example_of_text(read.passages))


def _known_rows(ids: Sequence[str], stock: LookalikeStock) -> NDArray[np.int64]:
    rows = stock.rows(ids)
    if len(rows) < len(set(ids)):
        _check_told(ids, stock)
        check_known(ids, stock.ids)
    return rows


def _check_told(ids: Sequence[str], stock: LookalikeStock) -> None:
    """Refuse customers of whom no text is known.

    Raises:
        UnknownCompanyError: the message names the first of them and what to do instead.
    """
    if silent := stock.silent.filter(stock.silent.is_in(list(ids))).to_list():
        raise UnknownCompanyError(
            f"Of customer `{silent[0]}` no text is known: neither its website nor your own column `text` gave any, so "
            "nothing can be compared with it. Describe it with --text instead."
        )


def _filtered(filters: Sequence[Applied]) -> tuple[NDArray[np.bool_], tuple[Step, ...]]:
    """Apply the filters one after the other, and note what each of them left."""
    keep = np.ones(len(filters[0].kept), np.bool_)
    steps: list[Step] = []
    for name, kept, detail in filters:
        keep = keep & kept
        steps.append(Step(name, int(keep.sum()), "" if keep.any() else detail()))
    return keep, tuple(steps)


def _filters(question: Question, stock: LookalikeStock, aimed: _Aim) -> Iterator[Applied]:
    """Apply each filter to the whole stock."""
    named = np.concatenate([aimed.examples, aimed.others])
    others = np.ones(stock.facts.height, np.bool_)
    others[named] = False
    yield Applied("the other companies with text", others)
    if question.only is not None:
        yield Applied(f"--only {question.only}", _mask(stock, kind(question.only)))
    if question.exclude_group:
        yield Applied("--exclude-group", ~same_company(stock.facts, named))
    if question.where:
        condition = parse_filter(question.where, FACTS)
        kept = condition.keeps(stock.facts).to_numpy()
        yield Applied(f'--where "{question.where}"', kept, lambda: _alone(condition.counts(stock.facts)))


def _alone(counts: Sequence[tuple[str, int]]) -> str:
    return f"Each alone meets: {'; '.join(f'{part}: {count:,}' for part, count in counts)}."


def _mask(stock: LookalikeStock, condition: pl.Expr) -> NDArray[np.bool_]:
    return stock.facts.select(condition).to_series().to_numpy()


def kind(only: Only) -> pl.Expr:
    """Tell active customers, inactive ones (bought once, not in the last 12 months) and prospects (never bought)."""
    once = (pl.col("revenue_best").fill_nan(None).fill_null(0.0) > 0) | pl.col("last_purchase").is_not_null()
    kinds = {"active": is_active(), "inactive": ~is_active() & once, "prospects": ~is_active() & ~once}
    return kinds[only]


def same_company(facts: pl.DataFrame, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say which customers share website, VAT id or register number with some rows of the stock."""
    keys = ("site", "vat_id", "register_number")
    theirs = {key: facts[key].gather(rows).drop_nulls().to_list() for key in keys}
    shared = [pl.col(key).is_in(known).fill_null(value=False) for key, known in theirs.items() if known]
    same = pl.any_horizontal(shared) if shared else pl.repeat(value=False, n=pl.len(), dtype=pl.Boolean)
    return facts.select(same=same).to_series().to_numpy()


def best_rows(scores: NDArray[np.float32], keep: NDArray[np.bool_], k: int) -> NDArray[np.int64]:
    """Give the k rows with the highest scores among those kept, best first, equals in their order."""
    rows = np.flatnonzero(keep)
    if len(rows) > k:
        least = np.partition(scores[rows], len(rows) - k)[len(rows) - k]
        rows = rows[scores[rows] >= least]
    return rows[np.argsort(-scores[rows], kind="stable")][:k].astype(np.int64)


def _hits(facts: pl.DataFrame, scores: NDArray[np.float32], aspects: Aspects, held: _Held) -> pl.DataFrame:
    """Describe the companies found (FACTS, best first, m of everything)."""
    closer = pl.Series(percentiles(scores, held.question.weights, held.stock.usual), dtype=pl.Float64)
    return (
        facts.with_columns(
            *_evidence(held.stock, facts, held.aimed.example).iter_columns(),
            pl.Series("score", scores),
            pl.Series("band", bands(closer, pl.Series(scores)), dtype=pl.String),
            pl.Series("closer_than", closer.fill_nan(None)),
            pl.Series("similarity", aspects.text.round(_DIGITS)),
            pl.Series("industry_alike", aspects.industry).fill_nan(None),
            pl.Series("size_alike", aspects.size).fill_nan(None),
            rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int32),
        )
        .select(HITS.names())
        .match_to_schema(HITS)
    )


def _evidence(stock: LookalikeStock, facts: pl.DataFrame, example: Example) -> pl.DataFrame:
    """What each company found shares with the examples, and what differs, in the order of `facts`."""
    phrases = phrases_of(stock.keywords, facts)
    rows = [_described(row, phrases[row["customer_id"]], example) for row in facts.iter_rows(named=True)]
    return pl.from_dicts(rows, schema={name: HITS[name] for name in _DESCRIBED})


def _described(
    row: Mapping[str, Any], phrases: Sequence[tuple[str, str | None]], example: Example
) -> dict[str, object]:
    shared, own = compared(phrases, example)
    apart = contrast(row, example)
    said = (shared, own, differences(apart, GERMAN), differences(apart, ENGLISH))
    return dict(zip(_DESCRIBED, said, strict=True))
