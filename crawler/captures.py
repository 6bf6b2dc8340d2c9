"""Pages out of WARC files: an index of what belongs to the sites asked for, and a transport that answers from it."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import httpx
import msgspec
from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataReader, DecompressingBufferedReader
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeadersParserException

from crawler.address import registrable
from crawler.errors import WarcFileError
from crawler.urls import canonical, host_of, page_key

_logger = logging.getLogger(__name__)

_STEP: Final = 65_536
_UNCHANGED: Final = 304
_BATCH: Final = 1_000
# Answers, pages without an HTTP head, and notes that an answer was the same as an earlier one.
_KINDS: Final = frozenset({"response", "resource", "revisit"})
# They speak of the transfer from the server, which is over.
_OF_THE_TRANSFER: Final = frozenset({"transfer-encoding", "content-length", "connection"})
_BROKEN_OFF: Final = frozenset({"time", "disconnect"})
# What the library fails with at a file of another kind, and at a record whose head is torn.
_BROKEN: Final = (ArchiveLoadFailed, StatusAndHeadersParserException, ValueError, AttributeError)
_MAGIC: Final = b"WARC/"
#: How the library complains of a file that must be compressed record by record and is not.
_WHOLE: Final = "non-chunked gzip"
_RECOMPRESS: Final = "compressed as a whole, so that no record can be reached. `warcio recompress OLD NEW` mends that."
_SCHEMA: Final = """
CREATE TABLE captures (
    key TEXT NOT NULL, url TEXT NOT NULL, date TEXT NOT NULL, kind TEXT NOT NULL, status INTEGER NOT NULL,
    digest TEXT NOT NULL, refers TEXT NOT NULL, file INTEGER NOT NULL, offset INTEGER NOT NULL
);
"""
# The very address first, then other spellings of it that gave a page; of each the latest.
_OF_ONE_PAGE: Final = """
SELECT url, date, kind, status, digest, refers, file, offset FROM captures WHERE key = ?1
ORDER BY url = ?2 DESC, (url != ?2 AND status BETWEEN 200 AND 299) DESC, date DESC, file DESC, offset DESC
"""
_OF_ONE_CONTENT: Final = """
SELECT url, date, kind, status, digest, refers, file, offset FROM captures
WHERE kind != 'revisit' AND ((digest = ?1 AND digest != '') OR url = ?2)
ORDER BY digest = ?1 DESC, date DESC LIMIT 1
"""


class Capture(msgspec.Struct, frozen=True):
    """Where one record lies; `refers` is the address that a note of an unchanged answer points to."""

    url: str
    date: str
    kind: str
    status: int
    digest: str
    refers: str
    file: int
    offset: int


class Captures:
    """What the files hold of the sites asked for; the index lies in a temporary file, so that memory stays small."""

    def __init__(self, files: Sequence[Path], sites: Iterable[str]) -> None:
        self._files = files
        # An empty name is SQLite's own for a database in a temporary file that vanishes with its connection.
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(_SCHEMA)
        asked = frozenset(registrable(site) for site in sites)
        for number, path in enumerate(files):
            self._add(number, path, asked)
        self._db.execute("CREATE INDEX captures_key ON captures (key)")
        self._db.execute("CREATE INDEX captures_digest ON captures (digest)")
        self._db.execute("CREATE INDEX captures_url ON captures (url)")

    def close(self) -> None:
        """Give the temporary file back."""
        self._db.close()

    def find(self, url: str) -> Capture | None:
        """Return the capture that answers a request, one with a body, or None."""
        rows = self._db.execute(_OF_ONE_PAGE, (page_key(url), canonical(url)))
        bodies = (self._body_of(Capture(*row)) for row in rows.fetchall())
        return next((body for body in bodies if body is not None), None)

    def path_of(self, capture: Capture) -> Path:
        """Return the file that a capture lies in."""
        return self._files[capture.file]

    def _body_of(self, capture: Capture) -> Capture | None:
        """Return a capture itself, or the earlier one that it says it is equal to."""
        if capture.kind != "revisit":
            return capture
        row = self._db.execute(_OF_ONE_CONTENT, (capture.digest, capture.refers)).fetchone()
        return Capture(*row) if row else None

    def _add(self, number: int, path: Path, asked: frozenset[str]) -> None:
        _logger.info("Reading %s", path)
        self._db.execute("BEGIN")
        found = 0
        for capture in _captures(path, number, asked):
            values = (page_key(capture.url), *msgspec.structs.astuple(capture))
            self._db.execute("INSERT INTO captures VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
            found += 1
        self._db.execute("COMMIT")
        _logger.info("%s: %d answers of the sites asked for", path.name, found)


class Stored(Protocol):
    """What is left of a record's stream."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end."""
        ...


class WarcSource:
    """Makes transports that answer from captures; all share one index."""

    def __init__(self, captures: Captures) -> None:
        self._captures = captures

    def __call__(self) -> httpx.AsyncBaseTransport:
        """Return the transport of one host."""
        return _Transport(self._captures)

    def close(self) -> None:
        """Give the index back."""
        self._captures.close()


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, captures: Captures) -> None:
        self._captures = captures

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        capture = self._captures.find(_asked(request))
        if capture is None:
            return httpx.Response(404, stream=httpx.ByteStream(b""), request=request)
        return _answer(self._captures.path_of(capture), capture, request)


