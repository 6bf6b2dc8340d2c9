"""The tables that embeddings take and give, one `pl.Schema` each."""

from typing import Final

import polars as pl

#: One row per text of a company; `kind` is a page kind of the crawler or "own" (the user's own text, no `url`).
DOCUMENTS: Final = pl.Schema(
    {"customer_id": pl.String(), "kind": pl.String(), "url": pl.String(), "title": pl.String(), "text": pl.String()}
)

#: One row per passage chosen for encoding; `chunk` is the hash of its text, `weight` its share in the company vector.
CHUNKS: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "chunk": pl.String(),
        "kind": pl.String(),
        "url": pl.String(),
        "text": pl.String(),
        "weight": pl.Float32(),
    }
)

#: Nearest neighbours, best first: `rank` from 1, `similarity` the cosine of centred vectors (-1 to 1).
NEIGHBOURS: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "neighbour_id": pl.String(),
        "rank": pl.Int32(),
        "similarity": pl.Float32(),
    }
)

#: Distinctive phrases of a company as they stand in its text, best first, with the page they stand on.
KEYWORDS: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "phrase": pl.String(),
        "weight": pl.Float32(),
        "kind": pl.String(),
        "url": pl.String(),
    }
)


def company_vectors(dimension: int) -> pl.Schema:
    """One row per company with text: its centred vector of length 1, and how many chunks went into it."""
    return pl.Schema(
        {
            "customer_id": pl.String(),
            "vector": pl.Array(pl.Float32, dimension),
            "chunks": pl.Int32(),
        }
    )


def centre(dimension: int) -> pl.Schema:
    """One row: the mean vector of the stock, to be taken from queries too."""
    return pl.Schema({"vector": pl.Array(pl.Float32, dimension)})
