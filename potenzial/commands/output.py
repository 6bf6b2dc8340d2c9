"""How results are printed: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Callable, Mapping

from rich.console import Console, RenderableType

#: Called with the same result twice told: as a renderable for people and as plain values for programs.
Output = Callable[[RenderableType, Mapping[str, object]], None]


PIPE_WIDTH = 160


def stdout() -> Console:
    """The console of results; a file or a pipe gets lines wide enough for every table."""
    wide = None if sys.stdout.isatty() else PIPE_WIDTH
    return Console(file=sys.stdout, highlight=False, markup=False, width=wide)


def stderr() -> Console:
    """The console of progress bars."""
    return Console(file=sys.stderr, highlight=False)


def for_people(shown: RenderableType, _values: Mapping[str, object]) -> None:
    """Print a result for people."""
    stdout().print(shown)


def for_programs(_shown: RenderableType, values: Mapping[str, object]) -> None:
    """Print a result as JSON."""
    sys.stdout.write(json.dumps(values, ensure_ascii=False, indent=2, default=str) + "\n")


def output_for(*, as_json: bool) -> Output:
    """Choose how to print."""
    return for_programs if as_json else for_people
