"""The small web of the demo over real connections."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import msgspec
import polars as pl
import pytest

from crawler.config import CrawlConfig
from crawler.crawl import crawl
from crawler.resolve import read_hosts
from crawler.schema import SITES
from potenzial.demo.hosts import Host
from potenzial.demo.server import DemoServerError, DemoWeb, serve
from potenzial.demo.stock import DemoStock, generate, site_hosts


def hosts_that(stock: DemoStock, **wanted: str) -> list[Host]:
    """Return the "www." hosts with these properties."""
    found = [host for host in site_hosts(stock) if host.host.startswith("www.")]
    return [host for host in found if all(getattr(host, name) == value for name, value in wanted.items())]


def get(web: DemoWeb, host: str, path: str = "/", **headers: str) -> httpx.Response:
    """Fetch a page of a host without following redirects."""
    # Plain HTTP only: an empty context spares loading the certificates each time.
    with httpx.Client(trust_env=False, timeout=10, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) as client:
        return client.get(f"http://127.0.0.1:{web.port}{path}", headers={"Host": host, **headers})


def log_of(web: DemoWeb) -> list[dict[str, object]]:
    """Return the lines of the access log."""
    lines = web.access_log.read_bytes().splitlines()
    return [msgspec.json.decode(line, type=dict[str, object]) for line in lines]


def test_a_site_is_served_with_all_its_pages(stock: DemoStock, web: DemoWeb) -> None:
    """The front page of a healthy host names the company, and an unknown path is not found."""
    host = hosts_that(stock, behaviour="ok", robots="open")[0]
    home = get(web, host.host)
    if home.status_code == 302:
        home = get(web, host.host, home.headers["location"])
    assert home.status_code == 200
    assert stock.companies[host.number].identity.city in home.text
    assert get(web, host.host, "/gibt-es-nicht").status_code == 404


def test_old_sites_speak_their_own_encoding(stock: DemoStock, web: DemoWeb) -> None:
    """Both encodings are announced in the header and decode without loss."""
    seen = set()
    for host in hosts_that(stock, behaviour="ok")[:40]:
        answer = get(web, host.host, "/sitemap.xml")
        assert answer.headers["content-type"] == "application/xml"
        address = answer.text.split("<loc>")[1].split("</loc>")[0]
        page = get(web, host.host, address.split(".example", 1)[1])
        page.content.decode(page.encoding or "ascii")
        seen.add(page.encoding)
    assert seen == {"utf-8", "windows-1252"}


def test_the_table_of_names_is_what_the_crawler_reads(stock: DemoStock, web: DemoWeb) -> None:
    """Known hosts lead to the port on loopback, refused ones to another, and unknown ones are not in the table."""
    table = read_hosts(web.hosts_file)
    for host in site_hosts(stock):
        if host.behaviour == "unknown":
            assert host.host not in table
        else:
            assert table[host.host].address == "127.0.0.1"
            assert (table[host.host].port == web.port) == (host.behaviour != "refused")


def test_a_dead_host_refuses_the_connection(stock: DemoStock, web: DemoWeb) -> None:
    """Connecting to the port of a refused host fails at once."""
    target = read_hosts(web.hosts_file)[hosts_that(stock, behaviour="refused")[0].host]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((target.address, target.port or 0), timeout=5)


def test_a_moved_site_redirects_to_a_host_that_answers(stock: DemoStock, web: DemoWeb) -> None:
    """Every old address leads permanently to a website that is there."""
    for host in hosts_that(stock, behaviour="moved"):
        answer = get(web, host.host, "/irgendwo.html")
        assert answer.status_code == 301
        target = httpx.URL(answer.headers["location"])
        assert target.host != host.host
        assert get(web, target.host).status_code in {200, 302}


def test_a_bare_host_leads_to_the_one_with_www(stock: DemoStock, web: DemoWeb) -> None:
    """The host without "www." keeps the path."""
    www = hosts_that(stock, behaviour="ok")[0].host
    answer = get(web, www.removeprefix("www."), "/kontakt.html")
    assert (answer.status_code, answer.headers["location"]) == (301, f"http://{www}/kontakt.html")


def test_a_parked_domain_is_for_sale_or_empty(stock: DemoStock, web: DemoWeb) -> None:
    """Parked domains say so on a page of a few words and have no robots.txt."""
    for host in hosts_that(stock, behaviour="parked"):
        answer = get(web, host.host)
        assert answer.status_code == 200
        assert "Domain" in answer.text
        assert len(answer.text) < 1_000
        assert get(web, host.host, "/robots.txt").status_code == 404


def test_a_slow_host_takes_seconds(stock: DemoStock, web: DemoWeb) -> None:
    """A slow host answers after one to two seconds, its robots.txt at once."""
    host = hosts_that(stock, behaviour="slow")[0].host
    answered: list[str] = []

    def ask(path: str) -> int:
        status = get(web, host, path).status_code
        answered.append(path)
        return status

    begun = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        home = pool.submit(ask, "/")
        pool.submit(ask, "/robots.txt").result()
    assert home.result() in {200, 302}
    assert time.monotonic() - begun >= 1.0
    assert answered == ["/robots.txt", "/"]


@pytest.mark.parametrize(("behaviour", "status"), [("error_500", 500), ("error_403", 403)])
def test_broken_hosts_answer_with_their_error(stock: DemoStock, web: DemoWeb, behaviour: str, status: int) -> None:
    """Servers that fail do so on every page."""
    host = hosts_that(stock, behaviour=behaviour)[0].host
    assert get(web, host).status_code == get(web, host, "/impressum.html").status_code == status


def test_a_huge_page_and_a_page_of_script(stock: DemoStock, web: DemoWeb) -> None:
    """One site is larger than crawlers take, another shows nothing without its script."""
    huge = get(web, hosts_that(stock, behaviour="huge")[0].host)
    assert len(huge.content) > 3_000_000
    script = get(web, hosts_that(stock, behaviour="script")[0].host)
    assert "<noscript>" in script.text
    assert len(script.content) < 1_000


def test_robots_say_what_the_host_list_says(stock: DemoStock, web: DemoWeb) -> None:
    """Closed, partial, delayed and missing robots.txt are served as such."""
    closed = get(web, hosts_that(stock, robots="closed")[0].host, "/robots.txt")
    assert "Disallow: /\n" in closed.text
    assert "Crawl-delay: 1" in get(web, hosts_that(stock, robots="delay")[0].host, "/robots.txt").text
    partial = hosts_that(stock, robots="partial", behaviour="ok")[0].host
    assert get(web, partial, "/robots.txt").text.count("Disallow") == 3
    assert get(web, hosts_that(stock, robots="missing", behaviour="ok")[0].host, "/robots.txt").status_code == 404


def test_reservations_from_mining_come_in_three_ways(stock: DemoStock, web: DemoWeb) -> None:
    """A site can reserve text and data mining by file, by header and in the page."""
    by_file = hosts_that(stock, robots="tdm_file")[0].host
    assert get(web, by_file, "/.well-known/tdmrep.json").json() == [{"location": "/*", "tdm-reservation": 1}]
    for kind in ("tdm_header", "tdm_meta"):
        for host in hosts_that(stock, robots=kind, behaviour="ok"):
            first = get(web, host.host)
            page = first if first.status_code == 200 else get(web, host.host, first.headers["location"])
            assert (page.headers.get("tdm-reservation") == "1") == (kind == "tdm_header")
            assert ('name="tdm-reservation"' in page.text.lower()) == (kind == "tdm_meta")


def test_the_crawler_obeys_a_reservation_by_file(stock: DemoStock, web: DemoWeb, tmp_path: Path) -> None:
    """A host that reserves all its pages by file is asked for two files and for no page."""
    host = hosts_that(stock, robots="tdm_file")[0].host
    sites = pl.DataFrame({"site": [host.removeprefix("www.")], "url": [f"http://{host}/"]}, schema=SITES)
    config = CrawlConfig(hosts_file=str(web.hosts_file), allow_loopback=True, delay_seconds=0, extract_workers=1)
    found = crawl(sites, config, tmp_path, progress=lambda _done, _total: None)
    assert found.verdicts["verdict"].to_list() == ["reserved"]
    assert found.fetches["kind"].to_list() == ["robots", "tdmrep", "home"]
    assert found.fetches["reason"].to_list() == ["ok", "ok", "reserved"]


def test_an_unknown_name_gets_no_site(web: DemoWeb) -> None:
    """A Host header that belongs to nobody is answered with 404."""
    assert get(web, "www.niemand.example").status_code == 404


def test_one_connection_serves_many_pages_and_head(stock: DemoStock, web: DemoWeb) -> None:
    """Keep-alive holds over several requests, and HEAD has the headers of GET without its body."""
    host = hosts_that(stock, behaviour="ok")[0].host
    with socket.create_connection(("127.0.0.1", web.port), timeout=5) as connection:
        file = connection.makefile("rb")
        for method in ("GET", "HEAD", "GET"):
            connection.sendall(f"{method} /robots.txt HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            assert b" 200 " in file.readline()
            headers = dict(line.decode().strip().lower().split(": ", 1) for line in iter(file.readline, b"\r\n"))
            if method == "GET":
                assert len(file.read(int(headers["content-length"]))) == int(headers["content-length"])


def test_a_tls_handshake_is_turned_away_at_once(web: DemoWeb) -> None:
    """A visitor that starts TLS sees the connection closed instead of waiting."""
    with socket.create_connection(("127.0.0.1", web.port), timeout=5) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00")
        # One that was kept waiting would end in the connection's time limit.
        assert connection.recv(10) == b""


def test_only_loopback_is_bound(web: DemoWeb) -> None:
    """The port is not open on other addresses of this machine."""
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", web.port), timeout=2):  # noqa: PT011 - refused or unreachable
        pass


def test_the_access_log_tells_how_many_requests_ran_together(stock: DemoStock, web: DemoWeb) -> None:
    """Requests side by side on one host are counted as such, one after another as one."""
    slow = hosts_that(stock, behaviour="slow")[-1].host
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda number: get(web, slow, f"/?{number}", **{"User-Agent": "Probe"}), range(3)))
    alone = hosts_that(stock, behaviour="ok")[3].host
    for _ in range(3):
        get(web, alone, "/robots.txt")
    log = pl.DataFrame([{name: entry[name] for name in ("host", "concurrent", "agent")} for entry in log_of(web)])
    assert log.filter(pl.col("host") == slow)["concurrent"].max() == 3
    assert log.filter(pl.col("host") == alone)["concurrent"].max() == 1
    assert log.filter(pl.col("agent") == "Probe").height == 3


def test_the_web_is_fast_enough_for_a_crawl(stock: DemoStock, web: DemoWeb) -> None:
    """Two hundred pages of different hosts are served in far less time than a crawl of them takes."""
    hosts = [host.host for host in hosts_that(stock, behaviour="ok")][:200]
    begun = time.monotonic()
    with httpx.Client(trust_env=False) as client:
        for host in hosts:
            client.get(f"http://127.0.0.1:{web.port}/", headers={"Host": host})
    # A second or two where nothing else runs.
    assert time.monotonic() - begun < 60


def test_the_web_ends_with_its_block(tmp_path: Path) -> None:
    """After the block nobody listens on the port any more."""
    with serve(generate(3, 1), tmp_path) as web:
        assert web.port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", web.port), timeout=2)


def test_the_web_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    """A parent that dies without a word takes its web with it."""
    script = (
        "import sys, time\nfrom pathlib import Path\n"
        "from potenzial.demo.server import serve\nfrom potenzial.demo.stock import generate\n"
        "with serve(generate(3, 1), Path(sys.argv[1])) as web:\n    print(web.port, flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.05)
    pytest.fail("the web still listens after its parent was killed")


def test_a_web_that_cannot_start_says_so(tmp_path: Path) -> None:
    """A folder that is not there is reported as an error of the demo."""
    with pytest.raises(DemoServerError, match="did not start"), serve(generate(3, 1), tmp_path / "missing"):
        pass
