"""Charts as static SVG; they carry words and numbers of the report itself, never a user's text."""

import itertools
import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import altair as alt
import polars as pl
import vl_convert

from potenzial.report.palette import CLASS_COLOURS, GREY, INK, LINES, MUTED, deep, readable_on
from potenzial.report.summary import Curve

#: Widths in pixels of the plot of each chart: laptop and paper, and phone.
WIDE: Final = 520
NARROW: Final = 300
_FONT: Final = "sans-serif"
_TEXT: Final = 13
#: A segment narrower than this many pixels cannot hold its own label.
_LABEL_FROM: Final = 42
_BAR: Final = 34
_BAND: Final = 74
#: A hexagon on its tip within the square from -1 to 1.
_HEXAGON: Final = "M0,-1L0.866,-0.5L0.866,0.5L0,1L-0.866,0.5L-0.866,-0.5Z"


@dataclass(frozen=True)
class Bar:
    """One bar of 100 %: its heading and the share of each class in it."""

    heading: str
    shares: tuple[tuple[str, float, str], ...]


@dataclass(frozen=True)
class Mark:
    """A labelled point of a curve; both coordinates are shares from 0 to 1."""

    addresses: float
    headroom: float
    label: str


def stacked_bars(bars: Sequence[Bar], width: int) -> str:
    """Aligned bars of 100 % with the classes stacked in the same order and colour in each."""
    segments = pl.DataFrame(list(_segments(bars, width)))
    place = alt.Y("bar:O", axis=None, scale=alt.Scale(paddingInner=0.5, paddingOuter=0.3))
    base = alt.Chart(segments)
    rectangles = base.mark_bar(height=_BAR, stroke="white", strokeWidth=1.5).encode(
        x=alt.X("start:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False)),
        x2="end:Q",
        y=place,
        color=alt.Color("colour:N", scale=None),
    )
    labels = base.mark_text(fontSize=_TEXT, fontWeight="bold").encode(
        x="middle:Q", y=place, text="label:N", color=alt.Color("ink:N", scale=None)
    )
    headings = base.mark_text(fontSize=_TEXT, align="left", dy=-_BAR / 2 - 10, color=INK).encode(
        x=alt.datum(0), y=place, text="heading:N"
    )
    return _svg((rectangles + labels + headings).properties(width=width, height=_BAND * len(bars)))


def _segments(bars: Sequence[Bar], width: int) -> Iterable[dict[str, object]]:
    for number, bar in enumerate(bars):
        ends = list(itertools.accumulate(size for _, size, _ in bar.shares))
        for position, ((name, size, label), end) in enumerate(zip(bar.shares, ends, strict=True)):
            yield {
                "bar": number,
                "heading": bar.heading if position == 0 else "",
                "start": end - size,
                "end": end,
                "middle": end - size / 2,
                "label": label if size * width >= _LABEL_FROM else "",
                "colour": CLASS_COLOURS[name],
                "ink": readable_on(CLASS_COLOURS[name]),
            }


@dataclass(frozen=True)
class Concentration:
    """What the concentration chart shows: curves by name of their line style, marks and titles of the axes."""

    model: Curve
    revenue: Curve
    marks: tuple[Mark, ...]
    capacity: Mark | None
    x_title: str
    y_title: str
    percent_suffix: str


def concentration(drawn: Concentration, width: int) -> str:
    """Cumulated growth potential over addresses: by the model, by revenue, and by chance."""
    chance = Curve((0.0, 1.0), (0.0, 1.0))
    layers = [
        _line(chance, "chance", drawn),
        _line(drawn.revenue, "revenue", drawn),
        _line(drawn.model, "model", drawn),
        *(_capacity(drawn.capacity, width) if drawn.capacity else ()),
        *_marks(drawn.marks),
    ]
    height = round(width * (0.6 if width >= WIDE else 0.8))
    return _svg(alt.layer(*layers).properties(width=width, height=height))


def _line(curve: Curve, style: str, drawn: Concentration) -> alt.Chart:
    line = LINES[style]
    points = pl.DataFrame({"addresses": curve.addresses, "headroom": curve.headroom})
    drawing: alt.Chart = (
        alt.Chart(points)
        .mark_line(color=line.colour, strokeWidth=line.width, strokeDash=list(line.dash))
        .encode(
            x=alt.X("addresses:Q", axis=_axis(drawn.x_title, drawn), scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("headroom:Q", axis=_axis(drawn.y_title, drawn), scale=alt.Scale(domain=[0, 1])),
        )
    )
    return drawing


def _capacity(capacity: Mark, width: int) -> tuple[alt.Chart, ...]:
    """An upright line at what can be visited, with its label at the foot, on the side that has room for it."""
    point = pl.DataFrame([{"addresses": capacity.addresses, "foot": 0.06, "label": capacity.label}])
    base = alt.Chart(point)
    rule = base.mark_rule(color=INK, strokeWidth=1.5, strokeDash=[2, 2]).encode(x="addresses:Q")
    left = capacity.addresses * width > width / 2
    side: Literal["left", "right"] = "right" if left else "left"
    text = base.encode(x="addresses:Q", y="foot:Q", text="label:N")
    words = [
        text.mark_text(align=side, dx=-8 if left else 8, fontSize=_TEXT, color=INK, stroke=stroke, strokeWidth=wide)
        for stroke, wide in (("white", 5), ("transparent", 0))
    ]
    return (rule, *words)


def _axis(title: str, drawn: Concentration) -> alt.Axis:
    return _percent_axis(title, [0, 0.2, 0.4, 0.6, 0.8, 1], drawn.percent_suffix)


def _percent_axis(title: str, values: list[float], suffix: str) -> alt.Axis:
    return alt.Axis(
        title=title,
        values=values,
        labelExpr=f"round(datum.value * 100) + '{suffix}'",
        tickSize=0,
        labelPadding=7,
        titlePadding=10,
    )


def _marks(marks: Sequence[Mark]) -> list[alt.Chart]:
    if not marks:
        return []
    points = pl.DataFrame([{"addresses": m.addresses, "headroom": m.headroom, "label": m.label} for m in marks])
    base = alt.Chart(points).encode(x="addresses:Q", y="headroom:Q")
    text = base.encode(text="label:N")
    return [
        base.mark_point(filled=True, size=75, opacity=1, color=LINES["model"].colour, stroke="white", strokeWidth=1.5),
        # A white outline under the text keeps it readable where it crosses a line.
        _beside(text, stroke="white", stroke_width=5),
        _beside(text, stroke="transparent", stroke_width=0),
    ]


def _beside(text: alt.Chart, stroke: str, stroke_width: float) -> alt.Chart:
    label: alt.Chart = text.mark_text(
        align="left",
        dx=10,
        dy=7,
        fontSize=_TEXT,
        fontWeight="bold",
        color=INK,
        stroke=stroke,
        strokeWidth=stroke_width,
        strokeJoin="round",
    )
    return label


def _svg(chart: alt.LayerChart | alt.FacetChart | alt.Chart) -> str:
    plain = chart.configure(font=_FONT, aria=False, background="transparent", padding=4).configure_view(stroke=None)
    styled = plain.configure_axis(
        labelFontSize=12,
        titleFontSize=12,
        titleFontWeight="normal",
        labelColor=MUTED,
        titleColor=MUTED,
        gridColor="#e8ebee",
        domainColor=GREY,
    )
    return _embeddable(vl_convert.vegalite_to_svg(styled.to_dict()))


def _embeddable(svg: str) -> str:
    """Only the drawing: it scales by its view box, takes the page's font and names no ids or namespaces."""
    body = re.sub(r' (?:id|font-family|role|class|aria-[a-z]+|pointer-events|version|xmlns(?::\w+)?)="[^"]*"', "", svg)
    return re.sub(r'^<svg width="([\d.]+)" height="([\d.]+)"', '<svg aria-hidden="true" focusable="false"', body)


@dataclass(frozen=True)
class Portfolio:
    """What the portfolio chart shows: hexagons (x log10 EUR, y share, customers), their range and titles."""

    hexagons: pl.DataFrame
    low: float
    high: float
    hexagon: float
    ticks: tuple[tuple[float, str], ...]
    x_title: str
    y_title: str
    percent_suffix: str


def portfolio(drawn: Portfolio, width: int) -> str:
    """Hexagons, darker the more customers: potential to the right, the share of it that is reached upwards."""
    most = max(int(drawn.hexagons["customers"].to_numpy().max()), 1)
    coloured = drawn.hexagons.with_columns(
        colour=pl.Series([deep(count / most) for count in drawn.hexagons["customers"]], dtype=pl.String)
    )
    side = width / ((drawn.high - drawn.low) / drawn.hexagon)
    labels = {f"{place:g}": label for place, label in drawn.ticks}
    x_axis = alt.Axis(
        title=drawn.x_title,
        values=[place for place, _label in drawn.ticks],
        labelExpr=f"{json.dumps(labels)}[format(datum.value, '~g')]",
        tickSize=0,
        labelPadding=7,
        titlePadding=10,
        grid=False,
    )
    y_axis = _percent_axis(drawn.y_title, [0, 0.25, 0.5, 0.75, 1], drawn.percent_suffix)
    margin = drawn.hexagon
    chart = (
        alt.Chart(coloured)
        .mark_point(filled=True, opacity=1, shape=_HEXAGON, size=(side * 2 / math.sqrt(3)) ** 2, stroke="#ffffff")
        .encode(
            x=alt.X("x:Q", axis=x_axis, scale=alt.Scale(domain=[drawn.low - margin, drawn.high + margin], nice=False)),
            y=alt.Y("y:Q", axis=y_axis, scale=alt.Scale(domain=[-0.04, 1.04], nice=False)),
            color=alt.Color("colour:N", scale=None),
        )
    )
    return _svg(chart.properties(width=width, height=round(width / 1.6)))
