"""A sentence-transformers model as one ONNX file, run by ONNX Runtime (extra "onnx": packages onnx and onnxruntime).

Made once in the folder of models, checked against the model it was made from, and read by digest ever after.
"""

import hashlib
import importlib.util
import logging
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from embeddings.agreement import SENTENCES
from embeddings.config import EmbeddingConfig
from embeddings.errors import ModelBrokenError, ModelMissingError

if TYPE_CHECKING:
    import torch
    from onnxruntime import InferenceSession
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

log = logging.getLogger(__name__)

Precision = Literal["float32", "int8"]
Array = NDArray[np.float32]

#: Least cosine between the exported model and the one it was made from, sentence by sentence.
AGREEMENT: Final = 0.99
#: Raise it when the same model gives another file.
_FORMAT: Final = 1
_OPSET: Final = 17
_NETWORK, _TOKENIZER, _FACTS = "model.onnx", "tokenizer.json", "exported.json"
_PACKAGES: Final = ("onnx", "onnxruntime")


class Facts(msgspec.Struct, frozen=True):
    """What is known of an export: width of its vectors, longest text and padding in tokens, digests of its files."""

    dimension: int
    tokens: int
    padding: int
    agreement: float
    files: dict[str, str]


def missing_packages() -> list[str]:
    """Name the packages that are needed and not installed."""
    return [name for name in _PACKAGES if importlib.util.find_spec(name) is None]


def require_packages() -> None:
    """Raise ModelMissingError, with what to install, unless ONNX Runtime is there."""
    if missing := missing_packages():
        raise ModelMissingError(
            f'[embedding] backend = "onnx" and precision = "int8" need {" and ".join(missing)}: '
            'pip install "potenzial[onnx]". backend = "torch" needs neither.'
        )


class ExportedEncoder:
    """An exported model with the prompt, batch size and length limit of the configuration, on all cores."""

    def __init__(self, folder: Path, name: str, revision: str, config: EmbeddingConfig) -> None:
        facts = _facts(folder)
        self.name = name
        self.revision = revision
        self.dimension = facts.dimension
        self._prompt = config.prompt
        self._batch_size = config.batch_size
        self._session = _session(folder / _NETWORK)
        self._tokenizer = _tokenizer(folder / _TOKENIZER, min(facts.tokens, config.chunk_tokens), facts.padding)

    def encode(self, texts: Sequence[str]) -> Array:
        """Give one vector of length 1 per text; texts of like length share a batch whatever their order."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
        for start in range(0, len(order), self._batch_size):
            places = order[start : start + self._batch_size]
            vectors[places] = self._batch([texts[place] for place in places])
        return vectors

    def _batch(self, texts: list[str]) -> Array:
        tokens = self._tokenizer.encode_batch([self._prompt + text for text in texts])
        ids = np.array([one.ids for one in tokens], np.int64)
        mask = np.array([one.attention_mask for one in tokens], np.int64)
        vectors = np.asarray(self._session.run(None, {"ids": ids, "mask": mask})[0], np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, np.finfo(np.float32).tiny), np.float32)


def _session(path: Path) -> "InferenceSession":
    import onnxruntime

    from embeddings.encoder import cores

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _tokenizer(path: Path, tokens: int, padding: int) -> "Tokenizer":
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(tokens)
    tokenizer.enable_padding(pad_id=padding)
    return tokenizer


def ensure(home: Path, source: Path, revision: str, kind: Precision) -> Path:
    """Give the folder of the exported model below `home`, making it from the model in `source` unless it stands there.

    Raises ModelMissingError without ONNX Runtime, ModelBrokenError if the model cannot be exported, if its export
    disagrees with it, or if `home` cannot be written.
    """
    require_packages()
    digest = hashlib.sha256(f"{source.name} {revision}".encode()).hexdigest()[:12]
    folder = home / f"onnx-{kind}-{digest}-{_FORMAT}"
    if is_intact(folder):
        return folder
    log.info("Making an ONNX model (%s) of %s, once", kind, source.name)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".exporting-", dir=home, ignore_cleanup_errors=True) as scratch:
            made = Path(scratch) / "model"
            made.mkdir()
            _make(source, made, kind)
            _move(made, folder)
    except OSError as error:
        raise ModelBrokenError(
            f"{home}: cannot write the ONNX model here ({error}). Name another folder in [embedding] model_folder."
        ) from error
    return folder


def _move(made: Path, folder: Path) -> None:
    """Put the new folder in its place; another process may have been faster, then its folder stays."""
    if folder.exists() and not is_intact(folder):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        made.rename(folder)
    except OSError:
        if not is_intact(folder):
            raise


def is_intact(folder: Path) -> bool:
    """Say whether an exported folder is complete and every file has the digest it was written with."""
    try:
        return all(_digest(folder / name) == digest for name, digest in _facts(folder).files.items())
    except (OSError, msgspec.MsgspecError):
        return False


def _facts(folder: Path) -> Facts:
    return msgspec.json.decode((folder / _FACTS).read_bytes(), type=Facts)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make(source: Path, folder: Path, kind: Precision) -> None:
    """Write network, tokenizer and facts into an empty folder."""
    from embeddings.encoder import open_model

    model = open_model(str(source), device="cpu", attention="eager")
    padding = _write_tokenizer(model, source, folder / _TOKENIZER)
    _write_network(model, source, folder / _NETWORK)
    if kind == "int8":
        _quantise(folder / _NETWORK)
    tokens = int(min(model.max_seq_length or 512, 512))
    agreement = _agreement(model, folder, _tokenizer(folder / _TOKENIZER, tokens, padding))
    files = {name: _digest(folder / name) for name in (_NETWORK, _TOKENIZER)}
    facts = Facts(int(model.get_embedding_dimension() or 0), tokens, padding, agreement, files)
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


def _unfit(source: Path, reason: str) -> ModelBrokenError:
    return ModelBrokenError(f'{source}: cannot be made an ONNX model ({reason}). Use [embedding] backend = "torch".')


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


def _agreement(model: "SentenceTransformer", folder: Path, tokenizer: "Tokenizer") -> float:
    """Give the least cosine between model and export on 50 sentences; raises ModelBrokenError below `AGREEMENT`."""
    wanted = np.asarray(model.encode(list(SENTENCES), normalize_embeddings=True, show_progress_bar=False), np.float32)
    session = _session(folder / _NETWORK)
    tokens = tokenizer.encode_batch(list(SENTENCES))
    feed = {"ids": np.array([one.ids for one in tokens]), "mask": np.array([one.attention_mask for one in tokens])}
    found = np.asarray(session.run(None, feed)[0], np.float32)
    least = float(((found * wanted).sum(axis=1) / np.linalg.norm(found, axis=1)).min())
    if not least >= AGREEMENT:
        reason = f"its vectors agree only to {least:.4f}, at least {AGREEMENT} is needed"
        raise _unfit(folder, reason)
    return least
