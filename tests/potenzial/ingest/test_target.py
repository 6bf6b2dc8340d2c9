"""Contribution margin in place of revenue, as the import reads it."""

import pytest

from potenzial.ingest.errors import ColumnsError
from tests.potenzial.ingest.conftest import Reader

STOCK = (
    "customer_id;name;revenue;revenue_2024;DB;margin_2024\n"
    "1;A;1000,50;900,00;250,25;300,00\n"
    "2;B;500,00;;;\n"
    "3;C;80,00;;-20,00;\n"
)


def test_margin_counts_in_place_of_revenue(read: Reader) -> None:
    """Amounts, best year and findings are those of the margin; revenue stands in for no missing one."""
    found = read(STOCK, target="margin", columns={"margin": "DB"})
    rows = found.customers.select("customer_id", "revenue", "revenue_best").rows()
    assert rows == [("1", 250.25, 300.0), ("2", None, None), ("3", -20.0, -20.0)]
    assert any("1 customer with revenue but without contribution margin" in one for one in found.findings)


def test_margin_is_left_alone_where_revenue_counts(read: Reader) -> None:
    """Without the target, margins change nothing."""
    found = read(STOCK, columns={"margin": "DB"})
    assert found.customers["revenue"].to_list() == [1000.5, 500.0, 80.0]
    assert not any("contribution margin" in one for one in found.findings)


def test_file_without_margin_is_refused(read: Reader) -> None:
    """The message names the header and the line that maps the column."""
    with pytest.raises(ColumnsError, match=r'margin = "Deckungsbeitrag"') as caught:
        read("customer_id;name;revenue\n1;A;5,00\n", target="margin")
    assert "'revenue'" in str(caught.value)


def test_usual_name_is_proposed(read: Reader) -> None:
    """A column that is called Deckungsbeitrag is proposed for the margin, its percentage is not."""
    with pytest.raises(ColumnsError, match="Deckungsbeitrag 2024") as caught:
        read("Kd-Nr.;Firma;Deckungsbeitrag 2024;Deckungsbeitrag Quote 2024\n1;A;5,00;12,0\n", target="margin")
    assert 'margin_2024 = "Deckungsbeitrag 2024"' in str(caught.value)
    assert '"Deckungsbeitrag Quote 2024"' not in str(caught.value)
