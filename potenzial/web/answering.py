"""What reps say of a rating on a page or through the interface; it goes the way of `potenzial feedback`."""

import math
import secrets
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl

from potenzial.feedback import VERDICTS, Feedback, take_answers
from potenzial.lock import only_feedback
from potenzial.web.errors import BadRequestError
from potenzial.web.site import Visit

LONGEST_COMMENT: Final = 1_000
_MOST_EUR: Final = 1e12
#: Columns of a file that a rep sends back.
_COLUMNS: Final = ("customer_id", "feedback", "estimate", "comment", "date", "owner", "entry")


@dataclass(frozen=True)
class Answer:
    """A verdict (one of `potenzial.feedback.VERDICTS`), an estimate in EUR per year, or both, and a comment."""

    verdict: str | None
    estimate: float | None
    comment: str | None

    def __post_init__(self) -> None:
        """Refuse answers that say nothing or that cannot be stored.

        Raises:
            BadRequestError: the message names the field.
        """
        if self.verdict is not None and self.verdict not in VERDICTS:
            raise BadRequestError(f"verdict: one of {', '.join(VERDICTS)}.")
        if self.estimate is not None and not 0 <= self.estimate <= _MOST_EUR:
            raise BadRequestError("estimate: EUR per year, from 0 on.")
        if self.verdict is None and self.estimate is None and not self.comment:
            raise BadRequestError("Give a verdict, an estimate or a comment.")

    @classmethod
    def of_form(cls, verdict: str, estimate: str, comment: str) -> "Answer":
        """Read the fields of a form; raises as the constructor."""
        try:
            amount = float(estimate) if estimate.strip() else None
        except ValueError as error:
            raise BadRequestError("estimate: a number in EUR per year.") from error
        if amount is not None and not math.isfinite(amount):
            raise BadRequestError("estimate: a number in EUR per year.")
        return cls(verdict or None, amount, comment.strip() or None)


def take(visit: Visit, customer_id: str, answer: Answer) -> Feedback:
    """Store an answer of the reader, and renew the overrides.

    Raises:
        NotFoundError: there is no such customer, or it is another owner's.
        ProjectBusyError: another process is storing answers.
    """
    portfolio = visit.portfolio
    place = pl.Series([portfolio.place(customer_id)], dtype=pl.UInt32)
    project = portfolio.stock.project
    with visit.site.answering, tempfile.TemporaryDirectory() as folder, only_feedback(project.folder / "data"):
        file = _file(Path(folder), customer_id, visit.viewer.who, answer)
        return take_answers(project, file, portfolio.rows(place))


def _file(folder: Path, customer_id: str, who: str, answer: Answer) -> Path:
    """Write an answer as a list that came back; `entry` tells two answers apart that say the same."""
    today = datetime.now(tz=UTC).date().isoformat()
    cells = (customer_id, answer.verdict, answer.estimate, answer.comment, today, who, secrets.token_hex(8))
    path = folder / "answer.parquet"
    frame = pl.DataFrame({name: [cell] for name, cell in zip(_COLUMNS, cells, strict=True)})
    frame.cast({"estimate": pl.Float64}).write_parquet(path)
    return path
