import re
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from potenzial.config import Config, parse
from potenzial.errors import ConfigError
from potenzial.lab.changes import class_changes
from potenzial.lab.comparison import Comparison, Entry, Terms, entries
from potenzial.lab.controls import SHUFFLED, frequency_vectors, shuffled
from potenzial.lab.measures import jaccard
from potenzial.lab.page import render
from potenzial.lab.race import Contestant, Cost, Place, judge, known_of
from potenzial.lab.resample import Auc, Lift, Mean, draws
from potenzial.lab.space import EMBEDDING, POTENTIAL, winner_toml
from potenzial.lab.trial import Bench, Likeness, Trial, bench, by_mean, run_trial
from potenzial.lab.tuning import split
from potenzial.lab.wording import Wording
from scoring.classes import Thresholds
from scoring.config import PotentialConfig
from scoring.schema import CUSTOMERS

CUSTOMER_COUNT = 120
SETTINGS = PotentialConfig(folds=2, neighbours=10)


def _customers() -> pl.DataFrame:
    """Two industries; the one of the even numbers buys ten times as much."""
    random = np.random.default_rng(1)
    numbers = range(CUSTOMER_COUNT)
    revenue = [10.0 ** (3 + (n % 2 == 0) + random.normal(0, 0.2)) if n % 6 else None for n in numbers]
    columns = {
        "customer_id": [f"K{n:03}" for n in numbers],
        "name": [f"Firma {n} <b>" for n in numbers],
        "industry": ["25.62" if n % 2 == 0 else "43.21" for n in numbers],
        "revenue": revenue,
        "revenue_best": revenue,
        "last_purchase": [date(2026, 1, 1)] * CUSTOMER_COUNT,
    }
    empty = {name: [None] * CUSTOMER_COUNT for name in CUSTOMERS if name not in columns}
    return pl.DataFrame({**columns, **empty}, schema_overrides=CUSTOMERS).match_to_schema(CUSTOMERS)


def _companies(strength: float) -> Likeness:
    """Vectors that tell the two industries apart the better the stronger."""
    random = np.random.default_rng(2)
    vectors = random.normal(size=(CUSTOMER_COUNT, 8))
    vectors[:, 0] += np.where(np.arange(CUSTOMER_COUNT) % 2 == 0, strength, -strength)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    columns = {"customer_id": [f"K{n:03}" for n in range(CUSTOMER_COUNT)], "vector": vectors, "chunks": 1}
    return Likeness(pl.DataFrame(columns).cast({"vector": pl.Array(pl.Float32, 8), "chunks": pl.Int32}))


@pytest.fixture(scope="module")
def shared() -> Bench:
    """What all contestants of these tests share."""
    return bench(_customers(), SETTINGS, 2)


@pytest.fixture(scope="module")
def trials(shared: Bench) -> tuple[Trial, Trial]:
    """A contestant that reads the industry from the texts, and the same with shuffled texts."""
    good = _companies(4.0)
    told = run_trial("good", good, SETTINGS, shared, lambda: None)
    return told, run_trial(SHUFFLED, Likeness(shuffled(good.companies, 7)), SETTINGS, shared, lambda: None)


@pytest.fixture(scope="module")
def places(shared: Bench, trials: tuple[Trial, Trial]) -> tuple[Place, ...]:
    """The leaderboard of the two, by precision."""
    cost = Cost(12.5, None, 0.1)
    entered = [
        Contestant(trial, control=trial.name == SHUFFLED, chunks=9, companies=120, cost=cost) for trial in trials
    ]
    return judge(entered, known_of(shared, 0.1), "precision", 1)


@pytest.mark.parametrize("measure", ["precision", "recovery"])
def test_shuffled_texts_are_told_to_be_worse(places: tuple[Place, ...], measure: str) -> None:
    """Where texts tell the industry, shuffling them is a worse configuration by more than chance."""
    assert [place.name for place in places] == ["good", SHUFFLED]
    worse = places[1].figures[measure]
    assert (worse.verdict, worse.difference.high < 0) == ("worse", True)


