"""How potential is estimated and classed."""

from typing import Annotated, Literal

import msgspec

from scoring.errors import ConfigRangeError

Count = Annotated[int, msgspec.Meta(ge=1)]
Quantile = Annotated[float, msgspec.Meta(gt=0, lt=1)]
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]
#: What is estimated and classed: the amounts in the columns `revenue...` of all tables are of this kind.
Target = Literal["revenue", "margin"]
#: Libraries take seeds of 32 bits; some parts of the model take the next ones after it.
Seed = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1_000)]

#: Shares may be written with few digits.
_SUM_TOLERANCE = 0.001


class PotentialConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[potential]` of the configuration; every default is also stated in `configs/default.toml`."""

    #: Realistic potential is this conditional quantile of the annual revenue of comparable active customers.
    quantile: Quantile = 0.9
    #: The published interval of a customer's wallet runs between these two probabilities; `quantile` must lie between.
    interval: tuple[Quantile, Quantile] = (0.1, 0.9)
    #: Assumption: this share of the variance of comparable customers' log revenue is the wallet's, the rest is your
    #: share of the wallet. It says how much the own revenue tells of the own wallet.
    wallet_share: Share = 0.5
    #: Assumption: the median wallet lies this share of the way from the median of comparable customers' revenue to its
    #: 0.9 quantile. 0: their revenue itself stands for the wallet.
    wallet_lift: Annotated[float, msgspec.Meta(ge=0, le=1.5)] = 0.6
    #: Folds of the out-of-fold features and figures.
    folds: Annotated[int, msgspec.Meta(ge=2, le=20)] = 5
    #: Nearest active customers that speak for a company.
    neighbours: Count = 25
    #: The top customers, by revenue, whose likeness counts: this share of the active ones.
    top_share: Share = 0.2
    #: Fewer active companies than this (customers with one website are one): only the plain quantile of all.
    min_active: Count = 30
    #: Start of all pseudo-random choices, so that a run can be repeated.
    seed: Seed = 20260101

    def __post_init__(self) -> None:
        """Refuse a quantile outside its interval.

        Raises:
            ConfigRangeError: the quantile does not lie in the interval.
        """
        low, high = self.interval
        if not low <= self.quantile <= high:
            raise ConfigRangeError(
                f"[potential] quantile = {self.quantile} must lie within interval = [{low}, {high}]. "
                "Widen the interval or move the quantile"
            )


class InferConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Table `[infer]` of the configuration; every default is also stated in `configs/default.toml`."""

    #: With fewer known headcounts or codes than this among customers with neighbours, neighbours tell nothing.
    min_known: Annotated[int, msgspec.Meta(ge=10)] = 30
    #: Share of companies whose headcount lies within the interval that neighbours tell.
    coverage: Annotated[float, msgspec.Meta(ge=0.5, le=0.98)] = 0.8
    #: Lowest chance of being right at which an inferred industry code counts; else a more general one does, or none.
    confidence: Share = 0.5
    #: Chance at which the division that neighbours tell contradicts a given code of another division.
    conflict: Share = 0.8


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

    def __post_init__(self) -> None:
        """Refuse thresholds and shares that make no classes.

        Raises:
            ConfigRangeError: the shares do not sum to 1, or the fixed thresholds are not `a_from > b_from > 0`.
        """
        if self.method == "fixed" and not self.a_from > self.b_from > 0:
            raise ConfigRangeError(
                f"classes.a_from ({self.a_from:g}) must be above classes.b_from ({self.b_from:g}), and both above 0, "
                'with classes.method = "fixed": set both in EUR per year'
            )
        if abs(sum(self.shares) - 1) > _SUM_TOLERANCE:
            raise ConfigRangeError(
                f"classes.shares {list(self.shares)} sum to {sum(self.shares):g} instead of 1: "
                "give the shares of revenue that A, B and C customers make"
            )
