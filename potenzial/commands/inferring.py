"""How what is not given but inferred looks on the terminal: headcount and industry of one customer."""

from rich.table import Table
from rich.text import Text

#: How a source of a headcount or code is said.
_SOURCES = {
    "given": "given in your stock",
    "structured": "its website says so in structured data",
    "text": "its website says so",
    "neighbours": "estimated from similar companies",
    "titles": "by the titles of the classification only",
}

Facts = dict[str, object]


def shown(facts: Facts) -> Table:
    """Show headcount and industry of a row of INFERRED, each with its source, and what contradicts a given value."""
    table = Table(
        show_header=False, box=None, padding=(0, 2, 0, 0), title="\nHeadcount and industry", title_justify="left"
    )
    for label, value in (*_headcount(facts), *_industry(facts)):
        table.add_row(label, Text(value))
    return table


def _headcount(facts: Facts) -> list[tuple[str, str]]:
    source = facts["headcount_source"]
    if source is None:
        return [("headcount", "not known")]
    rows = [("headcount", f"{_people(facts)}, {_SOURCES[str(source)]}")]
    said, quote = facts["headcount_website"], facts["headcount_quote"]
    if said is not None:
        rows.append(("its website", f"“{quote}” ({facts['headcount_url']})"))
    if source == "given" and said is not None and said != facts["headcount"]:
        rows.append(("conflict", f"your stock says {_number(facts['headcount'])}, the website {_number(said)}"))
    return rows


def _people(facts: Facts) -> str:
    low, high, people = facts["headcount_low"], facts["headcount_high"], _number(facts["headcount"])
    if low is None and high is None:
        return f"about {people}"
    if high is None:
        return f"{people} or more"
    if low is None:
        return f"up to {people}"
    return people if low == high else f"about {people} ({_number(low)} to {_number(high)})"


def _number(value: object) -> str:
    return f"{value:,.0f}" if isinstance(value, float | int) else ""


def _industry(facts: Facts) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    if facts["industry_code"] is not None:
        sure = facts["industry_confidence"]
        chance = f", {sure:.0%} sure" if isinstance(sure, float) else ""
        source = _SOURCES[str(facts["industry_source"])]
        rows.append(("industry code", f"{facts['industry_version']} {facts['industry_code']}, {source}{chance}"))
    if facts["industry_conflict"]:
        rows.append(("conflict", "similar companies are of another industry than the given code says"))
    return rows + [row for name in ("wz_2008", "wz_2025") for row in _codes(facts, name)]


def _codes(facts: Facts, name: str) -> list[tuple[str, str]]:
    found = facts[name]
    label = f"likely {name.upper().replace('_', ' ')}"
    entries = found if isinstance(found, list) else []
    return [(label if not place else "", _code(entry)) for place, entry in enumerate(entries)]


def _code(entry: Facts) -> str:
    chance = entry["confidence"]
    sure = f"  {chance:.0%}" if isinstance(chance, float) else ""
    return f"{entry['code']} {entry['title']}{sure}"
