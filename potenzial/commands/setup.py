"""Commands before the first run: `init` and `check`."""

from pathlib import Path

import polars as pl
from rich.console import Group, RenderableType

from potenzial.artifact import write_whole
from potenzial.commands.output import Output, stdout
from potenzial.errors import ProjectError
from potenzial.progress import duration
from potenzial.project import CONFIG_NAME, Project, open_project, ready
from potenzial.reference import template

#: What `check --write-mapping` writes, beside the configuration.
MAPPING_NAME = "mapping.toml"


def init(folder: Path) -> None:
    """Write a commented configuration into a new or existing folder.

    Raises:
        ProjectError: there is one already, or the folder is a file.
    """
    path = folder / CONFIG_NAME
    if folder.exists() and not folder.is_dir():
        raise ProjectError(f"{folder}: this is a file. Name a folder for the project.")
    if path.exists():
        raise ProjectError(f"{path}: there is a project already. Edit this file, or choose another folder.")
    write_whole(path, template().encode())
    stdout().print(
        f"Project made: {path}\n"
        "1. Put your address stock beside it as customers.csv, or set `customers` in the table input.\n"
        f"2. potenzial check --config {path}\n"
        f"3. potenzial run --config {path}",
        markup=False,
    )


def check(config_path: Path, output: Output) -> int:
    """Read the whole address stock and say what a run would make of it; nothing is written.

    Returns:
        The exit code: 2 if a run could not start, 1 if it would reject too many rows, else 0.
    """
    from potenzial.ingest import check as check_file
    from potenzial.ingest.show import render_check

    project = open_project(config_path)
    ready(project)
    checked = check_file(project.customers_file, project.input)
    expected = crawl_outlook(project, checked.sites)
    crawl = [] if checked.problem else [_crawl_lines(expected)]
    output(Group(render_check(checked), *crawl), {**checked.to_dict(), "crawl": expected})
    return 2 if checked.problem else int(checked.too_many_rejected)


def write_mapping(config_path: Path) -> int:
    """Write the proposed mapping of the address stock beside the configuration; an existing one is left alone.

    Returns:
        The exit code: 2 if customer ids or names could not be told, else 0.

    Raises:
        ProjectError: there is a mapping already.
    """
    from potenzial.ingest import check as check_file

    project = open_project(config_path)
    path = project.folder / MAPPING_NAME
    if path.exists():
        raise ProjectError(f"{path}: there is a mapping already. Edit it, or delete it to have it proposed again.")
    checked = check_file(project.customers_file, project.input)
    write_whole(path, checked.mapping_file.encode())
    stdout().print(
        f"{checked.mapping_file}\nWritten to {path}. Look through it, mend what is wrong, and set\n\n"
        f'mapping = "{MAPPING_NAME}"\n\nin the table input of {config_path}. Nothing of it is used before.'
    )
    return 0 if checked.stock or not checked.problem else 2


def crawl_outlook(project: Project, sites: pl.DataFrame) -> dict[str, float]:
    """Say how many sites and pages a crawl would visit, and how long it would take."""
    from crawler.crawl import outlook
    from potenzial.pipeline import crawl_config

    expected = outlook(sites, crawl_config(project), project.crawl_folder)
    return {
        "sites": expected.sites,
        "done": expected.done,
        "to_visit": expected.to_visit,
        "pages_expected": expected.to_visit * project.config.crawl.pages_per_company,
        "requests_expected": expected.requests,
        "hours_expected": expected.hours,
    }


def _crawl_lines(expected: dict[str, float]) -> RenderableType:
    return (
        f"\nWebsites: {expected['sites']:,}, {expected['done']:,} known, {expected['to_visit']:,} to visit\n"
        f"Pages: up to {expected['pages_expected']:,}, in about {duration(expected['hours_expected'] * 3600)}"
    )
