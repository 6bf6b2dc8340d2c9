import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from crawler.crawl import Standing
from potenzial.commands import crawling
from potenzial.report.data import Failure, Step

Command = Callable[..., subprocess.CompletedProcess[str]]

STEPS = (Step("Adressen", "addresses", 1200), Step("mit Domain", "with a domain", 900))
PAGE = """<html lang="de"><title>{0}</title><body><h1>{0}</h1><p>Wir drehen und fräsen Teile aus Stahl und Aluminium
für den Maschinenbau, vom Einzelstück bis zur Serie, seit 1952 in unserem Werk.</p></body></html>"""


def _printed(stands: Standing, failed: list[Failure], width: int = 120) -> str:
    console = Console(file=StringIO(), width=width, markup=False, highlight=False)
    console.print(crawling.shown(stands, STEPS, failed))
    file = console.file
    assert isinstance(file, StringIO)
    return file.getvalue().replace("\N{NO-BREAK SPACE}", " ")


def _standing(**changes: object) -> Standing:
    usual: dict[str, object] = {
        "total": 100, "done": 80, "open": 0, "waiting": 0, "due": 0, "retryable": 0, "next_at": None,
        "verdicts": (("ok", 70), ("dead", 10)),
    }  # fmt: skip
    return Standing(**{**usual, **changes})  # type: ignore[arg-type]  # values of several types by name


@pytest.mark.parametrize("width", [80, 160])
def test_the_standing_says_how_far_the_crawl_is(width: int) -> None:
    """Counts of sites, the first waiting one's time, the funnel and each failure with its advice are told."""
    stands = _standing(open=3, waiting=2, next_at=1_795_800_000.0, retryable=7)
    said = _printed(stands, [Failure("dead", 10, (("dns", 9), ("connect", 1)))], width)
    lines = {" ".join(line.split()) for line in said.splitlines()}
    assert "waiting 2 the first until 2026-11-27 17:20:00 UTC" in lines
    assert "not visited yet 15" in lines
    assert any(line.startswith("with a domain 900 75% █") for line in lines)
    assert "9 × no such" in said
    assert "Check the address" in said
    assert "`potenzial run` goes on" in said
    assert "7 failed websites may answer by now: `potenzial retry`" in said


def test_a_finished_crawl_has_nothing_to_advise() -> None:
    """With all sites visited and no failure that may pass there is nothing to do next."""
    said = _printed(_standing(done=100), [])
    assert "No failed website is likely to answer by now." in said
    assert "usable text" not in said


def test_the_standing_for_programs_has_times_and_causes() -> None:
    """Programs get the same counts, times in ISO 8601 and reasons by their codes."""
    stands = _standing(waiting=1, next_at=1_795_800_000.5)
    told = json.loads(json.dumps(crawling.values(stands, STEPS, [Failure("dead", 10, (("dns", 9),))])))
    assert told["sites"] == {"total": 100, "done": 80, "active": 0, "waiting": 1, "pending": 19, "due": 0}
    assert told["next_at"] == "2026-11-27T17:20:00.500000+00:00"
    assert told["coverage"][1] == {"step": "with a domain", "customers": 900}
    assert told["failures"][0]["causes"] == {"dns": 9}


class _Web(BaseHTTPRequestHandler):
    """Every site has one page and no robots.txt; sites that are named as busy answer 503."""

    def do_GET(self) -> None:
        host = self.headers["Host"].partition(":")[0]
        status = 503 if host in self.server.busy else 404 if self.path != "/" else 200  # type: ignore[attr-defined]  # a `_Server`
        body = PAGE.format(host).encode() if status == 200 else b""
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.asked.append(host)  # type: ignore[attr-defined]  # as above

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class _Server(ThreadingHTTPServer):
    busy: frozenset[str] = frozenset()

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Web)
        self.asked: list[str] = []


@pytest.fixture
def web() -> Iterator[_Server]:
    """Serve the sites on loopback until the test ends."""
    server = _Server()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def stock(project: Path, web: _Server) -> Path:
    """Make a project of three websites: one that answers, one that is busy at first, and one without a name."""
    rows = [f"{number};Firma {number};www.firma-{number}.example" for number in (1, 2, 3)]
    (project / "customers.csv").write_text("\n".join(["customer_id;name;website", *rows]) + "\n", encoding="utf-8")
    port = web.server_address[1]
    names = [f"127.0.0.1:{port} {www}firma-{number}.example\n" for number in (1, 2) for www in ("", "www.")]
    (project / "hosts").write_text("".join(names), encoding="utf-8")
    (project / "potenzial.toml").write_text(
        '[crawl]\nallow_loopback = true\nhosts_file = "hosts"\ndelay_seconds = 0\nretries = 0\nextract_workers = 1\n',
        encoding="utf-8",
    )
    return project


def _status(stock: Path, potenzial: Command) -> dict[str, object]:
    done = potenzial("crawl", "status", "--json", cwd=stock)
    assert done.returncode == 0, done.stderr
    told: dict[str, object] = json.loads(done.stdout)
    return told


def test_retry_takes_what_failed_and_may_succeed_now(stock: Path, web: _Server, potenzial: Command) -> None:
    """After a busy site has recovered, retry visits it again and leaves alone what was read or does not exist."""
    web.busy = frozenset({"firma-2.example", "www.firma-2.example"})
    assert potenzial("run", "--until", "crawl", cwd=stock).returncode in {0, 1}
    before = _status(stock, potenzial)
    assert before["sites"] == {"total": 3, "done": 3, "active": 0, "waiting": 0, "pending": 0, "due": 0}
    assert {failure["verdict"] for failure in before["failures"]} == {"dead", "error"}  # type: ignore[attr-defined]  # a list
    web.busy = frozenset()
    web.asked.clear()
    done = potenzial("retry", "--until", "crawl", cwd=stock)
    assert "to try again" in done.stdout, done.stderr
    assert {host.removeprefix("www.") for host in web.asked} == {"firma-2.example"}
    after = _status(stock, potenzial)
    assert [failure["verdict"] for failure in after["failures"]] == ["dead"]  # type: ignore[attr-defined]  # a list
    assert pl.read_parquet(stock / "data" / "pages.parquet")["site"].unique().sort().to_list() == [
        "firma-1.example",
        "firma-2.example",
    ]


def test_status_before_the_first_crawl_counts_what_is_to_come(stock: Path, potenzial: Command) -> None:
    """After the import all websites are pending; before it the command to run is named."""
    early = potenzial("crawl", "status", cwd=stock)
    assert (early.returncode, "potenzial run" in early.stderr) == (2, True)
    assert potenzial("run", "--until", "import", cwd=stock).returncode == 0
    done = potenzial("crawl", "status", cwd=stock)
    assert done.returncode == 0, done.stderr
    assert "not visited yet 3" in {" ".join(line.split()) for line in done.stdout.splitlines()}
    assert "`potenzial run` goes on" in done.stdout
    assert not (stock / "data" / "frontier.sqlite").exists()


def test_retry_without_anything_to_retry_says_so(stock: Path, potenzial: Command) -> None:
    """Before any visit has failed there is nothing to try again, and a wrong stage is refused."""
    assert potenzial("run", "--until", "import", cwd=stock).returncode == 0
    done = potenzial("retry", cwd=stock)
    assert (done.returncode, "No website failed" in done.stdout) == (0, True), done.stderr
    assert potenzial("retry", "--until", "bake", cwd=stock).returncode == 2
