"""The command that shows results in a browser."""

from pathlib import Path
from typing import Annotated

import typer

from potenzial.cli_options import DEFAULT_CONFIG, ConfigOption


def add_to(app: typer.Typer) -> None:
    """Declare the command."""
    app.command()(serve)


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; any but this machine's own needs --token-file.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on; 0 takes a free one.")] = 8765,
    token_file: Annotated[Path | None, typer.Option(help="Who may see what: TOML with one [[access]] a token.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    sample: Annotated[
        int, typer.Option("--sample", min=0, help="Show the results of such a sample; 0 means those of all customers.")
    ] = 0,
) -> None:
    """Show the results in a browser: lists, customers, map, exports and an interface for programs."""
    from potenzial.commands import serving

    raise typer.Exit(serving.serve(config, sample, serving.Asked(host, port, token_file)))
