import os

import msgspec
import polars as pl
import pytest
from fastapi.testclient import TestClient

from potenzial.activity import NAME, Activity
from potenzial.borders import classed
from potenzial.lab.measures import MEASURES
from potenzial.project import Project
from potenzial.web.access import Access
from scoring.classes import Thresholds

from .conftest import MEYER, Browser

_LINE = {"place": 1, "control": False, "value": 0.1234, "low": 0.1111, "high": 0.1333, "verdict": "better"}


def _frame() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "revenue": [100.0, 20.0, None, 5.0, 60.0],
            "potential": [150.0, 120.0, 55.0, None, 30.0],
            "headroom": [50.0, 100.0, 55.0, None, 0.0],
            "headroom_expected": [20.0, 40.0, 10.0, None, 1.0],
        }
    )


def test_borders_class_revenue_and_potential_alike() -> None:
    """Customers are counted and summed by class today and class by potential, each with the same borders."""
    found = classed(_frame(), Thresholds(100.0, 50.0))
    assert found.today("A").customers == 1
    assert found.cell("C", "A").headroom_expected == pytest.approx(40)
    assert found.cell("inactive", "B").customers == 1
    assert found.cell("C", "no data basis").customers == 1
    assert (found.above.customers, found.above.headroom_expected) == (2, pytest.approx(50))


def test_higher_borders_leave_fewer_above() -> None:
    """Raising both borders above all amounts leaves everybody in class C."""
    found = classed(_frame(), Thresholds(1e9, 1e8))
    assert found.today("C").customers == 4
    assert found.by_potential("C").customers == 4
    assert found.above.customers == 1


def test_the_form_works_without_script(page: TestClient, stock: Project) -> None:
    """The borders asked for class the customers that are shown, and sums carry quantile and coverage."""
    rated = pl.read_parquet(stock.out / "potential.parquet")
    buying = rated.filter(pl.col("revenue") > 50_000).height
    text = page.get("/whatif?a=50000&b=20000").text
    cell = text.partition('data-today="A">')[2].partition("</td>")[0]
    assert cell.split()[-1] == str(buying)
    assert "Potential is the quantile 0.90" in text


@pytest.mark.parametrize("query", ["a=1&b=2", "a=-5", "a=nan", "b=inf", "a=x"])
def test_impossible_borders_are_refused(page: TestClient, query: str) -> None:
    """Borders that are no amounts, or the wrong way round, are refused."""
    assert page.get(f"/whatif?{query}").status_code == 422


def test_a_territory_sees_the_figures_of_its_own(rep: TestClient, stock: Project) -> None:
    """The classes of a rep's page add up to the rep's customers."""
    rated = pl.read_parquet(stock.out / "potential.parquet").filter(pl.col("owner") == "Meyer")
    text = rep.get("/whatif?a=1&b=1").text
    cell = text.partition('data-today="A">')[2].partition("</td>")[0]
    assert cell.split()[-1] == str(rated.filter(pl.col("revenue") > 0).height)


def test_the_lab_shows_intervals_and_controls(browser: Browser, copied: Project) -> None:
    """The last comparison is a table of figures with intervals, verdicts and controls; before there is advice."""
    page = browser(copied)
    assert "potenzial compare" in page.get("/lab").text
    _compared(copied)
    text = page.get("/lab").text
    for said in ("0.123", "0.111–0.133", "▲", "my&lt;b&gt;", "TF-IDF"):
        assert said in text
    assert "/lab/page" not in text
    (copied.out / "compare.html").write_text("<p>all</p>", "utf-8")
    assert page.get("/lab/page").headers["content-disposition"].startswith("attachment")


def _compared(project: Project) -> None:
    names = ("my<b>", "control: TF-IDF + SVD")
    lines = [
        {**_LINE, "config": name, "measure": measure, "control": "TF" in name} for name in names for measure in MEASURES
    ]
    costs = [{"config": name, "vectors_mb": 1.5} for name in names]
    content = {
        "finished_at": "2026-11-26T12:00:00Z", "reference": names[0], "ranked_by": "pinball", "customers": 160,
        "active": 100, "leaderboard": lines, "costs": costs, "configs": [],
    }  # fmt: skip
    (project.out / "compare.json").write_bytes(msgspec.json.encode(content))


def test_a_damaged_comparison_is_told(browser: Browser, copied: Project) -> None:
    """A broken file of the comparison is no traceback."""
    (copied.out / "compare.json").write_text("{", "utf-8")
    assert browser(copied).get("/lab").status_code == 503


def test_the_lab_is_for_who_sees_all(browser: Browser, copied: Project, tokens: Access) -> None:
    """A territory has neither the lab nor its entry in the navigation, as both tell of all customers."""
    _compared(copied)
    (copied.out / "compare.html").write_text("<p>all</p>", "utf-8")
    page = browser(copied, tokens)
    page.headers["authorization"] = f"Bearer {MEYER}"
    assert page.get("/lab").status_code == page.get("/lab/page").status_code == 404
    assert 'href="/lab"' not in page.get("/map").text


def test_work_of_another_process_is_told(browser: Browser, copied: Project, tokens: Access) -> None:
    """The page and its status tell stage, progress and time left; a territory is told no counts of all."""
    work = Activity(
        command="run", pid=os.getpid(), started=0, updated=110, stage="crawl", unit="sites", stage_started=100,
        done=250, total=1000, stages=("import",),
    )  # fmt: skip
    (copied.folder / "data" / NAME).write_bytes(msgspec.json.encode(work))
    told = browser(copied).get("/runs/status").json()
    assert (told["state"], told["share"], told["stages"]) == ("running", 0.25, ["Import"])
    assert told["detail"] == "Step “Read websites”: 250 of 1,000 websites. About 30.0\N{NO-BREAK SPACE}s left."
    page = browser(copied, tokens)
    page.headers["authorization"] = f"Bearer {MEYER}"
    assert page.get("/runs/status").json()["detail"] == "Step “Read websites”"
    assert "160 customers" in browser(copied).get("/runs").text
    german = browser(copied).get("/runs?lang=de").text
    assert all(word in german for word in ("Potenzial schätzen", "160 Kunden", "„Websites lesen“"))
    assert "160 customers" not in page.get("/runs").text
