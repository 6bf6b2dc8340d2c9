import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from embeddings.config import EmbeddingConfig
from embeddings.encode import encode_missing
from embeddings.encoder import Encoder, encoder_key
from embeddings.errors import StoreBrokenError
from embeddings.store import VectorStore

Make = Callable[..., pl.DataFrame]
CONFIG = EmbeddingConfig(batch_size=4)


def ignore(_done: int, _total: int) -> None:
    """Take progress and do nothing with it."""


def test_only_new_chunks_are_encoded(
    tmp_path: Path, encoder: Encoder, make_chunks: Make, batches: list[list[str]]
) -> None:
    """A second run with one more chunk encodes that chunk alone, and a third run nothing."""
    store = tmp_path / "vectors.sqlite"
    first = make_chunks(("a", "Drehen"), ("b", "Fräsen"))
    more = make_chunks(("a", "Drehen"), ("b", "Fräsen"), ("c", "Schleifen"))
    assert encode_missing(first, encoder, store, CONFIG, progress=ignore) == 2
    assert encode_missing(more, encoder, store, CONFIG, progress=ignore) == 1
    assert batches[-1] == ["Schleifen"]
    assert encode_missing(more, encoder, store, CONFIG, progress=ignore) == 0


def test_text_of_several_companies_is_encoded_once(tmp_path: Path, encoder: Encoder, make_chunks: Make) -> None:
    """One text at three companies costs one encoding."""
    chunks = make_chunks(("a", "Drehen"), ("b", "Drehen"), ("c", "Drehen"))
    assert encode_missing(chunks, encoder, tmp_path / "v.sqlite", CONFIG, progress=ignore) == 1


def test_texts_of_like_length_share_a_batch(
    tmp_path: Path, encoder: Encoder, make_chunks: Make, batches: list[list[str]]
) -> None:
    """Batches run from the longest texts to the shortest and hold no more than the configured number."""
    chunks = make_chunks(*((str(n), "wort " * (n * 7 % 10 + 1)) for n in range(10)))
    encode_missing(chunks, encoder, tmp_path / "v.sqlite", CONFIG, progress=ignore)
    lengths = [len(text) for batch in batches for text in batch]
    assert lengths == sorted(lengths, reverse=True)
    assert [len(batch) for batch in batches] == [4, 4, 2]


def test_progress_counts_what_was_there_already(tmp_path: Path, encoder: Encoder, make_chunks: Make) -> None:
    """Progress begins at the number of known chunks and ends at all of them."""
    seen: list[tuple[int, int]] = []
    store = tmp_path / "v.sqlite"
    encode_missing(make_chunks(("a", "eins"), ("a", "zwei")), encoder, store, CONFIG, progress=ignore)
    chunks = make_chunks(("a", "eins"), ("a", "zwei"), ("a", "drei"))
    encode_missing(chunks, encoder, store, CONFIG, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 3), (3, 3)]


@pytest.mark.parametrize("change", [{"prompt": "passage: "}, {"chunk_tokens": 96}])
def test_other_settings_have_vectors_of_their_own(
    tmp_path: Path, encoder: Encoder, make_chunks: Make, change: dict[str, object]
) -> None:
    """A setting that changes vectors never reuses those of another setting."""
    chunks, store = make_chunks(("a", "Drehen")), tmp_path / "v.sqlite"
    encode_missing(chunks, encoder, store, CONFIG, progress=ignore)
    assert encode_missing(chunks, encoder, store, EmbeddingConfig(**change), progress=ignore) == 1


def test_no_chunks_are_no_error(tmp_path: Path, encoder: Encoder, make_chunks: Make) -> None:
    """An empty table is done at once."""
    assert encode_missing(make_chunks(), encoder, tmp_path / "v.sqlite", CONFIG, progress=ignore) == 0


def test_damaged_store_is_named_with_the_way_out(tmp_path: Path, encoder: Encoder, make_chunks: Make) -> None:
    """A file that is no database is refused with its path and the advice to delete it."""
    store = tmp_path / "vectors.sqlite"
    store.write_bytes(b"not a database at all" * 300)
    with pytest.raises(StoreBrokenError, match=r"vectors\.sqlite.*delete it"):
        encode_missing(make_chunks(("a", "Drehen")), encoder, store, CONFIG, progress=ignore)


