"""What reps said against a rating, as long as it is valid: a file that people can read, edit and delete rows from.

An override changes the published class and action of a customer, with a mark among its reasons. The estimate itself and
the training of the model stay as they are.
"""

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import polars as pl

from potenzial.config import Config
from potenzial.errors import ProjectError
from potenzial.ingest.config import InputConfig
from potenzial.report.numbers import Language, Numbers
from potenzial.report.plain import shown
from potenzial.spreadsheet import safe
from potenzial.usertable import UserTable, read_user_table
from scoring.actions import assign
from scoring.classes import Thresholds, class_of

NAME: Final = "overrides.csv"
WRONG: Final = "wrong"
#: One row per customer. `estimate` and `potential` in EUR per year, the latter and the class as the model had them when
#: the rep answered; `verdict` is "too high", "too low" or "wrong"; the override holds up to `expires_on`.
OVERRIDES: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "name": pl.String(),
        "verdict": pl.String(),
        "estimate": pl.Float64(),
        "comment": pl.String(),
        "given_by": pl.String(),
        "given_on": pl.Date(),
        "expires_on": pl.Date(),
        "potential": pl.Float64(),
        "class_potential": pl.String(),
    }
)
_LONGEST_COMMENT: Final = 60
_JOINT: Final = " · "
_NAMES: Final = {name: (name.replace("_", ""),) for name in OVERRIDES}
_CONFIG: Final = InputConfig(delimiter=";", decimal=",")


def read_overrides(folder: Path) -> pl.DataFrame:
    """Read all overrides of a project folder (OVERRIDES, by id), expired ones too; none without the file.

    Raises:
        ProjectError: a row cannot be used; the message names it.
        InputError: the file is no table.
    """
    path = folder / NAME
    if not path.is_file() or not path.read_text("utf-8-sig").partition("\n")[2].strip():
        return OVERRIDES.to_frame()
    table = read_user_table(path, _CONFIG, {}, _NAMES)
    lacking = [name for name in ("customer_id", "verdict", "expires_on") if not table.has(name)]
    if lacking:
        raise ProjectError(f"{path}: no column {' and '.join(lacking)}. Put it back, or delete the file.")
    _read_values(table)
    _refuse_bad(path, table)
    columns = [pl.col(name) if table.has(name) else pl.lit(None).alias(name) for name in OVERRIDES]
    return table.frame.select(columns).cast(OVERRIDES).sort("customer_id")


def _read_values(table: UserTable) -> None:
    table.need("customer_id", "verdict", "expires_on")
    table.read_amounts(*(name for name in ("estimate", "potential") if table.has(name)))
    table.read_dates(*(name for name in ("given_on", "expires_on") if table.has(name)))
    table.refuse(~table.frame["verdict"].is_in(["too high", "too low", WRONG]), "verdict", "no such verdict")
    table.refuse(~table.frame["customer_id"].is_first_distinct(), "customer_id", "customer_id stands already above")


def _refuse_bad(path: Path, table: UserTable) -> None:
    bad = table.ledger.problems()
    if not bad.is_empty():
        row = bad.sort("line").row(0, named=True)
        raise ProjectError(
            f"{path}, line {row['line']}: {row['reason']} ({row['column']}: {row['value']!r}). Mend or delete the row."
        )


def write_overrides(overrides: pl.DataFrame, folder: Path) -> Path:
    """Write OVERRIDES as a CSV for spreadsheets, so that it appears whole or not at all; no text is a formula."""
    path = folder / NAME
    partial = path.with_name(f"{NAME}.partial")
    texts = [safe(name) for name, dtype in OVERRIDES.items() if dtype == pl.String]
    overrides.match_to_schema(OVERRIDES).sort("customer_id").with_columns(texts).write_csv(
        partial, separator=";", decimal_comma=True, include_bom=True, line_terminator="\r\n", float_precision=2
    )
    return partial.replace(path)


def active_overrides(folder: Path, day: date | None = None) -> pl.DataFrame:
    """Overrides that hold on a day, today unless it is given; raises as `read_overrides`."""
    today = day or datetime.now(tz=UTC).date()
    return read_overrides(folder).filter(pl.col("expires_on") >= today)


def overrides_digest(folder: Path) -> str:
    """Hash of the overrides that hold today; empty without any. The lists are made anew when it changes."""
    held = active_overrides(folder)
    return hashlib.sha256(held.write_csv().encode()).hexdigest() if held.height else ""


