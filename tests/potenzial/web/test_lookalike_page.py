from urllib.parse import parse_qsl, urlsplit

import numpy as np
import polars as pl
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from embeddings.lookalike import PULL, aim
from potenzial.project import Project
from potenzial.web.companions import Search
from potenzial.web.errors import BadRequestError
from potenzial.web.likeness import Likeness
from potenzial.web.narrowing import counts, masks
from potenzial.web.pages.lookalikes import by_page
from potenzial.web.profile import Profile
from potenzial.web.stock import load
from scoring.schema import POTENTIAL_CLASSES, REVENUE_CLASSES

_WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20).map(str.strip).filter(bool)
_IDS = st.lists(_WORDS, max_size=4, unique=True).map(tuple)
_HEADS = st.none() | st.integers(0, 10**6).map(float)
_PROFILES = st.builds(
    Profile,
    like=_IDS, up=_IDS, down=_IDS, plz2=_IDS, section=_IDS,
    text=st.just("") | _WORDS, url=st.just("") | _WORDS, owner=st.just("") | _WORDS, b=st.just("") | _WORDS,
    now=st.sets(st.sampled_from(REVENUE_CLASSES)).map(tuple),
    potential=st.sets(st.sampled_from(POTENTIAL_CLASSES)).map(tuple),
    only=st.sampled_from(["", "active", "inactive", "prospects"]),
    staff_from=_HEADS, staff_to=_HEADS,
    text_weight=st.floats(0, 100), industry_weight=st.floats(0, 100), size_weight=st.floats(0, 100),
    k=st.integers(1, 200),
)  # fmt: skip


@given(_PROFILES)
def test_a_question_comes_back_from_its_address(profile: Profile) -> None:
    """Every question written into an address is read as the same question."""
    query = urlsplit(profile.url_of("/lookalikes")).query
    assert Profile.parse(parse_qsl(query, keep_blank_values=True)) == profile


@given(_PROFILES, _WORDS, st.sampled_from(["up", "down"]))
def test_a_vote_twice_is_no_vote(profile: Profile, customer: str, vote: str) -> None:
    """The same vote once more takes it back, and nobody is approved and refused at once."""
    once = profile.voted(customer, vote) if customer not in (*profile.up, *profile.down) else profile.without(customer)
    assert not {customer} & set(once.up) & set(once.down)
    if customer not in (*profile.up, *profile.down):
        assert once.voted(customer, vote) == profile


@pytest.mark.parametrize(
    "query",
    [
        "k=0",
        "k=999",
        "k=x",
        "k=nan",
        "k=-inf",
        "only=x",
        "potential=Z",
        "text_weight=-1",
        "staff_from=nan",
        "text=" + "x" * 5000,
    ],
)
def test_what_cannot_be_asked_is_refused(page: TestClient, query: str) -> None:
    """A value out of range is refused with its name, not with a failure."""
    with pytest.raises(BadRequestError):
        Profile.parse(parse_qsl(query))
    assert page.get(f"/lookalikes?{query}").status_code == 422


def test_approved_answers_pull_as_documented() -> None:
    """The direction is the mean of the question plus PULL times the approved, less half of the refused (Rocchio)."""
    one, two, three = np.eye(3, dtype=np.float32)
    found = aim(one[None], three[None], two[None])
    wanted = np.array([1, PULL, -0.5])
    assert np.allclose(found, wanted / np.linalg.norm(wanted))


def test_counts_are_what_the_filters_leave(stock: Project) -> None:
    """The count beside each value is the number of companies left once that value is chosen."""
    own = Search(stock, Likeness(stock)).own(load(stock))
    base = Profile(only="active", potential=("A", "B"))
    found = counts(base, own, None)
    assert found.left == np.logical_and.reduce(list(masks(base, own).values())).sum()
    for plz, count in found.values["plz2"].items():
        chosen = Profile(only="active", potential=("A", "B"), plz2=(plz,))
        assert counts(chosen, own, None).left == count > 0
    for kind, count in found.values["only"].items():
        assert counts(Profile(only=kind, potential=("A", "B")), own, None).left == count


