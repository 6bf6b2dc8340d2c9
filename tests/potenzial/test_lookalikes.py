import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from embeddings.errors import UnknownCompanyError
from embeddings.schema import CHUNKS, KEYWORDS
from potenzial.api import Project, Question, Weights
from potenzial.config import Config
from potenzial.errors import FilterError, QuestionError, UnknownIdError
from potenzial.lookalikes.evidence import Example, Passage, compared, holds
from potenzial.lookalikes.reader import Reader
from potenzial.lookalikes.sheet import csv_text, readable, write_xlsx
from potenzial.lookalikes.stock import FACTS, Aspects, stock_of
from potenzial.project import Project as Folder

#: id, angle of the vector in degrees, headcount, industry, revenue, best year, site
ROWS = (
    ("a", 0, 100.0, 1, 900.0, 900.0, "a.test"),
    ("b", 10, 10.0, 1, 0.0, 500.0, "b.test"),
    ("c", 20, 90.0, 2, 50.0, 50.0, "a.test"),
    ("d", 30, None, -1, None, None, None),
    ("e", 90, 95.0, 1, 10.0, 10.0, "e.test"),
    ("f", 180, 100.0, 1, 10.0, 10.0, "f.test"),
)
SHEET = ("rank", "customer_id", "name", "score", "class_revenue", "shared", "differs")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Six companies on a half circle; a and b both name milling."""
    facts = pl.DataFrame(
        [
            {
                "customer_id": name,
                "name": f"=Firma {name}",
                "plz2": "35" if name < "c" else "80",
                "headcount": headcount,
                "industry": {1: "Metall", 2: "Bau"}.get(industry),
                "industry_label": {1: "Metall", 2: "Bau"}.get(industry),
                "revenue": revenue,
                "revenue_best": best,
                "site": site,
                "class_revenue": "A" if revenue else "inactive",
            }
            for name, _, headcount, industry, revenue, best, site in ROWS
        ],
        schema=FACTS,
    )
    angles = np.radians([row[1] for row in ROWS])
    phrases = [
        (name, phrase, 1.0, "home", f"http://{name}.test/") for name, phrase in (("b", "CNC-Fräsen"), ("b", "Lack"))
    ]
    chunks = tmp_path / "chunks.parquet"
    texts = [(name, name, "home", f"http://{name}.test/", f"Wir bieten CNC-Fräsen {name}", 1.0) for name in "ab"]
    pl.DataFrame(texts, schema=CHUNKS, orient="row").write_parquet(chunks)
    pairs = np.linspace(-1, 1, 1001, dtype=np.float32)
    vectors = np.column_stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    companies = pl.DataFrame({"customer_id": [row[0] for row in ROWS], "vector": vectors})
    made = stock_of(facts, companies, pl.DataFrame(phrases, schema=KEYWORDS, orient="row"), chunks)
    stock = replace(made, usual=Aspects(pairs, np.full(1001, 0.5, np.float32), np.full(1001, 0.5, np.float32)))
    return Project(stock, Reader(Folder(tmp_path, Config())))


def _ids(project: Project, question: Question) -> list[str]:
    return project.ask(question).frame["customer_id"].to_list()


def test_the_most_alike_come_first_without_the_example(project: Project) -> None:
    """Lookalikes of one company are ranked by the cosine, and the band follows the pairs of the stock."""
    found = project.lookalike("a", k=4)
    assert found.frame["customer_id"].to_list() == ["b", "c", "d", "e"]
    assert found.frame["rank"].to_list() == [1, 2, 3, 4]
    assert found.frame["score"][0] == pytest.approx(np.cos(np.radians(10)), abs=1e-5)
    assert found.frame["band"].to_list() == ["similar", "somewhat", "somewhat", "hardly"]
    assert project.lookalike("a").frame["customer_id"].to_list()[-1] == "f"


def test_counter_examples_push_their_like_away(project: Project) -> None:
    """With a counter-example its like score lower, others score higher, and it is not found itself."""
    plain, pushed = project.lookalike("c"), project.lookalike("c", without=["b"])
    before, after = (dict(found.frame.select("customer_id", "score").iter_rows()) for found in (plain, pushed))
    assert "b" not in after
    assert after["a"] < before["a"]
    assert after["e"] > before["e"]


ASKED = {
    "active": (Question(ids=("a",), only="active"), ["c", "e", "f"]),
    "inactive": (Question(ids=("a",), only="inactive"), ["b"]),
    "prospects": (Question(ids=("a",), only="prospects"), ["d"]),
    "group": (Question(ids=("a",), exclude_group=True), ["b", "d", "e", "f"]),
    "where": (Question(ids=("a",), where="plz2 = '80' and headcount > 92"), ["e", "f"]),
    "score": (Question(ids=("a",), min_score=0.9), ["b", "c"]),
    "size": (Question(ids=("a",), weights=Weights(0, 0, 1)), ["f", "e", "c", "d", "b"]),
    "industry": (Question(ids=("a",), weights=Weights(0.01, 1, 0)), ["b", "e", "f", "d", "c"]),
}


@pytest.mark.parametrize(("question", "ids"), ASKED.values(), ids=ASKED)
def test_filters_and_weights(project: Project, question: Question, ids: list[str]) -> None:
    """Each filter keeps what it says, and each weight ranks by its aspect, what is not known counting as usual."""
    assert _ids(project, question) == ids


EMPTIED = {
    "--only prospects": Question(ids=("d",), only="prospects", where="plz2 = '35'"),
    "--where \"plz2 = '99' and headcount > 1\" leaves none": Question(
        ids=("a",), where="plz2 = '99' and headcount > 1"
    ),
    "plz2 = '99': 0; headcount > 1: 5": Question(ids=("a",), where="plz2 = '99' and headcount > 1"),
    "--min-score 0.99 leaves none": Question(ids=("a",), min_score=0.99),
    "The best score is 0.98": Question(ids=("a",), min_score=0.99),
}


@pytest.mark.parametrize(("said", "question"), EMPTIED.items())
def test_an_empty_result_names_the_filter_that_emptied_it(project: Project, said: str, question: Question) -> None:
    """The first filter that leaves nothing is named, with what its parts would leave or the best score there is."""
    found = project.ask(question)
    assert not len(found)
    assert said in found.emptied_by


def test_why_quotes_what_both_share_and_says_what_differs(project: Project) -> None:
    """A hit tells the phrase that both use with both pages, its own phrase, and facts that are far apart."""
    why = project.lookalike("a").why("b")
    assert why.shared == ({"phrase": "CNC-Fräsen", "url": "http://b.test/", "example_url": "http://a.test/"},)
    assert [phrase["phrase"] for phrase in why.own] == ["Lack"]
    assert why.differs_en == "10 employees instead of 100"
    assert "both: CNC-Fräsen (http://b.test/)" in str(why)
    assert project.lookalike("a").why("c").differs_de == "Branche Bau"


def test_asking_why_of_a_company_that_was_not_found(project: Project) -> None:
    """A company that is no hit is named in the error."""
    with pytest.raises(UnknownIdError, match="nobody"):
        project.lookalike("a").why("nobody")


WRONG = (
    {},
    {"ids": ("a",), "text": "Fräsen"},
    {"ids": ("a",), "without": ("a",)},
    {"ids": ("a",), "k": 0},
    {"text": "Fräsen", "weights": Weights(1, 1, 0)},
)


@pytest.mark.parametrize("options", WRONG)
def test_questions_that_contradict_themselves_are_refused(options: dict[str, object]) -> None:
    """No example, two kinds of example, or an aspect that the example does not have is refused when it is asked."""
    with pytest.raises(QuestionError):
        Question(**options)  # type: ignore[arg-type]  # the cases are mixed on purpose


@pytest.mark.parametrize("weights", [(0, 0, 0), (-1, 1, 0), (float("nan"), 1, 0)])
def test_weights_that_cannot_be_weighed_are_refused(weights: tuple[float, float, float]) -> None:
    """Weights that are all zero, negative or no numbers are refused."""
    with pytest.raises(QuestionError):
        Weights(*weights)


def test_unknown_ids_and_columns_are_named(project: Project) -> None:
    """An unknown example, counter-example or column stops the search with its name."""
    with pytest.raises(UnknownCompanyError, match="nobody"):
        project.lookalike("a", without=["nobody"])
    with pytest.raises(FilterError, match="umsatz"):
        project.lookalike("a", where="umsatz > 3")


def test_a_customer_without_text_is_told_from_an_unknown_one(project: Project) -> None:
    """Whoever has no text is named as such, as example and as counter-example, and no other id is suggested."""
    quiet = Project(replace(project.stock, silent=pl.Series(["mute"])), project.reader)
    for arguments in ({"ids": ("mute",)}, {"ids": ("a",), "without": ("mute",)}):
        with pytest.raises(UnknownCompanyError, match="Of customer `mute` no text is known") as caught:
            quiet.ask(Question(**arguments))
        assert "Did you mean" not in str(caught.value)


def test_an_address_that_is_no_website_is_refused_before_any_request(project: Project) -> None:
    """--url takes public web addresses only."""
    for url in ("http://127.0.0.1/", "file:///etc/passwd", "nonsense"):
        with pytest.raises(QuestionError, match="public web address"):
            project.lookalike(url=url)


@pytest.mark.parametrize(
    ("text", "phrase", "found"),
    [
        ("wir fräsen", "fräsen", True),
        ("wir cnc-fräsen.", "fräsen", True),
        ("fräsenden", "fräsen", False),
        ("", "a", False),
    ],
)
def test_phrases_are_found_as_whole_words(text: str, phrase: str, *, found: bool) -> None:
    """A phrase within a longer word is not shared."""
    assert holds(text, phrase) is found


def test_another_form_of_a_word_sets_nobody_apart() -> None:
    """What the example says with another ending is neither shared nor only the other's; longer words are others."""
    example = Example((Passage(None, "kernbohrungen, drehteile und lacke"),), frozenset(), None)
    phrases = [(phrase, None) for phrase in ("Kernbohren", "Drehteile", "Lackiererei")]
    shared, own = compared(phrases, example)
    assert [phrase["phrase"] for phrase in shared] == ["Drehteile"]
    assert [phrase["phrase"] for phrase in own] == ["Lackiererei"]


def test_sheets_run_no_formula_and_speak_the_language(project: Project, tmp_path: Path) -> None:
    """In CSV a formula is quoted and classes are translated; in XLSX all text is text."""
    sheet = readable(project.lookalike("a").frame, SHEET, "de")
    rows = list(csv.reader(io.StringIO(csv_text(sheet, "de")), delimiter=";"))
    assert rows[1][:5] == ["1", "b", "'=Firma b", "0,985", "inaktiv"]
    assert "CNC-Fräsen (http://b.test/)" in rows[1][5]
    write_xlsx(sheet, tmp_path / "out" / "list.xlsx", "Test")
    with zipfile.ZipFile(tmp_path / "out" / "list.xlsx") as book:
        content = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in content
