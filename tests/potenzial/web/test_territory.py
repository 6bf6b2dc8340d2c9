import json

import polars as pl
import pytest
from fastapi.testclient import TestClient

from potenzial.project import Project


@pytest.fixture
def rated(stock: Project) -> pl.DataFrame:
    """All rated customers."""
    return pl.read_parquet(stock.out / "potential.parquet")


def _foreign(rated: pl.DataFrame) -> pl.DataFrame:
    return rated.filter(pl.col("owner") != "Meyer")


def _names(frame: pl.DataFrame) -> list[str]:
    return [name for name in frame["name"] if name.startswith("Firma")]


@pytest.mark.parametrize(
    "path",
    ["/", "/customers?size=200", "/customers?owner=%C3%96zt%C3%BCrk", "/customers?q=firma",
     "/customers?where=owner%20%3D%20%27%C3%96zt%C3%BCrk%27", "/export/customers.csv", "/api/v1/customers?size=200"],
)  # fmt: skip
def test_a_reader_with_a_territory_sees_no_foreign_customer(
    rep: TestClient, leader: TestClient, rated: pl.DataFrame, path: str
) -> None:
    """Lists, figures, exports and the interface hold none of another owner's customers, whatever is asked."""
    assert rep.get(path).status_code == 200
    text = rep.get(path).text
    assert [name for name in _names(_foreign(rated)) if name in text] == []
    assert [one for one in _foreign(rated)["customer_id"] if one in text] == []
    assert leader.get(path).status_code == 200


def test_the_leader_sees_both_territories(leader: TestClient, rated: pl.DataFrame) -> None:
    """A token without an owner sees all customers."""
    assert leader.get("/api/v1/customers").json()["count"] == rated.height


def test_counts_are_those_of_the_territory(rep: TestClient, rated: pl.DataFrame) -> None:
    """Overview and lists count the reader's own customers alone."""
    own = rated.filter(pl.col("owner") == "Meyer")
    assert rep.get("/api/v1/customers").json()["count"] == own.height
    assert f"of {own.height} addresses" in rep.get("/").text


def test_foreign_and_unknown_customers_cannot_be_told_apart(rep: TestClient, rated: pl.DataFrame) -> None:
    """Pages and interface answer the same, byte for byte, for a foreign id and for one that does not exist."""
    foreign = _foreign(rated)["customer_id"][0]
    for pattern in ("/customers/{}", "/api/v1/customers/{}", "/api/v1/customers/{}/explanation"):
        theirs, none = rep.get(pattern.format(foreign)), rep.get(pattern.format("K-9999"))
        assert theirs.status_code == none.status_code == 404
        assert theirs.text.replace(foreign, "") == none.text.replace("K-9999", "")
    for one in (foreign, "K-9999"):
        answer = rep.post(f"/api/v1/customers/{one}/feedback", json={"verdict": "fits"})
        assert answer.status_code == 404


def test_of_foreign_peers_only_the_class_is_told(rep: TestClient, rated: pl.DataFrame) -> None:
    """Peers, reasons and shared phrases name no customer of another owner, but foreign peers are counted."""
    foreign, own = _foreign(rated), rated.filter(pl.col("owner") == "Meyer")
    hidden = 0
    for one in own.filter(pl.col("peers").list.len() > 0)["customer_id"].head(20):
        found = rep.get(f"/api/v1/customers/{one}/explanation")
        page = rep.get(f"/customers/{one}").text
        for text in (json.dumps(found.json(), ensure_ascii=False), page):
            assert [name for name in _names(foreign) if name in text] == []
            assert [other for other in foreign["customer_id"] if other in text] == []
        hidden += sum(peer["name"] is None for peer in found.json()["peers"])
    assert hidden > 0


def test_exports_of_a_territory_mask_foreign_peers(rep: TestClient, leader: TestClient) -> None:
    """Reasons that named foreign peers say so instead, and the leader's export names them."""
    assert "(other territory)" in rep.get("/export/customers.csv").text
    assert "(other territory)" not in leader.get("/export/customers.csv").text


def test_sizes_of_the_whole_stock_stay_with_the_leader(rep: TestClient, leader: TestClient) -> None:
    """A reader with a territory is not told how many customers the others have."""
    told = [one["rows"] for one in rep.get("/api/v1/runs/current").json()["stages"]]
    assert not any(told)
    assert any(one["rows"] for one in leader.get("/api/v1/runs/current").json()["stages"])
