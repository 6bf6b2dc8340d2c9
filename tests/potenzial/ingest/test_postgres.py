"""An address stock that a PostgreSQL server gives."""

import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from potenzial.cli import app
from potenzial.ingest import read_customers
from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import FileError

pytest.importorskip("adbc_driver_postgresql", reason="the driver of PostgreSQL is not installed")

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
#: The server refuses to run as root; this is the user "nobody" everywhere.
NOBODY = 65534
PASSWORD = "p@ss/w?rd"  # noqa: S105 - of a server that lives as long as the tests do
SETUP = """
create table kunden (id text, name text, umsatz numeric(12, 3), am date, ma int, kauf money, seit interval, key uuid);
insert into kunden values
    ('007', 'Müller GmbH', 1.234, '2024-12-31', 12, 12.5, '1 day', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'),
    ('8', 'Bar AG', -5, null, null, null, null, null), ('9', null, null, null, null, null, null, null);
"""
ALL = "select id as customer_id, name, umsatz as revenue, am as last_purchase, ma as headcount from kunden order by id"


def as_nobody(*command: str | Path) -> None:
    """Run a command as somebody who is not root."""
    user = NOBODY if os.geteuid() == 0 else None
    groups: list[int] | None = [] if user else None
    environment = os.environ | {"LC_ALL": "C.UTF-8"}
    subprocess.run(
        command, check=True, stdout=subprocess.DEVNULL, user=user, group=user, extra_groups=groups, env=environment
    )


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Address of a server of its own on loopback, without the password that its user has."""
    if not BINARIES:
        pytest.skip("the binaries of PostgreSQL are not installed")
    programs = BINARIES[-1].parent
    folder = Path(tempfile.mkdtemp(prefix="potenzial-postgres-"))
    (folder / "password").write_text(PASSWORD)
    (folder / "setup.sql").write_text(SETUP.replace("\n", " "))
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, NOBODY if os.geteuid() == 0 else os.geteuid())
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    data = folder / "data"
    login = ("--username=pot", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}")
    as_nobody(programs / "initdb", "--pgdata", data, "--encoding=UTF8", "--no-sync", *login)
    fill(programs, data, folder / "setup.sql")
    options = f"-F -p {port} -k {folder} -c listen_addresses=127.0.0.1"
    as_nobody(programs / "pg_ctl", "start", "-w", "-D", data, "-o", options, "-l", folder / "log")
    yield f"127.0.0.1:{port}/postgres"
    as_nobody(programs / "pg_ctl", "stop", "-D", data, "-m", "immediate")
    shutil.rmtree(folder)


def fill(programs: Path, data: Path, setup: Path) -> None:
    """Write the tables before the server starts."""
    single = f"'{programs / 'postgres'}' --single -D '{data}' postgres < '{setup}'"
    as_nobody("sh", "-c", single)


@pytest.fixture
def asked(server: str, monkeypatch: pytest.MonkeyPatch) -> InputConfig:
    """Settings that ask the server for all customers."""
    monkeypatch.setenv("POT_PASSWORD", PASSWORD)
    return InputConfig(database=f"postgresql://pot:${{POT_PASSWORD}}@{server}", query=ALL)


def with_query(config: InputConfig, query: str) -> InputConfig:
    """Ask something else."""
    return InputConfig(database=config.database, query=query)


def test_customers_of_a_query(asked: InputConfig) -> None:
    """Exact numbers are read by their decimal point, texts keep zeros, a row without a name is rejected."""
    read = read_customers(Path("unused"), asked)
    columns = read.customers.select("customer_id", "name", "revenue", "headcount").rows()
    assert columns == [("007", "Müller GmbH", 1.234, 12), ("8", "Bar AG", -5.0, None)]
    assert str(read.customers["last_purchase"][0]) == "2024-12-31"
    assert read.rejects.select("line", "original").rows() == [(3, "9;;;;")]


def test_columns_of_other_types_do_no_harm(asked: InputConfig) -> None:
    """Ids may be UUIDs; what is no text is none, and two columns may have one name."""
    query = "select key as customer_id, name, seit as city, array[1] as street, ma as x, am as x from kunden limit 1"
    read = read_customers(Path("unused"), with_query(asked, query)).customers
    assert read["customer_id"].to_list() == ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]
    assert read.select("city", "street").row(0) == ("(not text)", "(not text)")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("delete from kunden returning id as customer_id, name", "only reading is allowed"),
        ("select * from nowhere", "a table that does not exist"),
        ("select nothing from kunden", "a column that does not exist"),
        ("select 1; commit; delete from kunden", "more than one statement"),
        ("select 1 / 0 as customer_id", "the query failed"),
        ("select id as customer_id, name, kauf from kunden", "kauf::numeric"),
    ],
)
def test_queries_that_cannot_be_used(asked: InputConfig, query: str, message: str) -> None:
    """A query that is wrong or would write is refused with what to mend, and changes nothing."""
    with pytest.raises(FileError, match=re.escape(message)):
        read_customers(Path("unused"), with_query(asked, query))
    assert read_customers(Path("unused"), asked).customers.height == 2


@pytest.mark.parametrize("password", ["wr0ng-secret", "${POT_PASSWORD}"])
@pytest.mark.parametrize("command", ["check", "run"])
def test_no_password_is_told_or_stored(asked: InputConfig, tmp_path: Path, command: str, password: str) -> None:
    """Neither what a command prints nor what it writes holds a password, right or wrong."""
    address = asked.database.replace("${POT_PASSWORD}", password)
    config = tmp_path / "potenzial.toml"
    lines = (
        f"[input]\ndatabase = '{address}'\nquery = '{ALL}'\nmax_rejected_share = 0.5\n[crawl]\ncontact = 'a@b.example'"
    )
    config.write_text(lines)
    told = CliRunner().invoke(app, [command, "--config", str(config)])
    assert (told.exit_code != 0) is ("wr0ng" in password), told.output
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path != config)
    for secret in (PASSWORD, "p%40ss", "wr0ng-secret"):
        assert secret not in told.output + repr(told.exception)
        assert secret.encode() not in written
