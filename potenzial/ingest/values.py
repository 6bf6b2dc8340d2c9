"""Text columns to values, each with its problems noted; no row is lost on the way."""

from collections.abc import Callable
from typing import Final

import polars as pl

from crawler.imprint import vat_id
from potenzial.ingest import amounts, dates
from potenzial.ingest.amounts import MISSING_MARKS, Decision, Sign, counted
from potenzial.ingest.columns import YEAR_COLUMN
from potenzial.ingest.config import InputConfig
from potenzial.ingest.headcount import People, read_people
from potenzial.ingest.ledger import MIN_JUDGED, Ledger
from potenzial.ingest.website import Address, of_email, of_website, plain_addresses

_OPTIONAL_TEXT = (
    *("street", "postcode", "city", "country", "website", "email", "phone", "industry", "owner", "text"),
    *("vat_id", "register_number"),
)
_BEST_OF_YEARS = 3
_CELLS_AT_ONCE = 50_000
_MAX_VAT_ID = 60
_ELSE = 'Map another column to it in [input.columns], or leave it out there with {ours} = "".'


def without_marks(frame: pl.DataFrame) -> pl.DataFrame:
    """Turn marks of missing values ("-", "k.A.", "#NV") in optional texts into nulls."""
    present = [name for name in _OPTIONAL_TEXT if name in frame.columns]
    return frame.with_columns(
        pl.when(~pl.col(name).str.to_lowercase().is_in(list(MISSING_MARKS))).then(pl.col(name)) for name in present
    )


def revenue_columns(frame: pl.DataFrame) -> list[str]:
    """Give the columns of amounts: `revenue`, then years, the latest first."""
    years = sorted((name for name in frame.columns if YEAR_COLUMN.fullmatch(name)), reverse=True)
    return [name for name in ("revenue",) if name in frame.columns] + years


def read_revenue(
    frame: pl.DataFrame, numeric: frozenset[str], delimiter: str, config: InputConfig, ledger: Ledger
) -> tuple[pl.DataFrame, dict[str, Decision]]:
    """Read amounts; rows with an unreadable one are rejected. Gives `revenue` and `revenue_best`, EUR per year.

    Raises:
        ValuesError: a whole column is unreadable.
    """
    names = revenue_columns(frame)
    bare = frame.select(amounts.cleaned(pl.col(name)) for name in names)
    decisions = _decisions({name: bare[name] for name in names}, numeric, delimiter, config)
    read = [_read_amounts(frame, bare[name], decisions[name], config.decimal or None, ledger) for name in names]
    bad = [bare[name].is_not_null() & values.is_null() for name, values in zip(names, read, strict=True)]
    read = [_in_eur(values, bare[values.name], ledger) for values in read]
    result = frame.with_columns(read) if read else frame
    kept = result.filter(~pl.any_horizontal(bad)) if bad else result
    return _best(kept, names, ledger), decisions


def _in_eur(values: pl.Series, bare: pl.Series, ledger: Ledger) -> pl.Series:
    """Multiply by the unit in the column's name; cells that name their own unit are in EUR already."""
    factor = amounts.factor_of(ledger.header(values.name))
    if factor > 1:
        ledger.note(f"{ledger.shown(values.name)}: multiplied by {factor:,}, as its name gives the unit.")
    own = bare.str.contains("e[369]$").fill_null(value=False)
    return (values * factor).zip_with(~own, values)


def _decisions(
    bare: dict[str, pl.Series], numeric: frozenset[str], delimiter: str, config: InputConfig
) -> dict[str, Decision]:
    if config.decimal:
        return {name: Decision(config.decimal, "configured") for name in bare}
    numbers = {name: Decision(".", "numbers in the file") for name in bare if name in numeric}
    texts = {name: amounts.evidence(values) for name, values in bare.items() if name not in numeric}
    return numbers | amounts.decide(texts, delimiter)


def _read_amounts(
    frame: pl.DataFrame, bare: pl.Series, decision: Decision, strict: Sign | None, ledger: Ledger
) -> pl.Series:
    read = amounts.amounts_strict if strict or decision.why == "numbers in the file" else amounts.amounts
    values = read(bare, decision.sign)
    bad = frame.filter(bare.is_not_null() & values.is_null())
    known = bare.len() - bare.null_count()
    advice = f"{_ELSE.format(ours=bare.name)} Amounts look like 1234.56 or 1.234,56 and are in EUR."
    ledger.refuse_unreadable(bad, known, bare.name, advice)
    ledger.reject(bad, bare.name, amounts.reason(pl.col(bare.name), strict))
    ledger.note(_sign_finding(ledger, bare.name, decision, known))
    return values


