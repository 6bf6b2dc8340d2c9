"""A company of the synthetic stock as its own website knows it."""

from dataclasses import dataclass

import numpy as np

from potenzial.demo.content import Content
from potenzial.demo.economy import Need, draw_need
from potenzial.demo.names import Identity, Registry

#: Parts of the random stream, so that a change in one leaves the others alone.
STREAM_COMPANY, STREAM_PAGES, STREAM_STOCK = 1, 2, 3

_FOUNDED = (1921, 2015)


@dataclass(frozen=True)
class Company:
    """Number within the stock (from 0), who it is, what it needs, and the year it was founded."""

    number: int
    customer_id: str
    identity: Identity
    need: Need
    founded: int

    @property
    def trade(self) -> str:
        """Key of the trade."""
        return self.need.trade.key


def make_companies(content: Content, count: int, seed: int) -> tuple[Company, ...]:
    """Invent companies, the same ones for the same seed."""
    registry = Registry(content.places)
    return tuple(_make(content, registry, number, seed) for number in range(count))


def _make(content: Content, registry: Registry, number: int, seed: int) -> Company:
    rng = np.random.default_rng([seed, STREAM_COMPANY, number])
    need = draw_need(content, rng)
    words = need.profile.words or need.trade.words
    identity = registry.identity(words, need.headcount, rng)
    return Company(number, f"K-{10_000 + number}", identity, need, int(rng.integers(*_FOUNDED)))
