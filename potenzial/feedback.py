"""Reps' answers to the ratings: read, stored, compared with the model, and kept as overrides while they are valid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl

from potenzial import tables
from potenzial.artifact import file_digest
from potenzial.config import Config
from potenzial.filters import parse_filter
from potenzial.handouts import write_handout
from potenzial.ingest.rejects import write_rejects
from potenzial.ingest.synonyms import SYNONYMS
from potenzial.overrides import OVERRIDES, WRONG, expiry, read_overrides, write_overrides
from potenzial.project import Project
from potenzial.usertable import NAMES, UserTable, missing, read_user_table
from scoring.experiment import stratified
from scoring.kinship import stable_hash
from scoring.schema import POTENTIAL

FITS: Final = "fits"
TOO_HIGH: Final = "too high"
TOO_LOW: Final = "too low"
VERDICTS: Final = (FITS, TOO_HIGH, TOO_LOW, WRONG)
#: How people write the answers, in lower case without signs around them.
_WORDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("passt", "stimmt", "ok", "richtig", "fits", "right", "correct", "ja", "yes"), FITS),
    **dict.fromkeys(("zu hoch", "hoch", "too high", "high"), TOO_HIGH),
    **dict.fromkeys(("zu niedrig", "zu gering", "niedrig", "too low", "low"), TOO_LOW),
    **dict.fromkeys(("falsch", "wrong", "stimmt nicht", "unsinn"), WRONG),
}
#: Answers with what the model said when they were given: `estimate`, `revenue` and `potential` in EUR per year.
ANSWERS: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "answered_on": pl.Date(),
        "verdict": pl.String(),
        "estimate": pl.Float64(),
        "comment": pl.String(),
        "given_by": pl.String(),
        "blind": pl.Boolean(),
        "source": pl.String(),
        "revenue": pl.Float64(),
        "potential": pl.Float64(),
        "potential_low": pl.Float64(),
        "potential_high": pl.Float64(),
        "class_potential": pl.String(),
        "action": pl.String(),
        "size_band": pl.String(),
    }
)
#: What a later training may learn from: the rep's number beside the model's, and whether the rep had seen that one.
PAIRS: Final = (
    "customer_id", "answered_on", "estimate", "verdict", "potential", "potential_low", "potential_high", "revenue",
    "blind",
)  # fmt: skip
BLIND: Final = "blind"
FOLDER: Final = "feedback"
REJECTS: Final = "feedback_rejects.csv"
_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "customer_id": NAMES["customer_id"],
    "feedback": ("rueckmeldung", "bewertung", "urteil", "antwort", "verdict"),
    "estimate": (
        *("eigeneschaetzungeurjahr", "eigeneschaetzung", "schaetzung", "eigenepotenzialschaetzung"),
        *("ownestimateeuryear", "ownestimate", "estimatedpotential"),
    ),
    "comment": ("kommentar", "bemerkung", "anmerkung", "notiz", "note", "remark"),
    "list": ("liste",),
    "date": NAMES["date"],
    "owner": ("betreuung", *SYNONYMS["owner"]),
}
#: What a blind list shows: facts that the rep knows anyway, no estimate, class, action or reason.
_BLIND_COLUMNS: Final = (
    "customer_id", "name", "postcode", "city", "owner", "industry_label", "headcount", "website", "revenue",
    "last_purchase",
)  # fmt: skip
_SHOWN_COLUMNS: Final = (
    "customer_id", "name", "postcode", "city", "owner", "action", "class_revenue", "class_potential", "revenue",
    "potential_low", "potential", "potential_high",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Feedback:
    """The answers of one file (ANSWERS) and what became of them.

    `unanswered` rows of the file hold no answer, `rejects` (REJECTS) cannot be used; `overrides` hold after it.
    """

    answers: pl.DataFrame
    rejects: pl.DataFrame
    rows: int
    unanswered: int
    overrides: pl.DataFrame
    stored: int


def take_feedback(project: Project, file: Path) -> Feedback:
    """Read a list that came back, store its answers, and renew the overrides.

    A file that is read twice counts once. Answers to a blind list are stored and override nothing.

    Raises:
        StageError: the customers are not rated.
        InputError: the file cannot be read, or has neither answers nor estimates.
        ProjectError: the overrides on file cannot be read.
    """
    found = take_answers(project, file, tables.read(project, "potential"))
    project.out.mkdir(parents=True, exist_ok=True)
    write_rejects(found.rejects, project.out / REJECTS)
    return found


def take_answers(project: Project, file: Path, lists: pl.DataFrame) -> Feedback:
    """As `take_feedback`, for a file about some customers, whose rows (POTENTIAL) are at hand; writes no rejects."""
    held = read_overrides(project.folder)
    table = read_user_table(file, project.config.input, {}, _NAMES)
    rows, answers, unanswered = _answers(table, lists, file_digest(file))
    rejects = table.rejects()
    overrides = renewed(held, answers, lists, project.config)
    stored = _stored(project, answers)
    if overrides.height or held.height:
        write_overrides(overrides, project.folder)
    return Feedback(answers, rejects, rows, unanswered, overrides, stored)


def _answers(table: UserTable, lists: pl.DataFrame, source: str) -> tuple[int, pl.DataFrame, int]:
    if not table.has("customer_id"):
        raise missing(table, ["customer_id"], "the header")
    if not table.has("feedback") and not table.has("estimate"):
        raise missing(table, ["feedback", "own estimate"], "the header")
    rows = table.rows
    _complete(table)
    table.need("customer_id")
    unknown = ~table.frame["customer_id"].is_in(lists["customer_id"].to_list())
    table.refuse(unknown, "customer_id", "no customer of the stock has this id")
    filled = table.frame.select(pl.any_horizontal(pl.col("feedback", "estimate", "comment").is_not_null())).to_series()
    unanswered = int((~filled).sum())
    table.frame = table.frame.filter(filled)
    _read_values(table)
    table.refuse(~table.frame["customer_id"].is_first_distinct(), "customer_id", "customer_id stands already above")
    return rows, _with_model(table.frame, lists, source), unanswered


def _complete(table: UserTable) -> None:
    absent = [name for name in _NAMES if not table.has(name)]
    table.frame = table.frame.with_columns(pl.lit(None, pl.String).alias(name) for name in absent)


def _read_values(table: UserTable) -> None:
    plain = pl.col("feedback").str.to_lowercase().str.strip_chars(" \t.!?;:,-()").str.replace_all(r"\s+", " ")
    verdict = table.frame.select(plain.replace_strict(_WORDS, default=None, return_dtype=pl.String)).to_series()
    given = table.frame.select((plain != "") & plain.is_not_null()).to_series()
    known = ", ".join(("passt", "zu hoch", "zu niedrig", "falsch", *VERDICTS))
    table.frame = table.frame.with_columns(verdict.alias("verdict"))
    table.refuse(given & verdict.is_null(), "feedback", f"none of the answers {known}")
    table.read_amounts("estimate")
    table.refuse((table.frame["estimate"] < 0).fill_null(value=False), "estimate", "an estimate is not below zero")
    table.read_dates("date")
    today = datetime.now(tz=UTC).date()
    table.refuse((table.frame["date"] > today).fill_null(value=False), "date", "lies in the future")


def _with_model(frame: pl.DataFrame, lists: pl.DataFrame, source: str) -> pl.DataFrame:
    said = frame.select(
        "customer_id",
        "verdict",
        "estimate",
        "comment",
        answered_on=pl.col("date").fill_null(datetime.now(tz=UTC).date()),
        given_by="owner",
        blind=(pl.col("list").str.to_lowercase() == BLIND).fill_null(value=False),
        source=pl.lit(source),
    )
    model = stratified(lists).select("customer_id", *(name for name in ANSWERS if name not in said.columns))
    return said.join(model, on="customer_id").select(ANSWERS.names()).sort("customer_id").match_to_schema(ANSWERS)


def _stored(project: Project, answers: pl.DataFrame) -> int:
    """Add answers to those of earlier files, and write the pairs for training; gives the number of all."""
    folder = project.folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "answers.parquet"
    former = pl.read_parquet(path, glob=False).match_to_schema(ANSWERS) if path.is_file() else ANSWERS.to_frame()
    sources = answers["source"].unique().to_list()
    every = pl.concat([former.filter(~pl.col("source").is_in(sources)), answers])
    ordered = every.sort("customer_id", "answered_on", "source")
    for name, frame in (("answers", ordered), ("pairs", pairs(ordered))):
        partial = folder / f"{name}.parquet.partial"
        frame.write_parquet(partial)
        partial.replace(folder / f"{name}.parquet")
    return ordered.height


def pairs(answers: pl.DataFrame) -> pl.DataFrame:
    """What a training may learn from: the last answer of each customer, those before a number was shown apart."""
    return (
        answers.group_by("customer_id", "blind", maintain_order=True).last().select(PAIRS).sort("customer_id", "blind")
    )


def renewed(held: pl.DataFrame, answers: pl.DataFrame, lists: pl.DataFrame, config: Config) -> pl.DataFrame:
    """Let new answers take the place of older overrides (OVERRIDES) of the same customers.

    An answer overrides when it says that the rating does not fit and names an amount, or that it is wrong; "fits" ends
    an override. A verdict without an amount says nothing that a class could be made of.
    """
    seen = answers.filter(~pl.col("blind"), pl.col("verdict").is_not_null() | pl.col("estimate").is_not_null())
    against = seen.with_columns(pl.coalesce("verdict", _verdict_of_estimate()).alias("verdict")).filter(
        pl.col("verdict") != FITS, pl.col("estimate").is_not_null() | (pl.col("verdict") == WRONG)
    )
    new = against.join(lists.select("customer_id", "name"), on="customer_id").select(
        "customer_id", "name", "verdict", "estimate", "comment", "given_by", given_on="answered_on",
        expires_on=expiry(config, pl.col("answered_on")), potential="potential", class_potential="class_potential",
    )  # fmt: skip
    kept = held.join(seen, on="customer_id", how="anti")
    return pl.concat([kept, new.match_to_schema(OVERRIDES)]).sort("customer_id")


def _verdict_of_estimate() -> pl.Expr:
    """What an estimate alone says of the model's interval."""
    return (
        pl.when(pl.col("estimate") < pl.col("potential_low"))
        .then(pl.lit(TOO_HIGH))
        .when(pl.col("estimate") > pl.col("potential_high"))
        .then(pl.lit(TOO_LOW))
        .otherwise(pl.lit(FITS))
    )


