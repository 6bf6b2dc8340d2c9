"""Customers that are like no known one: nothing in the data speaks for them, so their estimate is a guess."""

from typing import Final

import numpy as np

from scoring.customers import Bools, Floats
from scoring.potential.model import Data

#: Share of the active customers with text that are further from all others than the border.
_FAR: Final = 0.01
#: Neighbours whose mean similarity counts: one alone may be there by chance.
_NEAREST: Final = 5


def outside_support(data: Data) -> Bools:
    """Mark customers outside the support of the known ones (n): far from them by text, and of no known industry.

    Far is a mean similarity to the five nearest active customers of other companies below that of all but 1 % of the
    active ones, of whom there must be a hundred. Without text nothing is far: only headcount and industry speak.
    """
    near = data.near
    nothing: Bools = np.zeros(len(data.stock), dtype=np.bool_)
    speaking = near.has_text & data.stock.active
    if int(speaking.sum()) < 1.0 / _FAR or not near.rows.shape[1]:
        return nothing
    closeness = _closeness(data)
    far: Bools = near.has_text & (closeness < np.quantile(closeness[speaking], _FAR))
    return far & ~_of_known_industry(data)


def _closeness(data: Data) -> Floats:
    rows, similarity = data.near.rows[:, :_NEAREST], data.near.similarity[:, :_NEAREST]
    closeness: Floats = np.where(rows >= 0, similarity, 0.0).astype(np.float64).mean(axis=1)
    return closeness


def _of_known_industry(data: Data) -> Bools:
    """Customers in a section, or of a free text, that an active customer has too (n)."""
    section = data.stock.industries.levels[:, 0]
    known: Bools = (section >= 0) & np.isin(section, section[data.stock.active])
    return known
