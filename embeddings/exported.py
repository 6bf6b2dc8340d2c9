"""A sentence-transformers model as one ONNX file, run by OpenVINO or ONNX Runtime (extras "openvino" and "onnx").

Made once in the folder of models, checked against the model it was made from, and read by digest ever after.
"""

import hashlib
import logging
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from embeddings import folders
from embeddings.agreement import SENTENCES
from embeddings.config import EmbeddingConfig
from embeddings.errors import ModelBrokenError, ModelUnfitError
from embeddings.runtimes import Kind, Network, Share, open_network, require_packages, share, spread

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

log = logging.getLogger(__name__)

Array = NDArray[np.float32]

#: Least cosine between the exported model and the one it was made from, sentence by sentence.
AGREEMENT: Final = 0.99
#: Raise it when the same model gives another file.
_FORMAT: Final = 1
_OPSET: Final = 17
_NETWORK, _TOKENIZER, _FACTS = "model.onnx", "tokenizer.json", "exported.json"


class Facts(msgspec.Struct, frozen=True):
    """What is known of an export: width of its vectors, longest text and padding in tokens, digests of its files."""

    dimension: int
    tokens: int
    padding: int
    agreement: float
    files: dict[str, str]


class ExportedEncoder:
    """An exported model with the prompt, batch size and length limit of the configuration, on all cores."""

    def __init__(self, folder: Path, kind: Kind, name: str, revision: str, config: EmbeddingConfig) -> None:
        from embeddings.encoder import cores

        facts = _facts(folder)
        self.name = name
        self.revision = f"{revision} {kind}"
        self.dimension = facts.dimension
        self._prompt = config.prompt
        self._batch_size = config.batch_size
        self._cores = share(cores())
        self._network = open_network(folder / _NETWORK, kind, self._cores)
        self._tokenizer = _tokenizer(folder / _TOKENIZER, min(facts.tokens, config.chunk_tokens), facts.padding)

    def encode(self, texts: Sequence[str]) -> Array:
        """Give one vector of length 1 per text; texts of like length share a batch whatever their order."""
        return spread(texts, self._batch, self.dimension, self._cores.batches, self._batch_size)

    def _batch(self, texts: list[str]) -> Array:
        return _vectors(self._network, self._tokenizer, [self._prompt + text for text in texts])


def _vectors(network: Network, tokenizer: "Tokenizer", texts: list[str]) -> Array:
    """Give vectors of length 1."""
    tokens = tokenizer.encode_batch(texts)
    ids = np.array([one.ids for one in tokens], np.int64)
    mask = np.array([one.attention_mask for one in tokens], np.int64)
    vectors = network(ids, mask)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


def _tokenizer(path: Path, tokens: int, padding: int) -> "Tokenizer":
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(tokens)
    tokenizer.enable_padding(pad_id=padding)
    return tokenizer


def ensure(home: Path, source: Callable[[], Path], revision: str, kind: Kind) -> Path:
    """Give the folder of the exported model below `home`, making it unless it stands there undamaged.

    `source` gives the folder of the model it is made from, and is asked only then; `revision` names that model's
    weights. Raises ModelMissingError without the runtime, ModelUnfitError if the model cannot be exported or its
    export disagrees with it, ModelBrokenError if `home` cannot be written.
    """
    require_packages(kind.runtime)
    folder = home / f"{kind}-{hashlib.sha256(revision.encode()).hexdigest()[:12]}-{_FORMAT}"
    if is_intact(folder):
        return folder
    origin = source()
    log.info("Making an ONNX model (%s) of %s, once", kind, origin.name)
    try:
        folders.make(folder, is_intact, lambda scratch: _make(origin, scratch, kind))
    except OSError as error:
        raise ModelBrokenError(
            f"{home}: cannot write the ONNX model here ({error}). Name another folder in [embedding] model_folder."
        ) from error
    return folder


