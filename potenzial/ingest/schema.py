"""The table that the import gives beside `scoring.schema.CUSTOMERS`."""

from typing import Final

import polars as pl

#: One row per rejected row or ignored value: `line` in the file (row number in Parquet), `column` as the file calls
#: it (null when the whole row is meant), `effect` one of `EFFECTS`, `original` the row as it stands in the file.
REJECTS: Final = pl.Schema(
    {
        "line": pl.Int64(),
        "customer_id": pl.String(),
        "column": pl.String(),
        "value": pl.String(),
        "reason": pl.String(),
        "effect": pl.String(),
        "original": pl.String(),
    }
)

ROW_REJECTED: Final = "row rejected"
VALUE_IGNORED: Final = "value ignored"
EFFECTS: Final = (ROW_REJECTED, VALUE_IGNORED)
