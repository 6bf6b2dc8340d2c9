"""The figures of the report for what a reader may see: made once for each owner and language of a stock."""

import math
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import polars as pl

from potenzial.report import messages
from potenzial.report.data import ReportData
from potenzial.report.messages import Story, Tile
from potenzial.report.summary import LARGE, SMALL, Cell
from potenzial.web.query import Query
from potenzial.web.stock import Portfolio
from potenzial.web.words import Words
from scoring.classes import NO_DATA_BASIS, thresholds
from scoring.schema import POTENTIAL_CLASSES, REVENUE_CLASSES

_LIST: Final = "/customers"
_MOST_KEPT: Final = 64
_MOST_GROUPS: Final = 10
#: Shades of the matrix in the style sheet.
_SHADES: Final = 10
#: Below 1: small cells still differ from empty ones.
_BEND: Final = 0.6


@dataclass(frozen=True)
class Field:
    """One field of the matrix, its shade (0 to 10), and the address of its customers; empty for none.

    `marked` are the underrated customers, `rated` those with a potential.
    """

    cell: Cell
    address: str
    shade: int
    marked: bool
    rated: bool


@dataclass(frozen=True)
class MatrixRow:
    """An actual class with its fields by potential class and their sum; an empty `name` is the sum of all."""

    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class GroupRow:
    """A group of customers with its sums in EUR per year, and the address of its customers; empty for none."""

    name: str
    address: str
    customers: int
    revenue: float
    expected: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, eq=False)
class Overview:
    """What the overview shows, in words: no row of a customer is kept here.

    `titles` and `captions` belong to the figures of the same names, `charts` are their drawings (wide, narrow), absent
    where there is nothing to draw.
    """

    tiles: tuple[Tile, ...]
    warnings: tuple[str, ...]
    titles: Mapping[str, str]
    captions: Mapping[str, str]
    matrix: tuple[MatrixRow, ...]
    charts: Mapping[str, tuple[str, str]]
    owners: tuple[GroupRow, ...]
    sections: tuple[GroupRow, ...]


class Overviews:
    """Keeps the overviews of the stocks that were asked for last, by run, owner and language."""

    def __init__(self) -> None:
        """Start without any."""
        self._made: OrderedDict[tuple[tuple[str, str], str | None, str], Overview] = OrderedDict()
        self._making = threading.Lock()

    def of(self, portfolio: Portfolio, words: Words) -> Overview:
        """Give the overview of what a reader may see, in the reader's language."""
        key = (portfolio.stock.made, portfolio.viewer.owner, words.language)
        if (known := self._made.get(key)) is not None:
            return known
        with self._making:
            if key not in self._made:
                self._made[key] = overview(portfolio, words)
            while len(self._made) > _MOST_KEPT:
                self._made.popitem(last=False)
            return self._made[key]


def overview(portfolio: Portfolio, words: Words) -> Overview:
    """Add up what a reader may see."""
    story = messages.tell(_data(portfolio, words))
    return Overview(
        tiles=tuple(messages.tiles(story)),
        warnings=tuple(messages.warnings(story)),
        titles=_titles(story),
        captions=_captions(story),
        matrix=_matrix(story),
        charts=_charts(story),
        owners=tuple(_groups(story, "owner")) if portfolio.viewer.sees_all else (),
        sections=tuple(_groups(story, "section")) if portfolio.viewer.sees_all else (),
    )


def _titles(story: Story) -> dict[str, str]:
    return {
        "matrix": messages.matrix_title(story),
        "bars": messages.bars_title(story),
        "curve": messages.curve_title(story),
        "sums": messages.sums_title(story),
    }


