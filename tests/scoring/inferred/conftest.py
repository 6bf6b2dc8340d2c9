from collections.abc import Callable, Mapping

import polars as pl
import pytest

from scoring.schema import CUSTOMERS


@pytest.fixture
def customers() -> Callable[..., pl.DataFrame]:
    """Make CUSTOMERS from rows that name only the columns that matter."""

    def make(*rows: Mapping[str, object]) -> pl.DataFrame:
        return pl.DataFrame(rows, schema=CUSTOMERS)

    return make
