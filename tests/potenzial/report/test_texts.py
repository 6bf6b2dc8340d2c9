import re
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from potenzial.report import messages
from potenzial.report.data import Step
from potenzial.report.texts import load_texts
from scoring.schema import FIGURES

GERMAN, ENGLISH = load_texts("de"), load_texts("en")


def gaps(sentence: str) -> set[str]:
    """Names of the gaps of a sentence."""
    return set(re.findall(r"\{(\w+)\}", sentence))


def test_both_languages_say_the_same_things() -> None:
    """The catalogues have the same keys, and each sentence has the same gaps."""
    assert GERMAN.sentences.keys() == ENGLISH.sentences.keys()
    assert {key for key in GERMAN.sentences if gaps(GERMAN.sentences[key]) != gaps(ENGLISH.sentences[key])} == set()


@pytest.mark.parametrize(
    ("share", "revenue", "key"),
    [(0.9, 0.1, "halten aber"), (0.1, 0.9, "und halten 10"), (0.5, 0.5, "ebenso")],
)
def test_the_bars_title_fits_the_figures(
    make_report: Callable[..., Any], make_stock: Callable[..., pl.DataFrame], share: float, revenue: float, key: str
) -> None:
    """The title contrasts small customers' revenue and potential only where they differ that way."""
    stock = make_stock(2).with_columns(
        class_revenue=pl.Series(["C", "A"]),
        class_potential=pl.Series(["A", "A"]),
        revenue=pl.Series([revenue, 1 - revenue]) * 1e6,
        headroom=pl.Series([share, 1 - share]) * 1e6,
    )
    assert key in messages.bars_title(messages.tell(make_report(stock)))


def test_counts_choose_the_form_of_the_sentence(
    make_report: Callable[..., Any], make_stock: Callable[..., pl.DataFrame]
) -> None:
    """None, one and many customers each have their own sentence."""
    rows = make_stock(3).with_columns(class_revenue=pl.lit("C"))
    titles = {
        count: messages.matrix_title(
            messages.tell(
                make_report(rows.with_columns(class_potential=pl.Series(["A"] * count + ["C"] * (3 - count))))
            )
        )
        for count in (0, 1, 3)
    }
    assert titles[0].startswith("Kein C-")
    assert titles[1].startswith("1 C- oder inaktiver Kunde hat")
    assert titles[3].startswith("3 C- und inaktive Kunden haben")


def test_warnings_name_what_is_wrong_with_the_model(
    make_report: Callable[..., Any], make_stock: Callable[..., pl.DataFrame], make_figures: Callable[..., pl.DataFrame]
) -> None:
    """A good model has no warnings; a tie, a loss, a doubted gain, missed coverage and missing figures have theirs."""

    def warnings(**changes: object) -> str:
        return " ".join(messages.warnings(messages.tell(make_report(make_stock(40), **changes))))

    assert warnings() == ""
    assert warnings(gate="ready") == ""
    assert "nicht genauer" in warnings(figures=make_figures(pinball=0.0751))
    assert "20 % ungenauer" in warnings(figures=make_figures(pinball=0.09)).replace("\N{NO-BREAK SPACE}", " ")
    assert "nicht nachweisbar genauer" in warnings(gate="not better than the lookup")
    assert "zu niedrig" in warnings(figures=make_figures(coverage=0.71))
    assert "zu hoch" in warnings(figures=make_figures(coverage=0.97))
    assert "nicht messen" in warnings(figures=FIGURES.to_frame())


def test_the_gate_has_the_first_word(make_report: Callable[..., Any], make_stock: Callable[..., pl.DataFrame]) -> None:
    """Where the gate holds the model back, its own words warn, and tile and title name the same rival and doubt."""
    data = make_report(make_stock(40), gate="not better than the lookup", verdict="Grund der Prüfung.")
    story = messages.tell(data)
    tile = messages.tiles(story)[-1]
    assert messages.warnings(story) == ["Grund der Prüfung."]
    assert (tile.value, tile.tone) == ("Nicht belegt", "warn")
    assert "nicht nachweisbar genauer" in messages.quality_title(story)
    assert "14 % genauer als die beste einfache Tabelle (Branche und Größenklasse)" in _plain(tile.notes[0])


def _plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_proven_gain_counts_however_small(
    make_report: Callable[..., Any], make_stock: Callable[..., pl.DataFrame], make_figures: Callable[..., pl.DataFrame]
) -> None:
    """A gain below a percent is a tie, unless the gate has proven it."""
    figures = make_figures(pinball=0.0745)
    tiles = {
        gate: messages.tiles(messages.tell(make_report(make_stock(40), figures=figures, gate=gate)))[-1].value
        for gate in ("", "ready")
    }
    assert tiles[""] == "Gleichauf"
    assert tiles["ready"].endswith("genauer")


@pytest.mark.parametrize("rival", ["constant", "industry"])
def test_the_yardstick_is_the_best_plain_table(
    make_report: Callable[..., Any],
    make_stock: Callable[..., pl.DataFrame],
    make_figures: Callable[..., pl.DataFrame],
    rival: str,
) -> None:
    """The model is compared with whichever plain table is best on this stock, and that one is named."""
    better = pl.when(pl.col("model") == rival).then(0.05).otherwise("pinball")
    story = messages.tell(make_report(make_stock(40), figures=make_figures().with_columns(pinball=better)))
    assert story.quality.outcome == "worse"
    assert f"({story.texts.name('rival', rival)})" in messages.quality_title(story)


@pytest.mark.parametrize(
    ("coverage", "customers", "calibration"),
    [
        (32 / 34, 34, "chance"),
        (26 / 34, 34, "missed"),
        (0.94, 612, "missed"),
        (0.915, 612, "hit"),
        (0.91, 60_000, "hit"),
    ],
)
def test_a_deviation_is_announced_only_beyond_chance(
    make_report: Callable[..., Any],
    make_stock: Callable[..., pl.DataFrame],
    make_figures: Callable[..., pl.DataFrame],
    coverage: float,
    customers: int,
    calibration: str,
) -> None:
    """Potentials are called too high or too low beyond two points and beyond what a binomial test gives to chance."""
    figures = make_figures(coverage=coverage).with_columns(customers=pl.lit(customers, FIGURES["customers"]))
    story = messages.tell(make_report(make_stock(40), figures=figures))
    assert story.quality.calibration == calibration
    assert any("angesetzt" in warning for warning in messages.warnings(story)) == (calibration == "missed")
    assert ("kann der Abstand Zufall sein" in messages.quality_note(story)) == (calibration == "chance")


def test_most_losses_are_named_with_both_steps(
    make_report: Callable[..., Any], make_stock: Callable[..., pl.DataFrame]
) -> None:
    """The funnel names the two steps between which most addresses are lost, and nothing where none is."""
    steps = (Step("a", "A", 9), Step("b", "B", 8), Step("c", "C", 2), Step("d", "D", 7))
    stock = make_stock(9)
    assert "„b“ und „c“ verloren: 6" in messages.funnel_loss(messages.tell(make_report(stock, funnel=steps)))
    assert messages.funnel_loss(messages.tell(make_report(stock, funnel=steps[2:]))) == ""
