"""What changed between two kept runs, customer by customer, and by what: data, settings or the borders of the classes.

The causes are told apart by what is known of both runs. Amounts move with a customer's own data, with settings and
versions, or with the data of others, from whom the model learns; the bridge sums the differences of each cause, so it
adds up by construction. Classes move because amounts did, or because the borders did: a class that the former amount
already has under the new borders, while the new amount keeps the old class under the former borders, moved by the
borders alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from potenzial.runs.schema import KEPT, RunRecord
from scoring.classes import Thresholds, potential_class, revenue_class

#: Why amounts changed. "data and settings" could not be told apart without estimating once more.
CAUSES: Final = ("gone", "new", "own data", "data and settings", "settings", "data of others")
#: Why a class changed: a cause of amounts, or one of these.
THRESHOLDS: Final = "thresholds"
BOTH: Final = "thresholds and amounts"
OVERRIDE: Final = "override"
MOVES: Final = (*CAUSES, THRESHOLDS, BOTH, OVERRIDE)

#: A customer's own data, as far as a run keeps it.
OWN: Final = ("revenue", "revenue_best", "last_purchase", "industry", "headcount", "postcode", "site", "text")
#: What bears on an estimate, besides the data.
_SETTINGS: Final = ("embedding.", "neighbours.", "infer.", "potential.")
_CENT: Final = 0.005
#: Gives the class of a column under some borders.
ClassBy = Callable[[Thresholds, str], pl.Expr]
_AMOUNTS: Final = ("revenue", "potential", "headroom", "headroom_expected")
_CLASSES: Final = ("class_revenue", "class_potential")

#: A customer in two runs. `cause` says why its amounts changed (null where they did not), `changed` which of its own
#: data did; `why_revenue` and `why_potential` why its class changed (null where it did not).
DIFFERENCE: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "name": pl.String(),
        "owner": pl.String(),
        **{f"{name}_{end}": pl.String() for name in (*_CLASSES, "action") for end in ("before", "after")},
        **{f"{name}_{end}": pl.Float64() for name in _AMOUNTS for end in ("before", "after")},
        "why_revenue": pl.String(),
        "why_potential": pl.String(),
        "cause": pl.String(),
        "changed": pl.List(pl.String()),
    }
)
#: The way from the sums of one run to those of the next, EUR per year; `step` is "before", a cause or "after".
BRIDGE: Final = pl.Schema(
    {"step": pl.String(), "customers": pl.Int64(), **dict.fromkeys(_AMOUNTS, pl.Float64())},
)
#: How many customers went from one class to another, and why.
MOVED: Final = pl.Schema(
    {
        "figure": pl.String(),
        "before": pl.String(),
        "after": pl.String(),
        "why": pl.String(),
        "customers": pl.Int64(),
    }
)


@dataclass(frozen=True)
class Kept:
    """A run with its customers (KEPT)."""

    record: RunRecord
    customers: pl.DataFrame


@dataclass(frozen=True)
class Difference:
    """Two runs side by side: DIFFERENCE, BRIDGE, MOVED, and the settings and versions that changed with both values."""

    before: RunRecord
    after: RunRecord
    customers: pl.DataFrame
    bridge: pl.DataFrame
    moved: pl.DataFrame
    settings: tuple[tuple[str, str, str], ...]

    @property
    def remodelled(self) -> bool:
        """Whether settings or versions changed that bear on estimates."""
        return _remodelled(self.settings)


def difference(before: Kept, after: Kept) -> Difference:
    """Compare two runs."""
    changed = changed_settings(before.record, after.record)
    pair = _paired(before.customers, after.customers)
    caused = pair.with_columns(changed=_changed(), cause=_cause(remodelled=_remodelled(changed)))
    limits = (before.record.thresholds, after.record.thresholds)
    told = caused.with_columns(why_revenue=_why("revenue", revenue_class, limits), why_potential=_why_potential(limits))
    rows = told.select(DIFFERENCE.names()).match_to_schema(DIFFERENCE).sort("customer_id")
    return Difference(before.record, after.record, rows, bridge(rows), moved(rows), changed)


def changed_settings(before: RunRecord, after: RunRecord) -> tuple[tuple[str, str, str], ...]:
    """Settings and versions that differ, each with its value before and after; empty where there was none."""
    pairs = ((before.settings, after.settings), (before.method, after.method))
    return tuple(
        (key, one.get(key, ""), other.get(key, ""))
        for one, other in pairs
        for key in sorted({*one, *other})
        if one.get(key) != other.get(key)
    )


def bridge(rows: pl.DataFrame) -> pl.DataFrame:
    """Sum what each cause added to the amounts (BRIDGE), from the run before to the run after."""
    steps = [pl.col(f"{name}_after").fill_null(0.0) - pl.col(f"{name}_before").fill_null(0.0) for name in _AMOUNTS]
    by_cause = rows.drop_nulls("cause").with_columns(
        step.alias(name) for name, step in zip(_AMOUNTS, steps, strict=True)
    )
    sums = by_cause.group_by("cause").agg(pl.len().cast(pl.Int64).alias("customers"), pl.col(_AMOUNTS).sum())
    every = pl.DataFrame({"cause": CAUSES}).join(sums, on="cause", how="left", maintain_order="left")
    between = every.rename({"cause": "step"}).with_columns(pl.exclude("step").fill_null(0))
    return pl.concat([_end(rows, "before"), between, _end(rows, "after")]).match_to_schema(BRIDGE)


def _end(rows: pl.DataFrame, end: str) -> pl.DataFrame:
    there = rows.filter(pl.col(f"class_potential_{end}").is_not_null())
    sums = [pl.col(f"{name}_{end}").sum().alias(name) for name in _AMOUNTS]
    return there.select(pl.lit(end).alias("step"), pl.len().cast(pl.Int64).alias("customers"), *sums)


def moved(rows: pl.DataFrame) -> pl.DataFrame:
    """Count who went from one class to another by why (MOVED), most first."""
    parts = [
        rows.drop_nulls(why).select(
            figure=pl.lit(figure), before=f"class_{figure}_before", after=f"class_{figure}_after", why=why
        )
        for figure, why in (("revenue", "why_revenue"), ("potential", "why_potential"))
    ]
    keys = ("figure", "before", "after", "why")
    counted = pl.concat(parts).group_by(keys).agg(pl.len().cast(pl.Int64).alias("customers"))
    return counted.sort("customers", *keys, descending=[True] + [False] * len(keys)).match_to_schema(MOVED)


def _paired(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """One row for everybody in one of the runs, columns with `_before` and `_after`."""
    one, other = _at_end(before, "before"), _at_end(after, "after")
    joined = one.join(other, on="customer_id", how="full", coalesce=True, validate="1:1")
    return joined.with_columns(
        name=pl.coalesce("name_after", "name_before"), owner=pl.coalesce("owner_after", "owner_before")
    )


def _at_end(kept: pl.DataFrame, end: str) -> pl.DataFrame:
    names = {name: f"{name}_{end}" for name in KEPT if name != "customer_id"}
    return kept.match_to_schema(KEPT).rename(names)


def _changed() -> pl.Expr:
    """Which of a customer's own data changed; empty for who is in one run only."""
    names = [pl.when(_differs(name)).then(pl.lit(name)) for name in OWN]
    return (
        pl.when(_new() | _gone())
        .then(pl.lit([], pl.List(pl.String())))
        .otherwise(pl.concat_list(names).list.drop_nulls())
    )


