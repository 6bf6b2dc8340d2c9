"""Dates as German and international exports write them."""

from datetime import date

import polars as pl

from potenzial.ingest.amounts import MISSING_MARKS

#: A purchase outside of these years is a placeholder such as 31.12.9999.
FIRST_YEAR, LAST_YEAR = 1950, 2100
_EMPTY = ("0000-00-00", "00.00.0000", "00000000", "0", "00000000000000")
_EXCEL_EPOCH = date(1899, 12, 30)
#: What a date looks like, and its format; the look comes first because "%Y" alone would read year 25 out of "25".
_SHAPES = (
    (r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", "%Y-%m-%d"),
    (r"^[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}", "%d.%m.%Y"),
    (r"^[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{2}$", "%d.%m.%y"),
    (r"^[0-9]{8}$", "%Y%m%d"),
)
_TIME = r"[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?$"


def cleaned(text: pl.Expr, date_format: str) -> pl.Expr:
    """Strip times of day from dates, unless the configured format has them; marks of missing dates become null."""
    bare = text.str.strip_chars()
    if "%H" not in date_format and "%I" not in date_format:
        bare = bare.str.replace(_TIME, "")
    missing = bare.str.to_lowercase().is_in([*MISSING_MARKS, *_EMPTY, "", "na"])
    return pl.when(~missing).then(bare)


def dates(bare: pl.Expr, date_format: str) -> pl.Expr:
    """Read cleaned dates in the given format, or in any of the known ones if it is empty; null where none fits."""
    formats = ((r"", date_format),) if date_format else _SHAPES
    read = [
        pl.when(bare.str.contains(shape)).then(bare).str.to_date(form, strict=False, exact=True)
        for shape, form in formats
    ]
    day = pl.coalesce(read if date_format else [*read, _serial(bare)])
    return pl.when(day.dt.year().is_between(FIRST_YEAR, LAST_YEAR)).then(day)


def _serial(bare: pl.Expr) -> pl.Expr:
    """Read Excel's day numbers, 45657 for 31.12.2024; they count from 30.12.1899 on."""
    days = pl.when(bare.str.contains(r"^[1-7][0-9]{4}([.,][0-9]+)?$")).then(bare.str.slice(0, 5))
    return pl.lit(_EXCEL_EPOCH) + pl.duration(days=days.cast(pl.Int64, strict=False))
