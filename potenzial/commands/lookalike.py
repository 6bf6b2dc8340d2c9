"""The commands `lookalike` and `rank-prospects`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from embeddings.lookalike import did_you_mean
from potenzial import tables
from potenzial.api import Project as Analysis
from potenzial.commands.output import for_people, for_programs, stderr
from potenzial.commands.running import reporter
from potenzial.commands.sheet import Format, Sheet, written
from potenzial.errors import QuestionError, UnknownIdError
from potenzial.interruption import interruptible
from potenzial.lock import only_run
from potenzial.lookalikes.answer import Lookalikes
from potenzial.lookalikes.question import ONLY, Only, Question
from potenzial.lookalikes.reader import Reader
from potenzial.lookalikes.sheet import readable
from potenzial.lookalikes.show import shown, shown_prospects
from potenzial.lookalikes.stock import LookalikeStock, load_stock
from potenzial.project import Project
from potenzial.prospects import rank_prospects

#: Columns of the CSV and XLSX lists, the most wanted first.
SHEET: Final = (
    "rank", "customer_id", "name", "postcode", "city", "band", "score", "closer_than", "class_revenue",
    "class_potential", "revenue", "potential", "headcount", "industry_label", "shared", "own", "differs", "website",
)  # fmt: skip
PROSPECT_SHEET: Final = (
    "rank", "customer_id", "name", "postcode", "city", "score", "class_potential", "potential", "potential_low",
    "potential_high", "similarity", "nearest", "known_as", "headcount", "industry_label", "website",
)  # fmt: skip


def lookalike(project: Project, question: Question, kind: Format, path: Path | None) -> None:
    """Answer a question, on the terminal or in a file."""
    stock = load_stock(project)
    _check_ids((*question.ids, *question.without), tables.read(project, "customers")["customer_id"])
    found = Analysis(stock, Reader(project)).ask(question)
    if kind == "table":
        for_people(shown(found, _subject(question, stock)), {})
    elif kind == "json":
        for_programs("", _values(found))
    else:
        _as_sheet(found, project, kind, path)


def _check_ids(names: Sequence[str], known: pl.Series) -> None:
    """Refuse ids that are not in the stock.

    Raises:
        UnknownIdError: the message names ids that may have been meant.
    """
    there = set(known.filter(known.is_in(list(names))))
    for name in names:
        if name not in there:
            raise UnknownIdError(f"There is no customer `{name}`. {did_you_mean(name, known)}")


def only_of(only: str) -> Only | None:
    """Understand --only.

    Raises:
        QuestionError: there is no such kind of customer.
    """
    if only and only not in ONLY:
        raise QuestionError(f"--only takes {', '.join(ONLY)}, not {only!r}.")
    return next((one for one in ONLY if one == only), None)


def _subject(question: Question, stock: LookalikeStock) -> str:
    """Like whom: ids with names."""
    if not question.ids:
        return question.subject
    names = stock.facts[stock.rows(question.ids)].select("customer_id", "name").iter_rows()
    return " + ".join(f"{name} ({customer})" for customer, name in names)


def _values(found: Lookalikes) -> dict[str, Any]:
    hits = found.frame.rename({"customer_id": "neighbour_id"}).to_dicts()
    filters = [{"filter": step.name, "left": step.left} for step in found.steps]
    return {
        "customer_id": found.question.subject,
        "lookalikes": hits,
        "filters": filters,
        "emptied_by": found.emptied_by or None,
    }


def _as_sheet(found: Lookalikes, project: Project, kind: Format, path: Path | None) -> None:
    sheet = readable(found.frame, SHEET, project.config.report.language, project.config.input.target)
    written(Sheet(sheet, "lookalike", "lookalike", "companies"), project, kind, path)
    if found.emptied_by:
        stderr().print(found.emptied_by, markup=False)


def prospects(project: Project, file: Path, k: int, kind: Format, path: Path | None) -> None:
    """Rank another address list, and show the best of it or write all of it."""
    with interruptible(), only_run(project.folder / "data"):
        ranking = rank_prospects(project, file, reporter())
    if kind == "table":
        for_people(shown_prospects(ranking, file.name, k), {})
    elif kind == "json":
        values = {"prospects": ranking.frame.to_dicts(), "findings": ranking.findings, "rejected": ranking.rejected}
        for_programs("", values)
    else:
        language, target = project.config.report.language, project.config.input.target
        sheet = readable(ranking.frame, PROSPECT_SHEET, language, target)
        written(Sheet(sheet, "prospects", "prospects", "companies"), project, kind, path)