def _differs(name: str) -> pl.Expr:
    one, other = pl.col(f"{name}_before"), pl.col(f"{name}_after")
    if KEPT[name] == pl.Float64():
        return (one.is_null() != other.is_null()) | ((one - other).abs() > _CENT).fill_null(value=False)
    return one.ne_missing(other)


def _new() -> pl.Expr:
    return pl.col("class_potential_before").is_null()


def _gone() -> pl.Expr:
    return pl.col("class_potential_after").is_null()


def _cause(*, remodelled: bool) -> pl.Expr:
    own = pl.any_horizontal(_differs(name) for name in OWN)
    same = ~pl.any_horizontal(_differs(name) for name in _AMOUNTS)
    ours, others = ("data and settings", "settings") if remodelled else ("own data", "data of others")
    return (
        pl.when(_gone())
        .then(pl.lit("gone"))
        .when(_new())
        .then(pl.lit("new"))
        .when(same)
        .then(None)
        .when(own)
        .then(pl.lit(ours))
        .otherwise(pl.lit(others))
    )


def _why(amount: str, class_by: ClassBy, limits: tuple[Thresholds, Thresholds]) -> pl.Expr:
    """Why the class of an amount changed; null where it did not, and for who is in one run only."""
    before, after = (pl.col(f"class_{amount}_{end}") for end in ("before", "after"))
    by_borders = class_by(limits[1], f"{amount}_before") != before
    by_amount = class_by(limits[0], f"{amount}_after") != before
    stays = before.is_null() | after.is_null() | (before == after)
    return (
        pl.when(stays)
        .then(None)
        .when(by_amount & by_borders)
        .then(pl.lit(BOTH))
        .when(by_borders)
        .then(pl.lit(THRESHOLDS))
        .when(by_amount)
        .then(pl.col("cause"))
        # Neither alone would have moved it: together they did.
        .otherwise(pl.lit(BOTH))
    )


def _why_potential(limits: tuple[Thresholds, Thresholds]) -> pl.Expr:
    overridden = pl.col("overridden_before") | pl.col("overridden_after")
    there = ~_new() & ~_gone()
    differs = pl.col("class_potential_before") != pl.col("class_potential_after")
    return (
        pl.when(there & differs & overridden)
        .then(pl.lit(OVERRIDE))
        .otherwise(_why("potential", potential_class, limits))
    )


def _remodelled(changed: Sequence[tuple[str, str, str]]) -> bool:
    return any(key.startswith((*_SETTINGS, "stage ", "library ")) for key, _before, _after in changed)
