"""DATEV's exchange format (EXTF): a line about the file stands above the column names.

Debtors and creditors come in one file (category 16). Their accounts have one digit more than those of the general
ledger; those that begin with 7, 8 or 9 are creditors, hence suppliers.
"""

import csv
from collections.abc import Sequence
from typing import Final

import polars as pl

from potenzial.ingest.errors import FileError

_MARKS: Final = ("EXTF", "DTVF")
_CATEGORY, _CATEGORY_NAME, _LEDGER_DIGITS = 2, 3, 13
_ACCOUNTS: Final = "16"
_USUAL_DIGITS: Final = 4


def is_extf(first: Sequence[str]) -> bool:
    """Tell the format by the first line of a file."""
    return bool(first) and first[0].lstrip('" ').startswith(_MARKS) and ";" in first[0]


def account_digits(first: str, source: str) -> int:
    """Read the number of digits of debtors' accounts from the first line.

    Raises:
        FileError: the file holds something else than debtors and creditors.
    """
    fields = next(csv.reader([first], delimiter=";"), [])
    category = fields[_CATEGORY].strip() if len(fields) > _CATEGORY else ""
    if category != _ACCOUNTS:
        name = fields[_CATEGORY_NAME].strip() if len(fields) > _CATEGORY_NAME else "unknown"
        raise FileError(
            f"{source}: this DATEV file holds {name!r} (category {category or 'unknown'}), not customers. "
            "Export the category Debitoren/Kreditoren (16)."
        )
    digits = fields[_LEDGER_DIGITS].strip() if len(fields) > _LEDGER_DIGITS else ""
    return (int(digits) if digits.isdecimal() and len(digits) == 1 else _USUAL_DIGITS) + 1


def is_supplier(account: pl.Expr, digits: int) -> pl.Expr:
    """Tell accounts of creditors."""
    return account.str.contains(f"^[789][0-9]{{{digits - 1}}}$").fill_null(value=False)
