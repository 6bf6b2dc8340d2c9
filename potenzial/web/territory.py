"""Takes other owners' customers out of what a reader with a territory sees: of peers only the class stays."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import polars as pl

from scoring.explain import Explanation, PeerFact, PhraseFact

#: Stands for the name of somebody else's customer.
STAND_INS: Final = MappingProxyType({"de": "(anderes Gebiet)", "en": "(other territory)"})
_TOLD: Final = ("reason_de", "against_de", "reason_en", "against_en")


def without_others(rows: pl.DataFrame, foreign: Mapping[str, str]) -> pl.DataFrame:
    """Leave foreign customers out of the peers of some rows (POTENTIAL), and their names out of the reasons.

    Args:
        rows: POTENTIAL.
        foreign: Names of foreign customers by id, as reasons tell them.
    """
    if not foreign or rows.is_empty():
        return rows
    peers = [_own_peers(cell, foreign) for cell in rows["peers"]]
    told = [_told(rows, column, foreign) for column in _TOLD]
    return rows.with_columns(pl.Series("peers", peers, rows.schema["peers"]), *told)


def _own_peers(cell: pl.Series | None, foreign: Mapping[str, str]) -> list[dict[str, object]] | None:
    return None if cell is None else [peer for peer in cell if peer["customer_id"] not in foreign]


def _told(rows: pl.DataFrame, column: str, foreign: Mapping[str, str]) -> pl.Series:
    language = column.rpartition("_")[2]
    pairs = zip(rows[column], rows["peers"], strict=True)
    texts = [None if text is None else masked(text, _names(cell, foreign), language) for text, cell in pairs]
    return pl.Series(column, texts, pl.String)


def _names(cell: pl.Series | None, foreign: Mapping[str, str]) -> list[str]:
    return [] if cell is None else [foreign[peer["customer_id"]] for peer in cell if peer["customer_id"] in foreign]


def masked(text: str, names: list[str], language: str) -> str:
    """Put the stand-in of a language in place of names; longer ones first, as one may be part of another."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, STAND_INS[language])
    return text


def explained(found: Explanation, foreign: Mapping[str, str]) -> Explanation:
    """Leave of foreign peers nothing but class and similarity."""
    names = list(foreign.values())
    return replace(
        found,
        reasons_de=tuple(masked(reason, names, "de") for reason in found.reasons_de),
        reasons_en=tuple(masked(reason, names, "en") for reason in found.reasons_en),
        against_de=masked(found.against_de, names, "de"),
        against_en=masked(found.against_en, names, "en"),
        peers=tuple(_classed(peer) if peer.customer_id in foreign else peer for peer in found.peers),
        phrases=tuple(_unshared(phrase, foreign) for phrase in found.phrases),
    )


def _classed(peer: PeerFact) -> PeerFact:
    return replace(peer, customer_id="", name="", revenue_de="", revenue_en="")


def _unshared(phrase: PhraseFact, foreign: Mapping[str, str]) -> PhraseFact:
    return replace(phrase, shared_with=tuple(one for one in phrase.shared_with if one not in foreign))
