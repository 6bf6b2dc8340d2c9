"""Which column is which: own names, configured ones, proposals."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from potenzial.ingest import Import, check
from potenzial.ingest.columns import COLUMNS, Match, propose, snippet
from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import ColumnsError

Reader = Callable[..., Import]
Writer = Callable[[str | bytes], Path]


def proposed(*headers: str) -> dict[str, str]:
    """Give what is proposed for a header, our name to the file's."""
    return {one.ours: one.header for one in propose(headers, (), {}, {})}


@pytest.mark.parametrize(
    ("header", "ours"),
    [
        ("Kundennummer", "customer_id"),
        ("Kd-Nr.", "customer_id"),
        ("Debitor", "customer_id"),
        ("Firma", "name"),
        ("Firmenname", "name"),
        ("Company", "name"),
        ("Straße", "street"),
        ("Strasse/Hausnr.", "street"),
        ("PLZ", "postcode"),
        ("Zip Code", "postcode"),
        ("Ort", "city"),
        ("Land", "country"),
        ("Homepage", "website"),
        ("Company URL", "website"),
        ("E-Mail", "email"),
        ("Branche", "industry"),
        ("WZ 2008", "industry"),
        ("Mitarbeiterzahl", "headcount"),
        ("Employees", "headcount"),
        ("Umsatz", "revenue"),
        ("Umsatz (netto) EUR", "revenue"),
        ("Umsatz 2024", "revenue_2024"),
        ("2023 Umsatz EUR", "revenue_2023"),
        ("letzter Kauf", "last_purchase"),
        ("Betreuer", "owner"),
        ("Vertreter", "owner"),
        ("Beschreibung", "text"),
        ("USt-IdNr.", "vat_id"),
        ("UStId", "vat_id"),
        ("Umsatzsteuer-ID", "vat_id"),
        ("UID", "vat_id"),
        ("VAT No.", "vat_id"),
        ("Handelsregister", "register_number"),
        ("HRB-Nr.", "register_number"),
        ("Firmenbuchnummer", "register_number"),
    ],
)
def test_usual_names_are_proposed(header: str, ours: str) -> None:
    """Names that German and English exports use are recognised."""
    assert proposed(header) == {ours: header}


@pytest.mark.parametrize(
    "header",
    ["Umsatzziel 2025", "Umsatzsteuer", "Sortiment", "Kunde seit", "3-year Growth", "Rank", ""],
)
def test_other_names_are_not(header: str) -> None:
    """Columns that only resemble ours are left alone."""
    assert proposed(header) == {}


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_is_documented(column: str) -> None:
    """Each column that a file may have is explained in the docs."""
    assert f"`{column}`" in (Path(__file__).parents[3] / "docs" / "input.md").read_text("utf-8")


def test_values_propose_addresses() -> None:
    """Columns of e-mail addresses and websites are recognised by their values, with low confidence."""
    examples = {0: ["www.a.de", "https://b.de/x"], 1: ["a@b.de", "c@d.de"]}
    found = propose(("Feld 1", "Feld 2"), (), examples, {})
    assert [(one.ours, one.position, one.confidence) for one in found] == [("website", 0, "low"), ("email", 1, "low")]


def test_nothing_is_proposed_twice() -> None:
    """Each of our columns gets the better of two names, and what is matched or left out gets none."""
    assert proposed("Firma", "Firmenname", "Kunde") == {"name": "Firma"}
    assert propose(("Firma",), (Match("name", "X", 3, "configured"),), {}, {}) == ()
    assert propose(("Firma",), (), {}, {"name": ""}) == ()


@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1, max_size=5, unique=True))
def test_snippet_is_toml(headers: list[str]) -> None:
    """The mapping to paste is valid TOML whatever the file's columns are called."""
    pairs = dict(zip(COLUMNS, headers, strict=False))
    matches = [Match(ours, header, 0, "configured") for ours, header in pairs.items()]
    missing = {"name": "..."} if len(headers) == 1 else {}
    assert tomllib.loads(snippet(matches, ())) == {"input": {"columns": pairs | missing}}


def test_proposal_is_shown_and_works(read: Reader) -> None:
    """A German header is refused with a mapping that works as it stands."""
    content = "Kd-Nr.;Firma;PLZ;Umsatz 2024\n1;A;01067;5,50\n"
    with pytest.raises(ColumnsError, match="no column customer_id and no column name") as caught:
        read(content)
    mapping = tomllib.loads(str(caught.value)[str(caught.value).index("[input.columns]") :])["input"]["columns"]
    assert read(content, columns=mapping).customers.select("customer_id", "postcode", "revenue").rows() == [
        ("1", "01067", 5.5)
    ]


def test_proposals_are_never_applied_silently(read: Reader) -> None:
    """A column that is only likely to be ours is not read."""
    result = read("customer_id;name;PLZ\n1;A;01067\n")
    assert result.customers["postcode"].to_list() == [None]
    assert "Columns not used: 'PLZ'" in "\n".join(result.findings)


def test_file_without_header(read: Reader) -> None:
    """A first row of values is shown, and a header asked for."""
    with pytest.raises(ColumnsError, match=r"holds: '1001', 'Müller'(?s:.*)put a line with column names above"):
        read("1001;Müller\n1002;Meier\n")


def test_configured_columns(read: Reader) -> None:
    """A mapping wins over equal names, finds names in any case, and leaves out what is empty."""
    content = "ID;Firma;name;city\n1;A;B;x\n"
    columns = {"customer_id": "id", "name": " Firma ", "city": ""}
    assert read(content, columns=columns).customers.select("name", "city").rows() == [("A", None)]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"customer_id": "Kundennr"}, "there is no such column. Is 'Kundennr.' meant?"),
        ({"headcont": "Firma"}, "none of our columns. Is headcount meant?"),
        ({"revenue_24": "Firma"}, "none of our columns"),
    ],
)
def test_wrong_mapping(read: Reader, columns: dict[str, str], message: str) -> None:
    """A mapping to or from a name that does not exist names the likely one."""
    with pytest.raises(ColumnsError) as caught:
        read("Kundennr.;Firma\n1;A\n", columns=columns)
    assert message in str(caught.value)


def test_duplicate_header(read: Reader) -> None:
    """A name that stands twice in the header is refused, whatever its case; empty names are not."""
    with pytest.raises(ColumnsError, match="'City', 'city' stands more than once"):
        read("customer_id;name;City;city\n1;A;x;y\n")
    assert read("customer_id;name;;\n1;A;;\n").customers.height == 1


def test_check_of_a_file_that_is_not_mapped(write: Writer) -> None:
    """A dry run tells the facts under the proposed columns, and says that they are proposals."""
    facts = check(write("Kd-Nr.;Firma;Umsatz\n1;A;5,5\n1;B;6\n"), InputConfig())
    assert facts.assumed
    assert facts.stock is not None
    assert (facts.stock.customers, facts.stock.duplicates) == (1, 1)
    assert "no column customer_id" in facts.problem
    assert 'revenue = "Umsatz"' in facts.mapping