@dataclass(frozen=True)
class Agreement:
    """How far answers of one group agree: counts by verdict, and estimates beside the model's potential.

    `ratio` is the median of estimate over potential, `within` how many estimates lie in the model's interval; an
    estimate without a verdict counts by that interval.
    """

    kind: str
    group: str
    answers: int
    verdicts: Mapping[str, int]
    estimates: int
    ratio: float | None
    within: int

    @property
    def fits(self) -> float | None:
        """Share of the verdicts that say the rating fits."""
        total = sum(self.verdicts.values())
        return self.verdicts[FITS] / total if total else None


#: Groups that answers are counted in, by the column that tells them apart.
GROUPS: Final = {"class": "class_potential", "action": "action", "size": "size_band", "rep": "given_by", "list": "list"}
_MOST_GROUPS: Final = 20


def agreement(answers: pl.DataFrame) -> Iterator[Agreement]:
    """Count answers (ANSWERS) over all, then by class, action, size, rep and whether numbers were shown."""
    listed = pl.when("blind").then(pl.lit("blind")).otherwise(pl.lit("numbers shown")).alias("list")
    verdict = pl.when(pl.col("estimate").is_not_null()).then(_verdict_of_estimate())
    frame = answers.with_columns(listed, pl.coalesce("verdict", verdict).alias("verdict"))
    yield _agreement("all", "", frame)
    for kind, column in GROUPS.items():
        sizes = frame.drop_nulls(column).group_by(column).len().sort("len", column, descending=[True, False])
        for group in sizes[column].head(_MOST_GROUPS).sort():
            yield _agreement(kind, group, frame.filter(pl.col(column) == group))


