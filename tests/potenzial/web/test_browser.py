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

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect, sync_playwright

from potenzial.project import open_project
from potenzial.web.access import Access
from potenzial.web.app import create_app

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
MEYER = "meyers-own-token-000002"
PAGES = ("/", "/customers", "/customers?class_potential=A&q=firma", "/customers/K-0012", "/nowhere")


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
def test_a_phone_shows_all_without_scrolling_sideways(tab: Page, path: str) -> None:
    """At 375 pixels the page itself is never wider than the screen."""
    tab.set_viewport_size({"width": 375, "height": 740})
    tab.goto(path)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 375


@pytest.mark.parametrize(
    ("path", "scheme"),
    [("/", "light"), ("/", "dark"), ("/customers?class_potential=A&q=firma", "light"), ("/customers", "dark"),
     ("/customers/K-0012", "light"), ("/customers/K-0000", "dark"), ("/nowhere", "light")],
)  # fmt: skip
def test_pages_are_accessible(tab: Page, path: str, scheme: str) -> None:
    """axe-core finds nothing against WCAG 2.2 A and AA, in light and dark."""
    tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    tab.goto(path)
    found = Axe().run(tab, options={"runOnly": list(RULES)})
    assert found.violations_count == 0, found.generate_report()


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
