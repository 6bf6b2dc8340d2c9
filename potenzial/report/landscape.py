"""The map of the stock, laid out for the page: islands of like companies, a dot for each, and a name for each group."""

import math
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from potenzial.report.messages import Story
from potenzial.report.palette import CLASS_COLOURS, GREY
from potenzial.report.plain import LONGEST_NAME, shown
from potenzial.report.summary import LARGE, SMALL, share
from scoring.classes import INACTIVE, NO_DATA_BASIS

#: The map shows this window of the coordinates; the few places beyond it are drawn on its edge.
WINDOW: Final = 1.12
#: Dots of one drawing; of a larger stock a sample is drawn, so that the report stays small.
MOST_DOTS: Final = 1_500
#: Companies for which dots and coasts have full size; with more they get smaller.
_FULL_SIZE: Final = 220
_SMALLEST: Final = 0.5
_RADII: Final = {"A": 6.2, "B": 5.2, "C": 3.9, NO_DATA_BASIS: 3.4}
_COLOURS: Final = {**{name: CLASS_COLOURS[name] for name in ("A", "B", "C")}, NO_DATA_BASIS: GREY}
#: Width of the land around a company.
_COAST: Final = 46.0
#: Pale enough that every dot and name stays readable on them.
_LAND: Final = ("#fbf3da", "#e1f0da", "#f6e4f0", "#fde6d3", "#e2e5f8", "#efefe6")
_TINT_NEIGHBOURS: Final = 4
_LETTER: Final = 9.2
_LINE: Final = 21.0
_LONGEST_LABEL: Final = 30
_LONGEST_PHRASE: Final = 60
_MORE_PHRASES: Final = 4
#: A narrower drawing shows the numbers of the groups only, each in a disc of this radius.
_NAMED_FROM: Final = 600
_BADGE: Final = 12.0
#: Where a name may move so as not to hide dots or names, in steps right and down; how many pixels away are as bad as
#: one hidden dot, and how many hidden dots are as bad as one hidden name.
_STEP: Final = 14.0
_SHIFTS: Final = tuple((right, down) for right in range(-5, 6) for down in range(-6, 7))
_FAR: Final = 22.0
_OTHER_NAME: Final = 50


@dataclass(frozen=True)
class Dot:
    """One company: middle, radius, colour, whether it is underestimated, and what pointing at it says."""

    x: float
    y: float
    radius: float
    colour: str
    marked: bool
    text: str


@dataclass(frozen=True)
class Island:
    """The land of one group: a path of points, drawn with a broad round pen, and its colour."""

    path: str
    colour: str


@dataclass(frozen=True)
class Label:
    """Name and number of a group, and where they stand."""

    x: float
    y: float
    number: str
    name: str


@dataclass(frozen=True)
class Sheet:
    """One drawing of the map: size, width of the coast, and what is on it."""

    width: int
    height: int
    coast: float
    islands: tuple[Island, ...]
    dots: tuple[Dot, ...]
    labels: tuple[Label, ...]


@dataclass(frozen=True)
class Group:
    """One row of the table of groups, the one with most growth potential first."""

    number: str
    name: str
    phrases: str
    customers: str
    risers: str
    revenue: str
    headroom: str
    width: str


@dataclass(frozen=True)
class Landscape:
    """The section of the map: title, two drawings, legend (class and colour), table and note."""

    title: str
    wide: Sheet
    narrow: Sheet
    legend: tuple[tuple[str, str], ...]
    groups: tuple[Group, ...]
    note: str


def landscape(story: Story) -> Landscape | None:
    """Lay out the map; None where no company lies on it."""
    atlas = story.data.atlas
    if atlas is None or atlas.places.is_empty():
        return None
    placed = _placed(story.data.customers, atlas.places)
    groups = _groups(placed, atlas.groups)
    dots = _sample(placed).join(groups.select("cluster", "number"), on="cluster")
    return Landscape(
        title=_title(story, groups),
        wide=_sheet(story, dots, groups, (1000, 600)),
        narrow=_sheet(story, dots, groups, (360, 400)),
        legend=tuple(_COLOURS.items()),
        groups=tuple(_rows(story, groups)),
        note=_note(story, placed.height, dots.height),
    )


