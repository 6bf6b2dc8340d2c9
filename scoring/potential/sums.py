"""Sums over groups of customers with intervals, by simulation from each customer's law.

What is simulated, `_DRAWS` times:

1. *The model's error.* Customers of one section of industries are misjudged together. For each section the out-of-fold
   errors of the active customers (log10 revenue less the mean of their law) of a section drawn at random, by its number
   of customers, are resampled with replacement; their mean, less the mean of all errors, moves the laws of the whole
   section (two-stage bootstrap, Davison and Hinkley 1997, section 3.8).
2. *Each wallet.* Given the model, families are independent of each other; branches of one family share one draw. The
   wallet is drawn given that it is at least the own revenue.

Sums of potentials and of headroom up to them move with step 1 alone, sums of expected headroom with both. Not
simulated: that the wallet of all falls or rises together in a year's economy, and that inactive customers may differ
from active ones of their kind.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from scoring.classes import INACTIVE, NO_DATA_BASIS
from scoring.customers import Floats, Ints
from scoring.industry import read_industries
from scoring.industry_titles import SECTIONS_2008
from scoring.kinship import stable_hash
from scoring.potential.law import Law, log_own, read_laws
from scoring.schema import SUMS

_DRAWS: Final = 300
#: The interval of sums, as that of customers by default: eight of ten.
ENDS: Final = (0.1, 0.9)
_SEED: Final = 1
GROUPINGS: Final = ("stock", "class_revenue", "class_potential", "owner", "section")
#: Fewer errors do not tell how far a section is misjudged.
_LEAST_ERRORS: Final = 5


@dataclass(frozen=True)
class _Rated:
    """The n customers with an estimate: law, EUR per year, numbers of section and family."""

    law: Law
    own: Floats
    potential: Floats
    section: Ints
    family: Ints


def group_sums(classed: pl.DataFrame, rated: pl.DataFrame, seed: int = _SEED) -> pl.DataFrame:
    """Add up revenue, potential and expected headroom of each group of customers (SUMS), EUR per year.

    Args:
        classed: POTENTIAL; groups are the stock, the actual and potential classes, owners and sections of industries.
        rated: RATED of the same stock.
        seed: of the simulation.

    Returns:
        One row a group, in the order of GROUPINGS, then by name; `potential` and `expected` are the sums of the lists,
        their ends hold the middle 80 % of the simulated sums. Groups without any estimate have null ends.
    """
    frame = _labelled(classed, rated)
    known = frame.filter(pl.col("law").is_not_null())
    draws = _simulated(_read(known), _codes(known), seed) if known.height else {}
    rows = [row for grouping in GROUPINGS for row in _rows(frame, grouping, draws.get(grouping))]
    return pl.DataFrame(rows, schema=SUMS, orient="row")


def _labelled(classed: pl.DataFrame, rated: pl.DataFrame) -> pl.DataFrame:
    """Join customers with their laws and name each grouping's group; null for customers outside any."""
    named = pl.Series("section", sections(classed["industry"].to_list()), pl.String)
    joined = classed.with_columns(named).join(
        rated.select("customer_id", "law", "family"), on="customer_id", how="left", maintain_order="left"
    )
    return joined.with_columns(
        stock=pl.lit("all"),
        owner=pl.col("owner").replace("", None),
        class_revenue=pl.col("class_revenue").fill_null(INACTIVE),
        class_potential=pl.col("class_potential").fill_null(NO_DATA_BASIS),
        revenue=pl.col("revenue").fill_nan(None).fill_null(0.0),
    )


def sections(cells: list[str | None]) -> list[str | None]:
    """Letter of the section of each industry that is a code; the words of those that are not."""
    industries = read_industries(cells)
    letters = _letters(industries.codes, industries.version)
    return [letters[code] if code else title for code, title in zip(industries.codes, industries.titles, strict=True)]


def _letters(codes: Iterable[str | None], version: str) -> dict[str, str]:
    # The tables of the package are large; whoever only imports this module should not wait for them.
    from wz_code import WZ

    distinct = {code for code in codes if code}
    book = WZ(version=version[-4:]) if distinct else None
    chains = {code: [*reversed(book.get(code).ancestors), book.get(code)] for code in distinct} if book else {}
    return {code: chain[0].code for code, chain in chains.items()}


def _labels(grouping: str, name: str) -> tuple[str, str]:
    """Name a group in German and English."""
    return section_labels(name) if grouping == "section" else (name, name)


def section_labels(name: str) -> tuple[str, str]:
    """Name a section in German and English by letter and title; words that are no letter of one stay as they are."""
    if name not in SECTIONS_2008:
        return name, name
    from wz_code import WZ

    return f"{name} {WZ(version='2008').get(name).title}", f"{name} {SECTIONS_2008[name]}"


