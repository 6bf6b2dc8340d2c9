"""What the guards say, in German and English."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scoring.potential.sentences import Telltale

#: A measured coverage this close to its quantile is hit, and what chance gives more often than this is no miss.
_CLOSE: Final = 0.02
_CHANCE: Final = 0.05
_LONGEST_QUOTE: Final = 160
_COLUMNS: Final = {"headcount": ("Mitarbeitende", "headcount"), "industry": ("Branche", "industry")}
_CONTROLS: Final = {
    "shuffled text": ("zufällig vertauschten Texten", "texts dealt out at random"),
    "shuffled target": ("zufällig vertauschten Umsätzen", "revenues dealt out at random"),
}


@dataclass(frozen=True)
class Finding:
    """What one guard found; `leak` says that a feature knows the target, `notice` that it is told without a verdict."""

    guard: str
    passed: bool
    detail_de: str
    detail_en: str
    notice: bool = False
    leak: bool = False

    def row(self) -> dict[str, object]:
        """Give the row of GUARDS."""
        return {
            "guard": self.guard,
            "passed": self.passed,
            "notice": self.notice,
            "detail_de": self.detail_de,
            "detail_en": self.detail_en,
        }


def self_excluded() -> Finding:
    """Say that no customer's own revenue reached its own features: `rate` refuses to go on otherwise (LeakError)."""
    return Finding(
        "self-exclusion",
        passed=True,
        detail_de="Kein Kunde hat seine eigene Schätzung beeinflusst.",
        detail_en="No customer had a part in its own estimate.",
    )


def text_adds(gain: float, significant: bool) -> Finding:  # noqa: FBT001 - the outcome of one test, a pair
    """Say whether the texts make the estimate better."""
    if significant:
        german = f"Die Texte machen die Schätzung um {_percent_de(gain)} genauer als Branche und Größe allein."
        english = f"The texts make the estimate {gain:.0%} more accurate than industry and size alone."
    else:
        german = "Texte tragen nicht messbar bei; was gewonnen ist, kommt aus Branche und Größe."
        english = "Texts add nothing measurable; what is gained comes from industry and size."
    return Finding("text gain", significant, german, english)


def shuffled(name: str, gain: float, significant: bool) -> Finding:  # noqa: FBT001 - the outcome of one test, a pair
    """Say whether a control, which can know nothing, gained."""
    german, english = _CONTROLS[name]
    if significant:
        return Finding(
            name,
            passed=False,
            detail_de=f"Auch mit {german} gewinnt das Modell {_percent_de(gain)}: ein Merkmal verrät den Umsatz.",
            detail_en=f"Even with {english} the model gains {gain:.0%}: some feature gives revenue away.",
            leak=True,
        )
    return Finding(
        name,
        passed=True,
        detail_de=f"Mit {german} gewinnt das Modell nichts.",
        detail_en=f"With {english} the model gains nothing.",
    )


def column_knows(column: str, measure: float, *, off: bool) -> Finding:
    """Say whether a column as good as states the revenue: a rank, a class or a copy of it."""
    german, english = _COLUMNS[column]
    if off:
        said = f"{measure:.2f}"
        return Finding(
            f"column {column}",
            passed=False,
            detail_de=f"Die Spalte „{german}“ gibt den Umsatz fast genau wieder ({said.replace('.', ',')}): Rang,"
            " Klasse oder Kopie des Umsatzes? Dann aus der Adressdatei nehmen.",
            detail_en=f"The column “{english}” as good as states revenue ({said}): a rank, a class or a copy of it?"
            " Then take it out of the address file.",
            leak=True,
        )
    return Finding(
        f"column {column}",
        passed=True,
        detail_de=f"Die Spalte „{german}“ verrät den Umsatz nicht.",
        detail_en=f"The column “{english}” does not give revenue away.",
    )


def telltales(found: Sequence[Telltale]) -> Finding:
    """Name the sentences that tell revenue; a leak where one speaks of it, else a notice."""
    leaks = [tale for tale in found if tale.speaks_of_revenue]
    named = leaks or list(found)
    if not named:
        return Finding(
            "shared sentences",
            passed=True,
            detail_de="Kein Satz, den mehrere Kunden wörtlich teilen, verrät ihren Umsatz.",
            detail_en="No sentence that several customers share word for word gives their revenue away.",
        )
    advice = (
        (" Aus den Texten nehmen und neu rechnen.", " Take it out of the texts and run again.")
        if leaks
        else (" Prüfen, ob der Satz vom Unternehmen selbst stammt.", " Check whether it is the company's own.")
    )
    return Finding(
        "shared sentences",
        passed=not leaks,
        detail_de=" ".join(_told_de(tale) for tale in named) + advice[0],
        detail_en=" ".join(_told_en(tale) for tale in named) + advice[1],
        notice=not leaks,
        leak=bool(leaks),
    )


def _told_de(tale: Telltale) -> str:
    factor = f"{tale.factor:.1f}".replace(".", ",")
    return (
        f"„{_quote(tale.sentence)}“ steht wörtlich bei {tale.companies} Kunden, die das {factor}-Fache von"
        " ihresgleichen kaufen."
    )


def _told_en(tale: Telltale) -> str:
    return (
        f"“{_quote(tale.sentence)}” stands word for word with {tale.companies} customers, which buy {tale.factor:.1f}"
        " times what others of their kind do."
    )


def _quote(sentence: str) -> str:
    return sentence if len(sentence) <= _LONGEST_QUOTE else sentence[: _LONGEST_QUOTE - 1].rstrip() + "…"


def region_explains(gain: float, significant: bool) -> Finding:  # noqa: FBT001 - the outcome of one test, a pair
    """Say what the region adds to the estimate."""
    if significant:
        share = f"{100 * gain:.1f}"
        german = (
            f"Die Region erklärt {share.replace('.', ',')} % dessen, was Branche und Größe offenlassen; so weit geht"
        )
        german += " sie in die Schätzung ein."
        english = f"The region explains {share}% of what industry and size leave open; the estimate uses it that far."
    else:
        german = "Die Region erklärt nichts, was Branche und Größe offenlassen; die Schätzung lässt sie weg."
        english = "The region explains nothing that industry and size leave open; the estimate leaves it out."
    return Finding("region", passed=True, detail_de=german, detail_en=english, notice=significant)


def coverage_off(coverage: float, customers: int, quantile: float) -> Finding:
    """Say whether as many customers as promised buy no more than their potential."""
    from scipy.stats import binomtest

    missed = abs(coverage - quantile) > _CLOSE
    off = missed and float(binomtest(round(coverage * customers), customers, quantile).pvalue) < _CHANCE
    german = f"{_points_de(coverage)} der Kunden liegen unter ihrer Schätzung, versprochen sind {_points_de(quantile)}."
    english = f"{coverage:.1%} of the customers lie below their estimate, {quantile:.1%} are promised."
    return Finding("coverage", passed=not off, detail_de=german, detail_en=english)


def _percent_de(share: float) -> str:
    return f"{100 * share:.0f} %"


def _points_de(share: float) -> str:
    return f"{100 * share:.1f} %".replace(".", ",")
