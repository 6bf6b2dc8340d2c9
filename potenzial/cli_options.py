"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Final

import typer

DEFAULT_CONFIG: Final = Path("potenzial.toml")
ConfigOption = Annotated[Path, typer.Option("--config", help="Configuration file of the project.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
FormatOption = Annotated[str, typer.Option("--format", metavar="[table|json|csv|xlsx]", help="How to print.")]