def _codes(known: pl.DataFrame) -> dict[str, tuple[Ints, int]]:
    """Number the groups of each grouping (n, -1 outside), in the order of their names, and count them."""
    found: dict[str, tuple[Ints, int]] = {}
    for grouping in GROUPINGS:
        names = known[grouping].drop_nulls().unique().sort()
        numbers = {name: place for place, name in enumerate(names)}
        found[grouping] = np.array([numbers.get(name, -1) for name in known[grouping]], dtype=np.int64), len(names)
    return found


def _read(known: pl.DataFrame) -> _Rated:
    law, own = read_laws(known["law"]), np.maximum(known["revenue"].to_numpy(), 0.0)
    sections = known["section"].rank("dense").fill_null(0).cast(pl.Int64).to_numpy()
    return _Rated(
        law=law,
        own=own,
        potential=known["potential"].to_numpy(),
        section=sections,
        family=np.unique([stable_hash(name) for name in known["family"]], return_inverse=True)[1],
    )


def _simulated(rated: _Rated, codes: dict[str, tuple[Ints, int]], seed: int) -> dict[str, Floats]:
    """Simulate sums of potential, headroom and wallet beyond revenue for each grouping (draws x groups x 3)."""
    random = np.random.default_rng(seed)
    drawn = {name: np.zeros((_DRAWS, number, 3)) for name, (_, number) in codes.items()}
    for draw, shift in enumerate(_shifts(rated, random)):
        amounts = _one(rated, shift, random)
        for name, (code, number) in codes.items():
            inside = code >= 0
            for place, values in enumerate(amounts):
                drawn[name][draw, :, place] = np.bincount(code[inside], values[inside], number)
    return drawn


def _one(rated: _Rated, shift: Floats, random: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """Potential, headroom up to it and wallet beyond revenue of each customer (n) in one draw, EUR per year."""
    moved, cut = rated.law.moved(shift), log_own(rated.own)
    potential = np.maximum(rated.potential * 10.0**shift, rated.own)
    below = 1.0 - moved.survival(cut)
    level = random.random(int(rated.family.max()) + 1)[rated.family]
    wallet = 10.0 ** np.maximum(moved.quantile(below + level * (1.0 - below)), cut)
    return potential, potential - rated.own, np.maximum(wallet - rated.own, 0.0)


def _shifts(rated: _Rated, random: np.random.Generator) -> Iterator[Floats]:
    """How far the laws of each customer (n) are moved in each draw, in log10."""
    errors, place, number = _errors(rated)
    counts = np.array([len(part) for part in errors], dtype=np.float64)
    for _ in range(_DRAWS):
        if not len(errors):
            yield np.zeros(len(rated.own))
            continue
        chosen = random.choice(len(errors), size=number, p=counts / counts.sum())
        means = np.array([errors[one][random.integers(0, len(errors[one]), len(errors[one]))].mean() for one in chosen])
        yield means[place]


def _errors(rated: _Rated) -> tuple[list[Floats], Ints, int]:
    """Errors of the active customers by section, less their mean; the section of each customer (n) and their number."""
    active = rated.own > 0
    middle = np.diff(rated.law.levels) @ ((rated.law.logs[:, 1:] + rated.law.logs[:, :-1]) / 2).T
    error = np.where(active, np.log10(np.where(active, rated.own, 1.0)) - middle, np.nan)
    sections, place = np.unique(rated.section, return_inverse=True)
    centred: Floats = error - float(np.nanmean(error)) if active.any() else error
    parts: list[Floats] = [centred[(place == number) & active] for number in range(len(sections))]
    return [part for part in parts if len(part) >= _LEAST_ERRORS], place.astype(np.int64), len(sections)


def _rows(frame: pl.DataFrame, grouping: str, draws: Floats | None) -> Iterator[tuple[object, ...]]:
    """Rows of SUMS for one grouping."""
    amounts = ("revenue", *_SUMMED)
    sums = frame.filter(pl.col(grouping).is_not_null()).group_by(grouping).agg(pl.len(), pl.col(amounts).sum())
    names = frame.filter(pl.col("law").is_not_null())[grouping].drop_nulls().unique().sort().to_list()
    for name, customers, revenue, *values in sums.sort(grouping).iter_rows():
        ends = np.full((2, len(_SUMMED)), np.nan)
        if draws is not None and name in names:
            ends = np.quantile(draws[:, names.index(name)], ENDS, axis=0)
        around = [end for value, pair in zip(values, ends.T.tolist(), strict=True) for end in _around(value, *pair)]
        yield grouping, name, *_labels(grouping, name), customers, revenue, *around


#: Amounts whose sums are simulated, in the order of SUMS.
_SUMMED: Final = ("potential", "headroom", "headroom_expected")


def _around(value: float, low: float, high: float) -> tuple[float, float | None, float | None]:
    """The published sum with the ends of an interval that it lies in, null where none was simulated."""
    return (value, min(low, value), max(high, value)) if math.isfinite(low) else (value, None, None)