def test_the_reference_differs_from_itself_by_nothing(places: tuple[Place, ...]) -> None:
    """The paired interval of the reference is exactly zero, and its overlap with itself is whole."""
    figures = places[0].figures
    assert {figure.verdict for figure in figures.values()} == {"reference"}
    assert {(f.difference.value, f.difference.low, f.difference.high) for f in figures.values()} == {(0.0, 0.0, 0.0)}
    assert figures["overlap"].own.value == 1.0


def test_a_trial_is_the_same_when_run_again(shared: Bench, trials: tuple[Trial, Trial]) -> None:
    """Nothing of a trial hangs on chance that is not seeded."""
    again = run_trial("good", _companies(4.0), SETTINGS, shared, lambda: None)
    assert np.array_equal(again.quantiles, trials[0].quantiles)
    assert again.rated.equals(trials[0].rated)


def test_own_revenue_does_not_reach_own_potential(trials: tuple[Trial, Trial]) -> None:
    """A customer whose revenue is multiplied keeps its potential out of fold when all other revenue stays."""
    customers = _customers().with_columns(
        revenue=pl.when(pl.col("customer_id") == "K002").then(pl.col("revenue") * 1.05).otherwise("revenue")
    )
    changed = run_trial("good", _companies(4.0), SETTINGS, bench(customers, SETTINGS, 1), lambda: None)
    assert changed.quantiles[0, 2] == trials[0].quantiles[0, 2]


def _limits(trial: Trial) -> Thresholds:
    """Thresholds in the middle of the potentials, where small differences change classes."""
    potential = trial.rated["potential"]
    return Thresholds(float(potential.quantile(0.6) or 0.0), float(potential.quantile(0.3) or 0.0))


def test_changes_name_class_and_reason(trials: tuple[Trial, Trial]) -> None:
    """Customers that change their class are listed with both classes, and every customer is counted once."""
    found, words = class_changes(*trials, _customers(), _limits(trials[0])), Wording.of("en")
    assert sum(found.matrix.values()) == CUSTOMER_COUNT
    assert len(found.changed) == sum(n for (a, b), n in found.matrix.items() if a != b) > 0
    assert all(words.reasons(change) and change.classes[0] != change.classes[1] for change in found.changed)
    assert not class_changes(trials[0], trials[0], _customers(), _limits(trials[0])).changed


def test_the_page_escapes_names_and_runs_nothing(trials: tuple[Trial, Trial], places: tuple[Place, ...]) -> None:
    """Names from the address stock stand in the page as text, and the page holds no script and loads nothing."""
    limits = _limits(trials[0])
    changes = (class_changes(*trials, _customers(), limits),)
    terms = Terms(2, 0.1, "precision")
    page = render(Comparison(places, changes, "good", 120, 100, 9, (), terms, SETTINGS, limits), Config().report)
    assert "&lt;b&gt;" in page
    assert not re.search(r"Firma \d+ <b>", page)
    assert "<script" not in page
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "")


def test_both_languages_have_the_same_sentences_with_the_same_gaps() -> None:
    """No word of the page is missing in one of the languages, and no sentence loses a number."""
    german, english = (Wording.of(language).texts.sentences for language in ("de", "en"))
    assert german.keys() == english.keys()
    for key, text in english.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", german[key])), key


def test_neighbours_of_a_contestant_come_from_its_own_search(shared: Bench, trials: tuple[Trial, Trial]) -> None:
    """A contestant that orders neighbours in its own way is judged by that order; its potential stays the vectors'."""
    good = _companies(4.0)

    def reversed_search(companies: pl.DataFrame, k: int) -> pl.DataFrame:
        far = pl.len().over("customer_id") + 1 - pl.col("rank")
        return by_mean(companies, CUSTOMER_COUNT - 1).with_columns(rank=far.cast(pl.Int32)).filter(pl.col("rank") <= k)

    other = run_trial("far", Likeness(good.companies, reversed_search), SETTINGS, shared, lambda: None)
    assert np.nanmean(other.precision) < 0.2
    assert np.nanmean(trials[0].precision) > 0.8
    assert np.array_equal(other.quantiles, trials[0].quantiles)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_auc_counts_pairs(rows: list[tuple[int, bool]]) -> None:
    """The area is the share of pairs in the right order, ties counting half; integer weights repeat customers."""
    scores, wanted = np.array([s for s, _ in rows], float), np.array([w for _, w in rows])
    pairs = [(a > b) + 0.5 * (a == b) for a in scores[wanted] for b in scores[~wanted]]
    found = Auc(scores, wanted).at(np.ones(len(rows)))
    assert found == pytest.approx(np.mean(pairs)) if pairs else np.isnan(found)
    repeated = Auc(np.repeat(scores, 2), np.repeat(wanted, 2)).at(np.ones(2 * len(rows)))
    assert repeated == pytest.approx(Auc(scores, wanted).at(np.full(len(rows), 2.0)), nan_ok=True)


