"""The published table: estimates in EUR per year, floored at the own best year, null where there is no basis."""

from itertools import permutations
from typing import Final

import numpy as np
import polars as pl

from scoring.config import PotentialConfig
from scoring.customers import Bools, Floats, Stock
from scoring.features import Neighbourhood
from scoring.potential.factors import GROUPS
from scoring.potential.law import Law, expected_headroom, given_own, law_of, wallets
from scoring.potential.model import Data, Prediction, known_parts
from scoring.potential.support import outside_support
from scoring.schema import CONFIDENCES, FACTORS, PEER, RATED

#: Value of `basis` where neither text nor industry nor headcount is known.
NO_BASIS: Final = "none"
_PEERS: Final = 5
_ESTIMATES: Final = ("potential", "potential_low", "potential_high", "typical", "headroom_expected")
#: Ends of the middle 80 % of comparable customers: `high` confidence up to the first factor, `low` from the second on.
_NARROW: Final = 10.0
_WIDE: Final = 60.0
_EIGHTY: Final = (0.1, 0.9)
#: A customer less similar to its fifth neighbour than this share of the active ones has no neighbours to speak of.
_FAR_SHARE: Final = 0.1


def rated_table(data: Data, prediction: Prediction, config: PotentialConfig) -> pl.DataFrame:
    """Turn a prediction for all customers of the stock into the table RATED, sorted by `customer_id`.

    `potential` is a quantile of what comparable customers buy, at least the own best year. All else of the wallet is
    conditional on what the customer buys already (`scoring.potential.law`): the interval from `potential_low` to
    `potential_high` between the configured probabilities, floored and widened so that the potential lies in it, and
    `headroom_expected`.
    """
    stock, known = data.stock, known_parts(data)
    basis = _basis(known)
    estimated = (basis != NO_BASIS) & ~outside_support(data)
    comparable = law_of(prediction.grid, prediction.quantiles)
    law = wallets(comparable, stock.own, config.wallet_share, config.wallet_lift)
    amounts = _amounts(stock, law, prediction, config)
    shown = known | {"region": stock.regions[:, 0] >= 0}
    factors = {name: np.where(shown[name], getattr(prediction.factors, name), np.nan) for name in FACTORS}
    euros = _in_euros(amounts["typical"], factors)
    return pl.DataFrame(
        {
            "customer_id": stock.customer_id,
            "family": stock.customer_id,
            **{name: _shown(amounts[name], estimated) for name in _ESTIMATES},
            "law": _shown_laws(law, estimated & np.isfinite(law.logs).all(axis=1)),
            "confidence": _confidence(comparable, factors, data.near, stock.active, estimated),
            "basis": basis,
            **{f"factor_{name}": _shown(values, estimated) for name, values in factors.items()},
            **{f"eur_{name}": _shown(values, estimated) for name, values in euros.items()},
            "industry_label": stock.industries.titles,
            "industry_label_en": stock.industries.titles_en,
            "peers": pl.Series(_peers(data.near, stock.customer_id), dtype=pl.List(PEER)),
        },
        schema_overrides=RATED,
    ).select(*RATED)


def _amounts(stock: Stock, law: Law, prediction: Prediction, config: PotentialConfig) -> dict[str, Floats]:
    own = stock.own
    potential = np.maximum(10.0 ** prediction.at(config.quantile), stock.floor)
    low, high = (np.maximum(given_own(law, own, level), stock.floor) for level in config.interval)
    return {
        "potential": potential,
        "potential_low": np.minimum(low, potential),
        "potential_high": np.maximum(high, potential),
        "typical": 10.0 ** prediction.at(0.5),
        "headroom_expected": expected_headroom(law, own),
    }


def _basis(known: dict[str, Bools]) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    rows = zip(*known.values(), strict=True)
    texts = ["+".join(name for name, there in zip(known, row, strict=True) if there) or NO_BASIS for row in rows]
    return np.array(texts, dtype=object)


def _shown(values: Floats, estimated: Bools) -> pl.Series:
    return pl.Series(np.where(estimated, values, np.nan)).fill_nan(None)


def _shown_laws(law: Law, estimated: Bools) -> pl.Series:
    """Give the quantiles at LEVELS, without the tails that follow from them."""
    rows = pl.Series(law.logs[:, 1:-1].astype(np.float32)).cast(pl.List(pl.Float32))
    return pl.select(pl.when(pl.Series(estimated)).then(rows)).to_series()


def _in_euros(typical: Floats, factors: dict[str, Floats]) -> dict[str, Floats]:
    """Split what is typical into the stock's base and EUR amounts of the known factors (n each), which add up to it.

    Shapley values of the product base x factors: the mean EUR gain of a factor over all orders in which they apply.
    """
    known = {name: np.nan_to_num(values, nan=1.0) for name, values in factors.items()}
    base = typical / np.prod(list(known.values()), axis=0)
    orders = list(permutations(known))
    gains = {name: np.zeros(len(typical)) for name in known}
    for order in orders:
        reached = base
        for name in order:
            gains[name] = gains[name] + reached * (known[name] - 1.0) / len(orders)
            reached = reached * known[name]
    return {"base": base} | {name: np.where(np.isfinite(factors[name]), gains[name], np.nan) for name in gains}


def _confidence(
    law: Law, factors: dict[str, Floats], near: Neighbourhood, active: Bools, estimated: Bools
) -> list[str | None]:
    """Say how sure each estimate is; one step lower for each want: few facts known, no similar active customers.

    Without any factor (the plain quantile of all) it is low, without an estimate null.
    """
    low, high = (law.quantile(np.full(len(law), level)) for level in _EIGHTY)
    parts = np.sum([np.isfinite(factors[name]) for name in GROUPS], axis=0)
    step = np.digitize(high - low, np.log10([_NARROW, _WIDE])) + (parts <= 1) + _is_far(near, active)
    step = np.where(parts == 0, len(CONFIDENCES), step)
    return [
        CONFIDENCES[min(number, len(CONFIDENCES) - 1)] if known else None
        for number, known in zip(step.tolist(), estimated.tolist(), strict=True)
    ]


def _is_far(near: Neighbourhood, active: Bools) -> Bools:
    """Whether a customer with text (n) is less similar to its neighbours than nine of ten active customers are."""
    if near.rows.shape[1] < _PEERS:
        return np.zeros(len(active), dtype=np.bool_)
    fifth = np.where(near.rows[:, _PEERS - 1] >= 0, near.similarity[:, _PEERS - 1], -1.0)
    usual = fifth[near.has_text & active]
    if not len(usual):
        return np.zeros(len(active), dtype=np.bool_)
    far: Bools = near.has_text & (fifth < np.quantile(usual, _FAR_SHARE))
    return far


def _peers(near: Neighbourhood, customer_id: tuple[str, ...]) -> list[list[dict[str, object]]]:
    """Up to five nearest active customers of each customer; none without text."""
    return [
        [
            {"customer_id": customer_id[row], "similarity": float(similarity)}
            for row, similarity in zip(rows[:_PEERS], similarities[:_PEERS], strict=True)
            if row >= 0
        ]
        for rows, similarities in zip(near.rows, near.similarity, strict=True)
    ]
