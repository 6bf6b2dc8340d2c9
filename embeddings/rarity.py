"""How specific a text is: how rare its words are among the companies of the stock.

Inverse document frequency (Spärck Jones 1972, doi 10.1108/eb026526) with companies as documents. Words are counted by
hash and not in a vocabulary, so that memory does not grow with the stock.
"""

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from math import log
from operator import itemgetter
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

#: Places in the table of counts; words that meet in one place pass for more frequent than they are, which is harmless.
_TABLE: Final = 2**22
#: Below this share of companies all words count as equally rare: the rarest are names, brands and misspellings.
_RARE: Final = 0.004
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True)
class Rarity:
    """How rare words are, by their hash: ln(1 + N / n) for a word that n of N companies use."""

    values: NDArray[np.float32]

    def of_text(self, text: str) -> float:
        """Give the mean rarity of a text's distinct words; ln 2, that of a word everybody uses, if it has none."""
        places = _places([text])
        return float(self.values[places].mean(dtype=np.float64)) if places else log(2.0)


def count_words(texts: Iterable[tuple[str, str]]) -> Rarity:
    """Count in how many companies each word stands; `texts` are pairs (company, text), sorted by company."""
    counts = np.zeros(_TABLE, np.int32)
    companies = 0
    for _company, own in groupby(texts, key=itemgetter(0)):
        counts[_places(text for _, text in own)] += 1
        companies += 1
    seen = np.maximum(counts, max(_RARE * companies, 1.0))
    return Rarity(np.log1p(max(companies, 1) / seen).astype(np.float32))


def rarity_of(chunks: pl.DataFrame) -> Rarity:
    """Count the words of a stock's chunks (CHUNKS); the result can weigh the chunks of a query too."""
    return count_words(chunks.select("customer_id", "text").sort("customer_id").iter_rows())


def specific_weights(chunks: pl.DataFrame, rarity: Rarity) -> pl.DataFrame:
    """Multiply the weights of chunks (CHUNKS) by how specific their texts are."""
    found = pl.Series("weight", [rarity.of_text(text) for text in chunks["text"]], dtype=pl.Float32)
    return chunks.with_columns(pl.col("weight") * found)


def _places(texts: Iterable[str]) -> list[int]:
    """Give the places of the distinct words of texts, in order, so that sums do not depend on chance."""
    words = {word for text in texts for word in _WORD.findall(text.lower())}
    return sorted({zlib.crc32(word.encode("utf-8", "replace")) % _TABLE for word in words})
