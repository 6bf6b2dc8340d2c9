"""Answers as they came in, in WARC files (ISO 28500, WARC/1.1): written by a crawl, and read instead of the web."""

import base64
import hashlib
import re
import threading
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from http.client import responses
from io import BufferedWriter, BytesIO
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from crawler.captures import Captures, WarcSource, files_of
from crawler.config import CrawlConfig
from crawler.fetch import Answer, user_agent

#: A file that has grown to this many bytes, or is this many seconds old, is followed by a new one.
ROTATE_BYTES: Final = 1_000_000_000
ROTATE_SECONDS: Final = 86_400.0
_DAY: Final = 86_400.0
# Only files of this name were written here; others that lie beside them belong to the user.
_NAME: Final = re.compile(r"crawl-(\d{8}T\d{6})Z-\d{5}\.warc\.gz")
_STAMP: Final = "%Y%m%dT%H%M%S"
_TYPES: Final = {
    "warcinfo": "application/warc-fields",
    "response": "application/http;msgtype=response",
    "revisit": "application/http;msgtype=response",
    "request": "application/http;msgtype=request",
}
# The body is stored as it came out of the transfer, so that these would lie about it; the names follow Common Crawl.
_OF_THE_TRANSFER: Final = {
    "transfer-encoding": "X-Crawl-Transfer-Encoding",
    "content-length": "X-Crawl-Content-Length",
}
_UNCHANGED: Final = 304
_NOT_MODIFIED: Final = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
_CUT_BY: Final = {"timeout": "time", "broken": "disconnect"}
_BREAKS: Final = str.maketrans({"\r": " ", "\n": " ", "\0": " "})

Headers = Sequence[tuple[str, str]]


class WarcWriter:
    """Writes each exchange at once and whole, so that a killed crawl loses none; may be called from several threads.

    `folder` gets a new file for each run, after `rotate_bytes` and once a day.
    """

    def __init__(self, folder: Path, config: CrawlConfig, *, rotate_bytes: int = ROTATE_BYTES) -> None:
        self._folder = folder
        self._config = config
        self._rotate_bytes = rotate_bytes
        self._lock = threading.Lock()
        self._file: BufferedWriter | None = None
        self._opened = 0.0

    def write(self, answer: Answer) -> None:
        """Keep one exchange; a request without an answer leaves nothing to keep."""
        if answer.status is None:
            return
        began = time.time() - answer.seconds
        response, request = uuid.uuid4(), uuid.uuid4()
        records = _packed(
            _record(_kind(answer), _response(answer), {**_head(answer, began, response), **_of_response(answer)}),
            _record("request", _request(answer), {**_head(answer, began, request), **_of_request(response)}),
        )
        with self._lock:
            self._append(records)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._file = None

    def _append(self, records: bytes) -> None:
        now = time.time()
        if self._file is not None and (self._file.tell() >= self._rotate_bytes or now > self._opened + ROTATE_SECONDS):
            self._file.close()
            self._file = None
        if self._file is None:
            self._file, self._opened = _new_file(self._folder, now), now
            self._file.write(_packed(_info(Path(self._file.name).name, self._config, now)))
        self._file.write(records)
        # What the operating system has survives the death of the process.
        self._file.flush()


def prune(folder: Path, retention_days: int, now: float) -> int:
    """Delete the files whose first answer is older than `retention_days` (0: all); returns how many.

    Files of other names are left alone.
    """
    limit = now - retention_days * _DAY
    dated = ((path, _NAME.fullmatch(path.name)) for path in folder.glob("crawl-*.warc.gz"))
    old = [path for path, name in dated if name and (not retention_days or _begun(name[1]) < limit)]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def warc_transport(files: Iterable[str], sites: Iterable[str]) -> WarcSource:
    """Return a factory of transports that answer from WARC files what belongs to these sites; no request is sent.

    Of several captures of a page the latest counts. "http", "https" and "www." are taken for one where the exact
    address is not there. What is not there at all, robots.txt too, is answered with 404. Close the factory at the end.

    Raises:
        WarcFileError: a file is missing, or is none of this kind.
    """
    return WarcSource(Captures(files_of(files), sites))


def _begun(stamp: str) -> float:
    return datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC).timestamp()


def _new_file(folder: Path, now: float) -> BufferedWriter:
    folder.mkdir(parents=True, exist_ok=True)
    stamp = datetime.fromtimestamp(now, UTC).strftime(_STAMP)
    number = 0
    while True:
        try:
            return (folder / f"crawl-{stamp}Z-{number:05}.warc.gz").open("xb")
        except FileExistsError:
            number += 1


