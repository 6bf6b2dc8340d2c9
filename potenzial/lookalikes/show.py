"""How companies found look on the terminal: one block each, the reasons under the name."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import polars as pl
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from potenzial.lookalikes.answer import Lookalikes
from potenzial.lookalikes.stock import BANDS
from potenzial.lookalikes.wording import ENGLISH
from potenzial.prospects import Ranking
from potenzial.report.numbers import Numbers

_NUMBERS: Final = Numbers("en")
#: A bar of four, as long as the band is high, so that nothing depends on colours.
_BARS: Final = MappingProxyType({"very": "●●●●", "similar": "●●●○", "somewhat": "●●○○", "hardly": "●○○○"})
_STYLES: Final = MappingProxyType({"very": "bold green", "similar": "green", "somewhat": "yellow", "hardly": "dim"})
_CLASS_STYLES: Final = MappingProxyType({"A": "bold blue", "B": "blue"})
#: Phrases quoted of one company, on each side.
_QUOTED: Final = 3
_NEVER_RATED: Final = "–"


def shown(found: Lookalikes, subject: str) -> RenderableType:
    """Show the companies found, or which filter left none; `subject` says like whom."""
    head = Text.assemble(("Most like ", "bold"), (subject, "bold cyan"), _limits(found))
    if not len(found):
        return Group(head, Text(f"\n{found.emptied_by}", style="yellow"))
    return Group(head, _table(found.frame), _legend(found.frame))


def _limits(found: Lookalikes) -> str:
    """What was asked besides, and how many companies were compared."""
    question = found.question
    parts = [f"unlike {', '.join(question.without)}"] if question.without else []
    parts += [f"{step.name.removeprefix('--')}" for step in found.steps[1:]]
    return "\n" + "; ".join([*parts, f"{found.steps[-1].left:,} companies left to choose from"])


def _table(frame: pl.DataFrame) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("company", overflow="fold", ratio=1)
    table.add_column("alike", no_wrap=True)
    rated = frame["potential"].is_not_null().any()
    for heading in ("class", "12 months", "potential") if rated else ():
        table.add_column(heading, justify="right", no_wrap=True)
    for row in frame.iter_rows(named=True):
        table.add_row(str(row["rank"]), company(row), alike(row), *(rated_cells(row) if rated else ()))
    return table


def company(row: Mapping[str, Any]) -> Text:
    """Name, place and id of a company, and below what both share and what differs."""
    place = f"{row['postcode'] or ''} {row['city'] or ''}".strip()
    text = Text.assemble((str(row["name"]), "bold"), f", {place}" if place else "", (f"  {row['customer_id']}", "dim"))
    if row["shared"]:
        text.append_text(_quoted("\nboth: ", row["shared"], "green"))
    apart = [row["differs_en"]] if row["differs_en"] else []
    apart += [f"only there {_listed(row['own'])}"] if row["own"] else []
    text.append(f"\nbut:  {'; '.join(apart)}" if apart else "")
    return text


def _listed(phrases: Sequence[Mapping[str, str | None]]) -> str:
    return ", ".join(f"“{phrase['phrase']}”" for phrase in phrases[:_QUOTED])


def _quoted(label: str, phrases: Sequence[Mapping[str, str | None]], style: str) -> Text:
    """Quote phrases, and name each page once, behind the phrases that stand on it."""
    pages: dict[str, list[str]] = {}
    for phrase in phrases[:_QUOTED]:
        pages.setdefault(phrase["url"] or ENGLISH.own_text, []).append(f"“{phrase['phrase']}”")
    text = Text(label)
    for number, (page, quoted) in enumerate(pages.items()):
        text.append(", " if number else "").append(", ".join(quoted), style=style)
        text.append(f" {page.removeprefix('https://').removeprefix('http://')}", style="dim")
    return text


def alike(row: Mapping[str, Any]) -> Text:
    """The band as a bar and a word, and the score."""
    style = _STYLES[row["band"]]
    return Text.assemble((_BARS[row["band"]], style), f" {row['score']:.2f}\n", (ENGLISH.bands[row["band"]], style))


def rated_cells(row: Mapping[str, Any]) -> tuple[Text, str, str]:
    """Class today and by potential, revenue and potential."""
    classes = Text(f"{row['class_revenue'] or _NEVER_RATED} > ")
    potential = row["class_potential"] or _NEVER_RATED
    classes.append(potential, style=_CLASS_STYLES.get(potential, ""))
    return classes, _NUMBERS.money(row["revenue"]), _NUMBERS.money(row["potential"])


def _legend(frame: pl.DataFrame) -> Text:
    if frame["closer_than"].null_count():
        return Text("The stock is too small to say what is very similar.", style="dim")
    said = [f"{ENGLISH.bands[name]}: more alike than {_NUMBERS.percent(share, 1)}" for name, share in BANDS[:-1]]
    return Text(f"Among all pairs of companies of this stock: {', '.join(said)}.", style="dim")


def shown_prospects(ranking: Ranking, name: str, k: int) -> RenderableType:
    """Show the best `k` of a ranked list, and what its reader noted."""
    head = Text.assemble(("Prospects of ", "bold"), (name, "bold cyan"), f": {min(k, ranking.frame.height)} of ")
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for heading in ("#", "company", "score", "class", "potential", "like A customers"):
        table.add_column(
            heading, justify="right" if heading in {"#", "score", "potential"} else "left", overflow="fold"
        )
    for row in ranking.frame.head(k).iter_rows(named=True):
        table.add_row(*_prospect(row))
    notes = Text("".join(f"{note}\n" for note in ranking.findings), style="dim")
    return Group(head.append(f"{ranking.frame.height:,}, best first"), table, notes)


def _prospect(row: Mapping[str, Any]) -> tuple[RenderableType, ...]:
    place = f"{row['postcode'] or ''} {row['city'] or ''}".strip()
    text = Text.assemble((str(row["name"]), "bold"), f", {place}" if place else "", (f"  {row['customer_id']}", "dim"))
    if row["known_as"]:
        text.append(f"\nalready your customer {row['known_as']}", style="yellow")
    potential = row["class_potential"] or _NEVER_RATED
    close = "" if row["similarity"] is None else f"{row['similarity']:.2f}  {row['nearest']}"
    span = _NUMBERS.money_range(row["potential_low"], row["potential_high"])
    money = f"{_NUMBERS.money(row['potential'])}\n{span}"
    return (
        str(row["rank"]), text, f"{row['score']:.2f}", Text(potential, _CLASS_STYLES.get(potential, "")), money, close
    )  # fmt: skip
