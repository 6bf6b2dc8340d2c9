"""Fixtures of the import's tests."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from potenzial.ingest import Import, read_customers
from potenzial.ingest.config import InputConfig

Reader = Callable[..., Import]


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Write a file of customers, text in UTF-8 or bytes as they are, and give its path."""

    def written(content: str | bytes) -> Path:
        path = tmp_path / "customers.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written


@pytest.fixture
def read(write: Callable[[str | bytes], Path]) -> Reader:
    """Import text or bytes as a file, with settings given as keywords."""

    def imported(content: str | bytes, **settings: Any) -> Import:  # noqa: ANN401 - settings of several types
        return read_customers(write(content), InputConfig(**settings))

    return imported
