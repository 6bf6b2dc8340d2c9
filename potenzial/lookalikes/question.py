"""What is asked: like whom, unlike whom, among whom, and what counts."""

import math
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from potenzial.errors import QuestionError

Only = Literal["inactive", "active", "prospects"]
ONLY: Final[tuple[Only, ...]] = get_args(Only)


@dataclass(frozen=True, slots=True)
class Weights:
    """How much text, industry and size count in the score, relative to each other; by default only the text does."""

    text: float = 1.0
    industry: float = 0.0
    size: float = 0.0

    def __post_init__(self) -> None:
        """Refuse weights that cannot be weighed.

        Raises:
            QuestionError: a weight is negative or infinite, or all are zero.
        """
        every = (self.text, self.industry, self.size)
        if not all(math.isfinite(weight) and weight >= 0 for weight in every) or not any(every):
            raise QuestionError("Weights are numbers from zero up, and at least one of them is above zero.")

    @property
    def needs_examples(self) -> bool:
        """Whether facts of the examples count, which a text alone does not have."""
        return self.industry > 0 or self.size > 0


@dataclass(frozen=True, kw_only=True)
class Question:
    """A search: like the customers `ids`, or a `text`, or the page at a `url`; unlike the customers `without`.

    `liked` are answers that were approved: the search leans towards them, and they are not found again.

    `where` is a condition in SQL, `only` one kind of customer, `exclude_group` leaves out customers of the examples'
    own companies, `min_score` those below a score, and `k` says how many are wanted.
    """

    ids: tuple[str, ...] = ()
    text: str = ""
    url: str = ""
    without: tuple[str, ...] = ()
    liked: tuple[str, ...] = ()
    where: str = ""
    only: Only | None = None
    exclude_group: bool = False
    weights: Weights = field(default_factory=Weights)
    min_score: float | None = None
    k: int = 20

    def __post_init__(self) -> None:
        """Refuse questions that contradict themselves.

        Raises:
            QuestionError: the message names the options.
        """
        if sum((bool(self.ids), bool(self.text.strip()), bool(self.url.strip()))) != 1:
            raise QuestionError("Like whom? Name customers by their ids, or give --text, or --url: one of the three.")
        if both := sorted({*self.ids, *self.liked} & set(self.without)):
            raise QuestionError(
                f"Customer {', '.join(both)} cannot be an example and a counter-example (--not) at once."
            )
        if self.only is not None and self.only not in ONLY:
            raise QuestionError(f"--only takes {', '.join(ONLY)}, not {self.only!r}.")
        if self.k < 1:
            raise QuestionError("-k is the number of companies wanted, 1 at least.")
        if self.weights.needs_examples and not (self.ids or self.liked):
            raise QuestionError("Industry and size can only be compared with customers: name some by their ids.")

    @property
    def subject(self) -> str:
        """Like whom, in a few words."""
        return " + ".join(dict.fromkeys(self.ids)) or self.url or f'"{" ".join(self.text.split())[:60]}"'
