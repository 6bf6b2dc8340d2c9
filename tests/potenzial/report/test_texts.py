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
    """A good model has no warnings; a tie, a doubted gain, a missed coverage and missing figures each have theirs."""

    def warnings(**changes: object) -> str:
        return " ".join(messages.warnings(messages.tell(make_report(make_stock(40), **changes))))

    assert warnings() == ""
    assert warnings(gate="ready") == ""
    assert "nicht genauer" in warnings(figures=make_figures(pinball=0.0751))
    assert "nicht genauer" in warnings(gate="not better than the lookup")
    assert "zu niedrig" in warnings(figures=make_figures(coverage=0.71))
    assert "zu hoch" in warnings(figures=make_figures(coverage=0.97))
    assert "nicht messen" in warnings(figures=FIGURES.to_frame())


def test_most_losses_are_named_with_both_steps(
    make_report: Callable[..., Any], make_stock: Callable[..., pl.DataFrame]
) -> None:
    """The funnel names the two steps between which most addresses are lost, and nothing where none is."""
    steps = (Step("a", "A", 9), Step("b", "B", 8), Step("c", "C", 2), Step("d", "D", 7))
    stock = make_stock(9)
    assert "„b“ und „c“ verloren: 6" in messages.funnel_loss(messages.tell(make_report(stock, funnel=steps)))
    assert messages.funnel_loss(messages.tell(make_report(stock, funnel=steps[2:]))) == ""