def _sign_finding(ledger: Ledger, name: str, decision: Decision, known: int) -> str:
    if decision.why == "numbers in the file" or not known:
        return ""
    sign = "comma" if decision.sign == "," else "point"
    doubt = f" {decision.doubt}" if decision.doubt else ""
    return f"{ledger.shown(name)}: decimal {sign} ({decision.why}).{doubt}"


def _best(frame: pl.DataFrame, names: list[str], ledger: Ledger) -> pl.DataFrame:
    years = [name for name in names if name != "revenue"]
    if not names:
        ledger.note(f"The file has no revenue column: {NO_SALES}")
        nothing = pl.lit(None, pl.Float64)
        return frame.with_columns(nothing.alias("revenue"), nothing.alias("revenue_best"))
    if "revenue" not in names:
        ledger.note(f"{ledger.shown(years[0])} stands for the revenue of the last 12 months: it is the latest year.")
    current = pl.col(names[0])
    best = pl.max_horizontal(names[0], *years[:_BEST_OF_YEARS])
    result = frame.with_columns(current.alias("revenue"), best.alias("revenue_best")).drop(years)
    _note_revenue(result["revenue"], ledger.shown(names[0]), ledger)
    return result


#: What a file without revenue means for an address stock; a list of prospects has none, so there it is no news.
NO_SALES: Final = (
    "every customer counts as not active, and nothing can be learnt from sales so far. "
    "Amounts in a column revenue or revenue_2025 change that, or a file of purchases ([input] purchases)."
)


def _note_revenue(revenue: pl.Series, shown: str, ledger: Ledger) -> None:
    negative = int((revenue < 0).sum())
    if negative:
        ledger.note(f"{shown}: {counted(negative, 'negative amount')} kept (credit notes); those count as not active.")
    if not (revenue > 0).any():
        ledger.note(f"{shown} holds no amount above 0: {NO_SALES}")


