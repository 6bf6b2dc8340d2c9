"""Vectors of chunks in one SQLite file, kept by chunk and encoder, safe against a kill at any moment."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.encoder import EncoderKey
from embeddings.errors import StoreBrokenError

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS encoders (
    encoder INTEGER PRIMARY KEY, model TEXT NOT NULL, revision TEXT NOT NULL, prompt TEXT NOT NULL,
    tokens INTEGER NOT NULL, dimension INTEGER NOT NULL, UNIQUE (model, revision, prompt, tokens)
);
CREATE TABLE IF NOT EXISTS vectors (
    encoder INTEGER NOT NULL REFERENCES encoders, chunk TEXT NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (encoder, chunk)
) WITHOUT ROWID;
"""
#: Half precision: half the disk, and the cosine of two vectors moves by less than 0.00001.
_KIND: Final = "<f2"
#: SQLite takes at least this many values in one query.
_AT_ONCE: Final = 900


class VectorStore:
    """The vectors of one encoder in the file `vectors.sqlite`."""

    def __init__(self, connection: sqlite3.Connection, encoder: int, dimension: int) -> None:
        self.dimension = dimension
        self._connection = connection
        self._encoder = encoder

    @classmethod
    @contextlib.contextmanager
    def opened(cls, path: Path, key: EncoderKey, dimension: int = 0) -> Iterator[Self]:
        """Open the file, making it if it is not there.

        `dimension` is only needed the first time an encoder is used. Raises StoreBrokenError if the file is damaged.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with _translated(path), contextlib.closing(sqlite3.connect(path, timeout=60)) as connection:
            # A commit in write-ahead mode survives a kill of the process; only a power cut may take the last ones.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(_TABLES)
            encoder, known = _encoder(connection, key, dimension)
            yield cls(connection, encoder, known)

    def chunks(self) -> pl.Series:
        """Give the chunk hashes that have a vector."""
        rows = self._connection.execute("SELECT chunk FROM vectors WHERE encoder = ?", (self._encoder,))
        return pl.Series("chunk", [chunk for (chunk,) in rows], dtype=pl.String)

    def add(self, chunks: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Save one vector per chunk, shape (n, dimension), all or none of them."""
        packed = vectors.astype(_KIND)
        rows = ((self._encoder, chunk, row.tobytes()) for chunk, row in zip(chunks, packed, strict=True))
        with self._connection:
            self._connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)", rows)

    def read(self, chunks: Sequence[str]) -> tuple[list[str], NDArray[np.float32]]:
        """Give those of the chunks that have a vector, and the vectors, shape (n, dimension), in no certain order."""
        rows: list[tuple[str, bytes]] = []
        for start in range(0, len(chunks), _AT_ONCE):
            rows += self._read(chunks[start : start + _AT_ONCE])
        packed = np.frombuffer(b"".join(vector for _, vector in rows), _KIND)
        return [chunk for chunk, _ in rows], packed.reshape(len(rows), self.dimension).astype(np.float32)

    def _read(self, chunks: Sequence[str]) -> list[tuple[str, bytes]]:
        marks = ",".join("?" * len(chunks))
        # Only question marks are put into the query.
        query = f"SELECT chunk, vector FROM vectors WHERE encoder = ? AND chunk IN ({marks})"  # noqa: S608 - see above
        return self._connection.execute(query, (self._encoder, *chunks)).fetchall()


def _encoder(connection: sqlite3.Connection, key: EncoderKey, dimension: int) -> tuple[int, int]:
    """Give the number and the dimension of an encoder, entering it if it is new and its dimension is known."""
    with connection:
        if dimension:
            insert = (
                "INSERT OR IGNORE INTO encoders (model, revision, prompt, tokens, dimension) VALUES (?, ?, ?, ?, ?)"
            )
            connection.execute(insert, (*key, dimension))
        query = "SELECT encoder, dimension FROM encoders WHERE (model, revision, prompt, tokens) = (?, ?, ?, ?)"
        number, known = connection.execute(query, key).fetchone() or (-1, dimension)
    return int(number), int(known)


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreBrokenError(
            f"{path}: cannot be read or written ({error}). If the file is damaged, delete it together with the files "
            "whose names end in -wal and -shm; its vectors are then encoded anew."
        ) from error
