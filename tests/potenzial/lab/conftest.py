import csv
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from potenzial.cli import app

Invoke = Callable[..., str]

TRADES = {
    "25.62": ("Fräsen", "Drehen", "Lohnfertigung", "Zerspanung", "Serienteile", "Werkzeugbau", "Edelstahl"),
    "43.21": ("Schaltschrank", "Kabel", "Beleuchtung", "Photovoltaik", "Netzwerk", "Alarmanlage", "Zähler"),
    "10.71": ("Brot", "Brötchen", "Sauerteig", "Torte", "Konditorei", "Backstube", "Roggen"),
    "49.41": ("Spedition", "Lager", "Palette", "Teilladung", "Stückgut", "Zoll", "Logistik"),
}
OWN = """\
[input]
customers = "customers.csv"
[embedding]
model = "tfidf"
[potential]
folds = 2
neighbours = 10
[report]
language = "{language}"
"""
PLAIN = '[embedding]\nmodel = "tfidf"\ntransform = "none"\n[potential]\nneighbours = 25\ntop_share = 0.1\n'
CUSTOMER_COUNT = 150


@contextmanager
def within(folder: Path) -> Iterator[None]:
    """Work in a folder, and come back."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield


@pytest.fixture(scope="session")
def invoke() -> Invoke:
    """Run a command of the command line in a folder; gives what it printed."""

    def run(folder: Path, *arguments: str) -> str:
        with within(folder):
            done = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


def _rows(*, texts: bool) -> Iterator[list[str]]:
    """Customers of four trades; each trade buys three times as much as the one before, and names what it does."""
    chance = random.Random(5)
    for number in range(CUSTOMER_COUNT):
        trade = list(TRADES)[number % 4]
        revenue = 10 ** (3 + 0.5 * (number % 4) + chance.gauss(0, 0.2)) if number % 7 else 0
        said = ". ".join(f"Wir bieten {' und '.join(chance.sample(TRADES[trade], 3))}" for _ in range(4))
        # The industry given is a poor guide, so that the texts have something to tell.
        industry = trade if number % 3 else chance.choice(list(TRADES))
        yield [f"K{number:03}", f"Firma {number} <b>", industry, f"{revenue:.2f}", "2026-06-01", said if texts else ""]


@pytest.fixture(scope="session")
def make_stock(invoke: Invoke) -> Callable[..., Path]:
    """Make a project of 150 customers that has run up to the neighbours."""

    def make(folder: Path, language: str, *, texts: bool = True) -> Path:
        folder.mkdir()
        with (folder / "customers.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["customer_id", "name", "industry", "revenue", "last_purchase", "text"])
            writer.writerows(_rows(texts=texts))
        (folder / "potenzial.toml").write_text(OWN.format(language=language), "utf-8")
        (folder / "plain.toml").write_text(PLAIN, "utf-8")
        invoke(folder, "run", "--until", "neighbours")
        return folder

    return make


@pytest.fixture(scope="session")
def stock(tmp_path_factory: pytest.TempPathFactory, make_stock: Callable[..., Path]) -> Path:
    """A project whose customers have texts, for tests that add files only."""
    return make_stock(tmp_path_factory.mktemp("lab") / "stock", "de")
