"""What the proof of the demo says, as values."""

from dataclasses import dataclass
from typing import Final

#: Shares of the stock that sales can call on.
CONTACTS: Final = (0.05, 0.10, 0.20)


@dataclass(frozen=True)
class Ranking:
    """A way to choose whom to call.

    `caught` is the share of the ideal at each of `CONTACTS`; `curve` goes from (0, 0) to (1, 1): share of the stock,
    share of all open demand.
    """

    key: str
    caught: tuple[float, ...]
    curve: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Coverage:
    """Where the true wallets of a class lie: shares below, within and above the published interval; median EUR."""

    group: str
    customers: int
    below: float
    within: float
    above: float
    wallet: float
    potential: float


@dataclass(frozen=True)
class ProofData:
    """What the proof page says. EUR per year; `rank_correlation` of potential and wallet (Spearman)."""

    customers: int
    active: int
    revenue: float
    wallet: float
    open_wallet: float
    quantile: float
    interval: tuple[float, float]
    rank_correlation: float
    revenue_correlation: float
    rankings: tuple[Ranking, ...]
    inactive: tuple[Ranking, ...]
    coverage: tuple[Coverage, ...]

    def ranking(self, key: str) -> Ranking:
        """Return the ranking of this key."""
        return next(ranking for ranking in self.rankings if ranking.key == key)
