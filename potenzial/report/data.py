"""What a report is made from."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from embeddings.map import Atlas
from potenzial.origins import Origins
from potenzial.report.numbers import Language
from potenzial.runs.difference import Difference
from scoring.backtest.result import Backtest
from scoring.config import Target


@dataclass(frozen=True)
class Step:
    """One step of the coverage, from the address to the rating: its name and how many customers reach it."""

    label_de: str
    label_en: str
    count: int


@dataclass(frozen=True)
class Failure:
    """How many websites met one verdict of the crawler (`crawler.verdict.Verdict`), or why their text is not used.

    `causes` are the reasons of the requests that decided (`crawler.schema.FETCHES`), where a verdict has several.
    """

    verdict: str
    count: int
    causes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Fact:
    """One fact of the run for the record: versions, model and revision, seed, digest of the input."""

    label_de: str
    label_en: str
    value: str


@dataclass(frozen=True)
class Timing:
    """How long a stage took, in seconds."""

    stage: str
    seconds: float


@dataclass(frozen=True)
class ReportData:
    """Everything that one report shows.

    Args:
        title: Heading of the report.
        language: Language of all words and number formats.
        generated_on: Day of the run.
        synthetic: True when the stock is made up; the report says so in a banner.
        customers: Rated customers, schema `scoring.schema.POTENTIAL`; amounts in EUR per year.
        figures: Quality of model and baselines, schema `scoring.schema.FIGURES`.
        thresholds: Lowest EUR per year of class A and of class B, one pair for revenue and potential; infinite
            where the stock has no revenue.
        quantile: The conditional quantile that potential is.
        interval: The two conditional quantiles of the interval.
        gate: Verdict of the model's gate (`scoring.potential.Rating.verdict`); empty judges by the figures alone.
        verdict: Why the gate decided so, in the report's language.
        guards: What the guards against leaks found, schema `scoring.schema.GUARDS`; None where none ran.
        sums: Sums of groups with intervals, schema `scoring.schema.SUMS`; None leaves intervals and section out.
        funnel: Steps from address to rating, in order.
        failures: Websites without usable text by verdict of the crawler.
        doubtful: Websites that are used although nothing on them proves whose they are.
        facts: Facts of the run.
        timings: Seconds of each stage that ran.
        atlas: The map of the stock; None leaves its section out.
        backtest: The last back-test; None leaves its section out.
        change: What changed since the last run that found something else; None leaves its section out.
        origins: Where the data comes from; None leaves its section out.
        visits: Customers that can be visited in a year; 0 draws no line.
        top: Rows of each top list.
        target: What the EUR are.
    """

    title: str
    language: Language
    generated_on: date
    synthetic: bool
    customers: pl.DataFrame
    figures: pl.DataFrame
    thresholds: tuple[float, float]
    quantile: float
    interval: tuple[float, float]
    gate: str = ""
    verdict: str = ""
    guards: pl.DataFrame | None = None
    sums: pl.DataFrame | None = None
    funnel: tuple[Step, ...] = ()
    failures: tuple[Failure, ...] = ()
    doubtful: int = 0
    facts: tuple[Fact, ...] = ()
    timings: tuple[Timing, ...] = ()
    atlas: Atlas | None = None
    backtest: Backtest | None = None
    change: Difference | None = None
    origins: Origins | None = None
    visits: int = 0
    top: int = 20
    target: Target = "revenue"
