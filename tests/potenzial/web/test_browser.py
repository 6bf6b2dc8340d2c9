"""The web page in a real browser; without Chromium these tests skip."""

import os
import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect, sync_playwright

from potenzial.activity import NAME, Activity
from potenzial.project import Project, open_project
from potenzial.web.access import Access
from potenzial.web.app import create_app

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
MEYER = "meyers-own-token-000002"
WORK = ("/segments", "/map", "/lookalikes", "/lookalikes?like=K-0012&up=K-0016&b=", "/whatif", "/lab", "/runs")
PAGES = (
    *WORK, "/", "/customers", "/customers?class_potential=A&q=firma", "/customers/K-0000", "/customers/K-0012",
    "/nowhere",
)  # fmt: skip


@pytest.fixture(scope="module")
def address(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a copy of the finished project is served."""
    folder = tmp_path_factory.mktemp("served") / "stock"
    shutil.copytree(finished, folder)
    with served(create_app(open_project(folder / "potenzial.toml"))) as found:
        yield found


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve an application on a free port until the block ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium: Browser, address: str) -> Iterator[Page]:
    """A fresh English tab of a laptop; errors of scripts and breaches of the policy fail the test."""
    context = chromium.new_context(base_url=address, locale="en-GB", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(10_000)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert [text for text in said if "404" not in text] == []


def test_from_the_matrix_to_a_customer_and_an_answer(tab: Page) -> None:
    """A director opens a cell of the matrix, a customer of its list, and says what is thought of the rating."""
    tab.goto("/")
    cell = tab.locator(".matrix td.marked a").first
    count = cell.locator("b").inner_text()
    cell.click()
    expect(tab.get_by_role("status")).to_have_text(count)
    name = tab.locator(".list .name a").first.inner_text()
    tab.locator(".list .name a").first.click()
    expect(tab.get_by_role("heading", level=1)).to_have_text(name)
    tab.get_by_label("too high").check()
    tab.get_by_label("Your own estimate in EUR a year").fill("1234")
    tab.get_by_role("button", name="Save").click()
    expect(tab.get_by_text("Saved. Thank you!")).to_be_visible()
    expect(tab.locator(".answers")).to_contain_text("too high")


def test_filters_stand_in_the_address_and_go_one_by_one(tab: Page) -> None:
    """A choice filters at once, the search adds to it, and each filter can be taken away."""
    tab.goto("/customers")
    tab.get_by_label("Class by potential").select_option("A")
    expect(tab).to_have_url(re.compile(r"/customers\?class_potential=A$"))
    tab.keyboard.press("/")
    tab.keyboard.type("firma")
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile(r"\?q=firma&class_potential=A$"))
    tab.get_by_role("link", name="Search: firma").click()
    expect(tab).to_have_url(re.compile(r"/customers\?class_potential=A$"))


def test_lists_turn_by_keyboard_and_sort_by_their_heads(tab: Page) -> None:
    """Arrow keys turn the pages, a head sorts, and once more turns the order round."""
    tab.goto("/customers?size=25")
    tab.keyboard.press("ArrowRight")
    expect(tab.get_by_text("Page 2 of 7")).to_be_visible()
    tab.get_by_role("columnheader", name="Company").get_by_role("link").click()
    expect(tab.get_by_role("columnheader", name="Company")).to_have_attribute("aria-sort", "ascending")
    tab.get_by_role("columnheader", name="Company").get_by_role("link").click()
    expect(tab.get_by_role("columnheader", name="Company")).to_have_attribute("aria-sort", "descending")


def test_a_selection_is_downloaded(tab: Page, tmp_path: Path) -> None:
    """The links over the list download all of its customers."""
    tab.goto("/customers?class_potential=A")
    with tab.expect_download() as started:
        tab.get_by_role("link", name="CSV").click()
    path = tmp_path / "list.csv"
    started.value.save_as(path)
    count = int(tab.get_by_role("status").inner_text().split()[0])
    assert len(path.read_text("utf-8-sig").splitlines()) >= count + 1


def test_the_language_can_be_changed(tab: Page) -> None:
    """The switch changes the language of this and later pages."""
    tab.goto("/customers")
    expect(tab.get_by_role("heading", level=1)).to_have_text("Customers")
    tab.get_by_role("link", name="DE").click()
    expect(tab.get_by_role("heading", level=1)).to_have_text("Kunden")
    tab.goto("/")
    expect(tab.get_by_role("heading", level=1)).to_contain_text("Überblick")


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_accessible_and_fit_a_phone(tab: Page, path: str) -> None:
    """axe-core finds nothing against WCAG 2.2 A and AA, in light and dark, and 375 pixels show all of the width."""
    tab.goto(path)
    for scheme in SCHEMES:
        tab.emulate_media(color_scheme=scheme)
        found = Axe().run(tab, options={"runOnly": list(RULES)})
        assert found.violations_count == 0, f"{scheme}: {found.generate_report()}"
    tab.set_viewport_size({"width": 375, "height": 740})
    tab.reload()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 375


def test_a_browser_logs_in_and_out(chromium: Browser, finished: Path, tokens: Access) -> None:
    """The login form lets a rep in, and the button of the head lets it out again."""
    with served(create_app(open_project(finished / "potenzial.toml"), tokens)) as address:
        context = chromium.new_context(base_url=address, locale="en-GB")
        page = context.new_page()
        page.goto("/customers")
        page.get_by_label("Access token").fill(MEYER)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_text("Territory Meyer")).to_be_visible()
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("Access token")).to_be_visible()
        context.close()


@pytest.mark.parametrize("path", ["/customers?q=K-000", "/customers/K-0000", "/customers/K-0001", "/customers/K-0002"])
def test_hostile_names_and_texts_do_nothing(tab: Page, path: str) -> None:
    """Scripts in names and texts of companies do not run."""
    tab.goto(path)
    assert tab.title().endswith("· Potenzial")
    assert tab.locator("script:not([src])").count() == 0


def test_a_lasso_selects_and_its_list_is_opened(tab: Page) -> None:
    """A lasso around everything selects all on the map, and the link lists as many customers."""
    tab.goto("/map")
    ready = tab.locator("#map[data-ready]")
    expect(ready).to_be_visible()
    count = ready.get_attribute("data-ready")
    box = tab.locator("#map").bounding_box()
    assert box is not None
    left, top = box["x"] + 2, box["y"] + 2
    right, bottom = left + box["width"] - 4, top + box["height"] - 4
    tab.get_by_role("button", name="Lasso").click()
    tab.mouse.move(left, top)
    tab.mouse.down()
    for x, y in ((right, top), (right, bottom), (left, bottom), (left, top + 20)):
        tab.mouse.move(x, y, steps=3)
    tab.mouse.up()
    expect(tab.locator("#selection h2")).to_have_text(f"{count} customers selected")
    expect(tab.locator(f'#map[data-selected="{count}"]')).to_be_visible()
    tab.get_by_role("link", name="Open as customer list").click()
    expect(tab.get_by_role("status")).to_have_text(f"{count} customers")


def test_the_map_is_moved_and_selected_by_keys(tab: Page) -> None:
    """Keys zoom into the map, the visible part is selected by a button, and Escape gives it up."""
    tab.goto("/map")
    expect(tab.locator("#map[data-ready]")).to_be_visible()
    tab.locator("#map").focus()
    for key in ("+", "+", "+", "ArrowLeft"):
        tab.keyboard.press(key)
    tab.get_by_role("button", name="Select what is visible").press("Enter")
    expect(tab.locator("#map[data-selected]")).to_be_visible()
    whole, part = (tab.locator("#map").get_attribute(f"data-{name}") for name in ("ready", "selected"))
    assert int(part or 0) < int(whole or 0)
    tab.locator("#map").press("Escape")
    expect(tab.locator("#map[data-selected]")).to_have_count(0)


def test_votes_change_what_is_found(tab: Page) -> None:
    """A customer is suggested while typing, votes go into the address and take their companies out of the answer."""
    tab.goto("/lookalikes")
    tab.get_by_role("combobox", name="Like this customer").press_sequentially("firma 01")
    expect(tab.get_by_role("option").first).to_be_visible()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(re.compile(r"like=K-01\d\d|like=K-001\d"))
    names = tab.locator(".hit .name")
    first, second = names.nth(0).inner_text(), names.nth(1).inner_text()
    tab.locator(".hit").nth(0).get_by_role("link", name="More like").click()
    expect(tab.locator(".chips .up")).to_contain_text(first)
    tab.get_by_role("link", name=f"Less like {second}").click()
    expect(tab.locator(".chips .down")).to_contain_text(second)
    expect(tab).to_have_url(re.compile(r"up=.*down="))
    assert {first, second}.isdisjoint(tab.locator(".hit .name").all_inner_texts())


def test_filters_count_while_they_are_set(tab: Page) -> None:
    """A filter that is set changes the counts at once, before it is applied."""
    tab.goto("/lookalikes?like=K-0012")
    left = tab.locator("[data-left]")
    before = left.inner_text()
    with tab.expect_response(re.compile("/lookalikes/counts")):
        tab.locator("#narrowing input[name=staff_from]").fill("100")
    expect(left).not_to_have_text(before)
    after = left.inner_text()
    tab.get_by_role("button", name="Apply").click()
    expect(tab.locator("[data-left]")).to_have_text(after)


def test_a_border_is_moved_by_a_slider(tab: Page) -> None:
    """Moving the border of A changes the figures without loading the page, and stands in the address."""
    tab.goto("/whatif")
    tab.evaluate("window.same = true")
    before = tab.locator("[data-today=A]").inner_text()
    tab.locator("[data-of=a]").focus()
    tab.keyboard.press("End")
    expect(tab.locator("[data-today=A]")).not_to_have_text(before)
    expect(tab).to_have_url(re.compile(r"a=\d+"))
    assert tab.evaluate("window.same")


def test_progress_is_shown_live(chromium: Browser, copied: Project) -> None:
    """What another process tells of its work appears on the open page by itself."""
    path, now = copied.folder / "data" / NAME, time.time()
    work = Activity(command="run", pid=os.getpid(), started=now - 60, updated=now, stage="embed", unit="chunks")
    with served(create_app(copied)) as address:
        tab = chromium.new_page(base_url=address, locale="en-GB")
        tab.goto("/runs")
        expect(tab.get_by_role("heading", level=2).first).to_have_text("Nothing is at work.")
        for done in (200, 400):
            told = msgspec.structs.replace(
                work, stage_started=now - 10, done=done, total=1000, stages=("import", "crawl")
            )
            path.write_bytes(msgspec.json.encode(told))
            expect(tab.get_by_text(f"Step “Understand texts”: {done} of 1,000 chunks.")).to_be_visible()
        expect(tab.get_by_role("heading", level=2).first).to_have_text("At work: run")
        expect(tab.locator("#stages li")).to_have_count(2)
        tab.close()
