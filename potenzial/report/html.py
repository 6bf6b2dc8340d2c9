"""The report as one HTML file that loads nothing and runs nothing."""

import math
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from potenzial.report import (
    change,
    groups,
    guards,
    landscape,
    lookback,
    messages,
    reached,
    regions,
    rows,
    sizes,
    stock,
    whatif,
)
from potenzial.report.data import ReportData
from potenzial.report.palette import CLASS_COLOURS, LINES, readable_on
from potenzial.report.plain import LONGEST_NAME, shown
from potenzial.report.summary import WORKED
from scoring.schema import POTENTIAL_CLASSES, REVENUE_CLASSES

if TYPE_CHECKING:
    from potenzial.report.messages import Story


def render(data: ReportData) -> str:
    """Write the report.

    Args:
        data: Customers of schema `scoring.schema.POTENTIAL`, with amounts in EUR per year, and facts of the run.

    Returns:
        A complete HTML document in the report's language. It has a content security policy that forbids scripts and
        every load from the net; text from outside is escaped, shortened and freed of invisible characters.
    """
    story = messages.tell(data)
    return _environment().get_template("report.html.j2").render(_context(story))


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("potenzial.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _context(story: "Story") -> dict[str, Any]:
    return {
        "story": story,
        "data": story.data,
        "title": shown(story.data.title, LONGEST_NAME),
        "verdict": story.verdict,
        "say": story.say,
        "counted": story.counted,
        "numbers": story.numbers,
        "name_of": story.texts.name,
        "thresholds_known": all(map(math.isfinite, story.data.thresholds)),
        "style": _style(),
        "class_colours": {name: (colour, readable_on(colour)) for name, colour in CLASS_COLOURS.items()},
        "lines": LINES,
        "revenue_classes": REVENUE_CLASSES,
        "potential_classes": POTENTIAL_CLASSES,
        **_words(story),
        **_tables(story),
        **_charts(story),
    }


def _words(story: "Story") -> dict[str, Any]:
    return {
        "tiles": messages.tiles(story),
        "warnings": messages.warnings(story),
        "matrix_title": messages.matrix_title(story),
        "bars_title": messages.bars_title(story),
        "bars_note": messages.bars_note(story),
        "sums_title": messages.sums_title(story),
        "curve_title": messages.curve_title(story),
        "funnel_title": messages.funnel_title(story),
        "funnel_loss": messages.funnel_loss(story),
        "funnel_doubt": messages.funnel_doubt(story),
        "failures_title": messages.failures_title(story),
        "reached_title": reached.title(story),
        "quality_title": messages.quality_title(story),
        "quality_note": messages.quality_note(story),
        "quantiles": messages.quantiles(story),
    }


def _tables(story: "Story") -> dict[str, Any]:
    return {
        "matrix": rows.matrix(story),
        "lists": [rows.top_list(story, action) for action in WORKED],
        "groupings": groups.groupings(story),
        "guards": guards.guards(story),
        "funnel": rows.funnel(story),
        "failures": rows.failures(story),
        "estimators": rows.estimators(story),
        "facts": rows.facts(story),
        "timings": rows.timings(story),
        "map": landscape.landscape(story),
        "lookback": lookback.lookback(story),
        "change": change.change(story),
        "regions": regions.regions(story),
        "sizes": sizes.sizes(story),
        "bands": sizes.BANDS,
        "whatif": whatif.whatif(story),
        "data_blocks": stock.data_blocks(story),
    }


def _charts(story: "Story") -> dict[str, Any]:
    # Imported here: the chart library takes most of a second, which importing this module must not cost.
    from potenzial.report import figures

    return {"bars": figures.bars(story), "curve": figures.curve(story), "portfolio": figures.portfolio(story)}


def _style() -> Markup:
    file = resources.files("potenzial.report") / "templates" / "report.css"
    return Markup(file.read_text(encoding="utf-8"))  # noqa: S704 - our own style sheet