def test_store_cut_in_the_middle_is_named(tmp_path: Path, encoder: Encoder, make_chunks: Make) -> None:
    """A file of vectors that lost its second half is refused with its path, not read as if it held fewer."""
    chunks, store = make_chunks(*((str(n), f"Text {n}") for n in range(600))), tmp_path / "vectors.sqlite"
    encode_missing(chunks, encoder, store, CONFIG, progress=ignore)
    store.write_bytes(store.read_bytes()[: store.stat().st_size // 2])
    with pytest.raises(StoreBrokenError, match=r"vectors\.sqlite.*delete it"):
        encode_missing(chunks, encoder, store, CONFIG, progress=ignore)


def test_changed_model_does_not_use_the_vectors_of_the_old_one(
    tmp_path: Path, encoder: Encoder, make_chunks: Make
) -> None:
    """With other weights or another arithmetic every chunk is encoded anew, beside the old vectors."""
    chunks, store = make_chunks(("a", "Drehen"), ("b", "Fräsen")), tmp_path / "v.sqlite"
    encode_missing(chunks, encoder, store, CONFIG, progress=ignore)
    old, encoder.revision = encoder_key(encoder, CONFIG), "2"
    assert encode_missing(chunks, encoder, store, CONFIG, progress=ignore) == 2
    with VectorStore.opened(store, old) as vectors:
        assert vectors.chunks().len() == 2


SLOW_RUN = """
import sys, time
from pathlib import Path
import numpy as np, polars as pl
from embeddings.config import EmbeddingConfig
from embeddings.encode import encode_missing

class Slow:
    name, revision, dimension = "words", "1", 32
    def encode(self, texts):
        with open(sys.argv[3], "a") as log:
            log.writelines(text + "\\n" for text in texts)
        time.sleep(0.05)
        return np.ones((len(texts), 32), np.float32)

chunks = pl.read_parquet(sys.argv[1])
encode_missing(chunks, Slow(), Path(sys.argv[2]), EmbeddingConfig(batch_size=4), progress=lambda done, total: None)
"""


def test_kill_loses_at_most_the_running_batch(
    tmp_path: Path, encoder: Encoder, make_chunks: Make, batches: list[list[str]]
) -> None:
    """After a kill -9 in the middle the next run encodes nothing that was saved, and all that was not."""
    table, store, log = tmp_path / "chunks.parquet", tmp_path / "v.sqlite", tmp_path / "encoded.txt"
    chunks = make_chunks(*((str(n), f"Text {n:03}") for n in range(400)))
    chunks.write_parquet(table)
    script = tmp_path / "run.py"
    script.write_text(SLOW_RUN)
    with subprocess.Popen([sys.executable, script, table, store, log]) as process:
        _wait(lambda: log.exists() and len(log.read_text().splitlines()) >= 40)
        os.kill(process.pid, signal.SIGKILL)
    before = log.read_text().splitlines()
    encode_missing(chunks, encoder, store, CONFIG, progress=ignore)
    after = [text for batch in batches for text in batch]
    assert len(before) < 400
    assert set(before) | set(after) == set(chunks["text"])
    assert len(set(before) & set(after)) <= CONFIG.batch_size
    with VectorStore.opened(store, encoder_key(encoder, CONFIG)) as vectors:
        assert sorted(vectors.chunks()) == sorted(chunks["chunk"])


def _wait(until: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "the run under test did not get going"
        time.sleep(0.02)


def test_vectors_come_back_as_saved(tmp_path: Path, encoder: Encoder, make_chunks: Make) -> None:
    """A stored vector agrees with the encoder's to a cosine of .99999."""
    chunks, store = make_chunks(*((str(n), f"Text {n} {n * n}") for n in range(1000))), tmp_path / "v.sqlite"
    encode_missing(chunks, encoder, store, CONFIG, progress=ignore)
    with VectorStore.opened(store, encoder_key(encoder, CONFIG)) as vectors:
        names, found = vectors.read([*chunks["chunk"], "unknown"])
    texts = pl.DataFrame({"chunk": names}).join(chunks, on="chunk", maintain_order="left")["text"].to_list()
    assert len(names) == 1000
    lengths = np.linalg.norm(found, axis=1)
    assert ((found * encoder.encode(texts)).sum(axis=1) / lengths).min() > 0.99999