def apply_overrides(potential: pl.DataFrame, overrides: pl.DataFrame, limits: Thresholds) -> pl.DataFrame:
    """Put what reps said in place of class and action, and say so first among the reasons of both languages.

    An estimate of the rep gets the class of that amount and the action that follows from it; who is only said to be
    wrong keeps the class and is to be checked. Amounts of the model stay as they are.

    Args:
        potential: POTENTIAL.
        overrides: OVERRIDES, those that hold; ids that are not in the stock have no effect.
        limits: EUR per year, as for the rest.

    Returns:
        POTENTIAL, in the same order.
    """
    if overrides.is_empty():
        return potential
    said = overrides.select("customer_id", _verdict="verdict", _estimate="estimate", _until="expires_on", _on="comment")
    joined = potential.join(said, on="customer_id", how="left", maintain_order="left")
    reclassed = _reassigned(joined, limits)
    marked = _marked(reclassed.with_columns(_class=joined["class_potential"]))
    return marked.select(potential.columns).match_to_schema(potential.schema)


def _reassigned(joined: pl.DataFrame, limits: Thresholds) -> pl.DataFrame:
    """Class and action by the rep's estimate; the amounts shown stay the model's."""
    estimate = pl.col("_estimate")
    own_class = class_of(estimate, limits) if limits.known else pl.lit(None, pl.String)
    room = (estimate - pl.max_horizontal(pl.col("revenue").fill_null(0.0), 0.0)).clip(lower_bound=0.0)
    by_rep = joined.with_columns(
        class_potential=pl.coalesce(own_class, "class_potential"), headroom=pl.coalesce(room, "headroom")
    )
    wrong = (pl.col("_verdict") == WRONG) & estimate.is_null()
    assigned = assign(by_rep, limits)
    action = (
        pl.when(wrong).then(pl.lit("check")).when(estimate.is_not_null()).then("action").otherwise(joined["action"])
    )
    return assigned.with_columns(action=action, headroom=joined["headroom"])


def _marked(frame: pl.DataFrame) -> pl.DataFrame:
    rows = frame.filter(pl.col("_verdict").is_not_null()).select(
        "customer_id", "class_potential", "_class", "_verdict", "_estimate", "_until", "_on"
    )
    marks = {
        f"_mark_{language}": pl.Series([mark(row, language) for row in rows.iter_rows(named=True)], dtype=pl.String)
        for language in _LANGUAGES
    }
    joined = frame.join(
        rows.select("customer_id").with_columns(**marks), on="customer_id", how="left", maintain_order="left"
    )
    return joined.with_columns(
        pl.concat_str(f"_mark_{language}", f"reason_{language}", separator=_JOINT, ignore_nulls=True).alias(
            f"reason_{language}"
        )
        for language in _LANGUAGES
    )


_LANGUAGES: Final[tuple[Language, ...]] = ("de", "en")
_WORDS: Final = {
    "de": ("Außendienst (gilt bis {day})", "eigene Schätzung {money}, Klasse {ours} statt {model}", "Bewertung falsch"),
    "en": ("Sales rep (valid until {day})", "own estimate {money}, class {ours} instead of {model}", "rating is wrong"),
}
_NONE: Final = {"de": "ohne Datenbasis", "en": "no data basis"}


def mark(row: dict[str, object], language: Language) -> str:
    """Say who overrides what and until when; a comment is quoted, shortened to one line."""
    numbers, (head, by_estimate, by_word) = Numbers(language), _WORDS[language]
    until, estimate, comment = row["_until"], row["_estimate"], row["_on"]
    classes = {name: _class(row[key], language) for name, key in (("ours", "class_potential"), ("model", "_class"))}
    said = by_word if not isinstance(estimate, float) else by_estimate.format(money=numbers.money(estimate), **classes)
    quoted = shown(comment, _LONGEST_COMMENT).replace(_JOINT.strip(), "-") if isinstance(comment, str) else ""
    rest = f" („{quoted}“)" if quoted and language == "de" else f" (“{quoted}”)" if quoted else ""
    day = numbers.day(until) if isinstance(until, date) else ""
    return f"{head.format(day=day)}: {said}{rest}"


def _class(value: object, language: Language) -> str:
    return _NONE[language] if value == "no data basis" else str(value)


def expiry(config: Config, given_on: pl.Expr) -> pl.Expr:
    """Last day on which an answer of a day overrides the class."""
    return given_on + pl.duration(days=config.feedback.valid_days)
