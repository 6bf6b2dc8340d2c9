from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
from selectolax.lexbor import LexborHTMLParser as Page

from crawler.fetch import REASONS
from crawler.verdict import Verdict
from potenzial.funnel import FOREIGN, UNPROVEN
from potenzial.report.causes import advice, causes
from potenzial.report.data import Failure
from potenzial.report.html import render
from potenzial.report.numbers import Language, Numbers
from potenzial.report.texts import load_texts

NAMED = sorted({*Verdict, FOREIGN, UNPROVEN})


def _plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_verdict_has_words_and_advice(language: Language) -> None:
    """Each verdict that a website without text can get is named, and says what to do."""
    texts = load_texts(language)
    assert [name for name in NAMED if texts.name("verdict", name) == name and name != "ok"] == []
    assert [name for name in NAMED if not advice(texts, name) and name != "ok"] == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_failing_request_has_words(language: Language) -> None:
    """Each reason that a request can fail for has a name of its own."""
    texts = load_texts(language)
    assert {reason for reason in REASONS if f"cause.{reason}" not in texts.sentences} == {"ok", "redirect", "unchanged"}


def test_causes_are_named_with_their_counts() -> None:
    """Causes of one name are counted together, most frequent first, and the small ones as others."""
    found = [("http_404", 6), ("tls", 3), ("dns", 9), ("http_410", 5), ("connect", 2), ("http_418", 1)]
    said = _plain(causes(load_texts("en"), Numbers("en"), found))
    assert said == "11 × page missing · 9 × no such domain · 3 × no secure connection · 3 × others"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], ""),
        ([("dns", 7)], "no such domain"),
        ([("http_418", 2)], "answer HTTP 418"),
        ([("x", 1)], "page not readable"),
    ],
)
def test_a_single_cause_needs_no_count(found: list[tuple[str, int]], said: str) -> None:
    """One cause is only named, an unusual status by its number, and none says nothing."""
    assert causes(load_texts("en"), Numbers("en"), found) == said


def test_the_report_says_why_websites_failed_and_what_to_do(
    make_report: Callable[..., Any], make_stock: Callable[..., pl.DataFrame]
) -> None:
    """Each reason stands with its causes, count, share and advice, most frequent first; doubts are told."""
    failures = (Failure("foreign", 2), Failure("dead", 6, (("dns", 4), ("connect", 2))))
    page = Page(render(make_report(make_stock(40), failures=failures, doubtful=3)))
    rows = [
        [_plain(" ".join(cell.text(separator=" ").split())) for cell in row.css("th, td.number, td.advice")]
        for row in page.css(".losses tbody tr")
    ]
    assert rows == [
        [
            "nicht erreichbar 4 × Domain gibt es nicht · 2 × kein Server antwortet", "6", "75 %",
            "Adresse prüfen; viele solcher Firmen sind umgezogen oder erloschen.",
        ],
        ["gehört einer anderen Firma", "2", "25 %", "Adresse prüfen: Das Impressum nennt eine andere Firma."],
    ]  # fmt: skip
    caption = page.css_first("#coverage .caption")
    assert caption is not None
    assert "Bei 3 verwendeten Websites belegt nichts" in caption.text()
