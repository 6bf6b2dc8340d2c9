"""An address stock that a database gives."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from potenzial.cli import app
from potenzial.ingest import read_customers
from potenzial.ingest.config import InputConfig
from potenzial.ingest.database import filled, shown
from potenzial.ingest.errors import ColumnsError, EmptyError, FileError

ALL = "select id as customer_id, name, umsatz as revenue, am as last_purchase from kunden order by id"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database of three customers."""
    path = tmp_path / "kunden.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table kunden (id text, name text, umsatz real, am text)")
        rows = [("007", "Müller", 1.234, "2024-12-31"), ("8", "Bar", -5.0, None), ("9", None, None, None)]
        connection.executemany("insert into kunden values (?, ?, ?, ?)", rows)
        connection.commit()
    return path


def asked(path: Path, query: str) -> InputConfig:
    """Settings that ask an SQLite file."""
    return InputConfig(database=f"sqlite:///{path}", query=query)


def test_customers_of_a_query(database: Path) -> None:
    """Rows come as from a file: texts keep zeros, numbers are numbers, a row without a name is rejected."""
    read = read_customers(Path("unused"), asked(database, ALL))
    assert read.customers.select("customer_id", "name").rows() == [("007", "Müller"), ("8", "Bar")]
    assert read.customers["revenue"].to_list() == [1.23, -5.0]
    assert read.rejects.select("line", "original").rows() == [(3, "9;;;")]


@pytest.mark.parametrize(
    ("query", "error", "message"),
    [
        ("", FileError, "needs a query"),
        ("select * from nowhere", FileError, "no such table"),
        ("delete from kunden", FileError, "readonly"),
        ("select * from kunden where 0", EmptyError, "gives no row"),
        ("select id as customer_id, name, name from kunden", ColumnsError, "name"),
    ],
)
def test_queries_that_cannot_be_used(database: Path, query: str, error: type[Exception], message: str) -> None:
    """A query that is missing, wrong, empty or would write is refused with the reason."""
    with pytest.raises(error, match=message):
        read_customers(Path("unused"), asked(database, query))


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("sqlite:///nowhere.db", "no such database"),
        ("mysql://u:secret@host/db", "unknown kind of database"),
        ("postgresql://u:secret@host.invalid/db", r"potenzial\[postgres\]|cannot be reached"),
    ],
)
def test_databases_that_cannot_be_asked(address: str, message: str) -> None:
    """The message names what to do, and never the password."""
    with pytest.raises(FileError, match=message) as caught:
        read_customers(Path("unused"), InputConfig(database=address, query="select 1"))
    assert "secret" not in str(caught.value)


def test_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the driver of PostgreSQL the message says how to install it."""
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(FileError, match=r"pip install 'potenzial\[postgres\]'"):
        read_customers(Path("unused"), InputConfig(database="postgresql://u:secret@host.invalid/db", query="select 1"))


@pytest.mark.parametrize("password", ["secret", "se@cret", "se/cret", "se?cret", "se\ncret"])
def test_passwords_are_never_shown(password: str) -> None:
    """Whatever a password is made of, only the kind of a database on a server is shown."""
    assert shown(f"postgresql://user:{password}@host/name?password={password}") == "postgresql://…"
    assert password not in shown(f"user:{password}@host")


def test_unset_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment variable that is not set is named before anything is asked."""
    monkeypatch.delenv("NO_SUCH_PASSWORD", raising=False)
    with pytest.raises(FileError, match="names NO_SUCH_PASSWORD"):
        filled("postgresql://user:${NO_SUCH_PASSWORD}@host/name")
    monkeypatch.setenv("NO_SUCH_PASSWORD", "a@b")
    assert filled("postgresql://user:${NO_SUCH_PASSWORD}@host/name") == "postgresql://user:a%40b@host/name"


def test_check_of_a_database(database: Path) -> None:
    """The path of an SQLite file starts at the project folder, and a dry run shows what the query gives."""
    config = database.parent / "potenzial.toml"
    config.write_text(f'[input]\ndatabase = "sqlite:///kunden.db"\nquery = "{ALL}"\nmax_rejected_share = 0.5\n')
    told = CliRunner().invoke(app, ["check", "--config", str(config)])
    assert told.exit_code == 0
    assert "database" in told.output
