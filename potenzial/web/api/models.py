"""What the REST interface takes and gives. Amounts are EUR per year; null is what is not known."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

RevenueClass = Literal["A", "B", "C", "inactive"]
PotentialClass = Literal["A", "B", "C", "no data basis"]
Action = Literal["expansion", "reactivation", "keep", "check"]
Confidence = Literal["high", "medium", "low"]
Verdict = Literal["fits", "too high", "too low", "wrong"]


def finite(values: Mapping[str, Any]) -> dict[str, Any]:
    """A row for JSON, which knows no NaN: what cannot be computed is not known."""
    return {name: None if isinstance(one, float) and not math.isfinite(one) else one for name, one in values.items()}


class Given(BaseModel):
    """What a program sends: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Customer(BaseModel):
    """A customer as lists show it."""

    customer_id: str
    name: str | None
    postcode: str | None
    city: str | None
    owner: str | None
    industry: str | None
    industry_label: str | None
    industry_label_en: str | None
    headcount: float | None
    last_purchase: date | None
    revenue: float | None
    potential: float | None
    potential_low: float | None
    potential_high: float | None
    headroom: float | None
    headroom_expected: float | None
    class_revenue: RevenueClass
    class_potential: PotentialClass
    confidence: Confidence | None
    action: Action


class CustomerPage(BaseModel):
    """One page of a list: `count` customers are in all pages together."""

    count: int
    page: int
    size: int
    customers: list[Customer]


class Peer(BaseModel):
    """A similar customer that buys; of one in another territory only class and similarity are told."""

    customer_id: str | None
    name: str | None
    class_revenue: RevenueClass
    revenue_de: str | None
    revenue_en: str | None
    similarity: float
    band_de: str
    band_en: str


class Phrase(BaseModel):
    """A distinctive phrase, the page it stands on (null: the user's own text), and the A customers that share it."""

    phrase: str
    kind_de: str
    kind_en: str
    url: str | None
    shared_with: list[str]


class Explanation(BaseModel):
    """Why a customer is rated as it is.

    `factors` say by how much industry, headcount, text and region raise (above 1) or lower what is typical in the
    stock; `euros` lead from `base`, the stock's typical customer, to `typical`.
    """

    customer_id: str
    name: str | None
    basis: str | None
    revenue: float | None
    revenue_best: float | None
    potential: float | None
    potential_low: float | None
    potential_high: float | None
    typical: float | None
    headroom: float | None
    headroom_expected: float | None
    class_revenue: RevenueClass
    class_potential: PotentialClass
    confidence: Confidence | None
    action: Action
    chances: dict[str, float | None]
    factors: dict[str, float | None]
    euros: dict[str, float | None]
    peers: list[Peer]
    phrases: list[Phrase]
    reasons_de: list[str]
    reasons_en: list[str]
    against_de: str
    against_en: str


class FeedbackGiven(Given):
    """What a rep says of a rating: a verdict, an estimate in EUR per year, or a comment."""

    verdict: Verdict | None = None
    estimate: Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)] | None = None
    comment: Annotated[str, Field(max_length=1_000)] | None = None


class FeedbackAnswer(BaseModel):
    """What was said of a rating, beside what the model said then."""

    customer_id: str
    answered_on: date
    verdict: Verdict | None
    estimate: float | None
    comment: str | None
    given_by: str | None
    blind: bool
    potential: float | None
    class_potential: PotentialClass | None


class FeedbackTaken(BaseModel):
    """What became of an answer: whether it overrides class and action of the customer from the next lists on."""

    customer_id: str
    overrides: bool


class StageState(BaseModel):
    """A stage of the run; times in UTC."""

    stage: str
    done: bool
    finished_at: str | None
    seconds: float | None
    rows: dict[str, int]


class RunState(BaseModel):
    """The run whose results are served, and how far a newer one is."""

    served: str
    stages: list[StageState]


class KeptRun(BaseModel):
    """A kept run; times in UTC. Sums of the whole stock and thresholds are null for a reader with a territory."""

    run: str
    name: str
    finished_at: str
    quantile: float
    coverage: float | None
    verdict: str
    customers: int | None
    rated: int | None
    revenue: float | None
    potential: float | None
    headroom: float | None
    headroom_expected: float | None
    a: float | None
    b: float | None


class Past(BaseModel):
    """What a kept run said of a customer."""

    run: str
    name: str
    finished_at: str
    quantile: float
    revenue: float | None
    potential: float | None
    potential_low: float | None
    potential_high: float | None
    headroom: float | None
    headroom_expected: float | None
    class_revenue: RevenueClass
    class_potential: PotentialClass
    confidence: Confidence | None
    action: Action


class BridgeStep(BaseModel):
    """What one cause added to the sums of a run, EUR per year; "before" and "after" are the sums themselves."""

    step: str
    customers: int
    revenue: float
    potential: float
    headroom: float
    headroom_expected: float


class Moved(BaseModel):
    """How many customers went from one class of revenue or potential to another, and why."""

    figure: Literal["revenue", "potential"]
    before: str
    after: str
    why: str
    customers: int


class Setting(BaseModel):
    """A setting or version that changed."""

    key: str
    before: str
    after: str


class RunDifference(BaseModel):
    """What changed between two kept runs, as `potenzial diff` tells it."""

    before: KeptRun
    after: KeptRun
    summary_de: list[str]
    summary_en: list[str]
    bridge: list[BridgeStep]
    moved: list[Moved]
    settings: list[Setting]


class Problem(BaseModel):
    """An error (RFC 9457); `detail` says what to change."""

    type: str
    title: str
    status: int
    detail: str
