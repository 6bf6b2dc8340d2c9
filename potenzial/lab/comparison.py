"""`potenzial compare` without its printing: configurations in, leaderboard and class changes out."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from potenzial.config import Config, load
from potenzial.errors import ConfigError
from potenzial.lab.changes import Changes, class_changes
from potenzial.lab.controls import SHUFFLED, TFIDF, frequency_vectors, shuffled
from potenzial.lab.race import Contestant, Cost, Place, judge, known_of
from potenzial.lab.speed import Speed, measure
from potenzial.lab.trial import Bench, Likeness, Trial, bench, run_trial, ticks
from potenzial.lab.vectors import Embedded, Vectors
from potenzial.owners import with_company_sites
from potenzial.progress import Advance, Reporter
from scoring.classes import Thresholds, thresholds
from scoring.config import PotentialConfig

#: Called with chunks and a configuration; gives its speed, or None where it cannot be told.
Stopwatch = Callable[[pl.DataFrame, Config], Speed | None]

_FLOAT_BYTES: Final = 4


@dataclass(frozen=True)
class Entry:
    """A configuration that takes part, under the name of its file."""

    name: str
    config: Config


@dataclass(frozen=True)
class Terms:
    """On what terms is raced: seeds of the folds, share of customers that can be contacted, and the ranking measure."""

    seeds: int
    capacity: float
    by: str


@dataclass(frozen=True)
class Comparison:
    """The leaderboard, best first; the class changes from the first entry to each other; and what it was made on.

    `texts` are the passages of the first entry; `by_chunk` names the entries whose neighbours are ordered by MaxSim.
    """

    places: tuple[Place, ...]
    changes: tuple[Changes, ...]
    reference: str
    customers: int
    active: int
    texts: int
    by_chunk: tuple[str, ...]
    terms: Terms
    potential: PotentialConfig
    limits: Thresholds


def entries(patterns: Sequence[str], own: Entry) -> tuple[Entry, ...]:
    """Read the configuration files that names or patterns such as `configs/*.toml` stand for, each once, in order.

    With a single file the project's own configuration comes first.

    Raises:
        ConfigError: no file fits a pattern, or a file is no configuration.
    """
    paths = list(dict.fromkeys(path for pattern in patterns for path in _matching(pattern)))
    names = _names(paths)
    found = [Entry(name, load(path)) for name, path in zip(names, paths, strict=True)]
    return tuple([own, *found] if len(found) == 1 else found)


def _matching(pattern: str) -> Iterator[Path]:
    path = Path(pattern)
    if path.is_file():
        yield path
        return
    # The part before the first sign of a pattern is a folder like any other.
    anchor = Path(path.anchor) if path.is_absolute() else Path()
    found = sorted(anchor.glob(str(path.relative_to(anchor)))) if _is_pattern(pattern) else []
    files = [file for file in found if file.is_file()]
    if not files:
        raise ConfigError(
            f"{pattern}: there is no such configuration file. Name files, or a pattern like configs/*.toml."
        )
    yield from files


def _is_pattern(text: str) -> bool:
    return any(sign in text for sign in "*?[")


def _names(paths: Sequence[Path]) -> list[str]:
    """Name files without folder where that tells them apart."""
    short = [path.stem for path in paths]
    return [name if short.count(name) == 1 else str(path) for name, path in zip(short, paths, strict=True)]


def compare(
    field: Sequence[Entry], vectors: Vectors, own: Config, terms: Terms, reporter: Reporter, stopwatch: Stopwatch
) -> Comparison:
    """Race configurations and the two controls on a project's pages; the first one is the reference.

    `own` is the project's configuration: its folds, seed, quantile and class thresholds hold for all.

    Raises:
        NoCustomersError: too few customers are active.
        EmbeddingError: a model is missing or broken.
    """
    shared = bench(with_company_sites(vectors.customers, vectors.owners), own.potential, terms.seeds)
    contestants = [
        *_entered(field, vectors, shared, reporter, stopwatch),
        *_controls(field[0], vectors, shared, reporter),
    ]
    limits = thresholds(vectors.customers["revenue"], own.classes)
    trials = [contestant.trial for contestant in contestants]
    return Comparison(
        judge(contestants, known_of(shared, terms.capacity), terms.by, own.potential.seed),
        tuple(class_changes(trials[0], other, vectors.customers, limits) for other in trials[1 : len(field)]),
        field[0].name,
        len(shared.stock),
        int(shared.stock.active.sum()),
        contestants[0].chunks,
        tuple(entry.name for entry in field if entry.config.embedding.pooling == "maxsim"),
        terms,
        own.potential,
        limits,
    )


def _entered(
    field: Sequence[Entry], vectors: Vectors, shared: Bench, reporter: Reporter, stopwatch: Stopwatch
) -> Iterator[Contestant]:
    for entry in field:
        with reporter.stage(f"{entry.name}: vectors", "chunks") as advance:
            made = vectors.kept(entry.config.embedding, advance)
        trial = _tried(entry.name, made.likeness, entry.config.potential, shared, reporter)
        with reporter.stage(f"{entry.name}: speed", "models") as advance:
            speed = stopwatch(made.chunks, entry.config)
            advance(1, 1)
        cost = Cost(
            speed.texts_per_second if speed else None, speed.memory_mb if speed else None, _megabytes(made.companies)
        )
        yield Contestant(trial, control=False, chunks=_distinct(made), companies=made.companies.height, cost=cost)


def _controls(reference: Entry, vectors: Vectors, shared: Bench, reporter: Reporter) -> Iterator[Contestant]:
    """Run the controls on the chunks and the vectors of the reference."""
    made = vectors.kept(reference.config.embedding, _untold)
    seed = shared.potential.seed
    for name, companies in (
        (TFIDF, frequency_vectors(made.chunks, seed)),
        (SHUFFLED, shuffled(made.companies, seed)),
    ):
        trial = _tried(name, Likeness(companies), reference.config.potential, shared, reporter)
        cost = Cost(None, None, _megabytes(companies))
        yield Contestant(trial, control=True, chunks=_distinct(made), companies=companies.height, cost=cost)


def _untold(_done: int, _total: int) -> None:
    """Nobody waits for what is already made."""


def _tried(name: str, texts: Likeness, config: PotentialConfig, shared: Bench, reporter: Reporter) -> Trial:
    with reporter.stage(f"{name}: figures", "steps") as advance:
        return run_trial(name, texts, config, shared, _Steps(ticks(shared), advance).tick)


class _Steps:
    """Counts the steps of one trial."""

    def __init__(self, total: int, advance: Advance) -> None:
        self._done, self._total, self._advance = 0, total, advance

    def tick(self) -> None:
        self._done += 1
        self._advance(min(self._done, self._total), self._total)


def _distinct(made: Embedded) -> int:
    return made.chunks["chunk"].n_unique()


def _megabytes(companies: pl.DataFrame) -> float:
    dimension = companies["vector"].dtype.shape[0] if companies.height else 0  # type: ignore[attr-defined]  # an Array has a shape
    return companies.height * dimension * _FLOAT_BYTES / 1e6


def timed(chunks: pl.DataFrame, config: Config) -> Speed | None:
    """Measure the speed of a configuration's model in a process of its own."""
    return measure(chunks, config.embedding)


def untimed(_chunks: pl.DataFrame, _config: Config) -> Speed | None:
    """Leave the speed out."""
    return None