class _Body(httpx.AsyncByteStream):
    """The body of a record, read as the reader asks for it, so that its own limits hold."""

    def __init__(self, stream: Stored, files: ExitStack, *, breaks_off: bool) -> None:
        self._stream = stream
        self._files = files
        self._breaks_off = breaks_off

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while part := self._stream.read(_STEP):
            yield part
            # Other visits have their turn between two parts of a large body.
            await asyncio.sleep(0)
        if self._breaks_off:
            # Half a robots.txt would allow more than the whole.
            raise httpx.ReadError("the answer was not received to its end")

    async def aclose(self) -> None:
        self._files.close()


def files_of(patterns: Iterable[str]) -> list[Path]:
    """Return the files that the patterns name, each once; "*" stands for any part of a name.

    Raises:
        WarcFileError: a pattern names no file.
    """
    found: dict[Path, None] = {}
    for pattern in patterns:
        path = Path(pattern)
        files = sorted(file for file in Path(path.anchor).glob(str(path.relative_to(path.anchor))) if file.is_file())
        if not files:
            raise WarcFileError(f"{pattern}: there is no such file. Mend `warc_files`.")
        found |= dict.fromkeys(files)
    return list(found)


def _captures(path: Path, number: int, asked: frozenset[str]) -> Iterator[Capture]:
    """Yield what a file holds of the sites asked for; a torn end, as a killed crawl leaves it, ends the file.

    Raises:
        WarcFileError: the file is of another kind, or compressed as a whole.
    """
    with path.open("rb") as file:
        _check_kind(path, file)
        records = ArchiveIterator(file, ensure_http_headers=True)
        try:
            for record in records:
                offset = records.get_record_offset()
                if _is_torn(record):
                    break
                if capture := _capture(record, number, offset, asked):
                    yield capture
        except _BROKEN as error:
            if _WHOLE in str(error):
                raise WarcFileError(f"{path}: {_RECOMPRESS}") from error
            _logger.warning("%s is damaged; what stands before the damage is used", path)


def _check_kind(path: Path, file: BinaryIO) -> None:
    head = DecompressingBufferedReader(file).read(len(_MAGIC))
    if head != _MAGIC[: len(head)]:
        raise WarcFileError(f"{path}: this is no WARC file. Mend `warc_files`.")
    file.seek(0)


def _is_torn(record: ArcWarcRecord) -> bool:
    """Say whether a record that was read to its end is shorter than it says, or could not even say so."""
    # Cut off right before its number, the header is there but empty, which is read as a length of 0.
    says = (record.rec_headers.get_header("Content-Length") or "").strip()
    return not says or bool(getattr(record.raw_stream, "limit", 0))


def _capture(record: ArcWarcRecord, number: int, offset: int, asked: frozenset[str]) -> Capture | None:
    url = canonical(record.rec_headers.get_header("WARC-Target-URI") or "")
    if record.rec_type not in _KINDS or not url or registrable(host_of(url)) not in asked:
        return None
    status = _status(record)
    if record.rec_type == "response" and status == _UNCHANGED:
        return None
    return Capture(
        url=url,
        date=record.rec_headers.get_header("WARC-Date") or "",
        kind=record.rec_type,
        status=status,
        digest=record.rec_headers.get_header("WARC-Payload-Digest") or "",
        refers=canonical(record.rec_headers.get_header("WARC-Refers-To-Target-URI") or url),
        file=number,
        offset=offset,
    )


def _status(record: ArcWarcRecord) -> int:
    code = record.http_headers.get_statuscode() if record.http_headers else ""
    return int(code) if code.isdecimal() and len(code) == len("200") else 0


def _asked(request: httpx.Request) -> str:
    """Return the address that a request is for; it may be sent to a checked address and name its host in a header."""
    host = request.headers.get("Host") or request.url.netloc.decode("ascii")
    return f"{request.url.scheme}://{host}{request.url.raw_path.decode('ascii')}"


def _answer(path: Path, capture: Capture, request: httpx.Request) -> httpx.Response:
    with ExitStack() as files:
        file = files.enter_context(path.open("rb"))
        file.seek(capture.offset)
        record = next(iter(ArchiveIterator(file, ensure_http_headers=True)))
        stream = ChunkedDataReader(record.raw_stream) if _is_chunked(record) else record.raw_stream
        # The body closes the file; until it is handed over, an error does.
        body = _Body(stream, files.pop_all(), breaks_off=_truncated(record) in _BROKEN_OFF)
    return httpx.Response(capture.status, headers=_headers(record), stream=body, request=request)


def _headers(record: ArcWarcRecord) -> list[tuple[bytes, bytes]]:
    """Return the headers without those of the transfer; of a body that was too long, its length."""
    fields = [(name, value) for name, value in record.http_headers.headers if name.lower() not in _OF_THE_TRANSFER]
    length = record.http_headers.get_header("X-Crawl-Content-Length") if _truncated(record) == "length" else ""
    told = [*fields, ("Content-Length", length)] if length else fields
    return [(name.encode("utf-8", "replace"), value.encode("utf-8", "replace")) for name, value in told]


def _truncated(record: ArcWarcRecord) -> str:
    return record.rec_headers.get_header("WARC-Truncated") or ""


def _is_chunked(record: ArcWarcRecord) -> bool:
    return (record.http_headers.get_header("Transfer-Encoding") or "").lower() == "chunked"
