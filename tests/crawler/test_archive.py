import asyncio
import gzip
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.archive import WarcWriter, prune, warc_transport
from crawler.config import CrawlConfig
from crawler.crawl import crawl
from crawler.errors import WarcFileError
from crawler.fetch import Answer

CONFIG = CrawlConfig(archive="warc", retention_days=30, contact="https://crawl.example/bot")
HOME = "https://www.foo.de/"

Archive = Callable[..., Path]
Ask = Callable[..., httpx.Response]


def _answer(url: str = HOME, wire: bytes = b"<p>Fr\xc3\xa4sen</p>", **changes: object) -> Answer:
    usual: dict[str, object] = {
        "url": url,
        "reason": "ok",
        "status": 200,
        "wire": wire,
        "raw_headers": (("Content-Type", "text/html"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")),
        "request_headers": (("Host", "www.foo.de"), ("User-Agent", "PotenzialBot/1.0")),
        "http_version": "HTTP/1.1",
        "address": "192.0.2.1",
    }
    return Answer(**{**usual, **changes})  # type: ignore[arg-type]  # values of several types by name


def _written(folder: Path, *answers: Answer, **options: int) -> list[Path]:
    writer = WarcWriter(folder, CONFIG, **options)
    for answer in answers:
        writer.write(answer)
    writer.close()
    return sorted(folder.glob("*.warc.gz"))


def _records(path: Path) -> list[tuple[str, StatusAndHeaders, bytes]]:
    with path.open("rb") as file:
        for record in ArchiveIterator(file, check_digests="raise"):
            record.raw_stream.read()
    with path.open("rb") as file:
        records = ArchiveIterator(file, no_record_parse=True)
        return [(record.rec_type, record.rec_headers, record.raw_stream.read()) for record in records]


@pytest.fixture
def ask() -> Ask:
    """Ask an archive for an address and read the whole body as it lies there."""

    def request(files: Iterable[Path], url: str, *sites: str) -> httpx.Response:
        source = warc_transport(map(str, files), sites or ("foo.de",))

        async def send() -> httpx.Response:
            async with source() as transport:
                response = await transport.handle_async_request(httpx.Request("GET", url))
                try:
                    raw = b"".join([part async for part in response.aiter_raw()])
                finally:
                    await response.aclose()
                return httpx.Response(response.status_code, headers={**response.headers, "x-raw": raw.hex()})

        try:
            return asyncio.run(send())
        finally:
            source.close()

    return request


def _raw(response: httpx.Response) -> bytes:
    return bytes.fromhex(response.headers["x-raw"])


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    """Write a WARC file of (kind, url, date, status line, HTTP headers, body, WARC headers) as other tools do."""
    made: list[Path] = []

    def write(*records: tuple[str, str, str, str, dict[str, str], bytes, dict[str, str]], packed: bool = True) -> Path:
        path = tmp_path / f"other-{len(made)}.warc{'.gz' if packed else ''}"
        made.append(path)
        with path.open("wb") as file:
            writer = WARCWriter(file, gzip=packed)
            for kind, url, date, line, headers, body, extra in records:
                http = StatusAndHeaders(line, list(headers.items()), protocol="HTTP/1.1") if line else None
                record = writer.create_warc_record(
                    url,
                    kind,
                    payload=BytesIO(body),
                    length=len(body),
                    http_headers=http,
                    warc_headers_dict={"WARC-Date": date, **extra},
                )
                writer.write_record(record)
        return path

    return write


HTML = {"Content-Type": "text/html"}


def test_an_exchange_is_kept_as_it_came(tmp_path: Path) -> None:
    """The file holds who wrote it, the answer with headers and body as received, and the request; all digests fit."""
    headers = (("X-Ort", "M\xfcnchen"), ("Set-Cookie", "a"), ("Set-Cookie", "b"))
    answer = _answer(raw_headers=headers, wire=b"\x1f\x8b\0\r\n")
    [path] = _written(tmp_path, answer)
    (info, about, fields), (kind, head, block), (request, asked, sent) = _records(path)
    assert (info, kind, request) == ("warcinfo", "response", "request")
    assert about.get_header("WARC-Filename") == path.name
    assert b"http-header-user-agent: PotenzialBot/1.0 (+https://crawl.example/bot)\r\n" in fields
    assert block == (
        b"HTTP/1.1 200 OK\r\nX-Ort: M\xfcnchen\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 5\r\n\r\n"
        b"\x1f\x8b\0\r\n"
    )
    assert sent.startswith(b"GET / HTTP/1.1\r\nHost: www.foo.de\r\n")
    assert asked.get_header("WARC-Concurrent-To") == head.get_header("WARC-Record-ID")
    assert (head.protocol, head.get_header("WARC-IP-Address")) == ("WARC/1.1", "192.0.2.1")
    assert head.get_header("WARC-Target-URI") == HOME


def test_each_record_is_compressed_by_itself(tmp_path: Path) -> None:
    """Every record starts a gzip member of its own, so that readers can go straight to it."""
    [path] = _written(tmp_path, _answer(), _answer())
    with path.open("rb") as file:
        records = ArchiveIterator(file)
        offsets = [records.get_record_offset() for _ in records]
    assert len(offsets) == 5
    assert all(path.read_bytes()[offset : offset + 2] == b"\x1f\x8b" for offset in offsets)


@pytest.mark.parametrize(
    ("changes", "stored", "truncated"),
    [
        ({"raw_headers": (("Transfer-Encoding", "chunked"),)}, b"X-Crawl-Transfer-Encoding: chunked\r\n", None),
        ({"raw_headers": (("Content-Length", "99"),), "cut": True}, b"X-Crawl-Content-Length: 99\r\n", "length"),
        (
            {"raw_headers": (("Content-Length", "99"),), "reason": "not_html", "wire": b""},
            b"Length: 0\r\n",
            "unspecified",
        ),
        ({"raw_headers": (("A", "b\r\nC: d"),)}, b"\r\nA: b  C: d\r\n", None),
        ({"raw_headers": (), "headers": {"a": ("1", "2")}}, b"\r\na: 1\r\na: 2\r\n", None),
    ],
    ids=["chunked", "cut off", "not read", "line break", "headers only"],
)
def test_the_head_fits_the_stored_body(
    tmp_path: Path, changes: dict[str, object], stored: bytes, truncated: str | None
) -> None:
    """Headers of the transfer are set aside, the length is that of the stored body, and what is missing is said."""
    [path] = _written(tmp_path, _answer(**changes))
    _, head, block = _records(path)[1]
    front, _, body = block.partition(b"\r\n\r\n")
    assert stored in front + b"\r\n"
    assert front.endswith(f"\r\nContent-Length: {len(body)}".encode())
    assert head.get_header("WARC-Truncated") == truncated


def test_a_request_without_an_answer_leaves_no_file(tmp_path: Path) -> None:
    """What never reached a server makes no record and no empty file."""
    assert _written(tmp_path, Answer(url=HOME, reason="dns")) == []


def test_files_are_followed_by_new_ones(tmp_path: Path) -> None:
    """A file that has grown to its size is followed by another that begins with its own first record."""
    files = _written(tmp_path, *[_answer(wire=os.urandom(600))] * 3, rotate_bytes=500)
    assert [[kind for kind, _, _ in _records(path)] for path in files] == [["warcinfo", "response", "request"]] * 3


def test_a_second_run_writes_into_a_file_of_its_own(tmp_path: Path) -> None:
    """Nothing is ever appended to a file of an earlier run, even within the same second."""
    [first] = _written(tmp_path, _answer())
    content = first.read_bytes()
    assert len(_written(tmp_path, _answer())) == 2
    assert first.read_bytes() == content


@pytest.mark.parametrize(("days", "left"), [(2, {"new", "strange"}), (9, {"old", "new", "strange"}), (0, {"strange"})])
def test_files_are_deleted_when_their_time_is_over(tmp_path: Path, days: int, left: set[str]) -> None:
    """Files older than the retention go, all of them with none; files that the crawler did not write stay."""
    now = time.time()
    names = {
        "old": f"crawl-{time.strftime('%Y%m%dT%H%M%S', time.gmtime(now - 3 * 86_400))}Z-00000.warc.gz",
        "new": f"crawl-{time.strftime('%Y%m%dT%H%M%S', time.gmtime(now - 3_600))}Z-00000.warc.gz",
        "strange": "crawl-data.warc.gz",
    }
    for name in names.values():
        (tmp_path / name).touch()
    assert prune(tmp_path, days, now) == 3 - len(left)
    assert {path.name for path in tmp_path.iterdir()} == {names[name] for name in left}


WRITE_FOREVER = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from crawler.archive import WarcWriter
    from crawler.config import CrawlConfig
    from crawler.fetch import Answer

    writer = WarcWriter(Path(sys.argv[1]), CrawlConfig(archive="warc", retention_days=1))
    for number in range(10**9):
        writer.write(Answer(url=f"https://foo.de/{number}", reason="ok", status=200, wire=b"x" * 50_000))
        sys.stdout.write(f"{number}\\n")
        sys.stdout.flush()
    """
)


def test_a_killed_writer_loses_no_finished_exchange(tmp_path: Path, ask: Ask) -> None:
    """After kill -9 every exchange whose writing had ended is read again."""
    with subprocess.Popen([sys.executable, "-c", WRITE_FOREVER, str(tmp_path)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        last = [int(writer.stdout.readline()) for _ in range(40)][-1]
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().split()
    last = int(rest[-1]) if rest else last
    assert _raw(ask(tmp_path.glob("*.gz"), f"https://foo.de/{last}")) == b"x" * 50_000


def test_a_torn_end_is_read_to_the_last_whole_record(tmp_path: Path, ask: Ask) -> None:
    """A file cut off anywhere gives the records before the cut, and never half a page."""
    pages = [_answer(f"https://foo.de/{number}", os.urandom(400)) for number in range(3)]
    [path] = _written(tmp_path, *pages)
    whole = path.read_bytes()
    counts = set()
    # Where the last answer says its length, every byte counts.
    for end in [*range(0, len(whole), 23), *range(len(whole) - 830, len(whole) - 790), len(whole)]:
        path.write_bytes(whole[:end])
        answers = [ask([path], page.url) for page in pages]
        read = [_raw(answer) for answer in answers if answer.status_code == 200]
        assert read == [page.wire for page in pages][: len(read)]
        counts.add(len(read))
    assert counts == {0, 1, 2, 3}


@given(st.binary(max_size=2_000), st.sampled_from(["gzip", "br", ""]))
def test_what_was_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, body: bytes, coding: str) -> None:
    """Body, status and headers come back from the archive as they went in, still compressed."""
    folder = tmp_path_factory.mktemp("warc")
    headers = (("Content-Type", "text/html"), ("Content-Encoding", coding))
    _written(folder, _answer(wire=body, raw_headers=headers))
    source = warc_transport([str(folder / "*.warc.gz")], ["foo.de"])

    async def send() -> tuple[int, dict[str, str], bytes]:
        response = await source().handle_async_request(httpx.Request("GET", HOME))
        raw = b"".join([part async for part in response.aiter_raw()])
        await response.aclose()
        return response.status_code, dict(response.headers), raw

    status, told, raw = asyncio.run(send())
    source.close()
    assert (status, raw) == (200, body)
    assert told == {"content-type": "text/html", "content-encoding": coding}


def test_an_unchanged_page_is_answered_with_what_it_was(tmp_path: Path, ask: Ask) -> None:
    """A "not modified" is kept as a note, and reading goes back to the page that it speaks of."""
    [path] = _written(tmp_path, _answer(), _answer(wire=b"", status=304, reason="unchanged"))
    assert [kind for kind, _, _ in _records(path)][3] == "revisit"
    assert _raw(ask([path], HOME)) == _answer().wire


def test_the_latest_capture_counts(archive: Archive, ask: Ask) -> None:
    """Of several captures of one address the latest is read, in whichever file it lies."""
    new = archive(("response", HOME, "2026-05-01T00:00:00Z", "404 Not Found", HTML, b"gone", {}))
    old = archive(("response", HOME, "2025-05-01T00:00:00Z", "200 OK", HTML, b"here", {}))
    for files in ([new, old], [old, new]):
        assert ask(files, HOME).status_code == 404


@pytest.mark.parametrize("url", ["http://foo.de", "https://foo.de/index.html", "http://www.foo.de/", HOME])
def test_other_spellings_of_an_address_are_tried(archive: Archive, ask: Ask, url: str) -> None:
    """Where the very address is missing, the page under another scheme or with "www." answers, not a redirect."""
    there = archive(
        ("response", HOME, "2025-01-01T00:00:00Z", "200 OK", HTML, b"here", {}),
        ("response", "http://foo.de/x", "2026-01-01T00:00:00Z", "301 Moved", {"Location": HOME}, b"", {}),
        ("response", "https://foo.de/x", "2025-01-01T00:00:00Z", "200 OK", HTML, b"x", {}),
    )
    assert _raw(ask([there], url)) == b"here"
    assert ask([there], "http://foo.de/x").status_code == 301
    assert _raw(ask([there], "https://www.foo.de/x")) == b"x"


@pytest.mark.parametrize("reason", ["broken", "timeout"])
def test_an_answer_that_broke_off_breaks_off_again(tmp_path: Path, ask: Ask, reason: str) -> None:
    """Half an answer is never taken for a whole one, since half a robots.txt allows more than the whole."""
    [path] = _written(tmp_path, _answer(reason=reason, cut=True))
    with pytest.raises(httpx.ReadError):
        ask([path], HOME)


def test_an_answer_that_was_too_long_says_so_again(tmp_path: Path, ask: Ask) -> None:
    """A body that was left alone for its length comes back with that length."""
    long = (("Content-Type", "text/html"), ("Content-Length", "4000000"))
    [path] = _written(tmp_path, _answer(wire=b"", cut=True, reason="too_large", raw_headers=long))
    assert ask([path], HOME).headers["content-length"] == "4000000"


def test_what_is_not_there_is_a_404(archive: Archive, ask: Ask) -> None:
    """Pages and robots.txt that are missing, and sites that were not asked for, are answered with 404."""
    path = archive(("response", HOME, "2025-01-01T00:00:00Z", "200 OK", HTML, b"here", {}))
    assert ask([path], "https://www.foo.de/robots.txt").status_code == 404
    assert ask([path], HOME, "bar.de").status_code == 404


def test_records_of_other_tools_are_read(archive: Archive, ask: Ask) -> None:
    """Chunked answers, resources without HTTP head, plain files, and revisits of another address are understood."""
    body = gzip.compress(b"Kontakt")
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    coded = {**HTML, "Transfer-Encoding": "chunked", "Content-Encoding": "gzip"}
    about = "https://foo.de/about"
    same = {"WARC-Refers-To-Target-URI": about, "WARC-Profile": "x"}
    path = archive(
        ("warcinfo", "", "2025-01-01T00:00:00Z", "", {}, b"software: x\r\n", {}),
        ("response", "https://foo.de/kontakt", "2025-01-01T00:00:00Z", "200 OK", coded, chunked, {}),
        ("resource", "https://foo.de/plain", "2025-01-01T00:00:00Z", "", {}, b"Text", {"Content-Type": "text/plain"}),
        ("response", about, "2025-01-01T00:00:00Z", "200 OK", HTML, b"about us", {}),
        ("revisit", "https://foo.de/ueber", "2026-01-01T00:00:00Z", "200 OK", HTML, b"", same),
        ("response", "dns:foo.de", "2025-01-01T00:00:00Z", "", {}, b"foo.de. A 192.0.2.1", {}),
        packed=False,
    )
    contact = ask([path], "https://foo.de/kontakt")
    assert (_raw(contact), contact.headers["content-encoding"]) == (body, "gzip")
    plain = ask([path], "https://foo.de/plain")
    assert (_raw(plain), plain.headers["content-type"]) == (b"Text", "text/plain")
    assert _raw(ask([path], "https://foo.de/ueber")) == b"about us"


def test_files_that_are_none_are_named(tmp_path: Path) -> None:
    """A missing file, and one that is no WARC file, end the crawl with their name."""
    wrong = tmp_path / "page.html"
    wrong.write_text("<html>" * 1_000, encoding="utf-8")
    with pytest.raises(WarcFileError, match=r"page\.html: this is no WARC file"):
        warc_transport([str(wrong)], ["foo.de"])
    with pytest.raises(WarcFileError, match=r"no such file. Mend `warc_files`"):
        warc_transport([str(tmp_path / "*.warc.gz")], ["foo.de"])
    lump = tmp_path / "lump.warc.gz"
    [path] = _written(tmp_path / "ours", _answer())
    lump.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())))
    with pytest.raises(WarcFileError, match="warcio recompress"):
        warc_transport([str(lump)], ["foo.de"])


def test_a_crawl_is_repeated_from_its_archive(web: Any, tmp_path: Path) -> None:  # noqa: ANN401 - a class of conftest.py
    """Pages, verdicts and reasons read from the archive of a crawl are those of the crawl, without any request."""
    text = "<p>Wir drehen und fräsen Teile aus Stahl und Aluminium, vom Einzelstück bis zur Serie.</p>"
    web.sites["foo.example"] = {
        "/robots.txt": "User-agent: *\nDisallow: /intern",
        "/": f'<html lang="de"><title>Foo</title>{text}<a href="/leistungen">Leistungen</a> <a href="/intern/x">x</a>',
        "/leistungen": f'<html lang="de"><title>Leistungen</title>{text}{text}',
    }
    web.sites["gone.example"] = {"/": b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"}
    live = web.crawl(archive="warc", retention_days=7)
    web.log.clear()
    archive = str(tmp_path / "warc" / "*.warc.gz")
    again = crawl(
        web.table(),
        web.config(source="warc", warc_files=(archive,), hosts_file=""),
        tmp_path / "again",
        progress=lambda _done, _total: None,
    )
    assert live.pages["url"].len() == 2
    assert again.pages.equals(live.pages)
    assert again.verdicts.equals(live.verdicts)
    assert web.log == []
