"""The rated customers as CSV files that German and English spreadsheets open with a double click."""

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import polars as pl

from potenzial.report.numbers import Language, Numbers
from potenzial.report.texts import Texts, load_texts
from potenzial.spreadsheet import safe
from scoring.config import Target
from scoring.schema import POTENTIAL

#: The lists drawn from all customers, by the action that they call for.
_LISTS: Final = MappingProxyType({"expansion.csv": "expansion", "reactivation.csv": "reactivation"})
_ALL: Final = "potential.csv"
#: Columns that hold one of a few known words, and the table of the catalogue that translates them.
_NAMED: Final = MappingProxyType(
    {"class_revenue": "class", "class_potential": "class", "action": "action", "confidence": "confidence"}
)
_BASIS_PARTS: Final = ("text", "industry", "headcount", "none")
_WHOLE: Final = (
    "headcount", "revenue", "revenue_best", "potential", "potential_low", "potential_high", "typical", "headroom",
    "headroom_expected", "eur_base", "eur_industry", "eur_headcount", "eur_text", "eur_region",
)  # fmt: skip
_SHARES: Final = ("factor_industry", "factor_headcount", "factor_text", "factor_region", "p_a", "p_b", "p_c")
#: The lists open with what a sales rep needs first; everything else follows.
_FIRST: Final = (
    "customer_id", "name", "postcode", "city", "owner", "action", "class_revenue", "class_potential", "revenue",
    "potential", "potential_low", "potential_high", "confidence", "headroom", "headroom_expected", "reasons", "against",
    "peers",
)  # fmt: skip


@dataclass(frozen=True)
class Dialect:
    """How a spreadsheet of one language reads a CSV file."""

    separator: str
    decimal_comma: bool


_DIALECTS: Final = MappingProxyType({"de": Dialect(";", decimal_comma=True), "en": Dialect(",", decimal_comma=False)})


def write_lists(frame: pl.DataFrame, folder: Path, language: Language, target: Target = "revenue") -> tuple[Path, ...]:
    """Write all customers and the lists for expansion and reactivation.

    Args:
        frame: Schema `scoring.schema.POTENTIAL`, in the order of the files; amounts are rounded to whole EUR.
        folder: Where `potential.csv`, `expansion.csv` and `reactivation.csv` go; made when it is missing.
        language: Words, separator and decimal mark; every file is UTF-8 with a byte order mark and CRLF (RFC 4180).
        target: What the EUR are; headings say so.

    Returns:
        The paths of the files.

    Raises:
        polars.exceptions.SchemaError: the frame has another schema.
        OSError: a file cannot be written; a former one is then still whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts, checked = load_texts(language, target), frame.match_to_schema(POTENTIAL)
    rows = checked.with_columns(peers=_peers(checked, language))
    chosen = {name: rows.filter(pl.col("action") == action) for name, action in _LISTS.items()}
    return tuple(
        _write(folder / name, _readable(part, texts), _DIALECTS[language])
        for name, part in {_ALL: rows, **chosen}.items()
    )


def _write(path: Path, frame: pl.DataFrame, dialect: Dialect) -> Path:
    partial = path.with_name(f"{path.name}.partial")
    frame.write_csv(
        partial,
        separator=dialect.separator,
        decimal_comma=dialect.decimal_comma,
        include_bom=True,
        line_terminator="\r\n",
        float_precision=2,
        date_format="%d.%m.%Y" if dialect.decimal_comma else "%Y-%m-%d",
    )
    return partial.replace(path)


def _readable(frame: pl.DataFrame, texts: Texts) -> pl.DataFrame:
    """Columns in reading order with headings and values in the reader's language, safe to open."""
    worded = frame.with_columns(
        *(_translated(column, kind, texts) for column, kind in _NAMED.items()),
        _basis(texts),
        pl.col(_WHOLE).fill_nan(None).round(0, mode="half_away_from_zero").cast(pl.Int64),
        pl.col(_SHARES).fill_nan(None),
        industry_label=pl.col("industry_label" if texts.language == "de" else "industry_label_en"),
        reasons=pl.col(f"reason_{texts.language}"),
        against=pl.col(f"against_{texts.language}"),
    )
    columns = (*_FIRST, *(name for name in frame.columns if name not in _FIRST and not _is_of_a_language(name)))
    chosen = worded.select(columns)
    guarded = chosen.with_columns(safe(name) for name, dtype in chosen.schema.items() if dtype == pl.String)
    return guarded.rename({name: texts.say(f"export.{name}") for name in columns})


def _is_of_a_language(name: str) -> bool:
    return name.endswith(("_de", "_en"))


def _translated(column: str, kind: str, texts: Texts) -> pl.Expr:
    return pl.col(column).replace(texts.words(kind))


def _basis(texts: Texts) -> pl.Expr:
    """`text+industry` in the reader's words."""
    words = {part: texts.name("basis", part) for part in _BASIS_PARTS}
    parts = pl.col("basis").str.split("+").list.eval(pl.element().replace(words))
    return parts.list.join(", ")


def _peers(frame: pl.DataFrame, language: Language) -> pl.Series:
    """Peers as `Name (0,83); Name (0,79)`, one text per row; a peer without a name goes by its id."""
    rows = frame.select("peers").with_row_index("row")
    single = rows.explode("peers").drop_nulls("peers").unnest("peers")
    names = frame.select("customer_id", "name").unique("customer_id", keep="first")
    named = single.join(names, on="customer_id", how="left", maintain_order="left").with_columns(
        similarity=pl.Series([Numbers(language).decimal(value, 2) for value in single["similarity"]], dtype=pl.String)
    )
    peer = pl.format("{} ({})", pl.coalesce("name", "customer_id"), "similarity")
    words = named.group_by("row", maintain_order=True).agg(peers=peer.str.join("; "))
    return rows.select("row").join(words, on="row", how="left", maintain_order="left")["peers"]
