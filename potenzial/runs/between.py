"""Compares runs of a project: two kept ones, or what it says now with the last one that said something else."""

from potenzial.project import Project
from potenzial.runs import store
from potenzial.runs.difference import Difference, Kept, difference
from potenzial.runs.keep import current, current_customers, lists_digest


def between(project: Project, before: str, after: str) -> Difference:
    """Compare two kept runs by name, id, "latest" or "previous".

    Raises:
        RunError: one of them is not there or damaged.
    """
    one, other = (store.find(project.folder, run) for run in (before, after))
    return difference(*(Kept(record, store.customers(project.folder, record.run)) for record in (one, other)))


def since_last(project: Project) -> Difference | None:
    """What changed since the last kept run with other results; None without one, and for samples.

    Raises:
        RunError: that run is damaged.
    """
    if project.sample:
        return None
    made_from, runs = lists_digest(project), store.every(project.folder)
    former = next((one for one in runs if one.made_from != made_from), None)
    if former is None:
        return None
    # What is kept already need not be put together again.
    same = runs[0].made_from == made_from
    customers = store.customers(project.folder, runs[0].run) if same else current_customers(project)
    return difference(Kept(former, store.customers(project.folder, former.run)), Kept(current(project), customers))
