"""The dry run, and the file of rejects."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from potenzial.ingest import Check, check, read_customers, render_check, write_rejects
from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import FileError
from potenzial.ingest.schema import REJECTS

Writer = Callable[[str | bytes], Path]

STOCK = (
    "customer_id;name;website;email;industry;headcount;revenue;text;Extra\n"
    "1;A;www.a.de;;Bau;5;10,50;x;[red]1\n"
    "2;B;a.de;;;;0;;2\n"
    "3;C;facebook.com/c;c@gmx.de;;-1;;;3\n"
    "4;D;;d@d.de;;;viel;;4\n"
    "1;E;;;;;;;\n"
)


def shown(facts: Check) -> str:
    """Render facts as text of a wide terminal."""
    console = Console(width=160, file=io.StringIO(), color_system=None)
    console.print(render_check(facts))
    return console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO above


def test_facts(write: Writer) -> None:
    """Rows, dialect, columns with examples and fill, and the stock are counted."""
    facts = check(write(STOCK), InputConfig())
    assert (facts.rows, facts.format, facts.encoding, facts.delimiter) == (5, "CSV", "utf-8", ";")
    website = facts.columns[2]
    assert (website.ours, website.how, website.filled, website.share) == ("website", "same name", 3, 0.6)
    assert website.examples == ("www.a.de", "a.de", "facebook.com/c")
    assert facts.columns[6].decimal == ","
    assert facts.columns[8].ours == ""
    stock = facts.stock
    assert stock is not None
    assert (stock.customers, stock.rejected, stock.duplicates, stock.ignored_values) == (3, 2, 1, 2)
    assert (stock.with_website, stock.sites, stock.active, stock.with_revenue) == (2, 1, 1, 2)
    assert stock.share(stock.active) == pytest.approx(1 / 3)
    assert facts.sites["site"].to_list() == ["a.de"]
    assert facts.too_many_rejected
    assert not facts.problem


def test_control_characters_of_the_file_do_not_reach_the_terminal(write: Writer) -> None:
    """Names and examples are shown without what would steer a terminal."""
    facts = check(write("customer_id;name;No\x1b[31mte\n1;A\x1b[2J;x\x9b1m\n"), InputConfig())
    assert [fact.header for fact in facts.columns] == ["customer_id", "name", "No [31mte"]
    assert not {"\x1b", "\x9b"} & set(shown(facts))


def test_facts_as_json(write: Writer) -> None:
    """All facts can be written as JSON."""
    plain = json.loads(json.dumps(check(write(STOCK), InputConfig()).to_dict()))
    assert plain["stock"]["customers"] == 3
    assert plain["columns"][0]["ours"] == "customer_id"


def test_rendering(write: Writer) -> None:
    """The terminal shows columns, stock and findings; nothing in a file is taken for markup."""
    text = shown(check(write(STOCK), InputConfig()))
    for part in (
        "semicolon (detected)",
        "decimal comma",
        "[red]1",
        "2 rows, 1 of them a repeated id",
        "exit code 1",
        "portal",
    ):
        assert part in text


def test_one_of_each_is_said_in_the_singular(write: Writer) -> None:
    """One customer, one rejected row and one site are counted as one."""
    text = shown(check(write("customer_id;name;website;headcount\n1;A;a.de;-1\n2;;;\n"), InputConfig()))
    for part in ("1 customer\n", "1 row, 0 of them repeated ids", "1 value\n", "on 1 different site\n"):
        assert part in "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def test_rendering_of_proposals(write: Writer) -> None:
    """A mapping to paste stands in lines of its own."""
    text = shown(check(write("customer_id;name;PLZ\n1;A;01067\n"), InputConfig()))
    assert 'postcode = "PLZ"' in [line.strip() for line in text.splitlines()]
    assert "postcode?" in text


def test_problem_of_values(write: Writer) -> None:
    """A file that cannot be imported still shows its columns, and the problem."""
    facts = check(write("customer_id;name;revenue\n1;A;x\n"), InputConfig())
    assert facts.stock is None
    assert facts.sites.is_empty()
    assert "cannot be read" in facts.problem
    assert "Cannot be imported yet" in shown(facts)


def test_check_of_no_table(write: Writer) -> None:
    """Without a table there are no facts."""
    with pytest.raises(FileError, match="empty"):
        check(write(""), InputConfig())


def test_check_writes_nothing(write: Writer) -> None:
    """A dry run leaves the folder as it was."""
    path = write(STOCK)
    check(path, InputConfig())
    assert list(path.parent.iterdir()) == [path]


def rejects(*values: str) -> pl.DataFrame:
    """Make a table of rejected values."""
    rows = [(2, "1", "revenue", value, "reason", "row rejected", value) for value in values]
    return pl.DataFrame(rows, schema=REJECTS, orient="row")


def test_rejects_open_in_excel(write: Writer) -> None:
    """Rejects are a CSV for a German Excel: semicolons and a byte order mark."""
    path = write(STOCK)
    target = path.with_name("rejects.csv")
    write_rejects(read_customers(path, InputConfig()).rejects, target)
    content = target.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfline;customer_id;column;value;reason;effect;original\r\n")
    assert b"\r\n5;4;revenue;viel;" in content
    assert sorted(file.name for file in path.parent.iterdir()) == ["customers.csv", "rejects.csv"]


def test_no_rejects_no_file(tmp_path: Path) -> None:
    """Without rejects an old file is removed."""
    target = tmp_path / "rejects.csv"
    write_rejects(rejects("x"), target)
    write_rejects(rejects(), target)
    assert not target.exists()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20), st.sampled_from(["=", "+", "-", "@", "\t", "\r"])
)
def test_no_formula_reaches_excel(tmp_path: Path, text: str, start: str) -> None:
    """No cell of the rejects starts like a formula, unless it is a plain number."""
    target = tmp_path / "rejects.csv"
    write_rejects(rejects(f"{start}{text}x", "-5", "+1.234,50"), target)
    with target.open(encoding="utf-8-sig", newline="") as file:
        values = [row[3] for row in csv.reader(file, delimiter=";")][1:]
    assert values == [f"'{start}{text}x", "-5", "+1.234,50"]
