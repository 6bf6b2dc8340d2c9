"""The proof as a page in German: tiles, a curve, tables, and what the figures do not say."""

from dataclasses import dataclass
from typing import Final

import jinja2

from potenzial.demo.proof_data import CONTACTS, ProofData, Ranking
from potenzial.report.numbers import Numbers

#: Names, colours and dashes of the rankings, in the order of the legend.
_LOOKS: Final = {
    "oracle": ("Ideal (nur in der Vorführung bekannt)", "#7d8894", "2 4"),
    "model": ("Modell: Potenzial minus Umsatz", "#0b5cad", ""),
    "expected": ("Modell: erwarteter Zuwachs", "#4c9be8", "9 4"),
    "lookup": ("Tabelle Branche x Größe", "#c2571a", ""),
    "revenue": ("ABC nach heutigem Umsatz", "#8a6d1d", "6 4"),
    "random": ("Zufall", "#b9c0c7", ""),
}
_GROUPS: Final = {
    "all": "Alle bewerteten",
    "A": "Potenzialklasse A",
    "B": "Potenzialklasse B",
    "C": "Potenzialklasse C",
    "customers": "Aktive Kunden",
    "inactive": "Inaktive",
}
#: The plain rivals of the model.
_RIVALS: Final = ("lookup", "revenue", "random")
_WIDTH, _HEIGHT = 640, 360
#: Differences below this many points of the ideal are no difference.
_EQUAL: Final = 0.01


@dataclass(frozen=True)
class Curve:
    """A curve as SVG wants it."""

    name: str
    colour: str
    dash: str
    points: str
    main: bool


def page(data: ProofData) -> str:
    """Return the self-contained page."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("potenzial.demo", "data/templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("proof.html").render(
        data=data,
        numbers=Numbers("de"),
        looks=_LOOKS,
        groups=_GROUPS,
        curves=[_curve(data.ranking(key)) for key in reversed(_LOOKS)],
        verdicts=verdicts(data),
        width=_WIDTH,
        height=_HEIGHT,
    )


def verdicts(data: ProofData) -> list[str]:
    """Say in words where the model wins and where it loses against the plain ways."""
    percent = Numbers("de").percent
    found = [_verdict(data.rankings, place, f"Bei {percent(share)} Kontakten") for place, share in enumerate(CONTACTS)]
    if data.inactive:
        found.append(_verdict(data.inactive, 1, "Nur unter den Inaktiven, bei 10 % Kontakten"))
    return found


def _verdict(rankings: tuple[Ranking, ...], place: int, where: str) -> str:
    caught = {ranking.key: ranking.caught[place] for ranking in rankings}
    ours = caught["model"]
    rival = max(_RIVALS, key=lambda key: caught[key])
    percent = Numbers("de").percent
    texts = f"das Modell {percent(ours)} des Möglichen, „{_LOOKS[rival][0]}“ {percent(caught[rival])}"
    if abs(ours - caught[rival]) < _EQUAL:
        return f"{where} liegen beide gleichauf: {texts}."
    return (
        f"{where} {'gewinnt' if ours > caught[rival] else 'verliert'} das Modell: {texts.removeprefix('das Modell ')}."
    )


def _curve(ranking: Ranking) -> Curve:
    name, colour, dash = _LOOKS[ranking.key]
    places = [f"{share * _WIDTH:.1f},{(1 - caught) * _HEIGHT:.1f}" for share, caught in ranking.curve]
    return Curve(name, colour, dash, " ".join(places), ranking.key == "model")
