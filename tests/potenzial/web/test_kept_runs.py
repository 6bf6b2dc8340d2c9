from collections.abc import Callable

import msgspec
import polars as pl
import pytest
from fastapi.testclient import TestClient

from potenzial.project import Project
from potenzial.runs import store
from potenzial.runs.keep import current_customers, keep
from potenzial.web.access import Access

Browser = Callable[..., TestClient]
MEYER = "meyers-own-token-000002"


@pytest.fixture
def twice(copied: Project) -> Project:
    """The finished project with its run and an older one, named in a hostile way, in which everybody bought half."""
    now = keep(copied)
    older = msgspec.structs.replace(
        now, run="20200101-120000", name="<b>Alt", finished_at="2020-01-01T12:00:00+00:00", made_from="older",
        a=None if now.a is None else now.a / 2,
    )  # fmt: skip
    store.save(copied.folder, older, current_customers(copied).with_columns(pl.col("revenue") / 2))
    return copied


@pytest.fixture
def rep_of(browser: Browser, twice: Project, tokens: Access) -> TestClient:
    """A browser with the token of Meyer, whose customers alone it sees."""
    client = browser(twice, tokens)
    client.headers["authorization"] = f"Bearer {MEYER}"
    return client


def test_a_customer_page_tells_what_former_runs_said(browser: Browser, twice: Project) -> None:
    """The page and the interface show classes and amounts of each run, newest first, with its name escaped."""
    page = browser(twice)
    text = page.get("/customers/K-0004").text
    assert "&lt;b&gt;Alt (1 Jan 2020)" in text
    assert "<b>Alt" not in text
    past = page.get("/api/v1/customers/K-0004/history").json()
    assert [one["name"] for one in past] == ["", "<b>Alt"]
    assert past[0]["revenue"] == pytest.approx(2 * past[1]["revenue"])


def test_the_runs_page_says_what_changed_between_two_runs(browser: Browser, twice: Project) -> None:
    """The page shows kept runs with their sums, and the bridge and the borders of the two that are chosen."""
    page = browser(twice)
    text = page.get("/runs").text
    for said in ("Runs that are kept", "Since the run &lt;b&gt;Alt", "own data", "The thresholds went from A at"):
        assert said in text
    assert "there is no such run" in page.get("/runs?before=nobody").text
    german = page.get("/runs?lang=de&before=latest&after=previous").text
    assert "Seit dem Lauf" in german


def test_the_interface_tells_the_difference_as_the_command_does(browser: Browser, twice: Project) -> None:
    """Steps of the bridge lead from one sum to the other; a run that is not there is not found."""
    page = browser(twice)
    found = page.get("/api/v1/runs/difference").json()
    steps = {step["step"]: step["revenue"] for step in found["bridge"]}
    start, end = steps.pop("before"), steps.pop("after")
    assert (start + sum(steps.values()), end) == (pytest.approx(end), pytest.approx(2 * start))
    assert page.get("/api/v1/runs/difference?before=nobody").status_code == 404


def test_a_territory_sees_its_customers_past_and_no_sum_of_all(rep_of: TestClient) -> None:
    """A reader with a territory is told runs without sums, no difference of all, and no past of others' customers."""
    runs = rep_of.get("/api/v1/runs").json()
    assert [run["potential"] for run in runs] == [None, None]
    assert rep_of.get("/api/v1/runs/difference").status_code == 404
    assert "Runs that are kept" not in rep_of.get("/runs").text
    everybody = [f"K-{number:04d}" for number in range(20)]
    answers = {name: rep_of.get(f"/api/v1/customers/{name}/history").status_code for name in everybody}
    seen = {name: rep_of.get(f"/api/v1/customers/{name}").status_code for name in everybody}
    assert answers == seen
    assert set(seen.values()) == {200, 404}
