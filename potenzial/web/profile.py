"""What a lookalike page asks, as it stands in the address of the page: examples, votes, filters and weights."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal
from urllib.parse import urlencode

from potenzial.errors import QuestionError
from potenzial.lookalikes.question import ONLY, Only, Question, Weights
from potenzial.web.errors import BadRequestError
from scoring.schema import POTENTIAL_CLASSES, REVENUE_CLASSES

Vote = Literal["up", "down"]

#: Parameters that may come several times, and the values that those with known values take.
_SEVERAL: Final = ("like", "up", "down", "plz2", "section", "now", "potential")
_ONCE: Final = ("text", "url", "only", "owner", "b")
_KNOWN: Final = {"now": REVENUE_CLASSES, "potential": POTENTIAL_CLASSES, "only": ONLY}
_WEIGHTS: Final = ("text_weight", "industry_weight", "size_weight")
_MOST_VALUES: Final = 60
_LONGEST: Final = 200
_LONGEST_TEXT: Final = 4_000
#: Companies shown at a time.
MOST: Final = 200
_HEAVIEST: Final = 100.0
_LARGEST: Final = 1e9


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A question with its votes: like `like`, `text` or `url`; `up` was approved, `down` refused; the rest filters.

    `staff_from` and `staff_to` are headcounts; `now` are classes by revenue, `potential` those by potential; `b` names
    a configuration that the answer is held against. Nothing in `like`, `text` and `url` asks nothing yet.
    """

    like: tuple[str, ...] = ()
    text: str = ""
    url: str = ""
    up: tuple[str, ...] = ()
    down: tuple[str, ...] = ()
    plz2: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    staff_from: float | None = None
    staff_to: float | None = None
    now: tuple[str, ...] = ()
    potential: tuple[str, ...] = ()
    only: str = ""
    owner: str = ""
    text_weight: float = 1.0
    industry_weight: float = 0.0
    size_weight: float = 0.0
    k: int = 20
    b: str = ""

    def __post_init__(self) -> None:
        """Refuse what no page of ours asks.

        Raises:
            BadRequestError: a value is unknown, too long or out of range.
        """
        for name in _SEVERAL:
            _check(name, getattr(self, name))
        for name in _ONCE:
            _check(name, [value] if (value := getattr(self, name)) else [])
        numbers = (self.staff_from or 0.0, self.staff_to or 0.0)
        if not all(0 <= number <= _LARGEST for number in numbers):
            raise BadRequestError("staff_from and staff_to: numbers of employees.")
        if not all(0 <= getattr(self, name) <= _HEAVIEST for name in _WEIGHTS):
            raise BadRequestError(f"{', '.join(_WEIGHTS)}: from 0 to {_HEAVIEST:.0f}.")
        if not 1 <= self.k <= MOST:
            raise BadRequestError(f"k: from 1 to {MOST}.")

    @classmethod
    def parse(cls, pairs: Iterable[tuple[str, str]]) -> "Profile":
        """Read the parameters of an address; empty and unknown ones count as not given, the last of several wins.

        Raises:
            BadRequestError: a value cannot be used.
        """
        several: dict[str, list[str]] = {name: [] for name in _SEVERAL}
        once: dict[str, str] = {}
        for name, value in pairs:
            if name in several and value.strip():
                several[name].append(value.strip())
            elif value.strip():
                once[name] = value.strip()
        values = {name: tuple(dict.fromkeys(found)) for name, found in several.items()}
        texts = {name: once.get(name, "") for name in _ONCE}
        weights = {name: _number(once, name) for name in _WEIGHTS if name in once}
        ends = {name: _number(once, name) for name in ("staff_from", "staff_to") if name in once}
        count = int(_number(once, "k")) if "k" in once else cls.k
        return cls(**values, **texts, **weights, **ends, k=count)  # type: ignore[arg-type]  # names and types of the fields

    @property
    def parameters(self) -> list[tuple[str, str]]:
        """Everything that differs from the empty question, as parameters of an address."""
        plain = Profile()
        pairs = [(name, one) for name in _SEVERAL for one in getattr(self, name)]
        single = (*_ONCE, "staff_from", "staff_to", *_WEIGHTS, "k")
        changed = [(name, value) for name in single if (value := getattr(self, name)) != getattr(plain, name)]
        return pairs + [(name, _written(value)) for name, value in changed]

    def url_of(self, path: str) -> str:
        """The address of this question."""
        return f"{path}?{urlencode(self.parameters)}" if self.parameters else path

    @property
    def asks(self) -> bool:
        """Whether there is a question at all."""
        return bool(self.like or self.text or self.url)

    @property
    def named(self) -> tuple[str, ...]:
        """Every customer that the question names."""
        return tuple(dict.fromkeys((*self.like, *self.up, *self.down)))

    def voted(self, customer: str, vote: Vote) -> "Profile":
        """The question after a vote; the same vote once more takes it back."""
        up, down = (_less(votes, customer) for votes in (self.up, self.down))
        if customer in (self.up if vote == "up" else self.down):
            return replace(self, up=up, down=down)
        return (
            replace(self, up=(*up, customer), down=down)
            if vote == "up"
            else replace(self, up=up, down=(*down, customer))
        )

    def liking(self, customer: str) -> "Profile":
        """The question with one more example; a vote on it is dropped, and text and address give way to examples."""
        others = self.without(customer)
        return replace(others, like=(*others.like, customer), text="", url="")

    def without(self, customer: str) -> "Profile":
        """The question without a customer, whether example or vote."""
        return replace(
            self, like=_less(self.like, customer), up=_less(self.up, customer), down=_less(self.down, customer)
        )

    def question(self) -> Question:
        """What is asked of the stock, without the filters.

        Raises:
            QuestionError: the question contradicts itself.
        """
        if not self.asks:
            raise QuestionError("Name customers, describe a business, or give a web address.")
        return Question(
            ids=self.like,
            text=self.text,
            url=self.url,
            liked=self.up,
            without=self.down,
            only=_only(self.only),
            weights=Weights(self.text_weight, self.industry_weight, self.size_weight),
            k=self.k,
        )


def _less(values: Sequence[str], value: str) -> tuple[str, ...]:
    return tuple(one for one in values if one != value)


def _check(name: str, values: Sequence[str]) -> None:
    longest = _LONGEST_TEXT if name in {"text", "url"} else _LONGEST
    if len(values) > _MOST_VALUES or any(len(value) > longest for value in values):
        raise BadRequestError(f"{name}: at most {_MOST_VALUES} values of {longest:,} signs.")
    if name in _KNOWN and set(values) - set(_KNOWN[name]):
        raise BadRequestError(f"{name}: one of {', '.join(_KNOWN[name])}.")


def _number(given: dict[str, str], name: str) -> float:
    try:
        number = float(given[name].replace(",", "."))
    except ValueError as error:
        raise BadRequestError(f"{name}: a number.") from error
    if not math.isfinite(number):
        raise BadRequestError(f"{name}: a finite number.")
    return number


def _written(value: object) -> str:
    return f"{value!r}".removesuffix(".0") if isinstance(value, float) else str(value)


def _only(name: str) -> Only | None:
    return next((one for one in ONLY if one == name), None)
