"""Bodies as they come over the wire to bodies as they are meant, never larger than asked for at any moment.

The codings are gzip (RFC 1952), deflate (RFC 1950; also the bare RFC 1951 that some servers send), br (RFC 7932) and
zstd (RFC 8878, with the window of 8 MB that RFC 9659 sets for the web). What follows the end of a compressed body is
ignored, as browsers do, unless it is a further member of it.
"""

import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Final, Protocol

import brotli  # type: ignore[import-untyped]  # it ships no types

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: What is offered to servers.
ACCEPTED: Final = "gzip, deflate, br, zstd"

_MAX_CODINGS: Final = 2
# A body of nothing but beginnings would cost time without ever growing.
_MAX_MEMBERS: Final = 1_000
# What a member leaves over is copied, so that it must not be long.
_STEP: Final = 16_384
_WBITS_GZIP: Final = 31
_WBITS_ZLIB: Final = 15
_WBITS_RAW: Final = -15
_WINDOW_LOG: Final = 23
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_ZSTD_SKIPPABLE: Final = b"\x2a\x4d\x18"
_ZLIB_METHOD: Final = 8
_ZLIB_CHECK: Final = 31
#: Names of character sets and the like that stand in Content-Encoding by mistake: the body is as it should be.
_NO_CODING: Final = frozenset(
    {"", "identity", "none", "utf-8", "utf8", "iso-8859-1", "windows-1252", "binary", "8bit", "7bit"}
)


class EncodingError(Exception):
    """The body is compressed in a way that was not asked for, or is no such thing."""


class _Stage(Protocol):
    """Undoes one coding; what exceeds `most` bytes, and all after it, may be lost."""

    def decode(self, data: bytes, most: int) -> bytes: ...


class _Stream(Protocol):
    """What zlib's and zstd's decompressors have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _BrotliStream(Protocol):
    def process(self, data: bytes, /, *, output_buffer_limit: int) -> bytes: ...

    def can_accept_more_data(self) -> bool: ...

    def is_finished(self) -> bool: ...


class Body:
    """Collects one body and undoes its codings as it comes; no stage of it ever holds more than `max_bytes`.

    `encoding` is the value of Content-Encoding, its codings in the order in which they were applied.

    Raises:
        EncodingError: a coding is unknown, or there are more than two.
    """

    def __init__(self, encoding: str, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._stages = [_stage(name) for name in reversed(_codings(encoding))]
        self._sizes = [0] * (len(self._stages) + 1)
        self._content = bytearray()

    @property
    def received(self) -> int:
        """Bytes that came, still compressed."""
        return self._sizes[0]

    @property
    def content(self) -> bytes:
        """The body as far as it came, `max_bytes` at most."""
        return bytes(self._content[: self.max_bytes])

    @property
    def full(self) -> bool:
        """Whether the body is larger than `max_bytes`, compressed or not, so that more of it is of no use."""
        return max(self._sizes) > self.max_bytes

    def add(self, chunk: bytes) -> None:
        """Take the next bytes.

        Raises:
            EncodingError: they are not what Content-Encoding says.
        """
        self._sizes[0] += len(chunk)
        for number, stage in enumerate(self._stages, 1):
            if (room := self.max_bytes + 1 - self._sizes[number]) <= 0:
                return
            chunk = stage.decode(chunk, room)[:room]
            self._sizes[number] += len(chunk)
        self._content += chunk[: self.max_bytes + 1 - len(self._content)]


def _codings(encoding: str) -> list[str]:
    names = [name for name in (part.strip().lower() for part in encoding.split(",")) if name not in _NO_CODING]
    if len(names) > _MAX_CODINGS:
        raise EncodingError(f"{len(names)} codings on top of each other")
    return names


def _stage(name: str) -> _Stage:
    match name:
        case "gzip" | "x-gzip":
            return _Members(lambda: zlib.decompressobj(_WBITS_GZIP), 2, lambda head: head.startswith(_GZIP))
        case "deflate":
            return _Deflate()
        case "br":
            return _Brotli()
        case "zstd":
            return _Members(_zstd_stream, 4, lambda head: head == _ZSTD or head[1:] == _ZSTD_SKIPPABLE)
    raise EncodingError(f"unknown coding {name[:40]!r}")


def _zstd_stream() -> _Stream:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW_LOG})


def _pieces(data: bytes) -> Iterator[bytes]:
    return (data[start : start + _STEP] for start in range(0, len(data), _STEP))


class _Members:
    """Reads members (gzip) or frames (zstd) one after the other; `begins` tells by its first bytes what is one."""

    def __init__(self, make: Callable[[], _Stream], head_bytes: int, begins: Callable[[bytes], bool]) -> None:
        self._make = make
        self._head_bytes = head_bytes
        self._begins = begins
        self._stream: _Stream | None = make()
        self._members = 1
        self._over = False
        self._held = b""

    def decode(self, data: bytes, most: int) -> bytes:
        out = bytearray()
        for piece in _pieces(data):
            if self._over or len(out) >= most:
                break
            self._decode_piece(piece, most, out)
        return bytes(out)

    def _decode_piece(self, data: bytes, most: int, out: bytearray) -> None:
        while data and len(out) < most and (stream := self._stream or self._next(data)):
            data, self._held = self._held + data, b""
            try:
                out += stream.decompress(data, most - len(out))
            except (zlib.error, zstd.ZstdError) as error:
                raise EncodingError(str(error)) from error
            self._stream = None if stream.eof else stream
            data = stream.unused_data if stream.eof else b""

    def _next(self, data: bytes) -> _Stream | None:
        """Return the stream of a further member, or None if there is none or its beginning is not all there yet."""
        head = (self._held + data)[: self._head_bytes]
        if len(head) < self._head_bytes:
            self._held = head
            return None
        if not self._begins(head):
            self._over = True
            return None
        self._members += 1
        if self._members > _MAX_MEMBERS:
            raise EncodingError(f"more than {_MAX_MEMBERS} compressed pieces")
        return self._make()


class _Deflate:
    """Reads zlib's format, or the bare stream inside it, which its first two bytes tell apart; or even gzip."""

    def __init__(self) -> None:
        self._head = b""
        self._stage: _Members | None = None

    def decode(self, data: bytes, most: int) -> bytes:
        if self._stage is None:
            self._head += data
            if len(self._head) < len(_GZIP):
                return b""
            data, wbits = self._head, _wbits(self._head)
            self._stage = _Members(lambda: zlib.decompressobj(wbits), 0, lambda _head: False)
        return self._stage.decode(data, most)