def _agreement(kind: str, group: str, frame: pl.DataFrame) -> Agreement:
    estimated = frame.filter(pl.col("estimate").is_not_null(), pl.col("potential").is_not_null())
    ratio = estimated.filter(pl.col("potential") > 0).select((pl.col("estimate") / pl.col("potential")).median()).item()
    within = estimated.filter(pl.col("estimate").is_between("potential_low", "potential_high")).height
    counts = {verdict: frame.filter(pl.col("verdict") == verdict).height for verdict in VERDICTS}
    return Agreement(kind, group, frame.height, counts, estimated.height, ratio, within)


@dataclass(frozen=True)
class Wanted:
    """Which customers a list for reps holds: how many, under which condition (empty: all), and the seed of a draw."""

    count: int
    where: str
    seed: int


def write_list(project: Project, wanted: Wanted, path: Path) -> int:
    """Write the first customers of the lists with empty columns for answers; gives how many.

    Raises:
        StageError: the customers are not rated.
        FilterError: the condition cannot be used.
    """
    chosen = _chosen(project, wanted).head(wanted.count)
    write_handout(
        chosen.select(_SHOWN_COLUMNS).with_columns(_empty()),
        path,
        project.config.report.language,
        project.config.input.target,
    )
    return chosen.height


def write_blind_list(project: Project, wanted: Wanted, path: Path) -> int:
    """Write customers drawn by chance from all strata, in random order, without any number of the model.

    Numbers that are shown pull estimates towards themselves; only estimates made without them say how good the model's
    are (anchoring: Tversky and Kahneman 1974, doi 10.1126/science.185.4157.1124). Raises as `write_list`.
    """
    rated = stratified(_chosen(project, wanted))
    order = [stable_hash(f"blind:{wanted.seed}:{name}") for name in rated["customer_id"]]
    shuffled = rated.with_columns(pl.Series("_order", order, dtype=pl.Int64)).sort("_order")
    # The n-th of every stratum before any n + 1-th: all kinds of customers, in no order that tells anything.
    chosen = shuffled.with_columns(_turn=pl.int_range(pl.len()).over("stratum")).sort("_turn", "_order")
    handed = chosen.head(wanted.count).sort("_order").select(_BLIND_COLUMNS)
    blind = handed.with_columns(
        pl.lit(BLIND).alias("list"), *(one for one in _empty() if one.meta.output_name() != "feedback")
    )
    write_handout(blind, path, project.config.report.language, project.config.input.target)
    return blind.height


def _chosen(project: Project, wanted: Wanted) -> pl.DataFrame:
    lists = tables.read(project, "potential").filter(pl.col("potential").is_not_null())
    return lists.filter(parse_filter(wanted.where, POTENTIAL).keeps(lists)) if wanted.where else lists


def _empty() -> list[pl.Expr]:
    return [pl.lit(None, pl.String).alias(name) for name in ("feedback", "estimate", "comment")]