def _packed(*records: ArcWarcRecord) -> bytes:
    """Return records as they stand in a file, each compressed by itself."""
    buffer = BytesIO()
    writer = WARCWriter(buffer, gzip=True, warc_version="1.1")
    for record in records:
        writer.write_record(record)
    return buffer.getvalue()


def _record(kind: str, block: bytes, headers: Mapping[str, str]) -> ArcWarcRecord:
    """Return a record with this very block; the library would rewrite HTTP headers that are not ASCII."""
    named = StatusAndHeaders("", [("WARC-Type", kind), *headers.items()], protocol="WARC/1.1")
    return ArcWarcRecord("warc", kind, named, BytesIO(block), None, _TYPES[kind], len(block))


def _head(answer: Answer, began: float, name: uuid.UUID) -> dict[str, str]:
    return {
        "WARC-Record-ID": name.urn.join("<>"),
        "WARC-Date": _date(began),
        "WARC-Target-URI": answer.url.translate(_BREAKS),
    }


def _kind(answer: Answer) -> str:
    """Return what a record of an answer is called: "not modified" refers to an earlier one."""
    return "revisit" if answer.status == _UNCHANGED else "response"


def _of_response(answer: Answer) -> dict[str, str]:
    """Return what a record says of an answer besides its address: digest, peer, protocol, and what was left out."""
    facts = {
        "WARC-Payload-Digest": _digest(answer.wire),
        "WARC-IP-Address": answer.address,
        "WARC-Protocol": "h2" if answer.http_version == "HTTP/2" else "",
        "WARC-Truncated": _truncated(answer),
        "WARC-Profile": _NOT_MODIFIED if answer.status == _UNCHANGED else "",
    }
    return {name: value for name, value in facts.items() if value}


def _of_request(response: uuid.UUID) -> dict[str, str]:
    return {"WARC-Concurrent-To": response.urn.join("<>"), "WARC-Payload-Digest": _digest(b"")}


def _truncated(answer: Answer) -> str:
    """Return why the body is not whole: cut off, or not read since its status or type promised nothing."""
    if answer.cut or answer.reason == "too_large":
        return _CUT_BY.get(answer.reason, "length")
    promised = any(
        name.lower() == "transfer-encoding" or (name.lower() == "content-length" and value.strip() != "0")
        for name, value in _headers(answer)
    )
    return "unspecified" if promised and not answer.wire else ""


def _response(answer: Answer) -> bytes:
    status = answer.status or 0
    length = [("Content-Length", str(len(answer.wire)))]
    stored = [_stored(name, value) for name, value in _headers(answer)]
    return _block(f"HTTP/1.1 {status} {responses.get(status, '')}", [*stored, *length]) + answer.wire


def _stored(name: str, value: str) -> tuple[str, str]:
    return _OF_THE_TRANSFER.get(name.lower(), name), value


def _request(answer: Answer) -> bytes:
    split = urlsplit(answer.url)
    target = (split.path or "/") + (f"?{split.query}" if split.query else "")
    named = {name.lower() for name, _ in answer.request_headers}
    host = [] if "host" in named else [("Host", split.netloc)]
    return _block(f"GET {target} HTTP/1.1", [*host, *answer.request_headers])


def _headers(answer: Answer) -> Headers:
    known = [(name, value) for name, values in answer.headers.items() for value in values]
    return answer.raw_headers or known


def _block(first: str, headers: Headers) -> bytes:
    """Return the head of a message; a header with a line break would otherwise be two."""
    lines = [first, *(f"{name}: {value}" for name, value in headers)]
    return b"".join(_bytes(line.translate(_BREAKS)) + b"\r\n" for line in lines) + b"\r\n"


def _bytes(line: str) -> bytes:
    try:
        return line.encode("latin-1")
    except UnicodeEncodeError:
        return line.encode()


def _info(name: str, config: CrawlConfig, now: float) -> ArcWarcRecord:
    """Return the first record of a file: who wrote it, and by which rules."""
    fields = {
        "software": user_agent(config),
        "format": "WARC File Format 1.1",
        "conformsTo": "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "robots": "obey",
        "http-header-user-agent": user_agent(config),
        "operator": config.contact.translate(_BREAKS),
    }
    block = "".join(f"{field}: {value}\r\n" for field, value in fields.items() if value).encode()
    head = {"WARC-Record-ID": uuid.uuid4().urn.join("<>"), "WARC-Date": _date(now), "WARC-Filename": name}
    return _record("warcinfo", block, head)


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _digest(content: bytes) -> str:
    """Return what all WARC tools use: SHA-1 in base 32, to recognise contents and not to protect them."""
    return f"sha1:{base64.b32encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()}"
