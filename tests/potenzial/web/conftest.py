import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from potenzial.pipeline import Pipeline, Span
from potenzial.progress import Advance
from potenzial.project import Project, open_project
from potenzial.reporting import write_results
from potenzial.web.access import Access, read_tokens
from potenzial.web.app import create_app

#: What a hostile address file puts into names and texts.
SCRIPT = "<script>document.title='hacked'</script>"
FORMULA = '=HYPERLINK("http://evil.example";"Gewinn")'
OVERRIDE = "Muster\u202egnp.exe GmbH"
LONG = "X" * 10_000

TRADES = (
    ("25.62.0", "CNC-Fräsen, Drehteile, Lohnfertigung, Präzisionsteile und Baugruppen aus Stahl"),
    ("43.22.0", "Heizung, Sanitär, Wärmepumpen, Badsanierung und Kundendienst"),
    ("62.01.0", "Software, Schnittstellen, Webanwendungen und Beratung"),
    ("81.21.0", "Gebäudereinigung, Treppenhäuser, Glasreinigung und Winterdienst"),
)
OWNERS = ("Meyer", "Öztürk")
CONFIG = """
[input]
customers = "customers.csv"
[embedding]
model = "tfidf"
[report]
title = "Prüfbestand"
"""
TOKENS = """
[[access]]
who = "Leitung"
token = "all-customers-token-0001"
[[access]]
who = "Meyer"
token = "meyers-own-token-000002"
owner = "Meyer"
"""
ALL, MEYER = "all-customers-token-0001", "meyers-own-token-000002"


class _Quiet:
    """Tells nobody how far a stage is."""

    @contextmanager
    def stage(self, _name: str, _unit: str) -> Iterator[Advance]:
        yield lambda _done, _total: None


def _name(number: int) -> str:
    hostile = {0: SCRIPT, 1: FORMULA, 2: OVERRIDE, 3: LONG}
    return hostile.get(number, f"Firma {number:03d} {('Technik', 'Service', 'Handel')[number % 3]} GmbH")


def _line(number: int) -> str:
    code, text = TRADES[number % len(TRADES)]
    revenue = "" if number % 3 == 0 else f"{(number * 7919) % 90_000 + 500}"
    cells = (
        f"K-{number:04d}", _name(number), f"{10_000 + 701 * (number % 120)}", ("Köln", "Berlin", "Ulm")[number % 3],
        code, str(5 + (number * 37) % 180), revenue, OWNERS[number // 4 % 2], f"{text} {SCRIPT if number < 8 else ''}",
    )  # fmt: skip
    return ";".join('"' + cell.replace('"', '""') + '"' for cell in cells)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished project of 160 customers, some with hostile names and texts; nobody may change it."""
    folder = tmp_path_factory.mktemp("web") / "stock"
    folder.mkdir()
    head = "customer_id;name;postcode;city;industry;headcount;revenue;owner;text"
    rows = [_line(number) for number in range(160)]
    (folder / "customers.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
    (folder / "potenzial.toml").write_text(CONFIG, encoding="utf-8")
    (folder / "tokens.toml").write_text(TOKENS, encoding="utf-8")
    project = open_project(folder / "potenzial.toml")
    pipeline = Pipeline(project, _Quiet())
    pipeline.run(Span())
    write_results(project, pipeline)
    return folder


@pytest.fixture(scope="session")
def stock(finished: Path) -> Project:
    """The finished project, to be read only."""
    return open_project(finished / "potenzial.toml")


#: Makes a browser that keeps cookies and follows no redirect: for a project and its tokens.
Browser = Callable[..., TestClient]


@pytest.fixture
def browser() -> Browser:
    """Open a project in a browser of its own; the language of the browser is English."""

    def opened(project: Project, access: Access | None = None) -> TestClient:
        client = TestClient(create_app(project, access), base_url="http://127.0.0.1:8765", follow_redirects=False)
        client.headers["accept-language"] = "en"
        return client

    return opened


@pytest.fixture
def page(browser: Browser, stock: Project) -> TestClient:
    """The finished project in a browser, without tokens."""
    return browser(stock)


@pytest.fixture
def tokens(finished: Path) -> Access:
    """Tokens for all customers (ALL) and for those of one owner (MEYER)."""
    return read_tokens(finished / "tokens.toml")


@pytest.fixture
def leader(browser: Browser, stock: Project, tokens: Access) -> TestClient:
    """A browser that is logged in for all customers."""
    client = browser(stock, tokens)
    assert client.post("/login", data={"token": ALL}).status_code == 303
    return client


@pytest.fixture
def rep(browser: Browser, stock: Project, tokens: Access) -> TestClient:
    """A browser that is logged in for the customers of Meyer alone."""
    client = browser(stock, tokens)
    assert client.post("/login", data={"token": MEYER}).status_code == 303
    return client


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Project:
    """The finished project as a copy that a test may change."""
    folder = tmp_path / "copy"
    shutil.copytree(finished, folder)
    return open_project(folder / "potenzial.toml")
