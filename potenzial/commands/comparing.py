"""Commands of the config lab: `compare` and `tune`."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.text import Text

from potenzial.activity import recorded
from potenzial.artifact import write_whole
from potenzial.commands.output import Output
from potenzial.commands.running import reporter
from potenzial.errors import ConfigError, ProjectError
from potenzial.interruption import interruptible
from potenzial.lab.board import shown, values
from potenzial.lab.comparison import Entry, Terms, compare, entries, timed, untimed
from potenzial.lab.kept import keep
from potenzial.lab.measures import MEASURES
from potenzial.lab.tuning import Budget, Tuned
from potenzial.lab.vectors import Vectors
from potenzial.lab.wording import Wording
from potenzial.lock import only_run
from potenzial.pipeline import Pipeline
from potenzial.progress import Advance, Reporter
from potenzial.project import open_project


@dataclass(frozen=True)
class _Ending:
    """Shows progress, and ends the work at the next step once it was asked to end, whatever a library swallowed."""

    shown: Reporter
    check: Callable[[], None]

    @contextmanager
    def stage(self, name: str, unit: str) -> Iterator[Advance]:
        """Open a stage."""
        with self.shown.stage(name, unit) as advance:

            def tell(done: int, total: int) -> None:
                self.check()
                advance(done, total)

            yield tell


@dataclass(frozen=True)
class Asked:
    """What a user asks of `compare`: the terms, whether speed is measured, and where the page goes (None: out)."""

    terms: Terms
    timed: bool
    page: Path | None


def compare_configs(config_path: Path, sample: int, files: Sequence[str], asked: Asked, output: Output) -> None:
    """Race configurations on the project's pages, print the leaderboard and write the page.

    Raises:
        PotenzialError: a file is no configuration, or the crawl has not run.
    """
    from potenzial.lab.page import render

    project = open_project(config_path, sample)
    field = entries(files, Entry(config_path.stem, project.config))
    page = asked.page or project.out / "compare.html"
    data = project.folder / "data"
    with (
        interruptible() as interruption,
        only_run(data),
        recorded(data, "compare", reporter(), sample=sample) as shown_to,
    ):
        told = _Ending(shown_to, interruption.check)
        vectors = Vectors(project, Pipeline(project, told, interruption.check))
        stopwatch = timed if asked.timed else untimed
        result = compare(field, vectors, project.config, asked.terms, told, stopwatch)
        write_whole(page, render(result, project.config.report).encode())
        keep(result, field, vectors, project.out)
    output(shown(result), {**values(result), "page": str(page)})


@dataclass(frozen=True)
class Search:
    """What a user asks of `tune`: configurations to start from, terms, budget, and the file of the winner."""

    starts: Sequence[str]
    terms: Terms
    budget: Budget
    target: Path


def terms_of(by: str, capacity: float, seeds: int) -> Terms:
    """Check on what terms is raced.

    Raises:
        ConfigError: `by` is no figure that can be better or worse.
    """
    rankings = [name for name, measure in MEASURES.items() if measure.sign]
    if by not in rankings:
        raise ConfigError(f"--by {by}: there is no such figure to rank by. Choose one of {', '.join(rankings)}.")
    return Terms(seeds, capacity, by)


def tune_config(config_path: Path, search: Search, output: Output) -> None:
    """Search for a better configuration, test it on customers the search never saw, and write it to a new file.

    Raises:
        PotenzialError: the file is there already, or the time was too short for a single configuration.
    """
    from potenzial.lab.space import winner_toml
    from potenzial.lab.tuning import tune

    if search.target.exists():
        raise ProjectError(f"{search.target}: this file is there already. Name another one with --out.")
    project = open_project(config_path)
    own = Entry(config_path.stem, project.config)
    starts = [own, *(entry for entry in entries(search.starts, own) if entry != own)] if search.starts else [own]
    data = project.folder / "data"
    with interruptible() as interruption, only_run(data), recorded(data, "tune", reporter()) as shown_to:
        told = _Ending(shown_to, interruption.check)
        vectors = Vectors(project, Pipeline(project, told, interruption.check))
        with told.stage("tune", "seconds") as advance:
            found = tune(starts, vectors, project.config, search.terms, search.budget, advance)
    lines = _told(found, own.name, search.terms)
    write_whole(search.target, winner_toml(found.winner, lines).encode())
    advice = f"potenzial compare {config_path} {search.target}"
    shown_lines = "\n".join([*lines, f"Written: {search.target}", f"On the whole stock: {advice}"])
    output(Text(shown_lines), {"winner": str(search.target), "start_wins": found.is_start, "remarks": lines})


def _told(found: Tuned, start: str, terms: Terms) -> list[str]:
    """Say what a search found, in sentences that also stand in the new file."""
    words, places = Wording.of("en"), MEASURES[terms.by].places
    title = words.title(terms.by)
    tried = f"{found.tried} configurations tried on {found.customers:,} customers, {found.given_up} given up early."
    if found.is_start:
        return [tried, f"None has a better {title} than {start} ({words.number(found.value, places)})."]
    values = f"{words.number(found.value, places)}, {start} {words.number(found.start_value, places)}"
    return [
        tried,
        f"Best {title} there: {values}. The best of many looks better than it is.",
        _tested(found, start, words, places),
    ]


def _tested(found: Tuned, start: str, words: Wording, places: int) -> str:
    figure = found.confirmed
    if figure is None:
        return "Not tested on other customers: the time was over, or too few of them are active."
    own, step, low, high = (
        words.number(value, places)
        for value in (figure.own.value, figure.difference.value, figure.difference.low, figure.difference.high)
    )
    return (
        f"On {found.kept_back:,} customers that the search never saw: {own}, difference from {start} {step} "
        f"(95 % interval {low} to {high}): {figure.verdict or 'not measurable'}."
    )