def test_hits_answer_the_filters_and_votes(page: TestClient, stock: Project) -> None:
    """Companies found meet the filters, voted ones are not found again, and votes change the order."""
    rated = pl.read_parquet(stock.out / "potential.parquet").select("customer_id", "class_potential")
    a = rated.filter(pl.col("class_potential") == "A")["customer_id"].to_list()
    plain = _found(page, "like=K-0012&k=50")
    assert set(_found(page, "like=K-0012&potential=A&k=200")) <= set(a)
    voted = _found(page, f"like=K-0012&k=50&up={plain[3]}&down={plain[0]}")
    assert not {plain[0], plain[3], "K-0012"} & set(voted)
    assert voted != [one for one in plain if one not in {plain[0], plain[3]}]


def _found(page: TestClient, query: str) -> list[str]:
    text = page.get(f"/lookalikes?{query}").text
    return [part.partition('"')[0] for part in text.split('name="customer" value="')[1:]]


def test_the_page_of_a_customer_leads_to_those_like_it(page: TestClient) -> None:
    """The link below the peers of a customer asks for companies like this one."""
    link = page.get("/customers/K-0012").text.partition('href="/lookalikes?')[2].partition('"')[0]
    assert page.get(f"/lookalikes?{link}").text.count('class="card hit"') == 20


def test_phrases_of_one_page_stand_together(page: TestClient) -> None:
    """A website that shares several phrases is linked once, and quotes are those of the reader's language."""
    shared = [{"phrase": phrase, "url": url} for phrase, url in (("a", "x.de"), ("b", None), ("c", "x.de"))]
    assert by_page(shared) == [("x.de", ["a", "c"]), ("", ["b"])]
    assert "„" not in page.get("/lookalikes?like=K-0012").text


@pytest.mark.parametrize(("typed", "wanted"), [("K-0012", "K-0012"), ("ma 012 tec", "K-0012"), ("FIRMA 012", "K-0012")])
def test_a_few_letters_name_a_customer(page: TestClient, typed: str, wanted: str) -> None:
    """Ids and parts of names find a customer, in any case, the likeliest first."""
    assert page.get("/lookalikes/suggest", params={"q": typed}).json()[0]["id"] == wanted


@pytest.mark.parametrize("typed", ["köln", "koeln", "KOLN", "Köln"])
def test_umlauts_are_typed_as_one_likes(page: TestClient, typed: str) -> None:
    """Köln, Koeln and koln mean the same town."""
    towns = {one["city"] for one in page.get("/lookalikes/suggest", params={"q": typed}).json()}
    assert towns == {"Köln"}


def test_a_typed_name_becomes_an_example(page: TestClient) -> None:
    """What means one customer is taken, what means several is asked back, what means none is told."""
    assert page.get("/lookalikes?add=firma+099").headers["location"] == "/lookalikes?like=K-0099"
    assert "Who is meant?" in page.get("/lookalikes?add=Firma").text
    assert "There is no" in page.get("/lookalikes?add=Nirgendwo").text


def test_a_text_can_be_asked_and_voted_on(page: TestClient) -> None:
    """A description finds companies too, and votes refine it."""
    plain = _found(page, "text=Heizung+und+Badsanierung&k=10")
    voted = _found(page, f"text=Heizung+und+Badsanierung&k=10&up={plain[2]}")
    assert len(plain) == 10
    assert plain[2] not in voted


def test_a_territory_finds_its_own_customers_only(rep: TestClient, stock: Project) -> None:
    """A rep finds, counts, names and suggests the own customers alone; others do not exist for it."""
    rated = pl.read_parquet(stock.out / "potential.parquet").select("customer_id", "owner")
    mine = rated.filter(pl.col("owner") == "Meyer")["customer_id"].to_list()
    found = _found(rep, f"like={mine[5]}&k=200")
    assert found
    assert set(found) <= set(mine)
    foreign = rated.filter(pl.col("owner") != "Meyer")["customer_id"].to_list()
    for name in ("like", "up", "down"):
        assert rep.get(f"/lookalikes?like={mine[5]}&{name}={foreign[5]}").status_code == 404
    assert rep.get("/lookalikes/suggest", params={"q": foreign[5]}).json() == []
    assert rep.get("/lookalikes/counts").json()["left"] <= len(mine)


def test_an_unknown_configuration_is_not_found(page: TestClient) -> None:
    """A second configuration that was never compared is no page."""
    assert page.get("/lookalikes?like=K-0012&b=nirgends").status_code == 404


def test_another_page_makes_nobody_visit_a_website(page: TestClient) -> None:
    """A link from elsewhere cannot make the server visit an address."""
    headers = {"sec-fetch-site": "cross-site"}
    assert page.get("/lookalikes?url=https://firma.example/", headers=headers).status_code == 403