def read_headcounts(frame: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """Read numbers of people; an unreadable one is ignored and its row stays.

    Raises:
        ValuesError: a whole column is unreadable.
    """
    if "headcount" not in frame.columns:
        return frame
    cells = frame["headcount"].drop_nulls().unique(maintain_order=True)
    people = [read_people(cell) for cell in cells]
    joined = frame.join(_people_table(cells, people), on="headcount", how="left", maintain_order="left")
    bad = joined.filter(pl.col("_error") != "")
    text = bad.filter(pl.col("_error") == "not a number of people")
    known = joined.filter((pl.col("_kind") != "missing") | (pl.col("_error") != "")).height
    ledger.refuse_unreadable(text, known, "headcount", _ELSE.format(ours="headcount"), MIN_JUDGED)
    ledger.ignore(bad, "headcount", pl.col("_error"))
    _note_kinds(joined, ledger)
    return joined.with_columns(headcount="_people").drop("_people", "_kind", "_error")


def _people_table(cells: pl.Series, people: list[People]) -> pl.DataFrame:
    rows = [(cell, one.value, one.kind, one.error) for cell, one in zip(cells, people, strict=True)]
    schema = {"headcount": pl.String, "_people": pl.Float64, "_kind": pl.String, "_error": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _note_kinds(joined: pl.DataFrame, ledger: Ledger) -> None:
    kinds = {"range": "ranges are read as their geometric middle", "bound": "limits are read as the number itself"}
    for kind, what in kinds.items():
        found = joined.filter(pl.col("_kind") == kind)
        if not found.is_empty():
            row = found.row(0, named=True)
            example = f"{row['headcount']!r} as {row['_people']:g}"
            ledger.note(
                f"{ledger.shown('headcount')}: {what} ({counted(found.height, 'value')}, for example {example})."
            )


def read_last_purchases(frame: pl.DataFrame, config: InputConfig, ledger: Ledger) -> pl.DataFrame:
    """Read dates; an unreadable one is ignored and its row stays.

    Raises:
        ValuesError: a whole column is unreadable.
    """
    ours = "last_purchase"
    if ours not in frame.columns:
        return frame
    bare = frame.select(dates.cleaned(pl.col(ours), config.date_format))[ours]
    date = bare.to_frame().select(dates.dates(pl.col(ours), config.date_format))[ours]
    bad = frame.filter(bare.is_not_null() & date.is_null())
    advice = 'Set date_format in [input], for example "%m/%d/%Y". ' + _ELSE.format(ours=ours)
    ledger.refuse_unreadable(bad, bare.len() - bare.null_count(), ours, advice, MIN_JUDGED)
    expected = f"{config.date_format!r}" if config.date_format else "2025-12-31 or 31.12.2025"
    ledger.ignore(bad, ours, f"not a date such as {expected}, or out of range")
    return frame.with_columns(date)


def read_vat_ids(frame: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """Put VAT ids in capitals without blanks and signs; what is none is ignored and its row stays."""
    if "vat_id" not in frame.columns:
        return frame
    cells = frame["vat_id"].drop_nulls().unique(maintain_order=True)
    rows = [(cell, vat_id(cell[:_MAX_VAT_ID]) or None) for cell in cells]
    table = pl.DataFrame(rows, schema={"vat_id": pl.String, "_vat_id": pl.String}, orient="row")
    joined = frame.join(table, on="vat_id", how="left", maintain_order="left")
    bad = joined.filter(pl.col("vat_id").is_not_null() & pl.col("_vat_id").is_null())
    ledger.ignore(bad, "vat_id", "no VAT id with its country, such as DE123456789, ATU12345678 or CHE-123.456.789")
    return joined.with_columns(vat_id="_vat_id").drop("_vat_id")


def read_sites(frame: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    """Tell every customer's `site` and its source, and put the start address in `website`; e-mail helps without one."""
    read = _from_websites(frame, ledger)
    named = pl.when(pl.col("site").is_not_null()).then(pl.lit("website"))
    return _from_emails(read.with_columns(site_source=named), ledger)


def _from_websites(frame: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    if "website" not in frame.columns:
        return frame.with_columns(site=pl.lit(None, pl.String), website=pl.lit(None, pl.String))
    cells = frame["website"].drop_nulls().unique(maintain_order=True)
    plain = plain_addresses(cells)
    odd = cells.filter(~cells.is_in(plain["website"].implode()))
    table = pl.concat([plain, _address_table(odd, of_website)])
    joined = frame.join(table, on="website", how="left", maintain_order="left")
    ledger.ignore(joined.filter(pl.col("_error") != ""), "website", pl.col("_error"))
    return joined.with_columns(website="_url", site="_site").drop("_url", "_site", "_error")


def _from_emails(frame: pl.DataFrame, ledger: Ledger) -> pl.DataFrame:
    if "email" not in frame.columns:
        return frame
    cells = frame.filter(pl.col("site").is_null())["email"].drop_nulls().unique(maintain_order=True)
    table = _address_table(cells, of_email)
    joined = frame.join(table, on="email", how="left", maintain_order="left")
    helped = pl.col("site").is_null() & pl.col("_site").is_not_null()
    number = joined.filter(helped).height
    if number:
        ledger.note(
            f"{counted(number, 'website')} taken from the domain of the e-mail address; each is used only if its "
            "Impressum names the customer."
        )
    return joined.with_columns(
        website=pl.when(helped).then("_url").otherwise("website"),
        site=pl.when(helped).then("_site").otherwise("site"),
        site_source=pl.when(helped).then(pl.lit("email")).otherwise("site_source"),
    ).drop("_url", "_site", "_error")


def _address_table(cells: pl.Series, tell: Callable[[str], Address]) -> pl.DataFrame:
    schema = {cells.name: pl.String, "_site": pl.String, "_url": pl.String, "_error": pl.String}
    parts = [pl.DataFrame(schema=schema)]
    # In parts, as a million addresses take far more memory as objects than as columns.
    for start in range(0, cells.len(), _CELLS_AT_ONCE):
        told = [(cell, tell(cell)) for cell in cells.slice(start, _CELLS_AT_ONCE)]
        rows = [(cell, one.site, one.url, one.error) for cell, one in told]
        parts.append(pl.DataFrame(rows, schema=schema, orient="row"))
    return pl.concat(parts)
