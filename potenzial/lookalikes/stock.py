"""The stock in memory: who can be found, what is known of each, and how alike companies of it usually are."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.lookalike import Sketch, sketch
from embeddings.neighbours import vectors_of
from potenzial import artifact, tables
from potenzial.lookalikes.question import Weights
from potenzial.owners import with_used_sites
from potenzial.project import Project
from scoring.industry import read_industries
from scoring.schema import CUSTOMERS, POTENTIAL

Floats = NDArray[np.float32]

#: Results of the last stage, which stay empty until it has run.
_RATED: Final = (
    "industry_label", "industry_label_en", "potential", "potential_low", "potential_high", "typical", "headroom",
    "headroom_expected", "class_revenue", "class_potential", "action",
)  # fmt: skip
_REGIONS: Final = pl.Schema({"plz1": pl.String(), "plz2": pl.String(), "plz3": pl.String()})
_GIVEN: Final = pl.Schema({name: dtype for name, dtype in CUSTOMERS.items() if name != "text"})
#: Columns that a condition may name: the address stock without its texts, the first digits of the postcode, the rating.
FACTS: Final = pl.Schema({**_GIVEN, **_REGIONS, **{name: POTENTIAL[name] for name in _RATED}})

#: Companies up to which a question compares all by their whole vectors.
EXACT_UP_TO: Final = 200_000
#: Pairs of companies drawn to learn how alike companies usually are.
_PAIRS: Final = 20_000
_SEED: Final = 7
#: With fewer companies the pairs say nothing about what is usual.
_LEAST: Final = 8
#: Names of bands, and the share of the stock's pairs that are less alike; the first that fits counts.
BANDS: Final = (("very", 0.995), ("similar", 0.97), ("somewhat", 0.85), ("hardly", 0.0))


@dataclass(frozen=True, eq=False)
class Aspects:
    """How alike m companies or pairs of them are: `text` the cosine (-1 to 1), `industry` and `size` 0 to 1, or NaN."""

    text: Floats
    industry: Floats
    size: Floats

    def at(self, places: NDArray[np.int64]) -> "Aspects":
        """Give some of the companies or pairs."""
        return Aspects(self.text[places], self.industry[places], self.size[places])

    def score(self, weights: Weights, usual: "Aspects") -> Floats:
        """Weigh the aspects (Gower 1971, doi 10.2307/2528823); what is not known counts as usual in the stock."""
        pairs = ((weights.text, self.text, usual.text), (weights.industry, self.industry, usual.industry))
        chosen = [part for part in (*pairs, (weights.size, self.size, usual.size)) if part[0] > 0]
        total = sum(weight for weight, _, _ in chosen)
        parts = [np.float32(weight / total) * _filled(values, mean) for weight, values, mean in chosen]
        return sum(parts[1:], start=parts[0])


@dataclass(frozen=True, eq=False)
class Branches:
    """The industries of n companies: `paths` (p x 4) are the different ones, `path` (n) says which each company has."""

    paths: NDArray[np.int64]
    path: NDArray[np.int32]

    def at(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers of section to class of some companies (m x 4), -1 unknown."""
        return self.paths[self.path[rows]]