def test_lift_shares_the_border_among_equals() -> None:
    """Equal scores at the border count in equal parts, so the order of rows does not matter."""
    worth = np.array([8.0, 1.0, 1.0, 0.0])
    assert Lift(np.array([3.0, 2.0, 1.0, 0.0]), worth, 0.25).at(np.ones(4)) == pytest.approx(3.2)
    assert Lift(np.ones(4), worth, 0.25).at(np.ones(4)) == pytest.approx(1.0)


def test_means_leave_out_what_is_not_known() -> None:
    """A customer without a value does not pull the mean towards zero."""
    assert Mean(np.array([1.0, np.nan, 3.0])).at(np.array([1.0, 5.0, 1.0])) == 2.0
    assert np.isnan(Mean(np.array([np.nan])).at(np.ones(1)))


def test_customers_of_one_company_are_drawn_together() -> None:
    """A bootstrap sample holds all customers of a company equally often."""
    for weights in draws(np.array([5, 9, 5, 7]), 20, 3):
        assert weights[0] == weights[2]


def test_overlap_of_neighbours() -> None:
    """The overlap is the common share of both sets; without any neighbours there is none to tell."""
    ours, theirs = np.array([[1, 2], [1, -1], [-1, -1]]), np.array([[2, 3], [1, -1], [-1, -1]])
    assert jaccard(ours, theirs) == pytest.approx([1 / 3, 1.0, np.nan], nan_ok=True)


def test_word_statistics_find_like_texts() -> None:
    """The control without a language model puts companies with common words beside each other."""
    texts = ["Drehen und Fräsen von Edelstahl", "Fräsen und Drehen aus Edelstahl", "Brot und Kuchen vom Bäcker"]
    chunks = pl.DataFrame({"customer_id": ["a", "b", "c"], "chunk": ["1", "2", "3"], "text": texts})
    vectors = frequency_vectors(chunks, 1)["vector"].to_numpy()
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.5


def test_the_test_of_a_winner_sees_other_customers_than_the_search() -> None:
    """Customers kept back are half as many as those searched on and none of them; a larger sample holds a smaller."""
    customers = _customers()
    searched, kept = split(customers, 40)
    assert (searched.height, kept.height) == (40, 20)
    assert not set(searched["customer_id"]) & set(kept["customer_id"])
    assert set(searched["customer_id"]) <= set(split(customers, 0)[0]["customer_id"])


def test_every_varied_key_takes_every_choice() -> None:
    """Each value that the search may try is one that the configuration accepts, and is read back as written."""
    for table, space in (("embedding", EMBEDDING), ("potential", POTENTIAL)):
        for key, choices in space.items():
            for choice in choices:
                text = f"[{table}]\n{key} = {choice!r}\n".replace("'", '"')
                config = parse(text, "test")
                assert parse(winner_toml(config, ["found"]), "winner") == config


def test_a_winner_keeps_weights_of_pages() -> None:
    """A table within a table is written so that it is read back the same."""
    config = parse("[embedding.page_weights]\nabout = 1.5\nhome = 0.0\n", "test")
    assert parse(winner_toml(config, []), "winner") == config


def test_patterns_give_each_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that two patterns name take part once; one file alone is compared with the project's configuration."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text("[potential]\nneighbours = 10\n", "utf-8")
    own = Entry("own", Config())
    assert [entry.name for entry in entries(["*.toml", "a.toml"], own)] == ["a", "b"]
    assert [entry.name for entry in entries(["b.toml"], own)] == ["own", "b"]
    with pytest.raises(ConfigError, match=r"c\*\.toml"):
        entries(["c*.toml"], own)
