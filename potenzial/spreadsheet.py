"""What every CSV file of the product minds, since spreadsheets run formulas in it."""

from typing import Final

#: A spreadsheet takes such text for a formula (OWASP, CSV injection); full-width signs count in East Asian locales.
FORMULA: Final = r"^(?:[\t\r\n]|\s*[=+\-@\uff1d\uff0b\uff0d\uff20])"
