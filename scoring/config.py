"""How potential is estimated and classed."""

from typing import Annotated, Literal

import msgspec

Count = Annotated[int, msgspec.Meta(ge=1)]
Quantile = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]


class PotentialConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[potential]` of the configuration; every default is also stated in `configs/default.toml`."""

    #: Realistic potential is this conditional quantile of the annual revenue of comparable active customers.
    quantile: Quantile = 0.9
    #: The published interval runs between these two conditional quantiles; `quantile` must lie between them.
    interval: tuple[Quantile, Quantile] = (0.8, 0.95)
    #: Folds of the out-of-fold features and figures.
    folds: Annotated[int, msgspec.Meta(ge=2, le=20)] = 5
    #: Nearest active customers that speak for a company.
    neighbours: Count = 25
    #: The top customers, by revenue, whose likeness counts: this share of the active ones.
    top_share: Share = 0.2
    #: Fewer active companies than this (customers with one website are one): only the plain quantile of all.
    min_active: Count = 30
    #: Start of all pseudo-random choices, so that a run can be repeated.
    seed: int = 20260101


class ClassConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[classes]` of the configuration; every default is also stated in `configs/default.toml`."""

    #: "cumulative": A customers make the first share of revenue, B the next; "fixed": the EUR thresholds below.
    method: Literal["cumulative", "fixed"] = "cumulative"
    #: Shares of revenue of A, B and C customers, with method "cumulative".
    shares: tuple[Share, Share, Share] = (0.80, 0.15, 0.05)
    #: Lowest EUR per year of class A, with method "fixed".
    a_from: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    #: Lowest EUR per year of class B, with method "fixed".
    b_from: Annotated[float, msgspec.Meta(ge=0)] = 0.0