def _wbits(head: bytes) -> int:
    if head.startswith(_GZIP):
        return _WBITS_GZIP
    framed = head[0] & 0x0F == _ZLIB_METHOD and int.from_bytes(head[:2], "big") % _ZLIB_CHECK == 0
    return _WBITS_ZLIB if framed else _WBITS_RAW


class _Brotli:
    """Reads one stream of brotli, whose library fails on bytes behind the end: where that is, a second reading finds.

    Corrupt data fails the second time too.
    """

    def __init__(self) -> None:
        self._stream: _BrotliStream = brotli.Decompressor()
        self._read = bytearray()
        self._given = 0
        self._over = False

    def decode(self, data: bytes, most: int) -> bytes:
        out = bytearray()
        for piece in _pieces(data):
            if self._over or len(out) >= most:
                break
            out += self._decode_piece(piece, most - len(out))
        return bytes(out)

    def _decode_piece(self, piece: bytes, most: int) -> bytes:
        try:
            out = b"".join(_unfolded(self._stream, piece, most))
            self._over = self._stream.is_finished()
        except brotli.error:
            out = self._last(piece, most)
            self._over = True
        self._read += piece
        self._given += len(out)
        return out

    def _last(self, piece: bytes, most: int) -> bytes:
        """Return what the last piece unfolds to, which goes on behind the stream's end."""
        again, out, skip = brotli.Decompressor(), bytearray(), self._given
        try:
            for data in (*_pieces(bytes(self._read)), *(piece[at : at + 1] for at in range(len(piece)))):
                if again.is_finished() or len(out) >= skip + most:
                    break
                out += b"".join(_unfolded(again, data, skip + most - len(out)))
        except brotli.error as error:
            raise EncodingError(str(error)) from error
        return bytes(out[skip:])


def _unfolded(stream: _BrotliStream, data: bytes, most: int) -> Iterator[bytes]:
    """Yield what `data` unfolds to until it is all there or more than `most` bytes are."""
    given = 0
    while given < most:
        out = stream.process(data, output_buffer_limit=min(_STEP, most - given))
        yield out
        given += len(out)
        data = b""
        if stream.can_accept_more_data():
            return