@dataclass(frozen=True, eq=False)
class LookalikeStock:
    """The n companies that have a vector, sorted by id.

    `facts` (FACTS), `vectors` (n x d, length 1), `branches` and `headcount` (n, NaN unknown) stand in the same order;
    `sketch` is there in a large stock only. `usual` holds pairs drawn by chance, `chunks_file` the texts, `silent` the
    ids of customers without any text, who have no vector.
    """

    facts: pl.DataFrame
    vectors: Floats
    sketch: Sketch | None
    branches: Branches
    headcount: Floats
    keywords: pl.DataFrame
    usual: Aspects
    chunks_file: Path
    silent: pl.Series = field(default_factory=lambda: pl.Series("customer_id", [], pl.String))

    @property
    def ids(self) -> pl.Series:
        """Ids of the companies."""
        return self.facts["customer_id"]

    def rows(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """Give the rows of some companies, in the order of the stock; unknown ones are left out."""
        wanted = pl.Series("customer_id", list(ids), dtype=pl.String)
        places = self.ids.search_sorted(wanted).clip(0, max(len(self.ids) - 1, 0)).cast(pl.Int64)
        there = places.filter(self.ids.gather(places) == wanted) if len(self.ids) else places.clear()
        return there.unique().sort().to_numpy()

    def scores(self, direction: Floats, examples: NDArray[np.int64], weights: Weights) -> Floats:
        """Score every company (n) against a direction (d) and the facts of the examples (rows of the stock).

        In a large stock the text counts by its sketch, hence nearly.
        """
        text = self.vectors @ direction if self.sketch is None else self.sketch.cosines(direction)
        nothing = np.zeros(0, np.float32)
        industry = self._industry_alike(examples) if weights.industry else nothing
        size = self._size_alike(examples, self.headcount) if weights.size else nothing
        return Aspects(text, industry, size).score(weights, self.usual)

    def aspects(self, rows: NDArray[np.int64], direction: Floats, examples: NDArray[np.int64]) -> Aspects:
        """Compare some companies (m rows) with a direction (d) and with the facts of the examples, exactly."""
        industry = self._industry_alike(examples, rows)
        return Aspects(self.vectors[rows] @ direction, industry, self._size_alike(examples, self.headcount[rows]))

    def _industry_alike(self, examples: NDArray[np.int64], rows: NDArray[np.int64] | None = None) -> Floats:
        """Compare each different industry once, for there are far fewer of them than companies."""
        paths = self.branches.paths
        alike = _mean([_industry(paths, path) for path in self.branches.at(examples)], len(paths))
        return alike[self.branches.path if rows is None else self.branches.path[rows]]

    def _size_alike(self, examples: NDArray[np.int64], headcount: Floats) -> Floats:
        return _mean([_size(headcount, self.headcount[row]) for row in examples], len(headcount))


def load_stock(project: Project) -> LookalikeStock:
    """Read all that lookalikes are answered from.

    Raises:
        StageError: the stages up to `embed` have not run.
    """
    companies = tables.read(project, "company_vectors").sort("customer_id")
    facts, chunks = _facts(project, companies["customer_id"]), project.stage("embed").files["chunks"]
    silent = tables.read(project, "customers").join(facts, on="customer_id", how="anti")["customer_id"]
    return replace(stock_of(facts, companies, tables.read(project, "keywords"), chunks), silent=silent)


def stock_of(facts: pl.DataFrame, companies: pl.DataFrame, keywords: pl.DataFrame, chunks_file: Path) -> LookalikeStock:
    """Prepare FACTS and company_vectors of the same companies, both sorted by id, KEYWORDS, and the file of CHUNKS."""
    vectors = vectors_of(companies)
    branches = _branches(read_industries(facts["industry"].to_list()).levels)
    headcount = _positive(facts["headcount"])
    return LookalikeStock(
        facts=facts.with_columns(pl.col("customer_id").set_sorted()),
        vectors=vectors,
        sketch=sketch(vectors) if len(vectors) > EXACT_UP_TO else None,
        branches=branches,
        headcount=headcount,
        keywords=keywords.sort("customer_id", "weight", descending=[False, True]),
        usual=_usual(vectors, branches, headcount),
        chunks_file=chunks_file,
    )


def _branches(levels: NDArray[np.int64]) -> Branches:
    """Find the different industries among n of them (n x 4)."""
    key = np.zeros(len(levels), np.int64)
    for level in range(levels.shape[1]):
        key = np.unique(key * (levels[:, level].max(initial=0) + 2) + levels[:, level] + 1, return_inverse=True)[1]
    _, first, path = np.unique(key, return_index=True, return_inverse=True)
    return Branches(levels[first], path.astype(np.int32))


def _facts(project: Project, ids: pl.Series) -> pl.DataFrame:
    customers = with_used_sites(tables.read(project, "customers"), tables.read(project, "owners"))
    digits = pl.col("postcode").str.strip_chars()
    regions = {name: digits.str.slice(0, length) for length, name in enumerate(_REGIONS, 1)}
    known = ids.to_frame().join(customers.with_columns(**regions), on="customer_id", how="left", maintain_order="left")
    rated = known.join(_rated(project), on="customer_id", how="left", maintain_order="left")
    return rated.select(FACTS.names()).match_to_schema(FACTS)


def _rated(project: Project) -> pl.DataFrame:
    """The rating of each customer; no row as long as the stage has not run."""
    if artifact.record(project.stage("lists")) is None:
        return POTENTIAL.to_frame().select("customer_id", *_RATED)
    return tables.read(project, "potential").select("customer_id", *_RATED)


def _positive(values: pl.Series) -> Floats:
    numbers = values.cast(pl.Float32).fill_null(np.nan).to_numpy()
    return np.where(numbers > 0, numbers, np.float32(np.nan)).astype(np.float32)


def _usual(vectors: Floats, branches: Branches, headcount: Floats) -> Aspects:
    """Compare pairs of companies drawn by chance, the same in every run."""
    size = len(vectors)
    if size < _LEAST:
        nothing = np.zeros(0, np.float32)
        return Aspects(nothing, nothing, nothing)
    rng = np.random.default_rng(_SEED)
    one = rng.integers(0, size, _PAIRS)
    other = (one + rng.integers(1, size, _PAIRS)) % size
    text = np.einsum("nd,nd->n", vectors[one], vectors[other])
    return Aspects(text, _industry(branches.at(one), branches.at(other)), _size(headcount[one], headcount[other]))


def _industry(some: NDArray[np.int64], others: NDArray[np.int64]) -> Floats:
    """Share of the levels, section to class, that two industries have in common (n x 4 against n x 4 or 4)."""
    shared = ((some == others) & (some >= 0)).sum(axis=1)
    depth = np.maximum((some >= 0).sum(axis=1), (others >= 0).sum(axis=-1))
    known = (some[:, 0] >= 0) & (others[..., 0] >= 0)
    return np.where(known, shared / np.maximum(depth, 1), np.nan).astype(np.float32)


def _size(some: Floats, others: Floats | np.float32) -> Floats:
    """The smaller headcount as a share of the larger one, NaN where either is not known."""
    return (np.minimum(some, others) / np.maximum(some, others)).astype(np.float32)


def _mean(values: Sequence[Floats], size: int) -> Floats:
    """Mean over examples of what is known (each n), NaN where nothing is."""
    total, known = np.zeros(size, np.float32), np.zeros(size, np.float32)
    for value in values:
        total += np.nan_to_num(value)
        known += ~np.isnan(value)
    return np.where(known > 0, total / np.maximum(known, 1), np.float32(np.nan)).astype(np.float32)


def _filled(values: Floats, usual: Floats) -> Floats:
    known = usual[~np.isnan(usual)]
    return np.nan_to_num(values, nan=float(known.mean()) if len(known) else 0.0)


def percentiles(scores: Floats, weights: Weights, usual: Aspects) -> NDArray[np.float64]:
    """Say for each score (m) which share of the stock's pairs is less alike, 0 to 1; NaN in a tiny stock."""
    pairs = np.sort(usual.score(weights, usual))
    if not len(pairs):
        return np.full(len(scores), np.nan)
    return np.searchsorted(pairs, scores, side="left") / len(pairs)


def bands(shares: pl.Series, scores: pl.Series) -> pl.Series:
    """Call a score "very", "similar", "somewhat" or "hardly" by its percentile; in a tiny stock by its sign alone."""
    frame = pl.DataFrame({"share": shares.fill_nan(None), "score": scores})
    unknown = pl.when(pl.col("score") > 0).then(pl.lit("similar")).otherwise(pl.lit("hardly"))
    named = pl.lit(BANDS[-1][0])
    for name, least in reversed(BANDS[:-1]):
        named = pl.when(pl.col("share") >= least).then(pl.lit(name)).otherwise(named)
    return frame.select(band=pl.when(pl.col("share").is_null()).then(unknown).otherwise(named)).to_series()
