"""Which backend and precision a model is run with, where the configuration leaves it open."""

from pathlib import Path
from typing import Final, Literal

from embeddings.config import EmbeddingConfig
from embeddings.errors import ModelSettingsError
from embeddings.runtimes import Kind, missing_packages

Backend = Literal["torch", "onnx", "openvino"]
#: What each backend does not know.
_UNKNOWN: Final = frozenset({("torch", "int8"), ("onnx", "bfloat16")})
#: There is one of these where a graphics processor can be used.
_GRAPHICS: Final = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")


def choose(config: EmbeddingConfig) -> Kind | None:
    """Resolve "auto" to what runs fastest here and agrees with float32; None is torch, which goes by its device.

    Raises ModelSettingsError if backend and precision do not go together.
    """
    if (config.backend, config.precision) in _UNKNOWN:
        raise ModelSettingsError(
            f'[embedding] backend = "{config.backend}" does not know precision = "{config.precision}". '
            'Leave one of the two at "auto".'
        )
    backend = _chosen(config) if config.backend == "auto" else config.backend
    if backend == "torch":
        return None
    return Kind(backend, "int8" if config.precision == "auto" else config.precision)


def _chosen(config: EmbeddingConfig) -> Backend:
    if config.precision in {"float32", "bfloat16"}:
        return "torch"
    if config.precision == "auto" and not _on_processor(config.device):
        return "torch"
    if not missing_packages("openvino"):
        return "openvino"
    return "onnx" if config.precision == "int8" else "torch"


def _on_processor(device: str) -> bool:
    """Say whether torch would run on the processor; it is imported only where there may be something better."""
    if device:
        return device == "cpu"
    if not any(Path(name).exists() for name in _GRAPHICS):
        return True
    import torch

    return not torch.cuda.is_available()