def _captions(story: Story) -> dict[str, str]:
    a, b = story.data.thresholds
    known = math.isfinite(a)
    limits = story.say("matrix.caption", {"a": story.numbers.euro(a), "b": story.numbers.euro(b)}) if known else ""
    stands_on = {"points": story.points(story.data.quantile), "coverage": story.coverage}
    return {
        "matrix": limits or story.say("matrix.caption_without"),
        "bars": story.say("bars.caption", stands_on),
        "curve": story.say("curve.caption"),
        "sums": story.say("sums.caption", stands_on),
    }


def _data(portfolio: Portfolio, words: Words) -> ReportData:
    stock, config = portfolio.stock, portfolio.stock.project.config
    borders = thresholds(stock.frame["revenue"], config.classes)
    plain = pl.col("class_revenue", "class_potential", "action", "owner").cast(pl.String)
    return ReportData(
        title=config.report.title,
        language=words.language,
        generated_on=datetime.now(tz=UTC).date(),
        synthetic=config.report.synthetic,
        customers=portfolio.frame.with_columns(plain),
        figures=stock.quality.figures,
        thresholds=(borders.a, borders.b),
        quantile=config.potential.quantile,
        interval=config.potential.interval,
        gate=stock.quality.gate["verdict"].item(),
        verdict=stock.quality.gate[f"reason_{words.language}"].item(),
        sums=_sums(portfolio),
        target=config.input.target,
    )


def _sums(portfolio: Portfolio) -> pl.DataFrame:
    """The sums of the run; a reader with a territory has the sums of its owner for those of the stock."""
    sums, owner = portfolio.stock.quality.sums, portfolio.viewer.owner
    if owner is None:
        return sums
    own = sums.filter(pl.col("grouping") == "owner", pl.col("group") == owner)
    return own.with_columns(grouping=pl.lit("stock"))


def _matrix(story: Story) -> tuple[MatrixRow, ...]:
    most = max((cell.headroom for cell in story.summary.cells.values()), default=0.0)
    rows = [MatrixRow(name, tuple(_fields(story, (name,), most))) for name in REVENUE_CLASSES]
    return (*rows, MatrixRow("", tuple(_fields(story, REVENUE_CLASSES, 0.0))))


def _fields(story: Story, names: tuple[str, ...], most: float) -> Iterator[Field]:
    for column in POTENTIAL_CLASSES:
        yield _field(story, names, (column,), most)
    yield _field(story, names, POTENTIAL_CLASSES, 0.0)


def _field(story: Story, names: tuple[str, ...], columns: tuple[str, ...], most: float) -> Field:
    cell = story.summary.group(names, columns)
    wanted = Query(
        class_revenue=names if names != REVENUE_CLASSES else (),
        class_potential=columns if columns != POTENTIAL_CLASSES else (),
    )
    shade = round(_SHADES * max(cell.headroom / most, 0.0) ** _BEND) if most > 0 else 0
    marked = most > 0 and cell.customers > 0 and names[0] in SMALL and columns[0] in LARGE
    return Field(cell, wanted.url(_LIST) if cell.customers else "", shade, marked, columns != (NO_DATA_BASIS,))


def _charts(story: Story) -> dict[str, tuple[str, str]]:
    # Imported here: the chart library takes most of a second, which importing this module must not cost.
    from potenzial.report import figures

    drawn = {"bars": figures.bars(story), "curve": figures.curve(story)}
    return {name: (drawing.wide, drawing.narrow) for name, drawing in drawn.items() if drawing is not None}


def _groups(story: Story, kind: str) -> Iterator[GroupRow]:
    if story.data.sums is None:
        return
    rows = story.data.sums.filter(pl.col("grouping") == kind)
    for row in rows.sort("expected", "group", descending=[True, False]).head(_MOST_GROUPS).iter_rows(named=True):
        address = Query(**{kind: row["group"]}).url(_LIST)
        label = row[f"label_{story.data.language}"]
        known = row["expected_low"] is not None
        yield GroupRow(
            label, address, row["customers"], row["revenue"], row["expected"] if known else None,
            row["expected_low"], row["expected_high"],
        )  # fmt: skip