def is_intact(folder: Path) -> bool:
    """Say whether an exported folder is complete and every file has the digest it was written with."""
    try:
        return folders.agrees(folder, _facts(folder).files)
    except (OSError, msgspec.MsgspecError):
        return False


def _facts(folder: Path) -> Facts:
    return msgspec.json.decode((folder / _FACTS).read_bytes(), type=Facts)


def _make(source: Path, folder: Path, kind: Kind) -> None:
    """Write network, tokenizer and facts into an empty folder."""
    from embeddings.encoder import open_model

    model = open_model(str(source), device="cpu", attention="eager")
    padding = _write_tokenizer(model, source, folder / _TOKENIZER)
    _write_network(model, source, folder / _NETWORK)
    if kind.precision == "int8":
        _quantise(folder / _NETWORK)
    tokens = int(min(model.max_seq_length or 512, 512))
    network = open_network(folder / _NETWORK, kind, Share(1, 1))
    least = _agreement(model, network, _tokenizer(folder / _TOKENIZER, tokens, padding))
    if not least >= AGREEMENT:
        raise _unfit(source, f"its vectors agree only to {least:.4f}, at least {AGREEMENT} is needed")
    files = {name: folders.digest(folder / name) for name in (_NETWORK, _TOKENIZER)}
    facts = Facts(int(model.get_embedding_dimension() or 0), tokens, padding, least, files)
    (folder / _FACTS).write_bytes(msgspec.json.format(msgspec.json.encode(facts), indent=2))


def _write_tokenizer(model: "SentenceTransformer", source: Path, path: Path) -> int:
    """Save the tokenizer by itself and give the number of its padding token."""
    fast = getattr(model.tokenizer, "backend_tokenizer", None)
    if fast is None:
        raise _unfit(source, "its tokenizer is none of the tokenizers library")
    fast.save(str(path))
    return int(model.tokenizer.pad_token_id or 0)


def _write_network(model: "SentenceTransformer", source: Path, path: Path) -> None:
    """Trace the model, pooling included, with two texts of unlike length."""
    import torch

    ids = torch.ones((2, 7), dtype=torch.long)
    mask = torch.tensor([[1] * 7, [1] * 5 + [0] * 2])
    axes = {0: "texts", 1: "tokens"}
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the exporter, which is the older but the faithful one
        try:
            torch.onnx.export(
                _traceable(model),
                (ids, mask),
                str(path),
                input_names=["ids", "mask"],
                output_names=["vectors"],
                dynamic_axes={"ids": axes, "mask": axes, "vectors": {0: "texts"}},
                opset_version=_OPSET,
                dynamo=False,
            )
        except (RuntimeError, TypeError, ValueError, KeyError, AttributeError) as error:
            raise _unfit(source, str(error).strip().partition("\n")[0]) from error


def _unfit(source: Path, reason: str) -> ModelUnfitError:
    return ModelUnfitError(f'{source}: cannot be made an ONNX model ({reason}). Use [embedding] backend = "torch".')


def _traceable(model: "SentenceTransformer") -> "torch.nn.Module":
    """Wrap the model so that it takes token numbers and mask and gives the vectors."""
    import torch

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            features = {"input_ids": ids, "attention_mask": mask}
            for module in self.model:
                features = module(features)
            return features["sentence_embedding"]

    return Network().eval()


def _quantise(path: Path) -> None:
    import onnx

    from embeddings.blocks import quantise

    network = onnx.load(str(path))
    quantise(network)
    onnx.save(network, str(path))


def _agreement(model: "SentenceTransformer", network: Network, tokenizer: "Tokenizer") -> float:
    """Give the least cosine between model and export on 50 sentences."""
    wanted = np.asarray(model.encode(list(SENTENCES), normalize_embeddings=True, show_progress_bar=False), np.float32)
    return float((_vectors(network, tokenizer, list(SENTENCES)) * wanted).sum(axis=1).min())
