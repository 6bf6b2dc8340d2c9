"""The commands that look at kept runs."""

from pathlib import Path
from typing import Annotated

import typer

from potenzial.cli_options import DEFAULT_CONFIG, ConfigOption, FormatOption, JsonOption

_RunArgument = Annotated[
    str, typer.Argument(help='Name or id of a kept run, the beginning of an id, "latest" or "previous".')
]

runs_app = typer.Typer(help="Look at the runs that are kept.", no_args_is_help=True, rich_markup_mode="markdown")


def add_to(app: typer.Typer) -> None:
    """Declare the commands."""
    app.add_typer(runs_app, name="runs")
    app.command()(diff)


@runs_app.command("list")
def runs_list(
    config: ConfigOption = DEFAULT_CONFIG,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show the kept runs with their sums, the newest first."""
    from potenzial.commands import output, runs

    runs.listed(config, output.output_for(as_json=as_json))


@runs_app.command("name")
def runs_name(
    run: _RunArgument,
    name: Annotated[str, typer.Argument(help="The new name; an empty one takes the name away.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Give a kept run a name: it is then kept for good."""
    from potenzial.commands import runs

    runs.name(config, run, name)


@runs_app.command("delete")
def runs_delete(
    run: Annotated[list[str], typer.Argument(help="Names or ids of the runs to delete.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Delete kept runs; the results of the project stay as they are."""
    from potenzial.commands import runs

    runs.delete(config, run)


def diff(
    before: _RunArgument = "previous",
    after: _RunArgument = "latest",
    most: Annotated[int, typer.Option("--most", min=0, help="Customers named on the terminal.")] = 10,
    kind: FormatOption = "table",
    out: Annotated[Path | None, typer.Option(help="File of a CSV or XLSX list.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Say who changed class between two runs, and whether data, settings or thresholds did it."""
    from potenzial.commands import diffing
    from potenzial.commands.sheet import format_of

    diffing.diff(config, (before, after), most, format_of(kind, as_json=False), out)
