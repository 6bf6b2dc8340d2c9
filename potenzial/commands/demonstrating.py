"""The demo: a synthetic stock, its websites on loopback, the main job, and the proof against the true wallets."""

import logging
from pathlib import Path

from potenzial import artifact, tables
from potenzial.commands.output import stdout
from potenzial.commands.running import run_project
from potenzial.demo.project import write_project
from potenzial.demo.proof import proof, render
from potenzial.demo.server import serve
from potenzial.demo.stock import DemoStock, generate
from potenzial.pipeline import Span
from potenzial.project import CONFIG_NAME, Project, open_project

logger = logging.getLogger(__name__)

#: The demo is the same every time.
SEED = 20260101


def demo(customers: int, folder: Path) -> int:
    """Make the demo project, run it, and print where the report lies; gives the exit code."""
    stock = generate(customers, SEED)
    write_project(folder, stock)
    logger.info("demo: %d synthetic customers, websites served on this machine only", customers)
    with serve(stock, folder):
        project = open_project(folder / CONFIG_NAME)
        code = run_project(project, Span())
    _write_proof(project, stock)
    return code


def _write_proof(project: Project, stock: DemoStock) -> None:
    """Only this page sees the true wallets, which are made again from the seed and never stored."""
    lists = tables.read(project, "potential")
    path = project.out / "proof.html"
    artifact.write_whole(path, render(proof(stock.wallets, lists, project.config)).encode())
    stdout().print(f"Proof:   {path} (compares with the true wallets, which only a demo knows)")
