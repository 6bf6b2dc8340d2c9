"""A randomised contact list: who is visited, who is held out, drawn within strata so that both are alike."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from scoring.baselines import BANDS
from scoring.errors import ExperimentError
from scoring.kinship import stable_hash
from scoring.uplift import Power, power

#: Arms of an experiment.
VISIT: Final = "visit"
HOLDOUT: Final = "holdout"
#: Who was drawn. EUR columns are as of the day of the draw; `stratum` is class, action and size band in words.
ASSIGNMENT: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "arm": pl.String(),
        "stratum": pl.String(),
        "class_potential": pl.String(),
        "action": pl.String(),
        "size_band": pl.String(),
        "revenue": pl.Float64(),
        "potential": pl.Float64(),
        "headroom": pl.Float64(),
    }
)
#: A stratum of fewer customers can hardly hold out one; it goes with others of its class and action.
_LEAST: Final = 10
_OTHERS: Final = "others"
#: `stable_hash` gives numbers below this.
_HASHES: Final = 2**63


@dataclass(frozen=True)
class Plan:
    """How many customers are visited, which share of all drawn is held out, and the seed of the draw."""

    visits: int
    holdout: float
    seed: int

    @property
    def held_out(self) -> int:
        """Customers that nobody visits, at least one."""
        return max(1, round(self.visits * self.holdout / (1 - self.holdout)))

    @property
    def drawn(self) -> int:
        """Customers of both arms."""
        return self.visits + self.held_out


@dataclass(frozen=True, eq=False)
class Draw:
    """A contact list: `assignment` (ASSIGNMENT, by id), what it can show, and who was left out as a second address.

    `pool` counts the customers that could be drawn, `same_company` those that share a website with one of them.
    """

    assignment: pl.DataFrame
    power: Power
    pool: int
    same_company: int


def draw(customers: pl.DataFrame, plan: Plan) -> Draw:
    """Draw customers and their arms.

    Strata are class by potential x action x size band; each gives as many customers and holds out as many as fits its
    size. Chance is the hash of seed and id, so that the same customers give the same draw in any order of rows. Of
    customers with one website only the one with most headroom can be drawn: a visit
    there reaches all of them.

    Args:
        customers: POTENTIAL, only those that may be visited; who has no potential is left out.
        plan: sizes and seed.

    Raises:
        ExperimentError: the pool is smaller than the two arms.
    """
    rated = customers.filter(pl.col("potential").is_not_null())
    pool = one_per_company(rated)
    if pool.height < plan.drawn:
        raise ExperimentError(_too_few(pool.height, plan))
    strata = stratified(pool)
    chosen = _dealt(strata, plan.drawn, "chosen", plan.seed).filter("chosen")
    armed = _dealt(chosen, plan.visits, "visited", plan.seed)
    arm = pl.when("visited").then(pl.lit(VISIT)).otherwise(pl.lit(HOLDOUT))
    assignment = armed.with_columns(arm=arm, revenue=pl.col("revenue").fill_null(0.0)).select(ASSIGNMENT.names())
    return Draw(
        assignment.sort("customer_id").match_to_schema(ASSIGNMENT),
        _power(strata, plan),
        pool.height,
        rated.height - pool.height,
    )


def _too_few(pool: int, plan: Plan) -> str:
    return (
        f"{plan.visits:,} visits and {plan.held_out:,} customers held out need {plan.drawn:,} customers, but only "
        f"{pool:,} with a potential can be drawn. Ask for fewer visits, or widen --where."
    )


def one_per_company(rated: pl.DataFrame) -> pl.DataFrame:
    """Keep the customer with most headroom of those with one website; who has none stands for itself."""
    first = pl.struct("headroom", "customer_id").rank("ordinal", descending=True).over("website") == 1
    return rated.filter(first | pl.col("website").is_null())


def stratified(pool: pl.DataFrame) -> pl.DataFrame:
    """Add `size_band` and `stratum`; strata below ten customers are joined, first over sizes, then over everything."""
    banded = pool.with_columns(size_band=_band())
    parts = ("class_potential", "action", "size_band")
    fine = pl.concat_str(parts, separator=" / ")
    coarse = pl.concat_str(*parts[:2], pl.lit(_OTHERS), separator=" / ")
    joined = banded.with_columns(_large(fine, coarse).alias("stratum"))
    return joined.with_columns(_large(pl.col("stratum"), pl.lit(_OTHERS)).alias("stratum"))


def _large(name: pl.Expr, otherwise: pl.Expr) -> pl.Expr:
    return pl.when(name.len().over(name) >= _LEAST).then(name).otherwise(otherwise)


def _band() -> pl.Expr:
    """Size band in people, as in official statistics."""
    band = pl.when(pl.col("headcount").is_null()).then(pl.lit("size not known"))
    for low, high in zip((0, *BANDS[:-1]), BANDS, strict=True):
        band = band.when(pl.col("headcount") < high).then(pl.lit(f"{low}-{high - 1}"))  # type: ignore[assignment]  # a chain of when and then
    return band.otherwise(pl.lit(f"{BANDS[-1]}+"))


def _dealt(frame: pl.DataFrame, wanted: int, name: str, seed: int) -> pl.DataFrame:
    """Mark `wanted` customers: a systematic sample with a random start of the list by stratum and chance.

    Every customer has the same chance, and each stratum gives its share but for less than one customer (Cochran 1977,
    chapter 8). Each use ranks by a hash of its own, so that the second is not bound to the first.
    """
    chance = pl.Series("_chance", [stable_hash(f"{name}:{seed}:{one}") for one in frame["customer_id"]], dtype=pl.Int64)
    ordered = frame.with_columns(chance).sort("stratum", "_chance", "customer_id").drop("_chance")
    start = stable_hash(f"{name}:{seed}") / _HASHES
    marks = np.floor(np.arange(frame.height + 1) * wanted / frame.height + start)
    return ordered.with_columns(pl.Series(name, np.diff(marks) > 0, dtype=pl.Boolean))


def _power(pool: pl.DataFrame, plan: Plan) -> Power:
    return power(np.maximum(pool["revenue"].fill_null(0.0).to_numpy(), 0.0), plan.visits, plan.held_out)
