"""How good the published quantiles are, out of fold, beside plain baselines: pinball loss, coverage and a verdict."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

import numpy as np
import polars as pl

from scoring.baselines import BASELINES
from scoring.config import PotentialConfig
from scoring.customers import Floats, Ints
from scoring.features import Facts
from scoring.quantile import pinball
from scoring.schema import FIGURES

Verdict = Literal["ready", "usable", "not better than the lookup", "too few customers"]

#: Names in the table FIGURES.
MODEL: Final = "potenzial"
LOOKUP: Final = "industry x size"
#: The controller's tables that the model has to beat, with their German and English names.
TABLES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "constant": ("ein Wert für alle", "one value for all"),
        "industry": ("Branche", "industry"),
        LOOKUP: ("Branche und Größenklasse", "industry and size class"),
    }
)
#: One-sided 5 % level of the normal distribution: a gain that chance gives more often is none.
_SIGNIFICANT: Final = 1.645


@dataclass(frozen=True)
class Judgement:
    """The gate before the lists are used: the verdict and why, in German and English."""

    verdict: Verdict
    reason_de: str
    reason_en: str


def baseline_quantiles(facts: Facts, log_revenue: Floats, folds: Ints, quantile: float) -> dict[str, Floats]:
    """Predict one quantile of each known customer (n) by every baseline, from the customers of the other folds."""
    predicted = {name: np.zeros(len(log_revenue)) for name in BASELINES}
    for fold in np.unique(folds):
        others, own = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        for name, baseline in BASELINES.items():
            predicted[name][own] = baseline(facts.at(others), log_revenue[others], facts.at(own), quantile)
    return predicted


def figure(name: str, quantile: float, log_revenue: Floats, predicted: Floats) -> dict[str, object]:
    """Give one row of the table FIGURES for n known customers."""
    return {
        "model": name,
        "quantile": quantile,
        "pinball": float(pinball(log_revenue, predicted, quantile).mean()),
        "coverage": float((log_revenue <= predicted + _TIE).mean()),
        "customers": len(log_revenue),
    }


#: A prediction equal to the revenue covers it; sums of logs miss equality by rounding.
_TIE: Final = 1e-9


def figures_table(rows: Iterable[dict[str, object]]) -> pl.DataFrame:
    """Gather rows into the table FIGURES."""
    return pl.DataFrame(list(rows), schema=FIGURES)


#: A cautious reading of realistic potential that figures are often compared at.
_CAUTIOUS: Final = 0.8


def published_quantiles(config: PotentialConfig) -> list[float]:
    """Quantiles that the figures are measured at, ascending and each once: the published ones and 0.8."""
    return sorted({config.quantile, *config.interval, _CAUTIOUS})


def judge(log_revenue: Floats, predicted: Mapping[str, Floats], quantile: float) -> Judgement:
    """Say whether the model beats the best plain table by more than chance would (paired, one-sided, 5 %).

    `predicted` holds one quantile of n known customers by name, as in FIGURES. Against pure chance a table with many
    cells loses to the constant, so the lookup alone would be too easy a rival.
    """
    losses = {name: pinball(log_revenue, values, quantile) for name, values in predicted.items()}
    rival = min(TABLES, key=lambda name: float(losses[name].mean()))
    gain = losses[rival] - losses[MODEL]
    error = float(gain.std(ddof=1)) / math.sqrt(len(gain))
    share = float(gain.mean()) / max(float(losses[rival].mean()), _TIE)
    ready = gain.mean() > max(_SIGNIFICANT * error, _TIE)
    words = _ready(share, len(gain), rival) if ready else _no_gain(share, len(gain), rival)
    return Judgement("ready" if ready else "not better than the lookup", *words)


def _ready(share: float, customers: int, rival: str) -> tuple[str, str]:
    german = (
        f"Bei {_german(customers)} aktiven Kunden ist die Schätzung um {_german_percent(share)} genauer als die beste"
        f" einfache Tabelle ({TABLES[rival][0]}); jeder Kunde wurde ohne seinen eigenen Umsatz geschätzt."
    )
    english = (
        f"On {customers:,} active customers the estimate is {share:.0%} more accurate than the best plain table"
        f" ({TABLES[rival][1]}); every customer was estimated without its own revenue."
    )
    return german, english


def _no_gain(share: float, customers: int, rival: str) -> tuple[str, str]:
    german = (
        f"Bei {_german(customers)} aktiven Kunden ist die Schätzung nicht nachweisbar genauer als die beste einfache"
        f" Tabelle ({TABLES[rival][0]}; Abstand {_german_percent(share)}). Die Listen nur als groben Anhalt verwenden."
    )
    english = (
        f"On {customers:,} active customers the estimate is not demonstrably more accurate than the best plain table"
        f" ({TABLES[rival][1]}; margin {share:.0%}). Use the lists as a rough guide only."
    )
    return german, english


def too_few(companies: int, needed: int) -> Judgement:
    """Say that so many companies with active customers allow no model, only the plain quantile of all, or nothing."""
    return Judgement("too few customers", *(_pooled(companies, needed) if companies else _no_revenue()))


def _pooled(companies: int, needed: int) -> tuple[str, str]:
    german = (
        f"Aktive Unternehmen: {_german(companies)}, nötig sind {_german(needed)}. Alle erhalten dasselbe Quantil der"
        " Umsätze der übrigen aktiven Kunden; Branche, Größe und Text bleiben außer Betracht."
    )
    english = (
        f"Active companies: {companies:,}, needed are {needed:,}. Everybody gets the same quantile of the revenue"
        " of the other active customers; industry, size and text are left out."
    )
    return german, english


def _no_revenue() -> tuple[str, str]:
    german = (
        "Kein Kunde hat Umsatz in den letzten 12 Monaten. Es gibt nichts, womit sich vergleichen ließe; niemand wird"
        " bewertet. Ergänzen Sie Umsätze (Spalte revenue)."
    )
    english = (
        "No customer has revenue in the last 12 months. There is nothing to compare with, so nobody is rated. Add"
        " revenue (column revenue)."
    )
    return german, english


def nothing_known() -> Judgement:
    """Say that neither text nor industry nor headcount is known of any customer, so that nobody is rated."""
    german = (
        "Von keinem Kunden ist Text, Branche oder Größe bekannt; niemand wird bewertet."
        " Ergänzen Sie mindestens eine der Spalten website, text, industry, headcount."
    )
    english = (
        "Neither text nor industry nor headcount is known of any customer, so nobody is rated."
        " Add at least one of the columns website, text, industry, headcount."
    )
    return Judgement("too few customers", german, english)


def _german(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def _german_percent(share: float) -> str:
    return f"{100 * share:.0f} %"
