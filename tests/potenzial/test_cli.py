import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from potenzial import __version__
from potenzial.project import TABLES
from scoring.schema import POTENTIAL

Command = Callable[..., subprocess.CompletedProcess[str]]

HEAD = "customer_id;name;headcount;revenue\n"


def _stock(rows: int, revenue: str = "{}00,50") -> str:
    lines = [f"{n};Firma {n};{n % 40 + 1};{revenue.format(n)}\n" for n in range(1, rows + 1)]
    return HEAD + "".join(lines)


def test_init_makes_a_project_that_can_be_checked(project: Path, potenzial: Command) -> None:
    """After init and with an address file, check says what it understood and writes nothing."""
    (project / "customers.csv").write_text(_stock(5), encoding="utf-8")
    before = sorted(project.rglob("*"))
    done = potenzial("check", cwd=project)
    assert done.returncode == 0, done.stderr
    for said in ("5 rows", "semicolon", "revenue", "300,50"):
        assert said in done.stdout
    assert sorted(project.rglob("*")) == before


def test_init_refuses_to_replace_a_project(project: Path, potenzial: Command) -> None:
    """A second init in the same folder changes nothing and exits with 2."""
    done = potenzial("init", ".", cwd=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is a project already" in done.stderr


def test_check_for_programs_is_json(project: Path, potenzial: Command) -> None:
    """The dry run for programs prints one JSON object with the facts of the stock and the crawl to expect."""
    rows = "1;A;4;100;www.a-firma.example\n2;B;;;\n"
    (project / "customers.csv").write_text(HEAD.strip() + ";website\n" + rows, encoding="utf-8")
    said = json.loads(potenzial("check", "--json", cwd=project).stdout)
    assert (said["rows"], said["stock"]["with_website"], said["crawl"]["to_visit"]) == (2, 1, 1)


def test_the_version_is_printed(tmp_path: Path, started: Command) -> None:
    """--version prints the version of the package."""
    done = started("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, f"potenzial {__version__}")


BAD_INPUT = {
    "missing file": (None, 2, "customers.csv"),
    "empty file": ("", 2, "empty"),
    "empty stock": (HEAD, 2, "no customer"),
    "wrong header": ("Kundennummer;Firma\n1;A\n", 2, 'customer_id = "Kundennummer"'),
    "text in the whole revenue column": (HEAD + "1;A;3;viel\n2;B;4;mehr\n", 2, "revenue"),
    "binary": ("PK\x03\x04\x00\x00\x00\x00", 2, "customers.csv"),
}


@pytest.mark.parametrize(("content", "code", "said"), BAD_INPUT.values(), ids=BAD_INPUT.keys())
def test_bad_input_ends_with_one_clear_message(
    project: Path, potenzial: Command, content: str | None, code: int, said: str
) -> None:
    """What cannot be read is said in one message that names the file, without a traceback."""
    if content is not None:
        (project / "customers.csv").write_text(content, encoding="utf-8")
    done = potenzial("run", cwd=project)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_configured_delimiter_is_named(project: Path, potenzial: Command) -> None:
    """A configured delimiter that does not fit the file is named together with the one that does."""
    (project / "customers.csv").write_text(_stock(5), encoding="utf-8")
    (project / "potenzial.toml").write_text('[input]\ndelimiter = ","\n', encoding="utf-8")
    done = potenzial("run", cwd=project)
    assert done.returncode == 2
    assert "delimiter" in done.stderr
    assert ";" in done.stderr


def test_an_unknown_key_is_named_with_its_table(project: Path, started: Command) -> None:
    """A misspelt key of the configuration stops the run before anything is done."""
    (project / "potenzial.toml").write_text("[potential]\nquantil = 0.9\n", encoding="utf-8")
    done = started("run", cwd=project)
    assert done.returncode == 2
    assert "unknown key `quantil` in [potential]" in done.stderr
    assert not (project / "data").exists()


@pytest.mark.parametrize("arguments", [("--from", "bake"), ("--from", "lists", "--until", "import")])
def test_wrong_stages_are_refused(project: Path, potenzial: Command, arguments: tuple[str, ...]) -> None:
    """An unknown stage, or a first stage behind the last, exits with 2."""
    done = potenzial("run", *arguments, cwd=project)
    assert done.returncode == 2
    assert arguments[1] in done.stderr


def test_bad_rows_are_rejected_and_the_rest_is_rated(project: Path, potenzial: Command) -> None:
    """Duplicate ids and text in revenue go to rejects.csv, a negative headcount is ignored, all others are rated."""
    extra = "1;Firma 1 noch einmal;5;100\n99;Firma 99;-3;100\n100;Firma 100;5;viel\n"
    (project / "customers.csv").write_text(_stock(60) + extra, encoding="utf-8")
    done = potenzial("run", cwd=project)
    assert done.returncode == 0, done.stderr
    rejects = (project / "out" / "rejects.csv").read_text("utf-8-sig")
    assert all(said in rejects for said in ("noch einmal", "-3", "viel"))
    assert pl.read_parquet(project / "out" / "potential.parquet").height == 61


def test_too_many_rejected_rows_exit_with_one(project: Path, potenzial: Command) -> None:
    """A run with more rejected rows than the limit finishes with exit code 1 and says so."""
    (project / "customers.csv").write_text(_stock(4) + "1;A;1;1\n2;B;1;1\n", encoding="utf-8")
    done = potenzial("run", cwd=project)
    assert done.returncode == 1
    assert "rejected" in done.stderr
    assert (project / "out" / "report.html").exists()


@pytest.mark.parametrize(
    "content",
    [
        HEAD + "1;Einzige GmbH;12;5000\n",
        "customer_id;name\n1;Nur Name GmbH\n",
        "customer_id;name;headcount\n1;A;3\n2;B;\n3;C;40\n",
        HEAD + "".join(f"{n};Firma {n};{n};0\n" for n in range(1, 9)),
    ],
    ids=["one customer", "one name", "no revenue column", "all revenue zero"],
)
def test_tiny_stocks_give_a_sensible_result(project: Path, potenzial: Command, content: str) -> None:
    """With too little to learn from, the run ends well: all customers listed, and the report says what is missing."""
    (project / "customers.csv").write_text(content, encoding="utf-8")
    done = potenzial("run", cwd=project)
    assert done.returncode == 0, done.stderr
    lists = pl.read_parquet(project / "out" / "potential.parquet")
    assert lists.schema == POTENTIAL
    assert lists.height == content.count("\n") - 1
    assert "<html" in (project / "out" / "report.html").read_text("utf-8")


def test_a_second_run_makes_nothing_anew_and_a_dry_run_says_so(project: Path, potenzial: Command) -> None:
    """Unchanged stages are kept; a changed setting remakes only what depends on it."""
    (project / "customers.csv").write_text(_stock(40), encoding="utf-8")
    planned = potenzial("run", "--dry-run", cwd=project)
    assert planned.stdout.count("to be made") == len(TABLES)
    assert not (project / "data").exists()
    assert potenzial("run", cwd=project).returncode == 0
    first = {path: path.stat().st_mtime_ns for path in (project / "data").glob("*.parquet")}
    again = potenzial("run", cwd=project)
    assert again.stderr.count("unchanged") == len(TABLES)
    assert {path: path.stat().st_mtime_ns for path in (project / "data").glob("*.parquet")} == first
    (project / "potenzial.toml").write_text("[classes]\nshares = [0.7, 0.2, 0.1]\n", encoding="utf-8")
    assert potenzial("run", "--dry-run", cwd=project).stdout.count("to be made") == 2


def test_a_sample_is_kept_apart_and_does_not_depend_on_the_order(project: Path, potenzial: Command) -> None:
    """--sample takes the same customers whatever the order of the file, and leaves the full results alone."""
    lines = _stock(50).splitlines(keepends=True)
    (project / "customers.csv").write_text("".join(lines), encoding="utf-8")
    assert potenzial("run", "--sample", "20", cwd=project).returncode == 0
    first = set(pl.read_parquet(project / "out" / "sample-20" / "potential.parquet")["customer_id"])
    (project / "customers.csv").write_text("".join(lines[:1] + lines[:0:-1]), encoding="utf-8")
    assert potenzial("run", "--sample", "20", cwd=project).returncode == 0
    assert set(pl.read_parquet(project / "out" / "sample-20" / "potential.parquet")["customer_id"]) == first
    assert len(first) == 20
    assert not (project / "out" / "potential.parquet").exists()


def test_until_stops_early_and_status_says_how_far(project: Path, potenzial: Command) -> None:
    """--until stops after a stage, status names what is done, and asking for results names the command to run."""
    (project / "customers.csv").write_text(_stock(5), encoding="utf-8")
    assert potenzial("run", "--until", "import", cwd=project).returncode == 0
    said = json.loads(potenzial("status", "--json", cwd=project).stdout)
    assert [name for name, stage in said["stages"].items() if stage["done"]] == ["import"]
    for command in (("explain", "1"), ("lookalike", "1"), ("report",)):
        asked = potenzial(*command, cwd=project)
        assert asked.returncode == 2
        assert "potenzial run" in asked.stderr


def test_logs_can_be_json(project: Path, started: Command) -> None:
    """With --log-format json every line on stderr is a JSON object and stdout holds only results."""
    (project / "customers.csv").write_text(_stock(5), encoding="utf-8")
    done = started("--log-format", "json", "run", cwd=project)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert any(line["message"].startswith("import") for line in lines)
    assert "Report:" in done.stdout


def test_report_makes_the_lists_again_and_names_what_is_missing(project: Path, potenzial: Command) -> None:
    """`potenzial report` fills an emptied out/ from data/, and before the first run names the command to run."""
    (project / "customers.csv").write_text(_stock(5), encoding="utf-8")
    early = potenzial("report", cwd=project)
    assert (early.returncode, "potenzial run" in early.stderr) == (2, True)
    assert potenzial("run", cwd=project).returncode == 0
    files = {path.name for path in (project / "out").iterdir()}
    for path in (project / "out").iterdir():
        path.unlink()
    assert potenzial("report", cwd=project).returncode == 0
    assert {path.name for path in (project / "out").iterdir()} == files


@pytest.mark.parametrize("name", ["out", "data"])
def test_a_file_in_place_of_a_folder_is_named_before_anything_is_done(
    project: Path, potenzial: Command, name: str
) -> None:
    """A file called out or data stops a run with a message that names it."""
    (project / "customers.csv").write_text(_stock(5), encoding="utf-8")
    (project / name).touch()
    done = potenzial("run", cwd=project)
    assert done.returncode == 2
    assert "this is a file" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[potential]\nquantile = 0.99\n", "must lie within interval"),
        ('[classes]\nmethod = "fixed"\n', "a_from"),
        ("[classes]\nshares = [0.5, 0.2, 0.2]\n", "sum to 0.9"),
        ('[crawl]\nhosts_file = "nowhere"\n', "hosts_file"),
        ('[embedding]\nmodel = "./nowhere"\n', "there is no such folder"),
        ("[potential]\nseed = -1\n", "`potential.seed`"),
        ('[report]\nlanguage = "fr"\n', 'allowed are "de", "en"'),
    ],
)
def test_check_refuses_what_run_would_refuse(project: Path, potenzial: Command, text: str, said: str) -> None:
    """Settings that contradict each other or name missing files are found by the dry run already."""
    (project / "customers.csv").write_text(_stock(5), encoding="utf-8")
    (project / "potenzial.toml").write_text(text, encoding="utf-8")
    done = potenzial("check", cwd=project)
    assert done.returncode == 2
    assert said in done.stderr


def test_ids_without_their_zeros_are_recognised(project: Path, potenzial: Command) -> None:
    """Asking for an id that lost its leading zeros names the one that was meant."""
    (project / "customers.csv").write_text("customer_id;name\n00017;Firma\n", encoding="utf-8")
    assert potenzial("run", cwd=project).returncode == 0
    done = potenzial("explain", "17", cwd=project)
    assert done.returncode == 2
    assert "Did you mean 00017?" in done.stderr


def test_a_sample_does_not_fail_for_rejects_of_the_whole_file(project: Path, potenzial: Command) -> None:
    """The limit of rejected rows is about the whole file, not about a sample of it."""
    (project / "customers.csv").write_text(_stock(100) + "1;A;1;1\n2;B;1;1\n", encoding="utf-8")
    assert potenzial("run", "--sample", "10", cwd=project).returncode == 0
