"""The tables that embeddings take and give, one `pl.Schema` each."""

from typing import Final

import polars as pl

#: One row per text of a company; `kind` is a page kind of the crawler, "own" (the user's own text, no `url`) or
#: "structured" (what the site says of its organisation in JSON-LD).
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

#: Nearest neighbours, best first: `rank` from 1, `similarity` the cosine of company vectors (-1 to 1).
NEIGHBOURS: Final = pl.Schema(
    {
        "customer_id": pl.String(),
        "neighbour_id": pl.String(),
        "rank": pl.Int32(),
        "similarity": pl.Float32(),
    }
)

#: One row: how neighbours were searched. `recall` is the share of the true `k` neighbours found, measured on `sample`
#: companies (1 and 0 where the search is exact); `probes` and `refine` as in `embeddings.approximate.Effort`.
SEARCH: Final = pl.Schema(
    {
        "index": pl.String(),
        "companies": pl.Int64(),
        "k": pl.Int32(),
        "recall": pl.Float64(),
        "sample": pl.Int32(),
        "probes": pl.Int32(),
        "refine": pl.Int32(),
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

#: Where companies lie on the map of the stock, and the number of their group.
MAP: Final = pl.Schema(
    {"customer_id": pl.String(), "x": pl.Float32(), "y": pl.Float32(), "cluster": pl.Int32()},
)

#: The groups on the map: how many companies, and the phrases that set them apart, the most telling first.
CLUSTERS: Final = pl.Schema({"cluster": pl.Int32(), "companies": pl.Int32(), "phrases": pl.List(pl.String())})


def company_vectors(dimension: int) -> pl.Schema:
    """One row per company with text: its transformed vector of length 1, and how many chunks went into it."""
    return pl.Schema(
        {
            "customer_id": pl.String(),
            "vector": pl.Array(pl.Float32, dimension),
            "chunks": pl.Int32(),
        }
    )


def transform(dimension: int) -> pl.Schema:
    """What was fitted on the stock, for vectors of this length; see `embeddings.transform` for the order of use.

    `part` is "mean" (one row: taken away first), "removed" (directions of length 1 taken out next) or "axis" (rows of
    the matrix that gives the coordinates; none means that the coordinates stay).
    """
    return pl.Schema({"part": pl.String(), "vector": pl.Array(pl.Float32, dimension)})
