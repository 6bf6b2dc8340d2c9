import struct

import numpy as np
import polars as pl
from fastapi.testclient import TestClient

from potenzial import tables
from potenzial.project import Project
from potenzial.web.access import Access

from .conftest import ALL, MEYER, Browser

_EVERYWHERE = "-99,-99;99,-99;99,99;-99,99"


def _run(page: TestClient) -> str:
    return page.get("/map").text.partition('data-run="')[2].partition('"')[0]


def _count(page: TestClient) -> int:
    body = page.get("/map/points", params={"run": _run(page)}).content
    return int(struct.unpack("<I", body[:4])[0])


def test_the_packed_map_has_every_place(page: TestClient, stock: Project) -> None:
    """The columns that the page draws are those of the map's table, in the order of the ids."""
    body = page.get("/map/points", params={"run": _run(page)}).content
    places = tables.read(stock, "map").sort("customer_id")
    count = places.height
    assert struct.unpack("<I", body[:4])[0] == count
    assert len(body) == 4 + count * (3 * 4 + 2 + 2)
    assert np.array_equal(np.frombuffer(body, "<f4", count, 4), places["x"].to_numpy())
    assert np.array_equal(np.frombuffer(body, "<i2", count, 4 + 12 * count), places["cluster"].to_numpy())


def test_a_pointed_at_company_is_named(page: TestClient, stock: Project) -> None:
    """The company at a place of the packed map is told with id, name and amounts."""
    second = tables.read(stock, "map").sort("customer_id")["customer_id"][1]
    told = page.get("/map/points/1", params={"run": _run(page)}).json()
    assert told["id"] == second
    assert "expected growth" in told["facts"]


def test_points_of_a_former_run_are_refused(page: TestClient) -> None:
    """A page drawn before the last run is told to load again instead of naming wrong companies."""
    assert page.get("/map/points/1", params={"run": "other"}).status_code == 409
    assert page.get("/map/points/999999", params={"run": _run(page)}).status_code == 404


def test_a_territory_sees_its_own_places_only(browser: Browser, stock: Project, tokens: Access) -> None:
    """A token of one owner gets the owner's places, selections and groups, and not one more."""
    page = browser(stock, tokens)
    page.headers["authorization"] = f"Bearer {ALL}"
    everybody = _count(page)
    page.headers["authorization"] = f"Bearer {MEYER}"
    owners = tables.read(stock, "map").join(tables.read(stock, "potential"), on="customer_id")["owner"]
    assert _count(page) == (owners == "Meyer").sum() < everybody
    selected = page.get("/map/selection", params={"area": _EVERYWHERE}).text
    assert f"{(owners == 'Meyer').sum()} customers selected" in selected


def test_a_selection_opens_as_a_list_and_is_kept_as_a_segment(browser: Browser, copied: Project) -> None:
    """A piece of the map is a filter of the list, and a kept list shows the same customers."""
    page = browser(copied)
    frame = page.get("/map/selection", params={"area": _EVERYWHERE}).text
    mark = frame.partition('name="mark" value="')[2].partition('"')[0]
    on_map = tables.read(copied, "map").height
    assert f"{on_map} customers" in page.get("/customers", params={"area": _EVERYWHERE}).text
    kept = page.post("/segments", data={"name": "Süd 1", "area": _EVERYWHERE, "mark": mark})
    assert kept.status_code == 303
    assert f"{on_map} customers" in page.get(kept.headers["location"]).text
    assert page.post("/segments", data={"name": "süd 1", "area": _EVERYWHERE, "mark": mark}).status_code == 422
    assert page.post("/segments", data={"name": "Nord", "area": _EVERYWHERE}).status_code == 403


def test_a_segment_holds_no_foreign_customer(browser: Browser, copied: Project, tokens: Access) -> None:
    """A territory keeps its own customers only, is refused others, and does not see lists of others."""
    page = browser(copied, tokens)
    page.headers["authorization"] = f"Bearer {MEYER}"
    frame = page.get("/map/selection", params={"area": _EVERYWHERE}).text
    mark = frame.partition('name="mark" value="')[2].partition('"')[0]
    owners = tables.read(copied, "potential").select("customer_id", "owner")
    foreign = owners.filter(pl.col("owner") != "Meyer")["customer_id"][0]
    refused = page.post("/segments", data={"name": "Fremd", "customer": [foreign], "mark": mark})
    assert refused.status_code == 404
    kept = page.post("/segments", data={"name": "Meine", "area": _EVERYWHERE, "mark": mark})
    mine = tables.read(copied, "map").join(owners.filter(pl.col("owner") == "Meyer"), on="customer_id").height
    assert f"{mine} customers" in page.get(kept.headers["location"]).text
    page.headers["authorization"] = f"Bearer {ALL}"
    frame = page.get("/map/selection", params={"area": _EVERYWHERE}).text
    mark = frame.partition('name="mark" value="')[2].partition('"')[0]
    page.post("/segments", data={"name": "Alle", "area": _EVERYWHERE, "mark": mark})
    page.headers["authorization"] = f"Bearer {MEYER}"
    assert page.get("/customers", params={"segment": "Alle"}).status_code == 404
    assert [name in page.get("/segments").text for name in ("segment=Meine", "segment=Alle")] == [True, False]
    page.headers["authorization"] = f"Bearer {ALL}"
    assert [name in page.get("/segments").text for name in ("segment=Meine", "segment=Alle")] == [True, True]


def test_kept_lists_are_found_again(browser: Browser, copied: Project) -> None:
    """The page of kept lists says so while there is none, and passes over a damaged file."""
    (copied.folder / "segments").mkdir()
    (copied.folder / "segments" / "Kaputt.json").write_text("{", "utf-8")
    said = browser(copied).get("/segments")
    assert (said.status_code, "None yet." in said.text, "Kaputt" in said.text) == (200, True, False)


def test_groups_lead_to_their_customers(page: TestClient, stock: Project) -> None:
    """The table beside the map counts each group, and its link lists as many customers."""
    sizes = tables.read(stock, "map")["cluster"].value_counts()
    cluster, size = sizes.row(0)
    assert f'href="/customers?cluster={cluster}"' in page.get("/map").text
    word = "customer" if size == 1 else "customers"
    assert f"{size} {word}" in page.get("/customers", params={"cluster": cluster}).text
