from pathlib import Path

import polars as pl
import pytest

from potenzial.errors import RunError
from potenzial.runs import store
from potenzial.runs.schema import KEPT, RunRecord


def _keep(folder: Path, day: int, name: str = "") -> RunRecord:
    """Keep a run of that day, in which K-1 has bought for as many EUR."""
    record = RunRecord(
        run=f"202601{day:02d}-120000", name=name, finished_at=f"2026-01-{day:02d}T12:00:00+00:00", potenzial="0",
        customers=2, rated=0, revenue=0.0, potential=0.0, headroom=0.0, headroom_expected=0.0, quantile=0.9,
        coverage=None, a=None, b=None, verdict="ready", settings={}, method={}, made_from=str(day),
    )  # fmt: skip
    rows = [{"customer_id": "K-1", "revenue": float(day)}, {"customer_id": "K-2", "revenue": 0.0}]
    store.save(folder, record, pl.DataFrame([dict.fromkeys(KEPT) | row for row in rows], schema=KEPT))
    return record


def test_runs_are_found_by_name_id_beginning_and_age(tmp_path: Path) -> None:
    """Every way to call a run finds the same one."""
    old, new = _keep(tmp_path, 1, "Herbst"), _keep(tmp_path, 2)
    assert [store.find(tmp_path, asked) for asked in ("Herbst", "20260101", old.run, "previous")] == [old] * 4
    assert store.find(tmp_path, "latest") == new
    assert store.customers(tmp_path, old.run)["revenue"].to_list() == [1.0, 0.0]


@pytest.mark.parametrize("asked", ["Winter", "", "2026", "..", "../runs", "20269999-000000"])
def test_a_run_that_is_not_there_is_named_beside_those_that_are(tmp_path: Path, asked: str) -> None:
    """Unknown names and beginnings of several ids are refused with the runs that there are."""
    _keep(tmp_path, 1, "Herbst"), _keep(tmp_path, 2)
    with pytest.raises(RunError, match="Herbst"):
        store.find(tmp_path, asked)


def test_previous_needs_two_runs(tmp_path: Path) -> None:
    """With one run there is nothing to compare with, and the message says how many it takes."""
    _keep(tmp_path, 1)
    with pytest.raises(RunError, match="takes two runs, and 1 are kept"):
        store.find(tmp_path, "previous")


def test_the_history_of_a_customer_goes_through_all_runs(tmp_path: Path) -> None:
    """A customer's amounts of the newest runs come newest first; who was never there has none."""
    for day in (3, 1, 2):
        _keep(tmp_path, day)
    assert [row["revenue"] for _record, row in store.history(tmp_path, "K-1", 2)] == [3.0, 2.0]
    assert store.history(tmp_path, "K-9", 2) == []


def test_only_plain_runs_are_pruned_and_the_oldest_first(tmp_path: Path) -> None:
    """Runs beyond the number to keep go, unless they have a name; so does what a killed process left half done."""
    for day in range(1, 6):
        _keep(tmp_path, day, "Herbst" if day == 1 else "")
    (tmp_path / "runs" / ".20260109-120000.partial").mkdir()
    assert store.prune(tmp_path, 2) == ["20260103-120000", "20260102-120000"]
    assert [one.called for one in store.every(tmp_path)] == ["20260105-120000", "20260104-120000", "Herbst"]
    assert not list((tmp_path / "runs").glob(".*"))


@pytest.mark.parametrize("name", ["", "latest", "previous", "20260101-120000", "a/b", "..", "x" * 80, "a\nb", " a"])
def test_names_that_mean_something_else_are_refused(tmp_path: Path, name: str) -> None:
    """A name is no path, no id and no word of the command line."""
    with pytest.raises(RunError, match="cannot be the name of a run"):
        store.check_name(tmp_path, name)


def test_a_name_belongs_to_one_run_and_can_be_taken_away(tmp_path: Path) -> None:
    """Two runs never share a name, whatever its case; an empty name takes it away."""
    old, new = _keep(tmp_path, 1, "Herbst"), _keep(tmp_path, 2)
    with pytest.raises(RunError, match="already"):
        store.rename(tmp_path, new.run, "HERBST")
    assert store.rename(tmp_path, "Herbst", "").name == ""
    assert store.rename(tmp_path, new.run, "HERBST").run == new.run
    assert store.find(tmp_path, old.run).name == ""


@pytest.mark.parametrize("file", [store.RECORD, store.CUSTOMERS])
def test_a_damaged_run_is_named_and_harms_no_other(tmp_path: Path, file: str) -> None:
    """A file that was cut is said to be damaged, with the folder to delete; the other runs stay readable."""
    bad, good = _keep(tmp_path, 1), _keep(tmp_path, 2)
    path = tmp_path / "runs" / bad.run / file
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(RunError, match=f"Delete the folder .*{bad.run}"):
        store.customers(tmp_path, store.find(tmp_path, bad.run).run)
    assert good in store.every(tmp_path)
    assert [record.run for record, _row in store.history(tmp_path, "K-1", 9)] == [good.run]
