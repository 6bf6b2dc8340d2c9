"""Which amounts of a file count, revenue or contribution margin; they go by the name of revenue from here on."""

from dataclasses import replace
from typing import Final

import polars as pl

from potenzial.ingest.amounts import counted
from potenzial.ingest.columns import Match
from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import ColumnsError
from potenzial.ingest.table import Header, Table
from scoring.config import Target

_OTHER: Final[dict[Target, Target]] = {"revenue": "margin", "margin": "revenue"}


def amounts_of(header: Header, table: Table, config: InputConfig) -> tuple[Header, Table]:
    """Leave only the amounts of the target, named `revenue` and `revenue_2024`, in a file and in what matched it.

    Raises:
        ColumnsError: the target is contribution margin, and neither the file nor one of purchases tells it.
    """
    other = _OTHER[config.target]
    kept = tuple(match for match in header.matches if not _is(match.ours, other))
    if config.target == "margin" and not config.purchases:
        _need(kept, header)
    new = {match.ours: _renamed(match.ours) for match in kept}
    frame = table.frame.drop([match.ours for match in header.matches if _is(match.ours, other)]).rename(new)
    numeric = frozenset(new[name] for name in table.numeric if name in new)
    matches = tuple(replace(match, ours=new[match.ours]) for match in kept)
    return replace(header, matches=matches), replace(table, frame=frame, numeric=numeric)


def margin_gaps(table: Table, target: Target) -> str:
    """Say how many customers have revenue but no contribution margin, empty where none or where revenue counts."""
    margins, revenues = ([name for name in table.frame.columns if _is(name, kind)] for kind in ("margin", "revenue"))
    if target == "revenue" or not margins or not revenues:
        return ""
    without = pl.all_horizontal(pl.col(margins).is_null()) & pl.any_horizontal(pl.col(revenues).is_not_null())
    number = table.frame.filter(without).height
    if not number:
        return ""
    return (
        f"{counted(number, 'customer')} with revenue but without contribution margin: it counts as unknown, not as 0, "
        "so that they are rated as not active and the model does not learn from them. Complete the margins."
    )


def _need(matches: tuple[Match, ...], header: Header) -> None:
    if not any(_is(match.ours, "margin") for match in matches):
        raise ColumnsError(
            f'{header.source}: target = "margin" in [input], but there is no column margin, margin_2025 or the like. '
            f"The header holds: {', '.join(map(repr, header.names))}. Name the column at the end of potenzial.toml, "
            'under [input.columns]: margin = "Deckungsbeitrag"; or set target = "revenue".'
        )


def _is(ours: str, target: Target) -> bool:
    return ours.partition("_")[0] == target


def _renamed(ours: str) -> str:
    return f"revenue{ours.removeprefix('margin')}" if _is(ours, "margin") else ours
