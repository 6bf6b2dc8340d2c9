from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from crawler.verdict import Verdict
from potenzial.cli import app
from potenzial.project import STAGES
from scoring.schema import POTENTIAL

ROOT = Path(__file__).parents[2]


def _commands(group: Any, above: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - their types are private to typer
    """Yield every command with its whole name, those of groups too."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}", command


COMMANDS = dict(_commands(get_command(app)))
OPTIONS = sorted(
    {(name, option) for name, command in COMMANDS.items() for param in command.params for option in param.opts}
)


def _doc(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_its_section(name: str) -> None:
    """Each command of the command line has a heading of its own in the docs."""
    assert f"## `potenzial {name}" in _doc("cli.md")


@pytest.mark.parametrize(("name", "option"), [pair for pair in OPTIONS if pair[1].startswith("-")])
def test_every_option_is_documented(name: str, option: str) -> None:
    """Each option of each command is named in the command's section or in the introduction to all."""
    text = _doc("cli.md")
    section = text.partition(f"## `potenzial {name}")[2].partition("\n## ")[0]
    assert f"`{option}" in section + text.partition("\n## ")[0]


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_is_documented(stage: str) -> None:
    """Each stage that --from takes is named in the docs and in the option's help."""
    assert f"`{stage}`" in _doc("cli.md")


@pytest.mark.parametrize("column", POTENTIAL.names())
def test_every_result_column_is_documented(column: str) -> None:
    """Each column of out/potential.parquet is explained in the docs."""
    assert f"`{column}`" in _doc("lists.md")


@pytest.mark.parametrize(
    "path", sorted([*(ROOT / "docs").glob("*.md"), *ROOT.glob("*.md")]), ids=lambda path: path.name
)
def test_links_between_the_docs_lead_somewhere(path: Path) -> None:
    """Every relative link of a document names a file that is there."""
    for piece in path.read_text("utf-8").split("](")[1:]:
        target = piece.partition(")")[0].partition("#")[0]
        assert "://" in target or not target or (path.parent / target).exists(), target


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_is_documented(verdict: Verdict) -> None:
    """Each verdict that a site can get is explained in the docs."""
    assert f"| `{verdict}` |" in _doc("crawl.md")
