"""The rules of the house that no linter knows."""

import ast
import importlib.metadata
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("crawler", "embeddings", "scoring", "potenzial")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def _bodies() -> Iterator[tuple[str, int]]:
    """Lines of body of every function, docstring not counted."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.name}", _body_lines(node)


def _body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[1] if ast.get_docstring(node) and len(node.body) > 1 else node.body[0]
    return (node.end_lineno or first.lineno) - first.lineno + 1


def test_functions_are_short() -> None:
    """The median body has at most 6 lines and none has over 60."""
    lengths = dict(_bodies())
    assert statistics.median(lengths.values()) <= 6
    assert {name: lines for name, lines in lengths.items() if lines > 60} == {}


def test_files_are_short() -> None:
    """No source file has over 500 lines."""
    lengths = {str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    assert {name: lines for name, lines in lengths.items() if lines > 500} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_installed_distribution_claims_our_names(package: str) -> None:
    """The generic import names of our packages belong to this distribution alone."""
    owners = importlib.metadata.packages_distributions().get(package, ["potenzial"])
    assert set(owners) == {"potenzial"}


@pytest.mark.parametrize("package", PACKAGES)
def test_everything_in_the_sources_is_installed(package: str) -> None:
    """The package under test holds every file of the sources, data files too."""
    shipped = Path(next(iter(__import__(package).__path__)))
    here = ROOT / package
    missing = [
        str(path.relative_to(here))
        for path in here.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not (shipped / path.relative_to(here)).is_file()
    ]
    assert missing == []


def test_the_command_line_starts_without_heavy_libraries() -> None:
    """Asking for help loads none of the libraries that take long to load."""
    heavy = "{'torch', 'polars', 'sklearn', 'faiss', 'trafilatura', 'sentence_transformers', 'altair', 'httpx'}"
    code = (
        "import sys\nfrom potenzial.cli import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        f"sys.stderr.write(','.join(sorted({heavy} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "lookalike" in done.stdout
