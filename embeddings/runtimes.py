"""What runs an exported network on the processor: ONNX Runtime or OpenVINO, and how texts are spread over the cores."""

import importlib.util
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embeddings.errors import ModelMissingError

Array = NDArray[np.float32]
Numbers = NDArray[np.int64]
Runtime = Literal["onnx", "openvino"]
Precision = Literal["float32", "bfloat16", "int8"]
#: Takes token numbers and mask, both (n, tokens), and gives vectors (n, dimension), not yet of length 1.
Network = Callable[[Numbers, Numbers], Array]

#: Both read the ONNX file that the package onnx writes.
_PACKAGES: Final = {"onnx": ("onnx", "onnxruntime"), "openvino": ("onnx", "openvino")}
#: More batches than this at a time would be too small to be worth it.
_MOST_AT_ONCE: Final = 4


class Kind(NamedTuple):
    """What an export is run by and how precisely it computes."""

    runtime: Runtime
    precision: Precision

    def __str__(self) -> str:
        """Name the kind, for folders and keys."""
        return f"{self.runtime}-{self.precision}"


class Share(NamedTuple):
    """How the cores are shared out: batches at the same time, and threads for each of them."""

    batches: int
    threads: int


def share(cores: int) -> Share:
    """Share out the cores: one each for a few batches at a time is faster than all for one batch after the other."""
    batches = min(cores, _MOST_AT_ONCE)
    return Share(batches, max(1, cores // batches))


def missing_packages(runtime: Runtime) -> list[str]:
    """Name the packages that a runtime needs and that are not installed."""
    return [name for name in _PACKAGES[runtime] if importlib.util.find_spec(name) is None]


def require_packages(runtime: Runtime) -> None:
    """Raise ModelMissingError, with what to install, unless the runtime is there."""
    if missing := missing_packages(runtime):
        raise ModelMissingError(
            f'[embedding] backend = "{runtime}" needs {" and ".join(missing)}: pip install "potenzial[{runtime}]". '
            'backend = "torch" needs neither; precision = "int8" needs one of "openvino" and "onnx".'
        )


def open_network(path: Path, kind: Kind, cores: Share) -> Network:
    """Open an ONNX file whose inputs are `ids` and `mask`; the network may be asked from several threads at once."""
    return _onnx(path, cores) if kind.runtime == "onnx" else _openvino(path, kind.precision, cores)


def _onnx(path: Path, cores: Share) -> Network:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores.threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda ids, mask: np.asarray(session.run(None, {"ids": ids, "mask": mask})[0], np.float32)


def _openvino(path: Path, precision: Precision, cores: Share) -> Network:
    _without_reports()
    import openvino

    hints = {
        "NUM_STREAMS": cores.batches,
        "INFERENCE_NUM_THREADS": cores.batches * cores.threads,
        # Numbers other than the packed weights: where a processor has bfloat16 it would be taken unasked.
        "INFERENCE_PRECISION_HINT": "bf16" if precision == "bfloat16" else "f32",
    }
    model = openvino.Core().compile_model(str(path), "CPU", hints)

    def run(ids: Numbers, mask: Numbers) -> Array:
        # The answer lies in memory of the request, which ends with it.
        return np.array(model.create_infer_request().infer({"ids": ids, "mask": mask})[0], np.float32)

    # Its Python part prepares itself at the first answer, and two threads that are first at once wait forever.
    run(np.ones((1, 2), np.int64), np.ones((1, 2), np.int64))
    return run


def _without_reports() -> None:
    """Keep OpenVINO from sending a report of its use to its maker, which it does whenever it is imported."""
    # What stands here as None cannot be imported; OpenVINO then uses an empty stand-in of its own.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # so importing is blocked in Python


def spread(
    texts: Sequence[str], encode: Callable[[list[str]], Array], dimension: int, at_once: int, most: int
) -> Array:
    """Encode texts in parts of like length, at most `most` texts each and `at_once` parts at a time.

    Returns one vector per text, shape (n, dimension), in the order of the texts.
    """
    vectors = np.zeros((len(texts), dimension), np.float32)
    order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
    size = max(1, min(most, -(-len(order) // at_once)))
    parts = [order[start : start + size] for start in range(0, len(order), size)]

    def chosen(places: list[int]) -> Array:
        return encode([texts[place] for place in places])

    with ThreadPoolExecutor(at_once) as pool:
        for places, found in zip(parts, pool.map(chosen, parts), strict=True):
            vectors[places] = found
    return vectors
