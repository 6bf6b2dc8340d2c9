import contextlib
import gzip
import sys
import time
import tracemalloc
import zlib
from collections.abc import Callable

import brotli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.content import Body, EncodingError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def raw_deflate(data: bytes) -> bytes:
    """Compress without the frame that "deflate" should have."""
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate ": raw_deflate,
    "br": lambda data: brotli.compress(data, quality=5),
    "zstd": zstd.compress,
}


def read(encoding: str, wire: bytes, step: int = 1_000, max_bytes: int = 1_000_000) -> Body:
    """Read a body that comes in pieces of `step` bytes."""
    body = Body(encoding, max_bytes)
    for start in range(0, len(wire), step):
        body.add(wire[start : start + step])
    return body


@pytest.mark.parametrize("encoding", COMPRESS)
@settings(deadline=None)  # a loaded machine is no fault
@given(data=st.binary(max_size=3_000), step=st.integers(1, 4_000), tail=st.sampled_from([b"", b"\0" * 9, b"</html>\n"]))
def test_every_coding_gives_back_what_was_compressed(encoding: str, data: bytes, step: int, tail: bytes) -> None:
    """However the bytes are cut into pieces and whatever follows the compressed body, the content is what it was."""
    body = read(encoding, COMPRESS[encoding](data) + tail, step)
    assert (body.content, body.full) == (data, False)


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
@settings(deadline=None)  # a loaded machine is no fault
@given(parts=st.lists(st.binary(max_size=200), min_size=2, max_size=5), step=st.integers(1, 400))
def test_members_are_read_one_after_the_other(encoding: str, parts: list[bytes], step: int) -> None:
    """Files of several gzip members or zstd frames, which both formats allow, are read to their end."""
    wire = b"".join(COMPRESS[encoding](part) for part in parts)
    assert read(encoding, wire, step).content == b"".join(parts)


def test_several_codings_are_undone_in_reverse() -> None:
    """Codings are named in the order in which they were applied."""
    data = b"Wir drehen und schleifen. " * 100
    assert read("gzip, br", brotli.compress(gzip.compress(data)), 7).content == data
    assert read("identity, zstd", zstd.compress(data)).content == data


@pytest.mark.parametrize("encoding", ["", "identity", "none", "UTF-8"])
def test_what_is_no_coding_changes_nothing(encoding: str) -> None:
    """Without a coding, or with a character set named in its place by mistake, the body is as it came."""
    assert read(encoding, b"plain").content == b"plain"


@pytest.mark.parametrize("encoding", ["compress", "gzip, gzip, gzip", "exi", "gzip;q=1"])
def test_codings_that_were_not_asked_for_are_refused(encoding: str) -> None:
    """Unknown codings, and towers of known ones, are no encoding that was asked for."""
    with pytest.raises(EncodingError):
        Body(encoding, 100)


@pytest.mark.parametrize("encoding", COMPRESS)
@settings(deadline=None)  # a loaded machine is no fault
@given(data=st.binary(min_size=1, max_size=300), step=st.integers(1, 400))
def test_garbage_is_an_encoding_error_at_worst(encoding: str, data: bytes, step: int) -> None:
    """Bytes that are no compressed body give an encoding error or some bytes, and never anything else."""
    with contextlib.suppress(EncodingError):
        assert len(read(encoding, data, step).content) <= 1_000_000


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_corrupt_bodies_are_an_encoding_error(encoding: str) -> None:
    """A compressed body with a part of it overwritten is not passed on as content."""
    wire = bytearray(COMPRESS[encoding](bytes(range(256)) * 200))
    wire[: len(wire) // 2] = b"\xff" * (len(wire) // 2)
    with pytest.raises(EncodingError):
        read(encoding, bytes(wire))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "zstd, br"])
def test_bombs_never_unfold(encoding: str) -> None:
    """A small body that unfolds to a hundred megabytes takes little memory and time, and is cut off."""
    wire = b"\0" * 100_000_000
    for name in encoding.split(", "):
        wire = COMPRESS[name](wire)
    body = Body(encoding, 3_000_000)
    tracemalloc.start()
    began = time.process_time()
    for start in range(0, len(wire), 65_536):
        body.add(wire[start : start + 65_536])
    seconds, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert body.full
    assert len(body.content) <= 3_000_000
    assert peak < 30_000_000
    assert seconds < 1.0


@pytest.mark.parametrize("encoding", ["gzip", "zstd"])
def test_floods_of_empty_members_are_refused(encoding: str) -> None:
    """A body of ever new beginnings that never grows ends in an error instead of keeping us busy."""
    with pytest.raises(EncodingError, match="pieces"):
        read(encoding, COMPRESS[encoding](b"") * 50_000, 65_536, 3_000_000)


def test_zstd_may_not_ask_for_more_memory_than_the_web_allows() -> None:
    """A frame with a window of more than 8 MB is refused before that memory is taken (RFC 9659)."""
    options = {zstd.CompressionParameter.window_log: 27}
    stream = zstd.ZstdCompressor(options=options)
    wire = stream.compress(b"Stahl " * 100_000) + stream.flush()
    with pytest.raises(EncodingError):
        read("zstd", wire)


def test_skippable_frames_of_zstd_are_skipped() -> None:
    """Frames that carry no content do not end the body."""
    skipped = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"notes"
    assert read("zstd", skipped + zstd.compress(b"one") + skipped + zstd.compress(b"two"), 3).content == b"onetwo"


@pytest.mark.parametrize("encoding", ["", "gzip", "br"])
def test_what_exceeds_the_limit_is_cut_off(encoding: str) -> None:
    """Exactly the bytes up to the limit are given, and one more byte says that there is more."""
    compress = COMPRESS.get(encoding, bytes)
    whole, cut = (read(encoding, compress(b"x" * size), max_bytes=5_000) for size in (5_000, 5_001))
    assert (whole.content, whole.full) == (b"x" * 5_000, False)
    assert (cut.content, cut.full) == (b"x" * 5_000, True)
