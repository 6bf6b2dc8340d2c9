"""Does another cut or a mixture with word counts find more of the same industry? Paired, on real company texts.

Usage: python benchmarks/passages.py COMPANIES.csv FOLDER

COMPANIES.csv has columns `summary` and `industry`; vectors of chunks stay in FOLDER. Each variant of the default
configuration, plain TF-IDF with a singular value decomposition (`lsa`), and mixtures of both (`mix`: cosines of both,
weighed) are held against the default and against the best `lsa`, by drawing companies with replacement (95 %).
"""

import sys
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from embeddings.chunk import chunk_documents
from embeddings.company import company_vectors, unit
from embeddings.config import EmbeddingConfig
from embeddings.encode import encode_missing
from embeddings.encoder import encoder_key, load_encoder
from embeddings.schema import DOCUMENTS

Array = NDArray[np.float32]
DEFAULT: Final = EmbeddingConfig()
#: What is changed of the default; `chunks_per_company` goes up as passages get shorter, so that as much is read.
VARIANTS: Final[dict[str, dict[str, object]]] = {
    "default": {},
    "idf": {"pooling": "idf"},
    "specific, 6": {"chunk_choice": "specific", "chunks_per_company": 6},
    "128 dimensions": {"dimensions": 128},
    "256 x 4": {"chunk_tokens": 256, "chunks_per_company": 4},
    "128 x 8": {"chunk_tokens": 128, "chunks_per_company": 8},
    "48 x 16": {"chunk_tokens": 48, "chunks_per_company": 16},
    "48 x 16, idf": {"chunk_tokens": 48, "chunks_per_company": 16, "pooling": "idf"},
    "thorough": {"chunk_tokens": 48, "chunks_per_company": 48, "pooling": "idf"},
    "32 x 24": {"chunk_tokens": 32, "chunks_per_company": 24},
}
MIXED: Final = (0.2, 0.3, 0.5, 0.7)
NEAREST, DRAWS, PIECES = 10, 2_000, 50_000


def main() -> None:
    """Measure all variants and print one line for each."""
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    listed = pl.read_csv(sys.argv[1], infer_schema_length=None).drop_nulls(["summary", "industry"])
    names = [f"{row:06}" for row in range(listed.height)]
    rows = [(name, "own", None, None, text) for name, text in zip(names, listed["summary"], strict=True)]
    documents = pl.DataFrame(rows, schema=DOCUMENTS, orient="row")
    vectors = {name: encoded(documents, changed(change), Path(sys.argv[2])) for name, change in VARIANTS.items()}
    plain = {
        f"lsa {kind} {size}": lsa(listed["summary"], kind, size) for kind in ("word", "char") for size in (100, 256)
    }
    mixed = {f"mix {share}": mix(vectors["default"], plain["lsa char 256"], share) for share in MIXED}
    industry = listed["industry"].to_numpy()
    shares = {name: precision(matrix, industry) for name, matrix in (vectors | plain | mixed).items()}
    best = max(plain, key=lambda name: shares[name].mean())
    print(f"variant           P@10   against default            against {best}")
    for name, share in shares.items():
        print(f"{name:16} {share.mean():.3f}   {paired(share, shares['default'])}   {paired(share, shares[best])}")


def changed(change: dict[str, object]) -> EmbeddingConfig:
    """Change some keys of the default."""
    return msgspec.convert(msgspec.to_builtins(DEFAULT) | change, EmbeddingConfig)


def encoded(documents: pl.DataFrame, config: EmbeddingConfig, folder: Path) -> Array:
    """Cut, encode what is not known, and pool; one vector a company in the order of the documents."""
    folder.mkdir(parents=True, exist_ok=True)
    chunks, encoder = chunk_documents(documents, config), load_encoder(config)
    encode_missing(chunks, encoder, folder / "vectors.sqlite", config, progress=lambda _done, _total: None)
    companies = company_vectors(chunks, folder / "vectors.sqlite", encoder_key(encoder, config), config).frame
    return np.asarray(companies["vector"].to_numpy(), np.float32)


def lsa(texts: pl.Series, kind: str, size: int) -> Array:
    """Count words or groups of three to five letters, keep the strongest directions, centre."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    pieces: Any = {"char": {"analyzer": "char_wb", "ngram_range": (3, 5)}, "word": {"min_df": 2}}[kind]
    counted: Any = TfidfVectorizer(sublinear_tf=True, max_features=PIECES, **pieces).fit_transform(texts.to_list())
    reduced = unit(np.asarray(TruncatedSVD(size, random_state=0).fit_transform(counted)))
    return unit(reduced - reduced.mean(axis=0))


def mix(model: Array, words: Array, share: float) -> Array:
    """Lay vectors side by side so that the cosine is the weighted mean of both cosines."""
    return unit(np.hstack([np.sqrt(1 - share) * model, np.sqrt(share) * words]))


def precision(vectors: Array, industry: NDArray[np.object_]) -> NDArray[np.float64]:
    """Share of each company's ten nearest that are of its industry."""
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -2)
    nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :NEAREST]
    return np.asarray((industry[nearest] == industry[:, None]).mean(axis=1), np.float64)


def paired(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> str:
    """Give the mean difference with its interval."""
    apart = ours - theirs
    drawn = apart[np.random.default_rng(5).integers(0, len(apart), (DRAWS, len(apart)))].mean(axis=1)
    return f"{apart.mean():+.3f} ({np.quantile(drawn, 0.025):+.3f} to {np.quantile(drawn, 0.975):+.3f})"


if __name__ == "__main__":
    main()
