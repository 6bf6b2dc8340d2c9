"""What every CSV file of the product minds, since spreadsheets run formulas in it."""

from typing import Final

import polars as pl

#: A spreadsheet takes such text for a formula (OWASP, CSV injection); full-width signs count in East Asian locales.
FORMULA: Final = r"^(?:[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])"
#: Characters that no cell needs: controls but tab and line ends, direction overrides and other invisible ones.
_INVISIBLE: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\p{Cf}"


def safe(column: str) -> pl.Expr:
    """Text without invisible characters; what a spreadsheet would take for a formula gets a leading apostrophe."""
    plain = pl.col(column).str.replace_all(_INVISIBLE, "")
    return pl.when(plain.str.contains(FORMULA)).then(pl.concat_str(pl.lit("'"), plain)).otherwise(plain).alias(column)
