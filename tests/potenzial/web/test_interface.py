import json
from typing import Any

import polars as pl
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from potenzial.project import Project
from potenzial.web.app import create_app


def test_the_interface_keeps_its_description(copied: Project) -> None:
    """Generated requests, right and wrong ones, are answered as the OpenAPI description says, never by a crash."""
    app = create_app(copied, hosts=("localhost", "testserver"))
    described = schemathesis.openapi.from_asgi("/api/v1/openapi.json", app)
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) >= 6
    for operation in operations:
        _call(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
        if list(operation.query) or list(operation.body):
            _call(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))


def _call(cases: Any) -> None:  # noqa: ANN401 - its type is private to schemathesis
    @settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=cases)
    def called(case: Any) -> None:  # noqa: ANN401 - as above
        # No schema says what a condition in SQL is, nor that an answer says anything at all.
        unsaid = "where" in (case.query or {}) or case.method == "POST"
        case.call_and_validate(excluded_checks=[positive_data_acceptance] if unsaid else [])

    called()


def test_errors_are_problem_documents(page: TestClient) -> None:
    """Every error of the interface has the form of RFC 9457."""
    for path, status in (("customers/K-9999", 404), ("customers?sort=x", 422), ("customers?page=0", 422), ("x", 404)):
        answer = page.get(f"/api/v1/{path}")
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status


def test_a_program_pages_through_all_customers(page: TestClient, stock: Project) -> None:
    """Pages hold every customer once, in the order that was asked for."""
    found = [
        one for number in (1, 2, 3, 4)
        for one in page.get(f"/api/v1/customers?size=50&sort=revenue&page={number}").json()["customers"]
    ]  # fmt: skip
    rated = pl.read_parquet(stock.out / "potential.parquet")
    assert sorted(one["customer_id"] for one in found) == rated["customer_id"].sort().to_list()
    revenues = [one["revenue"] for one in found]
    known = [value for value in revenues if value is not None]
    assert known == sorted(known, reverse=True)
    assert revenues[len(known) :] == [None] * (len(revenues) - len(known))


def test_a_token_opens_the_interface(browser: Any, stock: Project, tokens: Any) -> None:  # noqa: ANN401 - fixtures
    """A program sends its token as a bearer and sees what the token allows."""
    client: TestClient = browser(stock, tokens)
    answer = client.get("/api/v1/customers", headers={"authorization": "Bearer meyers-own-token-000002"})
    assert answer.json()["count"] == 80


def test_the_explanation_is_that_of_the_command(page: TestClient, stock: Project, potenzial: Any) -> None:  # noqa: ANN401
    """The interface and `potenzial explain --json` tell the same."""
    said = json.loads(potenzial("explain", "K-0012", "--json", cwd=stock.folder).stdout)
    found = page.get("/api/v1/customers/K-0012/explanation").json()
    assert {name: said[name] for name in found} == found


def test_an_answer_of_a_rep_is_stored_as_the_command_does(browser: Any, copied: Project) -> None:  # noqa: ANN401
    """An answer over the interface lies with those of the command, overrides the class, and is told again."""
    client: TestClient = browser(copied)
    given = {"verdict": "too high", "estimate": 1200.5, "comment": '=HYPERLINK("x")'}
    answer = client.post("/api/v1/customers/K-0012/feedback", json=given)
    assert answer.status_code == 201
    assert answer.json() == {"customer_id": "K-0012", "overrides": True}
    [told] = client.get("/api/v1/feedback").json()
    assert (told["verdict"], told["estimate"], told["given_by"]) == ("too high", 1200.5, "local")
    assert "'=HYPERLINK" in (copied.folder / "overrides.csv").read_text("utf-8")
    assert client.post("/api/v1/customers/K-0012/feedback", json={}).status_code == 422


def test_runs_say_what_is_served(page: TestClient) -> None:
    """The interface says which stages are done and when the results were made."""
    found = page.get("/api/v1/runs/current").json()
    assert {one["stage"] for one in found["stages"] if one["done"]} >= {"import", "potential", "lists"}
    assert found["served"].endswith("Z")


def test_lookalikes_are_those_of_the_command(page: TestClient, stock: Project, potenzial: Any) -> None:  # noqa: ANN401
    """The interface finds the companies that `potenzial lookalike --json` finds, in its order."""
    said = json.loads(potenzial("lookalike", "K-0012", "-k", "5", "--json", cwd=stock.folder).stdout)
    found = page.post("/api/v1/lookalike", json={"ids": ["K-0012"], "k": 5}).json()
    assert [one["customer_id"] for one in found] == [one["neighbour_id"] for one in said["lookalikes"]]


@pytest.mark.parametrize("where", ["", "1 = 1", "owner = 'Öztürk' or 1 = 1"])
def test_a_territory_bounds_lookalikes(rep: TestClient, where: str) -> None:
    """Lookalikes of a reader with a territory are its own customers, whatever the condition says."""
    found = rep.post("/api/v1/lookalike", json={"ids": ["K-0008"], "k": 100, "where": where}).json()
    owners = {rep.get(f"/api/v1/customers/{one['customer_id']}").json()["owner"] for one in found}
    assert owners == {"Meyer"}


def test_a_condition_cannot_step_out_of_its_territory(rep: TestClient) -> None:
    """A bracket that closes the territory's own condition is refused; so is a foreign example."""
    escaped = {"ids": ["K-0008"], "where": "1 = 1) or (1 = 1"}
    assert rep.post("/api/v1/lookalike", json=escaped).status_code == 422
    assert rep.post("/api/v1/lookalike", json={"ids": ["K-0012"]}).status_code == 404
    assert rep.post("/api/v1/lookalike", json={"ids": ["K-0008"], "without": ["K-0012"]}).status_code == 404