def _placed(customers: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Join customers (POTENTIAL) with their places (MAP); unknown amounts count as zero EUR."""
    known = customers.with_columns(
        pl.col("class_revenue").fill_null(INACTIVE),
        pl.col("class_potential").fill_null(NO_DATA_BASIS),
        *(pl.col(name).fill_nan(None).fill_null(0.0) for name in ("revenue", "headroom")),
    )
    riser = pl.col("class_revenue").is_in(SMALL) & pl.col("class_potential").is_in(LARGE)
    return known.join(places, on="customer_id").sort("customer_id").with_columns(riser=riser)


def _groups(placed: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """Add up the groups, most growth potential first; `number` counts them from 1 in that order."""
    sums = placed.group_by("cluster").agg(
        pl.len().alias("customers"),
        pl.col("riser").sum(),
        pl.col("revenue", "headroom").sum(),
        pl.col("x", "y").median(),
    )
    ordered = sums.join(named.select("cluster", "phrases"), on="cluster", how="left")
    return ordered.sort("headroom", "cluster", descending=[True, False]).with_row_index("number", offset=1)


def _sample(placed: pl.DataFrame) -> pl.DataFrame:
    """Choose what is drawn by the hash of the id, so that it stays the same from run to run."""
    hashes = pl.Series("_hash", [zlib.crc32(name.encode()) for name in placed["customer_id"]], dtype=pl.Int64)
    chosen = placed.with_columns(hashes).sort("_hash", "customer_id").head(MOST_DOTS)
    return chosen.sort("headroom", "customer_id").drop("_hash")


def _sheet(story: Story, dots: pl.DataFrame, groups: pl.DataFrame, size: tuple[int, int]) -> Sheet:
    width, height = size
    area = math.sqrt(width * height / 600_000)
    scale = max(_SMALLEST, min(1.0, math.sqrt(_FULL_SIZE / dots.height))) * math.sqrt(area)
    drawn = [(*_point(row["x"], row["y"], size), row) for row in dots.iter_rows(named=True)]
    placed = tuple(_dot(story, x, y, row, scale) for x, y, row in drawn)
    return Sheet(
        width=width,
        height=height,
        coast=round(_COAST * scale * math.sqrt(area), 1),
        islands=tuple(_islands(drawn, groups)),
        dots=placed,
        labels=tuple(_labels(groups, placed, size)),
    )


def _point(x: float, y: float, size: tuple[int, int]) -> tuple[float, float]:
    """Give the pixel of a place; the few beyond the window lie on its edge."""
    inside = (min(max(value / WINDOW, -1.0), 1.0) for value in (x, -y))
    across, down = (round((value * 0.94 + 1) / 2 * length, 1) for value, length in zip(inside, size, strict=True))
    return across, down


def _dot(story: Story, x: float, y: float, row: Mapping[str, Any], scale: float) -> Dot:
    name = row["class_potential"]
    return Dot(x, y, round(_RADII[name] * scale, 1), _COLOURS[name], row["riser"], _text(story, row))


def _text(story: Story, row: Mapping[str, Any]) -> str:
    """Say what pointing at a company shows."""
    classes = (story.texts.name("class", row[name]) for name in ("class_revenue", "class_potential"))
    gaps = {
        "name": shown(row["name"], LONGEST_NAME) or shown(row["customer_id"], LONGEST_NAME),
        "classes": " → ".join(classes),
        "headroom": story.numbers.money(row["headroom"]),
        "number": str(row["number"]),
    }
    return story.say("map.dot", gaps)


def _islands(drawn: Sequence[tuple[float, float, Mapping[str, Any]]], groups: pl.DataFrame) -> Iterator[Island]:
    """Give the land of each group: a point of no length for each company, which a round pen makes a disc."""
    tints = _tints(groups)
    paths: dict[int, list[str]] = {number: [] for number in groups["cluster"]}
    for x, y, row in drawn:
        paths[row["cluster"]].append(f"M{x:g} {y:g}h0")
    return (Island("".join(path), tints[cluster]) for cluster, path in paths.items() if path)


def _tints(groups: pl.DataFrame) -> dict[int, str]:
    """Choose for each group a colour that none of its nearest groups has."""
    tints: dict[int, str] = {}
    places = {cluster: (x, y) for cluster, x, y in groups.select("cluster", "x", "y").sort("cluster").iter_rows()}
    for cluster, place in places.items():
        nearest = sorted(tints, key=lambda other: math.dist(place, places[other]))[:_TINT_NEIGHBOURS]
        tints[cluster] = next(colour for colour in _LAND if colour not in {tints[other] for other in nearest})
    return tints


def _labels(groups: pl.DataFrame, dots: Sequence[Dot], size: tuple[int, int]) -> Iterator[Label]:
    """Place the names near the middle of their groups, the most important first, off the dots and off each other.

    On a narrow drawing only the numbers stand, so that is the room they take.
    """
    taken: list[tuple[float, float, float]] = []
    middles = np.array([(dot.x, dot.y) for dot in dots])
    for row in groups.iter_rows(named=True):
        name = _name(row["phrases"], _LONGEST_LABEL)
        half = (len(name) + 3) * _LETTER / 2 if name and size[0] > _NAMED_FROM else _BADGE
        x, y = _spot(_point(row["x"], row["y"], size), half, size, taken, middles)
        taken.append((x, y, half))
        yield Label(round(x, 1), round(y, 1), str(row["number"]), name)


def _spot(
    middle: tuple[float, float],
    half: float,
    size: tuple[int, int],
    taken: Sequence[tuple[float, float, float]],
    dots: NDArray[np.float64],
) -> tuple[float, float]:
    """Choose where a name of this half width hides least, the nearer to the middle the better."""
    spots = [_inside(middle[0] + right * _STEP, middle[1] + down * _STEP, half, size) for right, down in _SHIFTS]
    return min(spots, key=lambda spot: _cost(spot, half, taken, dots) + math.dist(spot, middle) / _FAR)


def _inside(x: float, y: float, half: float, size: tuple[int, int]) -> tuple[float, float]:
    across = min(max(x, half + 4), max(size[0] - half - 4, half + 4))
    return across, min(max(y, _LINE), size[1] - _LINE)


def _cost(
    spot: tuple[float, float], half: float, taken: Iterable[tuple[float, float, float]], dots: NDArray[np.float64]
) -> float:
    """Count the dots under a name, and other names many times over."""
    x, y = spot
    hidden = (np.abs(dots[:, 0] - x) < half) & (np.abs(dots[:, 1] - y) < _LINE * 3 / 4)
    names = sum(abs(x - other) < half + width and abs(y - line) < _LINE for other, line, width in taken)
    return float(hidden.sum()) + _OTHER_NAME * names


def _name(phrases: Sequence[str] | None, longest: int) -> str:
    """Give the most telling phrase of a group; empty if it has none."""
    return shown(phrases[0], longest) if phrases else ""


def _rows(story: Story, groups: pl.DataFrame) -> Iterator[Group]:
    numbers, largest = story.numbers, max(groups["headroom"].to_list())
    for row in groups.iter_rows(named=True):
        others = [shown(phrase, _LONGEST_PHRASE) for phrase in (row["phrases"] or [])[1 : 1 + _MORE_PHRASES]]
        yield Group(
            number=str(row["number"]),
            name=_name(row["phrases"], _LONGEST_PHRASE) or story.say("map.nameless", {"number": str(row["number"])}),
            phrases=", ".join(others),
            customers=numbers.count(row["customers"]),
            risers=numbers.count(row["riser"]),
            revenue=numbers.money(row["revenue"]),
            headroom=numbers.money(row["headroom"]),
            width=f"{100 * (share(row['headroom'], largest) or 0.0):.2f}",
        )


def _title(story: Story, groups: pl.DataFrame) -> str:
    """Name the group with most growth potential, where there is one to name."""
    best = groups.row(0, named=True)
    name, held = _name(best["phrases"], _LONGEST_PHRASE), share(best["headroom"], story.summary.group().headroom)
    if not name or not held or groups.height == 1:
        return story.say("map.title")
    addresses = share(best["customers"], story.data.customers.height)
    gaps = {"name": name, "held": story.numbers.percent(held), "addresses": story.numbers.percent(addresses)}
    return story.say("map.title_best", gaps)


def _note(story: Story, placed: int, drawn: int) -> str:
    """Say what the map shows, what is missing on it, and whether it is a sample."""
    missing = story.data.customers.height - placed
    sample = {"drawn": story.numbers.count(drawn), "placed": story.numbers.count(placed)}
    parts = [
        story.say("map.caption"),
        story.counted("map.missing", missing) if missing else "",
        story.say("map.sample", sample) if drawn < placed else "",
    ]
    return " ".join(filter(None, parts))
