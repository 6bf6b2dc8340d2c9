"""Texts from outside the stock, a description or a web page, as vectors that lie among those of the stock."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from crawler.schema import SITES
from embeddings.encoder import Encoder
from embeddings.rarity import Rarity, rarity_of
from embeddings.schema import DOCUMENTS
from potenzial import tables
from potenzial.documents import OWN_TEXT
from potenzial.errors import QuestionError
from potenzial.ingest.website import of_website
from potenzial.pipeline import crawl_config
from potenzial.project import Project

#: Stands for the question where a table asks for a customer.
_ASKED = "?"


@dataclass(frozen=True, eq=False)
class Read:
    """A text that was read: its vector (d, length 1), and its passages as (URL or None, text)."""

    vector: NDArray[np.float32]
    passages: tuple[tuple[str | None, str], ...]


class Reader:
    """Encodes with the model of the project; the model is loaded for the first text and kept for later ones."""

    def __init__(self, project: Project) -> None:
        """Take a project whose stage `embed` has run."""
        self._project = project
        self._encoder: Encoder | None = None

    def text(self, text: str) -> Read:
        """Read a description, in any language the model knows.

        Raises:
            QuestionError: nothing in it can be read.
            ModelMissingError: the model of the project is not there.
        """
        return self._read([(OWN_TEXT, None, "", text)], "the text of --text")

    def url(self, url: str) -> Read:
        """Visit one page, as politely as every page of a run, and read it; nothing of it is kept.

        Raises:
            QuestionError: this is no public web address, or the page gave no text, and why.
            ModelMissingError: the model of the project is not there.
        """
        pages = _visited(url, self._project)
        rows = pages.select("kind", "url", "title", "text").rows()
        return self._read(rows, url)

    def _read(self, rows: list[tuple[str, str | None, str, str]], name: str) -> Read:
        from embeddings.company import Stock, query_chunks, query_vector

        config = self._project.config.embedding
        stock = Stock(tables.read(self._project, "transform"), self._rarity())
        documents = pl.DataFrame([(_ASKED, *row) for row in rows], schema=DOCUMENTS, orient="row")
        chunks = query_chunks(documents, config, stock.rarity)
        # A model gives any sign a vector; what is like an emoji says nothing of a business.
        if not chunks["text"].str.contains(r"[\pL\pN]").any():
            raise QuestionError(f"{name} holds no text to compare with. Describe the business in a sentence or two.")
        vector = query_vector(documents, self._loaded(), stock, config)
        return Read(vector[0], tuple(chunks.select("url", "text").iter_rows()))

    def _rarity(self) -> Rarity | None:
        config = self._project.config.embedding
        needed = config.pooling == "idf" or config.chunk_choice == "specific"
        return rarity_of(tables.read(self._project, "chunks")) if needed else None

    def _loaded(self) -> Encoder:
        from embeddings.encoder import load_encoder

        if self._encoder is None:
            self._encoder = load_encoder(self._project.config.embedding, self._project.vector_store.parent)
        return self._encoder


def _visited(url: str, project: Project) -> pl.DataFrame:
    """Visit the one page of an address; robots.txt, reservations and opt-outs hold as in a run."""
    from crawler.crawl import crawl

    address = of_website(url)
    if address.site is None:
        raise QuestionError(f"{url}: {address.error or 'not a public web address'}. Write it like https://firma.de/.")
    sites = pl.DataFrame([(address.site, address.url)], schema=SITES, orient="row")
    config = msgspec.structs.replace(
        crawl_config(project), pages_per_company=1, archive="none", retention_days=0, guess_websites=False, retries=0
    )
    with tempfile.TemporaryDirectory(prefix="potenzial-") as folder:
        found = crawl(sites, config, Path(folder), progress=lambda _done, _total: None)
    if found.pages.is_empty():
        verdict, evidence = found.verdicts.select("verdict", "evidence").row(0)
        raise QuestionError(f"{url}: the page gave no text ({verdict}: {evidence}). Use --text instead.")
    return found.pages
