"""Parquet files, whose columns have types already."""

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from potenzial.ingest import check, read_customers
from potenzial.ingest.config import InputConfig
from potenzial.ingest.errors import ColumnsError, EmptyError


def written(path: Path, **columns: object) -> Path:
    """Write columns as a Parquet file."""
    pl.DataFrame(columns).write_parquet(path)
    return path


def test_types(tmp_path: Path) -> None:
    """Numbers, dates and texts are taken as they are; gaps that made floats of numbers do no harm."""
    path = written(
        tmp_path / "customers.parquet",
        customer_id=[1001.0, 1002.0, 1003.0],
        name=["A", "B", "C"],
        headcount=[12.0, float("nan"), 1234.0],
        revenue=[1.234, -5.0, 1e9],
        last_purchase=[datetime(2025, 12, 31, 23, 59), None, None],  # noqa: DTZ001 - files hold times without zone
        postcode=["01067", None, ""],
    )
    customers = read_customers(path, InputConfig()).customers
    assert customers["customer_id"].to_list() == ["1001", "1002", "1003"]
    assert customers["headcount"].to_list() == [12, None, 1234]
    assert customers["revenue"].to_list() == [1.23, -5.0, 1e9]
    assert customers["last_purchase"].to_list() == [date(2025, 12, 31), None, None]
    assert customers["postcode"].to_list() == ["01067", None, None]


def test_texts_are_read_as_in_csv(tmp_path: Path) -> None:
    """Amounts that are text follow the same rules, and rejects name the row; the ending of the name is not asked."""
    path = written(tmp_path / "customers.csv", customer_id=[1, 2], name=["A", "B"], revenue=["1.234,50", "viel"])
    result = read_customers(path, InputConfig())
    assert result.customers["revenue"].to_list() == [1234.5]
    assert result.rejects.select("line", "original").rows() == [(2, "2;B;viel")]


def test_infinite_amounts(tmp_path: Path) -> None:
    """An infinite amount is rejected."""
    path = written(tmp_path / "x.parquet", customer_id=["1", "2"], name=["A", "B"], revenue=[float("inf"), 1.0])
    assert "not a finite number" in read_customers(path, InputConfig()).rejects["reason"][0]


def test_lists_are_refused(tmp_path: Path) -> None:
    """A column of lists is refused when it is one of ours, and ignored when it is not."""
    path = written(tmp_path / "x.parquet", customer_id=["1"], name=["A"], city=[["x", "y"]], other=[["z"]])
    with pytest.raises(ColumnsError, match=r"'city'.*leave it out"):
        read_customers(path, InputConfig())
    assert read_customers(path, InputConfig(columns={"city": ""})).customers.height == 1


def test_mapping_and_check(tmp_path: Path) -> None:
    """Proposals and facts are the same as for CSV."""
    path = written(tmp_path / "x.parquet", Kundennummer=["1"], Firma=["A"])
    facts = check(path, InputConfig())
    assert (facts.format, facts.encoding, facts.rows) == ("Parquet", "", 1)
    assert 'customer_id = "Kundennummer"' in facts.mapping


def test_no_rows(tmp_path: Path) -> None:
    """A table without rows is an empty stock."""
    with pytest.raises(EmptyError, match="no customer"):
        read_customers(written(tmp_path / "x.parquet", customer_id=[], name=[]), InputConfig())
