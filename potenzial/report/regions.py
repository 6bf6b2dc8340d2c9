"""Where the expected growth lies: a map of tiles, one for each of the first two digits of German postcodes.

The places are our own coarse layout: approximate centres of the postcode areas, each moved to the nearest free tile.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import polars as pl

from potenzial.report.palette import heat
from potenzial.report.summary import share

if TYPE_CHECKING:
    from potenzial.report.messages import Story

_ROWS: Final = (
    ".. .. .. .. 25 24 .. .. .. ..",
    ".. .. .. .. 20 22 23 18 17 ..",
    ".. .. 26 27 28 21 19 .. 16 ..",
    "46 48 49 32 30 29 .. 13 10 ..",
    "47 45 44 33 31 38 39 14 12 15",
    "40 42 58 59 34 37 06 04 03 ..",
    "41 51 57 35 36 99 07 09 01 02",
    "52 50 61 60 63 98 .. 08 .. ..",
    "53 56 65 64 97 96 95 .. .. ..",
    "54 55 68 69 74 90 92 .. .. ..",
    "66 67 76 71 73 91 85 93 94 ..",
    ".. 77 75 70 89 86 80 84 .. ..",
    ".. 79 78 72 88 82 81 83 .. ..",
    ".. .. .. .. 87 .. .. .. .. ..",
)
#: A town of each area, for who does not know the digits by heart.
_NAMES: Final = """
01:Dresden 02:Görlitz 03:Cottbus 04:Leipzig 06:Halle 07:Jena 08:Zwickau 09:Chemnitz 10:Berlin-Mitte
12:Berlin-Süd 13:Berlin-Nord 14:Potsdam 15:Frankfurt/Oder 16:Oranienburg 17:Neubrandenburg 18:Rostock 19:Schwerin
20:Hamburg 21:Lüneburg 22:Hamburg-Nord 23:Lübeck 24:Kiel 25:Husum 26:Oldenburg 27:Bremerhaven 28:Bremen 29:Celle
30:Hannover 31:Hildesheim 32:Herford 33:Bielefeld 34:Kassel 35:Gießen 36:Fulda 37:Göttingen 38:Braunschweig
39:Magdeburg 40:Düsseldorf 41:Mönchengladbach 42:Wuppertal 44:Dortmund 45:Essen 46:Oberhausen 47:Duisburg 48:Münster
49:Osnabrück 50:Köln 51:Leverkusen 52:Aachen 53:Bonn 54:Trier 55:Mainz 56:Koblenz 57:Siegen 58:Hagen 59:Hamm
60:Frankfurt/Main 61:Oberursel 63:Offenbach 64:Darmstadt 65:Wiesbaden 66:Saarbrücken 67:Ludwigshafen 68:Mannheim
69:Heidelberg 70:Stuttgart 71:Ludwigsburg 72:Tübingen 73:Esslingen 74:Heilbronn 75:Pforzheim 76:Karlsruhe 77:Offenburg
78:Konstanz 79:Freiburg 80:München 81:München-Ost 82:Starnberg 83:Rosenheim 84:Landshut 85:Ingolstadt 86:Augsburg
87:Kempten 88:Ravensburg 89:Ulm 90:Nürnberg 91:Erlangen 92:Amberg 93:Regensburg 94:Passau 95:Bayreuth 96:Bamberg
97:Würzburg 98:Suhl 99:Erfurt
"""
_TOWNS: Final = MappingProxyType({pair[:2]: pair[3:] for pair in _NAMES.split()})
_PLACES: Final = MappingProxyType(
    {code: (column, row) for row, line in enumerate(_ROWS) for column, code in enumerate(line.split()) if code != ".."}
)
#: Without a postcode for most addresses a map would mislead.
_LEAST_PLACED: Final = 0.5
#: Areas that the title and the caption speak of.
_TOP: Final = 10
_NAMED: Final = 5


@dataclass(frozen=True)
class Tile:
    """An area: its two digits, place in columns and rows, colours, amount and a text that says it all."""

    code: str
    column: int
    row: int
    colour: str
    amount: str
    text: str


@dataclass(frozen=True)
class RegionMap:
    """The map with its message; `columns` and `rows` are its size in tiles."""

    title: str
    tiles: tuple[Tile, ...]
    columns: int
    rows: int
    caption: str


def regions(story: "Story") -> RegionMap | None:
    """Draw the expected growth by area; None where fewer than half of the addresses have a German postcode."""
    areas = by_area(story.data.customers)
    placed = int(areas["customers"].sum())
    total = float(areas["expected"].sum())
    if placed < _LEAST_PLACED * max(story.data.customers.height, 1) or total <= 0:
        return None
    most = float(areas["expected"].to_numpy().max())
    found = {code: (customers, expected) for code, customers, expected in areas.iter_rows()}
    tiles = tuple(_tile(story, code, found.get(code, (0, 0.0)), most) for code in _PLACES)
    columns, rows = (1 + max(place[axis] for place in _PLACES.values()) for axis in (0, 1))
    return RegionMap(_title(story, areas, total), tiles, columns, rows, _caption(story, areas, placed))


def by_area(customers: pl.DataFrame) -> pl.DataFrame:
    """Customers and expected growth (EUR per year) by `area`, the first two digits, most growth first."""
    german = customers.filter(pl.col("postcode").str.contains(r"^\d{5}$"))
    areas = german.group_by(area=pl.col("postcode").str.head(2)).agg(
        pl.len().alias("customers"), pl.col("headroom_expected").fill_nan(None).sum().alias("expected")
    )
    return areas.filter(pl.col("area").is_in(list(_PLACES))).sort("expected", "area", descending=[True, False])


def _tile(story: "Story", code: str, found: tuple[int, float], most: float) -> Tile:
    customers, expected = found
    gaps = {
        "code": code,
        "town": _TOWNS.get(code, ""),
        "customers": story.counted("matrix.customers", customers),
        "expected": story.numbers.money(expected),
    }
    amount = story.numbers.money(expected).replace("Mio.\N{NO-BREAK SPACE}€", "M€") if customers else ""
    colour = heat(expected / most) if customers else ""
    column, row = _PLACES[code]
    return Tile(code, column, row, colour, amount, story.say("regions.tile", gaps))


def _title(story: "Story", areas: pl.DataFrame, total: float) -> str:
    first = min(_TOP, areas.height)
    held = share(float(areas.head(first)["expected"].sum()), total) or 0.0
    gaps = {"n": story.numbers.count(first), "all": story.numbers.count(areas.height)}
    return story.say("regions.title", gaps | {"share": story.numbers.percent(held)})


def _caption(story: "Story", areas: pl.DataFrame, placed: int) -> str:
    first = "; ".join(
        f"{code} {_TOWNS.get(code, '')} {story.numbers.money(expected)}"
        for code, _customers, expected in areas.head(_NAMED).iter_rows()
    )
    told = [story.say("regions.caption", {"first": first})]
    missing = story.data.customers.height - placed
    told += [story.counted("regions.missing", missing)] if missing else []
    return " ".join(told)
